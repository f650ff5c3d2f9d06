"""Answering with few measurements: small tables whose law is known, and a machine that is one of them."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from backbones.probe.predicting.anchors import Anchor
from backbones.probe.predicting.answering import Reply, Step, answer
from backbones.probe.predicting.candidates import Candidate, Field
from backbones.probe.predicting.prediction import predict
from backbones.probe.predicting.question import parse_question
from backbones.probe.predicting.tables import Key, Tables
from backbones.store.errors import BackbonesError

pytest.importorskip("numpy")

Ask = Callable[..., Reply]


@pytest.fixture
def machine(lawful: Tables) -> dict[Key, float]:
    """The true speeds of the machine."""
    return dict(lawful.tables[1].speeds)


@pytest.fixture
def ask(lawful: Tables, machine: dict[Key, float]) -> Ask:
    """Asks about that machine; accuracy grows with size, with some disorder."""
    keys = list(lawful.traits)
    values = {key: 60 + i / 4 + (i * 7 % 5) for i, key in enumerate(keys)}
    candidates = [
        Candidate(*key, values[key], f"checkpoint of {key[0]}") for key in sorted(keys, key=lambda k: -values[k])
    ]
    anchors = [Anchor(*key, "", 0) for key in keys[3::11]]

    def asked(text: str, **options: object) -> Reply:
        known = {"anchors": anchors, "measure": machine.get, **options}
        measure = known.pop("measure")
        return answer(parse_question(text), Field(tuple(candidates), True), measure, lawful.without("B"), **known)  # type: ignore[arg-type]

    return asked


def truth(reply: Reply, machine: dict[Key, float], limit: float) -> bool:
    """Whether no candidate above the limit is better."""
    keys = sorted(machine, key=lambda k: -machine[k])
    values = {key: 60 + i / 4 + (i * 7 % 5) for i, key in enumerate(machine)}
    return reply.best is not None and reply.best.value == max(values[k] for k in keys if machine[k] > limit)


@pytest.mark.parametrize("limit", [300, 900, 2000, 5000, 9000])
def test_the_best_above_a_limit_is_found_and_was_measured(ask: Ask, machine: dict[Key, float], limit: float) -> None:
    reply = ask(f"top_1@imagenet-1k where throughput@here > {limit}")
    assert truth(reply, machine, limit) and reply.is_certain and not reply.between
    assert reply.best is not None and reply.throughput_img_s == machine[reply.best.key] > limit
    assert reply.best.checkpoint == f"checkpoint of {reply.best.model}"
    assert len(reply.measured) <= 16 and reply.not_measured == len(machine) - len(reply.measured)
    assert not {p.key for p in reply.predictions} & set(reply.measured)
    better = [key for i, key in enumerate(machine) if 60 + i / 4 + (i * 7 % 5) > reply.best.value]
    assert reply.ruled_out == len(set(better) - set(reply.measured))


def test_each_measurement_is_told_with_its_reason(ask: Ask) -> None:
    steps: list[Step] = []
    reply = ask("top_1@imagenet-1k where throughput@here > 2000", tell=steps.append)
    assert [s.why for s in steps[:10]] == ["anchor"] * 10 and {s.why for s in steps[10:]} == {"candidate"}
    assert [s.count for s in steps] == list(range(1, len(reply.measured) + 1))
    assert len({s.key for s in steps}) == len(steps)


def test_the_next_anchor_stands_in_for_one_that_cannot_be_measured(ask: Ask, machine: dict[Key, float]) -> None:
    broken = list(machine)[3]
    reply = ask("top_1@imagenet-1k where throughput@here > 2000", measure=lambda k: None if k == broken else machine[k])
    assert reply.failed == (broken,)
    assert truth(reply, machine, 2000) and list(reply.measured)[:10] == list(machine)[14::11][:10]


def test_a_candidate_that_cannot_be_measured_is_no_answer(ask: Ask, machine: dict[Key, float]) -> None:
    first = ask("top_1@imagenet-1k where throughput@here > 2000").best
    assert first is not None
    second = ask(
        "top_1@imagenet-1k where throughput@here > 2000", measure=lambda k: None if k == first.key else machine[k]
    )
    assert second.best is not None and second.best.value <= first.value and first.key in second.failed
    assert first.key not in {c.key for c, _ in second.between} and second.is_certain


def test_an_answer_that_ran_out_of_measurements_says_what_lies_between(ask: Ask, machine: dict[Key, float]) -> None:
    reply = ask("top_1@imagenet-1k where throughput@here > 2000", most=10)
    assert len(reply.measured) == 10 and not reply.is_certain and reply.between
    for candidate, prediction in reply.between:
        assert candidate.key == prediction.key and prediction.high >= 2000
        assert reply.best is None or candidate.value >= reply.best.value
    assert reply.best is None or machine[reply.best.key] > 2000


@pytest.mark.parametrize("limit", [1500, 4700, 7000])
def test_the_first_candidate_measured_is_the_best_that_is_likely_to_pass(
    ask: Ask, lawful: Tables, limit: float
) -> None:
    """Not the best of all that may: there would be no answer if the measurements that are allowed end."""
    steps: list[Step] = []
    ask(f"top_1@imagenet-1k where throughput@here > {limit}", confidence=0.999, tell=steps.append)
    anchors = {s.key: s.throughput_img_s for s in steps[:10] if s.throughput_img_s}
    told = {p.key: p for p in predict(anchors, lawful.without("B"), confidence=0.999)}
    values = {key: 60 + i / 4 + (i * 7 % 5) for i, key in enumerate(lawful.traits)}
    first = steps[10].key
    likely = [key for key, p in told.items() if p.throughput_img_s > limit]
    assert values[first] == max(values[key] for key in likely)
    assert any(values[key] > values[first] and p.high > limit for key, p in told.items())


def test_nothing_passes_a_limit_that_no_model_reaches(ask: Ask) -> None:
    reply = ask("top_1@imagenet-1k where throughput@here > 1e9")
    assert reply.best is None and reply.throughput_img_s is None and reply.is_certain
    assert reply.ruled_out == reply.not_measured > 100


def test_an_upper_limit_holds_too(ask: Ask, machine: dict[Key, float]) -> None:
    reply = ask("top_1@imagenet-1k where throughput@here > 2000 and throughput@here < 2600")
    assert reply.throughput_img_s is not None and 2000 < reply.throughput_img_s < 2600


def test_the_fastest_model_is_found(ask: Ask, machine: dict[Key, float]) -> None:
    reply = ask("throughput@here where params_m > 0")
    assert reply.throughput_img_s == max(machine.values())
    slow = ask("throughput@here where throughput@here < 500")
    assert slow.throughput_img_s == max(speed for speed in machine.values() if speed < 500)


def test_what_was_measured_before_is_not_measured_again(ask: Ask, machine: dict[Key, float]) -> None:
    first = ask("top_1@imagenet-1k where throughput@here > 2000")
    steps: list[Step] = []
    again = ask("top_1@imagenet-1k where throughput@here > 2000", known=first.visits, tell=steps.append)
    assert not steps and again.best == first.best and again.measured == first.measured


def test_a_machine_on_which_nearly_nothing_runs_is_a_sentence(ask: Ask, machine: dict[Key, float]) -> None:
    few = set(list(machine)[3:30])
    with pytest.raises(
        BackbonesError, match="only 3 of the models that are measured first could be measured; 4 are needed"
    ):
        ask("top_1@imagenet-1k where throughput@here > 2000", measure=lambda k: machine[k] if k in few else None)


def test_no_candidate_is_a_sentence(lawful: Tables) -> None:
    with pytest.raises(BackbonesError, match="no model of timm passes"):
        answer(parse_question("top_1@imagenet-1k where throughput@here > 1"), Field((), True), lambda _: 1.0, lawful)
