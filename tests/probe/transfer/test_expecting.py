"""How long a run will take, from shots, seeds and speeds."""

from __future__ import annotations

import math
from collections.abc import Callable

import pytest
from named_images import DATA, PREPARED

from backbones.probe.transfer.expecting import CREATE_S, IMPORT_S, drawn_of, expected
from backbones.probe.transfer.images import few
from backbones.probe.transfer.preparation import ModelFacts
from backbones.probe.transfer.request import Model, Request, all_wishes
from backbones.probe.transfer.span import Span
from backbones.probe.transfer.speeds import Speeds
from backbones.probe.transfer.trained import Left
from backbones.store.transferring.outcome import Evaluation, Protocol

DONE = Left(is_done=True)


def span(
    protocols: tuple[Protocol, ...],
    shots: tuple[int, ...],
    seeds: int = 1,
    left: Callable[[Evaluation], Left] = lambda asked: Left(),
    speeds: Speeds | None = None,
) -> Span:
    models = (Model(ModelFacts("m", PREPARED)),)
    asked = Request(models, protocols, "fp32", shots=shots, seeds=tuple(range(seeds)))
    return expected(asked, all_wishes(asked, DATA), DATA, speeds or Speeds(1, heard={"m": 10.0}), left)


def seconds(*given: object, **named: object) -> float:
    return span(*given, **named).most  # type: ignore[arg-type]


def test_of_few_shots_only_those_images_are_extracted() -> None:
    plain = IMPORT_S + CREATE_S
    assert seconds(("k-NN",), (0,)) == pytest.approx(plain + 44, abs=0.5)
    assert seconds(("k-NN",), (5,)) == pytest.approx(plain + 6, abs=0.5)
    assert seconds(("k-NN",), (1, 5)) == pytest.approx(plain + 6, abs=0.5), "one shot is among the five"
    assert seconds(("k-NN",), (1, 5, 0), seeds=3) == pytest.approx(plain + 44, abs=2)


def test_what_was_done_before_takes_no_time_and_its_features_are_there() -> None:
    whole = seconds(("k-NN", "linear probing"), (0,))
    assert seconds(("k-NN", "linear probing"), (0,), left=lambda asked: DONE) == 0
    after_knn = seconds(
        ("k-NN", "linear probing"), (0,), left=lambda asked: DONE if asked.protocol == "k-NN" else Left()
    )
    assert IMPORT_S < after_knn < IMPORT_S + 1 < whole
    more = seconds(("k-NN",), (5, 0), left=lambda asked: Left() if asked.shots else DONE)
    assert more < IMPORT_S + 1, "the five are among all"
    more = seconds(("k-NN",), (5, 0), left=lambda asked: DONE if asked.shots else Left())
    assert more == pytest.approx(IMPORT_S + CREATE_S + 38, abs=0.5), (
        "of 5 shots, and of the test images, features are there"
    )


def test_the_less_is_known_of_a_speed_the_wider_is_the_span() -> None:
    heard = span(("k-NN",), (0,))
    known = span(("k-NN",), (0,), speeds=Speeds(1, known={"m": 10.0}))
    guessed = span(("k-NN",), (0,), speeds=Speeds(1, gmacs={"m": 1.5}))
    unknown = span(("k-NN",), (0,), speeds=Speeds(1))
    assert heard.most < 1.2 * heard.least
    assert heard.most / heard.least < known.most / known.least < guessed.most / guessed.least < 10.1
    assert unknown.is_bounded is False and 0 < unknown.least < guessed.least
    assert Speeds(1, known={"a": 1.0}, gmacs={"b": 1.0}, trained={"c": Span.of(1)}).unknown("abcd") == ["d"]


def test_a_span_is_added_and_multiplied_bound_by_bound() -> None:
    assert Span(1, 4) + Span(2, 3) + 1 == Span(4, 8)
    assert 2 * Span(1, 4) * Span(1, 0.5) == Span(2, 4)
    assert Span(1, math.inf) * 0 == Span.of(0), "nothing of what takes for ever"
    assert (Span(1, 4).middle, Span(3, math.inf).middle) == (2, 3)


@pytest.mark.parametrize("seeds", [1, 2, 5])
def test_draws_have_some_images_in_common(seeds: int) -> None:
    drawn = [(shots, seed) for shots in (10, 40) for seed in range(seeds)]
    real = {image.content for shots, seed in drawn for image in few(DATA.train, shots, seed)}
    assert drawn_of([100] * 4, drawn) == pytest.approx(len(real), rel=0.1)
