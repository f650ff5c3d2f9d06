"""The one measurement that may go on: started, heard, shown, ended. The work is done by a child; nothing here imports torch."""

from __future__ import annotations

import asyncio
import shlex
import signal
import time
from collections.abc import Mapping
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from textual.timer import Timer

from backbones.store.text import printable
from backbones.tui.hints import KeyHints
from backbones.tui.measuring_answers import Answers
from backbones.tui.measuring_child import Child
from backbones.tui.measuring_story import Story
from backbones.tui.measuring_wish import Wish, Words, arguments, command

if TYPE_CHECKING:
    from textual.notifications import SeverityLevel

    from backbones.tui.app import BackbonesApp

PAINTED_EVERY_S: Final = 0.25
PATIENCE_S: Final = 4.0
"""For the block in hand, when one leaves the app."""
TOLD_S: Final = 8.0
GRACE_S: Final = 1.5
"""For a run that was told to end at once."""


class Measuring:
    """Of one app; the last run's story stays until the next begins."""

    def __init__(self, app: BackbonesApp) -> None:
        self.app = app
        self.story = Story()
        self.wish = Wish()
        """The settings that were taken last."""
        self.command = ""
        self.label = ""
        self.line = ""
        """What the last line of every screen says of it."""
        self.outcome = ""
        """The sentence at the end."""
        self.began_s = self.ended_s = 0.0
        self.answers = Answers(app)
        self._child: Child | None = None
        self._task: asyncio.Task[None] | None = None
        self._painting: Timer | None = None
        self._painted_s = 0.0
        self.ends = 0
        """How often its end was asked for."""

    @property
    def is_running(self) -> bool:
        """Whether a child measures."""
        return self._child is not None

    @property
    def took_s(self) -> float:
        """How long it has gone on, or did."""
        return (time.monotonic() if self.is_running else self.ended_s) - self.began_s

    @property
    def has_story(self) -> bool:
        """Whether there is, or was, a run."""
        return bool(self.command)

    def start(self, wish: Wish, words: Words, label: str) -> bool:
        """Begin; False while another run goes on, which is said."""
        if self.is_running:
            self.app.notify("one measurement goes on already; the next can begin when it is over", severity="warning")
            return False
        self.story, self.command, self.label, self.outcome, self.ends = Story(), command(wish, words), label, "", 0
        self.wish, self.began_s = wish, time.monotonic()
        self.answers.begin()
        self._child = Child(self.app.catalogue_words() + arguments(wish, words), self._heard)
        self._task = asyncio.create_task(self._see_through(self._child), name="measuring")
        self._paint()
        return True

    async def _see_through(self, child: Child) -> None:
        """Until the child ends."""
        code, reason = 1, ""
        try:
            code = await child.run()
            reason = child.reason
        except OSError as error:
            reason = f"the command cannot be started: {error.strerror or error}"
        except asyncio.CancelledError:
            child.kill()
            raise
        except Exception as error:  # a bug: the app reports it as it does its own
            child.kill()
            self.app._handle_exception(error)
        finally:
            self._child = None
            self.ended_s = time.monotonic()
        self.story.is_over = True
        self.outcome = self.story.summary(code, printable(reason))
        self._paint()
        self.answers.finish(self.story, partial(self._tell_outcome, is_refused=bool(code) and not self.story.measured))

    def _tell_outcome(self, column: str, is_refused: bool) -> None:
        """Say what came of it, and which column has it."""
        self.outcome += f"; {column}" if column else ""
        if self.app.is_running:
            severity: SeverityLevel = "error" if is_refused and not self.story.is_ending else "information"
            timeout = TOLD_S if severity == "information" else None
            self.app.notify(self.outcome, title="measuring", severity=severity, timeout=timeout, markup=False)
            self._show_in_panel()

    # ---- while it goes on

    def _heard(self, event: Mapping[str, Any]) -> None:
        if self.story.hear(event):
            if event.get("event") == "taken":
                self.answers.renew(self.story)
            self._paint_soon()

    def _paint_soon(self) -> None:
        """At most four times a second; no timer while nothing is told."""
        if self._painting is None and self.app.is_running:
            wait = self._painted_s + PAINTED_EVERY_S - time.monotonic()
            self._painting = self.app.set_timer(max(0.01, wait), self._paint)

    def _paint(self) -> None:
        if self._painting is not None:
            self._painting.stop()
        self._painting, self._painted_s = None, time.monotonic()
        if self.line != (line := printable(self.story.line) if self.is_running else ""):
            self.line = line
            for screen in self.app.screen_stack:
                for hints in screen.query(KeyHints):
                    hints.refresh()
        self._show_in_panel()

    def _show_in_panel(self) -> None:
        if self.has_story and self.app.screen_stack:
            from backbones.tui.measuring_panel import MeasuringPanel

            for screen in self.app.screen_stack:
                if isinstance(screen, MeasuringPanel) and screen.is_attached:
                    screen.show()

    # ---- its end

    def stop(self) -> None:
        """End it after the present block; asked for again: at once."""
        if self._child is None:
            return
        self.ends += 1
        self.story.is_ending = True
        if self.ends == 1:
            self._child.send(signal.SIGINT)
        elif self.ends == 2:
            self._child.send(signal.SIGTERM)
        else:
            self._child.kill()
        self._paint()

    def let_go(self) -> None:
        """The app is being left: ask for the end once."""
        if self.ends == 0:
            self.stop()

    async def leave(self) -> None:
        """See that the child is gone; what was finished is kept."""
        if (child := self._child) is not None:
            self.let_go()
            if not await child.wait(PATIENCE_S):
                child.send(signal.SIGTERM)
                if not await child.wait(GRACE_S):
                    child.kill()
                    await child.wait(GRACE_S)
        if self._task is not None:
            with suppress(asyncio.CancelledError, asyncio.TimeoutError):
                await asyncio.wait_for(self._task, GRACE_S)
        self.answers.close()

    @property
    def farewell(self) -> str:
        """What is said in the shell when one leaves while it goes on."""
        if not self.is_running:
            return ""
        words = shlex.split(self.command)
        how = self.command if len(words) < 12 else "the same measurement"
        return f"measuring was ended; every finished visit is kept, and it goes on from there with: {how}"
