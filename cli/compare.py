"""`backbones compare`."""

from __future__ import annotations

import click

from backbones.cli.session import Session, catalog_options, say, table_width
from backbones.store.formats import render

FORMATS = ("table", "markdown", "latex", "csv", "json", "jsonl", "yaml")


@click.command("compare")
@click.argument("names", nargs=-1, required=True, metavar="NAME NAME…")
@click.option("--differences", "-d", is_flag=True, help="Only lines in which the models are not the same.")
@click.option("--delta", is_flag=True, help="Beside each model its difference to the first (table only).")
@click.option("--alone", is_flag=True, help="Also the results that only one of them has.")
@click.option(
    "--format", "-f", "form", type=click.Choice(FORMATS), default="table", show_default=True, help="How it is written."
)
@catalog_options
@click.pass_obj
def command(session: Session, names: tuple[str, ...], differences: bool, delta: bool, alone: bool, form: str) -> None:
    """Two to eight models side by side: NAME is any spelling of a checkpoint, backbone, weights or family (its best row).

    Like is compared with like, as far as sources say: the same data set, metric, resolution, head, schedule and data of
    fine-tuning. Where a model has a result in another setting only, the line says so. Speeds are the best of all batch sizes and
    frameworks; the line says where these are unlike. The better value of a line is marked (`*`, bold in Markdown and LaTeX); values that are equal
    as far as they were printed are ties.

    \b
    backbones compare ConvNeXt-T Swin-T
    backbones compare 'ConvNeXt-T IN-22k' convnextv2_tiny.fcmae_ft_in22k_in1k --differences
    backbones compare ConvNeXt Swin 'DeiT III' --format latex > table.tex
    """
    from backbones.store.compare import FEWEST, MOST, compare
    from backbones.store.comparing.table import latex, lines_of, markdown, records, table

    if not FEWEST <= len(names) <= MOST:
        raise click.UsageError(f"{FEWEST} to {MOST} names are compared; {len(names)} given")
    comparison = compare(session.connect(), names)
    lines = lines_of(comparison, differences, alone)
    if form == "table":
        click.echo(render(table(comparison, lines, 0 if delta else None), form, table_width()), nl=False)
    elif form == "markdown":
        click.echo(markdown(comparison, lines), nl=False)
    elif form == "latex":
        click.echo(latex(comparison, lines), nl=False)
    else:
        click.echo(render(records(comparison, lines), form), nl=False)
    if form == "table" and not all(line.section == "attributes" for line in lines):
        say(
            "* is better; as far as sources say, values are of the same setting unless a line says that settings differ"
        )
    if not any(line.section == "results" for line in comparison.lines):
        say("no result of one is comparable to one of another")
    if comparison.alone and not alone:
        say(f"{len(comparison.alone):,} results that only one of them has are left out; --alone lists them")
