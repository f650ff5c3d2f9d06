"""Which models a user means beyond timm's own names: names of the catalogue, a filter, the rows of a view."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from backbones.probe.speed.choice import choose_models
from backbones.probe.speed.plan import Wanted
from backbones.store.errors import UnknownName
from backbones.store.measuring.counts import models_of, shipped
from backbones.store.query import CatalogExplorer
from backbones.store.view import View


@dataclass(frozen=True, slots=True)
class Meant:
    """What a filter or a view means."""

    wanted: tuple[Wanted, ...]
    rows: int
    """Rows that it leaves."""
    not_in_timm: int
    """Those of a backbone that timm does not have."""


def models_named(names: Iterable[str], known: Sequence[str], connect: Callable[[], sqlite3.Connection]) -> list[str]:
    """timm's models for names and globs of timm's, or for a backbone of the catalogue by any of its names.

    UnknownName with suggestions. The catalogue is opened only for a name that timm does not have.
    """
    found: dict[str, None] = {}
    for name in names:
        try:
            found |= dict.fromkeys(choose_models([name], known))
        except UnknownName:
            own = set(known)
            if not (meant := [model for model in models_of(connect(), name) if model in own]):
                raise
            found |= dict.fromkeys(meant)
    return list(found)


def view_of_filter(filter_text: str, anchor: str) -> View:
    """All rows that a filter leaves."""
    return View(filter=filter_text, columns=(anchor,), sort=(), x="", y="", group="", pareto=False)


def front_of(view: View) -> View:
    """The rows on the front that a view draws; of a view that draws none, all its rows."""
    return view.with_(only_front=view.only_front or (view.pareto and bool(view.x and view.y)))


def meant_by(explorer: CatalogExplorer, view: View, known: Sequence[str], resolution: int = 0) -> Meant:
    """The models of a view's rows, each at the row's resolution, so that the row gets a value; or all at the one given.

    A row's model is that of its weights, else one that the catalogue holds for the same backbone, if the installed timm has it.
    """
    answer = explorer.answer(view.with_(columns=("backbone", "weights", "resolution", *view.columns)))
    return explorer.ask(lambda connection: _meant(connection, answer.rows.rows, frozenset(known), resolution))


def _meant(
    connection: sqlite3.Connection, rows: Sequence[tuple[object, ...]], known: frozenset[str], resolution: int
) -> Meant:
    sizes = {model: count.height for model, count in shipped(connection).items() if count.height == count.width}
    same: dict[str, list[str]] = {}
    wanted: dict[Wanted, None] = {}
    left_out = 0
    for backbone, weights, size, *_ in rows:
        own = str(weights or "").partition(".")[0]
        names = [own] if own in known else []
        if not names and backbone is not None:
            if (name := str(backbone)) not in same:
                same[name] = [model for model in models_of(connection, name) if model in known]
            names = same[name]
        if not names:
            left_out += 1
            continue
        model = next((name for name in names if sizes.get(name) == size), names[0])
        side = resolution or (size if isinstance(size, int) else 0)
        wanted[(model, 0 if sizes.get(model) == side else side)] = None
    return Meant(tuple(wanted), len(rows), left_out)
