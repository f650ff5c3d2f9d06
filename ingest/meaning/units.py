"""A printed number in the catalogue's unit: millions, G, img/s, ms, MiB, percent; errors become accuracies."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import Final

from backbones.ingest.meaning.heading import unit_of
from backbones.ingest.meaning.numbers import Number, factor_of, numbers_of
from backbones.ingest.meaning.pace import images_per_second, is_relative, milliseconds
from backbones.ingest.meaning.setting import MOST_SCHEDULE, ONE_SCHEDULE
from backbones.ingest.paper import Table
from backbones.ingest.plan import ERRORS, SETTINGS
from backbones.store.vocabulary import METRICS


@dataclass(frozen=True, slots=True)
class Converted:
    """A value and how it came from what is printed; empty: as printed."""

    value: float
    how: str = ""


def convert(number: Number, quantity: str, header: str, is_fraction: bool = False) -> Converted | None:
    """The value of a printed number as a quantity; None where it cannot be one, or its unit is not said.

    `is_fraction`: all the numbers of its column are at most 1, so that they are no percentages.
    """
    value = number.value
    if math.isnan(value):
        return None
    if quantity in ERRORS:
        is_error = 0 <= value <= 100 and number.unit in ("", "%")
        return Converted(_tidy(100 - value), f"100 - {_shown(value)}") if is_error else None
    if quantity in METRICS:
        return _metric(number, quantity, is_fraction)
    if quantity == "train_epochs" and number.unit in ("×", "x", "X") and 0 < value <= MOST_SCHEDULE:
        return Converted(_tidy(ONE_SCHEDULE * value), f"{ONE_SCHEDULE} × {_shown(value)}")
    if quantity == "resolution" and not 32 <= value <= 2048:
        return None
    if quantity in SETTINGS:
        return (
            Converted(_tidy(value))
            if value > 0 and value == int(value) and number.unit in ("", "e", "ep", "epoch", "epochs", "px")
            else None
        )
    if value < 0 or number.unit in RATIOS or is_relative(header):
        return None
    if quantity in ("latency_ms", "throughput_img_s"):
        return _paced(number, quantity, header)
    return _scaled(number, quantity, unit_of(header))


RATIOS: Final = ("×", "x", "X")
"""Behind a number: how much more or less than another's it is."""


def fraction_columns(table: Table) -> frozenset[int]:
    """The columns of which `is_fraction` holds; to be asked once a table."""
    return frozenset(column for column in range(len(table.columns)) if is_fraction(table, column))


def is_fraction(table: Table, column: int) -> bool:
    """Whether all of a column's numbers, of several, are at most 1: accuracies that are no percentages."""
    cells = [row.cells[column] for row in table.rows]
    values = [number.value for cell in cells if cell is not None for number in numbers_of(cell.text)]
    return len(values) > 1 and all(abs(value) <= 1 for value in values)


def _metric(number: Number, quantity: str, is_fraction: bool) -> Converted | None:
    if number.unit not in ("", "%"):
        return None
    if is_fraction and METRICS[quantity].unit == "percent":
        return Converted(_tidy(100 * number.value), f"100 × {_shown(number.value)}")
    return Converted(number.value) if METRICS[quantity].holds(number.value) else None


_TARGETS: Final = {"params_m": 1e6, "compute": 1e9}
_COUNT = re.compile(
    r"(?:[kKMmGgBbT](?:il(?:lion)?|n)?)?\s*(?:par(?:am)?s?|FLOPs?|FLOPS|MACs?|Ops|F|W)?|million|billion", re.IGNORECASE
)
"""What may stand behind a number of parameters or operations."""


def _paced(number: Number, quantity: str, header: str) -> Converted | None:
    ask = milliseconds if quantity == "latency_ms" else images_per_second
    factor = ask(number.unit, header)
    if factor is None:
        return None
    return Converted(number.value) if factor == 1 else Converted(_tidy(number.value * factor), f"× {factor:g}")


def _scaled(number: Number, quantity: str, above: str) -> Converted | None:
    if quantity == "peak_memory_mib":
        unit = (number.unit or above).upper()[:1]
        factor = {"G": 1024.0, "M": 1.0}.get(unit)
        return (
            None if factor is None else Converted(_tidy(number.value * factor), f"× {factor:g}" if factor != 1 else "")
        )
    if not _COUNT.fullmatch(number.unit):
        return None
    target = _TARGETS[quantity]
    factor = factor_of(number.unit) or _power(above) or factor_of(above) or _assumed(number.value, target)
    scale = factor / target
    if scale == 1:
        return Converted(number.value)
    return Converted(_tidy(number.value * scale), f"× {scale:g}")


def _power(unit: str) -> float | None:
    return 10.0 ** int(unit[3:]) if unit.startswith("10^") else None


def _assumed(value: float, target: float) -> float:
    """Without a unit: a count in full where it is far too large for millions or G."""
    return 1.0 if value >= target / 100 else target


def _tidy(value: float) -> float:
    """Without the noise of binary fractions."""
    return float(f"{value:.10g}")


def _shown(value: float) -> str:
    return f"{value:.10g}"
