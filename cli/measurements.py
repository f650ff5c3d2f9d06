"""`backbones measurements`: what was measured here, what others measured, and what shall be forgotten."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from backbones.cli.session import Session, catalog_options, format_option, say, table_width
from backbones.store.errors import BackbonesError
from backbones.store.formats import render


@click.group("measurements", invoke_without_command=True)
@catalog_options
@click.pass_context
def command(ctx: click.Context) -> None:
    """What was measured, in measurements.db: list it, merge files of other machines, forget some of it.

    Speeds by `backbones probe`, and results on your own images by `backbones transfer`.

    \b
    backbones measurements list 'resnet*'
    backbones measurements list --runs
    backbones measurements list --results --data my-data
    backbones measurements merge shard-0.db shard-1.db
    backbones measurements forget --failed --yes
    """
    if ctx.invoked_subcommand is None:
        ctx.invoke(list_)


@command.command("list")
@click.argument("models", metavar="[PATTERN]", default="")
@click.option("--device", metavar="NAME", default="", help="Only of devices with that in their name.")
@click.option("--visits", "level", flag_value="visits", help="Every single visit, failed ones too.")
@click.option(
    "--runs", "level", flag_value="runs", help="One line for each set of conditions: driver, versions, machine."
)
@click.option(
    "--results", "level", flag_value="results", help="What came of models on your own images; failures are among them."
)
@click.option(
    "--data", metavar="NAME", default="", help="With --results: only of the data of that name, or of a pattern with *."
)
@click.option("--wide", is_flag=True, help="All columns in a table, too, however long its lines get.")
@click.option("--explain", is_flag=True, help="Say in full what the cautions of these rows mean.")
@format_option
@click.pass_obj
def list_(
    session: Session, models: str = "", device: str = "", level: str | None = None, data: str = "", wide: bool = False,
    explain: bool = False, form: str = "table",
) -> None:  # fmt: skip
    """List measurements: the median over rounds of each model in each setting. Failures are among the visits.

    A table has few columns, as many as fit the terminal; --wide and all other formats have all. A ? stands where the rounds differ so
    much that the number says nothing.

    \b
    backbones measurements list 'convnext*' --format csv
    backbones measurements list --visits --format jsonl
    backbones measurements list --explain
    backbones measurements list --results --data my-data
    """
    from backbones.store.measuring.listed import Level, listed
    from backbones.store.measuring.short_list import explained, failures, in_short

    if level == "results":
        _list_results(session, models, device, data, form)
        return
    if data:
        raise BackbonesError("--data is about results; say --results too")
    chosen: Level = "visits" if level == "visits" else "runs" if level == "runs" else "measurements"
    rows = listed(session.places.measurements, chosen, models, device)
    if not rows.columns:
        say("nothing was measured on this machine yet; `backbones probe NAME…` measures")
        click.echo(render(rows, form) if form in ("json", "jsonl") else "", nl=False)
        return
    is_short = form == "table" and not wide and bool(rows.rows)
    width = table_width() if is_short else None
    table, shared = in_short(rows, chosen, width) if is_short else (rows, "")
    click.echo(render(table, form, width), nl=False)
    counted = f"{len(rows):,} {('lines' if chosen == 'runs' else chosen)[: -1 if len(rows) == 1 else None]}"
    say(counted + (f", all {shared}" if shared and len(rows) > 1 else f", {shared}" if shared else ""))
    if is_short:
        for failure in failures(rows):
            say(failure)
        say("--wide: all columns" + ("" if chosen == "runs" or explain else "; --explain: what the cautions mean"))
    if explain and chosen != "runs":
        for sentence in explained(rows):
            say(sentence)


def _list_results(session: Session, models: str, device: str, data: str, form: str) -> None:
    from backbones.store.transferring.listed import listed_outcomes

    rows = listed_outcomes(session.places.measurements, models, data, device)
    if not rows.columns or not rows.rows:
        say(
            "nothing was evaluated"
            + (" that answers to that" if models or device or data else " yet; `backbones transfer DATA` does it")
        )
        click.echo(render(rows, form) if form in ("json", "jsonl") else "", nl=False)
        return
    click.echo(render(rows, form, table_width() if form == "table" else None), nl=False)
    say(f"{len(rows):,} outcome{'s' if len(rows) != 1 else ''}")


@command.command("merge")
@click.argument("files", metavar="FILE…", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.pass_obj
def merge_(session: Session, files: tuple[Path, ...]) -> int:
    """Add the visits and outcomes of other measurement files: a cluster's shards, other machines'. In any order, as often as you like.

    What is here already is not added again. A damaged or foreign file is refused, the others are merged; exit 1 then.
    Only what was measured is merged: predictions rest on their own machine's visits and stay there.
    """
    from backbones.store.measuring.merging import merge

    merged, refused = merge(session.places.measurements, files)
    for one in merged:
        said = f"{one.file}: {one.new:,} new of {one.visits:,} visits, {one.keys:,} measurements brought up to date"
        say(said + (f"; {one.new_outcomes:,} new of {one.outcomes:,} outcomes" if one.outcomes else ""))
    for sentence in refused:
        say(f"backbones: {sentence}")
    return int(bool(refused))


@command.command("forget")
@click.argument("models", metavar="[PATTERN]", default="")
@click.option("--device", metavar="NAME", default="", help="Only of devices with that in their name.")
@click.option(
    "--before", metavar="DATE", default="", help="Only visits before a day in UTC: today, yesterday, 2026-11-20."
)
@click.option("--fingerprint", metavar="HEX", default="", help="Only under conditions of `measurements list --runs`.")
@click.option("--failed", is_flag=True, help="Only visits that failed, so that they are tried again.")
@click.option("--results", is_flag=True, help="Of what came of models on your own images, not of speeds.")
@click.option(
    "--data", metavar="NAME", default="", help="With --results: only of the data of that name, or of a pattern with *."
)
@click.option("--yes", is_flag=True, help="Do it without asking.")
@click.pass_obj
def forget_(
    session: Session,
    models: str,
    device: str,
    before: str,
    fingerprint: str,
    failed: bool,
    results: bool,
    data: str,
    yes: bool,
) -> None:
    """Take visits (or, with --results, outcomes) away for good, and make what they belong to anew from what is left.

    \b
    backbones measurements forget --failed --yes
    backbones measurements forget --results --data my-data 'resnet*'
    """
    from backbones.store.measuring.listed import forget, to_forget
    from backbones.store.transferring.listed import forget_outcomes, outcomes_to_forget, sets_of_images

    path = session.places.measurements
    if results and fingerprint:
        raise BackbonesError("--fingerprint is about speeds; outcomes are told by --data, --device and --before")
    if data and not results:
        raise BackbonesError("--data is about results; say --results too")
    word = "outcome" if results else "visit"
    if results:
        found = outcomes_to_forget(path, models, data, device, before, failed)
    else:
        found = to_forget(path, models, device, before, fingerprint, failed)
    if not found:
        say(f"no {word} answers to that; nothing is forgotten")
        return
    told = f"{len(found):,} {word}(s) {'of' if results else 'to'} {len({model for _, _, model in found}):,} model(s)"
    if results and len(sets := sets_of_images(path, found)) > 1:
        told += f", on {len(sets):,} sets of images: " + ", ".join(f"{name} ({n:,})" for name, n in sets.items())
    if not yes:
        if not sys.stdin.isatty():
            raise BackbonesError(f"{told} would be gone for good; say --yes to do it")
        click.confirm(f"forget {told} for good?", abort=True, err=True)
    gone = forget_outcomes(path, found) if results else forget(path, found)
    say(f"forgot {gone:,} {word}{'s' if gone != 1 else ''}" + told.partition("model(s)")[2])
