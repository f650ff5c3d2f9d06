"""Successive halving under a time budget: the cheapest protocol for all models, more images and dearer protocols for the best.

After Jamieson and Talwalkar (arXiv:1502.07943), with two differences. Rounds are sized by time, since models differ a
hundredfold in speed: as many images of each class as all models of the round can be extracted with. And models are compared by
the images that their settings are chosen on, so that the test images choose nothing.
"""

from __future__ import annotations

import math
import time
from collections import Counter
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass
from typing import Final

from backbones.probe.transfer import happenings
from backbones.probe.transfer.happenings import Happening
from backbones.probe.transfer.images import ImageData
from backbones.probe.transfer.request import Model, Request, wish
from backbones.probe.transfer.running import Plan, Result, Wish
from backbones.probe.transfer.speeds import Speeds
from backbones.store.transferring.outcome import Protocol

LADDER: Final = (2, 3, 5, 7, 10, 15, 20, 30, 50, 70, 100, 150, 200, 300, 500, 700, 1000, 1500, 2000, 3000, 5000)
"""Images of a class that a round may have: few steps, so that a second run meets the features of the first."""
FIRST_SHARE: Final = 0.4
"""Of the time, for the first round; each later one may take this much of what is then left:"""
NEXT_SHARE: Final = 0.6
IMPORT_S: Final = 8.0
"""The first model waits for torch."""
LEAST_LIMIT_S: Final = 20.0
FIRST_LIMIT_S: Final = 90.0
"""How long a model may take at least, and how much longer where torch is loaded first, which a busy machine is slow at."""
CREATE_S: Final = 1.5
"""Making a model, before one has been made."""
LATEST: Final = 0.97
"""Share of the budget after which nothing is begun or goes on."""
FIRST_LOOKS: Final = 4
"""Models of a round after which its number of images may still change, since speeds were only guessed before."""
TUNED: Final = 2
"""Models that are fine-tuned at most."""
LEAST_TUNING_S: Final = 20.0
Steps = Generator[Wish | Happening, Result | None, None]


@dataclass(slots=True)
class _Standing:
    model: Model
    place: int
    """In the order that the user gave."""
    accuracy: float | None = None
    """By the protocol and the images of its last round, on the images that settings are chosen by; None where there are none."""
    create_s: float = CREATE_S
    most_images: int = 0
    """Of a class, that its features are there of; -1: all."""

    @property
    def name(self) -> str:
        return self.model.name

    @property
    def rank(self) -> tuple[float, int]:
        """The best first; what nothing is known of keeps its place, and the test images say nothing about it."""
        return (0.0 if self.accuracy is None else -self.accuracy, self.place)


def halve(
    request: Request, data: ImageData, speeds: Speeds, budget_s: float, spent_s: Callable[[], float], seed: int
) -> Plan:
    """A plan that ends within the budget. `spent_s`: how much of it is gone."""
    return _Halving(request, data, speeds, budget_s, spent_s, seed).steps()


class _Halving:
    def __init__(
        self,
        request: Request,
        data: ImageData,
        speeds: Speeds,
        budget_s: float,
        spent_s: Callable[[], float],
        seed: int,
    ) -> None:
        self._request, self._data, self._speeds, self._seed = request, data, speeds, seed
        self._budget_s, self._spent_s = budget_s, spent_s
        self._counts = [list(Counter(i.label for i in part).values()) for part in (data.train, data.val, data.test)]
        self._most = max(max(counts, default=0) for counts in self._counts)
        self._is_first = True

    def steps(self) -> Plan:
        """All rounds."""
        frozen = [protocol for protocol in self._request.protocols if protocol != "fine-tuning"] or ["k-NN"]
        first, then = frozen[0], frozen[-1]
        ranked: list[_Standing] = []
        below: list[_Standing] = []
        came = [_Standing(model, place) for place, model in enumerate(self._request.models)]
        number, images, protocol = 1, 0, first
        while came:
            alive = came
            if number > 1:
                ranked = sorted(came, key=lambda one: one.rank)
                alive = self._better(ranked, then, images, is_dearer=protocol != then)
                if not alive:
                    break
                below = [*ranked[len(alive) :], *below]
                protocol = then
            share = FIRST_SHARE if number == 1 and len(alive) > 1 else NEXT_SHARE
            came = []
            images = yield from self._round(number, alive, protocol, self._left_s() * share, images, came)
            number += 1
        if ranked and images >= self._most:
            yield from self._rest(below, frozen[-1], images)
        if "fine-tuning" in self._request.protocols and ranked:
            yield from self._tune(ranked)

    def _better(self, ranked: Sequence[_Standing], protocol: Protocol, images: int, is_dearer: bool) -> list[_Standing]:
        """Those that go on: the better half, or so few of them that they can see more images; none where that brings nothing new."""
        count = math.ceil(len(ranked) / 2)
        while not is_dearer:
            if images >= self._most:
                return []
            if self._fit(ranked[:count], protocol, self._left_s() * NEXT_SHARE, 0)[0] > images:
                break
            if count == 1:
                return []
            count = math.ceil(count / 2)
        return list(ranked[:count])

    def _round(
        self,
        number: int,
        alive: Sequence[_Standing],
        protocol: Protocol,
        time_s: float,
        least: int,
        came: list[_Standing],
    ) -> Generator[Wish | Happening, Result | None, int]:
        """Evaluate models on as many images as fit into the time; how many of a class. Those that came through are in `came`."""
        until = self._spent_s() + time_s
        images, _ = self._fit(alive, protocol, time_s, least)
        yield self._told(number, alive, protocol, images)
        looks = 0
        waiting = sorted(alive, key=lambda one: self._expected_s(one, protocol, images))
        while waiting:
            one = waiting.pop(0)
            left = until - self._spent_s()
            expected = self._expected_s(one, protocol, images)
            if came and expected > left + 0.25 * max(0.0, self._left_s() - left):
                yield happenings.LeftOut(one.name, self._too_slow(one, images))
                continue
            limit = max(3 * expected, LEAST_LIMIT_S) + FIRST_LIMIT_S * self._is_first
            result = yield from self._evaluate(one, protocol, images, min(self._left_s(), limit))
            if result is None or result.status not in ("ok", "out_of_time"):
                continue
            looks += 1
            if result.status == "ok":
                came.append(one)
            if number == 1 and looks <= FIRST_LOOKS:
                again = [*waiting] if result.status == "ok" else [one, *waiting]
                better, _ = self._fit(again, protocol, until - self._spent_s(), least)
                if again and (better * 2 < images or better > images * 2):  # speeds were guessed wrong
                    images, waiting = (
                        better,
                        sorted([*came, *again], key=lambda o: self._expected_s(o, protocol, better)),
                    )
                    came.clear()
                    yield self._told(number, waiting, protocol, images)
                    continue
            if result.status == "out_of_time":
                yield happenings.LeftOut(one.name, self._too_slow(one, images))
        return images

    def _evaluate(
        self, one: _Standing, protocol: Protocol, images: int, limit_s: float
    ) -> Generator[Wish | Happening, Result | None, Result | None]:
        """One model; what its speed and its making were is remembered."""
        if self._left_s() <= 0:
            return None
        most = 0 if images >= self._most else images
        result = yield wish(self._request, one.model, self._data, protocol, 0, self._seed, most, max(limit_s, 0.5))
        is_first, self._is_first = self._is_first, False
        if result is not None and result.status == "out_of_time":
            self._speeds.learn(one.name, result.img_s)
        if result is None or result.outcome is None or result.status != "ok":
            return result
        cost = result.outcome.cost
        self._speeds.learn(one.name, cost.extraction_img_s, cost.model_img_s)
        fresh = self._images(images) - self._images(one.most_images)
        if cost.extraction_s and not is_first:
            one.create_s = max(0.2, cost.extraction_s - fresh * self._speeds.image_s(one.name))
        one.accuracy = result.accuracy
        one.most_images = images
        return result

    def _rest(self, below: Sequence[_Standing], protocol: Protocol, images: int) -> Steps:
        """Time is left: the dearer protocol for those that were halved away too, the best first."""
        for one in below:
            if self._expected_s(one, protocol, images) < 0.8 * self._left_s():
                yield from self._evaluate(one, protocol, images, self._left_s())
            else:
                yield happenings.LeftOut(one.name, "it was among the worse half, and no time is left for it")

    def _tune(self, ranked: Sequence[_Standing]) -> Steps:
        """The best few by fine-tuning, as long as there is time."""
        for place, one in enumerate(ranked[:TUNED]):
            share = self._left_s() / (min(TUNED, len(ranked)) - place)
            if share < LEAST_TUNING_S:
                yield happenings.LeftOut(one.name, "no time is left to fine-tune it")
                continue
            result = yield wish(self._request, one.model, self._data, "fine-tuning", 0, self._seed, 0, share)
            if result is not None and result.status == "out_of_time":
                reason = "fine-tuning it takes longer than the budget; the same command goes on from its last epoch"
                yield happenings.LeftOut(one.name, reason)

    def _fit(
        self, alive: Sequence[_Standing], protocol: Protocol, time_s: float, least: int
    ) -> tuple[int, list[_Standing]]:
        """The most images of a class that models can see within a time, and which models.

        Where two of a class are too many for all, the slowest go.
        """
        fitting = sorted(alive, key=lambda one: self._expected_s(one, protocol, LADDER[0]))
        steps = [step for step in LADDER if step < self._most] + [self._most]
        for step in reversed(steps):
            if sum(self._expected_s(one, protocol, step) for one in fitting) <= time_s:
                return max(step, min(least, self._most)), fitting
        while len(fitting) > 1 and sum(self._expected_s(one, protocol, steps[0]) for one in fitting) > time_s:
            fitting.pop()
        return max(steps[0], min(least, self._most)), fitting

    def _expected_s(self, one: _Standing, protocol: Protocol, images: int) -> float:
        """Seconds of an evaluation; features that are there already cost nothing."""
        fresh = self._images(images) - self._images(one.most_images)
        extraction = one.create_s + fresh * self._speeds.image_s(one.name) if fresh > 0 else 0.0
        trained = sum(min(images, count) for count in self._counts[0])
        classifying = 0.1 if protocol == "k-NN" else 0.5 + trained * len(self._counts[0]) * 2e-4
        return extraction + classifying + IMPORT_S * self._is_first / max(1, len(self._request.models))

    def _images(self, of_a_class: int) -> int:
        return sum(min(of_a_class, count) for counts in self._counts for count in counts)

    def _left_s(self) -> float:
        return LATEST * self._budget_s - self._spent_s()

    def _told(self, number: int, models: Sequence[_Standing], protocol: Protocol, images: int) -> Happening:
        expected = sum(self._expected_s(one, protocol, images) for one in models)
        most = 0 if images >= self._most else images
        return happenings.RoundBegan(number, len(models), protocol, most, round(expected, 1))

    def _too_slow(self, one: _Standing, images: int) -> str:
        seconds = one.create_s + (self._images(images) - self._images(one.most_images)) * self._speeds.image_s(one.name)
        return f"its features of {self._images(images):,} images would take about {max(1, round(seconds)):,} s, more than is left"


def clock() -> Callable[[], float]:
    """Seconds since now."""
    began = time.monotonic()
    return lambda: time.monotonic() - began
