"""What is told while the probe runs: a bar on a terminal, else a line a row, or events as JSON lines for a program."""

from __future__ import annotations

import json
import shlex
import shutil
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Protocol

import click

from backbones.cli.session import say
from backbones.probe.speed import events
from backbones.probe.speed.events import Event, plain
from backbones.probe.speed.plan import in_words
from backbones.store.measuring.visit import Visit
from backbones.store.text import printable


class Progress(Protocol):
    """Hears every event of a run."""

    def hear(self, event: Event) -> None:
        """Tell it, or not."""

    def note(self, name: str, **fields: Any) -> None:
        """Something that is no event of a run: what is planned, what was answered."""

    def end(self) -> None:
        """Nothing more comes: leave the screen tidy."""


@contextmanager
def meanwhile(what: str) -> Iterator[None]:
    """On a terminal: what is waited for, until it is there."""
    if not sys.stderr.isatty():
        yield
        return
    sys.stderr.write(f"\r\x1b[K{what}")
    sys.stderr.flush()
    try:
        yield
    finally:
        sys.stderr.write("\r\x1b[K")
        sys.stderr.flush()


class Nothing:
    """Tells nothing but what went wrong with a device."""

    def __init__(self) -> None:
        self._introduced: set[str] = set()
        self._has_waited = False

    def hear(self, event: Event) -> None:
        if isinstance(event, events.DeviceLost):
            say(f"{event.device}: {event.error}; {event.tasks:,} tasks are left")
        elif isinstance(event, events.Waiting) and not self._has_waited:
            self._has_waited = True
            say(f"{event.error}: the run goes on, and each finished visit waits in memory")
        elif isinstance(event, events.NotKept):
            say(about_not_kept(event))

    def _introduce(self, event: Event) -> None:
        """What is measured on, once, and what of it is done already."""
        if isinstance(event, events.WorkerReady) and event.device not in self._introduced:
            self._introduced.add(event.device)
            if event.unset and len(self._introduced) == 1:
                say(about_unset(event))
            say(about_device(event))
        elif isinstance(event, events.Resumed) and event.tasks:
            say(about_resumed(event))

    def note(self, name: str, **fields: Any) -> None:
        """Nothing."""

    def end(self) -> None:
        """Nothing."""


class Lines(Nothing):
    """A line on stderr for each row that was taken."""

    def hear(self, event: Event) -> None:
        super().hear(event)
        self._introduce(event)
        if isinstance(event, events.Taken):
            say(f"{event.done}/{event.planned} {told(event.visit)}")
        elif isinstance(event, events.Retrying):
            say(
                f"{event.task.model} {event.task.quantity}: {event.status}; it is tried once more at the end of the round"
            )
        elif isinstance(event, events.RoundDone) and event.again:
            say(f"round {event.round} is over; {event.again:,} again")


class Bar(Nothing):
    """One line on stderr that is written over and over."""

    def __init__(self) -> None:
        super().__init__()
        self._done, self._planned, self._round, self._began = 0, 0, 1, time.monotonic()

    def hear(self, event: Event) -> None:
        if isinstance(event, events.DeviceLost | events.WorkerReady | events.Resumed | events.Waiting | events.NotKept):
            self.end()
        super().hear(event)
        self._introduce(event)
        if isinstance(event, events.Started):
            self._draw(f"loading torch on {', '.join(event.devices)} …")
        elif isinstance(event, events.InPhase):
            if event.round != self._round:
                self._done, self._round, self._began = 0, event.round, time.monotonic()
            self._draw(f"{event.task.model} {event.task.quantity}: {event.phase.replace('_', ' ')}")
        elif isinstance(event, events.Taken):
            self._done, self._planned = event.done, event.planned
            self._draw(told(event.visit))

    def note(self, name: str, **fields: Any) -> None:
        self._planned = fields.get("tasks", self._planned)  # until the first row says how many the round has

    def end(self) -> None:
        sys.stderr.write("\r\x1b[K")
        sys.stderr.flush()

    def _draw(self, what: str) -> None:
        share = self._done / self._planned if self._planned else 0.0
        left = (time.monotonic() - self._began) / self._done * (self._planned - self._done) if self._done else 0.0
        counted = f"{self._done}/{self._planned}" if self._planned else ""
        when = f", {in_words(left)} left in round {self._round}" if left else ""
        line = f"{'#' * int(20 * share):.<20} {counted}{when}  {printable(what)}"
        sys.stderr.write("\r\x1b[K" + line[: max(20, shutil.get_terminal_size().columns - 1)])
        sys.stderr.flush()


class JsonLines:
    """Each event as one JSON object on stdout, at once."""

    def hear(self, event: Event) -> None:
        self._write(plain(event))

    def note(self, name: str, **fields: Any) -> None:
        self._write({"event": name, **fields})

    def end(self) -> None:
        """Nothing."""

    def _write(self, record: dict[str, Any]) -> None:
        click.echo(json.dumps(record, ensure_ascii=False))  # flushes


def progress_of(kind: str) -> Progress:
    """The one of that name; a bar needs a terminal."""
    if kind == "jsonl":
        return JsonLines()
    if kind == "none":
        return Nothing()
    return Bar() if sys.stderr.isatty() else Lines()


def told(visit: Visit) -> str:
    """A visit in a line."""
    task, seen = visit.task, visit.seen
    what = f"{task.model} {task.quantity} {task.precision}"
    if task.device != "cpu":
        what += f" {task.device}"
    if visit.status != "ok" or seen is None:
        return f"{what}: {visit.status}" + (f"; {visit.error}" if visit.error else "")
    if task.quantity == "latency":
        return f"{what}: {seen.latency_ms or 0:.3g} ms"
    return f"{what}: {seen.throughput_img_s or 0:,.1f} img/s at batch {seen.batch_size}"


def about_device(event: events.WorkerReady) -> str:
    """What a worker is on."""
    here = event.conditions
    parts = [
        here.device,
        here.driver and f"driver {here.driver}",
        here.accelerator,
        f"torch {here.torch}",
        f"timm {here.timm}",
    ]
    parts += [f"{here.threads} thread{'s' if here.threads != 1 else ''}"] if here.device_kind == "cpu" else []
    return f"{event.device} is {', '.join(filter(None, parts))}"


def about_unset(event: events.WorkerReady) -> str:
    """Which of the user's variables do not hold."""
    names = " and ".join(event.unset)
    return f"measured without {names}, which would make the numbers those of another setting"


def about_not_kept(event: events.NotKept) -> str:
    """What became of the visits that did not get into the file."""
    many = f"{len(event.visits):,} visit{'s' if len(event.visits) > 1 else ''} could not be kept: {event.error}"
    if event.file:
        return f"{many}\n  they are in {event.file}; later: backbones measurements merge {shlex.quote(event.file)}"
    return "\n  ".join((many, *event.visits))


def about_resumed(event: events.Resumed) -> str:
    """What needs no visit."""
    return f"{event.tasks:,} already measured on {event.device}; --no-resume measures them again"
