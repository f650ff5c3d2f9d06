"""Which models a screen offers to measure, and how the command is told of them."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Final

from backbones.store.comparing.sides import sides_of
from backbones.store.errors import BackbonesError
from backbones.store.explorer import Explorer
from backbones.store.view import View
from backbones.tui.measuring_wish import Words
from backbones.tui.shown import canonical

if TYPE_CHECKING:
    from backbones.store.comparing.sides import Side
    from backbones.store.page import Page
    from backbones.tui.listed import Listed
    from backbones.tui.shown import Shown

WHO: Final = ("weights", "backbone", "resolution")


@dataclass(frozen=True, slots=True)
class Offer:
    """Some models: what they are called together, and the question that names them."""

    label: str
    words: Callable[[Explorer], Words]
    """For a thread."""


def of_marks(marks: Mapping[str, str]) -> list[Offer]:
    """What is marked, here or elsewhere."""
    if not marks:
        return []
    label = "the marked one" if len(marks) == 1 else f"the {len(marks):,} marked"
    return [Offer(f"{label}: {', '.join(marks.values())}", partial(_of_names, names=tuple(marks), labels=dict(marks)))]


def of_name(name: str) -> Offer:
    """A backbone, a checkpoint or weights."""
    return Offer(name, partial(_of_names, names=(name,), labels={name: name}))


def of_cell(listed: Listed | None, row: int, column: int) -> list[Offer]:
    """What the cell under the cursor of a list names, else its row."""
    if listed is None or row >= len(listed.keys) or (name := listed.compared(row, column)) is None:
        return []
    return [replace(of_name(name), label=f"the one under the cursor: {name}")]


def of_sides(sides: Sequence[Side], column: int) -> list[Offer]:
    """All that are compared, and the one under the cursor."""
    labels = {side.asked: side.label for side in sides}
    found = [of_names(f"all {len(sides)} that are compared", tuple(labels), labels)]
    if column < len(sides):
        here = sides[column]
        found.append(of_names(f"the one under the cursor: {here.label}", (here.asked,), labels))
    return found


def of_page(page: Page) -> list[Offer]:
    """What a page is about: a backbone at its own size; a checkpoint or weights at the resolutions of its rows."""
    rows = of_filter(f"{page.name}, at each resolution of its rows", page.filter, page.metric) if page.filter else None
    if page.kind == "backbone":
        own = Offer(f"{page.name}, at its own resolution", lambda _: Words((page.name,)))
        return [own, rows] if rows else [own]
    if page.kind in ("checkpoint", "weights"):
        own = replace(of_name(page.name), label=f"{page.name}, at the model's own resolution")
        return [rows, own] if rows else [own]
    return []


def of_names(label: str, names: Sequence[str], labels: Mapping[str, str]) -> Offer:
    """Several, each a name or `#` and the key of a row."""
    return Offer(label, partial(_of_names, names=tuple(names), labels=dict(labels)))


def of_answer(shown: Shown, row: int | None) -> list[Offer]:
    """Of the first screen: the row under the cursor, the front, all rows; each model at the row's resolution."""
    answer = shown.answer
    found = []
    if row is not None and row < len(answer.keys):
        name = shown.name(row)
        found.append(
            of_names(f"the row under the cursor: {name}", (f"#{answer.keys[row]}",), {f"#{answer.keys[row]}": name})
        )
    if front := {answer.keys[place] for place in answer.front if place < len(answer.keys)}:
        label = f"the {len(front):,} row{'s' * (len(front) != 1)} on the Pareto front"
        found.append(Offer(label, partial(_of_rows, view=shown.view, keys=front)))
    if len(answer.keys) > 1:
        found.append(Offer(f"all {len(answer.keys):,} rows of the view", partial(_of_view, view=shown.view)))
    return found


def of_filter(label: str, filter_text: str, metric: str) -> Offer:
    """The rows that a page leads to, each at its resolution."""
    view = View(filter=filter_text, columns=WHO, sort=(), x="", group="", pareto=False)
    return Offer(label, partial(_of_rows, view=view.with_(y=metric) if metric else view, keys=None))


# ---- questions


def _of_names(explorer: Explorer, names: Sequence[str], labels: Mapping[str, str]) -> Words:
    return explorer.ask(partial(words_of_names, names=names, labels=labels))


def words_of_names(connection: sqlite3.Connection, names: Sequence[str], labels: Mapping[str, str]) -> Words:
    """Of names and rows: the weights, which timm may know by that name, else the backbone; a row's resolution."""
    words: dict[str, None] = {}
    unnamed = []
    for name in names:
        try:
            side = sides_of(connection, [name])[0]
        except BackbonesError:  # a row of a former catalogue, or a name that is gone
            unnamed.append(labels.get(name, name))
            continue
        model = side.attributes.get("weights") or side.attributes.get("backbone")
        if model is None:
            unnamed.append(side.label)
        else:
            words[_word(str(model), side.resolution)] = None
    return Words(tuple(words), unnamed=tuple(unnamed))


def _of_view(explorer: Explorer, view: View) -> Words:
    """All rows of a view: its filter where that means the same rows, for then the command is short."""
    metric = getattr(explorer, "main_metric", None)
    is_plain = not (view.limit or view.only_front or view.best_per)
    if view.filter and is_plain and view.y and metric is not None and metric(view.filter) == canonical(view.y):
        return Words(where=view.filter)
    return _of_rows(explorer, view, None)


def _of_rows(explorer: Explorer, view: View, keys: Collection[int] | None) -> Words:
    columns = tuple(dict.fromkeys((*WHO, *view.columns)))  # what decides which rows there are may be one of them
    answer = explorer.answer(view.with_(columns=columns))
    rows = zip(answer.keys, answer.rows.rows, strict=True)
    return words_of_rows(row[:3] for key, row in rows if keys is None or key in keys)


def words_of_rows(rows: Iterable[Sequence[object]]) -> Words:
    """Of rows of weights, backbone, resolution."""
    words: dict[str, None] = {}
    unnamed = 0
    for weights, backbone, resolution in rows:
        if (model := weights or backbone) is None:
            unnamed += 1
        else:
            words[_word(str(model), resolution if isinstance(resolution, int) else None)] = None
    return Words(tuple(words), unnamed=("a row without a backbone",) * unnamed)


def _word(model: str, resolution: int | None) -> str:
    return f"{model}@{resolution}" if resolution else model
