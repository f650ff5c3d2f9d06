"""Which metafiles of OpenMMLab there are at or below a path, and whether they are all of a library's."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Final

from backbones.ingest.sheets.openmmlab_notes import Notes
from backbones.ingest.sheets.openmmlab_yaml import metafile_text, read_metafile
from backbones.store.errors import FileProblems
from backbones.store.text import printable

MAX_FILES: Final = 5_000

_INDEX: Final = ("model-index.yml", "model-index.yaml")
_ROOTS: Final = ("configs", ".mim")
"""Folders that a library has once, with all its metafiles below."""


def is_whole_library(path: Path) -> bool:
    """Whether the path is a library, not a single metafile or some folder of its `configs/`."""
    if not path.is_dir():
        return path.name in _INDEX
    return path.resolve().name in _ROOTS or any((path / name).exists() for name in (*_INDEX, *_ROOTS))


def metafiles(path: Path, notes: Notes) -> Iterator[Path]:
    """The metafiles, in the order of the index or of their paths. FileProblems: no such path, a bad index."""
    if not path.exists():
        raise FileProblems([f"{path}: there is no such file or folder"])
    if not path.is_dir():
        yield from _imported(path, notes) if path.name in _INDEX else [path]
        return
    for folder in (path, path / ".mim"):
        for name in _INDEX:
            if (folder / name).is_file():
                yield from _indexed(folder / name, notes)
                return
    yield from _below(path, notes)


def _indexed(index: Path, notes: Notes) -> Iterator[Path]:
    """The files of an index, then the metafiles of `configs/` that it forgets (mmdet's does)."""
    named = list(_imported(index, notes))
    yield from named
    configs, listed = index.parent.resolve() / "configs", set(named)
    yield from (p for p in (_below(configs, notes) if configs.is_dir() else ()) if p not in listed)


def _below(folder: Path, notes: Notes) -> list[Path]:
    documents = (p for p in folder.rglob("*") if p.suffix in (".yml", ".yaml") and p.is_file())
    found = list(islice(documents, MAX_FILES + 1))
    if len(found) > MAX_FILES:
        raise FileProblems([f"{folder}: more than {MAX_FILES:,} YAML files below it; give the folder of one library"])
    return [p for p in sorted(found) if p.name not in _INDEX and _is_metafile(p, notes)]


def _is_metafile(path: Path, notes: Notes) -> bool:
    """Whether a YAML file in a tree lists models: a checkout has many others. One that cannot be read is told."""
    try:
        text = metafile_text(path)
    except FileProblems as error:
        reason = error.problems[0].removeprefix(printable(f"{path}: "))
        notes.add(f"the file may be a metafile and is left out: {reason}", str(path))
        return False
    return "Name:" in text and ("In Collection:" in text or "\nModels:" in text or text.startswith("Models:"))


def _imported(index: Path, notes: Notes) -> Iterator[Path]:
    """The files that an index names, as far as they are there, each once."""
    document = read_metafile(index)
    named = document.get("Import") if isinstance(document, dict) else None
    if not isinstance(named, list) or not all(isinstance(n, str) for n in named):
        raise FileProblems([f"{index}: Import: has to be a list of metafiles"])
    if len(named) > MAX_FILES:
        raise FileProblems([f"{index}: Import: {len(named):,} files; {MAX_FILES:,} are read at most"])
    root = index.parent.resolve()
    seen: set[Path] = set()
    for name in named:
        file = _inside(root, name, index)
        if file in seen:
            continue
        seen.add(file)
        if file.is_file():
            yield file
        else:
            notes.add("the index names files that are not there; their models are missing", f"{index}: {name}")


def _inside(root: Path, name: str, index: Path) -> Path:
    """The file that an index names; it may not lead out of the index's folder."""
    try:
        file = (root / name).resolve()
    except (OSError, ValueError, RuntimeError) as error:  # a NUL; links in a circle
        raise FileProblems([f"{index}: Import: {name!r} is no path: {error}"]) from None
    if not file.is_relative_to(root):
        raise FileProblems([f"{index}: Import: {name!r} lies outside of this folder"])
    return file
