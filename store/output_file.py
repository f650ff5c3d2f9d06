"""Texts and pictures into files that somebody names: never over an existing one unasked, never half a file."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterable
from pathlib import Path

from backbones.store.errors import BackbonesError
from backbones.store.text import slug


class FileExists(BackbonesError):
    """There is a file of that name already."""

    def __init__(self, path: Path) -> None:
        self.path = path
        super().__init__(f"{path} exists already; it is not overwritten unasked")


def expanded(text: str) -> Path:
    """The path that was typed, `~` understood; BackbonesError where it names no file."""
    if not text.strip() or "\0" in text:
        raise BackbonesError("name a file to write to")
    try:
        path = Path(text.strip()).expanduser()
    except RuntimeError:  # a home that nobody has
        raise BackbonesError(f"{text.strip()}: nobody here is called that; write the folder out") from None
    if path.is_dir():
        raise BackbonesError(f"{path} is a folder; name a file in it")
    return path


def free_name(title: str, suffix: str, folder: Path | None = None) -> str:
    """A file name made of a title that no file in the folder (the current one) has yet."""
    folder, stem = folder or Path(), slug(title)[:60].strip("-.") or "backbones"
    found = next(n for n in range(1, 1_000_000) if not (folder / _numbered(stem, n, suffix)).exists())
    return _numbered(stem, found, suffix)


def _numbered(stem: str, number: int, suffix: str) -> str:
    return f"{stem}{suffix}" if number == 1 else f"{stem}-{number}{suffix}"


def write_text(path: Path, parts: Iterable[str], replace: bool = False) -> None:
    """Write a text, in UTF-8. FileExists unless it shall be replaced; BackbonesError says why it cannot be written."""

    def write(draft: Path) -> None:
        with draft.open("x", encoding="utf-8", newline="\n") as file:
            file.writelines(parts)

    write_file(path, write, replace)


def write_file(path: Path, write: Callable[[Path], object], replace: bool = False) -> None:
    """The same for a file that `write` makes: it gets the path of a draft with the same suffix, which then takes its place."""
    target = path.resolve()  # through a link
    draft = target.with_name(f".{target.stem[:60]}.{os.getpid()}{target.suffix}")
    try:
        if os.path.lexists(path) and not replace:
            raise FileExists(path)
        if target.exists() and not target.is_file():
            raise BackbonesError(f"{path} is no regular file")
        write(draft)
        os.replace(draft, target)
    except OSError as error:
        raise BackbonesError(f"{path} cannot be written: {_reason(error, path)}") from None
    finally:
        with contextlib.suppress(OSError):
            draft.unlink()


def _reason(error: OSError, path: Path) -> str:
    if isinstance(error, FileNotFoundError):
        return f"there is no folder {path.parent}"
    return error.strerror or str(error)
