"""A bug ends with a usable terminal, one sentence, and a file that says what is needed to mend it."""

from __future__ import annotations

import os
import platform
import re
import sys
import tempfile
import traceback
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from backbones.store.text import printable

KEPT = 5
"""Reports of former crashes that stay."""
_REPORT = re.compile(r"crash-\d{8}-\d{6}-\d+\.txt")
_TERMINAL = ("TERM", "COLORTERM", "TERM_PROGRAM", "TMUX", "STY", "SSH_TTY", "NO_COLOR", "LC_ALL", "LC_CTYPE", "LANG")
_ONLY_WHETHER = ("TMUX", "STY", "SSH_TTY")
"""Their values are paths."""


@dataclass(frozen=True, slots=True)
class Scene:
    """What the program was doing."""

    size: tuple[int, int]
    place: str
    keys: Iterable[str] = ()
    look: str = ""


def report(error: BaseException, scene: Scene, env: Mapping[str, str] = os.environ) -> str:
    """What is needed to find the bug: versions, terminal, the last keys, the traceback; no paths of the user's."""
    from importlib.metadata import PackageNotFoundError, version

    def version_of(package: str) -> str:
        try:
            return version(package)
        except PackageNotFoundError:
            return "not installed"

    told = [f"{name}={'set' if name in _ONLY_WHETHER else env[name]}" for name in _TERMINAL if name in env]
    lines = [
        f"backbones {version_of('backbones')}, Textual {version_of('textual')}, Python {platform.python_version()}, "
        f"{platform.system()} {platform.release()}",
        f"terminal {scene.size[0]}x{scene.size[1]}, {' '.join(told)}",
        f"place {scene.place}; {scene.look}",
        f"last keys {' '.join(scene.keys)}",
        "",
        *_traced(error),
    ]
    return "\n".join(printable(_without_home(line)) for line in lines) + "\n"


def _traced(error: BaseException) -> list[str]:
    """The traceback with shortened file names and without values of variables."""
    lines: list[str] = []
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        block = ["Traceback:"]
        for frame in traceback.extract_tb(error.__traceback__):
            block.append(f"  {_short(frame.filename)}:{frame.lineno} in {frame.name}: {frame.line or ''}")
        block += [f"{type(error).__name__}: {line}" for line in str(error).splitlines() or [""]]
        lines[:0] = [*block, "", "which led to:"] if lines else block
        inner = getattr(error, "error", None)  # what failed in a worker
        error = inner if isinstance(inner, BaseException) else error.__cause__ or error.__context__  # type: ignore[assignment]
    return lines


def _short(file: str) -> str:
    """The file below the folder of its package."""
    for folder in ("site-packages", "lib"):
        _, found, rest = file.rpartition(f"{os.sep}{folder}{os.sep}")
        if found:
            return rest
    return os.sep.join(Path(file).parts[-2:])


def _without_home(line: str) -> str:
    home = os.path.expanduser("~")
    return line.replace(home, "~") if len(home) > 1 else line


def write_report(text: str, folder: Path | None) -> Path | None:
    """The file that the report was written to: in `folder`, else among temporary files; None where neither can be written."""
    name = f"crash-{datetime.now(UTC):%Y%m%d-%H%M%S}-{os.getpid()}.txt"
    for place in filter(None, (folder, Path(tempfile.gettempdir()))):
        path = place / name
        try:
            place.mkdir(parents=True, exist_ok=True)
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with open(descriptor, "w", encoding="utf-8") as file:
                file.write(text)
        except OSError:
            continue
        if place == folder:
            _prune(place)
        return path
    return None


def _prune(folder: Path) -> None:
    """Remove our oldest reports from our own folder."""
    with suppress(OSError):
        for old in sorted(path for path in folder.iterdir() if _REPORT.fullmatch(path.name))[:-KEPT]:
            old.unlink(missing_ok=True)


def tell(error: BaseException, scene: Scene, folder: Path | None) -> None:
    """Write the report and say where it is, on stderr; the report itself where it cannot be written."""
    inner = getattr(error, "error", None)
    cause = inner if isinstance(inner, BaseException) else error
    text = report(error, scene)
    path = write_report(text, folder)
    first = (str(cause).splitlines() or [""])[0]
    what = printable(f"{type(cause).__name__}: {first}" if first else type(cause).__name__)
    where = f"what happened is written in {path}" if path else "no report could be written; it follows"
    sys.stderr.write(f"backbones: this is a bug of the program, {what[:160]}; {where}\n")
    if path is None:
        sys.stderr.write(text)
