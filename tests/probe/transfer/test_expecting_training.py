"""How long fine-tuning will take: its epochs, what is left of them, and how fast a model trains."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from named_images import DATA, PREPARED, part

from backbones.probe.transfer import trained
from backbones.probe.transfer.expecting import expected
from backbones.probe.transfer.expecting_training import epochs_left, least_epochs
from backbones.probe.transfer.images import ImageData
from backbones.probe.transfer.preparation import ModelFacts
from backbones.probe.transfer.recipe_files import find_recipe
from backbones.probe.transfer.request import Model, Request, all_wishes
from backbones.probe.transfer.span import Span
from backbones.probe.transfer.speeds import PASSES, Speeds
from backbones.probe.transfer.trained import Left, Trained

QUICK = find_recipe("quick").recipe
"""15 epochs, and 6 at least: the first is better than none, and then patience lasts five."""
SPEEDS = Speeds(1, trained={"m": Span.of(1.0)}, decoding_s=0.0, known={"m": 1e9})


def span(
    shots: int = 0, left: Left | None = None, data: ImageData = DATA, speeds: Speeds = SPEEDS, seeds: int = 1
) -> Span:
    """A second an image in training, validation and test for nothing."""
    models = (Model(ModelFacts("m", PREPARED)),)
    asked = Request(
        models, ("fine-tuning",), "fp32", "fp32", (shots,), tuple(range(seeds)), recipe=find_recipe("quick")
    )
    found = expected(asked, all_wishes(asked, data), data, speeds, lambda asked: left or Left())
    none = expected(asked, [], data, speeds)
    assert none == Span.of(0)
    return found


def test_patience_may_end_a_training_early() -> None:
    assert least_epochs(QUICK) == 6
    found = span()
    assert found.least == pytest.approx(6 * 320, rel=0.01), "a fifth of the images is held out to choose epochs"
    assert found.most == pytest.approx(1.15 * 15 * 320, rel=0.01)
    own = replace(DATA, val=part("v", 40))
    assert span(data=own).least == pytest.approx(6 * 400, rel=0.01)
    assert least_epochs(find_recipe("clash").recipe) == 21
    assert least_epochs(find_recipe("rsb-100").recipe) == 100


def test_few_shots_are_trained_on_twice_the_second_time_all_of_them() -> None:
    found = span(shots=10)
    assert found.least == pytest.approx(6 * 32 + 1 * 40, rel=0.05)
    assert found.most == pytest.approx(1.15 * (15 * 32 + 15 * 40), rel=0.05)
    assert span(shots=10, seeds=3).most == pytest.approx(3 * found.most, rel=0.05)


def test_one_shot_leaves_nothing_to_choose_by_so_all_epochs_are_trained_once() -> None:
    found = span(shots=1)
    assert found.least == pytest.approx(15 * 4, abs=6)
    assert found.most == pytest.approx(1.15 * 15 * 4, abs=12)


@pytest.mark.parametrize(
    ("left", "first", "again"),
    [
        (Left(), (6, 15), (1, 15)),
        (Left(first=Trained(4, 15)), (2, 11), (1, 15)),
        (Left(first=Trained(13, 15)), (1, 2), (1, 15)),
        (Left(first=Trained(9, 9, 4)), (0, 0), (4, 4)),
        (Left(first=Trained(9, 9, 4), again=Trained(3, 4)), (0, 0), (1, 1)),
        (Left(first=Trained(9, 9, 4), again=Trained(4, 4, 4)), (0, 0), (0, 0)),
    ],
)
def test_epochs_that_were_trained_before_do_not_count(
    left: Left, first: tuple[int, int], again: tuple[int, int]
) -> None:
    assert epochs_left(QUICK, left, True, True) == (Span(*first), Span(*again))
    assert epochs_left(QUICK, left, True, False) == (Span(*first), None)
    assert span(shots=10, left=left).least == pytest.approx(32 * first[0] + 40 * again[0], abs=7)


def test_how_far_a_training_has_got_is_read_from_its_folder(tmp_path: Path) -> None:
    trained.note(tmp_path, 3, 12)
    assert trained.left(tmp_path) == Left(first=Trained(3, 12))
    (tmp_path / trained.AGAIN).mkdir()
    trained.note(tmp_path, 9, 9, best=4)
    trained.note(tmp_path / trained.AGAIN, 2, 4)
    assert trained.left(tmp_path) == Left(first=Trained(9, 9, 4), again=Trained(2, 4))
    for damaged in ("{", "[1", "[1, 2, 3, 4]", '{"a": 1}', "[-1, 2]", "7", '["x", 1]'):
        (tmp_path / trained.FILE).write_text(damaged)
        assert trained.left(tmp_path).first == Trained()
    assert trained.left(tmp_path / "nothing") == Left()


def test_where_only_the_speed_of_inference_is_known_training_is_some_times_slower() -> None:
    slow = span(speeds=Speeds(1, known={"m": 10.0}, decoding_s=0.0))
    assert slow.least > PASSES["cpu"].least * 6 * 320 / 10 * 0.75
    assert slow.most < PASSES["cpu"].most * 15 * 400 / 10 * 2
    decoding = span(speeds=Speeds(1, known={"m": 10.0}, decoding_s=1.0))
    assert decoding.least - slow.least == pytest.approx(6 * 320 + 40 + 80, rel=0.05), "one process decodes on a CPU"


def test_too_few_images_to_follow_a_recipe_take_no_time() -> None:
    one = ImageData("mine", ("a",), part("a", 1, 1), (), part("b", 40, 1), "0" * 16)
    assert span(data=one).most < 20
