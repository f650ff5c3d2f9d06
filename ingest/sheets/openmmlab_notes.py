"""What an import of OpenMMLab's metafiles could not take over."""

from __future__ import annotations

from collections import Counter


class Notes:
    """What could not be taken over, each kind once with how often and where first."""

    def __init__(self) -> None:
        self._count: Counter[str] = Counter()
        self._first: dict[str, str] = {}

    def add(self, sentence: str, where: str) -> None:
        """Note it; equal sentences are counted."""
        self._count[sentence] += 1
        self._first.setdefault(sentence, where)

    def lines(self) -> list[str]:
        """One line a sentence, in the order of their first places."""
        return [
            f"{self._first[sentence]}: {sentence}" + (f" ({count:,} times; this is the first)" if count > 1 else "")
            for sentence, count in self._count.items()
        ]
