"""What a run of the probe has told so far: how far it is, what was measured, what failed. Nothing here waits or paints."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from statistics import median
from typing import Any, Final

from backbones.store.measuring.cautions import CAUTIONS

PHASES: Final = {
    "create": "making it",
    "search": "batch size",
    "first_call": "first call",
    "compile": "compiling",
    "warm_up": "warming up",
    "measure": "timing",
    "finish": "finishing",
}
STATUSES: Final = {"out_of_memory": "out of memory", "timeout": "too slow"}
NAMED_AT_MOST: Final = 3

Setting = tuple[str, int, str, str]
"""Model, resolution, device, precision."""


@dataclass(slots=True)
class Found:
    """What was measured of a model in a setting: each figure once a visit."""

    throughput: list[float] = field(default_factory=list)
    latency: list[float] = field(default_factory=list)
    training: list[float] = field(default_factory=list)
    batch_size: int = 0

    @property
    def speed(self) -> float | None:
        """Images a second, the median of the visits."""
        return median(self.throughput) if self.throughput else None


class Story:
    """Hears events; whoever shows them asks what has become of it."""

    def __init__(self) -> None:
        self.models = self.done = self.planned = self.round = self.resumed = self.rows_left_out = 0
        self.expected_s = 0.0
        self.known_devices: tuple[str, ...] = ()
        """As torch calls those that are here."""
        self.devices: dict[str, str] = {}
        """Those measured on: torch's name -> the catalogue's."""
        self.unknown: tuple[str, ...] = ()
        """Names that timm does not have."""
        self.doing = ""
        self.found: dict[Setting, Found] = {}
        self.failures: dict[tuple[Setting, str], str] = {}
        """By setting and quantity: why."""
        self.cautions: dict[str, dict[str, None]] = {}
        """Name -> the models that it is about."""
        self.lost: list[str] = []
        """Sentences about devices that gave up."""
        self.is_planned = self.is_ending = self.is_over = self.is_stopped = False
        self.damaged = 0
        """Events that could not be understood."""

    def hear(self, event: Mapping[str, Any]) -> bool:
        """Take an event; whether it was understood and says something new."""
        handle = _HEARD.get(str(event.get("event")))
        if handle is None:
            return False
        try:
            handle(self, event)
        except (KeyError, TypeError, ValueError, AttributeError):
            self.damaged += 1
            return False
        return True

    # ---- one event each

    def _plan(self, event: Mapping[str, Any]) -> None:
        models, expected, devices = int(event["models"]), float(event["expected_s"]), event.get("known_devices", ())
        self.models, self.expected_s = models, expected
        self.planned = self.planned or int(event["tasks"])
        self.known_devices = tuple(map(str, devices))
        self.is_planned = True

    def _leave_out(self, event: Mapping[str, Any]) -> None:
        self.unknown, self.rows_left_out = tuple(map(str, event.get("names", ()))), int(event.get("rows", 0))

    def _get_ready(self, event: Mapping[str, Any]) -> None:
        self.devices[str(event["device"])] = str(event["conditions"]["device"])

    def _resume(self, event: Mapping[str, Any]) -> None:
        self.resumed += int(event["tasks"])

    def _go_on(self, event: Mapping[str, Any]) -> None:
        task, phase, number = event["task"], str(event["phase"]), int(event["round"])
        if number != self.round:
            self.round, self.done = number, 0
        self.doing = f"{task['model']} {task['quantity']}: {PHASES.get(phase, phase)}"

    def _take(self, event: Mapping[str, Any]) -> None:
        visit = event["visit"]
        task, seen = visit["task"], visit.get("seen")
        done, planned = int(event["done"]), int(event["planned"])
        quantity = str(task["quantity"])
        model, device, precision = str(task["model"]), str(task["device"]), str(task["precision"])
        asked = (model, int(task["resolution"]), device, precision)
        if visit["status"] == "ok":
            self._figure((model, int(seen["resolution"]), device, precision), quantity, seen)
            self.failures.pop((asked, quantity), None)
            for name in visit.get("cautions", ()):
                if name in CAUTIONS:
                    self.cautions.setdefault(name, {})[model] = None
        else:
            status = str(visit["status"])
            self.failures[asked, quantity] = ": ".join(
                filter(None, (STATUSES.get(status, status), str(visit.get("error") or "")))
            )
        self.done, self.planned = done, planned

    def _figure(self, setting: Setting, quantity: str, seen: Mapping[str, Any]) -> None:
        figure = float(seen["latency_ms" if quantity == "latency" else "throughput_img_s"])
        batch_size = int(seen["batch_size"])
        found = self.found.setdefault(setting, Found())
        {"latency": found.latency, "training": found.training}.get(quantity, found.throughput).append(figure)
        found.batch_size = batch_size if quantity == "throughput" else found.batch_size

    def _lose(self, event: Mapping[str, Any]) -> None:
        self.lost.append(f"{event['device']}: {event['error']}; {int(event['tasks']):,} tasks are left")

    def _wait_for(self, event: Mapping[str, Any]) -> None:
        self.doing = f"waiting: another probe measures {event['device']} ({event['by']})"

    def _not_keep(self, event: Mapping[str, Any]) -> None:
        many, file = len(event["visits"]), str(event.get("file") or "")
        where = f"kept in {file} instead, for backbones measurements merge" if file else "lost"
        self.lost.append(f"{many:,} visit{'s' if many != 1 else ''} could not be kept: {event['error']}; {where}")

    def _finish(self, event: Mapping[str, Any]) -> None:
        self.is_stopped = bool(event["is_stopped"])

    # ---- what has become of it

    @property
    def measured(self) -> tuple[str, ...]:
        """Models of which something is known now."""
        return tuple(dict.fromkeys(model for model, *_ in self.found))

    @property
    def failed(self) -> tuple[str, ...]:
        """Models of which nothing could be measured."""
        models = (setting[0] for setting, _ in self.failures)
        return tuple(model for model in dict.fromkeys(models) if model not in self.measured)

    @property
    def line(self) -> str:
        """How far it is, in a few words."""
        if self.is_over:
            return ""
        counted = f"{self.done}/{self.planned}" if self.planned else ""
        if self.is_ending:
            return " ".join(filter(None, ("ending", counted)))
        if not self.doing:
            return "starting torch"
        again = f"round {self.round}" if self.round > 1 else ""
        return " ".join(filter(None, (again, counted, self.doing)))

    def summary(self, code: int, reason: str) -> str:
        """What came of it, in a sentence."""
        parts = [f"{len(self.measured):,} measured"] if self.measured or not self.resumed else []
        parts += [f"{len(self.failed):,} failed"] if self.failed else []
        parts += [f"{self.resumed:,} figures were known already"] if self.resumed else []
        left_out = len(self.unknown) + self.rows_left_out
        parts += [f"{left_out:,} left out: not in timm"] if left_out else []
        if self.is_stopped or self.is_ending:
            return "stopped: " + ", ".join(parts)
        if code and not self.measured and not self.failed:
            return reason or f"the measurement ended with exit code {code}"
        said = ", ".join(parts)
        return f"{said}; it ended early: {reason or f'exit code {code}'}" if code and self.measured else said

    def sentences(self) -> list[str]:
        """Failures with their reasons, what is left out, and cautions with the models that they are about."""
        told = [
            f"{setting[0]}{f' at {setting[1]} px' if setting[1] else ''}, {quantity} in {setting[3]} on {setting[2]}: {why}"
            for (setting, quantity), why in self.failures.items()
        ]
        told += self.lost
        if self.unknown:
            told.append(f"not in timm, left out: {_some(self.unknown)}")
        if self.rows_left_out:
            told.append(f"{self.rows_left_out:,} rows are of a backbone that timm does not have; they are left out")
        cautions = ((name, tuple(self.cautions[name])) for name in CAUTIONS if name in self.cautions)
        return told + [f"{_some(models)}: {CAUTIONS[name]}" for name, models in cautions]


_HEARD: Final[dict[str, Callable[[Story, Mapping[str, Any]], None]]] = {
    "planned": Story._plan,
    "would_measure": Story._plan,
    "left_out": Story._leave_out,
    "worker_ready": Story._get_ready,
    "resumed": Story._resume,
    "in_phase": Story._go_on,
    "taken": Story._take,
    "device_lost": Story._lose,
    "held": Story._wait_for,
    "not_kept": Story._not_keep,
    "finished": Story._finish,
}


def _some(names: Sequence[str]) -> str:
    more = len(names) - NAMED_AT_MOST
    return ", ".join(names[:NAMED_AT_MOST]) + (f" and {more:,} more" if more > 0 else "")


def in_words(seconds: float) -> str:
    """`40 s`, `12 min`, `3.5 h`."""
    if seconds < 90:
        return f"{max(1, round(seconds))} s"
    return f"{round(seconds / 60)} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"
