"""The 50,000 validation images of ImageNet, which come in one flat folder, sorted into class folders by Kaggle's list."""

from __future__ import annotations

import csv
import errno
import os
import re
import shutil
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Literal

from backbones.probe.transfer.contents import Progress
from backbones.store.errors import BackbonesError
from backbones.store.text import printable

How = Literal["link", "copy", "move"]
IMAGES: Final = 50_000
CLASSES: Final = 1_000

_IMAGE: Final = re.compile(r"ILSVRC2012_val_\d{8}", re.IGNORECASE)
_SYNSET: Final = re.compile(r"n\d{8}")
_SUFFIXES: Final = (".jpeg", ".jpg", ".png")
_HEADER: Final = ["ImageId", "PredictionString"]
_OTHERS: Final = {
    "LOC_train_solution": re.compile(r"n\d{8}_\d+"),
    "LOC_sample_submission": re.compile(r"ILSVRC2012_test_\d{8}", re.IGNORECASE),
}
"""Files of the same download, and how their image names look."""


@dataclass(slots=True)
class Sorted:
    """What has become of the images."""

    placed: int = 0
    already: int = 0
    missing: list[str] = field(default_factory=list)
    """Images of the list that are neither in the folder nor in place."""
    different: list[Path] = field(default_factory=list)
    """Files that are in place with another size; they are not touched."""
    extra: list[str] = field(default_factory=list)
    """Files of the folder that are not in the list."""
    classes: int = 0


def solution(file: Path) -> dict[str, str]:
    """Image -> synset of `LOC_val_solution.csv`, in its order; BackbonesError says what the file is instead."""
    classes: dict[str, str] = {}
    try:
        with file.open(encoding="utf-8-sig", newline="") as text:
            reader = csv.reader(text)
            header = next(reader, [])
            if [name.strip() for name in header] != _HEADER:
                raise BackbonesError(_not_the_list(file, f"its first line is {printable(','.join(header))[:80]!r}"))
            for row in filter(None, reader):
                image, synset = _row(file, reader.line_num, row)
                if classes.setdefault(image, synset) != synset:
                    raise BackbonesError(
                        f"{file}: line {reader.line_num} puts {image} into {synset}, an earlier line into {classes[image]}"
                    )
    except (UnicodeDecodeError, csv.Error):
        raise BackbonesError(_not_the_list(file, "it is no text")) from None
    except OSError as error:
        raise BackbonesError(f"{file} cannot be read: {(error.strerror or str(error)).lower()}") from None
    if not classes:
        raise BackbonesError(_not_the_list(file, "it has no line below the first"))
    return classes


def sort_images(folder: Path, classes: dict[str, str], out: Path, how: How, progress: Progress | None = None) -> Sorted:
    """Puts each image into OUT/SYNSET/. What is in place already stays, so that an interrupted run can be begun again; a
    file has its final name only when it is whole."""
    names = _images_in(folder, how, out)
    there = {_stem(name): name for name in names if name.lower().endswith(_SUFFIXES)}
    found = Sorted(classes=len(set(classes.values())))
    found.extra = sorted(name for name in names if _stem(name) not in classes)
    with_trouble = _Placing(out, how)
    for done, (image, synset) in enumerate(classes.items(), 1):
        name = there.get(image)
        if name is None:
            if with_trouble.is_in_place(synset, image):
                found.already += 1
            else:
                found.missing.append(image)
        else:
            match with_trouble.put(folder / name, synset):
                case "already":
                    found.already += 1
                case "different":
                    found.different.append(out / synset / name)
                case _:
                    found.placed += 1
        if progress:
            progress(done, len(classes), image)
    return found


class _Placing:
    """Puts files below OUT."""

    def __init__(self, out: Path, how: How) -> None:
        self._out, self._how = out, how
        self._present: dict[str, dict[str, str]] = {}

    def is_in_place(self, synset: str, image: str) -> bool:
        """Whether a former run has put it there (and moved it away from the folder)."""
        return image in self._in(synset)

    def put(self, source: Path, synset: str) -> Literal["placed", "already", "different"]:
        """A file of the same size at its place is taken for the same."""
        target = self._out / synset / source.name
        try:
            if source.name in self._in(synset).values():
                is_same = source.stat().st_size == target.stat().st_size
                return "already" if is_same else "different"
            self._place(source, target)
        except OSError as error:
            raise BackbonesError(self._why(error)) from None
        self._present[synset][_stem(source.name)] = source.name
        return "placed"

    def _place(self, source: Path, target: Path) -> None:
        if self._how == "link":
            os.link(source.resolve(), target)
            return
        if self._how == "move":
            try:
                source.rename(target)
                return
            except OSError as error:
                if error.errno != errno.EXDEV:
                    raise
        half = target.with_name(target.name + ".part")
        shutil.copy2(source, half)
        half.replace(target)
        if self._how == "move":
            source.unlink()

    def _in(self, synset: str) -> dict[str, str]:
        if synset not in self._present:
            folder = self._out / synset
            try:
                folder.mkdir(parents=True, exist_ok=True)
                with os.scandir(folder) as entries:
                    self._present[synset] = {_stem(e.name): e.name for e in entries if not e.name.endswith(".part")}
            except OSError as error:
                raise BackbonesError(self._why(error)) from None
        return self._present[synset]

    def _why(self, error: OSError) -> str:
        if error.errno == errno.EXDEV:
            return f"hard links cannot reach from the images to {self._out}, another disk; use --copy or --move"
        where = printable(str(error.filename or self._out))
        if error.errno in (errno.EPERM, errno.ENOTSUP, errno.EMLINK) and self._how == "link":
            return f"{where} cannot be hard linked ({(error.strerror or '').lower()}); use --copy or --move"
        return (
            f"{where}: {(error.strerror or str(error)).lower()}; begin again with the same command when that is mended"
        )


def _images_in(folder: Path, how: How, out: Path) -> list[str]:
    """The files of the folder. BackbonesError where the folder has none of them, with where they may be."""
    if not folder.is_dir():
        raise BackbonesError(
            f"{folder} is no folder; name the one that holds ILSVRC2012_val_00000001.JPEG and the others"
        )
    try:
        names = sorted(entry.name for entry in os.scandir(folder) if entry.is_file() and not entry.name.startswith("."))
    except OSError as error:
        raise BackbonesError(f"{folder} cannot be read: {(error.strerror or str(error)).lower()}") from None
    is_begun = any(_SYNSET.fullmatch(entry.name) for entry in (out.iterdir() if out.is_dir() else ()))
    if not any(_IMAGE.fullmatch(os.path.splitext(name)[0]) for name in names) and not (how == "move" and is_begun):
        for below in ("ILSVRC/Data/CLS-LOC/val", "Data/CLS-LOC/val", "CLS-LOC/val", "val"):
            if (folder / below).is_dir():
                raise BackbonesError(f"{folder} has no ILSVRC2012_val_….JPEG directly in it; name {folder / below}")
        if sum(bool(_SYNSET.fullmatch(entry.name)) for entry in folder.iterdir()) > 1:
            raise BackbonesError(f"{folder} has class folders (n01440764 …) and no flat images: it is sorted already")
        raise BackbonesError(f"{folder} has no ILSVRC2012_val_….JPEG; name the folder with the flat validation images")
    if out.resolve() == folder.resolve() and how != "move":
        raise BackbonesError(f"{out} is the folder of the images itself; to sort them in place use --move")
    return names


def _stem(name: str) -> str:
    """As the list writes it: `ILSVRC2012_val_00000001`, whatever the file system has made of it."""
    stem = os.path.splitext(name)[0]
    return f"ILSVRC2012_val_{stem[-8:]}" if _IMAGE.fullmatch(stem) else stem


def _row(file: Path, line: int, row: list[str]) -> tuple[str, str]:
    image = row[0].strip()
    if not _IMAGE.fullmatch(image):
        for other, pattern in _OTHERS.items():
            if pattern.fullmatch(image):
                raise BackbonesError(_not_the_list(file, f"{image} on line {line} is as in {other}.csv"))
        raise BackbonesError(_not_the_list(file, f"line {line} has {printable(image)[:60]!r} for an image"))
    words = row[1].split() if len(row) == 2 else []
    synsets = Counter(words[::5])
    if not words or len(words) % 5 or not all(map(_SYNSET.fullmatch, synsets)):
        said = printable(",".join(row[1:]))[:60]
        raise BackbonesError(_not_the_list(file, f"line {line} has {said!r} for a class and its boxes"))
    if len(synsets) > 1:
        raise BackbonesError(f"{file}: line {line} names several classes for {image}: {', '.join(synsets)}")
    return _stem(image), words[0]


def _not_the_list(file: Path, why: str) -> str:
    return (
        f"{file} is not LOC_val_solution.csv: {why}. Expected ImageId,PredictionString and lines as "
        "ILSVRC2012_val_00048981,n03995372 85 1 499 272"
    )
