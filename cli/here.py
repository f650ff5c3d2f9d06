"""What commands say where a column of this machine's speeds is empty in every row."""

from __future__ import annotations

from backbones.store.filters import parse_filter
from backbones.store.measuring.here import here_of, nothing_here
from backbones.store.query import CatalogExplorer
from backbones.store.references import Reference, parse_reference
from backbones.store.rows import Answer
from backbones.store.view import View


def about_empty_here(explorer: CatalogExplorer, answer: Answer, view: View) -> tuple[str, ...]:
    """Why, and what to run; () where some row has a value, or this machine was not asked for."""
    columns = [parse_reference(column.name) for column in answer.rows.columns]
    empty = [
        reference
        for place, reference in enumerate(columns)
        if here_of([reference]) and all(row[place] is None for row in answer.rows)
    ]
    if not empty:
        return ()
    named: list[str] = [view.y] if view.group and view.y else []
    anchor = parse_reference(explorer.main_metric(view.filter, (*named, *view.columns)) if not named else named[0])
    if not anchor.is_metric:
        anchor = Reference("top_1", "imagenet-1k")
    tree = parse_filter(view.filter)
    return explorer.ask(lambda connection: nothing_here(connection, empty, anchor, tree))
