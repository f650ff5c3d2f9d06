"""Reads one PDF in a process of its own, so that a hostile file costs bounded time and memory and cannot crash its caller.

    python -P -m backbones.ingest.reading.child PDF SHA256 MEMORY_MIB SECONDS

On stdout a JSON object a line: `{"page": 3, "of": 12}` …, then `{"paper": {...}}` or `{"refused": "sentence"}`.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from backbones.ingest.limited import hold_to
from backbones.ingest.reading.refused import Refused

MOST_WRITTEN_BYTES = 1 << 20
"""To a file: what the program says on stderr is kept in one."""


def _say(**message: Any) -> None:
    line = json.dumps(message, ensure_ascii=False) + "\n"
    sys.stdout.buffer.write(line.encode("utf-8", "replace"))  # half a character of a damaged font is none
    sys.stdout.buffer.flush()


def main(arguments: list[str]) -> None:
    """Read the PDF that the arguments name and write what was found."""
    path, sha256, memory_mib, seconds = arguments
    hold_to(int(memory_mib), int(seconds), MOST_WRITTEN_BYTES)
    import pypdfium2  # type: ignore[import-untyped]

    from backbones.ingest.reading.document import read_document
    from backbones.ingest.reading.handed_over import handed_over

    try:
        paper = handed_over(read_document(Path(path), sha256, lambda page, of: _say(page=page, of=of)))
    except Refused as refused:
        _say(refused=str(refused))
    except MemoryError:
        _say(refused=f"needs more than {memory_mib} MiB of memory to be read")
    except RecursionError:
        _say(refused="is nested too deeply to be read")
    except pypdfium2.PdfiumError as error:
        _say(refused=f"is damaged: {str(error)[:200]}; download it again, or print it to a new PDF and try that one")
    else:
        _say(paper=paper.to_json())


if __name__ == "__main__":
    main(sys.argv[1:])
