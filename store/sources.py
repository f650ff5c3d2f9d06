"""Which YAML files there are, and which of them changed since the catalogue was built."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from backbones.store.places import Places


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A YAML file as the file system sees it."""

    path: str
    shipped: bool
    size: int
    mtime_ns: int

    def sha256(self) -> str:
        """The hash of the file's content."""
        import hashlib  # 5 ms, only needed when a file changed

        return hashlib.sha256(Path(self.path).read_bytes()).hexdigest()


def source_files(places: Places) -> list[SourceFile]:
    """The user's files first, then the shipped ones; each folder's own order is by name, sheets last."""
    found: list[SourceFile] = []
    for folder in reversed(places.families):
        found += _in_folder(folder, shipped=False)
    return found + list(_in_folder(places.shipped, shipped=True))


def _in_folder(folder: Path, shipped: bool) -> Iterable[SourceFile]:
    for part in (folder, folder / "sheets"):
        try:
            entries = sorted(os.scandir(part), key=lambda e: e.name)
        except (FileNotFoundError, NotADirectoryError):
            continue
        for entry in entries:
            if entry.name.endswith((".yaml", ".yml")) and not entry.name.startswith(".") and entry.is_file():
                stat = entry.stat()
                yield SourceFile(entry.path, shipped, stat.st_size, stat.st_mtime_ns)
