"""OpenMMLab's metafiles become sheets: mmpretrain, mmdet, mmseg and mmpose, as the shipped sheets of these names.

A checkout's `configs/`, a `model-index.yml`, an installed package's `.mim` folder or a single metafile will do. A whole
library's sheets have the shipped ones' names and replace them; those of a single metafile or of a part of `configs/` are
named after their folder too, and stand beside the shipped ones.
"""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path
from typing import Any, Final

from backbones.ingest.sheets.draft import checked
from backbones.ingest.sheets.openmmlab_files import is_whole_library
from backbones.ingest.sheets.openmmlab_layout import Row, Table, tables_of
from backbones.ingest.sheets.openmmlab_metafile import Model, read_models
from backbones.ingest.sheets.openmmlab_notes import Notes
from backbones.ingest.sheets.slug import slug
from backbones.store.errors import FileProblems
from backbones.store.family_file import Source
from backbones.store.sheet import COLUMNS, Sheet
from backbones.store.vocabulary import METRICS

COLLECTIONS: Final = {
    "mmpretrain": ("mmpretrain", "mmclassification", "mmcls", "mmselfsup"),
    "mmdet": ("mmdetection", "mmdet", "mmtracking"),
    "mmseg": ("mmsegmentation", "mmseg"),
    "mmpose": ("mmpose",),
}
"""Each library with the names that its addresses have."""

REPOSITORIES: Final = {
    "mmpretrain": "mmpretrain",
    "mmdet": "mmdetection",
    "mmseg": "mmsegmentation",
    "mmpose": "mmpose",
}
_TITLES: Final = {
    "mmpretrain": "OpenMMLab pre-training toolbox: model zoo", "mmdet": "OpenMMLab detection toolbox: model zoo",
    "mmseg": "OpenMMLab semantic segmentation toolbox: model zoo", "mmpose": "OpenMMLab pose estimation toolbox: model zoo",
}  # fmt: skip
_WORD: Final = re.compile(r"[a-z]+")


def read_with_notes(path: Path, collection: str | None = None) -> tuple[list[Sheet], list[str]]:
    """The sheets, and a line for each thing that could not be taken over.

    collection: mmpretrain, mmdet, mmseg or mmpose, where the files do not tell. FileProblems: nothing there, broken YAML.
    """
    if collection is not None and collection not in COLLECTIONS:
        raise FileProblems([f"{collection!r} is no library of OpenMMLab that is read; one of {', '.join(COLLECTIONS)}"])
    notes = Notes()
    models = read_models(path, notes)
    collection = collection or collection_of(models, path)
    suffix = "" if is_whole_library(path) else f"_{_part(path)}"
    tables = tables_of(models, collection, notes)
    sheets = [sheet_of(name + suffix, table, collection, source_of(collection), path) for name, table in tables.items()]
    if not sheets:
        raise FileProblems([f"{path}: its {len(models):,} models say no number that the catalogue has a place for"])
    return sheets, notes.lines()


def collection_of(models: list[Model], path: Path) -> str:
    """The library that the models' addresses name, else the folder; FileProblems where they do not agree."""
    named = Counter(c for m in models for c in set(map(_library, m.hints)) if c)
    clear = [c for c, count in named.items() if count > 0.9 * sum(named.values())]
    found = clear[0] if clear else None if named else _library("/".join(path.resolve().parts[-6:]))
    if found is None:
        seen = f"they name {' and '.join(sorted(named))}" if named else "no address names it"
        raise FileProblems([f"{path}: which library is it? {seen}. Say it with --collection {'|'.join(COLLECTIONS)}"])
    return found


def _library(address: str) -> str | None:
    words = set(_WORD.findall(address.lower()))
    found = [c for c, spelled in COLLECTIONS.items() if words & set(spelled)]
    return found[0] if len(found) == 1 else None


def _part(path: Path) -> str:
    """What a part of a library is called: its folder, or its file where that has a name of its own."""
    path = path.resolve()
    name = path.name if path.is_dir() else path.stem
    return slug(path.parent.name if name == "metafile" else name, empty="metafile")


def source_of(collection: str, version: str | None = None, retrieved: str | None = None) -> tuple[str, Source]:
    """Key and description of a library's repository."""
    name = REPOSITORIES[collection]
    said = {"title": _TITLES[collection], "url": f"https://github.com/open-mmlab/{name}", "kind": "repository"}
    said |= {"licence": "Apache-2.0"} | ({"version": version} if version else {})
    return f"github:open-mmlab/{name}", Source.model_validate(said | ({"retrieved": retrieved} if retrieved else {}))


_ORDER: Final = (
    "weights", "setting", "backbone", "family", "checkpoint", "head", "task", "dataset", "protocol", "resolution",
    "crop_size",
)  # fmt: skip
_LAST: Final = ("source_ref",)


def sheet_of(name: str, table: Table, collection: str, source: tuple[str, Source], path: Path) -> Sheet:
    """One sheet: what all rows share in its head, columns that no row fills left out."""
    columns = sorted({column for row in table.rows for column in row}, key=_place(table.kind))
    columns = [c for c in columns if any(row.get(c) is not None for row in table.rows)]
    shared = _shared(table, columns)
    columns = [c for c in columns if c not in shared]
    said: dict[str, Any] = {"sheet": name, "kind": table.kind}
    if table.kind != "weights":
        said |= {"collection": collection, "sources": {source[0]: source[1].to_plain()}}
        shared = {"source": source[0]} | shared
    else:
        shared = {"library": collection} | shared
    if "printed" in columns:
        shared |= {"convention": "macs"}
    if table.note:
        said["note"] = table.note
    said |= {
        "shared": shared,
        "columns": columns,
        "rows": [[row.get(c) for c in columns] for row in table.rows],
    }
    return checked(said, f"{path}: sheet {name}")


def _shared(table: Table, columns: list[str]) -> Row:
    """Columns with one value for all rows; a column that names the row stays."""
    if len(table.rows) < 2:
        return {}
    stay = {"weights", "setting", "backbone", "checkpoint", "loader", *_LAST}
    found = {}
    for column in columns:
        first = table.rows[0].get(column)
        if column in COLUMNS[table.kind] and column not in stay and all(row.get(column) == first for row in table.rows):
            found[column] = first
    return found


def _place(kind: str) -> Any:
    """The order of columns: who, where, the metrics in the vocabulary's order, the reference."""
    known = [*_ORDER, *(c for c in COLUMNS[kind] if c not in _ORDER and c not in _LAST)]
    metrics = list(METRICS)

    def place(column: str) -> tuple[int, int, bool, str]:
        if column in _LAST:
            return (2, 0, False, column)
        if column in known:
            return (0, known.index(column), False, column)
        return (1, metrics.index(column.partition(":")[0]), ":" in column, column)

    return place
