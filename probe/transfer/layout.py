"""What a folder of images means: class folders, or train, val and test folders with class folders in them."""

from __future__ import annotations

import os
import stat
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Literal

from backbones.probe.transfer.decoding import SUFFIXES, is_image_name
from backbones.store.errors import BackbonesError
from backbones.store.text import printable

Split = Literal["train", "val", "test"]
SPLITS: Final[tuple[Split, ...]] = ("train", "val", "test")
SPLIT_NAMES: Final[dict[str, Split]] = {
    "train": "train", "training": "train",
    "val": "val", "valid": "val", "validation": "val", "dev": "val",
    "test": "test", "testing": "test",
}  # fmt: skip
"""How people call them, in lower case."""

EXPECTED: Final = "expected DATA/CLASS/…, or DATA/train/CLASS/… with val/ or test/ beside it, or a CSV of path,label"


@dataclass(frozen=True, slots=True)
class Found:
    """An image file and what the layout says of it."""

    path: Path
    label: str
    """Name of the class; composed Unicode, whatever the file system keeps."""
    split: Split | None = None


@dataclass(slots=True)
class Layout:
    """All image files, and what is to be said about the rest. `is_split`: the layout says what is trained on."""

    root: Path
    found: list[Found]
    is_split: bool = False
    findings: list[str] = field(default_factory=list)


@dataclass(slots=True)
class _Walk:
    """Counts what is passed by."""

    others: Counter[str] = field(default_factory=Counter)
    hidden: int = 0
    broken: list[str] = field(default_factory=list)
    closed: list[str] = field(default_factory=list)
    loops: int = 0

    def images(self, folder: Path, above: tuple[tuple[int, int], ...] = ()) -> Iterator[Path]:
        """Image files below a folder at any depth, in the order of names. Links are followed, circles are not."""
        here = _identity(folder)
        if here in above:
            self.loops += 1
            return
        try:
            entries = _entries(folder)
        except BackbonesError:
            self.closed.append(str(folder))
            return
        for entry in entries:
            if is_hidden(entry.name):
                self.hidden += is_image_name(entry.name)
            elif _is_folder(entry):
                yield from self.images(Path(entry.path), (*above, here))
            elif not is_image_name(entry.name):
                self.others[os.path.splitext(entry.name)[1].lower() or "no suffix"] += 1
            elif _is_file(entry):
                yield Path(entry.path)
            else:
                self.broken.append(entry.path)

    def sentences(self, root: Path) -> Iterator[str]:
        """What was passed by."""
        if self.others:
            kinds = ", ".join(f"{printable(kind)} {count:,}" for kind, count in self.others.most_common(6))
            yield f"{counted(self.others.total(), 'file')} of no image format left out: {kinds}"
        if self.hidden:
            yield f"{counted(self.hidden, 'hidden image')} left out"
        if self.broken:
            yield (
                f"{counted(len(self.broken), 'image')} left out that {'is' if len(self.broken) == 1 else 'are'} "
                f"a link to nothing or no file: {examples(root, map(Path, self.broken))}"
            )
        if self.closed:
            yield f"{counted(len(self.closed), 'folder')} left out that cannot be read: {examples(root, map(Path, self.closed))}"
        if self.loops:
            yield f"{counted(self.loops, 'link')} to a folder above passed by"


def layout_of_folder(root: Path) -> Layout:
    """What a folder holds; BackbonesError says what was expected where nothing can be made of it."""
    walk = _Walk()
    classes = {name: list(walk.images(folder, (_identity(root),))) for name, folder in _folders(root)}
    direct = [entry.path for entry in _entries(root) if is_image_name(entry.name) and not is_hidden(entry.name)]
    filled = {name: paths for name, paths in classes.items() if paths}
    if not filled:
        raise BackbonesError(_nothing(root, len(direct), walk))
    if _are_splits(root, filled):
        layout = _of_splits(root, filled)
    else:
        layout = Layout(root, [Found(path, composed(name)) for name, paths in filled.items() for path in paths])
        _refuse_wrapped(root, filled, len(direct))
        for name in filled:
            if name.lower() in SPLIT_NAMES and len(_first_parts(root / name, filled[name])) > 1:
                layout.findings.append(f"{printable(name)}/ is taken for a class, as the folders beside it are")
        if empty := sorted(set(classes) - set(filled)):
            layout.findings.append(
                f"{counted(len(empty), 'folder')} without images {'is' if len(empty) == 1 else 'are'} no class: {_names(empty)}"
            )
    if direct:
        layout.findings.append(
            f"{counted(len(direct), 'image')} directly in {root.name or root}/ left out: no class folder"
        )
    layout.findings += walk.sentences(root)
    return layout


def _are_splits(root: Path, filled: dict[str, list[Path]]) -> bool:
    """`train` may be a class of vehicles: it is a split where nothing stands beside splits, or where val or test have
    a class of the same name as train has."""
    named = [name for name in filled if name.lower() in SPLIT_NAMES]
    inner = {name: {c for c in _first_parts(root / name, filled[name])} for name in named}
    with_classes = [name for name in named if inner[name]]
    if not with_classes:
        if len(named) == len(filled) and len(named) > 1:
            raise BackbonesError(f"{root} has {_names(named)} with images but no class folders in them; {EXPECTED}")
        return False
    if len(named) == len(filled):
        return True
    train = set[str]().union(*(inner[n] for n in with_classes if SPLIT_NAMES[n.lower()] == "train"))
    others = set[str]().union(*(inner[n] for n in with_classes if SPLIT_NAMES[n.lower()] != "train"))
    return bool(train & others)


def _of_splits(root: Path, filled: dict[str, list[Path]]) -> Layout:
    folders = {name: SPLIT_NAMES[name.lower()] for name in filled if name.lower() in SPLIT_NAMES}
    if twice := [s for s in SPLITS if list(folders.values()).count(s) > 1]:
        both = _names([name for name, split in folders.items() if split == twice[0]])
        raise BackbonesError(f"{root} has {both}: which of them is {twice[0]}? Leave one")
    if "train" not in folders.values():
        raise BackbonesError(
            f"{root} has {_names(folders)} but no train/. To have its images split into training and test, name {root / next(iter(folders))}"
        )
    layout = Layout(root, [])
    for name, split in folders.items():
        inner = [(path, path.relative_to(root / name).parts) for path in filled[name]]
        layout.found += [Found(path, composed(parts[0]), split) for path, parts in inner if len(parts) > 1]
        if outside := sum(len(parts) == 1 for _, parts in inner):
            layout.findings.append(_without_class(name, outside, inner[0][0]))
    there = {found.split for found in layout.found if found.split}
    if "train" not in there:
        raise BackbonesError(f"{root} has no class folders in {_name_of('train', folders)}; {EXPECTED}")
    layout.is_split = len(there) > 1
    if others := sorted(set(filled) - set(folders)):
        layout.findings.append(f"{_names(others)} beside {_names(folders)} left out: neither train, val nor test")
    if not layout.is_split:
        layout.found = [Found(found.path, found.label) for found in layout.found]
        layout.findings.append(f"{_name_of('train', folders)} alone has classes: test images are drawn from it")
    elif "test" not in there:
        layout.found = [Found(f.path, f.label, "test" if f.split == "val" else f.split) for f in layout.found]
        layout.findings.append(
            f"there is no test/: {_name_of('val', folders)} is the test set, as people do with ImageNet"
        )
    return layout


def _without_class(name: str, count: int, first: Path) -> str:
    hint = "; `backbones imagenet-val` sorts them into classes" if first.name.startswith("ILSVRC2012_val_") else ""
    return f"{counted(count, 'image')} directly in {printable(name)}/ left out: nothing says what they show{hint}"


def _refuse_wrapped(root: Path, filled: dict[str, list[Path]], direct: int) -> None:
    """A downloaded archive often has a folder of its own around the classes."""
    if len(filled) > 1 or direct:
        return
    (name, paths), *_ = filled.items()
    if len(inner := _first_parts(root / name, paths)) > 1:
        raise BackbonesError(
            f"{root} has one folder, {printable(name)}/, with {len(inner):,} folders of images in it: name {root / name} "
            "if these are the classes or train, val and test"
        )


def _nothing(root: Path, direct: int, walk: _Walk) -> str:
    if direct:
        return f"{root} has {counted(direct, 'image')} but no class folders; {EXPECTED}"
    if walk.others:
        kinds = ", ".join(kind for kind, _ in walk.others.most_common(4))
        return f"{root} has no images, but files of other kinds ({printable(kinds)}); read are {', '.join(sorted(SUFFIXES))}"
    return f"{root} has no images; {EXPECTED}"


def _name_of(split: Split, folders: dict[str, Split]) -> str:
    return _names([name for name, found in folders.items() if found == split])


def _first_parts(folder: Path, paths: list[Path]) -> set[str]:
    return {parts[0] for path in paths if len(parts := path.relative_to(folder).parts) > 1}


def _folders(root: Path) -> list[tuple[str, Path]]:
    return [(e.name, Path(e.path)) for e in _entries(root) if not is_hidden(e.name) and _is_folder(e)]


def _entries(folder: Path) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as entries:
            return sorted(entries, key=lambda entry: entry.name)
    except OSError as error:
        raise BackbonesError(f"{folder} cannot be read: {(error.strerror or str(error)).lower()}") from None


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:
        return False


def _is_file(entry: os.DirEntry[str]) -> bool:
    try:
        return stat.S_ISREG(entry.stat().st_mode) if entry.is_symlink() else entry.is_file()
    except OSError:
        return False


def _identity(folder: Path) -> tuple[int, int]:
    state = folder.stat()
    return state.st_dev, state.st_ino


def is_hidden(name: str) -> bool:
    """What systems hide, and the folders that they make for themselves: no image or class is looked for there."""
    return name.startswith(".") or name in ("__MACOSX", "@eaDir", "$RECYCLE.BIN")


def composed(name: str) -> str:
    """Unicode in its composed form: é of a Mac is é of Linux."""
    return unicodedata.normalize("NFC", name)


def examples(root: Path, paths: Iterable[Path], most: int = 3) -> str:
    """The first few paths, from the root on."""
    each = list(paths)
    shown = [printable(os.path.relpath(path, root)) for path in each[:most]]
    return ", ".join(shown) + (" …" if len(each) > most else "")


def _names(names: list[str] | dict[str, Split]) -> str:
    return ", ".join(f"{printable(name)}/" for name in list(names)[:6]) + (" …" if len(names) > 6 else "")


def counted(number: int, what: str) -> str:
    """`1 image`, `2 images`."""
    return f"{number:,} {what}" + ("" if number == 1 else "s")
