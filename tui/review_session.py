"""A review in progress: decisions, undone and done again, and what they leave to do."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from backbones.store.drafts import Decision, Draft, Evidence
from backbones.tui.review_printed import place_in, where_printed
from backbones.tui.review_values import BY_HAND, Value, noted, values_of


@dataclass(frozen=True, slots=True)
class Change:
    """One step that can be taken back: positions of values, and their evidence before and after."""

    at: tuple[int, ...]
    before: tuple[Evidence, ...]
    after: tuple[Evidence, ...]


class Session:
    """A draft and the steps that were taken; nothing here reads or writes a file."""

    def __init__(self, draft: Draft) -> None:
        self._opened = draft
        self.values: list[Value] = values_of(draft)
        self._done: list[Change] = []
        self._undone: list[Change] = []

    @property
    def draft(self) -> Draft:
        """The draft as it is now."""
        return replace(self._opened, evidence=tuple(value.evidence for value in self.values))

    # Deciding

    def decide(self, at: int, decision: Decision, corrected: float | None = None) -> Change | None:
        """Decide on one value; an empty decision takes it back. None: that is what it says already.

        A correction that neither a cell of the draft's tables nor the value's own sentence prints is noted to be by hand.
        """
        before = self.values[at].evidence
        asked = self._opened.decide(before.path, decision, corrected)
        after = next(one for one in asked.evidence if one.path == before.path)
        is_printed = (
            corrected is None
            or where_printed(self._opened.grids, corrected, before) is not None
            or place_in(before.printed, corrected) is not None
        )
        after = replace(after, how=noted(before.how, not is_printed))
        return None if after == before else self._take(Change((at,), (before,), (after,)))

    def without_doubts(self, among: Sequence[int]) -> list[int]:
        """The undecided values that the check has no error or warning of."""
        return [at for at in among if not self.values[at].evidence.decision and not self.values[at].is_doubted]

    def accept_all(self, among: Sequence[int]) -> Change | None:
        """Accept these, in one step."""
        before = tuple(self.values[at].evidence for at in among)
        after = tuple(replace(e, decision="accepted", corrected=None, how=noted(e.how, False)) for e in before)
        return self._take(Change(tuple(among), before, after)) if among else None

    def undo(self) -> Change | None:
        """Take the last step back; what it changed. None: there is none."""
        if not self._done:
            return None
        step = self._done.pop()
        self._undone.append(step)
        return self._put(Change(step.at, step.after, step.before))

    def redo(self) -> Change | None:
        """Take the step again that was taken back last."""
        if not self._undone:
            return None
        self._done.append(self._undone.pop())
        return self._put(self._done[-1])

    def _take(self, change: Change) -> Change:
        self._done.append(change)
        self._undone.clear()
        return self._put(change)

    def _put(self, change: Change) -> Change:
        for at, evidence in zip(change.at, change.after, strict=True):
            self.values[at] = replace(self.values[at], evidence=evidence)
        return change

    # What is left

    def next(self, shown: Sequence[int], row: int, step: int) -> int | None:
        """The row of the next doubtful value (`step` -1: the one before) among those shown, around the end.

        Where none is doubtful any more: the next undecided one. None: all are decided.
        """
        claims: tuple[Callable[[Value], bool], ...] = (lambda v: v.is_doubtful, lambda v: not v.evidence.decision)
        count = len(shown)
        for claim in claims:
            for away in range(1, count + 1):
                at = (row + step * away) % count
                if claim(self.values[shown[at]]):
                    return at
        return None

    @property
    def undecided(self) -> int:
        """Values that nobody has looked at."""
        return sum(not value.evidence.decision for value in self.values)

    @property
    def doubtful(self) -> int:
        """Those of them that the check has an error or a warning of."""
        return sum(value.is_doubtful for value in self.values)

    def told(self) -> tuple[str, ...]:
        """How far it is, in parts of a line."""
        total = len(self.values)
        states = [value.state for value in self.values]
        counts = ((states.count(word), word) for word in ("corrected", BY_HAND, "rejected"))
        parts = [f"{total - self.undecided:,} of {total:,} decided", f"{self.doubtful:,} doubtful left"]
        return (*parts, *(f"{count:,} {word}" for count, word in counts if count))
