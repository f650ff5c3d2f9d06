"""Which of timm's models names and globs mean."""

from __future__ import annotations

import fnmatch
from collections.abc import Callable, Iterable, Sequence
from typing import Final

from backbones.store.errors import UnknownName
from backbones.store.text import closest

_GLOB: Final = frozenset("*?[")


def is_glob(text: str) -> bool:
    """`convnext*`: with a mark that stands for several names."""
    return not _GLOB.isdisjoint(text)


def chosen(wanted: Iterable[str], known: Sequence[str], other_names: Callable[[str], Sequence[str]]) -> list[str]:
    """The models that names and globs mean, each once, in the order in which they are named.

    A name may be that of weights (`convnext_tiny.fb_in22k`): the architecture is meant. `other_names` gives the models of a
    name that is not timm's. UnknownName for one that means nothing.
    """
    names = frozenset(known)
    found: dict[str, None] = {}
    for text in wanted:
        architecture = text.partition(".")[0]
        if is_glob(text):
            matching: Sequence[str] = fnmatch.filter(known, text) or fnmatch.filter(known, text.lower())
        else:
            matching = [architecture] if architecture in names else other_names(text)
        if not matching:
            raise UnknownName(text, "model of timm", closest(text.strip("*?[]"), known))
        found |= dict.fromkeys(matching)
    return list(found)
