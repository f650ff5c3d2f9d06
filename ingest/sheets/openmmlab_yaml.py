"""The YAML of OpenMMLab's metafiles, read within bounds. Unlike the catalogue's own files they may have aliases."""

from __future__ import annotations

from itertools import chain
from pathlib import Path
from typing import Any, Final

import yaml

from backbones.store.bounded_yaml import BoundedLoader
from backbones.store.errors import FileProblems
from backbones.store.text_file import read_text

MAX_BYTES: Final = 4 * 1024 * 1024
"""Of one file; the largest metafile has 0.04 MB."""
MAX_DEPTH: Final = 30
MAX_NODES: Final = 200_000
"""Values of one file, every alias counted as what it stands for; the largest metafile has 2,400."""

_LONG: Final = 64
"""A text counts as one value more for each so many characters: an alias repeats its text too."""


class _Loader(BoundedLoader):
    """Anchors are read (mmpose has them), merge keys and dates stay text."""

    max_depth, max_nodes = MAX_DEPTH, MAX_NODES

    def get_single_node(self) -> yaml.Node | None:
        """The document; aliases are not told to `descend_resolver`, so they are counted here."""
        node = super().get_single_node()
        if node is not None:
            _weigh(node, {})
        return node


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag.rpartition(":")[2] in ("bool", "float", "int", "null")]
    for first, resolvers in yaml.CSafeLoader.yaml_implicit_resolvers.items()
}


def _weigh(node: yaml.Node, known: dict[int, int]) -> int:
    """How many values a node has with its aliases written out; ComposerError for more than MAX_NODES.

    Each node is counted once. One that holds itself is endless: while it is open, it weighs too much.
    """
    if (found := known.get(id(node))) is not None:
        return found
    known[id(node)] = MAX_NODES + 1
    total = 1
    if isinstance(node, yaml.ScalarNode):
        total += len(node.value) // _LONG
    else:
        for child in chain.from_iterable(node.value) if isinstance(node, yaml.MappingNode) else node.value:
            total += _weigh(child, known)
            if total > MAX_NODES:
                break
    if total > MAX_NODES:
        what = f"more than {MAX_NODES:,} values when its aliases are written out"
        raise yaml.composer.ComposerError(None, None, what, node.start_mark)
    known[id(node)] = total
    return total


def read_metafile(path: Path) -> Any:
    """The plain value of a metafile or an index; FileProblems names file, line and column of a mistake."""
    text = metafile_text(path)
    try:
        return yaml.load(text, Loader=_Loader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = f"line {mark.line + 1}, column {mark.column + 1}" if mark else "somewhere"
        raise FileProblems([f"{path}: {place}: {error.problem or error.context}"]) from None
    except (yaml.YAMLError, ValueError, OverflowError, RecursionError) as error:
        raise FileProblems([f"{path}: not YAML: {' '.join(str(error).split())}"]) from None


def metafile_text(path: Path) -> str:
    """The text of a file that may be a metafile."""
    return read_text(path, MAX_BYTES, "a metafile")
