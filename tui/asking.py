"""Questions of a screen in worker threads: the newest of a group wins, answers arrive on the main thread."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from typing import Any, TypeVar

from textual.screen import Screen

from backbones.store.errors import BackbonesError
from backbones.store.explorer import Explorer

T = TypeVar("T")


class Asking(Screen[None]):
    """A screen that asks the catalogue."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._asked: dict[str, int] = {}

    @property
    def catalogue(self) -> Explorer | None:
        """Who is asked; None before the catalogue is open."""
        raise NotImplementedError

    def ask(self, question: Callable[[sqlite3.Connection], T], then: Callable[[T], None], group: str = "ask") -> None:
        """Ask the catalogue in a thread; `then` gets the answer on the main thread, unless a newer question of that
        group was asked meanwhile or the screen was left. An error that is a sentence is shown as a toast."""
        if (explorer := self.catalogue) is not None:
            self.in_thread(lambda: explorer.ask(question), then, group)

    def in_thread(self, work: Callable[[], T], then: Callable[[T], None], group: str = "ask") -> None:
        """Like `ask`, for work that asks in its own way."""
        number = self._asked[group] = self._asked.get(group, 0) + 1

        def is_wanted() -> bool:
            return self._asked[group] == number and self.is_attached

        def arrive(found: T) -> None:
            if is_wanted():
                then(found)

        def run() -> None:
            while is_wanted():
                try:
                    found = work()
                except InterruptedError:
                    continue  # it was meant for another question
                except BackbonesError as error:
                    self.app.call_later(self.complain, error)
                else:
                    self.app.call_later(arrive, found)
                return

        self.run_worker(run, group=group, thread=True, exclusive=True)

    def complain(self, error: BackbonesError) -> None:
        """Say what went wrong."""
        self.app.notify(str(error), severity="error", markup=False)
