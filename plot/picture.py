"""An answer with its view becomes a scatter plot: the same for a terminal, a pipe, a file and the screen."""

from __future__ import annotations

import math
from dataclasses import replace

from backbones.plot.palette import Look
from backbones.plot.scatter import Scatter, scatter
from backbones.plot.spec import Axis
from backbones.store.query import as_number
from backbones.store.references import parse_reference
from backbones.store.rows import Answer, Column, Rows
from backbones.store.view import View

WIDE_RANGE = 20.0
"""Values that span more than this factor are drawn on a logarithmic axis."""


def picture(answer: Answer, view: View, look: Look | None = None, labels: int = 8) -> Scatter:
    """The scatter plot of an answer. Raises ValueError when an axis holds no numbers or dates."""
    rows = answer.rows
    x_column, y_column, group = (_column(rows, reference) for reference in (view.x, view.y, view.group))
    xs, ys = ([as_number(v) for v in rows.values(c.name)] for c in (x_column, y_column))
    groups = [None if v is None else _group_name(v, group) for v in rows.values(group.name)]
    return scatter(
        xs, ys, _names(rows), groups,
        x=_axis(x_column, xs, view.log_x), y=_axis(y_column, ys, view.log_y),
        focus=view.focus or None, letters=view.letters, pareto=view.pareto, labels=labels if view.labels else 0, look=look,
        title=f"{y_column.label} by {x_column.label}",
    )  # fmt: skip


def _column(rows: Rows, reference: str) -> Column:
    return rows.columns[rows.index(str(parse_reference(reference)))]


def _group_name(value: str | float | int, column: Column) -> str:
    if column.kind == "flag":
        return "yes" if value else "no"
    return f"{value:g}" if isinstance(value, float) else str(value)


def _names(rows: Rows) -> list[str]:
    """What a point is called: its checkpoint, or the first text that is known."""
    order = [
        i
        for name in ("checkpoint", "weights", "backbone", "family")
        for i, c in enumerate(rows.columns)
        if c.name == name
    ]
    order += [i for i, c in enumerate(rows.columns) if c.kind == "text" and i not in order]
    return [next((str(row[i]) for i in order if row[i] is not None), "") for row in rows]


def _axis(column: Column, values: list[float | None], log: bool | None) -> Axis:
    if column.kind not in ("number", "date"):
        raise ValueError(f"{column.name} is {column.kind}; an axis needs numbers or dates")
    if column.kind == "date":
        return Axis(column.label, "date", more_is_better=False)
    known = [v for v in values if v is not None and math.isfinite(v)]
    positive = bool(known) and min(known) > 0
    wide = positive and column.unit != "percent" and max(known) / min(known) > WIDE_RANGE
    axis = Axis(_with_unit(column), more_is_better=column.higher_is_better)
    return replace(axis, scale="log") if positive and (wide if log is None else log) else axis


def _with_unit(column: Column) -> str:
    """The label, with the unit where the label does not already say it."""
    unit = "%" if column.unit == "percent" else column.unit
    said = not unit or unit in column.label.split() or column.label.startswith(unit) or column.name == "gmacs"
    return column.label if said else f"{column.label} [{unit}]"
