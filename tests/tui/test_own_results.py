"""Results on one's own images on the screen: where their rows lead, and what an empty plot of them says."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import AbstractAsyncContextManager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from backbones.store.catalog import connect
from backbones.store.machine import host_id
from backbones.store.places import Places
from backbones.store.query import CatalogExplorer
from backbones.store.transferring.keeping import keep
from backbones.store.transferring.outcome import ClassScore, Cost, Evaluation, Outcome, Protocol, Scores
from backbones.store.view import Sort, View
from backbones.tui.facts import FactsPanel
from backbones.tui.limits import LimitsPanel
from backbones.tui.page import PageScreen
from backbones.tui.picker import Picker

pytestmark = pytest.mark.asyncio

FILE = "d6480cd1a2cbaad6"
CLASSES = (ClassScore("disc", 20, 80.0, 80.0, 80.0), ClassScore("ring", 20, 80.0, 80.0, 80.0))
Started = Callable[..., AbstractAsyncContextManager[Any]]


def outcome(model: str, weights: str, protocol: Protocol = "k-NN", data: str = "shapes") -> Outcome:
    asked = Evaluation(model, weights, data, "ab" * 8, protocol, 160, "fp32")
    scores = Scores(40, 80.0, 70.0, 90.0, 80.0, 80.0, CLASSES)
    return Outcome(
        asked, "ok", host_id(), "Home CPU", "2.15.0", "1.0.31", "2026-11-21T10:00:00.000Z", 1.0, scores, Cost(100.0)
    )


@pytest.fixture
def evaluated(screen: Started, shipped: Places, tmp_path: Path) -> Started:
    """`async with evaluated([outcome(…)], view=View(…)) as s`: the shipped catalogue with these results."""

    def started(outcomes: Iterable[Outcome], view: View, size: tuple[int, int] = (140, 40)) -> Any:
        places = replace(shipped, measurements=tmp_path / "measurements.db", is_named=True)
        for one in outcomes:
            keep(places.measurements, one)
        explorer = CatalogExplorer(lambda: connect(places))
        explorer.delay_s = 0.0  # type: ignore[attr-defined]
        return screen(size=size, explorer=explorer, view=view)

    return started


def by(y: str, x: str = "params_m") -> View:
    return View(x=x, y=y, sort=(Sort(y, True),))


@pytest.mark.parametrize("columns", [("checkpoint",), ("weights",), ("backbone",)])
async def test_enter_on_a_row_of_file_weights_opens_the_page_of_its_backbone(
    evaluated: Started, columns: tuple[str, ...]
) -> None:
    async with evaluated([outcome("test_vit", FILE)], by("top_1@shapes").with_(columns=columns)) as s:
        assert s.explore.table.count == 1
        await s.press("enter")
        await s.until(lambda: isinstance(s.app.screen, PageScreen))
        await s.until(lambda: s.app.screen.table.listed is not None)
        await s.settle()
        assert (s.app.screen.page.kind, s.app.screen.page.name) == ("backbone", "test_vit")
        assert "0.37" in s.text()
        await s.press("escape")
        assert s.app.screen is s.explore


async def test_enter_on_a_row_of_a_model_that_the_catalogue_does_not_know_shows_its_facts(evaluated: Started) -> None:
    async with evaluated([outcome("brand_new_net", FILE)], by("top_1@shapes")) as s:
        await s.press("enter")
        await s.until(lambda: isinstance(s.app.screen, FactsPanel))
        await s.settle()
        assert f"brand_new_net (file {FILE})" in s.text() and "measured 2026-11-21; 95 % 70.00-90.00" in s.text()


async def test_rows_without_a_point_say_why_and_what_to_do(evaluated: Started) -> None:
    one, other = outcome("test_vit", FILE), outcome("test_resnet", FILE, "linear probing")
    view = by("top_1@shapes:protocol=linear-probing", "top_1@shapes:protocol=k-NN")
    async with evaluated([one, other], view) as s:
        text = " ".join(s.text().replace("│", " ").split())
        assert "none of 1 row has both" in text and "no points" not in text
        assert "evaluates the same models by both" in text and "choose another axis" in text
        assert s.explore.table.count == 1
        await s.press("z")
        assert isinstance(s.app.screen, LimitsPanel)
    async with evaluated([replace(one, evaluation=replace(one.evaluation, protocol="linear probing"))], view) as s:
        assert "none of" not in s.text() and "●" in s.text()


@pytest.mark.parametrize("size", [(80, 24), (120, 40)])
async def test_rows_of_one_model_say_what_differs(evaluated: Started, size: tuple[int, int]) -> None:
    def tuned(model: str, recipe: str, weights: str = "pretrained") -> Outcome:
        one = outcome(model, weights, "fine-tuning")
        return replace(one, evaluation=replace(one.evaluation, recipe=f"{recipe}@0123456789ab"))

    rows = [
        tuned("test_vit.r160_in1k", "mine"), tuned("test_vit.r160_in1k", "quick"), tuned("test_resnet", "mine", FILE), tuned("test_resnet", "quick", FILE),
        tuned("test_efficientnet.r160_in1k", "quick"),
    ]  # fmt: skip
    async with evaluated(rows, by("top_1@shapes"), size) as s:
        lines = s.text().splitlines()
        for start in ("test_vit", "(test_resnet"):
            words = {
                word
                for line in lines
                if line.strip().startswith(start)
                for word in ("(mine)", "(quick)")
                if word in line
            }
            assert words == {"(mine)", "(quick)"}
        (only,) = (line for line in lines if line.strip().startswith("test_efficien"))
        assert "quick" not in only


async def test_the_rank_correlation_stands_beside_the_counts(evaluated: Started) -> None:
    models = [
        "resnet18.a1_in1k",
        "resnet50.a1_in1k",
        "convnext_tiny.fb_in1k",
        "swin_tiny_patch4_window7_224.ms_in1k",
        "convnext_small.fb_in1k",
    ]
    rows = [outcome(model, "pretrained") for model in models]
    rows = [replace(one, scores=replace(one.scores, top_1=75.0 + i)) for i, one in enumerate(rows) if one.scores]
    async with evaluated(rows, by("top_1@shapes", "top_1@imagenet-1k"), (80, 24)) as s:
        await s.until(lambda: "rho" in s.explore.status.text)
        assert "5 of 5 rows · rho 0." in s.text().splitlines()[1] and s.explore.status.text in s.text()
        s.explore.change(by("top_1@shapes"))
        await s.until(lambda: s.explore.shown.view.x == "params_m")
        await s.settle()
        assert "rho" not in s.text()


async def test_a_name_typed_to_its_end_is_taken_before_longer_ones_with_more_rows(evaluated: Started) -> None:
    async with evaluated([outcome("resnet50", FILE, data="flowers")], by("top_1@flowers-102")) as s:
        await s.press("y")
        await s.until(lambda: isinstance(s.app.screen, Picker) and "top_1@flowers" in s.app.screen._listed)
        for size in range(len("top_1@flowers")):
            s.app.screen.field.value = "top_1@flowers"[: size + 1]
        await s.until(lambda: s.app.screen._found is not None and s.app.screen._found.typed == "top_1@flowers")
        await s.settle()
        assert "top_1@flowers-102" in s.app.screen._listed
        await s.press("enter")
        await s.until(lambda: s.explore.view.y == "top_1@flowers")
