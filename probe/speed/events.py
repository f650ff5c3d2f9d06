"""What a run tells while it goes on: for a progress line, the app, or `--progress jsonl`."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass
from typing import Any

from backbones.store.measuring.visit import Conditions, Status, Task, Visit


@dataclass(frozen=True, slots=True)
class Started:
    """The run begins."""

    devices: tuple[str, ...]
    tasks: int


@dataclass(frozen=True, slots=True)
class WorkerReady:
    """A worker has its framework and its device."""

    device: str
    conditions: Conditions
    import_s: float
    unset: tuple[str, ...] = ()
    """Variables of the user's that it did not get."""


@dataclass(frozen=True, slots=True)
class Resumed:
    """So many tasks of a device need no visit, since what is kept of earlier runs is enough."""

    device: str
    tasks: int


@dataclass(frozen=True, slots=True)
class InPhase:
    """A worker goes on: `create`, `search`, `first_call`, `compile`, `warm_up`, `measure`, `finish`."""

    task: Task
    round: int
    phase: str


@dataclass(frozen=True, slots=True)
class Taken:
    """A visit is over and kept, whatever its status."""

    visit: Visit
    done: int
    """Visits of this round so far."""
    planned: int
    """Visits of this round in all."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """The file is locked. The visits are in memory, and are tried again with the next."""

    visits: int
    error: str


@dataclass(frozen=True, slots=True)
class NotKept:
    """At the end of the run the file was still locked."""

    visits: tuple[str, ...]
    """Model, quantity, precision and device of each."""
    file: str
    """A file of measurements of its own in which they are instead; empty: they are lost."""
    error: str


@dataclass(frozen=True, slots=True)
class Retrying:
    """A first failure: tried once more, in a fresh worker, at the end of the round."""

    task: Task
    round: int
    status: Status
    error: str


@dataclass(frozen=True, slots=True)
class RoundDone:
    """All tasks of a round were visited."""

    round: int
    visits: int
    again: int
    """Tasks that get another round."""


@dataclass(frozen=True, slots=True)
class DeviceLost:
    """No worker can be had for a device; its remaining tasks are left."""

    device: str
    error: str
    tasks: int


@dataclass(frozen=True, slots=True)
class Finished:
    """The run is over."""

    visits: dict[Status, int]
    """By status."""
    wall_s: float
    is_stopped: bool
    """The user ended it; a later run goes on from here."""


Event = (
    Started | WorkerReady | Resumed | InPhase | Taken | Waiting | NotKept | Retrying | RoundDone | DeviceLost | Finished
)


def plain(event: Event) -> dict[str, Any]:
    """The event for JSON: its fields, and `event` with its name in small letters and underscores."""
    name = "".join("_" + c.lower() if c.isupper() else c for c in type(event).__name__).lstrip("_")
    fields = asdict(event)
    if isinstance(event, Taken):
        fields["visit"]["key"] = event.visit.key
        if seen := fields["visit"]["seen"]:  # raw blocks belong to the file, not to a progress line
            for raw in ("blocks", "set_aside"):
                del seen[raw]
    return {"event": name, **fields}


def count(visits: Counter[Status]) -> dict[Status, int]:
    """By status, most frequent first."""
    return dict(visits.most_common())
