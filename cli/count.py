"""`backbones count`."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from backbones.cli.session import Bar, Session, catalog_options, format_option, say, table_width
from backbones.store.errors import BackbonesError
from backbones.store.formats import render
from backbones.store.measuring.count import Count
from backbones.store.rows import Column, Row, Rows

if TYPE_CHECKING:
    from backbones.probe.counting.crew import Request


@click.command("count")
@click.argument("wanted", metavar="NAME|GLOB…", nargs=-1, required=True)
@click.option(
    "--resolution", "-r", type=click.IntRange(1, 8192), metavar="PX", help="Side of the input; each model's own test resolution otherwise."
)  # fmt: skip
@click.option("--fused", is_flag=True, help="The form for inference: re-parameterised branches are merged.")
@click.option("--features", is_flag=True, help="With channels, strides and sizes of the feature maps.")
@click.option("--again", is_flag=True, help="Count anew what the catalogue or you have counted before.")
@format_option
@catalog_options
@click.pass_obj
def command(
    session: Session,
    wanted: tuple[str, ...],
    resolution: int | None,
    fused: bool,
    features: bool,
    again: bool,
    form: str,
) -> int:
    """Parameters, multiply-accumulates and activations of timm's models, without running them.

    NAME is a model of timm's or a backbone of the catalogue, GLOB a pattern as 'convnext*' in quotes. gmacs counts convolutions, matrix
    products, attention and recurrent layers of one image (1 MAC = 2 FLOPs); activations_m says how many millions of numbers these put out.

    Counts at the models' own resolution are in the catalogue. Others are made on the spot, with timm and torch (pip install
    'backbones[probe]') without downloading or allocating weights, a few models a second, and kept: the views costs and feature_maps show them.

    \b
    backbones count resnet50 'convnext_*'
    backbones count 'vit_small*' --resolution 512 --features
    backbones count 'repvgg*' --fused --format csv
    """
    from backbones.probe.counting.asking import Question, look_up

    question = Question(wanted, resolution, fused, features)
    standing = look_up(session.connect(), session.places.measurements, question, again)
    counts, failed = dict(standing.known), 0
    if standing.missing:
        failed = _count(standing.missing, counts, session.places.measurements, is_all=not counts)
    found = [counts[model] for model in standing.models if model in counts]
    if found:
        click.echo(_text(_rows(found, features), form), nl=False)
    for count in found:
        if count.uncounted:
            say(f"{count.model}: no formula for {', '.join(count.uncounted)}; its MACs are too low by these")
    return 1 if failed else 0


def _count(requests: tuple[Request, ...], counts: dict[str, Count], measurements: Path, is_all: bool) -> int:
    """Count what is missing, each kept as it is done; how many could not be counted, which is said."""
    from backbones.probe.counting.crew import Failure, count_all, require_extra
    from backbones.store.measuring.counts import keep

    what = requests[0].name if len(requests) == 1 else f"{requests[0].name} and {len(requests) - 1} more"
    try:
        require_extra(f"counting {what}")
    except BackbonesError as error:
        if is_all:
            raise
        say(f"backbones: {error}")
        return len(requests)
    bar, failed, can_keep = Bar("counting"), 0, True
    for done, one in enumerate(count_all(requests), 1):
        bar(done, len(requests), one.model)
        if isinstance(one, Failure):
            failed += 1
            say(f"{one.model}: not counted: {one.why}")
            continue
        counts[one.model] = one
        if can_keep:
            try:
                keep(measurements, [one])
            except BackbonesError as error:
                can_keep = False
                say(f"backbones: counts are not kept: {error}")
    return failed


def _text(rows: Rows, form: str) -> str:
    from backbones.store.sections.tables import without_empty_columns

    return render(without_empty_columns(rows), form, table_width()) if form == "table" else render(rows, form)


_COLUMNS = (
    Column("model", "model"),
    Column("resolution", "res", "number", "px", decimals=0),
    Column("setting", "setting"),
    Column("params_m", "params M", "number", "M", False, 2),
    Column("gmacs", "GMACs", "number", "G", False, 3),
    Column("activations_m", "activations M", "number", "M", False, 2),
)
_FEATURES = (
    Column("feature_channels", "channels"),
    Column("feature_strides", "strides"),
    Column("feature_sizes", "sizes"),
)


def _rows(counts: Iterable[Count], features: bool) -> Rows:
    columns = (*_COLUMNS, *(_FEATURES if features else ()), Column("timm", "timm"))
    return Rows(columns, tuple(_row(count, features) for count in counts))


def _row(count: Count, features: bool) -> Row:
    maps = count.feature_maps or ()
    sizes = [f"{m.height}x{m.width}" for m in maps if m.height]
    said = (
        " ".join(str(m.channels) for m in maps) or None,
        " ".join(str(m.stride) for m in maps) or None,
        " ".join(sizes) or None,
    )
    return (
        count.model, count.resolution, count.setting, count.params / 1e6, count.macs / 1e9, count.activations / 1e6,
        *(said if features else ()), count.timm or None,
    )  # fmt: skip
