"""Questions for this machine: `OBJECTIVE where FILTER`, as `top_1@imagenet-1k where throughput@here > 1000 and params_m < 30`."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from backbones.store.errors import QueryError
from backbones.store.filters import Comparison, Every, Filter, parse_filter, references_of
from backbones.store.references import Reference, parse_reference
from backbones.store.text import fold
from backbones.store.this_machine import is_here

_WHERE: Final = re.compile(r"(?:\"[^\"]*\"|'[^']*'|[^\"'])*?(\bwhere\b)", re.IGNORECASE)
SETTING_KEYS: Final = ("precision", "memory_format", "compiled", "batch_size")
"""Conditions of `throughput@here` that say how to measure."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Between which speeds a model has to be, in images a second."""

    low: float = 0.0
    high: float = math.inf
    takes_low: bool = False
    """`>=`: the limit itself passes."""
    takes_high: bool = True

    def pass_(self, speed: float) -> bool:
        """Whether a measured speed is between the limits."""
        above = speed >= self.low if self.takes_low else speed > self.low
        return above and (speed <= self.high if self.takes_high else speed < self.high)

    def may_pass(self, low: float, high: float) -> bool:
        """Whether any speed between these two is."""
        return high >= self.low and low <= self.high

    def is_clear(self, low: float, high: float) -> bool:
        """Whether all speeds between these two pass, or none does."""
        return not self.may_pass(low, high) or (self.pass_(low) and self.pass_(high))

    def gap(self, low: float, high: float) -> float:
        """How far the middle of an interval (on a log scale) is from passing, in widths of it; 0 where it passes."""
        middle, width = math.log(low * high) / 2, max(math.log(high / low), 1e-9)
        below = math.log(self.low) - middle if self.low > 0 else 0.0
        above = middle - math.log(self.high) if 0 < self.high < math.inf else 0.0
        return max(below, above, 0.0) / width

    def __str__(self) -> str:
        parts = [f"throughput@here {'>=' if self.takes_low else '>'} {self.low:g}"] if self.low else []
        if self.high < math.inf:
            parts.append(f"throughput@here {'<=' if self.takes_high else '<'} {self.high:g}")
        return " and ".join(parts)


@dataclass(frozen=True, slots=True)
class Question:
    """What is best, among which models, how fast on this machine."""

    objective: Reference
    limits: Limits
    filter: str
    """All that the catalogue can answer without measuring; empty: every model."""
    setting: tuple[tuple[str, str], ...] = ()
    """How to measure, as far as the question says it: precision, memory_format, compiled, batch_size."""

    @property
    def asks_for_speed(self) -> bool:
        """Whether the fastest model is asked for, rather than the best above a speed."""
        return _is_here(self.objective)


def parse_question(text: str) -> Question:
    """The question that a text asks; QueryError points at what cannot be understood."""
    found = _WHERE.match(text)
    goal, condition = (text[: found.start(1)], text[found.end(1) :].strip()) if found else (text, "")
    if not goal.strip():
        raise QueryError(
            "what is best? write OBJECTIVE where FILTER, as top_1@imagenet-1k where throughput@here > 1000", text
        )
    objective = parse_reference(goal.strip())
    here: list[Filter] = []
    rest: list[Filter] = []
    for part in parts_of(parse_filter(condition)):
        asked = [reference for reference in references_of(part) if _is_here(reference)]
        (here if asked else rest).append(part)
        if asked and not isinstance(part, Comparison):
            place = condition.casefold().find("@here")
            raise QueryError(
                "a limit on this machine's speed has to hold by itself: no `or`, no `not`", condition, max(place, 0)
            )
    limits = Limits()
    for part in here:
        assert isinstance(part, Comparison)
        limits = _narrowed(limits, part, condition)
    asked = [objective, *(part.reference for part in here if isinstance(part, Comparison))]
    question = Question(objective, limits, " and ".join(f"({p.text})" for p in rest), _setting(asked, text))
    if not here and not question.asks_for_speed:
        example = f"{objective} where throughput@here > 1000"
        raise QueryError(
            f"nothing has to be measured for this; ask with a limit, as {example}", text, len(text.rstrip())
        )
    if limits.low > limits.high:
        raise QueryError(f"no speed is above {limits.low:g} and below {limits.high:g}", condition)
    return question


def parts_of(tree: Filter | None) -> Iterator[Filter]:
    """The parts that all have to hold, whatever parentheses are around them."""
    if isinstance(tree, Every):
        for part in tree.parts:
            yield from parts_of(part)
    elif tree is not None:
        yield tree


def _is_here(reference: Reference) -> bool:
    return reference.is_speed and is_here(reference.where or "")


def _narrowed(limits: Limits, part: Comparison, text: str) -> Limits:
    """The limits with one more."""
    if part.operator not in ("<", "<=", ">", ">="):
        raise QueryError("a speed is limited by <, <=, > or >=", text, part.start)
    number = part.values[0].replace("_", "").strip()
    number = number[: -len("img/s")].strip() if number.casefold().endswith("img/s") else number
    try:
        limit = float(number)
    except ValueError:
        limit = math.nan
    if not 0 <= limit < math.inf:
        raise QueryError(f"{part.values[0]!r} is no number of images a second", text, part.value_start)
    takes = part.operator.endswith("=")
    if part.operator.startswith(">"):
        return limits if limit < limits.low else Limits(limit, limits.high, takes, limits.takes_high)
    return limits if limit > limits.high else Limits(limits.low, limit, limits.takes_low, takes)


def _setting(asked: list[Reference], text: str) -> tuple[tuple[str, str], ...]:
    """How to measure, of all that is said of this machine."""
    said: dict[str, str] = {}
    for reference in filter(_is_here, asked):
        if reference.name != "throughput":
            raise QueryError(
                f"only throughput is predicted, not {reference.name}", text, max(text.find(reference.name), 0)
            )
        for key, value in reference.keys:
            if key not in SETTING_KEYS:
                place = max(text.find(key), 0)
                advice = (
                    f"each model is measured at the resolution of its result; put `resolution = {value}` beside the limit"
                    if key == "resolution"
                    else f"{key} is not chosen here; {', '.join(SETTING_KEYS)} are"
                )
                raise QueryError(advice, text, place)
            if fold(said.setdefault(key, value)) != fold(value):
                raise QueryError(f"{key} cannot be {said[key]} and {value} at once", text, max(text.find(value), 0))
    return tuple(said.items())
