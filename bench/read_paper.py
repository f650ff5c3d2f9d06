"""How long a paper takes to read, and how much memory, against pdfplumber's own `extract_words` over the same pages.

    python bench/read_paper.py PAPER.pdf …

Prints seconds a page (median of three runs in this process), the ratio to pdfplumber's words alone, seconds of a whole
`read_paper` with its own process, and the peak memory of that process.
"""

from __future__ import annotations

import resource
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pdfplumber

from backbones.ingest.reader import read_paper
from backbones.ingest.reading.document import read_document

RUNS = 3


def median_s(work: Callable[[], object]) -> float:
    """The median duration of a call."""
    durations = []
    for _ in range(RUNS):
        started = time.perf_counter()
        work()
        durations.append(time.perf_counter() - started)
    return statistics.median(durations)


def words_of(path: Path) -> int:
    """How many words pdfplumber finds."""
    with pdfplumber.open(path) as pdf:
        count = 0
        for page in pdf.pages:
            count += len(page.extract_words())
            page.close()
    return count


def main(names: list[str]) -> None:
    """Print a line for each paper."""
    print(f"{'paper':<24}{'pages':>6}{'s/page':>9}{'pdfplumber':>12}{'ratio':>8}{'whole s':>9}{'peak MiB':>10}")
    for name in names:
        path = Path(name)
        paper = read_paper(path)
        pages = paper.page_count
        ours = median_s(lambda: read_document(path, "")) / pages  # noqa: B023  # called at once
        theirs = median_s(lambda: words_of(path)) / pages  # noqa: B023
        whole = median_s(lambda: read_paper(path))  # noqa: B023
        peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
        print(
            f"{path.name[:23]:<24}{pages:>6}{ours:>9.4f}{theirs:>12.4f}{ours / theirs:>8.2f}{whole:>9.2f}{peak:>10.0f}"
        )


if __name__ == "__main__":
    main(sys.argv[1:])
