"""Writes images into OUT/{train,val,test}/CLASS/, all at once: OUT is whole or not there."""

from __future__ import annotations

import contextlib
import csv
import errno
import json
import os
import platform
import shutil
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import Final, Literal

from backbones.probe.transfer.contents import Progress
from backbones.probe.transfer.decoding import is_image_name, suffix_of
from backbones.probe.transfer.layout import SPLITS, Split, examples, is_hidden
from backbones.store.errors import BackbonesError
from backbones.store.text import printable

How = Literal["copy", "link"]
MARK: Final = ".backbones-split"
"""In a folder that is being written: which process does."""


@dataclass(frozen=True, slots=True)
class Placed:
    """An image and where it belongs."""

    path: Path
    label: str
    split: Split
    digest: str


def refuse_target(source: Path, out: Path) -> None:
    """BackbonesError where OUT holds anything, is no folder, or lies in the folder that is read, or around it."""
    own, target = source.resolve(), out.resolve()
    folder = own if source.is_dir() else own.parent
    if target == folder or target in folder.parents:
        raise BackbonesError(f"{out} holds the images that are read; name a new folder beside them")
    if source.is_dir() and folder in target.parents:
        raise BackbonesError(
            f"{out} lies in {source}, where its images would be taken for a class; name a folder outside"
        )
    if os.path.lexists(out) and not out.is_dir():
        raise BackbonesError(f"{out} is a file; name a new folder")
    if out.is_dir() and (there := [entry.name for entry in os.scandir(out)]):
        raise BackbonesError(
            f"{out} is not empty ({printable(', '.join(sorted(there)[:3]))}{' …' if len(there) > 3 else ''}): "
            "images of two splits would mix; name a new folder or empty it"
        )


def write_folder(placed: Sequence[Placed], out: Path, how: How, progress: Progress | None = None) -> None:
    """Copies or hard links below OUT. It is made under another name beside it and renamed at the end; what an interrupt or a
    mistake leaves is removed, what a kill leaves is recognised and removed by the next run."""
    target = out.resolve()
    unfinished = target.with_name(target.name + ".unfinished")
    names = _names(placed)
    with _turned_into_sentences(out):
        _make_way(unfinished)
        unfinished.mkdir(parents=True)
        try:
            (unfinished / MARK).write_text(json.dumps({"host": platform.node(), "pid": os.getpid()}))
            for split in SPLITS:
                for label in sorted({p.label for p in placed if p.split == split}):
                    (unfinished / split / label).mkdir(parents=True)
            for done, (one, name) in enumerate(zip(placed, names, strict=True), 1):
                _put(one.path, unfinished / one.split / one.label / name, how)
                if progress:
                    progress(done, len(placed), name)
            (unfinished / MARK).unlink()
            if target.is_dir():
                target.rmdir()  # empty, as was seen before; not everywhere does a rename replace it
            unfinished.rename(target)
        except BaseException:
            shutil.rmtree(unfinished, ignore_errors=True)
            raise


def write_manifest(placed: Sequence[Placed], file: Path) -> None:
    """A CSV of path,label,split, its paths from its own folder on, as `backbones transfer` reads it; whole or not there."""
    folder = file.resolve().parent
    half = file.with_name(file.name + ".unfinished")
    with _turned_into_sentences(file):
        folder.mkdir(parents=True, exist_ok=True)
        try:
            with half.open("w", encoding="utf-8", newline="") as text:
                writer = csv.writer(text, lineterminator="\n")
                writer.writerow(("path", "label", "split"))
                order = {split: place for place, split in enumerate(SPLITS)}
                for one in sorted(placed, key=lambda p: (order[p.split], p.label, str(p.path))):
                    writer.writerow((_from(folder, one.path), one.label, one.split))
            half.replace(file)
        except BaseException:
            half.unlink(missing_ok=True)
            raise


def check_labels(placed: Sequence[Placed]) -> None:
    """BackbonesError for classes of a CSV that cannot be folders, or that nobody would find there; folders' names always can."""
    for label in sorted({p.label for p in placed}):
        if label in (".", "..") or any(c in label for c in "/\\\0"):
            raise BackbonesError(
                f"class {printable(label)!r} cannot be a folder's name; rename it, or write a list with --manifest FILE.csv"
            )
        if is_hidden(label):
            raise BackbonesError(
                f"class {printable(label)!r} would be a hidden folder, in which no images are looked for; rename it, or write a "
                "list with --manifest FILE.csv"
            )
    folded = Counter(label.casefold() for label in {p.label for p in placed})
    if alike := [label for label, count in folded.items() if count > 1]:
        raise BackbonesError(
            f"classes that differ in case only would share a folder on some systems: {printable(alike[0])!r}; rename one, or use --manifest"
        )


def _names(placed: Sequence[Placed]) -> list[str]:
    """File names, with the content's digest where two images of a class have one name (in folders below the class)."""
    found = [_found_again(one.path) for one in placed]
    taken = Counter((one.label, file.name.casefold()) for one, file in zip(placed, found, strict=True))
    names = []
    given: Counter[tuple[str, str]] = Counter()
    for one, file in zip(placed, found, strict=True):
        name = file.name
        if taken[one.label, name.casefold()] > 1:
            name = f"{file.stem}-{one.digest[:8]}{file.suffix}"
        given[one.label, name.casefold()] += 1
        if (number := given[one.label, name.casefold()]) > 1:
            name = f"{file.stem}-{one.digest[:8]}-{number}{file.suffix}"
        names.append(name)
    return names


def _found_again(path: Path) -> PurePath:
    """The name by which a folder's image is found: a list may name files without a suffix, and hidden ones."""
    name = path.name.lstrip(".") if is_hidden(path.name) else path.name
    if is_image_name(name):
        return PurePath(name)
    if not (suffix := suffix_of(path)):
        raise BackbonesError(
            f"{printable(str(path))} has neither a name nor a format by which it is an image in a folder; save it as PNG, or write "
            "a list with --manifest FILE.csv"
        )
    return PurePath(f"{name or 'image'}{suffix}")


def _put(source: Path, target: Path, how: How) -> None:
    if how == "link":
        os.link(source.resolve(), target)
    else:
        shutil.copy2(source, target)


def _make_way(unfinished: Path) -> None:
    """What a killed run left is removed; what a running one is at, or what is not ours, is not touched."""
    if not os.path.lexists(unfinished):
        return
    try:
        mark = json.loads((unfinished / MARK).read_text())
        is_alive = mark["host"] == platform.node() and _is_alive(int(mark["pid"]))
    except (OSError, ValueError, KeyError, TypeError):
        raise BackbonesError(
            f"{unfinished} is in the way and was not left by a split; move it or name another folder"
        ) from None
    if is_alive:
        raise BackbonesError(f"process {mark['pid']} is writing {unfinished} now; wait for it or name another folder")
    shutil.rmtree(unfinished)


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return pid != os.getpid()


def _from(folder: Path, path: Path) -> str:
    own = Path(os.path.abspath(path))
    try:
        return os.path.relpath(own, folder)
    except ValueError:  # another drive
        return str(own)


@contextlib.contextmanager
def _turned_into_sentences(out: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno == errno.EXDEV:
            raise BackbonesError(
                f"hard links cannot reach from the images to {out}, another disk; use --copy"
            ) from None
        if error.errno in (errno.EPERM, errno.EMLINK, errno.ENOTSUP) and error.filename2:
            raise BackbonesError(
                f"{examples(out.parent, [Path(str(error.filename))])} cannot be hard linked "
                f"({(error.strerror or '').lower()}); use --copy"
            ) from None
        where = printable(str(error.filename)) if error.filename else out
        raise BackbonesError(f"{where}: {(error.strerror or str(error)).lower()}; nothing was written") from None
