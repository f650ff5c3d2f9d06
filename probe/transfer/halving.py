"""Successive halving under a time budget: the cheapest protocol for all models, more images and dearer protocols for the best.

After Jamieson and Talwalkar (arXiv:1502.07943), with two differences. Rounds are sized by time, since models differ a
hundredfold in speed: as many images of each class as all models of the round can be extracted with. And models are compared by
the images that their settings are chosen on, so that the test images choose nothing. Rounds test on few images, too; those that
got furthest are then tested on all, for which time is put by, and the others as far as time is left.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Generator, Sequence
from typing import Final

from backbones.probe.transfer import happenings
from backbones.probe.transfer.happenings import Happening
from backbones.probe.transfer.images import ImageData
from backbones.probe.transfer.request import Request, wish
from backbones.probe.transfer.running import Plan, Result, Wish
from backbones.probe.transfer.speeds import Speeds
from backbones.probe.transfer.standing import Costs, Look, Standing
from backbones.store.transferring.outcome import Protocol

LADDER: Final = (2, 3, 5, 7, 10, 15, 20, 30, 50, 70, 100, 150, 200, 300, 500, 700, 1000, 1500, 2000, 3000, 5000)
"""Images of a class that a round may have: few steps, so that a second run meets the features of the first."""
FIRST_SHARE: Final = 0.4
"""Of the time, for the first round; each later one may take this much of what is then left:"""
NEXT_SHARE: Final = 0.6
LEAST_LIMIT_S: Final = 20.0
FIRST_LIMIT_S: Final = 90.0
"""How long a model may take at least, and how much longer where torch is loaded first, which a busy machine is slow at."""
LATEST: Final = 0.97
"""Share of the budget after which nothing is begun or goes on."""
FIRST_LOOKS: Final = 4
"""Models of a round after which its number of images may still change, since speeds were only guessed before."""
TESTED: Final = 3
"""Models of a round, the best before it, for whose test on all test images time is put by."""
TUNED: Final = 2
"""Models that are fine-tuned at most."""
LEAST_TUNING_S: Final = 20.0
Steps = Generator[Wish | Happening, Result | None, None]


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
        self._costs = Costs(data, speeds, len(request.models))
        self._most = self._costs.most
        self._put_by_s = 0.0
        """Of the budget, for the tests of those that got furthest until now: a round may fail, or take longer than expected."""

    def steps(self) -> Plan:
        """All rounds."""
        frozen = [protocol for protocol in self._request.protocols if protocol != "fine-tuning"] or ["k-NN"]
        first, then = frozen[0], frozen[-1]
        every = [Standing(model, place) for place, model in enumerate(self._request.models)]
        ranked: list[Standing] = []
        below: list[Standing] = []
        came = every
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
                self._put_by_s = self._to_put_by(ranked)
            share = FIRST_SHARE if number == 1 and len(alive) > 1 else NEXT_SHARE
            came = []
            images = yield from self._round(number, alive, protocol, self._left_s() * share, images, came)
            number += 1
        self._put_by_s = 0.0
        yield from self._test(ranked)
        if ranked and images >= self._most:
            yield from self._rest(below, frozen[-1], images)
        if "fine-tuning" in self._request.protocols and ranked:
            yield from self._tune(ranked)
        yield from self._test(sorted((one for one in every if one.looks), key=self._test_s))

    def _better(self, ranked: Sequence[Standing], protocol: Protocol, images: int, is_dearer: bool) -> list[Standing]:
        """Those that go on: the better half, or so few of them that they can see more images; none where that brings nothing new."""
        count = math.ceil(len(ranked) / 2)
        while not is_dearer:
            if images >= self._most:
                return []
            time_s = self._left_s() * NEXT_SHARE
            if self._fit(ranked[:count], protocol, time_s, 0, is_tested_then=True)[0] > images:
                break
            if count == 1:
                return []
            count = math.ceil(count / 2)
        return list(ranked[:count])

    def _round(
        self,
        number: int,
        alive: Sequence[Standing],
        protocol: Protocol,
        time_s: float,
        least: int,
        came: list[Standing],
    ) -> Generator[Wish | Happening, Result | None, int]:
        """Evaluate models on as many images as fit into the time; how many of a class. Those that came through are in `came`."""
        until = self._spent_s() + time_s
        images, _ = self._fit(alive, protocol, time_s, least, is_tested_then=number > 1)
        yield self._told(number, alive, protocol, images)
        looks = 0
        waiting = self._cheapest_first(alive, protocol, images)
        while waiting:
            one = waiting.pop(0)
            left = until - self._spent_s()
            expected = self._costs.look_s(one, protocol, images)
            is_too_slow = came and expected > left + 0.25 * max(0.0, self._left_s() - left)
            limit = max(3 * expected, LEAST_LIMIT_S) + FIRST_LIMIT_S * self._costs.is_first
            result = None if is_too_slow else (yield from self._evaluate(one, protocol, images, limit))
            if result is None:
                yield self._too_slow(one, images)
                continue
            if result.status not in ("ok", "out_of_time"):
                continue
            looks += 1
            if result.status == "ok":
                came.append(one)
                one.looks = one.looks[-1:] if number == 1 else one.looks
            if number == 1 and looks <= FIRST_LOOKS:
                again = [*waiting] if result.status == "ok" else [one, *waiting]
                better, _ = self._fit(again, protocol, until - self._spent_s(), least)
                if again and (better * 2 < images or better > images * 2):  # speeds were guessed wrong
                    if came and better < images:
                        yield self._given_up(came, images)
                    images, waiting = better, self._cheapest_first([*came, *again], protocol, better)
                    came.clear()
                    yield self._told(number, waiting, protocol, images)
                    continue
            if result.status == "out_of_time":
                yield self._too_slow(one, images)
        return images

    def _cheapest_first(self, models: Sequence[Standing], protocol: Protocol, images: int) -> list[Standing]:
        return sorted(models, key=lambda one: self._costs.look_s(one, protocol, images))

    def _given_up(self, came: Sequence[Standing], images: int) -> Happening:
        """On more images than the others will have: by these outcomes models would stand above better ones."""
        for one in came:
            one.looks.clear()
        return happenings.GivenUp(0 if images >= self._most else images, tuple(one.key for one in came))

    def _evaluate(
        self, one: Standing, protocol: Protocol, images: int, limit_s: float
    ) -> Generator[Wish | Happening, Result | None, Result | None]:
        """One model; what its speed and its making were is remembered."""
        left = self._left_s() - self._put_by_s
        if left <= 0:
            return None
        most, limit_s = 0 if images >= self._most else images, max(0.5, min(left, limit_s))
        result = yield wish(self._request, one.model, self._data, protocol, 0, self._seed, most, limit_s)
        is_first, self._costs.is_first = self._costs.is_first, False
        if result is not None and result.status == "out_of_time":
            self._speeds.learn(one.name, result.img_s, took_too_long=True)
        if result is None or result.outcome is None or result.status != "ok":
            return result
        cost = result.outcome.cost
        self._speeds.learn(one.name, cost.extraction_img_s, cost.model_img_s)
        if cost.extraction_s and not is_first:
            extraction_s = self._costs.fresh(one, images) * self._speeds.image_s(one.name)
            one.create_s = max(0.2, cost.extraction_s - extraction_s)
        one.accuracy, one.key = result.accuracy, result.outcome.key
        one.most_images = max(images, one.most_images)
        one.looks.append((protocol, images))
        return result

    def _to_put_by(self, ranked: Sequence[Standing]) -> float:
        """What the best few need to be tested on all test images, as far as a round is left the share that it may take."""
        found, most = 0.0, self._left_s() * (1 - NEXT_SHARE)
        for one in ranked[:TESTED]:
            seconds = self._test_s(one)
            found += seconds if found + seconds <= most else 0.0
        return found

    def _test(self, models: Sequence[Standing]) -> Steps:
        """Models on all test images, in this order, as long as there is time: with what they were evaluated with last, and first,
        since all were evaluated with that."""
        is_told = False
        for one in models:
            for look in self._untested(one):
                if self._costs.test_s(one, look) > self._left_s():
                    break
                if not is_told:
                    is_told = True
                    yield self._told_of_tests(models)
                left = max(0.5, self._left_s())
                result = yield wish(
                    self._request, one.model, self._data, look[0], 0, self._seed, look[1], left, tests_all=True
                )
                if result is None or result.status != "ok":
                    break
                one.has_all_tests = True
                one.tested.add(look)

    def _untested(self, one: Standing) -> list[Look]:
        """What it was not evaluated with on all test images."""
        looks = dict.fromkeys((one.looks[-1], one.looks[0])) if one.looks else {}
        return [look for look in looks if look[1] < self._costs.most_tests and look not in one.tested]

    def _test_s(self, one: Standing) -> float:
        return sum(self._costs.test_s(one, look) for look in self._untested(one)[:1])

    def _told_of_tests(self, models: Sequence[Standing]) -> Happening:
        """How many of them there is time for."""
        count, expected, left = 0, 0.0, self._left_s()
        for one in models:
            seconds = sum(self._costs.test_s(one, look) for look in self._untested(one))
            if seconds and expected + seconds <= left:
                count, expected = count + 1, expected + seconds
        return happenings.TestsBegan(max(1, count), len(self._data.test), round(expected, 1))

    def _rest(self, below: Sequence[Standing], protocol: Protocol, images: int) -> Steps:
        """Time is left: the dearer protocol for those that were halved away too, the best first."""
        for one in below:
            if self._costs.look_s(one, protocol, images) < 0.8 * self._left_s():
                yield from self._evaluate(one, protocol, images, self._left_s())
            else:
                reason = "it was among the worse half, and no time is left for all images"
                yield happenings.LeftOut(one.name, reason, True)

    def _tune(self, ranked: Sequence[Standing]) -> Steps:
        """The best few by fine-tuning, as long as there is time."""
        for place, one in enumerate(ranked[:TUNED]):
            share = self._left_s() / (min(TUNED, len(ranked)) - place)
            if share < LEAST_TUNING_S:
                yield happenings.LeftOut(one.name, "no time is left to fine-tune it", True)
                continue
            result = yield wish(self._request, one.model, self._data, "fine-tuning", 0, self._seed, 0, share)
            if result is not None and result.status == "out_of_time":
                reason = "fine-tuning it takes longer than the budget; the same command goes on from its last epoch"
                yield happenings.LeftOut(one.name, reason, True)

    def _fit(
        self, alive: Sequence[Standing], protocol: Protocol, time_s: float, least: int, is_tested_then: bool = False
    ) -> tuple[int, list[Standing]]:
        """The most images of a class that models can see within a time, and which models.

        Where two of a class are too many for all, the slowest go. `is_tested_then`: so many that what is left of the budget
        afterwards suffices to test the first few on all test images, those of them for which it can suffice at all.
        """
        fitting = self._cheapest_first(alive, protocol, LADDER[0])
        steps = [step for step in LADDER if step < self._most] + [self._most]
        left = self._left_s()

        def tests_s(step: int) -> float:
            each = [self._costs.test_after_s(one, (protocol, step)) for one in alive[: TESTED * is_tested_then]]
            return sum(seconds for seconds in each if seconds <= left)

        for step in reversed(steps):
            needed = sum(self._costs.look_s(one, protocol, step) for one in fitting)
            if needed <= time_s and needed + tests_s(step) <= left:
                return max(step, min(least, self._most)), fitting
        while len(fitting) > 1 and sum(self._costs.look_s(one, protocol, steps[0]) for one in fitting) > time_s:
            fitting.pop()
        return max(steps[0], min(least, self._most)), fitting

    def _left_s(self) -> float:
        return LATEST * self._budget_s - self._spent_s()

    def _told(self, number: int, models: Sequence[Standing], protocol: Protocol, images: int) -> Happening:
        expected = sum(self._costs.look_s(one, protocol, images) for one in models)
        most = 0 if images >= self._most else images
        return happenings.RoundBegan(number, len(models), protocol, most, round(expected, 1))

    def _too_slow(self, one: Standing, images: int) -> Happening:
        seconds = one.create_s + self._costs.fresh(one, images) * self._speeds.image_s(one.name)
        taking = f"its features of {self._costs.images(images):,} images would take about {max(1, round(seconds)):,} s"
        return happenings.LeftOut(one.name, f"{taking}, more than is left", bool(one.looks))


def clock() -> Callable[[], float]:
    """Seconds since now."""
    began = time.monotonic()
    return lambda: time.monotonic() - began
