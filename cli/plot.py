"""`backbones plot`."""

from __future__ import annotations

import os
import shutil
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from backbones.cli.query import narrate
from backbones.cli.session import Session, catalog_options, say
from backbones.store.errors import BackbonesError, QueryError
from backbones.store.references import parse_reference
from backbones.store.rows import Answer
from backbones.store.view import Sort, View

if TYPE_CHECKING:
    from backbones.plot.palette import Look
    from backbones.plot.scatter import Scatter
    from backbones.plot.spec import Axis


@click.command("plot")
@click.option("-x", "x", default="params_m", show_default=True, metavar="REF", help="What runs to the right.")
@click.option("-y", "y", default="top_1@imagenet-1k", show_default=True, metavar="REF", help="What runs upwards.")
@click.option(
    "--where", "-w", default="", metavar="FILTER", help="Only the rows that pass; see backbones query --help."
)
@click.option("--group", "-g", default="family", show_default=True, metavar="REF", help="What colour and shape mean.")
@click.option("--focus", metavar="NAME,…", help="The groups in colour, at most 7; the seven largest otherwise.")
@click.option("--pareto/--no-pareto", default=True, help="Draw the Pareto front.")
@click.option("--only-front", is_flag=True, help="Only the rows on the Pareto front.")
@click.option("--best-per", type=click.Choice(["family", "backbone"]), help="Only the best row of each, by y.")
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
@click.option("--xlim", metavar="LO:HI", help="Limits of x.")
@click.option("--ylim", metavar="LO:HI", help="Limits of y.")
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
@catalog_options
@click.pass_obj
def command(
    session: Session, x: str, y: str, where: str, group: str, focus: str | None, pareto: bool, only_front: bool, best_per: str | None,
    label: str, letters: bool, log_x: bool | None, log_y: bool, xlim: str | None, ylim: str | None, title: str | None, save: Path | None,
    width: int | None, height: int | None, use_ascii: bool, color: bool | None, light: bool,
) -> None:  # fmt: skip
    """Draw one point per checkpoint and setting.

    \b
    backbones plot -x params_m -y top_1@imagenet-1k
    backbones plot -x throughput@rtx4090:precision=amp -y top_1@imagenet-1k --where 'params_m < 100'
    backbones plot -x published -y box_ap@coco-val:head=mask-rcnn --save figure.svg
    """
    view = View(
        filter=where, columns=("checkpoint", "weights"), x=x, y=y, group=group, pareto=pareto, only_front=only_front, best_per=best_per,
        focus=tuple(f.strip() for f in (focus or "").split(",") if f.strip()), letters=letters, log_x=log_x, log_y=log_y,
    )  # fmt: skip
    explorer = session.explorer()
    y_column = explorer.describe(y)
    answer = explorer.answer(view.with_(sort=(Sort(y, y_column.higher_is_better is not False),)))
    _check_focus(answer, view)
    if not answer.total:
        narrate(answer)
        raise BackbonesError("nothing to draw")
    look = _look(color, use_ascii, light)
    from backbones.plot.picture import picture

    try:
        drawing = picture(answer, view, look)
        spec = replace(drawing.spec, x=_limited(drawing.spec.x, xlim), y=_limited(drawing.spec.y, ylim))
        drawing = replace(drawing, spec=spec if title is None else replace(spec, title=title))
        drawing = _labelled(drawing, label)
    except ValueError as error:
        raise BackbonesError(str(error)) from None
    if not drawing.points.x:
        raise BackbonesError(f"nothing to draw: none of {answer.total:,} rows has both {x} and {y}")
    if save is not None:
        _save(drawing, save)
    else:
        _print(drawing, look, width, height)
    for missing in answer.missing:
        say(f"{missing.count:,} {'row has' if missing.count == 1 else 'rows have'} no {missing.reference}")
    if drawing.dropped:
        say(f"{drawing.dropped:,} of {answer.total:,} rows have no {x} or no {y} and are not drawn")


def _look(color: bool | None, use_ascii: bool, light: bool) -> Look:
    from backbones.plot.palette import look_from_env

    is_terminal = sys.stdout.isatty() if color is None else color
    look = look_from_env(os.environ, is_terminal, sys.stdout.encoding, ascii=use_ascii or None, light=light or None)
    return replace(look, depth=8, plain=False) if color and not look.depth else look


def _check_focus(answer: Answer, view: View) -> None:
    """A group that no row has is a mistake, not an empty legend."""
    if len(view.focus) > 7:
        raise QueryError(f"{len(view.focus)} groups are in focus; people can tell at most 7 apart")
    from backbones.store.text import closest, fold

    known = {fold(str(v)): str(v) for v in answer.rows.values(str(parse_reference(view.group))) if v is not None}
    for name in view.focus:
        if fold(name) not in known:
            raise QueryError(
                f"no {view.group} in this plot is called {name!r}", suggestions=closest(name, known.values())
            )


def _limited(axis: Axis, text: str | None) -> Axis:
    if text is None:
        return axis
    parts = text.split(":")
    try:
        if len(parts) != 2:
            raise ValueError
        lo, hi = (None if not p.strip() else float(p) for p in parts)
    except ValueError:
        raise BackbonesError(f"limits are LO:HI, as 70:90 or 70:, not {text!r}") from None
    if lo is not None and hi is not None and lo >= hi:
        raise BackbonesError(f"the lower limit has to be below the upper, not {text!r}")
    return replace(axis, lo=axis.lo if lo is None else lo, hi=axis.hi if hi is None else hi)


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
