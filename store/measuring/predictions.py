"""Predicted speeds in measurements.db: kept apart from what was measured, replaced as a whole for each setting."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from backbones.store.errors import BackbonesError
from backbones.store.machine import host_id
from backbones.store.measuring.file import reading, writing

_COLUMNS: Final = (
    "host", "device", "precision", "memory_format", "compiled", "backbone", "resolution", "throughput_img_s", "low", "high",
    "confidence", "anchors", "datetime_utc",
)  # fmt: skip
_OF_SETTING: Final = "host = ? and device = ? and precision = ? and memory_format = ? and compiled = ?"


@dataclass(frozen=True, slots=True)
class Setting:
    """What a column of predictions is for: inference at the best batch size, on a device, in a precision and layout."""

    device: str
    """Named as the catalogue names devices."""
    precision: str
    memory_format: str = "contiguous"
    compiled: bool = False
    host: str = ""
    """Empty: this machine."""

    @property
    def key(self) -> tuple[str, str, str, str, int]:
        """What tells it from other settings, as the table has it."""
        return self.host or host_id(), self.device, self.precision, self.memory_format, int(self.compiled)


@dataclass(frozen=True, slots=True)
class Prediction:
    """The speed of one backbone that was not measured, and where it lies with the given confidence."""

    backbone: str
    resolution: int
    throughput_img_s: float
    low: float
    high: float
    confidence: float
    """Share of the cases in which the true value lies between low and high."""
    anchors: int
    """How many measured models it rests on."""
    datetime_utc: str = ""
    """Empty: now."""


def keep_predictions(path: Path, setting: Setting, rows: Sequence[Prediction]) -> int:
    """Replace all predictions of a setting by these, in one transaction; how many there are now.

    BackbonesError where the file cannot be written, or for a row that cannot be true.
    """
    now = dt.datetime.now(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    for row in rows:
        _check(row)
    with writing(path) as connection:
        connection.execute(f"delete from prediction where {_OF_SETTING}", setting.key)
        connection.executemany(
            f"insert or replace into prediction ({', '.join(_COLUMNS)}) values ({', '.join('?' * len(_COLUMNS))})",
            [
                (*setting.key, row.backbone, row.resolution, row.throughput_img_s, row.low, row.high, row.confidence,
                 row.anchors, row.datetime_utc or now) for row in rows
            ],
        )  # fmt: skip
        (count,) = connection.execute(f"select count(*) from prediction where {_OF_SETTING}", setting.key).fetchone()
    return int(count)


def predictions(path: Path, setting: Setting) -> list[Prediction]:
    """The predictions of a setting, the fastest first."""
    with reading(path) as connection:
        if connection is None:
            return []
        rows = connection.execute(
            "select backbone, resolution, throughput_img_s, low, high, confidence, anchors, datetime_utc from prediction "
            f"where {_OF_SETTING} order by throughput_img_s desc, backbone, resolution",
            setting.key,
        ).fetchall()
    return [Prediction(*row) for row in rows]


def predicted_settings(path: Path) -> list[tuple[Setting, int]]:
    """The settings that have predictions, on any host, and how many."""
    with reading(path) as connection:
        if connection is None:
            return []
        rows = connection.execute(
            "select device, precision, memory_format, compiled, host, count(*) from prediction group by 1, 2, 3, 4, 5 order by 6 desc, 1, 2"
        ).fetchall()
    return [
        (Setting(device, precision, layout, bool(compiled), host), n)
        for device, precision, layout, compiled, host, n in rows
    ]


def _check(row: Prediction) -> None:
    numbers = (row.throughput_img_s, row.low, row.high)
    is_sound = all(math.isfinite(n) for n in numbers) and 0 < row.low <= row.throughput_img_s <= row.high
    if not (is_sound and 0 < row.confidence < 1 and row.resolution > 0 and row.backbone):
        raise BackbonesError(f"the prediction for {row.backbone!r} is not kept: {row} cannot be true")
