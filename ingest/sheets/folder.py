"""Files of tables: those that a path names, the sheet that a name has now, and new sheets put in their place."""

from __future__ import annotations

import contextlib
import os
import re
import tempfile
from collections.abc import Container, Iterable, Sequence
from pathlib import Path
from typing import Any, Final

from backbones.store.documents import dump_yaml
from backbones.store.errors import BackbonesError, FileProblems
from backbones.store.places import Places
from backbones.store.reading import read_document
from backbones.store.sheet import Sheet
from backbones.store.sources import source_files
from backbones.store.text import fold

_HEAD_BYTES: Final = 400
"""The name of a sheet stands in its first lines."""
_NAME = re.compile(r"^sheet: *['\"]?([^'\"\n]+)", re.MULTILINE)


def tables_in(path: Path, what: str, known: Container[str]) -> list[Path]:
    """The files that a path names: itself, or those of the folder that are `known`."""
    if path.is_dir():
        if found := sorted(f for f in path.iterdir() if f.name in known and f.is_file()):
            return found
        raise FileProblems([f"{path}: holds no table of {what}; name that folder or one of its CSV files"])
    if not path.exists():
        raise FileProblems([f"{path}: is not there; name the folder with {what} or one of its CSV files"])
    if path.name not in known:
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
    try:
        with open(path, "rb") as file:
            head = file.read(_HEAD_BYTES).decode("utf-8", "replace")
    except OSError:
        return None
    said = _NAME.search(head)
    return said[1].strip() if said else None


def write_sheets(sheets: Sequence[Sheet], folder: Path, present: dict[str, tuple[Sheet, Path]]) -> list[Path]:
    """Put each sheet into the folder, all of them or none.

    A sheet takes the file of the present one of its name where that lies in the folder. A file of another sheet is
    never written over.
    """
    targets = [_target(sheet, folder, present) for sheet in sheets]
    written: list[tuple[Path, Path]] = []
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for sheet, target in zip(sheets, targets, strict=True):
            handle, temporary = tempfile.mkstemp(dir=folder, prefix=".import-")
            written.append((Path(temporary), target))
            with os.fdopen(handle, "w", encoding="utf-8") as out:
                out.write(text_of(sheet))
            os.chmod(temporary, 0o644)
        for temporary_path, target in written:
            os.replace(temporary_path, target)
    except OSError as error:
        raise BackbonesError(
            f"{error.filename or folder}: cannot be written: {error.strerror}. Name another --output"
        ) from None
    finally:
        for temporary_path, _ in written:
            with contextlib.suppress(OSError):
                temporary_path.unlink()
    return targets


def _target(sheet: Sheet, folder: Path, present: dict[str, tuple[Sheet, Path]]) -> Path:
    if sheet.sheet in present and present[sheet.sheet][1].parent == folder:
        return present[sheet.sheet][1]
    target = folder / f"{re.sub(r'[^a-z0-9]+', '_', sheet.sheet.casefold()).strip('_') or 'sheet'}.yaml"
    if target.exists() and fold(_name_of(target) or "") != fold(sheet.sheet):
        raise BackbonesError(
            f"{target} is there and holds something else than sheet {sheet.sheet!r}; it stays as it is"
        )
    return target


def text_of(sheet: Sheet) -> str:
    """The sheet's file: whole numbers without a point."""
    plain = sheet.to_plain() | {"rows": [[_short(value) for value in row] for row in sheet.rows]}
    return dump_yaml(plain, "../sheet.schema.json")


def _short(value: Any) -> Any:
    return int(value) if isinstance(value, float) and value.is_integer() and abs(value) < 2**53 else value
