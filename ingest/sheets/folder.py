"""Files of tables: those that a path names, the sheet that a name has now, and new sheets put in their place."""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

import yaml

from backbones.ingest.sheets.slug import slug
from backbones.store.documents import MAX_BYTES, dump_yaml
from backbones.store.errors import BackbonesError, FileProblems
from backbones.store.places import Places
from backbones.store.reading import read_document
from backbones.store.sheet import Sheet
from backbones.store.sources import source_files
from backbones.store.text import fold, printable
from backbones.store.text_file import read_text


def tables_in(path: Path, what: str, is_known: Callable[[str], bool]) -> list[Path]:
    """The files that a path names: itself, or those of the folder whose names are known."""
    if path.is_dir():
        if found := sorted(f for f in path.iterdir() if is_known(f.name) and f.is_file()):
            return found
        raise FileProblems([f"{path}: holds no table of {what}; name that folder or one of its CSV files"])
    if not path.exists():
        raise FileProblems([f"{path}: is not there; name the folder with {what} or one of its CSV files"])
    if not is_known(path.name):
        raise FileProblems([f"{path}: is no table of {what}: its name says what it holds, so it has to keep it"])
    return [path]


def present_sheets(places: Places, names: Iterable[str]) -> dict[str, tuple[Sheet, Path]]:
    """The sheets of these names that the catalogue's files have now, the user's own before the shipped ones."""
    wanted = {fold(name): name for name in names}
    found: dict[str, tuple[Sheet, Path]] = {}
    for file in source_files(places):
        name = wanted.get(fold(_name_of(Path(file.path)) or ""))
        if name is None or name in found:
            continue
        with contextlib.suppress(FileProblems):  # a damaged file of the user's is left out of the catalogue too
            document = read_document(Path(file.path))
            if isinstance(document, Sheet):
                found[name] = document, Path(file.path)
    return found


def keeping_head(sheet: Sheet, old: Sheet | None) -> Sheet:
    """The sheet with the note and the sources of the one that it takes the place of, where it says none itself.

    The version of a source and the day when it was retrieved are those of the old numbers: they do not go along.
    """
    if old is None:
        return sheet
    sources = {k: s.model_copy(update={"version": None, "retrieved": None}) for k, s in old.sources.items()}
    return sheet.model_copy(update={"note": sheet.note or old.note, "sources": sheet.sources or sources})


def _name_of(path: Path) -> str | None:
    """The name of the sheet in a file, parsed no further than to it; None for everything else."""
    try:
        return _value_of_sheet(yaml.parse(read_text(path, MAX_BYTES, "a sheet"), Loader=yaml.CSafeLoader))
    except (FileProblems, yaml.YAMLError):
        return None


def _value_of_sheet(events: Iterable[yaml.Event]) -> str | None:
    """The text behind the key `sheet` of the outermost mapping."""
    depth, is_key, before = 0, True, None
    for event in events:
        if isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        if not isinstance(event, yaml.NodeEvent):
            continue
        if depth == 0 and not isinstance(event, yaml.MappingStartEvent):
            return None
        if depth == 1:
            text = str(event.value) if isinstance(event, yaml.ScalarEvent) else None
            if not is_key and before == "sheet":
                return text
            if is_key and text == "family":
                return None
            is_key, before = not is_key, text
        depth += isinstance(event, yaml.CollectionStartEvent)
    return None


def write_sheets(sheets: Sequence[Sheet], folder: Path, present: dict[str, tuple[Sheet, Path]]) -> list[Path]:
    """Put each sheet into the folder, all of them or none: if one cannot be written, the others are as they were.

    A sheet takes the file of the present one of its name where that lies in the folder. A file of another sheet is
    never written over.
    """
    targets = [_target(sheet, folder, present) for sheet in sheets]
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder, prefix=".import-", ignore_cleanup_errors=True) as aside:
            for number, (sheet, target) in enumerate(zip(sheets, targets, strict=True)):
                (Path(aside) / f"{number}.new").write_text(text_of(sheet), encoding="utf-8")
                if os.path.lexists(target):
                    shutil.copy2(target, Path(aside) / f"{number}.old", follow_symlinks=False)
            _put_in_place(Path(aside), targets)
    except OSError as error:
        raise BackbonesError(
            printable(f"{folder}: cannot be written: {error.strerror}. Name another --output")
        ) from None
    return targets


def _put_in_place(aside: Path, targets: Sequence[Path]) -> None:
    """Rename `N.new` to the N-th target; if that fails, `N.old` back for those that were done. Renaming needs no space."""
    done = 0
    try:
        for target in targets:
            os.replace(aside / f"{done}.new", target)
            done += 1
    except BaseException:
        for number, target in enumerate(targets[:done]):
            with contextlib.suppress(OSError):
                if os.path.lexists(old := aside / f"{number}.old"):
                    os.replace(old, target)
                else:
                    target.unlink()
        raise


def _target(sheet: Sheet, folder: Path, present: dict[str, tuple[Sheet, Path]]) -> Path:
    if sheet.sheet in present and present[sheet.sheet][1].parent == folder:
        return present[sheet.sheet][1]
    target = folder / f"{slug(sheet.sheet, empty='sheet')}.yaml"
    if target.exists() and fold(_name_of(target) or "") != fold(sheet.sheet):
        raise BackbonesError(
            printable(f"{target} is there and holds something else than sheet {sheet.sheet!r}; it stays as it is")
        )
    return target


def text_of(sheet: Sheet) -> str:
    """The sheet's file: whole numbers without a point."""
    plain = sheet.to_plain() | {"rows": [[_short(value) for value in row] for row in sheet.rows]}
    return dump_yaml(plain, "../sheet.schema.json")


def _short(value: Any) -> Any:
    return int(value) if isinstance(value, float) and value.is_integer() and abs(value) < 2**53 else value
