"""Undo and redo of views: each is one frozen value, so a step is the value before."""

from __future__ import annotations

from backbones.store.view import View

LONGEST = 200


class Timeline:
    """The view that is wanted now, those before it and those that were undone."""

    def __init__(self, view: View) -> None:
        self.view = view
        self._before: list[View] = []
        self._after: list[View] = []
        self._kind = ""

    def go(self, view: View, kind: str = "") -> None:
        """Another view. Steps of one kind that follow each other, as while typing a filter, are one step of undo."""
        if view == self.view:
            return
        if not kind or kind != self._kind:
            self._before = [*self._before[-LONGEST:], self.view]
        self._kind, self._after, self.view = kind, [], view

    def settle(self) -> None:
        """The next step is one of its own, whatever its kind."""
        self._kind = ""

    def undo(self) -> bool:
        """One step back, if there is one."""
        if not self._before:
            return False
        self._after.append(self.view)
        self.view, self._kind = self._before.pop(), ""
        return True

    def redo(self) -> bool:
        """Take back an undo."""
        if not self._after:
            return False
        self._before.append(self.view)
        self.view, self._kind = self._after.pop(), ""
        return True

    def take_back(self, good: View) -> None:
        """The wanted view was refused: the last good one is wanted again, and the step never happened."""
        if self._before and self._before[-1] == good:
            self._before.pop()
        self.view, self._kind = good, ""
