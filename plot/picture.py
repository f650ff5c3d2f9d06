"""An answer with its view becomes a scatter plot: the same for a terminal, a pipe, a file and the screen."""

from __future__ import annotations

import math

from backbones.plot.family_lines import Member
from backbones.plot.palette import FOCUS_LIMIT, LETTERS, Look
from backbones.plot.scatter import Scatter, scatter
from backbones.plot.spec import Axis
from backbones.store.query import as_number
from backbones.store.ranges import parse_range
from backbones.store.references import parse_reference
from backbones.store.rows import Answer, Column, Rows
from backbones.store.view import LINE_COLUMNS, View

WIDE_RANGE = 20.0
"""Values that span more than this factor are drawn on a logarithmic axis."""


def picture(answer: Answer, view: View, look: Look | None = None, labels: int = 8) -> Scatter:
    """The scatter plot of an answer.

    Raises ValueError when an axis holds no numbers or dates and QueryError when the view's limits make no sense.
    Of more groups in focus than there are colours (or letters) the first are taken.
    """
    rows = answer.rows
    x_column, y_column, group = (_column(rows, reference) for reference in (view.x, view.y, view.group))
    shape = _column(rows, view.shape) if view.shape else None
    if shape == group:
        shape = None  # the groups have shapes of their own
    letters = view.letters and shape is None  # a point has one glyph
    xs, ys = ([as_number(v) for v in rows.values(c.name)] for c in (x_column, y_column))
    return scatter(
        xs, ys, _names(answer), _told(rows, group),
        x=_axis(x_column, xs, view.log_x, view.x_range, "x axis"), y=_axis(y_column, ys, view.log_y, view.y_range, "y axis"),
        focus=view.focus[: len(LETTERS) if letters else FOCUS_LIMIT] or None, letters=letters, pareto=view.pareto,
        labels=labels if view.labels else 0, look=look, title=f"{y_column.label} by {x_column.label}",
        shapes=_told(rows, shape) if shape else None, shape_label=shape.label if shape else "",
        lines=_members(rows) if view.lines else None,
    )  # fmt: skip


def _column(rows: Rows, reference: str) -> Column:
    return rows.columns[rows.index(str(parse_reference(reference)))]


def _told(rows: Rows, column: Column) -> list[str | None]:
    return [None if v is None else _group_name(v, column) for v in rows.values(column.name)]


def _members(rows: Rows) -> list[Member | None]:
    """Which line each row is on: that of its family at its setting, as its backbone."""
    known = {column.name: position for position, column in enumerate(rows.columns)}
    if "family" not in known:
        return [None] * len(rows)
    family, backbone = known["family"], known.get("backbone")
    setting = [known[name] for name in LINE_COLUMNS if name in known and name not in ("family", "backbone")]
    return [
        None if row[family] is None else ((row[family], *(row[k] for k in setting)), i if backbone is None else row[backbone])
        for i, row in enumerate(rows)
    ]  # fmt: skip


def _group_name(value: str | float | int, column: Column) -> str:
    if column.kind == "flag":
        return "yes" if value else "no"
    return f"{value:g}" if isinstance(value, float) else str(value)


def _names(answer: Answer) -> list[str]:
    """What a point is called: its checkpoint, or the first text that is known; and what tells it from others of that name."""
    rows = answer.rows
    order = [
        i
        for name in ("checkpoint", "weights", "backbone", "family")
        for i, c in enumerate(rows.columns)
        if c.name == name
    ]
    order += [i for i, c in enumerate(rows.columns) if c.kind == "text" and i not in order]
    names = [next((str(row[i]) for i in order if row[i] is not None), "") for row in rows]
    return [answer.called(i, name) for i, name in enumerate(names)]


def _axis(column: Column, values: list[float | None], log: bool | None, limits: str, what: str) -> Axis:
    if column.kind not in ("number", "date"):
        raise ValueError(f"{column.name} is {column.kind}; an axis needs numbers or dates")
    lo, hi = parse_range(limits, column.kind == "date", what=what)
    if column.kind == "date":
        return Axis(column.label, "date", lo, hi, more_is_better=False)
    known = [v for v in values if v is not None and math.isfinite(v)]
    positive = bool(known) and min(known) > 0
    wide = positive and column.unit != "percent" and max(known) / min(known) > WIDE_RANGE
    fits = all(limit is None or limit > 0 for limit in (lo, hi))
    is_log = positive and (wide and fits if log is None else log)
    if is_log:
        parse_range(limits, log=True, what=what)  # a limit of 0 is a mistake where logarithmic was asked for
    return Axis(_with_unit(column), "log" if is_log else "linear", lo, hi, more_is_better=column.higher_is_better)


def _with_unit(column: Column) -> str:
    """The label, with the unit where the label does not already say it."""
    unit = "%" if column.unit == "percent" else column.unit
    said = not unit or unit in column.label.split() or column.label.startswith(unit) or column.name == "gmacs"
    return column.label if said else f"{column.label} [{unit}]"
