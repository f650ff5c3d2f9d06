"""Reads one PDF in a process of its own, so that a hostile file costs bounded time and memory and cannot crash its caller.

    python -P -m backbones.ingest.reading.child PDF SHA256 MEMORY_MIB SECONDS

On stdout a JSON object a line: `{"page": 3, "of": 12}` …, then `{"paper": {...}}` or `{"refused": "sentence"}`.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from backbones.ingest.reading.refused import Refused


def _limit(memory_mib: int, seconds: int) -> None:
    """Hold this process to so much memory and processor time, where the system can."""
    try:
        import resource
    except ImportError:  # Windows: the caller's clock alone
        return
    for limit, most in (
        (resource.RLIMIT_AS, memory_mib << 20),
        (resource.RLIMIT_CPU, seconds),
        (resource.RLIMIT_CORE, 0),
    ):
        try:
            _, hard = resource.getrlimit(limit)
            within = most if hard == resource.RLIM_INFINITY else min(most, hard)
            resource.setrlimit(limit, (within, hard))
        except (ValueError, OSError):
            continue


def _say(**message: Any) -> None:
    sys.stdout.write(json.dumps(message) + "\n")
    sys.stdout.flush()


def main(arguments: list[str]) -> None:
    """Read the PDF that the arguments name and write what was found."""
    path, sha256, memory_mib, seconds = arguments
    _limit(int(memory_mib), int(seconds))
    from backbones.ingest.reading.document import read_document

    try:
        paper = read_document(Path(path), sha256, lambda page, of: _say(page=page, of=of))
    except Refused as refused:
        _say(refused=str(refused))
    except MemoryError:
        _say(refused=f"needs more than {memory_mib} MiB of memory to be read")
    except RecursionError:
        _say(refused="is nested too deeply to be read")
    else:
        _say(paper=paper.to_json())


if __name__ == "__main__":
    main(sys.argv[1:])
