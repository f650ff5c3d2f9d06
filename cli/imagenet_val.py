"""`backbones imagenet-val`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Literal

import click

from backbones.cli.session import Bar, format_option, say, table_width
from backbones.store.formats import render
from backbones.store.rows import Column, Rows
from backbones.store.text import printable

if TYPE_CHECKING:
    from backbones.probe.transfer.imagenet_val import Sorted


@click.command("imagenet-val")
@click.argument("folder", metavar="FOLDER", type=click.Path(path_type=Path))
@click.argument("solution", metavar="CSV", type=click.Path(path_type=Path))
@click.argument("out", metavar="OUT", type=click.Path(path_type=Path))
@click.option(
    "--link", "how", flag_value="link", default="link", help="Hard links (the default): no room, originals stay."
)
@click.option("--copy", "how", flag_value="copy", help="Copy the files: 6.3 GB more.")
@click.option("--move", "how", flag_value="move", help="Move the files; OUT may be FOLDER itself.")
@format_option
def command(folder: Path, solution: Path, out: Path, how: Literal["link", "copy", "move"], form: str) -> int:
    """Sort ImageNet's flat validation images into class folders: OUT/n01440764/ILSVRC2012_val_00000293.JPEG.

    FOLDER holds ILSVRC2012_val_00000001.JPEG and the others, CSV is LOC_val_solution.csv of Kaggle's ImageNet Object
    Localization Challenge. What is in place already is left alone: after an interrupt begin again with the same command.
    Images that are missing are named, and the command ends with 1.

    \b
    backbones imagenet-val ILSVRC/Data/CLS-LOC/val LOC_val_solution.csv imagenet/val
    backbones imagenet-val val LOC_val_solution.csv val --move
    """
    from backbones.probe.transfer.imagenet_val import solution as solution_of
    from backbones.probe.transfer.imagenet_val import sort_images

    classes = solution_of(solution)
    found = sort_images(folder, classes, out, how, Bar("sorting images"))
    columns = (Column("what", "what"), Column("images", "images", "number", decimals=0))
    done = {"link": "linked", "copy": "copied", "move": "moved"}[how]
    rows = (
        (done, found.placed),
        ("in place already", found.already),
        ("missing", len(found.missing)),
        ("in place with another size", len(found.different)),
        ("not in the list", len(found.extra)),
    )
    click.echo(render(Rows(columns, rows), form, table_width() if form == "table" else None), nl=False)
    _tell(found, len(classes), out)
    return 1 if found.missing or found.different else 0


def _tell(found: Sorted, listed: int, out: Path) -> None:
    from backbones.probe.transfer.imagenet_val import CLASSES, IMAGES

    if (listed, found.classes) != (IMAGES, CLASSES):
        say(
            f"the list has {listed:,} images in {found.classes:,} classes; all of ImageNet's are {IMAGES:,} in {CLASSES:,}"
        )
    if found.missing:
        say(f"missing: {_some(found.missing)}")
    if found.different:
        say(
            f"another size than in FOLDER, left as it is; delete it to have it replaced: {_some(list(map(str, found.different)))}"
        )
    if found.extra:
        say(f"not in the list, left where it is: {_some(found.extra)}")
    say(f"{found.placed + found.already:,} of {listed:,} images are in place in {printable(str(out))}")


def _some(names: list[str]) -> str:
    return printable(", ".join(names[:3])) + (f" and {len(names) - 3:,} more" if len(names) > 3 else "")
