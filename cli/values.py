"""`backbones values`."""

from __future__ import annotations

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
@format_option
@catalog_options
@click.pass_obj
def command(session: Session, name: str, metric: str, kind: str | None, form: str) -> None:
    """Every value of one fact side by side: who says what, which value is chosen, and why.

    NAME is any spelling of a family, backbone, checkpoint or weights. METRIC@DATASET takes conditions as everywhere:
    resolution=, head=, protocol=, collection=, crop=, train_epochs= …

    \b
    backbones values Swin-T top_1@imagenet-1k:resolution=224
    backbones values ConvNeXt-T box_ap@coco-val:head=mask-rcnn
    """
    from backbones.store.pages import find
    from backbones.store.sections.tables import without_empty_columns
    from backbones.store.values import values_of

    connection = session.connect()
    found, own_name, number = find(connection, name, kind)
    rows = values_of(connection, found, number, metric)
    if not rows.rows:
        say(f"no source reports {metric} for {own_name}")
    if form == "table":
        rows = without_empty_columns(rows)
    if rows.rows or form != "table":
        click.echo(render(rows, form, table_width() if form == "table" else None), nl=False)
