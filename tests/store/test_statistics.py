"""The figures are those of the views, every part is at most its whole, and the front page has them."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING

from backbones.store import statistics
from backbones.store.query import CatalogExplorer
from backbones.store.statistics import Figure, figures, lines, markdown, rows_of, shown

if TYPE_CHECKING:
    from tests.store.conftest import World


def of(found: list[Figure], section: str, what: str) -> Figure:
    return next(f for f in found if (f.section, f.what) == (section, what))


def test_counts_are_those_of_the_views(catalog: sqlite3.Connection) -> None:
    found = figures(catalog)
    for what, view in (
        ("backbones", "backbones"),
        ("checkpoints", "checkpoints"),
        ("weights", "weights"),
        ("devices", "devices"),
    ):
        assert of(found, "things", what).value == catalog.execute(f"select count(*) from {view}").fetchone()[0]
    for what in ("results", "throughput", "costs", "rankings"):
        assert of(found, "facts", what).value == catalog.execute(f"select count(*) from {what}").fetchone()[0]
    assert of(found, "facts", "all").value == sum(
        int(of(found, "facts", w).value or 0) for w in ("results", "throughput", "costs", "rankings")
    )


def test_facts_by_task_and_by_collection_add_up(catalog: sqlite3.Connection) -> None:
    found = figures(catalog)
    whole = sum(int(of(found, "facts", what).value or 0) for what in ("results", "throughput", "costs"))
    for section in ("facts by task", "facts by collection"):
        assert sum(int(f.value or 0) for f in found if f.section == section) == whole


def test_a_part_is_at_most_its_whole(catalog: sqlite3.Connection) -> None:
    parts = [f for f in figures(catalog) if f.of is not None]
    assert len(parts) > 12
    assert all(isinstance(f.value, int) and 0 <= f.value <= (f.of or 0) for f in parts)


def test_what_is_known_is_counted(world: World) -> None:
    world.build()
    found = figures(world.explorer().connection)
    assert shown(of(found, "known", "families: published")) == "2 of 2 (100 %)"
    assert shown(of(found, "known", "families: hierarchical")) == "1 of 2 (50 %)"
    assert of(found, "known", "checkpoints: pretraining data").value == 3
    assert of(found, "disagreement", "results with several sources").value == 1
    assert of(found, "disagreement", "median spread of them").value == 0.1
    assert shown(of(found, "freshness", "newest retrieval of a source")) == "unknown"


def test_names_that_wait_for_a_person_are_counted(world: World) -> None:
    world.write(
        "names.yaml",
        "sheet: names\nkind: aliases\ncolumns: [name, entity, kind, source, verdict]\nrows:\n"
        "- [Otter B v2, Otter-B, backbone, own, doubtful]\n- [Ottr, Otter-B, backbone, own, same]\n",
    )
    assert of(figures(world.explorer().connection), "doubts", "doubtful names").value == 1


def test_a_name_that_is_doubtful_twice_counts_once(world: World) -> None:
    rows = "- [Otter B v2, Otter-B, backbone, {}, doubtful]\n- [Otter B v3, {}, backbone, own, doubtful]\n"
    head = "sheet: {}\nkind: aliases\ncolumns: [name, entity, kind, source, verdict]\nrows:\n"
    world.write("one.yaml", head.format("one") + rows.format("own", "Otter-B"))
    world.write("two.yaml", head.format("two") + rows.format("papers", "ToyNet-S"))
    connection = world.explorer().connection
    assert connection.execute("select count(*) from matches where verdict = 'doubtful'").fetchone()[0] > 2
    assert of(figures(connection), "doubts", "doubtful names").value == 2


def test_the_oldest_source_may_have_costs_only(world: World) -> None:
    world.write(
        "sources.yaml",
        "sheet: when\nkind: sources\ncolumns: [source, retrieved]\nrows:\n- [new, 2026-01-01]\n- [old, 2020-02-02]\n- [idle, 2010-01-01]\n",
    )
    for kind, source, columns, row in (
        ("results", "new", "backbone, top_1@ImageNet-1k", "ToyNet-S, 80"),
        ("costs", "old", "backbone, file_size_mib", "ToyNet-S, 80"),
    ):
        world.write(
            f"{kind}.yaml",
            f"sheet: my_{kind}\nkind: {kind}\ncollection: c\nshared: {{source: {source}}}\ncolumns: [{columns}]\nrows:\n- [{row}]\n",
        )
    found = figures(world.explorer().connection)
    assert of(found, "freshness", "oldest retrieval of a source").value == "2020-02-02"


def test_an_empty_world_has_figures_too(world: World) -> None:
    for file in (*world.places.shipped.glob("*.yaml"), *world.places.shipped.glob("sheets/toy_[adhlsw][deip]*.yaml")):
        file.unlink()
    world.build()
    found = figures(world.explorer().connection)
    assert shown(of(found, "known", "families: code")) == "0 of 0"
    assert markdown(found).startswith("| | |\n|---|---|\n")
    assert all(len(row) == 6 for row in rows_of(found))


def test_the_screen_reads_lines_under_headings(explorer: CatalogExplorer) -> None:
    told = explorer.statistics()
    headings = [f.label for f in told if not f.value]
    assert headings == list(dict.fromkeys(f.section for f in figures(explorer.connection)))
    assert [(f.label, f.value) for f in told] == lines(figures(explorer.connection))


def test_the_figures_come_in_well_under_a_second(catalog: sqlite3.Connection) -> None:
    import time

    started = time.process_time()
    statistics.figures(catalog)
    assert time.process_time() - started < 2
