"""The user's own speeds in an answer: what was measured of a row's architecture, and what was predicted for it."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from typing import Any, Final

from backbones.store.fragment import Fragment
from backbones.store.machine import host_id
from backbones.store.measured_backbones import MEASURED, PREDICTED, device_here
from backbones.store.measuring.current import CURRENT, CURRENT_OF_FRAMEWORK
from backbones.store.this_machine import HERE

TOLD_OF_PREDICTIONS: Final = frozenset(
    ("precision", "memory_format", "compiled", "fused", "mode", "resolution", "origin")
)
"""The conditions that a prediction has; under any other there is none."""


def of_reported(where: str) -> str:
    """The conditions of a speed, as a row `x` of the catalogue's table `speed` meets them."""
    return where.replace("x.fused", "(x.setting is 'fused')")


def of_fastest(where: str) -> str:
    """The same for `fastest`, in which nothing has merged branches."""
    return where.replace("x.fused", "0")


def of_measured(where: str) -> str:
    """The same for a row `x` of measurements."""
    return where.replace("x.collection", "'probe'").replace("x.source", "'probe'")


def of_predicted(where: str) -> str:
    """The same for a row `x` of predictions."""
    return where.replace("x.mode", "'inference'").replace("x.fused", "0")


def current(where: str) -> str:
    """The view of the measurements that count under these conditions: a framework that is named need not be the latest."""
    return CURRENT_OF_FRAMEWORK if "x.framework" in where else CURRENT


class OwnSpeeds:
    """SQL that reads measurements.db within the candidate rows of one catalogue."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._here: str | None = None

    def of_device(self, device: str) -> tuple[str, list[Any]]:
        """The test for a row `x` of measurements or predictions to be of that device, and its parameters."""
        if device != HERE:
            return "x.device = ?", [device]
        if self._here is None:
            self._here = device_here(self._connection) or ""
        return "x.host = ? and x.device = ?", [host_id(), self._here]

    def measured(self, value: str, device: str, where: str, parameters: Sequence[Any]) -> Fragment:
        """A value of the measurements of a row's architecture that count today."""
        place, given = self.of_device(device)
        sql = (
            f"(select {value} from {current(where)} x join {MEASURED} o on o.name = x.backbone "
            f"where o.architecture = t.architecture and x.head is p.head and x.origin = 'measured' and {place} and {of_measured(where)})"
        )
        return Fragment(sql, [*given, *parameters])

    def predicted(self, column: str, device: str, where: str, parameters: Sequence[Any]) -> Fragment:
        """The best that was predicted: only where it is asked for, never among the others."""
        place, given = self.of_device(device)
        sql = (
            f"(select max(x.{column}) from probe_prediction x join {PREDICTED} o on o.name = x.backbone "
            f"where o.architecture = t.architecture and p.head is null and {place} and {of_predicted(where)})"
        )
        return Fragment(sql, [*given, *parameters])
