"""How long a run will take, from shots, seeds and speeds."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from backbones.probe.transfer import trained
from backbones.probe.transfer.expecting import CREATE_S, IMPORT_S, drawn_of, expected_s
from backbones.probe.transfer.images import Image, ImageData, few
from backbones.probe.transfer.preparation import ModelFacts, Preparation
from backbones.probe.transfer.recipe_files import find_recipe
from backbones.probe.transfer.request import Model, Request, all_wishes
from backbones.probe.transfer.speeds import Speeds
from backbones.store.transferring.outcome import Evaluation, Protocol

PREPARED = Preparation(224, "bicubic", 0.9, "center", (0.5, 0.5, 0.5), (0.5, 0.5, 0.5))


def part(name: str, count: int, classes: int = 4) -> tuple[Image, ...]:
    return tuple(Image(Path(f"{name}{i}"), i % classes, f"{name}{i:015}", 9, 9) for i in range(count))


DATA = ImageData("mine", ("a", "b", "c", "d"), part("a", 400), (), part("b", 40), "0" * 16)


def seconds(
    protocols: tuple[Protocol, ...],
    shots: tuple[int, ...],
    seeds: int = 1,
    recipe: str = "",
    left: Callable[[Evaluation], float] = lambda asked: 1.0,
) -> float:
    models = (Model(ModelFacts("m", PREPARED)),)
    found = find_recipe(recipe) if recipe else None
    asked = Request(models, protocols, "fp32", shots=shots, seeds=tuple(range(seeds)), recipe=found)
    return expected_s(asked, all_wishes(asked, DATA), DATA, Speeds(1, heard={"m": 10.0}), left)


def test_of_few_shots_only_those_images_are_extracted() -> None:
    plain = IMPORT_S + CREATE_S
    assert seconds(("k-NN",), (0,)) == pytest.approx(plain + 44, abs=0.1)
    assert seconds(("k-NN",), (5,)) == pytest.approx(plain + 6, abs=0.1)
    assert seconds(("k-NN",), (1, 5)) == pytest.approx(plain + 6, abs=0.1), "one shot is among the five"
    assert seconds(("k-NN",), (1, 5, 0), seeds=3) == pytest.approx(plain + 44, abs=0.1)


def test_few_shots_are_trained_on_twice_to_choose_their_epochs() -> None:
    whole = seconds(("fine-tuning",), (0,), recipe="quick") - IMPORT_S
    assert seconds(("fine-tuning",), (50,), recipe="quick") - IMPORT_S == pytest.approx(whole)
    assert seconds(("fine-tuning",), (5,), recipe="quick") - IMPORT_S == pytest.approx(whole / 10)
    assert seconds(("fine-tuning",), (5,), 3, "quick") - IMPORT_S == pytest.approx(3 * whole / 10)


def test_what_was_done_before_takes_no_time_and_its_features_are_there() -> None:
    whole = seconds(("k-NN", "linear probing"), (0,))
    assert seconds(("k-NN", "linear probing"), (0,), left=lambda asked: 0.0) == 0
    after_knn = seconds(("k-NN", "linear probing"), (0,), left=lambda asked: float(asked.protocol != "k-NN"))
    assert IMPORT_S < after_knn < IMPORT_S + 0.1 < whole
    more = seconds(("k-NN",), (5, 0), left=lambda asked: float(asked.shots == 0))
    assert more == pytest.approx(IMPORT_S + CREATE_S + 38, abs=0.1), (
        "of 5 shots, and of the test images, features are there"
    )


def test_of_a_training_that_was_ended_the_epochs_that_are_left_count(tmp_path: Path) -> None:
    whole = seconds(("fine-tuning",), (0,), recipe="quick") - IMPORT_S
    trained.note(tmp_path, 3, 12)
    rest = seconds(("fine-tuning",), (0,), recipe="quick", left=lambda asked: trained.share_left(tmp_path)) - IMPORT_S
    assert rest == pytest.approx(0.75 * whole)
    (tmp_path / trained.AGAIN).mkdir()
    trained.note(tmp_path / trained.AGAIN, 6, 12)
    assert trained.share_left(tmp_path, trainings=2) == pytest.approx(1 - (0.25 + 0.5) / 2)
    (tmp_path / trained.FILE).write_text("{")
    assert trained.share_left(tmp_path) == trained.share_left(tmp_path / "nothing") == 1


@pytest.mark.parametrize("seeds", [1, 2, 5])
def test_draws_have_some_images_in_common(seeds: int) -> None:
    drawn = [(shots, seed) for shots in (10, 40) for seed in range(seeds)]
    real = {image.content for shots, seed in drawn for image in few(DATA.train, shots, seed)}
    assert drawn_of([100] * 4, drawn) == pytest.approx(len(real), rel=0.1)
