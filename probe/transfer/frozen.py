"""k-NN and linear probing of one model: which images, their features, and what the classifier makes of them. In the worker."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from backbones.probe.speed.device_names import cpu_name, this_cpu
from backbones.probe.speed.protocol import Stopped
from backbones.probe.speed.subject import Unsupported
from backbones.probe.transfer import linear, neighbours
from backbones.probe.transfer.cache import Space, Store
from backbones.probe.transfer.features import Features, OutOfTime, extract, usual_batch
from backbones.probe.transfer.images import Image, ImageData, few
from backbones.probe.transfer.installed import installed_version
from backbones.probe.transfer.messages import Evaluated, Order
from backbones.probe.transfer.origin import Origin
from backbones.probe.transfer.scores import score
from backbones.store.transferring.outcome import Cost

Says = Callable[[str, int, int], None]
FEW: Final = 5
"""Training images of a class below which the numbers are said to be shaky."""
TOP: Final = 5
"""Answers of each image that are looked at."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """The images of one evaluation."""

    train: tuple[Image, ...]
    val: tuple[Image, ...]
    test: tuple[Image, ...]

    @property
    def all(self) -> tuple[Image, ...]:
        """Of all splits."""
        return self.train + self.val + self.test


def images_of(data: ImageData, shots: int, seed: int, most_images: int = 0, tests_all: bool = False) -> Chosen:
    """What is trained on, chosen by and tested: `shots` thin the training images and validation images that were taken from them,
    `most_images` (of a class) all of them.

    With `tests_all` they spare the test images.
    """
    least = min((limit for limit in (shots, most_images) if limit), default=0)
    return Chosen(
        few(data.train, least, seed),
        few(data.val, most_images if data.is_val_given else least, seed),
        few(data.test, 0 if tests_all else most_images, seed),
    )


def about_validation(chosen: Chosen, shots: int) -> tuple[str, ...]:
    """A sentence where few shots are chosen on more images than they are: the user's own validation split stays whole."""
    if not shots or len(few(chosen.val, shots, 0)) == len(chosen.val):
        return ()
    return (
        f"{shots} training image{'s' * (shots != 1)} of a class, but settings were chosen on {len(chosen.val):,} validation images: "
        "few shots leave a split that is given as it is",
    )


class FrozenEvaluator:
    """Evaluates with frozen features; torch is imported only when features are missing."""

    def __init__(self, data: ImageData, cache: Path, device: str) -> None:
        self._data, self._cache, self._device_name = data, cache, device
        self._device: Any = None
        self._pixels: Any = None
        self._held: tuple[Space, Store] | None = None

    @property
    def device(self) -> Any:
        """Opened when it is needed first. ValueError where there is no such device."""
        if self._device is None:
            import torch

            from backbones.probe.speed import load
            from backbones.probe.speed.devices import open_device

            if self._device_name == "cpu":
                torch.set_num_threads(min(torch.get_num_threads(), load.cpus()))
                torch.set_flush_denormal(True)
            torch.backends.cudnn.benchmark = (
                False  # it may choose another algorithm in the next run, and so other features
            )
            self._device = open_device(self._device_name)
        return self._device

    def evaluate(self, order: Order, says: Says, is_stopped: Callable[[], bool]) -> Evaluated:
        """Scores of one model. Stopped, OutOfTime, Unsupported, NoWeights, or the device's error."""
        asked = order.evaluation
        until = time.monotonic() + order.limit_s if order.limit_s else float("inf")
        chosen = images_of(self._data, asked.shots, asked.seed, order.most_images, order.tests_all)
        store = self._store(order)
        began = time.perf_counter()
        wanted = self._wanted(order, chosen)
        had = self._has(store, wanted)
        if not had:
            self._extract(store, order, wanted, says, is_stopped, until)
        extraction_s = 0.0 if had else time.perf_counter() - began
        train, val, test = (self._features(store, part) for part in (chosen.train, chosen.val, chosen.test))
        _refuse(train, test, len(self._data.classes))
        began = time.perf_counter()

        def goes_on() -> None:
            says(asked.protocol, 0, 0)
            if is_stopped():
                raise Stopped
            if time.monotonic() > until:
                raise OutOfTime

        classify = _by_neighbours if asked.protocol == "k-NN" else _linearly
        answered = classify(train, val, test, len(self._data.classes), asked.seed, goes_on, until - time.monotonic())
        training_s = time.perf_counter() - began
        ranked = _ranked(answered.likelihoods)
        scores = score(test.labels, ranked[:, 0], self._data.classes, asked.seed, ranked)
        here = cpu_name(this_cpu()) if self._device_name == "cpu" else store.last.device if store.last else ""
        readable = len({image.content for image in chosen.all if image.content in store})
        origin = store.origin(readable, here, self._data.images_hash)
        features_s = store.seconds(readable, here, self._data.images_hash)
        notes = (
            () if had or store.last is None else _notes(store.last, order.batch_size or usual_batch(self._device_name))
        )
        cautions = [*answered.cautions, *_cautions(chosen, len(self._data.val), self._left_out(store, chosen))]
        return Evaluated(
            scores, Cost(
                origin.img_s, round(extraction_s, 3), round(training_s, 3), origin.peak_memory_mib, origin.model_img_s,
                features_s=None if features_s is None else round(features_s, 3),
            ), answered.chosen, answered.accuracy, tuple(cautions), here or origin.device, origin.torch, origin.timm,
            notes=(*notes, *about_validation(chosen, asked.shots)),
        )  # fmt: skip

    def _wanted(self, order: Order, chosen: Chosen) -> Sequence[Image]:
        """All images that the evaluations of this model will need, so that it is made once; under a budget this one's alone."""
        found = {image.content: image for image in chosen.all}
        if not order.most_images and not order.limit_s:
            for shots, seed in order.draws:
                found |= {image.content: image for image in images_of(self._data, shots, seed).all}
        return tuple(found.values())

    def _has(self, store: Store, images: Sequence[Image]) -> bool:
        """Whether there is nothing to extract: what cannot be decoded, or is another image by now, is not tried again."""
        lost = self._pixels.unreadable if self._pixels is not None else {}
        return all(content in lost for content in store.missing(image.content for image in images))

    def _left_out(self, store: Store, chosen: Chosen) -> int:
        return self._data.unreadable + sum(image.content not in store for image in chosen.all)

    def _store(self, order: Order) -> Store:
        asked = order.evaluation
        space = Space(
            asked.model, asked.weights, order.preparation, asked.precision, installed_version("timm"),
            device=self._device_name.partition(":")[0],
        )  # fmt: skip
        if self._held is None or self._held[0] != space:
            self._held = (space, Store.open(self._cache, space))
        return self._held[1]

    def _extract(
        self,
        store: Store,
        order: Order,
        images: Sequence[Image],
        says: Says,
        is_stopped: Callable[[], bool],
        until: float,
    ) -> None:
        says("import", 0, 0)
        import timm
        import torch

        from backbones.probe.speed.conditions import conditions_here
        from backbones.probe.transfer.features import Frozen
        from backbones.probe.transfer.pixels import Pixels, processes_for
        from backbones.probe.transfer.weights import build

        asked, device = order.evaluation, self.device
        if self._pixels is None:
            self._pixels = Pixels(processes_for(self._device_name))

        def make() -> Frozen:
            model = build(
                asked.model, asked.weights, file=Path(order.file) if order.file else None, num_classes=0,
                resolution=asked.resolution, device=self._device_name,
            )  # fmt: skip
            return Frozen(model, order.preparation, asked.precision, self._device_name, order.channels_last)

        origin = Origin(
            conditions_here(self._device_name).device, torch.__version__, timm.__version__, self._data.images_hash,
            channels_last=order.channels_last,
        )  # fmt: skip
        extract(
            store, [(image.content, image.path) for image in images], make, order.preparation, self._pixels, device,
            order.batch_size or usual_batch(self._device_name), says, is_stopped, until, origin,
        )  # fmt: skip

    def _features(self, store: Store, images: Sequence[Image]) -> Features:
        import numpy as np

        readable = [image for image in images if image.content in store]
        names = [image.content for image in readable]
        labels = np.array([image.label for image in readable], np.int64)
        return Features(store.values(names), labels, np.unique(names, return_inverse=True)[1].astype(np.int64))


@dataclass(frozen=True, slots=True)
class _Answered:
    likelihoods: Any
    chosen: str
    accuracy: float | None
    cautions: tuple[str, ...] = ()


def _by_neighbours(
    train: Features, val: Features, test: Features, classes: int, seed: int, goes_on: Callable[[], None], limit_s: float
) -> _Answered:
    near, inner, outer = (neighbours.normalised(part.values) for part in (train, val, test))
    choice = neighbours.choose(near, train.labels, inner, val.labels, classes, seed, goes_on, train.contents)
    found = neighbours.nearest(outer, near, train.labels, choice.k, None, goes_on)
    said_for = neighbours.votes(found, choice.k, choice.vote, classes)
    if ((said_for > 0).sum(axis=1) < min(TOP, classes)).any():
        said_for = neighbours.with_all_classes(said_for, outer, near, train.labels, goes_on)
    edge = ("edge_of_grid",) if choice.k == neighbours.GRID[-1] else ()
    said = _said(f"k={choice.k}", choice.accuracy, f"vote={choice.vote}")
    return _Answered(said_for, said, choice.accuracy, edge)


def _linearly(
    train: Features, val: Features, test: Features, classes: int, seed: int, goes_on: Callable[[], None], limit_s: float
) -> _Answered:
    fitted = linear.fit(
        train.values, train.labels, val.values, val.labels, test.values, classes, seed, goes_on, limit_s, train.contents
    )
    cautions = ("edge_of_grid",) * fitted.choice.is_edge + ("not_converged",) * (not fitted.is_converged)
    said = _said(f"c={fitted.choice.c:g}", fitted.choice.accuracy)
    return _Answered(fitted.likelihoods, said, fitted.choice.accuracy, cautions)


def _ranked(likelihoods: Any) -> Any:
    """int (n, 5 at most): the likeliest classes, the first one first; -1 where there is no further class with training images."""
    import numpy as np

    ranked = (-likelihoods).argsort(axis=1, kind="stable")[:, :TOP]
    return np.where(np.isfinite(np.take_along_axis(likelihoods, ranked, axis=1)), ranked, -1)


def _said(*parts: object) -> str:
    """`KEY=VALUE,…` of texts and of the accuracy that was chosen by."""
    return ",".join(
        f"validation={part:.2f}" if isinstance(part, float) else str(part) for part in parts if part is not None
    )


def _refuse(train: Features, test: Features, classes: int) -> None:
    """Unsupported where the readable images leave nothing to tell apart."""
    if len(set(train.labels.tolist())) < 2:
        raise Unsupported(
            f"of {classes} classes fewer than two have training images that can be decoded; mend the files"
        )
    if not len(test.labels):
        raise Unsupported("no test image can be decoded; mend the files")


def _notes(origin: Origin, asked: int) -> tuple[str, ...]:
    """On an extraction that was asked to have so many images in a batch."""
    if not 0 < origin.batch_size < asked:
        return ()
    return (
        f"memory does not suffice for a batch of {asked}: features of {origin.batch_size} images at a time are extracted",
    )


def _cautions(chosen: Chosen, val: int, left_out: int) -> list[str]:
    found = [] if val else ["no_validation"]
    if min(Counter(image.label for image in chosen.train).values(), default=0) < FEW:
        found.append("few_training_images")
    return found + ["images_left_out"] * bool(left_out)
