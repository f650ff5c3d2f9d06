"""The picture of a page's section: two of its number columns against each other."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from backbones.plot.palette import Look
from backbones.plot.picture import WIDE_RANGE
from backbones.plot.scatter import Scatter, scatter
from backbones.plot.spec import Axis
from backbones.store.page import Section
from backbones.store.query import as_number
from backbones.store.rows import Column, Row, Value
from backbones.tui.cells import plain

NAMED: Final = ("weights", "checkpoint", "backbone", "family", "device")


def section_plot(section: Section, rows: Sequence[Row], look: Look) -> Scatter | None:
    """The picture of the section's rows in this order; None where it has none, or fewer than two points."""
    names = [column.name for column in section.rows.columns]
    if section.x not in names or section.y not in names:
        return None
    x, y = names.index(section.x), names.index(section.y)
    group = names.index(section.group) if section.group in names else None
    xs, ys = [as_number(row[x]) for row in rows], [as_number(row[y]) for row in rows]
    if sum(a is not None and b is not None for a, b in zip(xs, ys, strict=True)) < 2:
        return None
    labels = [i for name in NAMED for i, found in enumerate(names) if found == name] or [0]
    columns = section.rows.columns
    drawn = scatter(
        xs, ys, [_said(row, labels, columns) for row in rows],
        [None if group is None or row[group] is None else plain(row[group], columns[group]) for row in rows],
        x=_axis(columns[x], xs), y=_axis(columns[y], ys), look=look,
    )  # fmt: skip
    return replace(drawn, spec=replace(drawn.spec, title=""))


def _said(row: Row, positions: Sequence[int], columns: Sequence[Column]) -> str:
    found: tuple[Value, Column] | None = next(((row[i], columns[i]) for i in positions if row[i] is not None), None)
    return plain(*found) if found else ""


def _axis(column: Column, values: Sequence[float | None]) -> Axis:
    if column.kind == "date":
        return Axis(column.label, "date", more_is_better=False)
    known = [v for v in values if v is not None and math.isfinite(v)]
    is_wide = column.unit != "percent" and bool(known) and min(known) > 0 and max(known) / min(known) > WIDE_RANGE
    return Axis(column.label, "log" if is_wide else "linear", more_is_better=column.higher_is_better)
