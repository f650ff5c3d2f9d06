"""Limits of an axis as people write them: `5..100`, `..30`, `2021-06..`."""

from __future__ import annotations

import datetime as dt
import re
from typing import Final

from backbones.store.errors import QueryError

Limits = tuple[float | None, float | None]
"""The lower and the upper limit; a date in days since 1970-01-01; None: as the values ask."""

_NUMBER = re.compile(r"([-+]?(?:\d{1,3}(?:,\d{3})+|\d+)?(?:\.\d*)?(?:e[-+]?\d+)?)\s*([kMG]?)", re.IGNORECASE)
_DATE = re.compile(r"(\d{4})(?:-(\d{1,2})(?:-(\d{1,2}))?)?")
_FACTORS: Final = {"": 1.0, "k": 1e3, "m": 1e6, "g": 1e9}
_EPOCH: Final = dt.date(1970, 1, 1)
_LARGEST: Final = 1e15
_FORM: Final = "limits are LOW..HIGH, and either may be left out"


def parse_range(text: str, is_date: bool = False, log: bool = False, what: str = "the axis") -> Limits:
    """The limits that a text stands for, both ends included; QueryError says what is wrong with it.

    Numbers may have thousands separators and a k, M or G behind them. `2021-06` is the first day of that month as a
    lower limit and its last day as an upper one.
    """
    if not text.strip():
        return None, None
    low, dots, high = text.partition("..")
    if not dots or ".." in high.strip("."):
        example = "2021..2024-06" if is_date else "5..100, 5.. or ..100"
        raise QueryError(f"{what}: {_FORM}, as {example}, not {text.strip()!r}")
    limits = (_limit(low, is_date, log, what, False), _limit(high, is_date, log, what, True))
    if limits[0] is not None and limits[1] is not None and limits[0] >= limits[1]:
        raise QueryError(f"{what}: the lower limit has to be below the upper one, not {text.strip()!r}")
    return limits


def split_range(text: str) -> tuple[str, str]:
    """The two ends as written, for two fields of a form; a text that is no range is all lower end."""
    low, _, high = text.partition("..")
    return low.strip(), high.strip()


def joined_range(low: str, high: str) -> str:
    """The range with those ends; empty where both are."""
    low, high = low.strip(), high.strip()
    return f"{low}..{high}" if low or high else ""


def _limit(text: str, is_date: bool, log: bool, what: str, is_upper: bool) -> float | None:
    text = text.strip()
    if not text:
        return None
    value = _day(text, what, is_upper) if is_date else _number(text, what)
    if log and value <= 0:
        raise QueryError(f"{what}: {text} is not on a logarithmic axis; its limits are above 0")
    return value


def _number(text: str, what: str) -> float:
    found = _NUMBER.fullmatch(text)
    try:
        if found is None:
            raise ValueError
        value = float(found[1].replace(",", "")) * _FACTORS[found[2].lower()]
    except ValueError:
        raise QueryError(f"{what}: {text!r} is no number; write 80, 0.5 or 20k") from None
    if abs(value) > _LARGEST:
        raise QueryError(f"{what}: {text} is too large for an axis")
    return value


def _day(text: str, what: str, is_upper: bool) -> float:
    found = _DATE.fullmatch(text)
    try:
        if found is None:
            raise ValueError
        year, month, day = (int(part) if part else None for part in found.groups())
        first = dt.date(year or 0, month or 1, day or 1)
    except ValueError:
        raise QueryError(f"{what}: {text!r} is no date; write 2021, 2021-06 or 2021-06-30") from None
    if is_upper and day is None:
        following = dt.date(first.year, month + 1, 1) if month is not None and month < 12 else None
        last = following - dt.timedelta(1) if following else dt.date(first.year, 12, 31)
        return float((last - _EPOCH).days)
    return float((first - _EPOCH).days)
