"""The pieces that pages are made of: columns with labels, tables with links, lists of facts."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from backbones.store.page import Link, Scope, Section
from backbones.store.rows import Column, Row, Rows, Value
from backbones.store.vocabulary import METRICS

_NUMBERS: Final[dict[str, tuple[str, int | None]]] = {
    "params_m": ("params M", 1), "gmacs": ("GMACs", 2), "resolution": ("res", 0), "value": ("value", None), "spread": ("spread", 2),
    "throughput_img_s": ("img/s", 0), "latency_ms": ("ms", 2), "batch_size": ("batch", 0), "n_sources": ("sources", 0),
    "pretraining_resolution": ("pt res", 0), "pretraining_epochs": ("pt epochs", None), "train_epochs": ("epochs", None),
    "rank": ("rank", 0), "classes": ("classes", 0), "train_images": ("train images", 0), "test_images": ("test images", 0),
    "memory_gib": ("GiB", None), "best_top_1": ("best top-1", 2), "best": ("best", 2), "median": ("median", 2),
    "preference": ("preference", 0), "size_mib": ("MiB", 0), "crop_size": ("crop", 0), "stage": ("stage", 0), "epochs": ("epochs", None),
    "fps": ("FPS", 1), "difference": ("difference", 2), "ratio": ("ratio", 2), "quartile_1": ("quartile 1", 2),
    "quartile_3": ("quartile 3", 2), "gmacs_resolution": ("GMACs at", 0),
    "smallest": ("smallest px", 0), "largest": ("largest px", 0), "batch_from": ("batch from", 0), "batch_to": ("batch to", 0), "peak_memory_mib": ("MiB", 0),
    "said": ("said", None), "latency_p90_ms": ("p90 ms", 2), "latency_p99_ms": ("p99 ms", 2), "energy_j_per_image": ("J/image", 4),
    "rounds": ("rounds", 0), "spread_percent": ("spread %", 2), "predicted_img_s": ("predicted img/s", 0), "low": ("low", 0), "high": ("high", 0),
    "confidence": ("confidence %", 0), "anchors": ("anchors", 0),
}  # fmt: skip
_COUNTS: Final = frozenset(
    ("results", "backbones", "speeds", "facts", "checkpoints", "weights_count", "settings", "costs", "batch_sizes", "resolutions", "architectures", "shared",
     "datasets", "pretrained", "measurements")
)  # fmt: skip
_FLAGS: Final = frozenset(["hierarchical", "installable", "higher_is_better", "compiled", "chosen", "applied"])
_LABELS: Final = {
    "dataset": "data set", "timm_name": "timm name", "pretraining_dataset": "pretraining", "pretraining_method": "pt method",
    "fine_tuning_dataset": "fine-tuning", "intermediate_dataset": "intermediate", "licence_class": "licence class",
    "weights_count": "weights", "why_not": "why not",
}  # fmt: skip
LINKED: Final[Mapping[str, str]] = {
    "family": "family", "backbone": "backbone", "checkpoint": "checkpoint", "weights": "weights", "copy_of": "weights",
    "dataset": "dataset", "pretraining_dataset": "dataset", "fine_tuning_dataset": "dataset", "intermediate_dataset": "dataset",
    "train_dataset": "dataset", "head": "head", "device": "device", "source": "source", "collection": "collection",
}  # fmt: skip
"""Columns whose values name things -> the kind of these."""


def column(name: str) -> Column:
    """What a column of a page is, by its name; `top_1@ImageNet-1k` is a metric on a data set."""
    metric, at, where = name.partition("@")
    if metric in METRICS:
        known = METRICS[metric]
        digits = None if known.unit == "points" else 2
        return Column(
            name, f"{known.label}{' ' if at else ''}{where}", "number", known.unit, known.higher_is_better, digits
        )
    if name in _NUMBERS:
        label, decimals = _NUMBERS[name]
        return Column(name, label, "number", decimals=decimals)
    if name in _COUNTS:
        return Column(name, _LABELS.get(name, name.replace("_", " ")), "number", decimals=0)
    if name in ("published", "retrieved", "newest"):
        return Column(name, name, "date")
    if name in _FLAGS:
        return Column(name, name.replace("_", " "), "flag")
    return Column(name, _LABELS.get(name, name.replace("_", " ")))


def columns_of(names: Iterable[str]) -> tuple[Column, ...]:
    """The columns of these names."""
    return tuple(map(column, names))


def asked(connection: sqlite3.Connection, sql: str, parameters: Sequence[Any] = ()) -> Rows:
    """The answer to a statement, its columns as they are on pages."""
    cursor = connection.execute(sql, parameters)
    return Rows(columns_of(d[0] for d in cursor.description), tuple(cursor.fetchall()))


def one(connection: sqlite3.Connection, sql: str, parameters: Sequence[Any] = ()) -> Any:
    """The first value of the first row; None where there is no row."""
    row = connection.execute(sql, parameters).fetchone()
    return row[0] if row else None


def without_empty_columns(rows: Rows) -> Rows:
    """The rows without the columns in which nothing is said."""
    kept = [i for i in range(len(rows.columns)) if any(row[i] is not None for row in rows)]
    return Rows(tuple(rows.columns[i] for i in kept), tuple(tuple(row[i] for i in kept) for row in rows))


def section(
    title: str, rows: Rows, *, note: str = "", x: str = "", y: str = "", group: str = "",
    links: Mapping[str, str] | None = None, leave_out: Iterable[str] = (), total: int = 0,
) -> list[Section]:  # fmt: skip
    """A section without empty columns, whose names are links; none where there are no rows.

    A picture is left out where one of its columns has fewer than two values. `links` adds to LINKED; an empty kind takes away.
    """
    if not rows.rows:
        return []
    dropped = set(leave_out)
    kept = [i for i, c in enumerate(rows.columns) if c.name not in dropped]
    told = without_empty_columns(
        Rows(tuple(rows.columns[i] for i in kept), tuple(tuple(row[i] for i in kept) for row in rows))
    )
    kinds = {**LINKED, **(links or {})}
    names = [c.name for c in told.columns]
    linked = {i: kinds[name] for i, name in enumerate(names) if kinds.get(name)}
    if (
        not {x, y} <= set(names)
        or len({row[names.index(x)] for row in told if row[names.index(y)] is not None} - {None}) < 2
    ):
        x = y = ""
    return [Section(title, told, linked, {}, note, x, y, group if x and group in names else "", None, total)]


def table(title: str, names: Sequence[str], rows: Iterable[Row], **options: Any) -> list[Section]:
    """A section of rows that were put together in Python; see `section`."""
    return section(title, Rows(columns_of(names), tuple(rows)), **options)


def scoped(title: str, scope: Scope, total: int, note: str = "") -> list[Section]:
    """A section whose rows are read when they are looked at; none where there are none."""
    return [Section(title, Rows((), ()), note=note, scope=scope, total=total)] if total else []


class Facts:
    """A list of facts, `label` and `value`; a value may lead to something. What is not said is left out."""

    def __init__(self) -> None:
        self._rows: list[tuple[str, Value]] = []
        self._links: dict[tuple[int, int], Link] = {}

    def add(self, label: str, value: Any, kind: str = "", name: str | None = None) -> Facts:
        """One fact; `kind`: the value names a thing of that kind, under `name` if that is another text."""
        if value is None or value == "":
            return self
        if isinstance(value, bool):
            value = "yes" if value else "no"
        if kind:
            self._links[len(self._rows), 1] = Link(kind, str(value) if name is None else name)
        self._rows.append((label, value))
        return self

    def flag(self, label: str, value: int | None) -> Facts:
        """`yes` or `no`; nothing where it is unknown."""
        return self.add(label, None if value is None else bool(value))

    def section(self, title: str = "facts", note: str = "") -> Section:
        """The list as a section."""
        rows = Rows((Column("fact", "fact"), Column("value", "value")), tuple(self._rows))
        return Section(title, rows, cell_links=dict(self._links), note=note)


def is_facts(section: Section) -> bool:
    """Whether a section is a list of facts."""
    return [c.name for c in section.rows.columns] == ["fact", "value"]
