"""Which models of timm's a filter of the catalogue means: the weights of its rows, by timm's names with their tags."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass

from backbones.probe.speed.meant import view_of_filter
from backbones.probe.transfer.installed import Installed
from backbones.store.measuring.counts import models_of
from backbones.store.query import CatalogExplorer


@dataclass(frozen=True, slots=True)
class Picked:
    """What a filter means."""

    models: tuple[str, ...]
    rows: int
    """That it leaves."""
    not_in_timm: int
    """Of them, those of a backbone that timm does not have."""


def picked(explorer: CatalogExplorer, filter_text: str, here: Installed) -> Picked:
    """The models of the rows, each once: the row's own weights, else the default ones of its backbone."""
    view = view_of_filter(filter_text, explorer.main_metric(filter_text))
    answer = explorer.answer(view.with_(columns=("backbone", "weights", *view.columns)))
    return explorer.ask(lambda connection: _picked(connection, answer.rows.rows, here))


def _picked(connection: sqlite3.Connection, rows: Sequence[tuple[object, ...]], here: Installed) -> Picked:
    of_backbone: dict[str, str] = {}
    found: dict[str, None] = {}
    left_out = 0
    for backbone, weights, *_ in rows:
        if str(weights) in here.facts:
            found[str(weights)] = None
            continue
        name = str(backbone or "")
        if name not in of_backbone:
            known = [model for model in models_of(connection, name) if model in here.defaults]
            of_backbone[name] = here.defaults[known[0]] if known else ""
        if of_backbone[name]:
            found[of_backbone[name]] = None
        else:
            left_out += 1
    return Picked(tuple(found), len(rows), left_out)
