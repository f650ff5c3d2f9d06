"""`backbones features`."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

import click

from backbones.cli.session import Session, catalog_options, format_option, say, table_width
from backbones.store.formats import render
from backbones.store.measuring.count import Count
from backbones.store.rows import Column, Row, Rows

if TYPE_CHECKING:
    from backbones.plot.bars import BarMetric


@click.command("features")
@click.argument("model", metavar="MODEL")
@click.option(
    "--resolution", "-r", type=click.IntRange(1, 8192), metavar="PX", help="Side of the input; the model's own test resolution otherwise."
)  # fmt: skip
@click.option("--fused", is_flag=True, help="The form for inference: re-parameterised branches are merged.")
@click.option("--code", is_flag=True, help="Print the call of timm that makes the backbone, and nothing else.")
@format_option
@catalog_options
@click.pass_obj
def command(session: Session, model: str, resolution: int | None, fused: bool, code: bool, form: str) -> int:
    """The feature maps of a timm backbone, for detectors and segmenters: channels, stride and shape of each stage.

    MODEL is a name of timm's or one of the catalogue's. params_m and gmacs are of what a map is computed from: the network up
    to this stage, and what a backbone costs that ends there (1 MAC = 2 FLOPs). share is of the last map's MACs.

    The maps of timm's models at their own resolution are shipped; others are found on the spot, with timm and torch
    (pip install 'backbones[probe]') but without weights or memory.

    \b
    backbones features resnet50
    backbones features darknet53 --resolution 416
    backbones features swin_tiny_patch4_window7_224 --format json
    backbones features ese_vovnet39b --code
    """
    from backbones.probe.counting.feature_maps import Question, feature_maps

    count = feature_maps(session.connect(), Question(model, resolution, fused))
    if not count.feature_maps:
        say(_without_maps(count))
        return 1
    if code:
        click.echo(call_of(count))
        return 0
    rows = _rows(count)
    if form == "table":
        click.echo(_heading(count))
    click.echo(render(rows, form, table_width() if form == "table" else None), nl=False)
    if form == "table" and sys.stdout.isatty():
        click.echo("\n" + _chart(count, os.get_terminal_size(sys.stdout.fileno()).columns), color=True)
    if count.uncounted:
        say(f"{count.model}: no formula for {', '.join(count.uncounted)}; its MACs are too low by these")
    return 0


def call_of(count: Count) -> str:
    """timm's call that gives these maps, the finest first."""
    indices = ", ".join(str(one.index) for one in count.feature_maps or ())
    size = f", img_size={_size(count.height, count.width)}" if count.is_built_for_size else ""
    comma = "," if len(count.feature_maps or ()) == 1 else ""
    call = (
        f'timm.create_model("{count.model}", pretrained=True, features_only=True, out_indices=({indices}{comma}){size})'
    )
    return f"timm.utils.reparameterize_model({call})" if count.fused else call


def _size(height: int, width: int) -> str:
    return str(height) if height == width else f"({height}, {width})"


def _without_maps(count: Count) -> str:
    """What can be called instead."""
    instead = (
        f'timm.create_model("{count.model}").forward_intermediates(images) gives the outputs of its blocks'
        if count.has_intermediates
        else "forward_features(images) gives its last one"
    )
    return f"{count.model} has no features_only form in timm {count.timm}: {instead}"


_COLUMNS = (
    Column("stage", "stage", "number", decimals=0),
    Column("out_index", "out_index", "number", decimals=0),
    Column("stride", "stride", "number", "px", decimals=0),
    Column("shape", "C x H x W"),
    Column("channels", "channels", "number", decimals=0),
    Column("height", "height", "number", decimals=0),
    Column("width", "width", "number", decimals=0),
    Column("params_m", "params M", "number", "M", False, 2),
    Column("gmacs", "GMACs", "number", "G", False, 3),
    Column("share", "share %", "number", "percent", None, 1),
)


def _rows(count: Count) -> Rows:
    maps = count.feature_maps or ()
    last = max((one.macs or 0 for one in maps), default=0)
    rows: list[Row] = []
    for stage, one in enumerate(maps, 1):
        shape = f"{one.channels} x {one.height} x {one.width}" if one.height else f"{one.channels} x ? x ?"
        rows.append(
            (
                stage, one.index, one.stride, shape, one.channels, one.height, one.width,
                None if one.params is None else one.params / 1e6, None if one.macs is None else one.macs / 1e9,
                None if one.macs is None or not last else 100 * one.macs / last,
            )
        )  # fmt: skip
    return Rows(_COLUMNS, tuple(rows))


def _heading(count: Count) -> str:
    """Which model this is, and what all of it costs."""
    form = ", branches merged" if count.fused else ""
    return (
        f"{count.model} at {count.height}x{count.width}{form}: {count.params / 1e6:.2f} M parameters, "
        f"{count.macs / 1e9:.3f} GMACs with its classifier"
    )


def _chart(count: Count, width: int) -> str:
    """Bars beside each other: channels, and where the multiply-accumulates and the parameters are spent."""
    from backbones.plot.bars import BarMetric, as_text, bars
    from backbones.plot.palette import look_from_env

    look = look_from_env(os.environ, True, sys.stdout.encoding)
    maps = count.feature_maps or ()
    names = [f"stride {one.stride}" for one in maps]
    metrics: list[BarMetric] = [BarMetric("channels", [one.channels for one in maps], None, 0)]
    if all(one.macs is not None and one.params is not None for one in maps):
        metrics.append(BarMetric("GMACs up to the stage", [(one.macs or 0) / 1e9 for one in maps], None, 3))
        metrics.append(BarMetric("parameters up to the stage", [(one.params or 0) / 1e6 for one in maps], None, 2, "M"))
    return as_text(bars(names, metrics, width, look=look), look)
