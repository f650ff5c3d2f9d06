"""Manners in the terminal: it is left as it was however the end comes, nothing said is lost, a bug is reported."""

from __future__ import annotations

import asyncio
import gc
import select
import signal
import sys
import time
from collections import deque
from dataclasses import dataclass
from typing import ClassVar

from textual import events
from textual.app import App
from textual.binding import Binding, BindingType
from textual.driver import Driver
from textual.notifications import SeverityLevel

from backbones.plot.palette import Look
from backbones.tui.frugal import frugal

ERRORS_STAY_S = 12.0
WARNINGS_STAY_S = 8.0
LOGGED = 200
LONGEST_SAID = 2_000
"""Characters of one message: a sentence may quote what was typed or pasted."""
KEYS_KEPT = 20
REST_S = 1.0
"""Without a key, before all garbage is collected: that takes 0.2 s where many rows are in memory."""
KEY_WORDS = {"⏎": "enter", "↑": "up", "↓": "down", "←": "left", "→": "right", "⌫": "backspace"}


@dataclass(frozen=True, slots=True)
class Note:
    """Something that the program said."""

    when_s: float
    """Seconds since 1970."""
    severity: SeverityLevel
    title: str
    text: str


class WellMannered(App[None]):
    """Writes little, gives the terminal back after signals and errors, remembers what it said."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "exclamation_mark",
            "said",
            "messages",
            False,
            key_display="!",
            id="app.messages",
            tooltip="Read again what the program said",
        ),
        Binding("ctrl+l", "redraw", "redraw", False, id="app.redraw", tooltip="Paint the screen again"),
        Binding(
            "ctrl+z", "suspend_process", "suspend", False, id="app.suspend", tooltip="To the shell; `fg` comes back"
        ),
    ]

    look = Look()
    crash: BaseException | None = None
    """The bug that ended the program."""

    def __init__(self, *, ansi_color: bool | None = None) -> None:
        super().__init__(ansi_color=ansi_color)
        self.said: deque[Note] = deque(maxlen=LOGGED)
        """What the program said, the newest last."""
        self.last_keys: deque[str] = deque(maxlen=KEYS_KEPT)
        self._pressed_s = 0.0
        self._tidies = False

    def get_driver_class(self) -> type[Driver]:
        """The platform's driver, writing less."""
        driver = super().get_driver_class()
        return driver if sys.platform == "win32" else readable(frugal(driver))

    def on_mount(self) -> None:
        """Leave the terminal as it was, however the end comes."""
        self.app_resume_signal.subscribe(self, self._repaint)
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
            try:
                loop.add_signal_handler(number, self._end, number)
            except (NotImplementedError, RuntimeError, ValueError):
                return  # not the main thread, or no such signals here
        self._watch_terminal(loop)

    def _watch_terminal(self, loop: asyncio.AbstractEventLoop) -> None:
        """End when the terminal is gone and nobody is told by a signal, as below `make`: its input would be read for ever."""
        stdin = getattr(self._driver, "fileno", None)
        if self.is_headless or stdin is None or not hasattr(select, "epoll"):
            return
        hang_up = select.epoll()
        try:
            hang_up.register(stdin, 0)  # no event but the end
        except OSError:  # a file
            hang_up.close()
            return

        def end() -> None:
            loop.remove_reader(hang_up)
            self._end(signal.SIGHUP)

        loop.add_reader(hang_up, end)

    def stop_asking(self) -> None:
        """Let go of what is being asked; a subclass knows of what."""

    def _end(self, number: int) -> None:
        self.stop_asking()
        self.exit(return_code=128 + number)

    def _handle_exception(self, error: Exception) -> None:
        """End because of a bug: without a picture of the traceback, which the report has."""
        self._return_code = 1
        self.crash = self.crash or error
        if self._exception is None:
            self._exception = error
            self._exception_event.set()
        self.stop_asking()
        self._close_messages_no_wait()

    # Painting

    def _repaint(self, _: object) -> None:
        """After `fg`: without a new layout Textual 8.2.8 leaves the screen blank."""
        self.refresh(layout=True)
        for screen in self.screen_stack:
            screen.refresh(layout=True)

    def on_resize(self) -> None:
        """The terminal may have moved everything."""
        if thrift := getattr(self._driver, "thrift", None):
            thrift.forget()

    def action_redraw(self) -> None:
        """Paint everything again, whatever another program wrote over it."""
        self.on_resize()
        self.refresh(layout=True)
        self.screen.refresh(layout=True)

    # What was pressed and said

    async def on_event(self, event: events.Event) -> None:
        """Remember the last keys, for a report."""
        if isinstance(event, events.Key) and not event.is_forwarded:
            self.last_keys.append(event.key)
            self._pressed_s = time.monotonic()
            if not self._tidies:
                self._tidies = True
                self.set_timer(REST_S, self._tidy)
        if self.screen_stack or not isinstance(event, events.Key):  # a key behind the one that quits finds no screen
            await super().on_event(event)

    def _tidy(self) -> None:
        """Collect all garbage once no key was pressed for a while, and give memory back; no timer when there is nothing to do."""
        if (left := self._pressed_s + REST_S - time.monotonic()) > 0:
            self.set_timer(left, self._tidy)
        else:
            from backbones.tui.spare_memory import give_back

            self._tidies = False
            gc.collect()
            give_back()

    def notify(
        self,
        message: str,
        *,
        title: str = "",
        severity: SeverityLevel = "information",
        timeout: float | None = None,
        markup: bool = True,
    ) -> None:
        """Say something for some seconds, errors longer; `!` shows it again."""
        if timeout is None:
            timeout = {"error": ERRORS_STAY_S, "warning": WARNINGS_STAY_S}.get(severity)
        message = message if len(message) <= LONGEST_SAID else f"{message[:LONGEST_SAID]}…"
        self.said.append(Note(time.time(), severity, title, message))
        super().notify(message, title=title, severity=severity, timeout=timeout, markup=markup)

    def say_quietly(self, text: str, title: str = "", severity: SeverityLevel = "information") -> None:
        """Keep something to be read with `!`, without showing it now."""
        self.said.append(Note(time.time(), severity, title, text))

    def get_key_display(self, binding: Binding) -> str:
        """What a key is called; words for arrows where the terminal has none."""
        shown = super().get_key_display(binding)
        return "".join(KEY_WORDS.get(c, c) for c in shown) if self.look.ascii else shown

    def key_for(self, id: str, otherwise: str = "") -> str:
        """How a key is written in a sentence: the one that works now, the user's own where there is one."""
        for _, binding, _, _ in self.screen.active_bindings.values():
            if binding.id == id:
                return self.get_key_display(binding)
        own = self._keymap.get(id, "").partition(",")[0]
        return self.get_key_display(Binding(own, "")) if own else otherwise

    def to_terminal(self, sequence: str) -> None:
        """Send a sequence to the terminal, where there is one."""
        if self._driver is not None:
            self._driver.write(sequence)

    def action_said(self) -> None:
        """Show what was said."""
        from backbones.tui.log import LogPanel

        if not self.screen.is_modal:
            self.clear_notifications()
            self.push_screen(LogPanel(tuple(self.said)))


def collect_garbage_at_rest() -> None:
    """After the first paint: what is there by now stays; of what comes, only the young is looked at while keys are pressed."""
    from backbones.tui.spare_memory import keep_one_heap

    keep_one_heap()
    gc.freeze()
    gc.set_threshold(700, 10, 1_000_000)
    gc.enable()


def readable(driver: type[Driver]) -> type[Driver]:
    """The driver, writing ASCII where the terminal has nothing else."""

    class ReadableDriver(driver):  # type: ignore[valid-type,misc]
        """Sees to it that each cell shows something."""

        def write(self, data: str) -> None:
            """Write the text, or what is like it in ASCII."""
            if not data.isascii() and self._app.look.ascii:
                from backbones.tui.themes import in_ascii

                data = in_ascii(data)
            super().write(data)

    return ReadableDriver
