"""What a key does to a view: from one frozen value to the next."""

from __future__ import annotations

from backbones.plot.palette import FOCUS_LIMIT
from backbones.store.view import Sort, View
from backbones.store.vocabulary import METRICS
from backbones.tui.shown import Shown, canonical

BEST_PER = (None, "family", "backbone")


def sorted_by(shown: Shown, position: int) -> View:
    """Ordered by a column: the better end first, text from A; again: the other way round."""
    view, column = shown.view, shown.cells[position].column
    if shown.sorted_by == column.name:
        descending = not view.sort[0].descending
    else:
        descending = column.kind in ("number", "date") and column.higher_is_better is not False
    rest = tuple(s for s in view.sort if canonical(s.reference) != column.name)[:2]
    return view.with_(sort=(Sort(column.name, descending), *rest))


def next_best_per(view: View) -> View:
    """All rows, the best of each family, the best of each backbone."""
    at = BEST_PER.index(view.best_per) if view.best_per in BEST_PER else 0
    return view.with_(best_per=BEST_PER[(at + 1) % len(BEST_PER)])


def focused(view: View, group: str) -> View:
    """The group in colour, or no longer; of too many the oldest goes."""
    if group in view.focus:
        return view.with_(focus=tuple(name for name in view.focus if name != group))
    return view.with_(focus=(*view.focus, group)[-FOCUS_LIMIT:])


def next_scale(view: View) -> View:
    """The x axis by its values, logarithmic, linear."""
    return view.with_(log_x={None: True, True: False, False: None}[view.log_x])


def picked(view: View, what: str, chosen: tuple[str, ...]) -> View:
    """Another x, y, group, or other columns."""
    if what == "columns":
        return view.with_(columns=chosen)
    if what == "group" and chosen[0] != view.group:
        return view.with_(group=chosen[0], focus=())
    if what == "x" and chosen[0] != view.x:
        return view.with_(x=chosen[0], log_x=None)
    return _with_y(view, chosen[0]) if what == "y" else view.with_(**{what: chosen[0]})


def _with_y(view: View, y: str) -> View:
    """Another y: in the table it takes the old one's column and place in the order, the better end first."""
    old, name = canonical(view.y), canonical(y).partition("@")[0]
    descending = METRICS[name].higher_is_better if name in METRICS else name != "latency"
    columns = tuple(y if canonical(c) == old else c for c in view.columns if canonical(c) != canonical(y))
    sort = tuple(Sort(y, descending) if canonical(s.reference) == old else s for s in view.sort)
    return view.with_(y=y, columns=columns if y in columns else (*columns, y), sort=sort)
