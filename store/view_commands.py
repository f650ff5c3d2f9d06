"""A view as the words of a command line that prints the same table or draws the same picture, and back."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable

from backbones.store.errors import QueryError
from backbones.store.references import Reference, parse_reference
from backbones.store.view import Sort, View

NO_ORDER = "none"
"""What `--sort` says for rows as the catalogue has them."""

PLOT_COLUMNS = ("checkpoint", "weights")
"""What `backbones plot` asks for besides what it draws: it names the points."""


def query_words(view: View) -> list[str]:
    """`backbones query …`: the table of a view."""
    options = ["--columns", ",".join(view.columns), "--sort", order_text(view.sort)]
    if view.only_front:
        options += ["--pareto", f"{view.x},{view.y}"]
    metric, named = rows_of(view), [*_asked(view), *([view.x, view.y] if view.only_front else [])]
    if metric is not None and metric != _first_metric(named) and not (view.only_front and metric != _read(view.y)):
        options += ["--rows-of", str(metric)]
    if view.best_per:
        options += ["--best-per", view.best_per]
    if view.limit is not None:
        options += ["--limit", str(view.limit)]
    if view.filter.startswith("-"):
        return ["backbones", "query", *options, "--", view.filter]
    return ["backbones", "query", *filter(None, [view.filter]), *options]


def plot_words(view: View) -> list[str]:
    """`backbones plot …`: the picture of a view."""
    words = ["backbones", "plot", "-x", view.x, "-y", view.y, "--group", view.group]
    if view.filter:
        words += ["--where", view.filter]
    if view.shape:
        words += ["--shape", view.shape]
    if view.focus:
        words += ["--focus", joined_names(view.focus)]
    scale = {True: ["--log-x"], False: ["--linear-x"], None: []}[view.log_x]
    flags = {
        "--no-pareto": not view.pareto,
        "--only-front": view.only_front,
        "--lines": view.lines,
        "--letters": view.letters,
        "--log-y": view.log_y,
    }
    words += [*(flag for flag, is_on in flags.items() if is_on), *scale]
    if not view.labels:
        words += ["--label", "none"]
    for name, limits in (("--x-range", view.x_range), ("--y-range", view.y_range)):
        words += [name, limits] if limits else []
    if view.best_per:
        words += ["--best-per", view.best_per]
    if view.sort != best_first(view.y):
        words += ["--sort", order_text(view.sort)]
    if view.columns != PLOT_COLUMNS and _columns_matter(view):
        words += ["--columns", ",".join(view.columns)]
    if view.limit is not None:
        words += ["--limit", str(view.limit)]
    return words


def order_text(sort: Iterable[Sort]) -> str:
    """An order as `--sort` reads it: a sign before each column, because a bare one is `best first`."""
    return ",".join(("-" if s.descending else "+") + s.reference for s in sort) or NO_ORDER


def best_first(y: str) -> tuple[Sort, ...]:
    """The order of `backbones plot` where none is given: the better end of y first."""
    from backbones.store.columns import column_of

    reference = _read(y)
    return (Sort(y, reference is None or column_of(reference).higher_is_better is not False),)


def joined_names(names: Iterable[str]) -> str:
    """Names in one text, apart by commas; one that holds a comma or a quote is quoted."""
    text = io.StringIO()
    csv.writer(text, lineterminator="").writerow(list(names))
    return text.getvalue()


def split_names(text: str) -> tuple[str, ...]:
    """The names in a text, empty ones left out."""
    rows = list(csv.reader([text], skipinitialspace=True))
    return tuple(name.strip() for row in rows for name in row if name.strip())


def rows_of(view: View) -> Reference | None:
    """The metric whose results the rows of a view are, as the catalogue chooses it; None for its default."""
    drawn = [view.y] if view.group and view.y else []
    return _first_metric([*drawn, *_asked(view), view.x, view.y, view.group, view.shape])


def _asked(view: View) -> list[str]:
    """The references of a table in the order in which the first metric among them is looked for."""
    from backbones.store.filters import parse_filter, references_of

    try:
        filtered = [str(r) for r in references_of(parse_filter(view.filter))]
    except QueryError:
        filtered = []  # a filter that is being typed
    return [*filtered, *(s.reference for s in view.sort), *view.columns]


def _columns_matter(view: View) -> bool:
    """Points are named by their checkpoint; without that column, or where columns choose the rows, all are told."""
    if "checkpoint" not in view.columns:
        return True
    others = [view.y, *_asked(view.with_(columns=()))]
    return _first_metric(others) is None and _first_metric(view.columns) is not None


def _first_metric(texts: Iterable[str]) -> Reference | None:
    return next((r for text in texts if (r := _read(text)) is not None and r.is_metric), None)


def _read(text: str) -> Reference | None:
    try:
        return parse_reference(text) if text else None
    except QueryError:
        return None
