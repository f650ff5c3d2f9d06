"""What supervisor and worker say to each other: a JSON object a line. No torch here."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any, Final

from backbones.probe.speed.protocol import Budget
from backbones.store.measuring.visit import Conditions, Seen, Status, Task

LONGEST: Final = 1 << 24
"""Bytes of a line; more is not from our worker."""


@dataclass(frozen=True, slots=True)
class Order:
    """What the supervisor wants measured."""

    task: Task
    batch_size: int = 0
    """What an earlier visit found to be best; 0: none."""
    budget: Budget = field(default_factory=Budget)

    def line(self) -> bytes:
        """For the worker's standard input."""
        return line(do="visit", task=asdict(self.task), batch_size=self.batch_size, budget=asdict(self.budget))


@dataclass(frozen=True, slots=True)
class Ready:
    """The worker has its framework and its device."""

    conditions: Conditions
    import_s: float


@dataclass(frozen=True, slots=True)
class InPhase:
    """The worker goes on to something else; its deadline begins anew."""

    phase: str


@dataclass(frozen=True, slots=True)
class Measured:
    """A visit that went well."""

    seen: Seen
    images: int
    is_spent: bool
    """The worker holds memory that it cannot give back, and wants to be replaced."""


@dataclass(frozen=True, slots=True)
class Failed:
    """A visit that did not. `status` is `stopped` where the user ended it before there was anything to keep."""

    status: Status | str
    error: str
    is_spent: bool = False


@dataclass(frozen=True, slots=True)
class Refused:
    """The worker cannot work at all here: a missing extra, an unknown device."""

    error: str


Message = Ready | InPhase | Measured | Failed | Refused


def line(**message: Any) -> bytes:
    """One message on its way."""
    return json.dumps(message, separators=(",", ":")).encode() + b"\n"


def order_from(message: Mapping[str, Any]) -> Order:
    """The order in a message that the worker got."""
    return Order(Task(**message["task"]), message["batch_size"], Budget(**message["budget"]))


def say(message: Message) -> bytes:
    """A message of the worker's."""
    return line(say=type(message).__name__, **asdict(message))


def heard(text: bytes) -> Message:
    """The message in a line of the worker's. ValueError where it is none."""
    try:
        plain = json.loads(text)
        kind = {one.__name__: one for one in (Ready, InPhase, Measured, Failed, Refused)}[plain.pop("say")]
        if kind is Ready:
            plain["conditions"] = Conditions(**plain["conditions"])
        if kind is Measured:
            plain["seen"] = seen_from(plain["seen"])
        message: Message = kind(**plain)
        return message
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"the worker said something that is no message: {text[:200]!r}") from error


def seen_from(plain: Mapping[str, Any]) -> Seen:
    """`Seen` with tuples where JSON has lists."""
    known = {one.name for one in fields(Seen)}
    values: dict[str, Any] = {
        name: tuple(value) if isinstance(value, list) else value for name, value in plain.items() if name in known
    }
    values["batches"] = tuple(tuple(point) for point in values.get("batches", ()))
    return Seen(**values)
