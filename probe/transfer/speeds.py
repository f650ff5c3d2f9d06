"""How fast models will be on this device, before they are made: from earlier runs, measured by the probe, predicted, or guessed."""

from __future__ import annotations

import math
import sqlite3
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Final

from backbones.probe.speed.device_names import cpu_name, this_cpu
from backbones.probe.transfer.span import Span
from backbones.store.errors import BackbonesError
from backbones.store.machine import host_id
from backbones.store.measuring.file import reading

GUESS: Final = {"cpu": 15.0}
"""GMACs a second of each core, where nothing is known yet."""
GUESS_GPU: Final = 5000.0
DECODING_S: Final = 0.004
"""Seconds that a core takes for an image before the model sees it."""
DECODING_GPU_S: Final = 0.0007
"""On a GPU, where processes decode ahead."""
KNOWN: Final = Span(0.8, 1.3)
GUESSED: Final = Span(0.3, 3.0)
"""How far from the truth a speed may be that was found at another time, and one that is guessed from MACs."""
PASSES: Final = {"cpu": Span(2.5, 6.0)}
"""Training takes so many times as long as inference: forward, backward, and the optimiser."""
PASSES_GPU: Final = Span(2.5, 4.0)
OF_TRAINING: Final = Span(0.1, 0.4)
"""Share of the time of training that inference takes, where the former alone is known."""
AUGMENTING: Final = Span(1.0, 2.5)
"""So many times as long as decoding takes for training images."""


@dataclass(slots=True)
class Speeds:
    """What is known, by model; it learns while the run goes on."""

    cores: int
    device: str = "cpu"
    gmacs: dict[str, float] = field(default_factory=dict)
    """Of an image at the resolution that is evaluated."""
    known: dict[str, float] = field(default_factory=dict)
    """Images a second."""
    heard: dict[str, float] = field(default_factory=dict)
    """Images a second of extraction in this run."""
    trained: dict[str, Span] = field(default_factory=dict)
    """Seconds an image of training by the recipe, decoding included, as earlier runs tell."""
    decoding_s: float = DECODING_S
    """That a core takes for an image."""

    def learn(self, model: str, img_s: float | None, alone: float | None = None, took_too_long: bool = False) -> None:
        """A model has been extracted with; `alone`: images a second without decoding, which may be known from other images.

        The fastest extraction counts, as few images are slower and so is a busy machine; but not where it `took_too_long`.
        """
        if img_s:
            self.heard[model] = img_s if took_too_long else max(img_s, self.heard.get(model, 0.0))
        elif alone:
            self.known[model] = alone

    def image_s(self, model: str) -> float:
        """Seconds an image takes, from the best that is known."""
        if model in self.heard:
            return 1 / self.heard[model]
        if model in self.known:
            return 1 / self.known[model] + self._decoding_s
        gmacs = self.gmacs.get(model) or (median(self.gmacs.values()) if self.gmacs else 4.0)
        return self._decoding_s + gmacs / self._gmacs_a_second()

    def extraction_span(self, model: str) -> Span:
        """Seconds an image takes in extraction."""
        if model in self.heard:
            return Span.of(1 / self.heard[model])
        return self.forward_span(model) + self._decoding_s

    def forward_span(self, model: str) -> Span:
        """Seconds an image takes in the model alone; without bounds where nothing is known."""
        if model in self.known:
            return KNOWN * (1 / self.known[model])
        if model in self.heard:
            return Span.of(max(0.2 / self.heard[model], 1 / self.heard[model] - self._decoding_s))
        if model in self.trained:
            return self.trained[model] * OF_TRAINING
        if self.gmacs.get(model):
            return GUESSED * (self.gmacs[model] / self._gmacs_a_second())
        return Span(0.0, math.inf)

    def training_span(self, model: str, scale: float = 1.0) -> Span:
        """Seconds an image takes in an epoch. `scale`: how much more the model has to do than for an image of evaluation."""
        if model in self.trained:
            return self.trained[model]
        decoding = self.decoding_s if self._kind == "cpu" else DECODING_GPU_S
        return self.forward_span(model) * scale * self.passes + AUGMENTING * decoding

    @property
    def passes(self) -> Span:
        """How many times as long as inference training takes on this device."""
        return PASSES.get(self._kind, PASSES_GPU)

    def unknown(self, models: Iterable[str]) -> list[str]:
        """Models of whose speed nothing is known."""
        return [one for one in models if not self.forward_span(one).is_bounded]

    @property
    def _decoding_s(self) -> float:
        return self.decoding_s / self.cores if self._kind == "cpu" else DECODING_GPU_S

    @property
    def _kind(self) -> str:
        return self.device.partition(":")[0]

    def _gmacs_a_second(self) -> float:
        """Of the models heard so far, the middle one; before that a guess."""
        found = [
            self.gmacs[model] / max(1 / img_s - self._decoding_s, 0.2 / img_s)
            for model, img_s in {**self.known, **self.heard}.items()
            if self.gmacs.get(model)
        ]
        return median(found) if found else GUESS["cpu"] * self.cores if self._kind == "cpu" else GUESS_GPU


def kept_speeds(
    file: Path, models: Iterable[tuple[str, int]], device: str, precision: str
) -> tuple[dict[str, float], dict[str, int]]:
    """Images a second, measured or else predicted on this machine, and the best batch sizes measured, by model.

    `models`: names, with or without tag, and resolutions.
    """
    is_cpu, processor = device == "cpu", cpu_name(this_cpu())
    speeds: dict[tuple[str, int], float] = {}
    batches: dict[tuple[str, int], int] = {}
    with reading(file) as connection:
        if connection is not None:
            for name, side, img_s, batch in _rows(connection, precision, is_cpu, processor):
                if batch:
                    batches[name, side] = batch
                if batch or (name, side) not in speeds:
                    speeds[name, side] = img_s
    asked = {model: (model.partition(".")[0], side) for model, side in models}
    return (
        {model: speeds[key] for model, key in asked.items() if key in speeds},
        {model: batches[key] for model, key in asked.items() if key in batches},
    )


def _rows(
    connection: sqlite3.Connection, precision: str, is_cpu: bool, processor: str
) -> list[tuple[str, int, float, int | None]]:
    """Predicted ones first, so that measured ones take their places."""
    same = "device = ?" if is_cpu else "device <> ?"
    return connection.execute(
        f"select backbone, resolution, throughput_img_s, null from prediction where host = ? and precision = ? and compiled = 0 and {same} "
        "union all select backbone, resolution, throughput_img_s, batch_size from measurement where host = ? and precision = ? "
        f"and compiled = 0 and mode = 'inference' and quantity = 'throughput' and throughput_img_s > 0 and {same}",
        [host_id(), precision, processor, host_id(), precision, processor],
    ).fetchall()


def counted(connect: Callable[[], sqlite3.Connection], models: Iterable[tuple[str, int]]) -> dict[str, float]:
    """GMACs of models at resolutions, from the catalogue's counts; a convolution's and nearly a transformer's grow with the area.

    Nothing where there is no catalogue.
    """
    from backbones.store.measuring.counts import shipped

    try:
        known = shipped(connect())
    except BackbonesError:
        return {}
    found = {}
    for model, side in models:
        count = known.get(model.partition(".")[0])
        if count is not None and count.macs:
            found[model] = count.macs / 1e9 * (side * side) / (count.height * count.width)
    return found
