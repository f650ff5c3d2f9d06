"""Successive halving against a worker that only tells stories: time is added up, nothing is computed."""

from __future__ import annotations

import random
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from backbones.probe.transfer import happenings
from backbones.probe.transfer.halving import halve
from backbones.probe.transfer.images import Image, ImageData
from backbones.probe.transfer.messages import Order
from backbones.probe.transfer.preparation import ModelFacts, Preparation
from backbones.probe.transfer.request import Model, Request
from backbones.probe.transfer.running import Result, Wish
from backbones.probe.transfer.speeds import Speeds
from backbones.store.transferring.outcome import Cost, Outcome, Protocol, Scores

PREPARED = Preparation(224, "bicubic", 0.9, "center", (0.5, 0.5, 0.5), (0.5, 0.5, 0.5))


@dataclass
class Story:
    """What the models would do, on a clock of its own."""

    img_s: dict[str, float]
    true: dict[str, float]
    """Top-1 of linear probing on all images; less with fewer."""
    create_s: float = 1.0
    now: float = 0.0
    seen: dict[str, set[str]] = field(default_factory=dict)
    took: list[float] = field(default_factory=list)
    """Seconds of each order."""
    orders: list[Wish] = field(default_factory=list)
    told: list[happenings.Happening] = field(default_factory=list)

    def run(self, request: Request, data: ImageData, speeds: Speeds, budget_s: float) -> None:
        plan = halve(request, data, speeds, budget_s, lambda: self.now, seed=0)
        result = None
        while True:
            try:
                wanted = plan.send(result)
            except StopIteration:
                return
            result = None
            if isinstance(wanted, Wish):
                self.orders.append(wanted)
                began = self.now
                result = self._answer(wanted, data)
                self.took.append(self.now - began)
            else:
                self.told.append(wanted)

    def _answer(self, wish: Wish, data: ImageData) -> Result:
        asked, most = wish.order.evaluation, wish.order.most_images or 10**9
        began = self.now
        if len(self.orders) == 1:
            self.now += 6
        counts: dict[tuple[int, int], int] = {}
        wanted = set()
        for split, part in enumerate((data.train, data.val, data.test)):
            for image in part:
                counts[split, image.label] = counts.get((split, image.label), 0) + 1
                if counts[split, image.label] <= most or (split == 2 and wish.order.tests_all):
                    wanted.add(image.content)
        known = self.seen.setdefault(asked.model, set())
        extraction = self.create_s + len(wanted - known) / self.img_s[asked.model] if wanted - known else 0.0
        taken = extraction + {"k-NN": 0.1, "linear probing": 2.0, "fine-tuning": 100.0}[asked.protocol]
        if taken > wish.order.limit_s:
            self.now += wish.order.limit_s
            known |= set(sorted(wanted - known)[: int((wish.order.limit_s - self.create_s) * self.img_s[asked.model])])
            return Result(None, "out_of_time", None, wish.order.limit_s, self.img_s[asked.model])
        known |= wanted
        self.now += taken
        accuracy = self.true[asked.model] - 100 / min(most, 300)
        cost = Cost(self.img_s[asked.model], extraction, taken - extraction, 100.0)
        scores = Scores(len(data.test), accuracy, accuracy, accuracy, accuracy, accuracy)
        outcome = Outcome(asked, "ok", "h", "d", "t", "t", "2026-01-01T00:00:00.000Z", self.now - began, scores, cost)
        return Result(outcome, "ok", accuracy, self.now - began)

    def ended(self, protocol: str) -> list[str]:
        return [one.order.evaluation.model for one in self.orders if one.order.evaluation.protocol == protocol]

    def last_round(self) -> list[Order]:
        """The orders of the rounds' last one."""
        models = [one.models for one in self.told if isinstance(one, happenings.RoundBegan)][-1]
        most = max(one.order.most_images or 10**9 for one in self.orders)
        return [one.order for one in self.orders if (one.order.most_images or 10**9) == most][:models]

    def tested_on_all(self) -> list[str]:
        """Models in the order in which they were, those of rounds with all images too."""
        whole = [one.order for one in self.orders if one.order.tests_all or not one.order.most_images]
        return list(dict.fromkeys(order.evaluation.model for order in whole))


def images(classes: int = 10, train: int = 160, test: int = 40) -> ImageData:
    def part(name: str, count: int) -> tuple[Image, ...]:
        return tuple(
            Image(Path(f"{name}{c}-{i}"), c, f"{name}{c}-{i}", 9, 9) for c in range(classes) for i in range(count)
        )

    return ImageData(
        "mine", tuple(f"c{c}" for c in range(classes)), part("train", train), (), part("test", test), "0" * 16
    )


def request(names: list[str], *protocols: Protocol) -> Request:
    return Request(tuple(Model(ModelFacts(name, PREPARED), "random") for name in names), protocols, "fp32")


def forty(seed: int) -> Story:
    draw = random.Random(seed)
    names = [f"m{n}" for n in range(40)]
    return Story({name: 10 ** draw.uniform(0.4, 2.5) for name in names}, {name: draw.uniform(60, 95) for name in names})


@pytest.mark.parametrize("seed", range(5))
def test_forty_models_end_within_the_budget_with_a_ranked_answer(seed: int) -> None:
    story = forty(seed)
    speeds = Speeds(2, gmacs={name: 40 / speed for name, speed in story.img_s.items()})
    story.run(request(list(story.img_s), "k-NN", "linear probing"), images(), speeds, 600)
    assert story.now <= 600
    assert len(set(story.ended("k-NN"))) >= 36
    assert story.ended("linear probing")
    assert story.now > 300, "time that there is, is used"


def test_the_best_models_get_the_dearer_protocol() -> None:
    story = forty(1)
    story.img_s = dict.fromkeys(story.img_s, 50.0)
    speeds = Speeds(2, known=dict(story.img_s))
    story.run(request(list(story.img_s), "k-NN", "linear probing"), images(), speeds, 600)
    best = sorted(story.true, key=lambda name: -story.true[name])[:5]
    assert set(best) <= set(story.ended("linear probing"))
    worst = sorted(story.true, key=lambda name: story.true[name])[:5]
    assert not set(worst) & set(story.ended("linear probing"))


def test_all_models_get_all_images_where_there_is_time() -> None:
    story = forty(2)
    story.img_s = dict.fromkeys(story.img_s, 1000.0)
    story.run(request(list(story.img_s), "k-NN", "linear probing"), images(), Speeds(2, known=dict(story.img_s)), 3600)
    assert set(story.ended("linear probing")) == set(story.img_s)
    assert all(not one.order.most_images for one in story.orders)
    assert not [one for one in story.told if isinstance(one, happenings.LeftOut)]


def test_speeds_that_were_guessed_wrong_change_the_number_of_images() -> None:
    story = forty(3)
    story.img_s = dict.fromkeys(story.img_s, 2.0)
    speeds = Speeds(2, known=dict.fromkeys(story.img_s, 500.0))
    story.run(request(list(story.img_s), "k-NN", "linear probing"), images(), speeds, 900)
    assert story.now <= 900 * 1.05
    rounds = [one for one in story.told if isinstance(one, happenings.RoundBegan)]
    assert rounds[0].most_images == 0 or rounds[0].most_images > rounds[1].most_images
    assert len(set(story.ended("k-NN"))) >= 10


def test_a_model_that_is_far_too_slow_is_left_out_with_a_reason() -> None:
    story = Story({"slow": 0.02, "a": 50.0, "b": 60.0}, {"slow": 99.0, "a": 80.0, "b": 70.0})
    story.run(request(["slow", "a", "b"], "k-NN", "linear probing"), images(), Speeds(2, known=dict(story.img_s)), 120)
    assert story.now <= 120
    left_out = [one for one in story.told if isinstance(one, happenings.LeftOut)]
    assert {one.model for one in left_out} == {"slow"}
    assert "would take about" in left_out[0].reason
    assert set(story.ended("linear probing")) >= {"a"}


@pytest.mark.parametrize("seed", range(5))
def test_the_best_of_the_last_round_is_tested_on_all_test_images(seed: int) -> None:
    story = forty(seed)
    story.img_s = {name: max(20.0, speed) for name, speed in story.img_s.items()}  # 80 s for all test images
    speeds = Speeds(2, gmacs={name: 40 / speed for name, speed in story.img_s.items()})
    story.run(request(list(story.img_s), "k-NN", "linear probing"), images(test=160), speeds, 600)
    last = story.last_round()
    best = max((order.evaluation.model for order in last), key=lambda name: story.true[name])
    assert best in story.tested_on_all()
    assert story.now <= 600


def test_those_left_behind_are_tested_on_all_in_the_end_the_cheapest_first() -> None:
    story = forty(1)
    story.img_s = {name: 20.0 + place for place, name in enumerate(story.img_s)}
    speeds = Speeds(2, known=dict(story.img_s))
    story.run(request(list(story.img_s), "k-NN", "linear probing"), images(train=400), speeds, 900)
    finalists = {order.evaluation.model for order in story.last_round()}
    tests = [
        (one.order.evaluation, one.order.most_images, seconds)
        for one, seconds in zip(story.orders, story.took, strict=True)
        if one.order.tests_all and one.order.most_images < 40  # the test images of a class
    ]
    assert len(tests) > 15 and tests[0][0].model in finalists
    extracted = [(asked.model, seconds) for asked, _, seconds in tests if seconds > 3]  # linear probing alone takes 2
    assert len(extracted) > 5 and not finalists & {name for name, _ in extracted}
    seconds = [each for _, each in extracted]
    assert seconds == sorted(seconds) and seconds[-1] > 1.2 * seconds[0]
    told = [one for one in story.told if isinstance(one, happenings.TestsBegan)]
    assert len(told) == 2 and all(one.test_images == 400 for one in told)
    assert story.now <= 900
    before = {(one.order.evaluation.model, one.order.most_images) for one in story.orders if not one.order.tests_all}
    assert {(asked.model, most) for asked, most, _ in tests} <= before, "nothing is trained on more images for it"


def test_test_images_that_no_model_has_time_for_do_not_end_the_rounds() -> None:
    story = forty(2)
    story.img_s = dict.fromkeys(story.img_s, 50.0)
    many = images(train=160, test=4000)
    story.run(request(list(story.img_s), "k-NN", "linear probing"), many, Speeds(2, known=dict(story.img_s)), 300)
    rounds = [one for one in story.told if isinstance(one, happenings.RoundBegan)]
    assert len(rounds) > 2 and rounds[-1].most_images > rounds[0].most_images
    assert not story.tested_on_all() and story.now <= 300


def test_models_that_fail_do_not_end_the_rounds() -> None:
    story = forty(4)
    names = list(story.img_s)
    answer = story._answer

    def failing(wish: Wish, data: ImageData) -> Result:
        if wish.order.evaluation.model in names[:10]:
            story.now += 5
            return Result(None, "crash")
        return answer(wish, data)

    story._answer = failing  # type: ignore[method-assign]
    story.run(request(names, "k-NN", "linear probing"), images(), Speeds(2, known=dict(story.img_s)), 600)
    assert story.now <= 600
    assert set(story.ended("linear probing")) - set(names[:10])


def test_the_best_two_are_fine_tuned_where_time_is_left() -> None:
    story = forty(5)
    story.img_s = dict.fromkeys(story.img_s, 500.0)
    wanted = request(list(story.img_s), "k-NN", "linear probing", "fine-tuning")
    story.run(wanted, images(), Speeds(2, known=dict(story.img_s)), 1800)
    best = sorted(story.true, key=lambda name: -story.true[name])[:2]
    assert story.ended("fine-tuning") == best
    assert story.now <= 1800


def test_without_an_accuracy_to_choose_by_the_test_images_choose_nothing() -> None:
    story = forty(6)
    story.img_s = dict.fromkeys(story.img_s, 50.0)
    names = list(story.img_s)
    story.true = {
        name: 60.0 + place for place, name in enumerate(names)
    }  # the last ones are the best on the test images
    answer = story._answer
    story._answer = lambda wish, data: replace(answer(wish, data), accuracy=None)  # type: ignore[method-assign]
    story.run(request(names, "k-NN", "linear probing"), images(), Speeds(2, known=dict(story.img_s)), 600)
    dearer = set(story.ended("linear probing"))
    assert dearer == set(names[: len(dearer)])


def test_one_model_alone_is_seen_through() -> None:
    story = Story({"a": 20.0}, {"a": 80.0})
    story.run(request(["a"], "k-NN", "linear probing"), images(), Speeds(2, known=dict(story.img_s)), 600)
    assert story.ended("linear probing")[-1:] == ["a"]
    assert not story.orders[-1].order.most_images


def guessed_too_fast(true: dict[str, float]) -> Story:
    """Models are a third as fast as is thought: the first round begins again with fewer images. Told what it was."""
    story = Story(dict.fromkeys(true, 4.0), true)
    story.run(request(list(true), "k-NN"), images(), Speeds(2, known=dict.fromkeys(true, 12.0)), 600)
    return story


def test_outcomes_on_more_images_than_their_like_have_are_given_up() -> None:
    story = guessed_too_fast({f"m{place:02}": 70.0 + place for place in range(12)})
    first, again, *_ = (one for one in story.told if isinstance(one, happenings.RoundBegan))
    assert first.round == again.round == 1 and first.most_images > again.most_images
    (given_up,) = (one for one in story.told if isinstance(one, happenings.GivenUp))
    before = [one.order for one in story.orders if one.order.most_images == first.most_images]
    assert (given_up.most_images, given_up.keys) == (first.most_images, tuple(one.evaluation.key for one in before))
    after = [one.order.evaluation.model for one in story.orders if one.order.most_images == again.most_images]
    assert before and {order.evaluation.model for order in before} <= set(after), "all are compared by as many images"
    assert not {one.order.most_images for one in story.orders if one.order.tests_all} & {first.most_images}


def test_features_of_a_round_that_began_again_count_as_there() -> None:
    story = guessed_too_fast({f"m{place:02}": 90.0 - place for place in range(12)})
    second = next(one for one in story.told if isinstance(one, happenings.RoundBegan) and one.round == 2)
    orders = zip(story.orders, story.took, strict=True)
    took = [seconds for one, seconds in orders if one.order.most_images == second.most_images][: second.models]
    assert second.expected_s == pytest.approx(sum(took), rel=0.1)


def test_what_stands_in_the_ranking_gets_no_further() -> None:
    story = forty(2)
    speeds = Speeds(2, known=dict(story.img_s))
    story.run(request(list(story.img_s), "k-NN", "linear probing"), images(), speeds, 200)
    told = {one.model: one.is_ranked for one in story.told if isinstance(one, happenings.LeftOut)}
    evaluated = {one.order.evaluation.model for one in story.orders}
    assert told == {name: name in evaluated for name in told} and set(told.values()) == {True, False}
