"""YAML in and out: bounded, without anchors or duplicate keys, with the place of every mistake."""

from __future__ import annotations

import re
from collections.abc import Hashable
from pathlib import Path
from typing import Any, Final

import yaml

from backbones.store.bounded_yaml import BoundedLoader
from backbones.store.errors import FileProblems
from backbones.store.text_file import read_text

MAX_BYTES: Final = 16 * 1024 * 1024
"""A file above this is refused before it is parsed; the largest shipped sheet has 0.3 MB."""

MAX_DEPTH: Final = 40
MAX_NODES: Final = 500_000
"""Scalars, lists and mappings of one file; so many take about 2 s and 300 MB. The largest shipped sheet has 20,000."""

_ANCHOR = re.compile(r"(?:^|[\s\[{,:?-])[&*][^\s,\]}]", re.MULTILINE)


class _Loader(BoundedLoader):
    """Duplicate keys are errors, dates stay text."""

    max_depth, max_nodes, advice = MAX_DEPTH, MAX_NODES, ". Split the file"

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        mapping = super().construct_mapping(node, deep)
        if len(mapping) != len(node.value):
            self._refuse_duplicate(node)
        return mapping

    def _refuse_duplicate(self, node: yaml.MappingNode) -> None:
        seen: set[str] = set()
        for key, _ in node.value:
            if key.value in seen:
                raise yaml.constructor.ConstructorError(None, None, f"key {key.value!r} is given twice", key.start_mark)
            seen.add(key.value)


_Loader.yaml_implicit_resolvers = {
    first: [
        (tag, pattern)
        for tag, pattern in resolvers
        if tag not in ("tag:yaml.org,2002:timestamp", "tag:yaml.org,2002:merge")
    ]
    for first, resolvers in yaml.CSafeLoader.yaml_implicit_resolvers.items()
}


def read_yaml(path: Path) -> Any:
    """The plain value of one YAML file; FileProblems names file, line and column of a mistake."""
    return parse_yaml(read_text(path, MAX_BYTES, "a YAML file"), str(path))


def parse_yaml(text: str, name: str = "<text>") -> Any:
    """The plain value of a YAML text of at most MAX_BYTES."""
    try:
        loader = _Loader(text)
        node = loader.get_single_node()
        if _ANCHOR.search(text):
            _refuse_anchors(text, name)
        return None if node is None else loader.construct_document(node)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = f"line {mark.line + 1}, column {mark.column + 1}" if mark else "somewhere"
        raise FileProblems([f"{name}: {place}: {error.problem or error.context}"]) from None
    except (yaml.YAMLError, ValueError, OverflowError) as error:
        raise FileProblems([f"{name}: not YAML: {' '.join(str(error).split())}"]) from None
    except RecursionError:
        raise FileProblems([f"{name}: nested too deep"]) from None


def _refuse_anchors(text: str, name: str) -> None:
    """Anchors and aliases are refused: a few lines of them can stand for gigabytes."""
    for token in yaml.scan(text, Loader=yaml.CSafeLoader):
        if isinstance(token, yaml.AnchorToken | yaml.AliasToken):
            mark = token.start_mark
            raise FileProblems(
                [f"{name}: line {mark.line + 1}, column {mark.column + 1}: anchors (&, *) are not read; write it out"]
            )


class _Dumper(yaml.CSafeDumper):
    """Block style outside, one line for a mapping or list of scalars only; never an alias."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


def _short(value: Any) -> bool:
    scalars = value.values() if isinstance(value, dict) else value
    return not any(isinstance(v, dict | list) for v in scalars)


def _represent_mapping(dumper: _Dumper, mapping: dict[Any, Any]) -> yaml.Node:
    flow = _short(mapping) and len(mapping) <= 12
    return dumper.represent_mapping("tag:yaml.org,2002:map", list(mapping.items()), flow_style=flow)


def _represent_list(dumper: _Dumper, items: list[Any]) -> yaml.Node:
    return dumper.represent_sequence("tag:yaml.org,2002:seq", items, flow_style=_short(items))


def _represent_float(dumper: _Dumper, number: float) -> yaml.Node:
    text = repr(number)
    if "e" in text and "." not in text:
        text = text.replace("e", ".0e")  # YAML 1.1 reads 1e-05 as text
    return dumper.represent_scalar("tag:yaml.org,2002:float", text)


_Dumper.add_representer(dict, _represent_mapping)
_Dumper.add_representer(list, _represent_list)
_Dumper.add_representer(float, _represent_float)


class _Block(dict[Any, Any]):
    """A mapping that is written in block style however short it is."""


def _represent_block(dumper: _Dumper, mapping: _Block) -> yaml.Node:
    return dumper.represent_mapping("tag:yaml.org,2002:map", list(mapping.items()), flow_style=False)


_Dumper.add_representer(_Block, _represent_block)


def dump_yaml(value: dict[str, Any], schema: str | None = None) -> str:
    """YAML that a person can edit; `schema` is named in line 1, so that editors check and complete."""
    head = f"# yaml-language-server: $schema={schema}\n" if schema else ""
    text: str = yaml.dump(_Block(value), Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=2**30)
    return head + text
