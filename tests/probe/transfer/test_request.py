"""The orders that a request comes to."""

from __future__ import annotations

from pathlib import Path

from backbones.probe.transfer.images import Image, ImageData
from backbones.probe.transfer.preparation import ModelFacts, Preparation
from backbones.probe.transfer.request import Model, Request, all_wishes, wish

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
