"""What was measured, in few columns that fit a terminal: what all rows share is said once, what a terminal cannot hold is left out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any, Final

from backbones.store.formats import shown
from backbones.store.measuring.cautions import CAUTIONS
from backbones.store.measuring.listed import Level
from backbones.store.rows import Column, Rows, Value

SHORT: Final[dict[str, str]] = {
    "throttled": "hot", "power_limited": "power limit", "shared_device": "shared", "busy_cpu": "busy CPU", "batch_reduced": "batch",
    "wide_spread": "spread", "rounds_disagree": "rounds", "unstable_warm_up": "warm-up", "slow_first_call": "first call",
    "launch_bound": "launch", "page_faults": "faults", "memory_nearly_full": "memory", "few_steps": "few steps", "outliers": "outliers",
    "unknown_clocks": "clocks",
}  # fmt: skip
"""A word for each caution, where a table has no room for more."""
NO_FIGURE: Final = 100.0
"""Percent of uncertainty from which a number says nothing."""
_SHARED: Final = (
    "quantity",
    "device",
    "card",
    "threads",
    "precision",
    "memory_format",
    "compiled",
    "fused",
    "framework",
    "driver",
    "torch",
    "timm",
)
"""Columns that stand in the table only where the rows differ in them."""
_COLUMNS: Final[dict[str, Column]] = {
    column.name: column
    for column in (
        Column("fingerprint", "fingerprint"), Column("model", "model"), Column("device", "device"), Column("card", "card"),
        Column("threads", "threads", "number", decimals=0), Column("resolution", "px", "number", "px", decimals=0),
        Column("precision", "precision"), Column("memory_format", "layout"), Column("compiled", "compiled", "flag"),
        Column("fused", "fused", "flag"), Column("framework", "framework"), Column("driver", "driver"), Column("torch", "torch"),
        Column("timm", "timm"), Column("batch_size", "batch", "number", decimals=0), Column("speed", "speed", "number"),
        Column("uncertainty_percent", "± %", "number", "percent", decimals=1), Column("rounds", "rounds", "number", decimals=0),
        Column("round", "round", "number", decimals=0), Column("models", "models", "number", decimals=0),
        Column("visits", "visits", "number", decimals=0), Column("failed", "failed", "number", decimals=0),
        Column("cautions", "cautions"), Column("day", "day"),
    )
}  # fmt: skip
_OF: Final[dict[Level, tuple[str, ...]]] = {
    "measurements": (
        "model", "device", "card", "threads", "resolution", "precision", "memory_format", "compiled", "fused", "framework", "batch_size",
        "speed", "uncertainty_percent", "rounds", "cautions", "day",
    ),
    "visits": (
        "model", "device", "card", "threads", "resolution", "precision", "batch_size", "speed", "uncertainty_percent", "round", "cautions",
        "day",
    ),
    "runs": ("fingerprint", "device", "threads", "driver", "torch", "timm", "models", "visits", "failed", "day"),
}  # fmt: skip
_FIRST_TO_GO: Final = (
    "framework", "round", "rounds", "memory_format", "timm", "device", "threads", "batch_size", "compiled", "card", "day", "driver",
    "failed", "fused", "torch",
)  # fmt: skip
_MOST_FAILURES: Final = 3
"""So many are told with their error."""


def in_short(rows: Rows, level: Level, width: int | None) -> tuple[Rows, str]:
    """The rows as a terminal of that width holds them, and a line with what they all share; `width` None: of any."""
    records = rows.records()
    shared = _shared(records)
    units = {_unit(record) for record in records if _speed(record) is not None}
    lines = [_line(record, len(units) > 1) for record in records]
    names = [name for name in _OF[level] if name not in shared and any(line.get(name) is not None for line in lines)]
    for name in _FIRST_TO_GO:
        if width is None or _width(names, lines) <= width:
            break
        names = [other for other in names if other != name]
    columns = [_COLUMNS[name] for name in names]
    if len(units) == 1:
        (unit,) = units
        columns = [
            Column("speed", unit, "number", decimals=_decimals(unit)) if c.name == "speed" else c for c in columns
        ]
    return Rows(tuple(columns), tuple(tuple(line.get(name) for name in names) for line in lines)), _said(shared)


def explained(rows: Rows) -> list[str]:
    """Each caution of these rows by its word, with how many rows have it and its sentence."""
    said = Counter(name for names in rows.values("cautions") for name in str(names or "").split(","))
    total = len(rows)
    return [f"{SHORT[name]} ({said[name]:,} of {total:,}): {text}" for name, text in CAUTIONS.items() if said[name]]


def percent(share: float) -> str:
    """A share in percent, two digits of what is below 100: `0.35 %`, `12 %`, `2100 %`."""
    figure = 100 * share
    return f"{figure:.2g} %" if figure < 99.5 else f"{float(f'{figure:.2g}'):.0f} %"


def failures(rows: Rows) -> list[str]:
    """The last visits that failed, with their error; a table has no room for that."""
    found = [record for record in rows.records() if record.get("status") not in (None, "ok")]
    told = [
        f"{record['model']}: {str(record['status']).replace('_', ' ')}"
        + (f": {str(record['error']).strip().splitlines()[0]}" if str(record.get("error") or "").strip() else "")
        for record in found[-_MOST_FAILURES:]
    ]
    more = len(found) - len(told)
    return [*told, f"{more} more failed; --wide tells all errors"] if more else told


def _line(record: dict[str, Value], with_unit: bool) -> dict[str, Value]:
    speed = _speed(record)
    plus_minus = record.get("uncertainty_percent")
    names = [SHORT[name] for name in CAUTIONS if name in str(record.get("cautions") or "").split(",")]
    status = record.get("status")
    made = dict(record)
    if speed is not None and with_unit:
        unit = _unit(record)
        made["speed"] = f"{shown(speed, Column('', '', 'number', decimals=_decimals(unit)))} {unit}"
    else:
        made["speed"] = speed
    if isinstance(plus_minus, float | int) and plus_minus >= NO_FIGURE:
        made["uncertainty_percent"] = "?"
    made["cautions"] = (names[0] + (f" +{len(names) - 1}" if names[1:] else "")) if names else None
    if status not in (None, "ok"):
        made["cautions"] = str(status).replace("_", " ")
    made["day"] = str(record.get("datetime_utc") or record.get("started") or record.get("last") or "")[:10] or None
    return made


def _speed(record: dict[str, Value]) -> Value:
    if record.get("quantity") == "latency":
        return record.get("latency_ms")
    speed = record.get("throughput_img_s")
    return record.get("latency_ms") if speed is None else speed


def _unit(record: dict[str, Value]) -> str:
    if record.get("quantity") == "training":
        return "img/s training"
    return "ms" if record.get("quantity") == "latency" or record.get("throughput_img_s") is None else "img/s"


def _decimals(unit: str) -> int:
    return 2 if unit == "ms" else 1


def _shared(records: Sequence[dict[str, Value]]) -> dict[str, Value]:
    found: dict[str, Value] = {}
    for name in _SHARED:
        values = {record.get(name) for record in records}
        if len(values) == 1:
            found[name] = values.pop()
    return found


def _said(shared: dict[str, Value]) -> str:
    """What all rows share, as far as there is something to say."""
    say: dict[str, Callable[[Any], str]] = {
        "threads": lambda n: f"{n} thread{'' if n == 1 else 's'}",
        "compiled": lambda is_so: "compiled" if is_so else "",
        "fused": lambda is_so: "branches merged" if is_so else "",
        "driver": lambda version: f"driver {version}",
        "torch": lambda version: f"torch {version}",
        "timm": lambda version: f"timm {version}",
    }
    parts = [say.get(name, str)(value) for name, value in shared.items() if value is not None]
    return ", ".join(part for part in parts if part)


def _width(names: Sequence[str], lines: Sequence[dict[str, Value]]) -> int:
    def wide(name: str) -> int:
        column = _COLUMNS[name]
        if name == "speed":
            column = Column("speed", "img/s", "number", decimals=2)
        return max([len(column.label), *(len(shown(line.get(name), column)) for line in lines)])

    return sum(map(wide, names)) + 2 * (len(names) - 1)
