"""Questions of a screen in worker threads: the newest of a group wins, answers arrive on the main thread."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar, cast

from textual.screen import Screen

from backbones.store.errors import BackbonesError
from backbones.store.explorer import Explorer
from backbones.tui.navigation import place_of

if TYPE_CHECKING:
    from backbones.store.page import Link
    from backbones.tui.app import BackbonesApp

T = TypeVar("T")


def patiently(question: Callable[[], T], is_wanted: Callable[[], bool]) -> T | None:
    """The answer, asked for again where an interruption was meant for another question; None once nobody wants it.

    For a thread; what the question itself raises is raised.
    """
    while is_wanted():
        try:
            return question()
        except InterruptedError:
            continue
    return None


class Asking(Screen[None]):
    """A screen that asks the catalogue."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._asked: dict[str, int] = {}
        self._at_work: set[tuple[str, int]] = set()
        self._is_left = False

    @property
    def home(self) -> BackbonesApp:
        """The application, with `go`, `marks` and the other places."""
        return cast("BackbonesApp", self.app)

    @property
    def catalogue(self) -> Explorer | None:
        """Who is asked; None before the catalogue is open."""
        raise NotImplementedError

    def on_unmount(self) -> None:
        """Nobody waits for the answers any more: let the next screen's questions have the catalogue."""
        self._is_left = True
        if self._at_work and (explorer := self.catalogue) is not None:
            explorer.interrupt()

    def ask(self, question: Callable[[sqlite3.Connection], T], then: Callable[[T], None], group: str = "ask") -> None:
        """Ask the catalogue in a thread; `then` gets the answer on the main thread, unless a newer question of that
        group was asked meanwhile or the screen was left. An error that is a sentence is shown as a toast."""
        if (explorer := self.catalogue) is not None:

            def asked(connection: sqlite3.Connection) -> T:
                if self._is_left:  # while another question was answered
                    raise InterruptedError
                return question(connection)

            self.in_thread(lambda: explorer.ask(asked), then, group)

    def in_thread(self, work: Callable[[], T], then: Callable[[T], None], group: str = "ask") -> None:
        """Like `ask`, for work that asks in its own way."""
        number = self._asked[group] = self._asked.get(group, 0) + 1

        def is_wanted() -> bool:
            return self._asked[group] == number and self.is_attached and not self._is_left

        def arrive(found: T) -> None:
            if is_wanted():
                then(found)

        def run() -> None:
            self._at_work.add((group, number))
            try:
                answer = patiently(lambda: (work(),), is_wanted)
            except BackbonesError as error:
                self.app.call_later(self.complain, error)
            else:
                if answer is not None:
                    self.app.call_later(arrive, *answer)
            finally:
                self._at_work.discard((group, number))

        self.run_worker(run, group=group, thread=True, exclusive=True)

    def follow(self, link: Link | None) -> None:
        """Go where a link leads; not from under a panel that was opened while it was looked up."""
        if link is not None and self.is_active:
            self.home.go(place_of(link))

    def complain(self, error: BackbonesError) -> None:
        """Say what went wrong."""
        self.app.notify(str(error), severity="error", markup=False)
