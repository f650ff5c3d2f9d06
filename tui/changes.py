"""What a key does to a view: from one frozen value to the next."""

from __future__ import annotations

from backbones.plot.palette import FOCUS_LIMIT, LETTERS
from backbones.store.view import Sort, View
from backbones.store.vocabulary import METRICS
from backbones.tui.shown import Shown, canonical

BEST_PER = (None, "family", "backbone")


def sorted_by(view: View, shown: Shown, position: int) -> View:
    """The wanted view ordered by a column of what is shown: the better end first, text from A; again: the other way round."""
    if position >= len(shown.cells):
        return view
    column = shown.cells[position].column
    if view.sort and canonical(view.sort[0].reference) == column.name:
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
    return view.with_(focus=(*view.focus, group)[-(len(LETTERS) if view.letters else FOCUS_LIMIT) :])


def next_scale(view: View) -> View:
    """The x axis by its values, logarithmic, linear."""
    return view.with_(log_x={None: True, True: False, False: None}[view.log_x])


def next_scale_y(view: View) -> View:
    """The y axis linear, logarithmic."""
    return view.with_(log_y=not view.log_y)


def flipped(view: View, name: str) -> View:
    """Something on or off. A point is one character: letters take it from the shapes."""
    is_on = not getattr(view, name)
    changed = view.with_(**{name: is_on})
    return changed.with_(shape="") if name == "letters" and is_on else changed


def with_column_moved(view: View, position: int, places: int) -> View:
    """The column further right (below 0: left), or (0) no longer in the table."""
    columns = list(view.columns)
    if not 0 <= position < len(columns) or not 0 <= position + places < len(columns):
        return view
    column = columns.pop(position)
    if places:
        columns.insert(position + places, column)
    return view.with_(columns=tuple(columns)) if columns else view


def recent_first(view: View) -> View:
    """Newest first; from there back to the best first."""
    rest = tuple(s for s in view.sort if s.reference != "published")
    if len(rest) < len(view.sort) and view.sort[0].reference == "published":
        return view.with_(sort=rest or View().sort)
    columns = view.columns if "published" in view.columns else (*view.columns[:1], "published", *view.columns[1:])
    return view.with_(sort=(Sort("published"), *rest)[:3], columns=columns)


def prominent_only(view: View) -> View:
    """Prominent models only, or all: a clause of the filter."""
    from backbones.store.facets import chosen_values, with_value

    is_on = "yes" in chosen_values(view.filter, "prominent")
    return view.with_(filter=with_value(view.filter, "prominent", "yes", not is_on))


def picked(view: View, what: str, chosen: tuple[str, ...]) -> View:
    """Another x, y, group, or other columns."""
    if what == "columns":
        return view.with_(columns=chosen)
    if what == "group" and chosen[0] != view.group:
        return view.with_(group=chosen[0], focus=())
    if what == "shape":
        shape = "" if chosen[0] == view.shape else chosen[0]
        return view.with_(shape=shape, letters=view.letters and not shape)
    if what == "x" and chosen[0] != view.x:
        return view.with_(x=chosen[0], log_x=None, x_range="")
    return _with_y(view, chosen[0]) if what == "y" else view.with_(**{what: chosen[0]})


def _with_y(view: View, y: str) -> View:
    """Another y: in the table it takes the old one's column and place in the order, the better end first."""
    old, name = canonical(view.y), canonical(y).partition("@")[0]
    descending = METRICS[name].higher_is_better if name in METRICS else name != "latency"
    columns = tuple(y if canonical(c) == old else c for c in view.columns if canonical(c) != canonical(y))
    if name in METRICS and not METRICS[name].is_classification and "head" not in columns:
        columns = (*columns[:1], "head", *columns[1:])  # numbers of unlike heads stand side by side
    sort = tuple(Sort(y, descending) if canonical(s.reference) == old else s for s in view.sort)
    if canonical(y) != old:
        view = view.with_(log_y=False, y_range="")  # limits and scale are those of the old values
    return view.with_(y=y, columns=columns if y in columns else (*columns, y), sort=sort)
