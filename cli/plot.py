"""`backbones plot`."""

from __future__ import annotations

import os
import shutil
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import click

from backbones.cli.query import narrate, parse_sort
from backbones.cli.session import Session, catalog_options, say
from backbones.store.errors import BackbonesError, QueryError
from backbones.store.query import CatalogExplorer
from backbones.store.references import parse_reference, split_references
from backbones.store.rows import Answer
from backbones.store.view import Sort, View
from backbones.store.view_commands import PLOT_COLUMNS, split_names

if TYPE_CHECKING:
    from backbones.plot.palette import Look, Palette
    from backbones.plot.scatter import Scatter


@click.command("plot")
@click.option("-x", "x", default="params_m", show_default=True, metavar="REF", help="What runs to the right.")
@click.option("-y", "y", default="top_1@imagenet-1k", show_default=True, metavar="REF", help="What runs upwards.")
@click.option(
    "--where", "-w", default="", metavar="FILTER", help="Only the rows that pass; see backbones query --help."
)
@click.option("--group", "-g", default="family", show_default=True, metavar="REF", help="What the colours mean.")
@click.option(
    "--shape", default="", metavar="REF", help="What the shapes of points in colour mean; the group otherwise."
)
@click.option("--focus", metavar="NAME,…", help="The groups in colour, at most 7; the seven largest otherwise.")
@click.option("--lines", is_flag=True, help="Join the backbones of a family: those in focus, at one setting each.")
@click.option("--pareto/--no-pareto", default=True, help="Draw the Pareto front.")
@click.option("--only-front", is_flag=True, help="Only the rows on the Pareto front.")
@click.option("--best-per", type=click.Choice(["family", "backbone"]), help="Only the best row of each, by --sort.")
@click.option(
    "--sort", "-s", metavar="REF,…", help="Which rows come first; the best by y otherwise. As in backbones query."
)
@click.option("--limit", "-n", type=click.IntRange(min=0), help="At most so many rows; 0: all.")
@click.option("--columns", "-c", metavar="REF,…", help="What names the points, where it is not their checkpoint.")
@click.option(
    "--label",
    "label",
    metavar="WHAT",
    default="front",
    show_default=True,
    help="front, none, all, or a text: label the points whose name contains it.",
)
@click.option("--letters", is_flag=True, help="A letter for each of up to 62 groups.")
@click.option("--log-x/--linear-x", default=None, help="Scale of x; by its range otherwise.")
@click.option("--log-y/--linear-y", default=False, help="Scale of y.")
@click.option("--x-range", default="", metavar="LOW..HIGH", help="Limits of x, as 5..100, ..30 or 2021-06.. for dates.")
@click.option("--y-range", default="", metavar="LOW..HIGH", help="Limits of y.")
@click.option("--title", help="The title.")
@click.option(
    "--save",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write .png, .svg, .pdf or .html instead of drawing.",
)
@click.option("--width", type=click.IntRange(20, 500), help="Characters; the terminal's, or 100 in a pipe.")
@click.option("--height", type=click.IntRange(8, 200), help="Lines; the terminal's, or 30 in a pipe.")
@click.option("--ascii", "use_ascii", is_flag=True, help="Only ASCII characters.")
@click.option("--color/--no-color", default=None, help="Colour; only on a terminal otherwise.")
@click.option("--light", is_flag=True, help="Colours for a light background.")
@click.option("--palette", type=click.Choice(["default", "colour-blind"]), default="default", help="Which colours.")
@catalog_options
@click.pass_obj
def command(
    session: Session, /, label: str, title: str | None, save: Path | None, width: int | None, height: int | None,
    use_ascii: bool, color: bool | None, light: bool, palette: str, **shown: Any,
) -> None:  # fmt: skip
    """Draw one point per checkpoint and setting.

    \b
    backbones plot -x params_m -y top_1@imagenet-1k
    backbones plot -x throughput@rtx4090:precision=amp -y top_1@imagenet-1k --where 'params_m < 100'
    backbones plot -x published -y box_ap@coco-val:head=mask-rcnn --save figure.svg
    """
    explorer = session.explorer()
    view = view_of(explorer, label=label, **shown)
    answer = explorer.answer(view)
    view = view.with_(focus=_known_focus(answer, view))
    if not answer.total:
        narrate(answer)
        raise BackbonesError("nothing to draw")
    look = _look(color, use_ascii, light, palette)
    from backbones.plot.picture import picture
    from backbones.store.measuring.mixture import told_of
    from backbones.store.transferring.predicting import compared

    try:
        drawing = picture(answer, view, look)
    except ValueError as error:
        raise BackbonesError(str(error)) from None
    if title is not None:
        drawing = replace(drawing, spec=replace(drawing.spec, title=title))
    drawing = _labelled(drawing, label)
    if not drawing.points.x:
        raise BackbonesError(
            "\n  ".join(
                ["nothing to draw" + ": " * bool(answer.advice) + "".join(answer.advice[:1]), *answer.advice[1:]]
            )
        )
    if save is not None:
        _save(drawing, save)
    else:
        _print(drawing, look, width, height)
    axes = [parse_reference(view.x), parse_reference(view.y)]
    anchor = parse_reference(explorer.main_metric(view.filter, (view.y, view.x)))
    for line in explorer.ask(lambda connection: told_of(connection, axes, anchor, answer.keys)):
        say(line)
    if models := explorer.ask(lambda connection: compared(connection, view, answer)):
        say(models.sentence())
    for missing in answer.missing:
        say(f"{missing.count:,} {'row has' if missing.count == 1 else 'rows have'} no {missing.reference}")
    if drawing.dropped:
        say(f"{drawing.dropped:,} of {answer.total:,} rows have no {view.x} or no {view.y} and are not drawn")
    if view.letters and view.shape:
        say("a point is a letter or a shape: the shapes are drawn")
    if outside := _outside(drawing):
        say(f"{outside:,} points lie outside the limits")


def view_of(
    explorer: CatalogExplorer, *, x: str, y: str, where: str, group: str, shape: str, focus: str | None, lines: bool, pareto: bool,
    only_front: bool, best_per: str | None, sort: str | None, limit: int | None, columns: str | None, label: str, letters: bool,
    log_x: bool | None, log_y: bool, x_range: str, y_range: str,
) -> View:  # fmt: skip
    """The view that the options stand for."""
    is_better = explorer.describe(y).higher_is_better
    return View(
        filter=where, columns=tuple(split_references(columns)) if columns else PLOT_COLUMNS, limit=limit or None,
        sort=(Sort(y, is_better is not False),) if sort is None else parse_sort(explorer, sort),
        x=x, y=y, group=group, shape=shape, focus=split_names(focus or ""), lines=lines, pareto=pareto, only_front=only_front,
        best_per=best_per, labels=label != "none", letters=letters, log_x=log_x, log_y=log_y, x_range=x_range, y_range=y_range,
    )  # fmt: skip


def _look(color: bool | None, use_ascii: bool, light: bool, palette: str) -> Look:
    from backbones.plot.palette import look_from_env

    is_terminal = sys.stdout.isatty() if color is None else color
    found = look_from_env(os.environ, is_terminal, sys.stdout.encoding, ascii=use_ascii or None, light=light or None)
    look = replace(found, palette=cast("Palette", palette))
    return replace(look, depth=8, plain=False) if color and not look.depth else look


def _known_focus(answer: Answer, view: View) -> tuple[str, ...]:
    """The groups in focus as the rows spell them. Where none of them has a row it is a mistake, not a grey picture."""
    from backbones.plot.palette import FOCUS_LIMIT, LETTERS
    from backbones.store.text import closest, fold

    most = len(LETTERS) if view.letters and not view.shape else FOCUS_LIMIT
    if len(view.focus) > most:
        more = "" if view.letters else "; --letters shows 62"
        say(f"{len(view.focus)} groups are in focus: the first {most} of them are in colour{more}")
    known = {fold(str(v)): str(v) for v in answer.rows.values(str(parse_reference(view.group))) if v is not None}
    unknown = [name for name in view.focus if fold(name) not in known]
    for name in unknown:
        near = closest(name, known.values())
        if len(unknown) == len(view.focus) and answer.total:
            raise QueryError(f"no {view.group} in this plot is called {name!r}", suggestions=near)
        say(f"no {view.group} in this plot is called {name!r}" + (f"; did you mean {', '.join(near)}?" if near else ""))
    return tuple(known.get(fold(name), name) for name in view.focus)


def _outside(drawing: Scatter) -> int:
    """How many points lie beyond limits that were asked for."""
    axes = ((drawing.spec.x, drawing.points.x), (drawing.spec.y, drawing.points.y))
    beyond = [
        {i for i, v in enumerate(values) if (axis.lo is not None and v < axis.lo) or (axis.hi is not None and v > axis.hi)}
        for axis, values in axes
    ]  # fmt: skip
    return len(beyond[0] | beyond[1])


def _labelled(drawing: Scatter, label: str) -> Scatter:
    """Which points carry their name."""
    from backbones.store.text import fold

    if label == "front":
        return drawing
    if label == "none":
        chosen: tuple[int, ...] = ()
    elif label == "all":
        chosen = tuple(range(len(drawing.points.names)))
    else:
        chosen = tuple(i for i, name in enumerate(drawing.points.names) if fold(label) in fold(name))
        if not chosen:
            raise BackbonesError(f"no point's name contains {label!r}")
    return replace(
        drawing, points=replace(drawing.points, labels=chosen), spec=replace(drawing.spec, labels=len(chosen))
    )


def _print(drawing: Scatter, look: Look, width: int | None, height: int | None) -> None:
    from backbones.plot.raster import draw

    size = shutil.get_terminal_size((100, 30)) if sys.stdout.isatty() else os.terminal_size((100, 30))
    frame = draw(drawing.spec, drawing.points, width or size.columns, height or max(8, size.lines - 2))
    click.echo(frame.printed(look), color=True)


def _save(drawing: Scatter, path: Path) -> None:
    from backbones.plot.export import ExportUnavailable, save

    try:
        save(drawing, path)
    except (ExportUnavailable, ValueError) as error:
        raise BackbonesError(str(error)) from None
    except OSError as error:
        raise BackbonesError(f"{path} cannot be written: {error.strerror}") from None
    say(f"wrote {path}")
