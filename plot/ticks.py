"""Round positions along an axis, with their labels."""

from __future__ import annotations

import datetime as dt
import math

from backbones.plot.spec import Axis

Tick = tuple[float, str]
EPOCH = dt.date(1970, 1, 1)
FIRST_DAY, LAST_DAY = (dt.date.min - EPOCH).days, (dt.date.max - EPOCH).days
DECADE_STEPS = ((1, 2, 3, 4, 5, 6, 7, 8, 9), (1, 2, 5), (1, 3), (1,))
MONTH_STEPS = (1, 3, 6, 12, 24, 60, 120, 300, 600, 1200, 6000, 12000)
SUFFIXES = ((1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k"))


def ticks(axis: Axis, lo: float, hi: float, most: int) -> list[Tick]:
    """At most about `most` ticks (at least 2 are tried) between two positions of the axis, ascending."""
    most = max(most, 2)
    if not (math.isfinite(hi - lo) and hi > lo):
        return []
    if axis.scale == "log":
        return log_ticks(lo, hi, most)
    return date_ticks(lo, hi, most) if axis.scale == "date" else linear_ticks(lo, hi, most)


def linear_ticks(lo: float, hi: float, most: int) -> list[Tick]:
    """Steps of 1, 2 or 5 times a power of ten; none where a float cannot tell the steps apart."""
    raw = (hi - lo) / most
    if raw < 1e-290:
        return []
    magnitude = 10.0 ** math.floor(math.log10(raw))
    step = next((m * magnitude for m in (1, 2, 5) if m * magnitude >= raw * (1 - 1e-9)), 10 * magnitude)
    if max(abs(lo), abs(hi)) / step > 1e14:
        return []
    first, last = math.ceil(lo / step - 1e-9), math.floor(hi / step + 1e-9)
    return [(k * step, number(k * step, step)) for k in range(first, last + 1)]


def log_ticks(lo: float, hi: float, most: int) -> list[Tick]:
    """Powers of ten with 1-2-...-9, 1-2-5 or 1-3 between them; round steps of the value in less than a decade."""
    chosen: list[float] = []
    for steps in DECADE_STEPS if hi - lo < 2 * most else DECADE_STEPS[-1:]:
        powers = range(max(math.floor(lo), -300), min(math.ceil(hi), 300) + 1)
        chosen = [v for e in powers for m in steps if lo <= math.log10(v := m * 10.0**e) <= hi]
        if len(chosen) <= most:
            break
    if len(chosen) < 3 and hi - lo < 1:
        values = linear_ticks(10**lo, 10**hi, most)
        return [(math.log10(v), text) for v, text in values if v > 0]
    thin = -(-len(chosen) // most) if chosen else 1
    return [(math.log10(v), number(v)) for v in chosen[::thin]]


def date_ticks(lo: float, hi: float, most: int) -> list[Tick]:
    """First days of years, quarters or months; single days where a view is shorter than that."""
    lo, hi = max(lo, float(FIRST_DAY)), min(hi, float(LAST_DAY))
    if hi <= lo:
        return []
    a, b = _month(lo), _month(hi)
    step = next((s for s in MONTH_STEPS if (b - a + 1) / s <= most), MONTH_STEPS[-1])
    found = []
    for k in range(-(-a // step), b // step + 1):
        year, month = divmod(k * step, 12)
        if year >= 1 and lo <= (day := (dt.date(year, month + 1, 1) - EPOCH).days) <= hi:
            found.append((float(day), _date_label(year, month + 1, step)))
    return found if len(found) >= 2 else _day_ticks(lo, hi, most)


def number(value: float, step: float = 0.0) -> str:
    """A value in few characters: decimals as the step needs them, k, M, G and T from 1,000 up where nothing is lost."""
    for factor, suffix in SUFFIXES:
        if abs(value) >= factor and (not step or step >= factor / 10):
            return f"{value / factor:.6g}{suffix}"
    if not step:
        return f"{value:.6g}"
    decimals = max(0, -math.floor(math.log10(step) + 1e-9))
    return f"{value:.3g}" if decimals > 9 and abs(value) < 1e-6 else f"{value:.{decimals}f}"


def _month(day: float) -> int:
    date = EPOCH + dt.timedelta(days=math.floor(day))
    return date.year * 12 + date.month - 1


def _date_label(year: int, month: int, step: int) -> str:
    if step >= 12:
        return str(year)
    return f"{year} Q{(month + 2) // 3}" if step == 3 else f"{year}-{month:02d}"


def _day_ticks(lo: float, hi: float, most: int) -> list[Tick]:
    step = next((s for s in (1, 2, 7, 14) if (hi - lo) / s <= most), 28)
    days = range(math.ceil(lo / step) * step, math.floor(hi) + 1, step)
    return [(float(d), (EPOCH + dt.timedelta(days=d)).isoformat()) for d in days]
