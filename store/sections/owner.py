"""What belongs to one family, backbone, checkpoint or released file: its mentions, its settings, its filter."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from backbones.store.filter_choices import quoted
from backbones.store.references import Reference
from backbones.store.text import fold, slug
from backbones.store.usual_protocol import usual_protocol

Metric = tuple[str, str | None, str | None]
"""Metric, data set, protocol."""

LEVELS: Final = ("family", "backbone", "checkpoint", "weights")


@dataclass(frozen=True, slots=True)
class Owner:
    """One of LEVELS, with its id and own name."""

    kind: str
    id: int
    name: str

    @property
    def subjects(self) -> str:
        """SQL of the ids of the mentions that speak of it; takes the id as its one parameter."""
        return f"(select id from subject where {self.kind}_id = ?)"

    @property
    def settings(self) -> str:
        """SQL of the condition that setting `t` is its own; takes `parameters`."""
        if self.kind == "weights":
            return (
                "t.id in (select id from setting where weights_id = ? union "
                f"select p.setting from result r join placement p on p.result = r.id where r.mention in {self.subjects})"
            )
        return f"t.subject in {self.subjects}"

    @property
    def parameters(self) -> list[Any]:
        """The parameters of `settings`."""
        return [self.id, self.id] if self.kind == "weights" else [self.id]


def main_metric(connection: sqlite3.Connection, counts: Mapping[Metric, int], collection: str = "") -> str:
    """The reference of the metric with most results, ImageNet-1k top-1 before all others; empty: there is none."""
    found = [(metric, count) for metric, count in counts.items() if metric[1] is not None]
    if not found:
        return ""
    (metric, dataset, protocol), _ = max(
        found,
        key=lambda item: (
            item[0] == ("top_1", "ImageNet-1k", "supervised"),
            item[0][0] in MAIN,
            item[1],
            item[0][0],
            item[0][1] or "",
        ),
    )
    assert dataset is not None
    return reference(connection, metric, dataset, protocol, collection)


MAIN: Final = ("top_1", "box_ap", "mask_ap", "miou_ss", "miou_ms", "keypoint_ap", "robust_top_1", "recall_1", "pq")
"""What people look at first."""


def reference(
    connection: sqlite3.Connection, metric: str, dataset: str, protocol: str | None, collection: str = ""
) -> str:
    """`top_1@cifar-10:protocol=zero-shot`; the protocol only where the reference without one means another."""
    keys: list[tuple[str, str]] = []
    default = usual_protocol(connection, dataset, metric)
    if protocol and (protocol != default or protocol != "supervised"):
        keys.append(("protocol", protocol if protocol == slug(protocol) else slug(protocol)))
    if collection:
        keys.append(("collection", slug(collection)))
    where = slug(dataset) if fold(slug(dataset)) == fold(dataset) else dataset
    return str(Reference(metric, where, tuple(keys)))


def filter_for(column: str, name: str) -> str:
    """`family = "ConvNeXt"`"""
    return f"{column} = {quoted(name, always=True)}"
