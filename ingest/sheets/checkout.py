"""Which version of a repository or package a path lies in, read from its files."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

_COMMIT: Final = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")
_SHOWN: Final = 8
"""So many digits of a commit are enough to find it."""
_REMOTE: Final = re.compile(r"^\s*url\s*=\s*(\S+)\s*$", re.MULTILINE)
_MOST_LINKS: Final = 5
"""A reference may name another one; more than this in a row is a circle."""
_MAX_BYTES: Final = 64 * 2**20


def release_of(path: Path, names: Sequence[str]) -> str | None:
    """The release of the installed package of one of these names that a path lies in, as its `.dist-info` beside it says."""
    for folder in _upwards(path):
        if folder.name in names:
            for beside in sorted(folder.parent.glob(f"{folder.name}-*.dist-info")):
                return beside.name.removeprefix(f"{folder.name}-").removesuffix(".dist-info")
    return None


def commit_of(path: Path, names: Sequence[str] = ()) -> str | None:
    """The commit, in 8 digits, of the checkout that a path lies in; None where there is none.

    A checkout whose remotes all have other names than these is not that repository's: a table that somebody copied into
    a project of their own is not of the project's commit.
    """
    for folder in _upwards(path):
        if (git := _git_folder(folder / ".git")) is None:
            continue
        common = _common(git)
        if names and (remotes := _remotes(common)) and not remotes & set(names):
            return None
        commit = _resolved(git, common, "HEAD")
        return commit[:_SHOWN] if commit else None
    return None


def _upwards(path: Path) -> Iterator[Path]:
    try:
        path = path.resolve()
    except (OSError, RuntimeError):  # links in a circle
        return
    yield from (path, *path.parents)


def _git_folder(entry: Path) -> Path | None:
    """`.git`, or the folder that a worktree's file of this name points to."""
    if entry.is_dir():
        return entry
    said = _text(entry).strip()
    if not said.startswith("gitdir:"):
        return None
    return entry.parent / said.removeprefix("gitdir:").strip()


def _common(git: Path) -> Path:
    """The folder with what all worktrees share."""
    said = _text(git / "commondir").strip()
    return git / said if said else git


def _resolved(git: Path, common: Path, reference: str) -> str | None:
    """The commit that a reference stands for; those of one branch in a file each, or packed in one."""
    for _ in range(_MOST_LINKS):
        said = _text(git / reference).strip() or _text(common / reference).strip() or _packed(common, reference)
        if _COMMIT.fullmatch(said):
            return said
        reference = said.removeprefix("ref:").strip()
        if not said.startswith("ref:") or not reference.startswith("refs/") or ".." in reference:
            return None
    return None


def _packed(common: Path, reference: str) -> str:
    for line in _text(common / "packed-refs").splitlines():
        commit, _, name = line.partition(" ")
        if name == reference:
            return commit
    return ""


def _remotes(common: Path) -> set[str]:
    """What the repositories that a checkout came from are called."""
    found = _REMOTE.findall(_text(common / "config"))
    return {re.split(r"[/:]", url.rstrip("/"))[-1].removesuffix(".git") for url in found}


def _text(path: Path) -> str:
    """A small file's text; empty where it cannot be read."""
    try:
        if path.stat().st_size > _MAX_BYTES:
            return ""
        return path.read_text(encoding="utf-8", errors="replace")
    except (OSError, ValueError):
        return ""
