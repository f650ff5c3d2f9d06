"""What the catalogue knows by name, held apart from it: the rules ask this, and a test makes its own."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from backbones.store.text import closest, fold

KINDS: Final = ("family", "backbone", "checkpoint", "dataset", "head", "device")

Setting = tuple[str, str, str, str | None, int | None]
"""Backbone, data set, metric, head, resolution."""
Held = tuple[float, str | None, str | None]
"""Value, and the data set and method of its pretraining."""


@dataclass(frozen=True, slots=True)
class Known:
    """Names of the catalogue by kind, each under every spelling, folded; and some of its numbers."""

    names: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """Kind -> folded spelling -> the catalogue's name."""
    family_of: Mapping[str, str] = field(default_factory=dict)
    """Backbone -> family."""
    params_m: Mapping[str, float] = field(default_factory=dict)
    """Backbone -> its parameters in millions."""
    values: Mapping[Setting, tuple[Held, ...]] = field(default_factory=dict)
    """What the catalogue holds in one setting."""

    @classmethod
    def of(cls, connection: sqlite3.Connection) -> Known:
        """The names and numbers of an open catalogue."""
        names: dict[str, dict[str, str]] = {kind: {} for kind in KINDS}
        for kind, folded, entity in connection.execute("select kind, folded, entity from alias order by id"):
            if kind in names:
                names[kind].setdefault(folded, entity)
        for kind in KINDS:  # an own name goes before another's alias
            for entity in set(names[kind].values()):
                names[kind][fold(entity)] = entity
        rows = connection.execute(
            "select backbone, family, params_m from backbones where backbone is not null"
        ).fetchall()
        values: dict[Setting, list[Held]] = {}
        for backbone, dataset, metric, head, side, *held in connection.execute(
            "select distinct backbone, dataset, metric, head, coalesce(resolution, crop_size), value, pretraining_dataset, pretraining_method from results"
            " where origin = 'reported' and protocol = 'supervised' and backbone is not null and conditions is null"
        ):
            values.setdefault((backbone, dataset, metric, head, side), []).append((held[0], held[1], held[2]))
        return cls(
            names,
            {backbone: family for backbone, family, _ in rows if family},
            {backbone: params for backbone, _, params in rows if params},
            {setting: tuple(found) for setting, found in values.items()},
        )

    @classmethod
    def with_names(cls, family_of: Mapping[str, str] | None = None, **names: Iterable[str]) -> Known:
        """Of plain lists: `with_names({"Swin-T": "Swin"}, head=["Mask R-CNN"])`."""
        family_of = family_of or {}
        lists = {kind: list(found) for kind, found in names.items()}
        lists["family"] = [*lists.get("family", []), *family_of.values()]
        lists["backbone"] = [*lists.get("backbone", []), *family_of]
        return cls({kind: {fold(name): name for name in found} for kind, found in lists.items()}, dict(family_of))

    def name(self, kind: str, printed: str) -> str | None:
        """The catalogue's name of what is printed so; None where it knows none."""
        return self.names.get(kind, {}).get(fold(printed))

    def near(self, kind: str, printed: str) -> list[str]:
        """Names of the catalogue that may be meant."""
        return closest(printed, sorted(set(self.names.get(kind, {}).values())))


def is_machine_name(name: str) -> bool:
    """Whether a name is one of a library, made of small letters and underscores: `mvit_v2_s`."""
    return "_" in name and re.fullmatch(r"[a-z0-9_.]+", name) is not None


NOTHING: Final = Known()
"""No catalogue: every name stays as it is printed."""
