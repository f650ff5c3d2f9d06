"""What `backbones transfer` is about to evaluate, what of it was evaluated before, and how long the rest takes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import click

from backbones.cli.session import say, table_width
from backbones.cli.transfer import Options
from backbones.probe.speed.plan import in_words
from backbones.probe.transfer.other_versions import other_versions
from backbones.probe.transfer.running import Wish
from backbones.probe.transfer.span import Span
from backbones.probe.transfer.trained import Left, left
from backbones.store.formats import render
from backbones.store.rows import Column, Rows
from backbones.store.transferring.outcome import Evaluation, Outcome

NEARLY: Final = 2.0
"""A time whose most is so many times its least is told as one, in the middle."""
BUSY: Final = 0.2
"""Share of the CPUs that others use from which on it is said: layers wait for their last thread, so that it costs more than this."""
_NAMED: Final = 5
"""Models that a sentence names."""


@dataclass(frozen=True)
class Expected:
    """How long a run will take, in words."""

    time_s: Span
    unknown: Sequence[str] = ()
    """Models of whose speed nothing is known."""
    busy_cpus: float = 0.0
    """CPUs that other programs use now, of so many:"""
    cpus: int = 1

    @property
    def longest_s(self) -> float:
        """As far as anybody knows."""
        return self.time_s.most if self.time_s.is_bounded else self.time_s.least

    def __str__(self) -> str:
        busy = f", longer while other programs keep {self.busy_cpus:.1f} of {self.cpus} CPUs busy"
        return self._time + busy * (self.busy_cpus > BUSY * self.cpus)

    @property
    def _time(self) -> str:
        least, most = self.time_s.least, self.time_s.most
        if not self.time_s.is_bounded:
            more = f" and {len(self.unknown) - _NAMED:,} more" if len(self.unknown) > _NAMED else ""
            names = ", ".join(self.unknown[:_NAMED]) + more
            return f"at least {in_words(least)}, as nothing is known yet of the speed of {names} here"
        if most <= NEARLY * least:
            return f"about {in_words(self.time_s.middle)}"
        return f"{in_words(least)} to {in_words(most)}"


class Known:
    """What earlier runs have left of each evaluation; each is looked up once."""

    def __init__(self, earlier: Callable[[str], Outcome | None], folder: Path) -> None:
        """`folder`: of what fine-tuning goes on from."""
        self._earlier, self._folder = earlier, folder
        self._found: dict[str, Outcome | None] = {}

    def before(self, asked: Evaluation) -> str:
        """The status of the outcome that stays; empty where it is evaluated anew."""
        kept = self._kept(asked)
        return kept.status if kept else ""

    def of(self, wishes: Iterable[Wish]) -> list[Outcome]:
        """The outcomes that stay."""
        return [kept for one in wishes if (kept := self._kept(one.order.evaluation))]

    def _kept(self, asked: Evaluation) -> Outcome | None:
        if asked.key not in self._found:
            self._found[asked.key] = self._earlier(asked.key)
        return self._found[asked.key]

    def left(self, asked: Evaluation) -> Left:
        """What is left to do."""
        if self.before(asked):
            return Left(is_done=True)
        return left(self._folder / asked.key) if asked.protocol == "fine-tuning" else Left()


def about_time(wishes: Sequence[Wish], known: Known, expected: Expected) -> str:
    """The end of a sentence on what will be evaluated."""
    done = sum(bool(known.before(one.order.evaluation)) for one in wishes)
    if done == len(wishes):
        return ", evaluated before: nothing is left to do"
    told = f", {done:,} of them evaluated before" if done else ""
    return f"{told}: {expected}"


def tell_plan(wishes: Sequence[Wish], known: Known, options: Options, expected: Expected) -> int:
    """`--dry-run`: the evaluations as a table."""
    columns = tuple(
        Column(name, name.replace("_", " "), "number" if name in ("resolution", "shots", "seed") else "text")
        for name in ("model", "weights", "protocol", "resolution", "precision", "shots", "seed", "recipe", "before")
    )
    asked = [one.order.evaluation for one in wishes]
    rows = tuple(
        (
            e.model, e.weights, e.protocol, e.resolution, e.precision, e.shots or None, e.seed, e.recipe or None, known.before(e) or None
        )
        for e in asked
    )  # fmt: skip
    click.echo(render(Rows(columns, rows), options.form, table_width() if options.form == "table" else None), nl=False)
    done = sum(bool(known.before(one)) for one in asked)
    if done == len(asked):
        say("nothing is left to do: all were evaluated before")
        tell_other_versions(known.of(wishes))
        return 0
    before = f"; {done:,} of {counted(len(asked), 'evaluation')} were done before" if done else ""
    budget = f"; with --budget {options.budget} as much of it as fits" if options.budget else ""
    say(f"would take {expected}{before}{budget}")
    tell_other_versions(known.of(wishes))
    return 0


def tell_other_versions(kept: Iterable[Outcome]) -> None:
    """Of timm or torch, that outcomes which stay were evaluated with: their numbers stand beside those of today's."""
    if sentence := other_versions(kept):
        say(sentence)


def counted(number: int, noun: str) -> str:
    """`2 models`."""
    return f"{number:,} {noun}{'s' * (number != 1)}"
