"""`backbones views`: what was saved under a name, to list, open elsewhere and send to others."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click
from click.shell_completion import CompletionItem

from backbones.cli.session import Session, catalog_options, format_option, say, table_width
from backbones.store.formats import render
from backbones.store.named_view import NamedView
from backbones.store.rows import Column, Rows
from backbones.store.view import Sort, View


def complete_name(_: click.Context, __: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Names of views for the shell: those saved, and those that come with the program."""
    from backbones.store.errors import BackbonesError
    from backbones.store.places import places
    from backbones.store.saved_views import saved_views
    from backbones.store.starting_points import STARTING_POINTS

    try:
        known = (*saved_views(places().measurements), *STARTING_POINTS)
    except BackbonesError:
        known = STARTING_POINTS
    return [CompletionItem(v.name, help=v.note) for v in known if v.name.casefold().startswith(incomplete.casefold())]


@click.group("views", invoke_without_command=True)
@catalog_options
@click.pass_context
def command(ctx: click.Context) -> None:
    """Views with a name: a filter, columns, an order and axes. `backbones tui NAME` opens one.

    \b
    backbones views
    backbones views save 'small and fast' --where 'params_m < 30' -x throughput@v100:precision=amp -y top_1@imagenet-1k
    backbones views export 'small and fast' -o small.yaml
    backbones views import small.yaml
    """
    if ctx.invoked_subcommand is None:
        ctx.invoke(list_)


name_argument = click.argument("name", shell_complete=complete_name)


@command.command("list")
@format_option
@click.pass_obj
def list_(session: Session, form: str = "table") -> None:
    """List the saved views, then the ones to start from that come with the program."""
    from backbones.store.saved_views import saved_views
    from backbones.store.starting_points import STARTING_POINTS

    columns = [Column(name, name) for name in ("view", "shows", "filter", "saved", "note")]
    views = (*saved_views(session.places.measurements), *STARTING_POINTS)
    rows = tuple(
        (v.name, v.problem or v.subject, v.view.filter or None, v.datetime_utc[:10] or None, v.note or None)
        for v in views
    )
    click.echo(render(Rows(tuple(columns), rows), form, table_width() if form == "table" else None), nl=False)


@command.command("show")
@name_argument
@format_option
@click.pass_obj
def show(session: Session, name: str, form: str) -> None:
    """Everything about one view, and the commands that give its table and its picture."""
    found = _found(session, name)
    facts: list[tuple[str, Any]] = [
        ("view", found.name),
        ("note", found.note or None),
        ("saved", found.datetime_utc or None),
    ]
    facts += [(key, ", ".join(v) if isinstance(v, list) else str(v)) for key, v in found.view.to_dict().items()]
    facts += [("table", found.view.query_command()), ("picture", found.view.plot_command())]
    rows = Rows((Column("what", "what"), Column("value", "value")), tuple((k, v) for k, v in facts if v is not None))
    click.echo(render(rows, form), nl=False)


@command.command("save")
@click.argument("name")
@click.option("--from", "base", metavar="VIEW", shell_complete=complete_name, help="Begin with another view.")
@click.option("--where", "-w", metavar="FILTER", help="Only the rows that pass; see backbones query --help.")
@click.option("-x", "x", metavar="REF", help="What runs to the right.")
@click.option(
    "-y", "y", metavar="REF", help="What runs upwards; the table is ordered by it unless --sort says otherwise."
)
@click.option("--columns", "-c", metavar="REF,…", help="Columns of the table.")
@click.option(
    "--sort",
    "-s",
    metavar="REF,…",
    help="Order of the table; -REF: largest first, +REF: smallest first, none: no order.",
)
@click.option("--group", "-g", metavar="REF", help="What colour means.")
@click.option("--best-per", type=click.Choice(["family", "backbone"]), help="Only the best row of each.")
@click.option("--only-front/--all-rows", default=None, help="Only the rows on the Pareto front.")
@click.option("--log-x/--linear-x", default=None, help="Scale of x.")
@click.option("--note", "-m", metavar="TEXT", help="What it is for.")
@click.option("--replace", is_flag=True, help="Replace the view of that name.")
@catalog_options
@click.pass_obj
def save(session: Session, /, name: str, base: str | None, note: str | None, replace: bool, **options: Any) -> None:
    """Save a view under a NAME."""
    from backbones.store.saved_views import NameTaken
    from backbones.store.saved_views import save as keep
    from backbones.store.view_file import check_view

    explorer = session.explorer()
    view = _view(_found(session, base).view if base else View(), options, explorer)
    check_view(explorer, view)
    try:
        saved = keep(session.places.measurements, name, view, note, replace)
    except NameTaken as taken:
        raise _taken(taken.name) from None
    say(f"saved {saved.name}")


@command.command("rename")
@name_argument
@click.argument("new_name")
@click.pass_obj
def rename(session: Session, name: str, new_name: str) -> None:
    """Give a saved view another name."""
    from backbones.store.saved_views import rename as change

    say(f"{name} is now called {change(session.places.measurements, name, new_name).name}")


@command.command("remove")
@name_argument
@click.pass_obj
def remove(session: Session, name: str) -> None:
    """Take a saved view away; what is printed, as a file, brings it back."""
    from backbones.store.saved_views import remove as take
    from backbones.store.view_file import view_yaml

    removed = take(session.places.measurements, name)
    if not removed.problem:
        click.echo(view_yaml(removed), nl=False)
    say(f"removed {removed.name}")


@command.command("export")
@name_argument
@click.option(
    "--output", "-o", type=click.Path(path_type=Path, dir_okay=False), help="The file to write; stdout otherwise."
)
@click.option("--replace", is_flag=True, help="Overwrite the file.")
@click.pass_obj
def export(session: Session, name: str, output: Path | None, replace: bool) -> None:
    """Write a view as a small YAML file that others can import or open with `backbones tui FILE`."""
    from backbones.store.output_file import FileExists, write_text
    from backbones.store.view_file import view_yaml

    text = view_yaml(_found(session, name))
    if output is None:
        click.echo(text, nl=False)
        return
    try:
        write_text(output, [text], replace)
    except FileExists as error:
        raise click.UsageError(f"{error}; --replace overwrites it") from None
    say(f"wrote {output}")


@command.command("import")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--name", "-n", help="Another name for it.")
@click.option("--replace", is_flag=True, help="Replace the view of that name.")
@catalog_options
@click.pass_obj
def import_(session: Session, file: Path, name: str | None, replace: bool) -> None:
    """Check a view's YAML FILE and save it; every mistake is named."""
    from backbones.store.saved_views import NameTaken
    from backbones.store.saved_views import save as keep
    from backbones.store.view_file import check_view, read_view

    found = read_view(file)
    check_view(session.explorer(), found.view, str(file))
    try:
        saved = keep(session.places.measurements, name or found.name, found.view, found.note or None, replace)
    except NameTaken as taken:
        raise _taken(taken.name) from None
    say(f"saved {saved.name}")


def _found(session: Session, name: str) -> NamedView:
    """A view by its name; one that cannot be read is an error."""
    from backbones.store.errors import BackbonesError
    from backbones.store.saved_views import find_view

    found = find_view(session.places.measurements, name)
    if found.problem:
        raise BackbonesError(f"the view {found.name!r}: {found.problem}")
    return found


def opened(session: Session, name: str) -> View:
    """The view that `backbones tui NAME` means: a saved one, one to start from, or a file."""
    from backbones.store.errors import UnknownName
    from backbones.store.named_view import FILE_SUFFIXES
    from backbones.store.view_file import check_view, read_view

    try:
        return _found(session, name).view
    except UnknownName:
        path = Path(name).expanduser()
        if not name.lower().endswith(FILE_SUFFIXES) and not path.is_file():
            raise
    found = read_view(path)
    check_view(session.explorer(), found.view, name)
    return found.view


def _view(view: View, options: dict[str, Any], explorer: Any) -> View:
    """The view with what the options say."""
    from backbones.cli.query import parse_sort
    from backbones.store.references import split_references

    given = {key: value for key, value in options.items() if value is not None}
    if "where" in given:
        given["filter"] = given.pop("where")
    if "columns" in given:
        given["columns"] = tuple(split_references(given["columns"])) or view.columns
    elif given.get("y", view.y) not in view.columns:
        given["columns"] = tuple(given["y"] if column == view.y else column for column in view.columns)
        if given["y"] not in given["columns"]:
            given["columns"] = (*given["columns"], given["y"])
    if "sort" in given:
        given["sort"] = parse_sort(explorer, given["sort"])
    elif "y" in given:
        given["sort"] = (Sort(given["y"], explorer.describe(given["y"]).higher_is_better is not False),)
    return view.with_(**given)


def _taken(name: str) -> click.ClickException:
    return click.ClickException(f"a view is called {name!r} already; take another name, or say --replace")
