"""`backbones split`."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from backbones.cli.session import Bar, format_option, say, table_width
from backbones.store.errors import BackbonesError
from backbones.store.formats import render
from backbones.store.rows import Column, Row, Rows
from backbones.store.text import printable

if TYPE_CHECKING:
    from backbones.probe.transfer.split_folder import How
    from backbones.probe.transfer.split_images import Splitting

_SHARE: Final = click.FloatRange(0, 1, max_open=True)


@click.command("split")
@click.argument("source", metavar="IN", type=click.Path(path_type=Path))
@click.argument("out", metavar="[OUT]", type=click.Path(path_type=Path), required=False)
@click.option("--test", type=_SHARE, default=0.2, show_default=True, help="Share of each class to test on.")
@click.option("--val", type=_SHARE, default=0.0, show_default=True, help="Share of each class to choose on.")
@click.option("--seed", type=int, default=42, show_default=True, help="Another seed, another draw.")
@click.option("--copy", "is_copied", is_flag=True, help="Copy the files (the default).")
@click.option("--link", "is_linked", is_flag=True, help="Hard links: no room and no time; one file, two names.")
@click.option(
    "--manifest", metavar="FILE.csv", type=click.Path(path_type=Path, dir_okay=False),
    help="Write a list of path,label,split instead of a folder; `transfer` reads it.",
)  # fmt: skip
@click.option("--group-near-duplicates", "is_grouped", is_flag=True, help="Images that look alike go into one split.")
@click.option(
    "--no-leak-check", is_flag=True, help="Do not look for images that look alike; copies are together anyway."
)
@click.option(
    "--check", "is_check", is_flag=True, help="Write nothing: list what an existing split IN has in two splits."
)
@format_option
@click.pass_context
def command(
    context: click.Context,
    source: Path,
    out: Path | None,
    test: float,
    val: float,
    seed: int,
    is_copied: bool,
    is_linked: bool,
    manifest: Path | None,
    is_grouped: bool,
    no_leak_check: bool,
    is_check: bool,
    form: str,
) -> int:
    """Split a folder of images for training and testing: OUT/{train,val,test}/CLASS/, each class in the same shares.

    IN has a folder for each class (DATA/CLASS/…), or is a CSV of path,label. The draw goes by the images' content: the same
    images and seed give the same split on every machine, whatever the files' names and order. Copies of one image always
    stay together. Near duplicates that end up in different splits are counted, or kept together on request: a model that is
    tested on what it was trained on looks better than it is.

    OUT must be new or empty and appears when it is complete. Files that are no readable images are left out and named.

    \b
    backbones split flowers flowers-split
    backbones split flowers flowers-split --test 0.15 --val 0.15 --link
    backbones split flowers --manifest flowers.csv --group-near-duplicates
    backbones split --check flowers-split --format csv
    """
    if is_copied and is_linked:
        raise click.UsageError("--copy and --link exclude each other; give one of both")
    how: How = "link" if is_linked else "copy"
    if is_check:
        chosen = [
            f"--{name.replace('_', '-')}" for name in ("test", "val", "seed", "manifest") if _is_given(context, name)
        ]
        if out is not None or chosen or is_grouped or no_leak_check:
            raise click.UsageError("--check looks at one existing split and writes nothing; give it IN alone")
        return _check(source, form)
    if (out is None) == (manifest is None):
        raise click.UsageError(
            "name the folder to write, OUT, or a list with --manifest FILE.csv"
            if out is None
            else "give OUT or --manifest, not both"
        )
    if manifest is not None and (is_copied or is_linked):
        raise click.UsageError("--manifest writes a list only; --copy and --link belong to OUT")
    if test + val == 0:
        raise click.UsageError("--test 0 and --val 0 leave all images in train: there is nothing to split")
    from backbones.probe.transfer.split_folder import check_labels, refuse_target, write_folder, write_manifest
    from backbones.probe.transfer.split_images import split_images

    if out is not None:
        refuse_target(source, out)
    elif manifest is not None and manifest.exists():
        raise BackbonesError(f"{manifest} is there already; name another file or delete it")
    made = split_images(
        source, val=val, test=test, seed=seed, bars=Bar, is_grouped=is_grouped, is_checked=not no_leak_check
    )
    if out is not None:
        check_labels(made.placed)
        write_folder(made.placed, out, how, Bar("copying" if how == "copy" else "linking"))
    elif manifest is not None:
        write_manifest(made.placed, manifest)
    for finding in made.findings:
        say(finding)
    click.echo(render(_summary(made), form, table_width() if form == "table" else None), nl=False)
    _tell_groups(made, is_grouped, out or manifest)
    say(f"wrote {len(made.placed):,} images to {out}" if out else f"wrote {manifest}; no image was copied")
    return 0


def _is_given(context: click.Context, name: str) -> bool:
    return context.get_parameter_source(name) is click.core.ParameterSource.COMMANDLINE


def _summary(made: Splitting) -> Rows:
    """A row a class, the whole below."""
    counts = Counter((one.label, one.split) for one in made.placed)
    columns = (
        Column("class", "class"),
        *(Column(n, n, "number", decimals=0) for n in ("images", "train", "val", "test")),
    )
    rows: list[Row] = []
    for label in sorted({one.label for one in made.placed}):
        each = [counts[label, split] for split in ("train", "val", "test")]
        rows.append((label, sum(each), *each))
    return Rows(columns, tuple(rows))


def _tell_groups(made: Splitting, is_grouped: bool, out: Path | None) -> None:
    total = Counter(one.split for one in made.placed)
    say(f"all classes: {total['train']:,} train, {total['val']:,} val, {total['test']:,} test")
    if made.groups and is_grouped:
        say(
            f"{made.grouped:,} images are near duplicates of others, in {made.groups:,} groups; each group is in one split"
        )
    if made.leaks:
        verb = "looks" if len(made.leaks) == 1 else "look"
        say(
            f"{_images(len(made.leaks))} of val and test {verb} like one of another split: --group-near-duplicates keeps such "
            f"images together; `backbones split --check {out}` lists them"
        )


def _check(source: Path, form: str) -> int:
    from backbones.probe.transfer.split_images import check_split

    found = check_split(source, Bar)
    for finding in found.findings:
        say(finding)
    columns = (
        Column("found", "found"),
        Column("likeness", "likeness", "number", decimals=3),
        Column("split", "split"),
        Column("image", "image"),
        Column("in_split", "also in"),
        Column("as_image", "as image"),
    )
    rows: list[Row] = []
    for leak in found.leaks:
        other, one = found.placed[leak.other], found.placed[leak.one]
        kind = "same content" if leak.is_same_content else "near duplicate"
        rows.append((kind, round(leak.likeness, 3), other.split, str(other.path), one.split, str(one.path)))
    if rows or form != "table":
        click.echo(render(Rows(columns, tuple(rows)), form, table_width() if form == "table" else None), nl=False)
    same = sum(leak.is_same_content for leak in found.leaks)
    like = len(found.leaks) - same
    total = Counter(one.split for one in found.placed)
    counted = ", ".join(f"{total[split]:,} {split}" for split in ("train", "val", "test") if total[split])
    if not found.leaks:
        say(f"{printable(str(source))}: {counted}; no image is in two splits, and none looks like one of another split")
        return 0
    say(
        f"{printable(str(source))}: {counted}; of val and test {_images(same)} {'is' if same == 1 else 'are'} in another split "
        f"too, and {_images(like)} look{'s' if like == 1 else ''} like one there"
    )
    return 1


def _images(number: int) -> str:
    return "1 image" if number == 1 else f"{number:,} images"
