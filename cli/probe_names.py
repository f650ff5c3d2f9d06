"""Names on the command line as models of timm's: `resnet50`, `resnet50@288`, a backbone or weights of the catalogue."""

from __future__ import annotations

import functools
import re
import sqlite3
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from backbones.probe.speed.meant import models_named
from backbones.probe.speed.plan import Wanted
from backbones.store.errors import BackbonesError, UnknownName
from backbones.store.measuring.counts import models_of, shipped
from backbones.store.text import fold
from backbones.store.thing import owner_of, things

_SIZED: Final = re.compile(r"(?P<name>.+)@(?P<side>[1-9]\d{0,3})")
_SIDE_AT_MOST: Final = 8192
_GLOB: Final = re.compile(r"[*?\[]")

Connect = Callable[[], sqlite3.Connection]


@dataclass(frozen=True, slots=True)
class Named:
    """What names mean."""

    wanted: tuple[Wanted, ...]
    unknown: tuple[str, ...] = ()
    """Names that no model of the installed timm stands for."""


def named(
    names: Iterable[str], known: Sequence[str], connect: Connect, resolution: int = 0, skips_unknown: bool = False
) -> Named:
    """The models that names mean, each once; those without `@PIXELS` at `resolution` (0: each at its own).

    A model's own resolution is 0 however it is said, so that it is one task with one key.

    UnknownName with suggestions, unless names that timm does not have shall be left out.
    """
    meaning = _Meaning(known, functools.cache(connect))
    found: dict[Wanted, None] = {}
    unknown = []
    for name in dict.fromkeys(names):
        try:
            found |= dict.fromkeys(meaning.of(name, resolution, skips_unknown))
        except UnknownName:
            if not skips_unknown:
                raise
            unknown.append(name)
    return Named(tuple(found), tuple(unknown))


def _no_resolution(text: str) -> BackbonesError:
    name, _, side = text.strip().rpartition("@")
    return BackbonesError(
        f"{text.strip()!r}: {side or 'nothing'} is no resolution; write pixels from 1 to {_SIDE_AT_MOST}, as {name or 'resnet50'}@288"
    )


class _Meaning:
    """Looks names up in timm's list, then in the catalogue, which is opened once and only where it is needed."""

    def __init__(self, known: Sequence[str], connect: Connect) -> None:
        self._known, self._connect = known, connect
        self._own = frozenset(known)
        self._by_fold = {fold(name): name for name in known}
        self._sizes: dict[str, int] | None = None

    def of(self, text: str, resolution: int, is_brief: bool) -> list[Wanted]:
        """The models; UnknownName, with suggestions unless it `is_brief`."""
        sized = _SIZED.fullmatch(text.strip())
        side = int(sized["side"]) if sized else resolution
        if sized and side > _SIDE_AT_MOST:
            raise _no_resolution(text)
        try:
            models = self._models(sized["name"] if sized else text, is_brief)
        except UnknownName:
            if "@" in text and not sized and not _GLOB.search(text):
                raise _no_resolution(text) from None
            raise
        if not side:
            return [(model, 0) for model in models]
        sizes = self._own_sizes()
        if sized and not _GLOB.search(
            sized["name"]
        ):  # of several that the catalogue takes for one: the one made for that size
            models = [next((model for model in models if sizes.get(model) == side), models[0])]
        return [(model, 0 if sizes.get(model) == side else side) for model in models]

    def _models(self, name: str, is_brief: bool) -> list[str]:
        name = name.strip()
        plain = name.removeprefix("timm/")
        if exact := self._by_fold.get(fold(plain)) or self._by_fold.get(fold(plain.partition(".")[0])):
            return [exact]
        if _GLOB.search(name) is None:
            if found := self._of_backbone(name):
                return found
            if found := self._of_its_backbone(name):
                return found[:1]
            if is_brief:
                raise UnknownName(name, "model of timm")
        return models_named([name], self._known, self._connect)

    def _of_backbone(self, name: str) -> list[str]:
        return [model for model in models_of(self._connect(), name) if model in self._own]

    def _of_its_backbone(self, name: str) -> list[str]:
        """Of weights or a checkpoint: the models of its backbone."""
        connection = self._connect()
        try:
            owners = [owner_of(connection, thing, "backbone") for thing in things(connection, name)]
        except BackbonesError:  # the caller says what may have been meant
            return []
        return next((found for owner in owners if owner and (found := self._of_backbone(owner.name))), [])

    def _own_sizes(self) -> dict[str, int]:
        """At which size each model is tested, by the catalogue's counts."""
        if self._sizes is None:
            counts = shipped(self._connect()).items()
            self._sizes = {model: count.height for model, count in counts if count.height == count.width}
        return self._sizes
