"""One thing that was looked at: whether it is in order, what was found, and what to do about it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, Literal

from backbones.store.rows import Column, Rows

Verdict = Literal["ok", "warn", "fail"]
VERDICTS: Final[tuple[Verdict, ...]] = ("ok", "warn", "fail")


@dataclass(frozen=True, slots=True)
class Check:
    """One line of the report."""

    area: str
    """`terminal`, `catalogue`, `gpu`, `extras`."""
    what: str
    verdict: Verdict
    found: str
    advice: str = ""
    """What to do; empty where nothing need be done."""


def rows_of(checks: Iterable[Check]) -> Rows:
    """The report as rows."""
    columns = tuple(Column(name, name) for name in ("verdict", "area", "what", "found", "advice"))
    return Rows(columns, tuple((c.verdict, c.area, c.what, c.found, c.advice or None) for c in checks))


def summary(checks: Iterable[Check]) -> str:
    """How many are in order and how many are not."""
    verdicts = [check.verdict for check in checks]
    return ", ".join(f"{verdicts.count(verdict)} {verdict}" for verdict in VERDICTS)
