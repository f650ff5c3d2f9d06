"""Recipes: what the shipped ones say, and what is said of a wrong one."""

from __future__ import annotations

from pathlib import Path

import pytest

from backbones.probe.transfer.plan import RecipeProblem, dealt, plan, resolution_of
from backbones.probe.transfer.recipe_files import (
    check_optimisers,
    find_recipe,
    parse_recipe,
    read_recipe,
    shipped_recipes,
)
from backbones.store.errors import FileProblems, UnknownName

SHORT = "recipe: mine\nabout: a try\nbatch_size: 8\nstages:\n  - {optimiser: adamw, learning_rate: 0.001, epochs: 3}\n"


def problems(text: str) -> list[str]:
    with pytest.raises(FileProblems) as caught:
        parse_recipe(text, "mine.yaml")
    return list(caught.value.problems)


def test_clash_is_the_comparison_of_resource_efficient_backbones() -> None:
    recipe = shipped_recipes()["clash"].recipe
    assert (recipe.evaluation.resolution, recipe.evaluation.stretch, recipe.training.crop) == (256, True, "none")
    assert (recipe.training.augment, recipe.mixed_precision, recipe.label_smoothing) == ("trivial", True, 0)
    assert [(s.optimiser, s.learning_rate, s.patience, s.schedule) for s in recipe.stages] == [
        ("adamw", 0.001, 10, "constant"),
        ("sgd", 0.001, 10, "constant"),
    ]
    assert (recipe.stages[0].weight_decay, recipe.stages[1].momentum, recipe.stages[1].nesterov) == (0.01, 0.9, False)


def test_rsb_100_is_torchvisions_recipe_in_100_epochs() -> None:
    recipe = shipped_recipes()["rsb-100"].recipe
    (stage,) = recipe.stages
    assert (stage.optimiser, stage.learning_rate, stage.for_batch_size, stage.weight_decay) == ("sgd", 0.5, 1024, 2e-5)
    assert (stage.epochs, stage.warmup_epochs, stage.schedule, recipe.batch_size) == (100, 5, "cosine", 1024)
    mixed = recipe.training
    assert (mixed.resolution, mixed.crop, mixed.augment) == (176, "random", "trivial")
    assert (mixed.random_erasing, mixed.cutmix, mixed.mixup, mixed.mix_probability) == (0.1, 1.0, 0.2, 1.0)
    assert (recipe.evaluation.resize, recipe.evaluation.resolution, recipe.label_smoothing) == (232, 224, 0.1)


def test_each_shipped_recipe_has_the_name_of_its_file() -> None:
    found = shipped_recipes()
    assert {one.file for one in found.values()} == {f"{name}.yaml" for name in found} and len(found) == 3


def test_a_misspelt_key_is_named_with_its_place_and_what_may_be_meant() -> None:
    text = SHORT.replace("epochs: 3", "epochs: 3, warm_up_epochs: 1") + "lable_smoothing: 0.1\n"
    assert problems(text) == [
        "mine.yaml: stages.0.warm_up_epochs: unknown key; did you mean 'warmup_epochs'?",
        "mine.yaml: lable_smoothing: unknown key; did you mean 'label_smoothing'?",
    ]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (("learning_rate: 0.001", "learning_rate: -1"), "stages.0.learning_rate: has to be greater than 0, not -1"),
        (("learning_rate: 0.001", "learning_rate: fast"), "stages.0.learning_rate: has to be a valid number, not 'fast'"),
        (("epochs: 3", "epochs: 3, warmup_epochs: 3"), "stages.0: warmup_epochs 3 leaves nothing of 3 epochs"),
        (("batch_size: 8", "batch_size: 1"), "batch_size: has to be greater than or equal to 2, not 1"),
        (("batch_size: 8", "batch_size: yes"), "batch_size: has to be a valid integer, not True"),
        (("batch_size: 8\n", ""), "batch_size: is missing"),
        (("recipe: mine", "recipe: My Recipe"), "recipe: 'My Recipe' is no name of a recipe"),
        (("batch_size: 8", "batch_size: 8\nevaluation: {resolution: 224, resize: 200}"), "evaluation: resize 200 is smaller"),
        (("batch_size: 8", "batch_size: 8\ntraining: {scale: [0.5, 0.2]}"), "training.scale: [0.5, 0.2] is no range"),
        (("batch_size: 8", "batch_size: 8\ntraining: {augment: rand}"), "training.augment: has to be 'trivial' or 'none'"),
    ],
)  # fmt: skip
def test_a_wrong_value_is_a_sentence_with_its_place(change: tuple[str, str], said: str) -> None:
    (problem,) = problems(SHORT.replace(*change))
    assert problem.startswith(f"mine.yaml: {said}"), problem


def test_a_recipe_of_ones_own_has_a_name_of_its_own(tmp_path: Path) -> None:
    file, text = tmp_path / "mine.yaml", find_recipe("quick").text
    file.write_text(text)
    assert read_recipe(file).key == find_recipe("quick").key  # a copy
    file.write_text(text.replace("batch_size: ", "batch_size: 1"))
    with pytest.raises(
        FileProblems, match=r"mine.yaml: recipe: 'quick' is the name of a shipped recipe .* name of its own"
    ):
        read_recipe(file)


def test_an_optimiser_that_timm_does_not_know_is_a_mistake_with_its_place() -> None:
    found = parse_recipe(SHORT.replace("adamw", "adamm"), "mine.yaml")
    with pytest.raises(FileProblems) as caught:
        check_optimisers(found, ["adamw", "sgd"])
    assert list(caught.value.problems) == [
        "mine.yaml: stages.0.optimiser: timm has no optimiser 'adamm'; did you mean 'adamw'?"
    ]
    check_optimisers(found, ["adamm"])


def test_what_is_no_recipe_is_said_to_be_none() -> None:
    assert problems("- 1\n") == ["mine.yaml: is no mapping; a recipe starts with `recipe: NAME`"]
    assert problems("family: ConvNeXt\n") == ["mine.yaml: has no key `recipe`, which names it"]
    (problem,) = problems("recipe: a: b\n")
    assert problem.startswith("mine.yaml: line 1, column ")


def test_yamls_text_for_a_small_number_is_read_as_the_number() -> None:
    assert parse_recipe(SHORT.replace("0.001", "2e-5")).recipe.stages[0].learning_rate == 2e-5


def test_a_recipe_is_found_by_name_or_path(tmp_path: Path) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text(SHORT)
    assert find_recipe(str(file)).recipe.recipe == "mine"
    assert find_recipe("quick").recipe.recipe == "quick"
    with pytest.raises(UnknownName, match="no recipe is called 'clsh'; did you mean 'clash'"):
        find_recipe("clsh")
    with pytest.raises(FileProblems, match=r"nowhere\.yaml"):
        read_recipe(tmp_path / "nowhere.yaml")


def test_the_key_is_of_what_a_recipe_says_and_not_of_how() -> None:
    plain = parse_recipe(SHORT)
    assert plain.key.startswith("mine@") and len(plain.key) == len("mine@") + 12
    assert parse_recipe("# a comment\n" + SHORT.replace("a try", "another") + "label_smoothing: 0.0\n").key == plain.key
    assert parse_recipe(SHORT.replace("0.001", "0.002")).key != plain.key


@pytest.mark.parametrize("images", [2, 3, 7, 31, 32, 33, 65, 1000])
@pytest.mark.parametrize("most", [2, 8, 32])
def test_batches_are_nearly_equal_and_hold_every_image(images: int, most: int) -> None:
    sizes = dealt(images, most)
    assert sum(sizes) == images and max(sizes) - min(sizes) <= 1 and min(sizes) >= 2 and max(sizes) <= most + 1
    even = dealt(images, most, is_even=True)
    assert sum(even) == images - images % 2 and all(size % 2 == 0 for size in even) and max(even) - min(even) <= 2


def test_the_learning_rate_goes_with_the_batch() -> None:
    recipe = shipped_recipes()["rsb-100"].recipe
    many, few = plan(recipe, 224, 102_400), plan(recipe, 224, 128)
    assert (many.learning_rates, many.notes, max(many.batches)) == ((0.5,), (), 1024)
    assert (few.learning_rates, few.batches) == ((0.0625,), (128,))
    assert few.notes == (
        "rsb-100 asks for batches of 1024; there are 128 images, so its batch has 128 and its learning rate with it",
    )
    assert plan(shipped_recipes()["clash"].recipe, 256, 32).learning_rates == (0.001, 0.001)


def test_another_resolution_of_evaluation_moves_that_of_training_with_it() -> None:
    recipe = shipped_recipes()["rsb-100"].recipe
    assert resolution_of(recipe, 288) == 224 and resolution_of(recipe, 288, 448) == 448
    assert resolution_of(shipped_recipes()["quick"].recipe, 288) == 288
    assert plan(recipe, 224, 64).training_resolution == 176
    assert plan(recipe, 448, 64).training_resolution == 352


def test_one_image_is_not_enough() -> None:
    with pytest.raises(RecipeProblem, match=r"cannot be followed with 1 training image: .* use linear probing or k-NN"):
        plan(shipped_recipes()["quick"].recipe, 224, 1)
