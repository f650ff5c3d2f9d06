"""Wrong numbers are put right while building, what the files said is kept, and a correction that fits nothing is told."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from backbones.store.inventory import facts
from backbones.store.pages import page_of

if TYPE_CHECKING:
    from tests.store.conftest import World

HEAD = (
    "sheet: {name}\nkind: corrections\ncolumns: [collection, source_ref, column, was, value, reason, source]\nrows:\n"
)
WIDE = (
    "sheet: wide\nkind: results\ncollection: papers\nshared: {resolution: 224, source: 'arxiv:2401.00001'}\n"
    "columns: [checkpoint, source_ref, top_1@ImageNet-1k, top_1@ImageNet-C, params_m, printed, convention]\n"
    "rows:\n- [ToyNet-S IN-1k, row 1, 70.5, 70.5, 20, 9, flops]\n"
)


def correct(world: World, *rows: str, name: str = "mine") -> Path:
    """A user's sheet of corrections."""
    return world.write(f"{name}.yaml", HEAD.format(name=name) + "".join(f"- [{row}]\n" for row in rows))


def test_a_corrected_result_has_the_new_value_everywhere(world: World) -> None:
    correct(world, "papers, table 1, top_1, 86.4, 85.4, a typing mistake, own")
    sql = "select value from {} where backbone = 'ToyNet-L' and metric = 'top_1'"
    assert world.ask(sql.format("results")) == world.ask(sql.format("best_results")) == [(85.4,)]
    assert world.ask("select * from corrections") == [
        ("papers", "table 1", "top_1", 86.4, 85.4, "a typing mistake", "own", 1)
    ]


def test_a_withdrawn_result_stays_listed_and_is_never_chosen(world: World) -> None:
    correct(world, "papers, table 1, top_1, 80.1, null, of another resolution, own")
    world.build()
    sql = "select value from {} where checkpoint = 'ToyNet-S IN-1k' and metric = 'top_1' order by 1"
    assert (80.1,) in world.ask(sql.format("results"))
    assert (80.1,) not in world.ask(sql.format("best_results"))
    assert world.ask(sql.format("best_results") + " limit 1") == [(80.0,)]  # the next source's


def test_a_withdrawn_result_is_listed_on_its_page_with_the_reason(world: World) -> None:
    correct(world, "papers, table 5, top_1, 83.6, null, of another model, own")
    connection = world.explorer().connection
    rows = next(s.rows for s in page_of(connection, "Otter-B").sections if s.title == "results").records()
    assert [(r["value"], r["correction"], r["chosen"]) for r in rows] == [
        (83.6, "withdrawn: of another model (own)", 0)
    ]
    connection.close()


def test_a_corrected_speed_changes_the_fastest_too(world: World) -> None:
    correct(world, "timm, speeds.csv line 2, throughput_img_s, 1500, 150, a zero too many, own")
    assert world.ask("select throughput_img_s from throughput where source_ref = 'speeds.csv line 2'") == [(150.0,)]
    assert world.ask("select max(throughput_img_s) from fastest where precision = 'amp_fp16' and resolution = 224") == [
        (150.0,)
    ]


def test_a_corrected_cost_gives_new_gmacs(world: World) -> None:
    world.write("wide.yaml", WIDE)
    correct(
        world, "papers, row 1, printed, 9, 8, as in the paper, own", "papers, row 1, params_m, 20, 22, counted, own"
    )
    assert world.ask("select distinct gmacs, params_m from results where source_ref = 'row 1'") == [(4.0, 22.0)]


def test_a_metric_with_its_data_set_corrects_only_that(world: World) -> None:
    world.write("wide.yaml", WIDE)
    correct(world, "papers, row 1, top_1@imagenet-c, 70.5, 60.5, the other column, own")
    assert world.ask("select dataset, value from results where source_ref = 'row 1' order by 1") == [
        ("ImageNet-1k", 70.5),
        ("ImageNet-C", 60.5),
    ]


@pytest.mark.parametrize(
    "row",
    [
        "papers, table 1, top_1, 86.41, 85.4, another value, own",
        "papers, table 99, top_1, 86.4, 85.4, another reference, own",
        "timm, table 1, top_1, 86.4, 85.4, another collection, own",
        "papers, table 1, top_5, 86.4, 85.4, another metric, own",
        "papers, table 1, top_1@ImageNet-A, 86.4, 85.4, another data set, own",
    ],
)
def test_a_correction_that_fits_nothing_changes_nothing_and_says_so(world: World, row: str) -> None:
    world.build()
    before = world.everything()
    correct(world, row)
    world.build()
    after = world.everything()
    assert [r[-1] for r in after.pop("corrections")] == [0]
    before.pop("corrections")
    assert after == before


def test_of_two_corrections_of_one_number_the_users_comes_first(world: World) -> None:
    shipped = world.places.shipped / "sheets" / "toy_corrections.yaml"
    shipped.write_text(HEAD.format(name="toy_corrections") + "- [papers, table 1, top_1, 86.4, 85.1, shipped, own]\n")
    assert world.ask("select value from results where backbone = 'ToyNet-L'") == [(85.1,)]
    correct(world, "papers, table 1, top_1, 86.4, 85.2, mine, own")
    assert world.ask("select value from results where backbone = 'ToyNet-L'") == [(85.2,)]
    assert world.ask("select reason, applied from corrections order by 1") == [("mine", 1), ("shipped", 0)]


CHANGES = {
    "another value": ("papers, table 1, top_1, 86.4, 84.4, again, own",),
    "withdrawn": ("papers, table 1, top_1, 86.4, null, gone, own",),
    "of a speed": (
        "timm, speeds.csv line 3, throughput_img_s, 500, 50, slow, own",
        "timm, speeds.csv line 3, printed, 13, null, no, own",
    ),
    "none": (),
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_build_of_the_change_equals_a_build_from_nothing(world: World, tmp_path: Path, change: str) -> None:
    path = correct(
        world,
        "papers, table 1, top_1, 86.4, 85.4, first, own",
        "timm, speeds.csv line 2, throughput_img_s, 1500, 150, first, own",
        "timm, speeds.csv line 2, printed, 4.4, 4.5, first, own",
    )
    world.build()
    if CHANGES[change]:
        correct(world, *CHANGES[change])
    else:
        path.unlink()
    assert world.build().parsed == bool(CHANGES[change])
    fresh = world.elsewhere(tmp_path / "fresh.db")
    fresh.build()
    assert world.everything() == fresh.everything()
    fastest = "select m.backbone, device, mode, f.resolution, precision, throughput_img_s from fastest f join mention m on m.id = f.mention order by 1, 4, 6"
    assert world.ask(fastest) == fresh.ask(fastest)
    compute = "select b.backbone, resolution, collection, gmacs from compute u join backbone b on b.id = u.architecture order by 1, 2, 3"
    assert world.ask(compute) == fresh.ask(compute)


def test_a_number_keeps_all_its_digits_through_correction_and_back(world: World) -> None:
    text = WIDE.replace("70.5, 70.5", "70.123456789012345, 70.5")
    world.write("wide.yaml", text)
    path = correct(world, "papers, row 1, top_1, 70.123456789012345, 71, test, own")
    world.build()
    path.unlink()
    sql = "select value from results where source_ref = 'row 1' and dataset = 'ImageNet-1k'"
    assert world.ask(sql) == [(70.123456789012345,)]


def test_the_facts_of_a_row_tell_what_was_corrected(world: World) -> None:
    correct(world, "papers, table 5, top_1, 83.6, 82.6, a typing mistake, 'arxiv:2301.00002'")
    connection = world.explorer().connection
    ((key,),) = connection.execute(
        "select result from placement p join result r on r.id = p.result where r.source_ref = 'table 5'"
    )
    first = facts(connection, key)[0]
    connection.close()
    assert (first.value, first.note) == ("82.6 percent", "corrected from 83.6: a typing mistake (arxiv:2301.00002)")


def test_a_withdrawn_speed_is_unknown_not_an_error(world: World) -> None:
    correct(world, "timm, speeds.csv line 2, throughput_img_s, 1500, null, of another device, own")
    connection = world.explorer().connection
    (key,) = connection.execute(
        "select p.result from placement p join result r on r.id = p.result join subject s on s.id = r.mention "
        "join checkpoint c on c.id = s.checkpoint_id where c.checkpoint = 'ToyNet-S IN-1k' and r.dataset = 'ImageNet-1k' and p.rank = 1"
    ).fetchone()
    values = [(f.value, f.note) for f in facts(connection, key) if f.label == "NVIDIA V100"]
    connection.close()
    assert any(v == "unknown" and "withdrawn, was 1500" in note for v, note in values)


def test_every_shipped_correction_is_applied(catalog: sqlite3.Connection) -> None:
    rows = catalog.execute("select collection, source_ref, applied from corrections").fetchall()
    assert len(rows) >= 9
    assert {row[2] for row in rows} == {1}
    assert catalog.execute(
        "select throughput_img_s from throughput where source_ref = 'fpsmeasurement:44'"
    ).fetchall() == [(13.5,)]
