"""Keeps visits, and those that another program's lock keeps out of the file in memory until it opens."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from backbones.probe.speed.events import NotKept, Waiting
from backbones.store.errors import BackbonesError
from backbones.store.measuring.file import Busy
from backbones.store.measuring.keeping import keep as keep_in
from backbones.store.measuring.visit import Visit


class Keeper:
    """What `keep` raises goes on to the caller, but for `Busy`: such a visit is tried again with the next one."""

    def __init__(self, keep: Callable[[Visit], object]) -> None:
        self._keep = keep
        self._waiting: list[Visit] = []

    def keep(self, visit: Visit) -> Waiting | None:
        """Keep it, and what waits before it; says so where they have to wait."""
        self._waiting.append(visit)
        try:
            self._try()
        except Busy as busy:
            return Waiting(len(self._waiting), str(busy))
        return None

    def end(self) -> NotKept | None:
        """A last try; what is left goes into a file of its own beside the locked one, which can be merged. It raises nothing."""
        if not self._waiting:
            return None
        try:
            self._try()
        except Busy as busy:
            file, error = self._set_aside(busy.path), str(busy)
        except (BackbonesError, OSError) as failure:
            file, error = None, str(failure)
        else:
            return None
        return NotKept(tuple(_named(visit) for visit in self._waiting), str(file or ""), error)

    def _try(self) -> None:
        while self._waiting:
            self._keep(self._waiting[0])
            del self._waiting[0]

    def _set_aside(self, locked: Path) -> Path | None:
        file = locked.with_name(f"{locked.stem}-not-kept-{datetime.now(UTC):%Y%m%dT%H%M%S}.db")
        with suppress(BackbonesError, OSError):
            for visit in self._waiting:
                keep_in(file, visit)
            return file
        return None


def _named(visit: Visit) -> str:
    return f"{visit.task.model} {visit.task.quantity} {visit.task.precision} {visit.task.device}"
