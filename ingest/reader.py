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
from typing import IO, Any

from backbones.ingest.paper import Paper
from backbones.store.errors import BackbonesError
from backbones.store.text import printable

VERSION = 3
"""Raised whenever the same PDF may be read otherwise than before: kept papers of other versions are not used."""
LARGEST_MIB = 100
MOST_MEMORY_MIB = 1024
"""Address space of the process that reads; a paper of 40 pages needs a tenth of it."""
MOST_SECONDS = 120
MOST_OUTPUT_BYTES = 64 << 20

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
    half = None
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile("w", encoding="utf-8", dir=file.parent, delete=False) as written:
            half = Path(written.name)
            json.dump(paper.to_json(), written, ensure_ascii=False)
        os.replace(half, file)
    except (OSError, UnicodeEncodeError):
        return
    finally:
        if half is not None:
            half.unlink(missing_ok=True)  # gone where it took its place


def _read_apart(path: Path, sha256: str, progress: Progress | None) -> Paper:
    """Read in a child process; what goes wrong there becomes a sentence here."""
    command = [sys.executable, "-P", "-m", "backbones.ingest.reading.child"]
    command += [str(path.resolve()), sha256, str(MOST_MEMORY_MIB), str(max(1, int(MOST_SECONDS)))]
    with (
        tempfile.TemporaryFile() as complaints,  # a pipe would have to be emptied all the while
        subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=complaints) as child,
    ):
        clock = threading.Timer(MOST_SECONDS, child.kill)
        clock.start()
        try:
            answer = _answer(child, progress)
            code = child.wait()
        except BaseException:
            child.kill()
            raise
        finally:
            clock.cancel()
        said = _last_line(complaints)
    if "paper" in answer:
        return Paper.from_json({**answer["paper"], "name": path.name})
    if "refused" in answer:
        raise BackbonesError(f"{path.name!r} {answer['refused']}")
    raise BackbonesError(f"{path.name!r} {_why(code, said)}")


def _last_line(file: IO[bytes]) -> str:
    """The end of what the child complained of: the name and the words of an exception."""
    file.seek(max(0, file.seek(0, os.SEEK_END) - 4000))
    lines = file.read().decode("utf-8", "replace").strip().splitlines()
    return printable(lines[-1])[:300] if lines else ""


def _answer(child: subprocess.Popen[bytes], progress: Progress | None) -> dict[str, Any]:
    assert child.stdout is not None
    while line := child.stdout.readline(MOST_OUTPUT_BYTES):
        try:
            message = json.loads(line)
        except ValueError:
            if len(line) < MOST_OUTPUT_BYTES:
                break
            child.kill()  # it goes on for longer than is read
            return {
                "refused": f"holds more than {MOST_OUTPUT_BYTES:,} bytes of tables and text; cut out the pages with tables"
            }
        if "page" not in message:
            return dict(message)
        if progress is not None:
            progress(int(message["page"]), int(message["of"]))
    return {}


def _why(code: int, said: str) -> str:
    """What the end of the child says about the file. It ends with 1 where it fails by itself, on a signal where the file's
    damage, or want of memory, makes the PDF library end it."""
    slow = [-signal.SIGKILL, -signal.SIGXCPU] if hasattr(signal, "SIGXCPU") else []
    if code in slow:
        return f"was not read within {MOST_SECONDS} s and {MOST_MEMORY_MIB} MiB; print it to a new PDF and try that one"
    if code >= 0:
        return (
            f"was not read: the program that reads it failed ({said or f'exit code {code}'}). That is a fault of this "
            "installation or of the program, not of the file; please report it"
        )
    return "is damaged or too large to be read; download it again, or print it to a new PDF and try that one"
