"""What is said of a column whose speeds are of several settings: once, and only where such a column is shown."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from backbones.store.catalog import connect
from backbones.store.machine import host_id
from backbones.store.measuring.keeping import keep
from backbones.store.measuring.visit import Conditions, Precision, Seen, Task, Visit
from backbones.store.places import Places
from backbones.store.query import CatalogExplorer
from backbones.store.view import View

pytestmark = pytest.mark.asyncio
NAMES = ("resnet18.a1_in1k", "resnet34.a1_in1k")
SHOWN = View(
    filter=" or ".join(f'weights = "{name}"' for name in NAMES),
    columns=("checkpoint", "top_1@imagenet-1k", "throughput@here"),
)


def visit(model: str, speed: float, precision: Precision) -> Visit:
    under = Conditions(
        host=host_id(), device="Home CPU", device_kind="cpu", device_memory_mib=1000, driver="", accelerator="", cudnn="", torch="2.9.1",
        timm="1.0.0", python="3.11.7", system="Linux", threads=2, tf32=False, cudnn_benchmark=False, allocator="",
    )  # fmt: skip
    seen = Seen(16, 224, speed, blocks=(16 / speed,) * 8)
    return Visit(Task(model, "throughput", "cpu", precision), under, 1, "2026-01-02T03:04:05Z", 1.0, "ok", seen)


@pytest.fixture
def explorer(shipped: Places, tmp_path: Path) -> Any:
    """The shipped catalogue with two models measured in two precisions."""
    path = tmp_path / "measurements.db"
    keep(path, visit("resnet18", 100.0, "fp32"))
    keep(path, visit("resnet34", 200.0, "bf16"))
    found: Any = CatalogExplorer(lambda: connect(replace(shipped, measurements=path)))
    found.delay_s = 0.0
    return found


def told(s: Any) -> list[str]:
    return [note.text for note in s.app.said if note.title == "this machine"]


async def test_a_column_of_several_precisions_says_so_once(screen: Any, explorer: Any) -> None:
    async with screen(explorer=explorer, view=SHOWN) as s:
        await s.until(lambda: bool(told(s)))
        assert "throughput@here: the fastest of bf16, fp32;" in told(s)[0]
        s.explore.change(SHOWN.with_(limit=5))
        await s.settle()
        s.explore.change(SHOWN.with_(columns=(*SHOWN.columns, "params_m")))
        await s.settle()
        assert len(told(s)) == 1


async def test_nothing_is_said_where_no_own_speed_is_shown(screen: Any, explorer: Any) -> None:
    async with screen(explorer=explorer, view=SHOWN.with_(columns=SHOWN.columns[:2])) as s:
        s.explore.change(SHOWN.with_(columns=(*SHOWN.columns[:2], "throughput@here:precision=fp32")))
        await s.settle()
        assert not told(s)
