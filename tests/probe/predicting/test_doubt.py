"""A figure near a limit: how far visits may be off, and what becomes of the answer. The machine's figures scatter as the test says."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable

import pytest

from backbones.probe.predicting.anchors import Anchor
from backbones.probe.predicting.answering import Reply, Step, answer
from backbones.probe.predicting.candidates import Candidate, Field
from backbones.probe.predicting.doubt import USUAL, bounds, reach, scatter_of
from backbones.probe.predicting.question import Limits, parse_question
from backbones.probe.predicting.tables import Key, Tables


def test_what_is_usual_counts_until_this_machine_has_shown_its_own() -> None:
    assert scatter_of([], 0.02) == scatter_of([[100.0], [50.0]], 0.02) == pytest.approx(0.02)
    dice = random.Random(0)
    noisy = [[100 * dice.gauss(1, 0.05) for _ in range(3)] for _ in range(40)]
    assert scatter_of(noisy, 0.02) == pytest.approx(0.05, rel=0.2)
    assert scatter_of([[100.0, 100.0]] * 40, 0.02) < 0.01
    assert scatter_of([[1.0, 9.0]] * 40, 0.02) == 0.1  # something is broken: still no interval of a factor


def test_more_visits_are_nearer_and_those_far_apart_less_so() -> None:
    assert reach(0.025, 1) == pytest.approx(0.05)
    assert reach(0.025, 1) > reach(0.025, 2) > reach(0.025, 3) > reach(0.025, 5)
    low, high = bounds([1000.0], 0.025)
    assert (low, high) == (pytest.approx(952.4, abs=0.1), 1050)
    assert bounds([900.0, 1000.0, 1001.0], 0.01)[0] < 930 < bounds([999.0, 1000.0, 1001.0], 0.01)[0]
    assert bounds([900.0, *[1000.0] * 5], 0.01)[0] > 950  # one disturbed visit of six


def test_a_limit_is_clear_where_all_pass_or_none() -> None:
    limits = Limits(100, 200)
    assert limits.is_clear(110, 190) and limits.is_clear(50, 99) and limits.is_clear(201, 300)
    assert not limits.is_clear(95, 105) and not limits.is_clear(195, 205) and not limits.is_clear(50, 300)


VALUES = {"good": 90.0, "middle": 80.0, "poor": 70.0}


@pytest.fixture
def asked(lawful: Tables) -> Callable[..., tuple[Reply, list[Step]]]:
    """Asks about three candidates whose visits are told; all others are as on device B and no candidates."""
    pytest.importorskip("numpy")
    own = [("conv30", 224), ("conv40", 224), ("conv50", 224)]
    candidates = tuple(Candidate(*key, value) for key, value in zip(own, VALUES.values(), strict=True))
    anchors = [Anchor(*key, "", 0) for key in [*own, *list(lawful.traits)[3::11]]]

    def ask(limit: str, told: dict[str, list[float]], **options: object) -> tuple[Reply, list[Step]]:
        visits: Counter[Key] = Counter()
        figures = dict(zip(own, told.values(), strict=True))

        def measure(key: Key) -> float | None:
            visits[key] += 1
            had = figures.get(key)
            return lawful.tables[1].speeds[key] if had is None else had[min(visits[key], len(had)) - 1]

        steps: list[Step] = []
        question = parse_question(f"top_1@imagenet-1k where throughput@here {limit}" if "@" not in limit else limit)
        reply = answer(
            question, Field(candidates, True), measure, lawful.without("B"), anchors=anchors, tell=steps.append, **options  # type: ignore[arg-type]
        )  # fmt: skip
        return reply, [step for step in steps if step.why == "again"]

    return ask


Asked = Callable[..., tuple[Reply, list[Step]]]


def test_a_figure_far_from_the_limit_is_visited_once(asked: Asked) -> None:
    reply, again = asked("> 1000", {"good": [900], "middle": [1200], "poor": [2000]})
    assert reply.best is not None and reply.best.value == 80 and reply.is_certain and not again and not reply.doubts
    assert set(map(len, reply.visits.values())) == {1}


def test_a_model_that_passed_by_luck_is_found_out(asked: Asked) -> None:
    reply, again = asked("> 1000", {"good": [1015, 940, 945], "middle": [1300], "poor": [2000]})
    assert [step.key[0] for step in again] == ["conv30"] * len(again) and 1 <= len(again) <= 2
    assert reply.best is not None and reply.best.value == 80 and reply.is_certain


def test_a_model_that_missed_by_bad_luck_is_found_out(asked: Asked) -> None:
    reply, again = asked("> 1000", {"good": [985, 1040, 1045], "middle": [1300], "poor": [2000]}, usual=0.01)
    assert [(step.key[0], step.visit) for step in again] == [("conv30", 2), ("conv30", 3)]
    assert reply.best is not None and reply.best.value == 90 and reply.throughput_img_s == 1040
    assert reply.measured[again[0].key] == 1040 and not reply.is_certain  # its visits lie on both sides
    assert reply.doubts == (reply.best,)


def test_what_lies_on_the_limit_stays_uncertain_and_a_worse_one_is_not_looked_at(asked: Asked) -> None:
    reply, again = asked("> 1000", {"good": [1002], "middle": [1003], "poor": [1001]})
    assert reply.best is not None and reply.best.value == 90 and len(again) == 2
    assert not reply.is_certain and [c.value for c in reply.doubts] == [90] and not reply.between
    assert {key[0]: len(speeds) for key, speeds in reply.visits.items() if len(speeds) > 1} == {"conv30": 3}


def test_visits_of_several_are_taken_in_turn(asked: Asked) -> None:
    _, again = asked("> 1000", {"good": [999], "middle": [998], "poor": [2000]})
    assert [step.key[0] for step in again] == ["conv30", "conv40"] * 2  # never one after the other: they are spaced


def test_earlier_visits_count_and_one_visit_may_be_all_that_is_wanted(asked: Asked) -> None:
    reply, again = asked("> 1000", {"good": [1010], "middle": [1300], "poor": [2000]}, visits=1)
    assert not again and not reply.is_certain and len(reply.doubts) == 1
    known = {("conv30", 224): [1010.0, 1012.0]}
    reply, again = asked("> 1000", {"good": [1011], "middle": [1300], "poor": [2000]}, known=known)
    assert len(again) == 1 and again[0].visit == 3 and reply.throughput_img_s == 1011


def test_a_model_that_fails_when_it_is_visited_again_keeps_its_figure(asked: Asked) -> None:
    reply, again = asked("> 1000", {"good": [1010, 0], "middle": [1300], "poor": [2000]})
    assert len(again) == 1 and again[0].throughput_img_s is None and again[0].visit == 2
    assert reply.best is not None and reply.throughput_img_s == 1010 and not reply.is_certain and not reply.failed


def test_two_that_are_as_fast_are_told_apart_by_more_visits_or_said_to_be_alike(asked: Asked) -> None:
    reply, again = asked("throughput@here", {"good": [2000, 1900, 1905], "middle": [1990], "poor": [1000]}, usual=0.005)
    assert reply.best is not None and reply.best.model == "conv40" and {s.key[0] for s in again} == {"conv30", "conv40"}
    reply, again = asked("throughput@here", {"good": [2000], "middle": [1990], "poor": [1000]})
    assert not reply.is_certain and {c.model for c in reply.doubts} == {"conv30", "conv40"} and len(again) == 4
    reply, again = asked("throughput@here", {"good": [2000], "middle": [1700], "poor": [1000]})
    assert reply.is_certain and not again


def test_with_figures_that_scatter_more_visits_are_more_often_right(asked: Asked) -> None:
    dice = random.Random(1)
    right: Counter[int] = Counter()
    certain_and_right = certain = 0
    for _ in range(60):
        truth = {"good": 1000 * dice.uniform(0.93, 1.07), "middle": 1000 * dice.uniform(0.93, 1.07), "poor": 3000.0}
        told = {name: [speed * dice.gauss(1, USUAL["cpu"]) for _ in range(3)] for name, speed in truth.items()}
        best = max(VALUES[name] for name, speed in truth.items() if speed > 1000)
        for visits in (1, 3):
            reply, _ = asked("> 1000", told, visits=visits, usual=USUAL["cpu"])
            is_right = reply.best is not None and reply.best.value == best
            right[visits] += is_right
            if visits == 3 and reply.is_certain:
                certain += 1
                certain_and_right += is_right
    assert right[3] > right[1]
    assert certain > 15 and certain_and_right >= 0.95 * certain
