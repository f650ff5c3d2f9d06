"""What earlier outcomes on this machine tell of speeds."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from backbones.probe.speed.device_names import cpu_name, this_cpu
from backbones.probe.transfer.images import Image, ImageData
from backbones.probe.transfer.preparation import ModelFacts, Preparation
from backbones.probe.transfer.recipe_files import find_recipe
from backbones.probe.transfer.request import Model, Request
from backbones.probe.transfer.told import OTHER, SAME, decoding_s, heard_of
from backbones.store.machine import host_id
from backbones.store.transferring.keeping import keep
from backbones.store.transferring.outcome import Cost, Evaluation, Outcome, Scores
from backbones.store.transferring.speeds import told_speeds

QUICK = find_recipe("quick")
FACTS = ModelFacts("m.tag", Preparation(64, "bicubic", 0.9, "center", (0.5, 0.5, 0.5), (0.5, 0.5, 0.5)))
REQUEST = Request((Model(FACTS),), ("k-NN", "fine-tuning"), "fp32", "fp32", recipe=QUICK)
HERE = cpu_name(this_cpu())


def image(side: int) -> Image:
    return Image(Path("a"), 0, "0" * 16, side, side)


DATA = ImageData("mine", ("a", "b"), (image(100),), (), (image(100),), "d" * 16)
FROZEN = Outcome(
    Evaluation("m", "random", "mine", "d" * 16, "k-NN", 64, "fp32"), "ok", host_id(), HERE, "2", "1",
    "2026-01-01T00:00:00.000Z", 3.0, Scores(9, 50.0, 40.0, 60.0, 50.0, 50.0), Cost(20.0, 1.0, model_img_s=200.0),
)  # fmt: skip
TUNED = replace(
    FROZEN, evaluation=replace(FROZEN.evaluation, protocol="fine-tuning", recipe=QUICK.key),
    cost=Cost(training_s=10.0, training_img_s=40.0),
)  # fmt: skip


def heard(tmp_path: Path, *kept: Outcome, device: str = "cpu") -> tuple[dict[str, float], dict[str, object]]:
    for number, one in enumerate(kept):
        keep(tmp_path / "m.db", replace(one, started=f"2026-01-01T00:00:{number:02}.000Z"))
    known, trained = heard_of(told_speeds(tmp_path / "m.db"), REQUEST, DATA, device)
    return known, dict(trained)


def test_the_fastest_of_earlier_runs_counts_whatever_the_weights(tmp_path: Path) -> None:
    slow = replace(FROZEN, cost=replace(FROZEN.cost, model_img_s=50.0))
    slow_training = replace(TUNED, cost=replace(TUNED.cost, training_img_s=4.0))
    known, trained = heard(tmp_path, FROZEN, slow, TUNED, slow_training)
    assert known == {"m.tag": 200.0} and trained == {"m.tag": SAME * (1 / 40)}


def test_training_on_these_images_says_more_than_on_others(tmp_path: Path) -> None:
    others = replace(TUNED, evaluation=replace(TUNED.evaluation, data_hash="e" * 16), cost=Cost(training_img_s=400.0))
    assert heard(tmp_path, others)[1] == {"m.tag": OTHER * (1 / 400)}
    assert heard(tmp_path, TUNED)[1] == {"m.tag": SAME * (1 / 40)}


@pytest.mark.parametrize(
    "other",
    [
        replace(TUNED, evaluation=replace(TUNED.evaluation, recipe="quick@000000000000")),
        replace(TUNED, evaluation=replace(TUNED.evaluation, resolution=96)),
        replace(TUNED, evaluation=replace(TUNED.evaluation, precision="amp_bf16")),
        replace(TUNED, evaluation=replace(TUNED.evaluation, model="n")),
        replace(TUNED, host="another"),
        replace(TUNED, device="H200"),
        replace(TUNED, status="error", scores=None),
    ],
    ids=["recipe", "resolution", "precision", "model", "host", "device", "failed"],
)
def test_other_conditions_say_nothing(tmp_path: Path, other: Outcome) -> None:
    assert heard(tmp_path, other) == ({}, {})


def test_a_gpu_hears_of_gpus(tmp_path: Path) -> None:
    on_gpu = replace(FROZEN, device="H200", cost=replace(FROZEN.cost, model_img_s=9000.0))
    assert heard(tmp_path, FROZEN, on_gpu, device="cuda:0")[0] == {"m.tag": 9000.0}


def test_nothing_is_told_where_nothing_was_kept(tmp_path: Path) -> None:
    assert told_speeds(tmp_path / "none.db") == []


def test_large_images_take_longer_to_decode() -> None:
    large = replace(DATA, train=(image(4000),), test=(image(4000),))
    assert decoding_s(DATA) < 0.002 < 0.1 < decoding_s(large) < 0.2
