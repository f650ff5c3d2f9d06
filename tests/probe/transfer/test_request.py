"""The orders that a request comes to."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

from backbones.probe.transfer.frozen import about_validation, images_of
from backbones.probe.transfer.happenings import LeftOut
from backbones.probe.transfer.images import Image, ImageData
from backbones.probe.transfer.messages import read_images, write_images
from backbones.probe.transfer.preparation import ModelFacts, Preparation
from backbones.probe.transfer.request import Model, Request, about_shots, all_wishes, one_by_one, wish
from backbones.probe.transfer.running import Result
from backbones.store.transferring.outcome import Evaluation, Protocol

PREPARED = Preparation(224, "bicubic", 0.9, "center", (0.5, 0.5, 0.5), (0.5, 0.5, 0.5))
PART = tuple(Image(Path(f"{c}-{i}"), c, f"{c:08}{i:08}", 9, 9) for c in range(2) for i in range(12))
DATA = ImageData("mine", ("a", "b"), PART, (), PART, "0" * 16)


def test_every_order_knows_the_draws_of_all_so_that_the_first_extracts_for_all() -> None:
    models = (Model(ModelFacts("m", PREPARED), "random"), Model(ModelFacts("n", PREPARED), "random"))
    asked = Request(models, ("k-NN", "linear probing"), "fp32", shots=(1, 5, 0), seeds=(0, 1))
    wishes = all_wishes(asked, DATA)
    expected = ((1, 0), (1, 1), (5, 0), (5, 1), (0, 0))
    assert len(wishes) == 2 * 2 * 5
    assert {one.order.draws for one in wishes} == {expected}
    assert not wish(asked, models[0], DATA, "k-NN", 1, 0, most_images=3, limit_s=9.0).order.draws


def test_classes_with_fewer_images_than_shots_are_told() -> None:
    small = tuple(image for image in PART if image.label == 0 or image.content.endswith(("1", "2")))
    data = ImageData("mine", ("a", "b"), small, (), PART, "0" * 16)
    assert list(about_shots((1, 3, 0), data)) == []
    (few,) = about_shots((1, 5), data)
    assert few == "--shots 5: 1 class has fewer training images and gives all of them (at least 'b': 3)"
    (none,) = about_shots((50, 0), data)
    assert none.startswith("--shots 50: no class has so many training images (at most 12)")


def test_what_is_not_tried_again_is_told() -> None:
    asked = Request(
        (Model(ModelFacts("m", PREPARED)), Model(ModelFacts("n", PREPARED))), ("k-NN", "linear probing"), "fp32"
    )
    plan = one_by_one(all_wishes(asked, DATA))
    assert next(plan).order.evaluation.model == "m"  # type: ignore[union-attr]
    assert plan.send(Result(None, "no_weights")) == LeftOut("m", "its other evaluation is not tried")
    assert [one.order.evaluation.protocol for one in plan] == ["k-NN", "linear probing"]  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("most", "tests_all", "condition", "cautions"),
    [
        (0, False, "", ()),
        (12, False, "", ()),
        (8, False, "train_images=8", ("budget_left_images_out",)),  # the test images of a class are as many
        (3, False, "images=3", ("budget_left_images_out", "budget_left_test_images_out")),
        (3, True, "train_images=3", ("budget_left_images_out",)),
        (12, True, "", ()),
    ],
)
def test_what_a_budget_leaves_is_a_condition(
    most: int, tests_all: bool, condition: str, cautions: tuple[str, ...]
) -> None:
    model = Model(ModelFacts("m", PREPARED), "random")
    data = ImageData(
        "mine", ("a", "b"), PART, (), tuple(image for image in PART if image.content[-2:] < "08"), "0" * 16
    )
    found = wish(Request((model,), ("k-NN",), "fp32"), model, data, "k-NN", most_images=most, tests_all=tests_all)
    said = [part for part in found.order.evaluation.details.split(",") if "images=" in part]
    assert said == ([condition] if condition else []) and found.cautions == cautions
    assert bool(found.order.most_images) == bool(condition)
    assert found.order.tests_all == condition.startswith("train_images")
    chosen = images_of(data, 0, 0, found.order.most_images, found.order.tests_all)
    assert (len(chosen.test) == len(data.test)) == ("budget_left_test_images_out" not in cautions)
    assert (len(chosen.train) == len(data.train)) == ("budget_left_images_out" not in cautions)


VAL = tuple(Image(Path(f"v{c}-{i}"), c, f"{c + 7:08}{i:08}", 9, 9) for c in range(2) for i in range(6))
DRAWN = replace(DATA, val=VAL)
GIVEN = replace(DRAWN, is_val_given=True)


def test_few_shots_are_chosen_on_as_few_images_of_a_part_of_the_training_images(tmp_path: Path) -> None:
    for shots, of_a_class in ((1, 1), (5, 5), (9, 6), (0, 6)):
        chosen = images_of(DRAWN, shots, seed=3)
        assert Counter(image.label for image in chosen.val) == {0: of_a_class, 1: of_a_class}
        assert about_validation(chosen, shots) == ()
    assert set(images_of(DRAWN, 1, 3).val) < set(images_of(DRAWN, 5, 3).val)
    assert len(images_of(DRAWN, 5, 3, most_images=2).val) == len(images_of(GIVEN, 5, 3, most_images=2).val) == 4
    write_images(GIVEN, tmp_path / "images.jsonl")
    assert read_images(tmp_path / "images.jsonl") == GIVEN


def test_a_validation_split_of_the_user_s_own_stays_whole_which_is_said() -> None:
    chosen = images_of(GIVEN, 1, 3)
    assert (len(chosen.train), chosen.val) == (2, VAL)
    (said,) = about_validation(chosen, 1)
    assert (
        said
        == "1 training image of a class, but settings were chosen on 12 validation images: few shots leave a split that is given as it is"
    )
    assert about_validation(images_of(GIVEN, 0, 3), 0) == about_validation(images_of(GIVEN, 6, 3), 6) == ()


@pytest.mark.parametrize("protocol", ["k-NN", "linear probing", "fine-tuning"])
def test_what_was_chosen_on_few_images_has_a_key_of_its_own(protocol: Protocol) -> None:
    model = Model(ModelFacts("m", PREPARED), "random")
    asked = Request((model,), (protocol,), "fp32")

    def of(data: ImageData, shots: int) -> Evaluation:
        return wish(asked, model, data, protocol, shots).order.evaluation

    assert "validation=few" in of(DRAWN, 1).details and of(DRAWN, 1).key != of(GIVEN, 1).key
    for shots in (0, 6):  # all of a class
        assert "validation=own" in of(DRAWN, shots).details and of(DRAWN, shots) == of(GIVEN, shots)
    assert "validation=own" in of(GIVEN, 1).details
    assert "validation=few" not in of(DATA, 1).details
