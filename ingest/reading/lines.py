"""Words become lines, and lines become runs: stretches without a wide gap."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from backbones.ingest.reading.words import Word

STOP_WORDS = frozenset(
    [
        "the",
        "of",
        "and",
        "with",
        "in",
        "we",
        "is",
        "are",
        "for",
        "to",
        "on",
        "by",
        "as",
        "that",
        "this",
        "from",
        "our",
        "a",
        "an",
        "be",
        "can",
        "which",
        "using",
        "results",
        "it",
        "not",
        "have",
        "has",
        "these",
        "their",
        "than",
        "more",
        "also",
        "such",
        "at",
        "or",
        "was",
        "were",
        "been",
        "its",
        "both",
        "all",
        "only",
        "use",
        "used",
        "when",
        "while",
        "each",
        "other",
    ]
)


@dataclass(slots=True)
class Run:
    """Neighbouring words of one line."""

    words: list[Word]

    @property
    def x0(self) -> float:
        """Left edge."""
        return self.words[0].x0

    @property
    def x1(self) -> float:
        """Right edge."""
        return max(word.x1 for word in self.words)

    @property
    def middle(self) -> float:
        """Half way between the edges."""
        return (self.x0 + self.x1) / 2

    @property
    def width(self) -> float:
        """In points."""
        return self.x1 - self.x0

    @property
    def baseline(self) -> float:
        """Of its first word."""
        return self.words[0].baseline

    @property
    def top(self) -> float:
        """Of its tallest word."""
        return min(word.top for word in self.words)

    @property
    def bottom(self) -> float:
        """Of its lowest word."""
        return max(word.bottom for word in self.words)

    @property
    def size(self) -> float:
        """The size of most of its letters."""
        return middle_of([word.size for word in self.words for _ in word.text])

    @property
    def text(self) -> str:
        """Its words with single spaces."""
        return " ".join(word.text for word in self.words)

    @property
    def is_bold(self) -> bool:
        """All of it."""
        return all(word.bold for word in self.words)


def middle_of(values: Sequence[float]) -> float:
    """The upper median."""
    return sorted(values)[len(values) // 2]


def lines_of(words: Iterable[Word], tolerance: float = 0.3) -> list[list[Word]]:
    """Words whose baselines agree within a share of their size, each line from left to right, lines downwards."""
    lines: list[list[Word]] = []
    baseline = 0.0
    for word in sorted(words, key=lambda word: word.baseline):
        if lines and word.baseline - baseline <= tolerance * min(word.size, lines[-1][0].size):
            lines[-1].append(word)
        else:
            lines.append([word])
            baseline = word.baseline
    return [sorted(line, key=lambda word: word.x0) for line in lines]


def runs_of(line: Sequence[Word], gap: float = 1.0) -> list[Run]:
    """Parts of a line that are more than `gap` em apart."""
    runs: list[Run] = []
    for word in line:
        if runs and word.x0 - runs[-1].x1 <= gap * max(word.size, runs[-1].words[-1].size):
            runs[-1].words.append(word)
        else:
            runs.append(Run([word]))
    return runs


def is_prose(run: Run) -> bool:
    """A line of running text: many words, some of them the little words that tables do without."""
    texts = [word.text.casefold().strip(".,;:()") for word in run.words]
    if len(texts) < 5:
        return False
    little = sum(text in STOP_WORDS for text in texts)
    numbers = sum(any(c.isdigit() for c in text) for text in texts)
    return little >= max(1, 0.12 * len(texts)) and numbers <= 0.4 * len(texts)
