"""`backbones query`."""

from __future__ import annotations

from dataclasses import replace

import click

from backbones.cli.session import Session, catalog_options, format_option, say, table_width
from backbones.store.default_columns import OPTIONAL_COLUMNS, default_columns
from backbones.store.errors import QueryError
from backbones.store.filters import parse_filter, references_of
from backbones.store.formats import render
from backbones.store.query import CatalogExplorer
from backbones.store.references import Reference, parse_reference, split_references
from backbones.store.rows import Answer, Rows
from backbones.store.this_machine import is_here
from backbones.store.view import Sort, View
from backbones.store.view_commands import NO_ORDER


@click.command("query")
@click.argument("filter", default="", required=False)
@click.option(
    "--columns",
    "-c",
    metavar="REF,…",
    help="Columns to print, as checkpoint,top_1@imagenet-1k,throughput@v100:precision=amp.",
)
@click.option(
    "--sort",
    "-s",
    metavar="REF,…",
    help="Order; best first. -REF: largest first, +REF: smallest first, none: no order.",
)
@click.option(
    "--limit",
    "-n",
    type=click.IntRange(min=0),
    help="Print at most so many rows; 0: all. On a terminal 40 unless given.",
)
@click.option("--pareto", metavar="X,Y", help="Only the rows on the Pareto front of two columns.")
@click.option(
    "--best-per", type=click.Choice(["family", "backbone"]), help="Only the best row of each, by the first sort column."
)
@click.option(
    "--rows-of", metavar="METRIC", help="The rows are results of this metric; else of the first that is named anywhere."
)
@click.option(
    "--spread", is_flag=True, help="Say beside each metric how far its sources disagree: 81.30 ±0.2, 6 sources."
)
@click.option("--explain", is_flag=True, help="Say how the question is understood, and show the SQL.")
@format_option
@catalog_options
@click.pass_obj
def command(
    session: Session, filter: str, columns: str | None, sort: str | None, limit: int | None, pareto: str | None,
    best_per: str | None, rows_of: str | None, spread: bool, explain: bool, form: str,
) -> None:  # fmt: skip
    """Print the models that FILTER leaves, best first.

    A FILTER compares columns: =, !=, <, <=, >, >=, ~ (contains), in (a, b), with and, or, not and parentheses. A row is
    one checkpoint in one setting. Rows whose value is missing never pass a comparison; they are counted on stderr.

    \b
    backbones query 'top_1@imagenet-1k > 83 and params_m < 30' --limit 5
    backbones query 'throughput@v100:precision=amp > 1000' -c checkpoint,top_1@imagenet-1k,throughput@v100:precision=amp
    backbones query 'box_ap@coco-val:head=mask-rcnn > 48' --pareto gmacs,box_ap@coco-val:head=mask-rcnn
    backbones query --best-per family --limit 10
    """
    explorer = session.explorer()
    width = table_width() if form == "table" else None
    view = view_of(explorer, filter, columns, sort, limit, pareto, best_per, rows_of)
    chosen = view.columns
    if limit is None and width is not None:
        view = view.with_(limit=40)
    if explain:
        click.echo(explorer.explain(view))
        return
    answer = explorer.answer(view)
    rows = Rows(answer.rows.columns[: len(chosen)], tuple(row[: len(chosen)] for row in answer.rows))
    if not columns and form in ("table", "markdown"):
        rows = _telling(rows)
    if spread:
        from backbones.store.spread import beside, spreads, within

        asked = replace(answer, rows=rows)
        known = spreads(explorer.connection, asked)
        is_text = form in ("table", "markdown")
        rows = within(asked, known, form == "table") if is_text else beside(asked, known)
    click.echo(render(rows, form, width), nl=False)
    narrate(answer)
    if answer.total and any(is_here(reference.where) for reference in _asked(view)):
        _say_of_here(explorer, answer, view)
    if form in ("table", "markdown"):
        _say_doubts(explorer, answer)


def view_of(
    explorer: CatalogExplorer, filter: str, columns: str | None, sort: str | None, limit: int | None, pareto: str | None,
    best_per: str | None, rows_of: str | None,
) -> View:  # fmt: skip
    """The view that the options stand for."""
    chosen = tuple(split_references(columns)) if columns else default_columns(filter)
    if sort is not None:
        order = parse_sort(explorer, sort)
    else:
        metric = rows_of or explorer.main_metric(filter, chosen)
        order = (Sort(metric, explorer.describe(metric).higher_is_better is not False),)
    view = View(
        filter=filter, columns=chosen, sort=order, limit=limit or None, x="", y="", group="", pareto=False, best_per=best_per
    )  # fmt: skip
    if rows_of:
        if not parse_reference(rows_of).is_metric:
            raise QueryError(f"rows are results of a metric, as top_1@imagenet-1k, not of {rows_of!r}")
        view = view.with_(y=rows_of, group="family")  # what is on y of a picture decides which rows there are
    if pareto:
        axes = split_references(pareto)
        if len(axes) != 2:
            raise click.UsageError(f"--pareto takes two columns, X,Y; {pareto!r} has {len(axes)}")
        if rows_of and parse_reference(axes[1]) != parse_reference(rows_of):
            raise click.UsageError("--rows-of and --pareto go together only where Y is that metric")
        view = view.with_(x=axes[0], y=axes[1], only_front=True)
    return view


def _telling(rows: Rows) -> Rows:
    """Without the columns that nobody asked for and that say nothing here."""
    silent = {name: {None} for name in OPTIONAL_COLUMNS} | {"protocol": {None, "supervised"}}
    kept = [i for i, c in enumerate(rows.columns) if not {row[i] for row in rows} <= silent.get(c.name, set())]
    return Rows(tuple(rows.columns[i] for i in kept), tuple(tuple(row[i] for i in kept) for row in rows))


def narrate(answer: Answer) -> None:
    """What the rows do not say by themselves: how many more, what is missing, why there is nothing."""
    if len(answer.rows) < answer.total:
        say(f"{len(answer.rows):,} of {answer.total:,} rows; --limit 0 prints all")
    for missing in answer.missing:
        say(f"{missing.count:,} {'row has' if missing.count == 1 else 'rows have'} no {missing.reference}")
    if not answer.total:
        say("no rows")
        for line in answer.advice:
            say("  " + line)


def _asked(view: View) -> list[Reference]:
    """What columns and filter name."""
    return [*map(parse_reference, view.columns), *references_of(parse_filter(view.filter))]


def _say_of_here(explorer: CatalogExplorer, answer: Answer, view: View) -> None:
    """What the speeds of this machine are, where they are of several settings or predicted; where no row has one: what to run."""
    from backbones.cli.here import about_empty_here
    from backbones.store.measuring.mixture import told_of

    anchor = parse_reference(
        explorer.main_metric(view.filter, ([view.y] if view.group and view.y else []) + list(view.columns))
    )
    for line in explorer.ask(lambda connection: told_of(connection, _asked(view), anchor, answer.keys)):
        say(line)
    for line in about_empty_here(explorer, answer, view):
        say(line)


def _say_doubts(explorer: CatalogExplorer, answer: Answer) -> None:
    """Which of the printed rows have a value that is suspected to be wrong."""
    from backbones.store.doubts import doubted

    found = doubted(explorer.connection, answer.keys)
    rows = [str(row[0]) for row, key in zip(answer.rows, answer.keys, strict=True) if key in found]
    if rows:
        named = ", ".join(rows[:3]) + (" …" if len(rows) > 3 else "")
        say(
            f"{len(rows):,} of these values {'is' if len(rows) == 1 else 'are'} doubted: {named}; `backbones show NAME` says why"
        )


def parse_sort(explorer: CatalogExplorer, text: str) -> tuple[Sort, ...]:
    """`-x` largest first, `+x` smallest first, `x` best first; `none` is no order."""
    if text.strip() == NO_ORDER:
        return ()
    found = []
    for part in split_references(text):
        if part[0] in "+-":
            found.append(Sort(part[1:].strip(), part[0] == "-"))
        else:
            found.append(Sort(part, explorer.describe(part).higher_is_better is True))
    if not found or any(not sort.reference for sort in found):
        raise QueryError("--sort names no column", text)
    return tuple(found)
