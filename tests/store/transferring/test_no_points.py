"""A plot of rows of which none has both axes says why, and what to do."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from backbones.store.no_points import OTHER_AXIS
from backbones.store.query import CatalogExplorer
from backbones.store.transferring.keeping import keep
from backbones.store.transferring.outcome import Outcome
from backbones.store.view import Sort, View

if TYPE_CHECKING:
    from tests.store.conftest import World

Make = Callable[..., Outcome]
ZERO_SHOT = "top_1@imagenet-1k:protocol=zero-shot"
DETECTION = "box_ap@coco-val:head=mask-rcnn"


def told(
    explorer: CatalogExplorer, x: str, y: str, where: str = "", sort: str = "", limit: int | None = None
) -> tuple[str, ...]:
    view = View(filter=where, x=x, y=y, columns=("checkpoint",), sort=(Sort.parse(sort or f"-{y}"),), limit=limit)
    return explorer.answer(view).advice


def test_where_one_row_has_both_there_is_nothing_to_say(explorer: CatalogExplorer) -> None:
    assert told(explorer, "params_m", "top_1@imagenet-1k") == ()
    assert told(explorer, "throughput@v100", "top_1@imagenet-1k") == ()


def test_rows_of_others_are_counted(explorer: CatalogExplorer) -> None:
    first, why, last = told(explorer, ZERO_SHOT, DETECTION)
    assert first.startswith("none of ") and first.endswith(f" rows has both {ZERO_SHOT} and {DETECTION}")
    others = explorer.answer(View(x="params_m", y=ZERO_SHOT, sort=(Sort(ZERO_SHOT),))).total
    assert why == f"they are those with {DETECTION}; {others} rows have {ZERO_SHOT}, of other weights or settings"
    assert last == OTHER_AXIS
    assert told(explorer, "throughput@v100", ZERO_SHOT)[1] == "throughput@v100 is known of none of them"


def test_a_filter_or_a_limit_that_left_the_others_away_is_named(explorer: CatalogExplorer) -> None:
    both = sum(
        row["throughput@v100"] is not None
        for row in explorer.answer(View(x="throughput@v100", columns=("checkpoint",))).rows.records()
    )
    found = told(explorer, "throughput@v100", "top_1@imagenet-1k", "published < 2015")
    assert found[1:] == (f"without the filter {both} rows have both", OTHER_AXIS)
    found = told(explorer, "throughput@v100", "top_1@imagenet-1k", sort="published", limit=2)
    assert found[0].startswith("none of the first 2 rows has both")
    assert found[1:] == (f"{both} rows beyond the limit have both; sort by throughput@v100, or raise the limit",)


def test_own_results_of_other_models_or_random_weights_are_told_of(world: World, make: Make) -> None:
    file = world.places.measurements
    keep(file, make(model="toynet_small", weights="0123456789abcdef", protocol="k-NN"))
    keep(file, make(model="toynet_small", weights="fedcba9876543210", protocol="linear probing"))
    keep(file, make(model="toynet_small", weights="random", data="noise"))
    explorer = world.explorer()
    knn, linear = (f"top_1@my-photos:protocol={protocol}" for protocol in ("k-nn", "linear-probing"))
    found = told(explorer, knn, linear)
    assert found[0] == f"none of 1 row has both {knn} and {linear}"
    assert found[1] == f"they are those with {linear}; 1 row has {knn}, of other weights or settings"
    assert "`backbones transfer DATA --models NAME,…` evaluates the same models by both" in found[2]
    asked = told(explorer, "top_1@noise", linear)
    assert asked[1] == "nothing has top-1 noise at all" and asked[2].startswith("top_1@noise:weights=random: 1 row;")
    assert "the models of these rows" in told(explorer, "top_1@my-photos", "top_1@imagenet-1k")[2]
    explorer.close()
