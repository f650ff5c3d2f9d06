"""What is said below the table of a run."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from backbones.cli.transfer_table import tell_failures, tell_outcomes
from backbones.store.transferring.outcome import ClassScore, Cost, Evaluation, Outcome, Scores

CLASSES = (ClassScore("disc", 30, 60.0, 60.0, 60.0), ClassScore("ring", 20, 50.0, 50.0, 50.0))


def outcome(model: str, top_1: float, weights: str = "pretrained", cost: Cost = Cost()) -> Outcome:  # noqa: B008
    asked = Evaluation(model, weights, "shapes", "0" * 16, "k-NN", 224, "fp32")
    scores = Scores(50, top_1, top_1 - 5, top_1 + 5, top_1, top_1, CLASSES)
    return Outcome(asked, "ok", "h", "EPYC", "2.9", "1.0", "2026-01-01T00:00:00.000Z", 12.0, scores, cost)


def test_rows_that_always_answering_one_class_may_reach_are_counted(capsys: pytest.CaptureFixture[str]) -> None:
    every = [outcome("a", 64.9), outcome("b", 65.1), outcome("c", 20.0, "random")]
    tell_outcomes(every, "table", per_class=False, is_halved=False)
    said = capsys.readouterr().err
    assert "1 of 3 rows are not certainly better than always answering disc, the most frequent class: 60.00 %" in said
    for others, is_said in ((every[1:2], False), (every[1:], False), (every[2:], True)):
        tell_outcomes(others, "table", per_class=False, is_halved=False)
        assert ("most frequent" in capsys.readouterr().err) is is_said


def test_extraction_is_said_of_every_protocol_that_used_the_features(capsys: pytest.CaptureFixture[str]) -> None:
    first = outcome("a", 90.0, cost=Cost(100.0, 7.5, 0.25))
    second = replace(
        first, evaluation=replace(first.evaluation, protocol="linear probing"), cost=Cost(100.0, 0.0, 1.25)
    )
    tell_outcomes([first, second], "csv", per_class=False, is_halved=False)
    header, *rows = (line.split(",") for line in capsys.readouterr().out.splitlines())
    seconds = {
        row[header.index("protocol")]: (row[header.index("extraction_s")], row[header.index("training_s")])
        for row in rows
    }
    assert seconds == {"k-NN": ("7.5", "0.25"), "linear probing": ("7.5", "1.25")}


def tuned(top_1: float, recipe: str) -> Outcome:
    one = outcome("a", top_1)
    return replace(one, evaluation=replace(one.evaluation, protocol="fine-tuning", recipe=recipe))


def test_a_table_names_the_recipe_and_tells_two_of_one_name_apart(capsys: pytest.CaptureFixture[str]) -> None:
    mine, other, tiny = f"mine@{'1' * 12}", f"mine@{'2' * 12}", f"tiny@{'3' * 12}"

    def recipes(found: list[Outcome], form: str) -> list[str]:
        tell_outcomes(found, form, per_class=False, is_halved=False)
        printed = capsys.readouterr().out
        if form == "jsonl":
            return [json.loads(line)["recipe"] for line in printed.splitlines()]
        return [
            next(word for word in line.split() if word[:4] in ("mine", "tiny")) for line in printed.splitlines()[2:]
        ]

    alone, both = [tuned(90.0, mine)], [tuned(90.0, mine), tuned(80.0, other), tuned(70.0, tiny)]
    assert recipes(alone, "table") == ["mine"] and recipes(alone, "jsonl") == [mine]
    assert recipes(both, "table") == [mine, other, "tiny"] and recipes(both, "jsonl") == [mine, other, tiny]


def test_failures_are_told_apart_by_their_weights(capsys: pytest.CaptureFixture[str]) -> None:
    tell_failures([
        replace(outcome("vit", 50.0, weights), status="no_weights", scores=None, error="it is a picture")
        for weights in ("1" * 16, "2" * 16)
    ])  # fmt: skip
    said = capsys.readouterr().err
    assert (
        "vit (1111111111111111 weights) k-NN: no weights, it is a picture" in said
        and "vit (2222222222222222 weights)" in said
    )
