"""What `backbones transfer` is about to evaluate, what of it was evaluated before, and how long the rest takes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from backbones.cli.session import say, table_width
from backbones.cli.transfer import Options
from backbones.probe.speed.plan import in_words
from backbones.probe.transfer.expecting import trainings
from backbones.probe.transfer.running import Wish
from backbones.probe.transfer.trained import share_left
from backbones.store.formats import render
from backbones.store.rows import Column, Rows
from backbones.store.transferring.outcome import Evaluation, Outcome

if TYPE_CHECKING:
    from backbones.probe.transfer.images import ImageData


class Known:
    """What earlier runs have left of each evaluation; each is looked up once."""

    def __init__(self, earlier: Callable[[str], Outcome | None], folder: Path, data: ImageData) -> None:
        """`folder`: of what fine-tuning goes on from."""
        self._earlier, self._folder, self._data = earlier, folder, data
        self._found: dict[str, Outcome | None] = {}

    def before(self, asked: Evaluation) -> str:
        """The status of the outcome that stays; empty where it is evaluated anew."""
        if asked.key not in self._found:
            self._found[asked.key] = self._earlier(asked.key)
        kept = self._found[asked.key]
        return kept.status if kept else ""

    def left(self, asked: Evaluation) -> float:
        """Which share is left to do."""
        if self.before(asked):
            return 0.0
        if asked.protocol != "fine-tuning":
            return 1.0
        return share_left(self._folder / asked.key, trainings(asked.shots, self._data))


def about_time(wishes: Sequence[Wish], known: Known, expected_s: float) -> str:
    """The end of a sentence on what will be evaluated."""
    done = sum(bool(known.before(one.order.evaluation)) for one in wishes)
    if done == len(wishes):
        return ", evaluated before: nothing is left to do"
    told = f", {done:,} of them evaluated before" if done else ""
    return f"{told}: about {in_words(expected_s)}"


def tell_plan(wishes: Sequence[Wish], known: Known, options: Options, expected_s: float) -> int:
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
        return 0
    before = f"; {done:,} of {counted(len(asked), 'evaluation')} were done before" if done else ""
    budget = f"; with --budget {options.budget} as much of it as fits" if options.budget else ""
    say(f"would take about {in_words(expected_s)}{before}{budget}")
    return 0


def counted(number: int, noun: str) -> str:
    """`2 models`."""
    return f"{number:,} {noun}{'s' * (number != 1)}"
