"""What a line of an outcome says of speed."""

from __future__ import annotations

from dataclasses import replace

import pytest

from backbones.cli.transfer_progress import Bar, Lines, told
from backbones.cli.transfer_table import tell_outcomes
from backbones.probe.transfer import happenings
from backbones.store.transferring.outcome import Cost, Evaluation, Outcome, Scores


def outcome(cost: Cost, model: str = "resnet18.a1_in1k") -> Outcome:
    asked = Evaluation(model, "pretrained", "flowers", "0" * 16, "k-NN", 224, "fp32")
    scores = Scores(500, 80.0, 76.0, 84.0, 79.0, 78.0)
    return Outcome(asked, "ok", "h", "EPYC", "2.9", "1.0", "2026-01-01T00:00:00.000Z", 12.0, scores, cost)


@pytest.mark.parametrize(
    ("cost", "words"),
    [
        (Cost(100.0, 9.0, 1.0, None, 450.0), ", 100.0 img/s (decoding is the limit: the model alone 450.0),"),
        (Cost(100.0, 9.0, 1.0, None, 120.0), ", 100.0 img/s,"),
        (Cost(100.0, 9.0, 1.0, None, None), ", 100.0 img/s,"),
    ],
)
def test_a_line_says_where_decoding_was_the_limit(cost: Cost, words: str) -> None:
    assert words in told(outcome(cost))


def test_features_that_were_there_already_have_no_speed() -> None:
    assert "img/s" not in told(outcome(Cost(100.0, 0.0, 1.0, None, 450.0)))


def test_a_note_is_told_once_for_a_model(capsys: pytest.CaptureFixture[str]) -> None:
    lines = Lines()
    for model in ("resnet18", "vit"):
        noted = replace(outcome(Cost(), model), notes=("the batch has 24",))
        for protocol in ("k-NN", "linear probing"):
            asked = replace(noted.evaluation, protocol=protocol)  # type: ignore[arg-type]
            lines.hear(happenings.Taken(replace(noted, evaluation=asked)))
    said = capsys.readouterr().err.splitlines()
    assert [line.strip() for line in said if "batch" in line] == ["resnet18: the batch has 24", "vit: the batch has 24"]


def test_without_a_terminal_some_epochs_are_told_and_where_training_goes_on(capsys: pytest.CaptureFixture[str]) -> None:
    asked = replace(outcome(Cost()).evaluation, protocol="fine-tuning", recipe="quick@0123456789ab")
    now = 0.0
    lines = Lines(lambda: now)
    lines.hear(happenings.InPhase(asked, "going on", 3, 15))
    for epoch in range(4, 9):
        now += 12.0
        lines.hear(happenings.InPhase(asked, "epoch", epoch, 15))
        lines.hear(happenings.InPhase(asked, "train", 7, 99))
    assert [line.strip() for line in capsys.readouterr().err.splitlines()] == [
        "resnet18.a1_in1k fine-tuning quick: going on from epoch 4 of 15",
        "resnet18.a1_in1k fine-tuning quick: 6 of at most 15 epochs are over",
    ]
    bar = Bar()
    bar.hear(happenings.InPhase(asked, "going on", 3, 15))
    assert "going on from epoch 4 of 15\n" in capsys.readouterr().err


def test_what_rounds_tested_on_few_images_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    Lines().hear(happenings.TestsBegan(3, 1200, 20.0))
    assert "3 models on all 1,200 test images, about 20 s" in capsys.readouterr().err


def test_models_that_were_tested_on_fewer_images_are_named(capsys: pytest.CaptureFixture[str]) -> None:
    whole, few = outcome(Cost()), outcome(Cost(), "vit")
    assert few.scores is not None
    few = replace(
        few,
        evaluation=replace(few.evaluation, details="images=20"),
        scores=replace(few.scores, images=90),
        cautions=("budget_left_test_images_out",),
    )
    tell_outcomes([whole, few], "table", per_class=False, is_halved=True)
    out, err = capsys.readouterr()
    assert "Tested on fewer than 500 images: vit." in err and "The time budget left test images out" in err
    assert "test images" in out.splitlines()[0]
    tell_outcomes([whole], "table", per_class=False, is_halved=True)
    assert "fewer" not in capsys.readouterr().err


def test_below_the_table_stands_for_how_many_models_decoding_was_the_limit(capsys: pytest.CaptureFixture[str]) -> None:
    outcomes = [outcome(Cost(100.0, 9.0, 1.0, None, 1450.0)), outcome(Cost(90.0, 9.0, 1.0, None, 99.0), "vit")]
    tell_outcomes(outcomes, "table", per_class=False, is_halved=False)
    said = capsys.readouterr().err
    assert "1 of 2 rows: img/s is how fast the images are decoded, the models alone reach up to 1,450 img/s" in said
    tell_outcomes(outcomes[1:], "table", per_class=False, is_halved=False)
    assert "decoded" not in capsys.readouterr().err


def test_what_is_ranked_already_is_not_called_left_out(capsys: pytest.CaptureFixture[str]) -> None:
    lines = Lines()
    lines.hear(happenings.LeftOut("vit", "it takes long"))
    lines.hear(happenings.LeftOut("resnet18", "it takes long", is_ranked=True))
    said = capsys.readouterr().err.splitlines()
    assert said == ["vit is left out: it takes long", "resnet18 gets no further: it takes long"]


def test_outcomes_that_are_given_up_are_told(capsys: pytest.CaptureFixture[str]) -> None:
    Lines().hear(happenings.GivenUp(15, ("k1", "k2")))
    Lines().hear(happenings.GivenUp(0, ("k1",)))
    several, one = capsys.readouterr().err.splitlines()
    assert (
        "begins again with fewer images" in several
        and "2 outcomes on at most 15 images of a class do not count" in several
    )
    assert "the outcome on all images does not count" in one
