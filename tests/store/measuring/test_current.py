"""A speed of this machine is what was measured last in a setting; merged branches count where they are asked for, each figure once."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from backbones.store.catalog import open_catalog
from backbones.store.completion import complete
from backbones.store.documents import dump_yaml
from backbones.store.errors import QueryError
from backbones.store.measuring.count import Count
from backbones.store.measuring.counts import keep as keep_counts
from backbones.store.measuring.export import export_sheet
from backbones.store.measuring.keeping import keep
from backbones.store.measuring.listed import forget, listed, to_forget
from backbones.store.measuring.report import report, telling
from backbones.store.pages import find, page_of
from backbones.store.values import values_of
from backbones.store.view import View

if TYPE_CHECKING:
    from tests.store.conftest import World
    from tests.store.measuring.conftest import Make

Ask = Callable[..., tuple[Any, ...]]


@pytest.fixture
def ask(world: World) -> Ask:
    """The values of columns for ToyNet-S."""

    def answer(*columns: str) -> tuple[Any, ...]:
        explorer = world.explorer()
        view = View(filter="checkpoint = 'ToyNet-S IN-1k'", columns=columns, x="", y="", group="", sort=())
        (row,) = explorer.answer(view).rows.rows
        explorer.close()
        return tuple(row)

    return answer


def test_an_older_driver_s_speed_is_no_longer_this_machine_s(world: World, make: Make, ask: Ask) -> None:
    path = world.places.measurements
    keep(path, make(500.0, driver="580", batch_size=128, started="2026-11-20T10:00:00Z"))
    keep(path, make(100.0, driver="590", started="2026-11-21T10:00:00Z"))
    keep(path, make(110.0, driver="590", started="2026-11-21T11:00:00Z", batch_size=32, **{"round": 2}))
    keep(path, make(50.0, driver="580", precision="fp32", started="2026-11-20T10:00:00Z"))  # was not measured again
    assert ask("throughput@here", "throughput@here:precision=fp32", "throughput@home-gpu") == (110.0, 50.0, 110.0)
    keep(path, make(480.0, driver="580", started="2026-11-22T10:00:00.250Z", round=2))
    assert ask("throughput@here")[0] > 400.0  # back to the older driver


def test_latency_rows_are_no_throughput_and_the_other_way_round(world: World, make: Make, ask: Ask) -> None:
    path = world.places.measurements
    keep(path, make(70.0, quantity="latency", latency_ms=14.0, batch_size=1))
    assert ask("throughput@here", "latency@here") == (None, 14.0)
    keep(path, make(60.0, latency_ms=2.0))
    assert ask("throughput@here", "latency@here") == (60.0, 14.0)


def test_a_framework_that_is_named_need_not_be_the_latest(world: World, make: Make, ask: Ask) -> None:
    path = world.places.measurements
    keep(path, make(90.0, torch="2.14.0", started="2026-11-20T10:00:00Z"))
    keep(path, make(80.0, torch="2.15.0"))
    assert ask("throughput@here", "throughput@here:framework='PyTorch 2.14.0'") == (80.0, 90.0)


def test_merged_branches_count_only_where_they_are_asked_for(world: World, make: Make, ask: Ask) -> None:
    path = world.places.measurements
    keep(path, make(300.0, fused=True, quantity="throughput"))
    assert ask("throughput@here", "throughput@here:fused=yes", "throughput@home-gpu:fused=no") == (None, 300.0, None)
    keep(path, make(100.0))
    assert ask("throughput@here", "throughput@here:fused=yes") == (100.0, 300.0)
    with pytest.raises(QueryError, match="fused is yes or no"):
        ask("throughput@here:fused=perhaps")


def test_values_show_every_form_and_time_and_why_one_counts(world: World, make: Make) -> None:
    path = world.places.measurements
    keep(path, make(300.0, fused=True))
    keep(path, make(200.0, driver="580", started="2026-11-20T10:00:00Z"))
    keep(path, make(100.0, driver="590"))
    connection = open_catalog(world.places)
    rows = values_of(connection, *find(connection, "ToyNet-S")[::2], "throughput@here").records()
    told = {row["value"]: (row["chosen"], row["why"]) for row in rows}
    assert {value: chosen for value, (chosen, _) in told.items()} == {300.0: 0, 200.0: 0, 100.0: 1}
    assert "fused=yes" in told[300.0][1] and "measured again later" in told[200.0][1]
    rows = values_of(connection, *find(connection, "ToyNet-S")[::2], "throughput@here:fused=yes").records()
    assert [row["value"] for row in rows if row["chosen"]] == [300.0]
    connection.close()


def test_explain_says_that_the_latest_counts(world: World, make: Make) -> None:
    path = world.places.measurements
    keep(path, make(200.0, driver="580", started="2026-11-20T10:00:00Z"))
    keep(path, make(100.0, driver="590"))
    explorer = world.explorer()
    told = explorer.explain(View(filter="", columns=("throughput@here",), x="", y="", group="", sort=()))
    explorer.close()
    assert "the latest count; 1 earlier measurement left out" in told


def test_forms_are_suggested_with_their_rows(world: World, make: Make) -> None:
    keep(world.places.measurements, make(300.0, fused=True))
    keep(world.places.measurements, make(100.0, precision="bf16"))
    connection = open_catalog(world.places)
    text = "throughput@here:fused="
    assert {i.text for i in complete(connection, text, len(text)).items} >= {"yes", "no"}
    text = "throughput@here:precision="
    assert {i.text for i in complete(connection, text, len(text)).items if i.text} == {"bf16"}
    connection.close()


# Sheets


def test_a_sheet_that_came_back_does_not_grow_stale(world: World, make: Make, ask: Ask) -> None:
    path = world.places.measurements
    for model in ("toynet_small", "lonely_net"):
        keep(path, make(200.0, model=model, driver="580", started="2026-11-20T10:00:00Z"))
    world.write("own.yaml", dump_yaml(export_sheet(path)))
    everywhere = (
        "throughput@home-gpu",
        "throughput@home-gpu:origin=reported",
        "throughput@home-gpu:origin=reported,compiled=no",
    )
    assert ask(*everywhere) == (200.0, None, None)
    forget(path, to_forget(path, models="toynet_small"))
    keep(path, make(100.0, driver="590"))
    assert ask(*everywhere) == (100.0, None, None)
    assert world.ask(
        "select origin, throughput_img_s from throughput where device = 'Home GPU' and backbone = 'ToyNet-S'"
    ) == [("measured", 100.0)]
    connection = open_catalog(world.places)
    facts = dict(page_of(connection, "Home GPU").sections[0].rows.rows)
    assert "speeds" not in facts and facts["measurements of yours"] == 2
    rows = values_of(connection, *find(connection, "ToyNet-S")[::2], "throughput@home-gpu").records()
    assert [row["origin"] for row in rows] == ["measured"]
    connection.close()
    path.unlink()
    assert ask(*everywhere) == (200.0, 200.0, 200.0)  # nothing stands here besides: the sheet is what is known


def test_a_sheet_of_another_machine_stays_but_for_what_was_merged(
    world: World, make: Make, tmp_path: Path, ask: Ask
) -> None:
    other = {"host": "b" * 12, "device": "Their GPU"}
    keep(tmp_path / "theirs.db", make(200.0, **other))
    keep(tmp_path / "theirs.db", make(150.0, precision="bf16", **other))
    world.write("theirs.yaml", dump_yaml(export_sheet(tmp_path / "theirs.db", every_host=True)))
    keep(world.places.measurements, make(100.0))
    keep(world.places.measurements, make(200.0, **other))
    columns = (
        "throughput@their-gpu:origin=reported,precision=fp16",
        "throughput@their-gpu:origin=reported,precision=bf16",
        "throughput@their-gpu",
    )
    assert ask(*columns) == (None, 150.0, 200.0)


def test_merged_branches_stay_told_apart_in_a_sheet(world: World, make: Make, tmp_path: Path, ask: Ask) -> None:
    other = {"host": "b" * 12, "device": "Their GPU"}
    keep(tmp_path / "theirs.db", make(200.0, fused=True, **other))
    keep(tmp_path / "theirs.db", make(150.0, **other))
    sheet = export_sheet(tmp_path / "theirs.db", every_host=True)
    world.write("theirs.yaml", dump_yaml(sheet))
    assert ask("throughput@their-gpu", "throughput@their-gpu:fused=yes", "throughput@their-gpu:compiled=no") == (
        150.0,
        200.0,
        150.0,
    )
    assert world.ask("select setting, throughput_img_s from throughput where device = 'Their GPU' order by 2") == [
        (None, 150.0), ("fused", 200.0),
    ]  # fmt: skip


# Cards


def test_two_cards_of_one_name_are_two_lines(world: World, make: Make) -> None:
    path = world.places.measurements
    cards = [{"extra": {"uuid": f"GPU-{n}{n}{n}{n}{n}{n}{n}{n}-9"}} for n in "12"]
    made = [make(100.0 + n, **card) for n, card in enumerate(cards)]
    for visit in made:
        keep(path, visit)
    assert made[0].key != made[1].key
    assert (
        sorted(listed(path).values("card")) == ["11111111", "22222222"] == sorted(listed(path, "visits").values("card"))
    )
    assert listed(path, models="nothing").rows == ()


def test_cards_without_a_uuid_are_told_by_torch_s_index(world: World, make: Make) -> None:
    from dataclasses import replace

    path = world.places.measurements
    made = [replace(make(100.0 + n, extra={}), task=replace(make().task, device=f"cuda:{n}")) for n in range(2)]
    for visit in made:
        keep(path, visit)
    found = report(path, [visit.key for visit in made])
    assert list(zip(found.values("card"), found.values("throughput_img_s"), strict=True)) == [
        ("cuda:1", 101.0),
        ("cuda:0", 100.0),
    ]
    assert "card" in [c.name for c in telling(found).columns]
    one = report(path, [made[0].key])
    assert list(one.values("card")) == [None] and "card" not in [c.name for c in telling(one).columns]


def test_a_card_is_known_by_its_uuid_whatever_torch_calls_it(make: Make) -> None:
    from dataclasses import replace

    first, moved = make(), replace(make(), task=replace(make().task, device="cuda:3"))
    assert first.key == moved.key != make(extra={"uuid": "GPU-2"}).key
    assert replace(make(extra={}), task=replace(make().task, device="cuda:3")).key != make(extra={}).key


@pytest.mark.parametrize(
    "extra",
    [
        {"uuid": "GPU-2"},
        {"uuid": "GPU-1", "power_limit_w": 300},
        {"uuid": "GPU-1", "switches": {"TIMM_FUSED_ATTN": "0"}},
    ],
)
def test_what_makes_a_fingerprint(make: Make, extra: dict[str, Any]) -> None:
    assert make(extra=extra).conditions.fingerprint != make().conditions.fingerprint
    assert (
        make(extra={"uuid": "GPU-1", "affinity": [1], "switches": {}}).conditions.fingerprint
        == make().conditions.fingerprint
    )


# Counts


def test_multiply_accumulates_are_filled_from_the_counts_of_the_same_size_and_form(world: World, make: Make) -> None:
    world.write("counted.yaml", dump_yaml({
        "sheet": "counted_toys", "kind": "costs", "collection": "counted", "sources": {"package:timm": {"title": "timm", "version": "1"}},
        "shared": {"convention": "macs", "source": "package:timm"},
        "columns": ["backbone", "resolution", "printed", "params_m", "activations_m", "setting", "source_ref"],
        "rows": [["toynet_small", 224, 4.0, 20.0, 3.0, None, "a"], ["toynet_small", 224, 3.0, 19.0, 2.0, "fused", "b"]],
    }))  # fmt: skip
    path = world.places.measurements
    keep(path, make(1.0))
    keep(path, make(2.0, fused=True))
    keep(path, make(3.0, resolution=288, precision="bf16"))
    keep(path, make(4.0, gmacs=9.0, precision="fp32"))
    wanted = {1.0: 4.0, 2.0: 3.0, 3.0: None, 4.0: 9.0}
    assert dict(world.ask("select throughput_img_s, gmacs from throughput where origin = 'measured'")) == wanted
    connection = open_catalog(world.places)
    sheet = export_sheet(path, connection=connection)
    connection.close()
    at = [sheet["columns"].index(name) for name in ("throughput_img_s", "printed", "convention")]
    told = {row[at[0]]: (row[at[1]], row[at[2]]) for row in sheet["rows"]}
    assert told == {speed: (gmacs, "macs" if gmacs else None) for speed, gmacs in wanted.items()}


def test_what_was_counted_again_stands_once_in_costs(world: World) -> None:
    world.write("counted.yaml", dump_yaml({
        "sheet": "counted_toys", "kind": "costs", "collection": "counted", "sources": {"package:timm": {"title": "timm", "version": "1"}},
        "shared": {"convention": "macs", "source": "package:timm", "resolution": 224},
        "columns": ["backbone", "printed", "params_m", "activations_m", "source_ref", "feature_channels", "feature_strides"],
        "rows": [["toynet_small", 4.0, 20.0, 3.0, "timm 1 toynet_small", "8 16", "4 8"], ["lonely_net", 1.0, 1.0, 1.0, "timm 1 lonely_net", None, None]],
    }))  # fmt: skip
    from backbones.store.measuring.count import FeatureMap

    maps = (FeatureMap(8, 4), FeatureMap(16, 8))
    keep_counts(
        world.places.measurements,
        [Count("toynet_small", 224, 224, 20_000_000, 4_000_000_000, 3_000_000, feature_maps=maps, timm="1")],
    )
    asked = "select backbone, origin from costs where collection = 'counted' order by 1"
    assert world.ask(asked) == [("ToyNet-S", "measured"), ("lonely_net", "reported")]
    assert world.ask("select stage, channels, origin from feature_maps where backbone = 'ToyNet-S'") == [
        (1, 8, "measured"),
        (2, 16, "measured"),
    ]
    keep_counts(
        world.places.measurements, [Count("toynet_small", 224, 224, 20_000_000, 5_000_000_000, 3_000_000, timm="2")]
    )
    assert world.ask(asked)[:2] == [("ToyNet-S", "measured")] * 2  # another timm is another definition
