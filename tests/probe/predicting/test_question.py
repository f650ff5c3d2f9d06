"""Questions: `OBJECTIVE where FILTER`."""

from __future__ import annotations

import math

import pytest

from backbones.probe.predicting.question import Limits, parse_question
from backbones.store.errors import QueryError


def test_a_limit_on_this_machine_is_taken_out_of_the_filter() -> None:
    question = parse_question(
        "top_1@imagenet-1k where throughput@here > 1000 and params_m < 100 and (family = ConvNeXt or gmacs < 5)"
    )
    assert str(question.objective) == "top_1@imagenet-1k"
    assert question.limits == Limits(1000)
    assert question.filter == "(params_m < 100) and (family = ConvNeXt or gmacs < 5)"
    assert not question.asks_for_speed


def test_limits_are_the_tightest_of_all() -> None:
    limits = parse_question(
        "mce@imagenet-c where fps@HERE >= 50 and (throughput@here < 2_000 and throughput@here > 100img/s)"
    ).limits
    assert limits == Limits(100, 2000, takes_low=False, takes_high=False)
    assert not limits.pass_(100) and limits.pass_(100.1) and not limits.pass_(2000)
    assert str(limits) == "throughput@here > 100 and throughput@here < 2000"
    edge = parse_question("top_1@imagenet-1k where throughput@here >= 50").limits
    assert edge.pass_(50) and edge.high == math.inf


def test_the_fastest_is_a_question_too() -> None:
    question = parse_question("throughput@here:precision=bf16 where top_1@imagenet-1k > 82")
    assert question.asks_for_speed and question.limits == Limits() and question.setting == (("precision", "bf16"),)


def test_how_to_measure_is_said_with_the_speed() -> None:
    question = parse_question(
        "top_1@imagenet-1k WHERE throughput@here:precision=fp16,layout=channels_last,compile=yes,batch=32 > 5"
    )
    said = {"precision": "fp16", "memory_format": "channels_last", "compiled": "yes", "batch_size": "32"}
    assert dict(question.setting) == said


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "what is best?"),
        ("where throughput@here > 3", "what is best?"),
        ("top_1@imagenet-1k", "nothing has to be measured"),
        ("top_1@imagenet-1k where params_m < 3", "top_1@imagenet-1k where throughput@here > 1000"),
        ("top_1@imagenet-1k where throughput@here > fast", "'fast' is no number of images a second"),
        ("top_1@imagenet-1k where throughput@here = 30", "limited by <, <=, > or >="),
        ("top_1@imagenet-1k where throughput@here > 30 or params_m < 3", "no `or`, no `not`"),
        ("top_1@imagenet-1k where not throughput@here > 30", "no `or`, no `not`"),
        ("top_1@imagenet-1k where latency@here < 3", "only throughput is predicted, not latency"),
        ("top_1@imagenet-1k where throughput@here:mode=training > 3", "mode is not chosen here; precision"),
        ("top_1@imagenet-1k where throughput@here:resolution=224 > 3", "put `resolution = 224` beside the limit"),
        ("top_1@imagenet-1k where throughput@here > 30 and throughput@here < 20", "above 30 and below 20"),
        (
            "top_1@imagenet-1k where throughput@here:precision=fp16 > 3 and throughput@here:precision=bf16 < 9",
            "fp16 and bf16 at once",
        ),
        ("top_9 where throughput@here > 3", "no column is called 'top_9'"),
    ],
)
def test_a_mistake_is_pointed_at(text: str, said: str) -> None:
    with pytest.raises(QueryError) as error:
        parse_question(text)
    assert said in str(error.value)


def test_the_word_where_within_quotes_does_not_end_the_objective() -> None:
    with pytest.raises(QueryError, match="nothing has to be measured"):
        parse_question('top_1@"some where"')
