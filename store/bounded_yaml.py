"""libyaml's safe loader with bounds on depth and size, for every YAML file that comes from outside."""

from __future__ import annotations

from typing import Any, ClassVar

import yaml


class BoundedLoader(yaml.CSafeLoader):
    """A subclass says how deep and how large a document may be."""

    max_depth: ClassVar[int]
    max_nodes: ClassVar[int]
    advice: ClassVar[str] = ""
    """What to do about too many values."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self._depth = self._nodes = 0

    def descend_resolver(self, parent: yaml.Node | None, index: Any) -> None:
        """Called by the recursive composer before each node: a C stack has no RecursionError."""
        self._depth += 1
        self._nodes += 1
        if self._depth > self.max_depth or self._nodes > self.max_nodes:
            deep = self._depth > self.max_depth
            what = (
                f"nested deeper than {self.max_depth}" if deep else f"more than {self.max_nodes:,} values{self.advice}"
            )
            raise yaml.composer.ComposerError(None, None, what, parent.start_mark if parent else None)

    def ascend_resolver(self) -> None:
        """Called after each node."""
        self._depth -= 1

    def construct_yaml_int(self, node: yaml.ScalarNode) -> int:
        """A whole number; `1:1:1:…` (base 60) and long hexadecimals would cost quadratic time here or when printed."""
        if len(node.value) > 40:
            raise yaml.constructor.ConstructorError(
                None, None, f"a number of {len(node.value):,} characters", node.start_mark
            )
        return int(super().construct_yaml_int(node))


BoundedLoader.add_constructor("tag:yaml.org,2002:int", BoundedLoader.construct_yaml_int)
