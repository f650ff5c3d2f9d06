"""The user's own images with their classes, split into training, validation and test images that share no content."""

from __future__ import annotations

import hashlib
import os
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from backbones.probe.transfer.contents import Progress
from backbones.probe.transfer.layout import EXPECTED, SPLITS, Split, examples
from backbones.probe.transfer.readable import Readable, layout_of, odd_classes, read_layout
from backbones.probe.transfer.seen import Seen
from backbones.probe.transfer.splitting import assigned, check_shares, draw
from backbones.store.errors import BackbonesError
from backbones.store.text import printable

_RANK: Final[dict[Split, int]] = {"train": 0, "val": 1, "test": 2}
"""Which copy of an image stays where several splits have one."""


@dataclass(frozen=True, slots=True)
class Image:
    """A readable image file with its class."""

    path: Path
    label: int
    """Position of the class in `ImageData.classes`."""
    content: str
    """First 16 hex digits of the SHA-256 of the file."""
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class ImageData:
    """Images by what they are for. No content is in two splits; each class has training images."""

    name: str
    classes: tuple[str, ...]
    """Sorted by name."""
    train: tuple[Image, ...]
    """Sorted by class and content, as the others: the order of files does not count."""
    val: tuple[Image, ...]
    test: tuple[Image, ...]
    data_hash: str
    """First 16 hex digits of the SHA-256 over all (split, class, content)."""
    findings: tuple[str, ...] = ()
    """Sentences on what was left out and what is odd."""
    left_out: int = 0
    """Images that were found and are in no split: unreadable ones and copies of test images."""
    is_given: bool = False
    """The folder or CSV says itself what is trained on and what is tested."""
    images_hash: str = ""
    """As `data_hash` over all (class, content): the same for every split of the same images."""
    unreadable: int = 0
    """Of those left out, the images that could not be read."""
    is_val_given: bool = False
    """The folder or CSV says itself what is chosen on; else it is a part of the training images."""


def load_data(
    path: Path,
    *,
    val: float = 0.0,
    test: float = 0.2,
    seed: int = 0,
    name: str = "",
    seen: Seen | None = None,
    progress: Progress | None = None,
) -> ImageData:
    """The images of a folder of class folders, of train/, val/ and test/ with class folders, or of a CSV.

    Splits that are given are kept, and `test` does not count then; a validation split that is not given is drawn from the
    training images. val/ without test/ is the test set. BackbonesError where nothing can be evaluated, with what to do.
    """
    check_shares(val, test)
    layout = layout_of(path)
    readable, findings, unreadable = read_layout(layout, seen, progress)
    left_out, is_val_given = unreadable, False
    if layout.is_split:
        before = {r.found.label for r in readable if r.found.split == "train"}
        readable, said = _without_leaks(layout.root, readable)
        left_out += len(said[1])
        findings += said[0]
        splits: list[Split] = [r.found.split or "train" for r in readable]
        is_val_given = "val" in splits
        _refuse_untrained(readable, splits, before, findings)
        splits = _with_val(readable, splits, val, seed)
    else:
        if test <= 0:
            raise BackbonesError(f"{path} has no test images of its own, so a share of them is needed: test above 0")
        splits = assigned(
            [r.found.label for r in readable], [r.content.digest for r in readable], val=val, test=test, seed=seed
        )
    classes = tuple(sorted({r.found.label for r in readable}))
    findings += odd_classes(classes, readable, splits)
    _refuse_too_little(path, classes, splits, findings)
    return _made(
        name or name_of(path), classes, readable, splits, tuple(findings), left_out, layout.is_split, unreadable, is_val_given
    )  # fmt: skip


def few(images: Sequence[Image], shots: int, seed: int) -> tuple[Image, ...]:
    """So many images of each class (0: all), drawn by content: those of fewer shots are among those of more.

    A class that has fewer gives all it has; copies of an image come last.
    """
    if shots <= 0:
        return tuple(images)
    by_class: defaultdict[int, list[Image]] = defaultdict(list)
    for image in images:
        by_class[image.label].append(image)
    chosen: list[Image] = []
    for label in sorted(by_class):
        copies: Counter[str] = Counter()
        order = []
        for image in sorted(by_class[label], key=lambda i: (i.content, str(i.path))):
            order.append((copies[image.content], draw(seed, image.content), image))
            copies[image.content] += 1
        chosen += [image for _, _, image in sorted(order, key=lambda entry: entry[:2])[:shots]]
    return tuple(chosen)


def name_of(path: Path) -> str:
    """What the images are called where the user gives no name: the folder's name, or the CSV's."""
    resolved = Path(os.path.abspath(path))
    return printable(resolved.stem if path.is_file() else resolved.name) or "images"


def _without_leaks(root: Path, readable: list[Readable]) -> tuple[list[Readable], tuple[list[str], list[Readable]]]:
    """Each content in one split only: test keeps it before val, val before train."""
    best: dict[str, Split] = {}
    for one in readable:
        split, digest = one.found.split or "train", one.content.digest
        if digest not in best or _RANK[split] > _RANK[best[digest]]:
            best[digest] = split
    kept = [one for one in readable if one.found.split == best[one.content.digest]]
    gone = [one for one in readable if one.found.split != best[one.content.digest]]
    findings = []
    for split in SPLITS:
        for other in SPLITS:
            paths = [o.found.path for o in gone if o.found.split == split and best[o.content.digest] == other]
            if paths:
                what = f"1 image of {split} is" if len(paths) == 1 else f"{len(paths):,} images of {split} are"
                findings.append(f"{what} in {other} too and left out of {split}: {examples(root, paths)}")
    return kept, (findings, gone)


def _refuse_untrained(readable: list[Readable], splits: list[Split], before: set[str], findings: Sequence[str]) -> None:
    trained = {r.found.label for r, split in zip(readable, splits, strict=True) if split == "train"}
    for split in ("test", "val"):
        labels = {r.found.label for r, found in zip(readable, splits, strict=True) if found == split}
        if not (unknown := sorted(labels - trained)):
            continue
        what = f"{'class' if len(unknown) == 1 else 'classes'} {', '.join(repr(printable(u)) for u in unknown[:5])}"
        what += " …" if len(unknown) > 5 else ""
        if set(unknown) & before:
            raise BackbonesError(
                f"all training images of {what} are in {split} too, so nothing is left to train on{_found(findings)}"
            )
        near = {u.casefold() for u in unknown} & {t.casefold() for t in trained}
        hint = "names of classes must be spelt alike, also in case" if near else "add training images or take it out"
        raise BackbonesError(f"{what} of {split} has no training images; {hint}{_found(findings)}")


def _with_val(readable: list[Readable], splits: list[Split], val: float, seed: int) -> list[Split]:
    if val <= 0 or "val" in splits:
        return splits
    positions = [i for i, split in enumerate(splits) if split == "train"]
    drawn = assigned(
        [readable[i].found.label for i in positions], [readable[i].content.digest for i in positions],
        val=val, test=0.0, seed=seed,
    )  # fmt: skip
    for position, split in zip(positions, drawn, strict=True):
        splits[position] = split
    return splits


def _refuse_too_little(path: Path, classes: tuple[str, ...], splits: Iterable[Split], findings: Sequence[str]) -> None:
    if len(classes) < 2:
        raise BackbonesError(
            f"{path} has images of one class only, {printable(classes[0])!r}: at least two are needed to tell apart; {EXPECTED}{_found(findings)}"
        )
    if "test" not in set(splits):
        raise BackbonesError(
            f"{path} has no class with two different images, so nothing is left to test on{_found(findings)}"
        )


def _found(findings: Sequence[str], most: int = 5) -> str:
    """Below a refusal: what was left out may be its cause."""
    more = [f"and {len(findings) - most:,} more findings"] if len(findings) > most else []
    return "".join(f"\n{finding}" for finding in [*findings[:most], *more])


def _made(
    name: str,
    classes: tuple[str, ...],
    readable: list[Readable],
    splits: list[Split],
    findings: tuple[str, ...],
    left_out: int,
    is_given: bool,
    unreadable: int,
    is_val_given: bool,
) -> ImageData:
    positions = {label: position for position, label in enumerate(classes)}
    images: dict[Split, list[Image]] = {split: [] for split in SPLITS}
    lines = []
    for one, split in zip(readable, splits, strict=True):
        content = one.content
        images[split].append(
            Image(one.found.path, positions[one.found.label], content.digest, content.width, content.height)
        )
        lines.append(f"{split}\0{one.found.label}\0{content.digest}\n")
    whole = _hash_of(lines)
    unsplit = _hash_of({line.partition("\0")[2] for line in lines})
    train, val, test = (
        tuple(sorted(images[split], key=lambda i: (i.label, i.content, str(i.path)))) for split in SPLITS
    )
    return ImageData(
        name, classes, train, val, test, whole, findings, left_out, is_given, unsplit, unreadable, is_val_given
    )


def _hash_of(lines: Iterable[str]) -> str:
    return hashlib.sha256("".join(sorted(lines)).encode("utf-8", "surrogatepass")).hexdigest()[:16]
