"""What is told while models are evaluated: a bar on a terminal, else a line an outcome, or events as JSON lines for a program."""

from __future__ import annotations

import json
import shutil
import sys
import time
from collections.abc import Callable
from typing import Any, Final, Protocol

import click

from backbones.cli.session import say
from backbones.probe.speed.plan import in_words
from backbones.probe.transfer import happenings
from backbones.probe.transfer.happenings import Happening, plain
from backbones.store.text import printable
from backbones.store.transferring.outcome import Cost, Evaluation, Outcome


class Progress(Protocol):
    """Hears all that happens."""

    def hear(self, happening: Happening) -> None:
        """Tell it, or not."""

    def note(self, name: str, **fields: Any) -> None:
        """Something that is not of the run itself: what is planned."""

    def end(self) -> None:
        """Nothing more comes: leave the screen tidy."""


class Nothing:
    """Tells nothing."""

    def hear(self, happening: Happening) -> None:
        """Nothing."""

    def note(self, name: str, **fields: Any) -> None:
        """Nothing."""

    def end(self) -> None:
        """Nothing."""


class Lines(Nothing):
    """A line on stderr for each outcome, round and model that is left out."""

    EPOCHS_EVERY_S: Final = 30.0

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._done = self._planned = 0
        self._noted: set[tuple[str, str]] = set()
        self._clock, self._epoch_told = clock, clock()

    def hear(self, happening: Happening) -> None:
        if isinstance(happening, happenings.Began):
            self._planned = happening.evaluations
        elif isinstance(happening, happenings.Taken):
            self._done += 1
            if not happening.is_resumed:
                say(f"{self._counted()}{told(happening.outcome)}")
            self._tell_notes(happening.outcome)
        elif isinstance(happening, happenings.InPhase):
            self._tell_epochs(happening)
        elif isinstance(happening, happenings.Retrying):
            say(f"{asked(happening.evaluation)}: {happening.status}; tried once more")
        elif isinstance(happening, happenings.RoundBegan):
            say(about_round(happening))
        elif isinstance(happening, happenings.TestsBegan):
            say(about_tests(happening))
        elif isinstance(happening, happenings.LeftOut):
            what = "gets no further" if happening.is_ranked else "is left out"
            say(f"{happening.model} {what}: {happening.reason}")
        elif isinstance(happening, happenings.GivenUp):
            say(about_given_up(happening))

    def _tell_epochs(self, happening: happenings.InPhase) -> None:
        """Where training goes on, and how far it is: not each of many short epochs."""
        if happening.phase == "epoch" and self._clock() - self._epoch_told >= self.EPOCHS_EVERY_S:
            self._epoch_told = self._clock()
            say(f"  {asked(happening.evaluation)}: {happening.done:,} of at most {happening.planned:,} epochs are over")
        elif happening.phase == "going on":
            say(f"  {asked(happening.evaluation)}: going on from epoch {happening.done + 1:,} of {happening.planned:,}")

    def _tell_notes(self, outcome: Outcome) -> None:
        """Each once for a model."""
        for note in outcome.notes:
            if (noted := (outcome.evaluation.model, note)) not in self._noted:
                self._noted.add(noted)
                say(f"  {outcome.evaluation.model}: {note}")

    def _counted(self) -> str:
        return f"{self._done}/{self._planned} " if self._planned else ""


class Bar(Lines):
    """One line on stderr that is written over and over; what stays stands above it."""

    def __init__(self) -> None:
        super().__init__()
        self._began, self._drawn = time.monotonic(), 0.0

    def hear(self, happening: Happening) -> None:
        if isinstance(happening, happenings.InPhase) and happening.phase != "going on":
            if time.monotonic() - self._drawn > 0.1:
                self._draw(happening)
            return
        self.end()
        super().hear(happening)

    def end(self) -> None:
        sys.stderr.write("\r\x1b[K")
        sys.stderr.flush()

    def _draw(self, happening: happenings.InPhase) -> None:
        self._drawn = time.monotonic()
        share = happening.done / happening.planned if happening.planned else 0.0
        counted = f"{happening.done:,}/{happening.planned:,} " if happening.planned else ""
        left = ""
        if self._planned and self._done:
            each = (time.monotonic() - self._began) / self._done
            left = f", {in_words(each * (self._planned - self._done))} left"
        of = f"{self._done + 1}/{self._planned}{left}  " if self._planned else ""
        line = f"{'#' * int(20 * share):.<20} {counted}{of}{happening.evaluation.model}: {_phase(happening.phase)}"
        sys.stderr.write("\r\x1b[K" + printable(line)[: max(20, shutil.get_terminal_size().columns - 1)])
        sys.stderr.flush()


class JsonLines:
    """Each happening as one JSON object on stdout, at once."""

    def hear(self, happening: Happening) -> None:
        self._write(plain(happening))

    def note(self, name: str, **fields: Any) -> None:
        self._write({"event": name, **fields})

    def end(self) -> None:
        """Nothing."""

    def _write(self, record: dict[str, Any]) -> None:
        click.echo(json.dumps(record, ensure_ascii=False))


def progress_of(kind: str) -> Progress:
    """The one of that name; a bar needs a terminal."""
    if kind == "jsonl":
        return JsonLines()
    if kind == "none":
        return Nothing()
    return Bar() if sys.stderr.isatty() else Lines()


def told(outcome: Outcome) -> str:
    """An outcome in a line."""
    what = asked(outcome.evaluation)
    if outcome.scores is None:
        return f"{what}: {outcome.status.replace('_', ' ')}" + (f", {outcome.error}" if outcome.error else "")
    scores, speed = outcome.scores, _speed(outcome.cost)
    return f"{what}: top-1 {scores.top_1:.2f} ({scores.top_1_low:.2f}-{scores.top_1_high:.2f}){speed}, {in_words(outcome.duration_s)}"


def _speed(cost: Cost) -> str:
    """Of an extraction; and what the model could do, where most of the time went into decoding."""
    if not cost.extraction_img_s or not cost.extraction_s:
        return ""
    told = f", {cost.extraction_img_s:,.1f} img/s"
    if is_decoding_the_limit(cost):
        told += f" (decoding is the limit: the model alone {cost.model_img_s:,.1f})"
    return told


def is_decoding_the_limit(cost: Cost) -> bool:
    """More than half of an extraction's time was not the model's."""
    return bool(cost.extraction_img_s and cost.model_img_s and cost.model_img_s > 2 * cost.extraction_img_s)


def asked(evaluation: Evaluation) -> str:
    """An evaluation in a few words."""
    shots = f" {evaluation.shots} shots" if evaluation.shots else ""
    recipe = f" {evaluation.recipe.partition('@')[0]}" if evaluation.recipe else ""
    return f"{evaluation.model} {evaluation.protocol}{recipe}{shots}"


def about_round(happening: happenings.RoundBegan) -> str:
    """A round of successive halving."""
    models = _models(happening.models)
    images = f"at most {happening.most_images:,} images of a class" if happening.most_images else "all images"
    return (
        f"round {happening.round}: {models}, {happening.protocol} on {images}, about {in_words(happening.expected_s)}"
    )


def about_given_up(happening: happenings.GivenUp) -> str:
    """Why outcomes that were told of do not stand in the ranking."""
    images = f"at most {happening.most_images:,} images of a class" if happening.most_images else "all images"
    count = len(happening.keys)
    what = f"{count:,} outcomes on {images} do" if count > 1 else f"the outcome on {images} does"
    return f"the round begins again with fewer images, as it takes longer than was expected: {what} not count"


def about_tests(happening: happenings.TestsBegan) -> str:
    """What the rounds tested on few images."""
    return (
        f"{_models(happening.models)} on all {happening.test_images:,} test images, about {in_words(happening.expected_s)}: "
        "rounds test on as few images as they train on"
    )


def _models(number: int) -> str:
    return f"{number:,} model{'s' * (number != 1)}"


def _phase(name: str) -> str:
    return {
        "epoch": "training, epochs",
        "create": "making the model",
        "extract": "extracting features",
        "import": "loading torch",
        "train": "training",
    }.get(name, name)
