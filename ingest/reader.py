"""`read_paper`: a PDF's tables and prose, read once and kept under the hash of the file."""

from __future__ import annotations

import hashlib
import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from backbones.ingest.paper import Paper
from backbones.store.errors import BackbonesError

VERSION = 1
"""Raised whenever the same PDF may be read otherwise than before: kept papers of other versions are not used."""
LARGEST_MIB = 100
MOST_MEMORY_MIB = 1024
"""Address space of the process that reads; a paper of 40 pages needs a tenth of it."""
MOST_SECONDS = 120
MOST_OUTPUT_MIB = 64

Progress = Callable[[int, int], None]


def read_paper(path: Path, cache: Path | None = None, progress: Progress | None = None) -> Paper:
    """The paper in a PDF file, from `cache` where the same file was read before.

    The PDF is read in a process of its own with limits on memory and time. BackbonesError, a sentence, where there is
    no such file or it cannot be read. `progress` is told (pages read, pages).
    """
    sha256 = _sha256(path)
    kept = cache / "papers" / f"{sha256}.{VERSION}.json" if cache is not None else None
    paper = _kept(kept, sha256, path.name) if kept is not None else None
    if paper is None:
        paper = _read_apart(path, sha256, progress)
        if kept is not None:
            _keep(kept, paper)
    return paper


def _sha256(path: Path) -> str:
    """The hash of a file that may be a PDF."""
    try:
        if not path.is_file():
            what = "is a folder" if path.is_dir() else "is no file" if path.exists() else "does not exist"
            raise BackbonesError(f"{str(path)!r} {what}; name a PDF file")
        if path.stat().st_size > LARGEST_MIB << 20:
            size = path.stat().st_size >> 20
            raise BackbonesError(
                f"{path.name!r} has {size} MiB; papers of up to {LARGEST_MIB} MiB are read: compress its figures"
            )
        with path.open("rb") as file:
            if b"%PDF-" not in file.read(1024):
                raise BackbonesError(
                    f"{path.name!r} is not a PDF: its first bytes lack '%PDF-'; download the paper again"
                )
            file.seek(0)
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise BackbonesError(f"{str(path)!r} cannot be read: {error.strerror}") from error


def _kept(file: Path, sha256: str, name: str) -> Paper | None:
    """The paper as it was kept; None where it is not there or damaged."""
    try:
        plain = json.loads(file.read_bytes())
        paper = Paper.from_json({**plain, "name": name})
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None
    return paper if paper.sha256 == sha256 else None


def _keep(file: Path, paper: Paper) -> None:
    """Write the file in one rename; a cache that cannot be written is no error."""
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile("w", encoding="utf-8", dir=file.parent, delete=False) as half:
            json.dump(paper.to_json(), half, ensure_ascii=False)
        os.replace(half.name, file)
    except OSError:
        return


def _read_apart(path: Path, sha256: str, progress: Progress | None) -> Paper:
    """Read in a child process; what goes wrong there becomes a sentence here."""
    command = [sys.executable, "-P", "-m", "backbones.ingest.reading.child"]
    command += [str(path.resolve()), sha256, str(MOST_MEMORY_MIB), str(max(1, int(MOST_SECONDS)))]
    with subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    ) as child:
        clock = threading.Timer(MOST_SECONDS, child.kill)
        clock.start()
        try:
            answer = _answer(child, progress)
        except BaseException:
            child.kill()
            raise
        finally:
            clock.cancel()
        code = child.wait()
    if "paper" in answer:
        return Paper.from_json({**answer["paper"], "name": path.name})
    if "refused" in answer:
        raise BackbonesError(f"{path.name!r} {answer['refused']}")
    raise BackbonesError(f"{path.name!r} {_why(code)}")


def _answer(child: subprocess.Popen[bytes], progress: Progress | None) -> dict[str, Any]:
    assert child.stdout is not None
    while line := child.stdout.readline(MOST_OUTPUT_MIB << 20):
        try:
            message = json.loads(line)
        except ValueError:
            break
        if "page" not in message:
            return dict(message)
        if progress is not None:
            progress(int(message["page"]), int(message["of"]))
    return {}


def _why(code: int) -> str:
    """What the end of the child says about the file."""
    slow = [-signal.SIGKILL, -signal.SIGXCPU] if hasattr(signal, "SIGXCPU") else []
    if code in slow:
        return f"was not read within {MOST_SECONDS} s and {MOST_MEMORY_MIB} MiB; print it to a new PDF and try that one"
    return "is damaged or too large to be read; download it again, or print it to a new PDF and try that one"
