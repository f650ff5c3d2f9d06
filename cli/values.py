"""`backbones values`."""

from __future__ import annotations

import shlex
import sqlite3

import click

from backbones.cli.session import Session, catalog_options, format_option, say, table_width
from backbones.store.formats import render


@click.command("values")
@click.argument("name")
@click.argument("metric", metavar="METRIC@DATASET")
@click.option(
    "--kind",
    "-k",
    type=click.Choice(["family", "checkpoint", "weights", "backbone"]),
    help="What NAME is, where several things have it.",
)
@click.option("--wide", is_flag=True, help="All columns of a speed in a table, too.")
@format_option
@catalog_options
@click.pass_obj
def command(session: Session, name: str, metric: str, kind: str | None, wide: bool, form: str) -> None:
    """Every value of one fact side by side: who says what, which value is chosen, and why.

    A speed, as throughput@here or latency@v100, lists what is reported, measured and predicted of the bare backbone, with all
    conditions; per resolution the best of what is reported and measured is chosen. A table of speeds has the columns that fit the terminal;
    --wide and all other formats have all.

    NAME is any spelling of a family, backbone, checkpoint or weights. METRIC@DATASET takes conditions as everywhere:
    resolution=, head=, protocol=, collection=, crop=, train_epochs= …

    \b
    backbones values Swin-T top_1@imagenet-1k:resolution=224
    backbones values ConvNeXt-T box_ap@coco-val:head=mask-rcnn
    backbones values resnet50 throughput@here
    """
    from backbones.store.pages import find
    from backbones.store.references import parse_reference
    from backbones.store.sections.tables import without_empty_columns
    from backbones.store.speed_values import in_short
    from backbones.store.values import values_of

    connection = session.connect()
    found, own_name, number = find(connection, name, kind)
    rows = values_of(connection, found, number, metric)
    if not rows.rows:
        say(f"no source reports {metric} for {own_name}")
        _say_of_here(connection, found, number, metric)
    told: list[str] = []
    if form == "table" and not wide and rows.rows and parse_reference(metric).is_speed:
        rows, told = in_short(rows, table_width())
        told.append("--wide: all columns")
    elif form == "table":
        rows = without_empty_columns(rows)
    if rows.rows or form != "table":
        click.echo(render(rows, form, table_width() if form == "table" and not wide else None), nl=False)
    for line in told:
        say(line)


def _say_of_here(connection: sqlite3.Connection, kind: str, number: int, metric: str) -> None:
    """How a speed of this machine is measured, where there is none."""
    from backbones.store.measuring.here import BY_NAME, here_of
    from backbones.store.references import parse_reference
    from backbones.store.speed_values import timm_name

    if here_of([parse_reference(metric)]):
        name = timm_name(connection, kind, number)
        say(f"`backbones probe {shlex.quote(name)}` measures it" if name else BY_NAME)
