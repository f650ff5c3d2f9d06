"""Costs from tables without results: each goes to the results of its backbone at its resolution that have none."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from backbones.ingest.expanding.tree import Leaf
from backbones.store.text import printable


@dataclass(frozen=True, slots=True)
class LoneCost:
    """A printed number of operations beside which no result stands."""

    backbone: str
    leaf: Leaf
    resolution: Leaf | None
    convention: str
    place: str
    """Of the table, for a sentence."""


def placed(cost: LoneCost, results: Iterable[dict[str, Any]]) -> bool:
    """Whether a backbone's results have the cost now, or had one of their own. They are changed in place."""
    bare = [result for result in results if result["task"] == "classification"]
    sides = {result["resolution"].value if result["resolution"] else None for result in bare}
    if cost.resolution is None and len(sides) > 1:
        return False
    fitting = [
        r
        for r in bare
        if cost.resolution is None or (r["resolution"] and r["resolution"].value == cost.resolution.value)
    ]
    for result in fitting:
        if "printed" not in result:
            result["printed"] = cost.leaf
            if cost.convention:
                result["convention"] = cost.convention
    return bool(fitting)


def not_placed(cost: LoneCost) -> str:
    """A sentence on a cost that belongs to no result."""
    side = f" at {cost.resolution.value:g} px" if cost.resolution else ""
    return printable(
        f"{cost.place}: the compute {cost.leaf.evidence.printed!r} of {cost.backbone}{side} belongs to no result in the draft; left out"
    )
