"""Lists over the shipped catalogue: what they hold, how they are sorted and narrowed, and where their cells lead."""

from __future__ import annotations

import math
import random
import sqlite3
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from backbones.store.catalog import connect
from backbones.store.errors import QueryError
from backbones.store.listing import HeldListing, Listing, folded_texts, listing, open_listing, overview, sort_key
from backbones.store.listings.kinds import FACTS, KINDS, THINGS
from backbones.store.listings.typed import Comparison, Word, parse_typed
from backbones.store.listings.window import BLOCK, BLOCKS, RowWindow
from backbones.store.page import Link, Scope
from backbones.store.places import Places
from backbones.store.reader import connect_again, reader_beside
from backbones.store.rows import Column
from backbones.store.text import fold

TABLES = {"results": "result", "throughput": "speed", "costs": "cost"}


@pytest.fixture(scope="module")
def connection(shipped: Places) -> Iterator[sqlite3.Connection]:
    with closing(connect(shipped)) as found:
        yield found


def column(found: Listing, name: str) -> int:
    return [c.name for c in found.columns].index(name)


@pytest.mark.parametrize("kind", FACTS)
def test_a_list_of_facts_shows_what_the_public_view_says(connection: sqlite3.Connection, kind: str) -> None:
    found = listing(connection, kind)
    names = ", ".join(c.name for c in found.columns if c.name != "name")
    keys = random.Random(7).sample(range(1, found.total + 1), 50)
    for key in keys:
        (row,) = found.rows([key])
        said = [v for c, v in zip(found.columns, row, strict=True) if c.name != "name"]
        where = " and ".join(f"{c.name} is ?" for c in found.columns if c.name != "name")
        assert connection.execute(f"select {names} from {kind} where {where}", said).fetchone() is not None
    assert found.total == connection.execute(f"select count(*) from {kind}").fetchone()[0]


def test_every_column_of_the_public_view_is_in_the_list(connection: sqlite3.Connection) -> None:
    for kind in FACTS:
        view = {d[0] for d in connection.execute(f"select * from {kind} limit 0").description}
        assert view == {c.name for c in listing(connection, kind).columns} - {"name"}


@pytest.mark.parametrize("kind", KINDS)
def test_every_column_sorts_both_ways_with_missing_values_last(connection: sqlite3.Connection, kind: str) -> None:
    found = listing(connection, kind)
    for position, c in enumerate(found.columns):
        for descending in (bool(position % 2),) if kind in FACTS else (False, True):
            keys = found.order("", c.name, descending)
            assert len(keys) == found.total == len(set(keys))
            step = max(1, len(keys) // 400)
            values = [row[position] for row in found.rows(keys[::step])]
            known = [v for v in values if v is not None]
            assert values == known + [None] * (len(values) - len(known))
            ranks = (
                [v.casefold() if isinstance(v, str) else v for v in known] if kind in FACTS else [*map(sort_key, known)]
            )
            if all(not isinstance(v, str) or v.isascii() for v in known):
                assert ranks == sorted(ranks, reverse=descending), c.name


@pytest.mark.parametrize("kind", ["results", "throughput", "weights"])
@pytest.mark.parametrize("typed", ["swin", "SWIN coco", "resnet50 a1", "!swin imagenet-v2", "rtx 3090", "zzzqqq"])
def test_words_find_the_rows_whose_texts_hold_them(connection: sqlite3.Connection, kind: str, typed: str) -> None:
    found = listing(connection, kind)
    texts = [i for i, c in enumerate(found.columns) if c.kind in ("text", "date") and c.name not in ("unit", "origin")]
    passing = set(found.order(typed))
    sample = set(random.Random(3).sample(range(1, found.total), 1500)) | set(list(passing)[:300])
    for key, row in zip(sample, found.rows(list(sample)), strict=True):
        said = [fold(str(row[i])) for i in texts if row[i] is not None]
        holds = all(any(fold(w.lstrip("!")) in text for text in said) != w.startswith("!") for w in typed.split())
        assert (key in passing) == holds, (key, row)


@pytest.mark.parametrize(
    ("kind", "typed", "where"),
    [
        ("results", "value > 80", "value > 80"),
        ("results", "resolution>=384 dataset = ImageNet-1k", "resolution >= 384 and dataset = 'ImageNet-1k'"),
        ("results", "dataset = ADE20K val", "dataset = 'ADE20K val'"),
        ("results", "head = none", "head is null"),
        ("results", "head != none and published = 2021", "head is not null and published like '2021%'"),
        ("results", "metric != top_1", "metric <> 'top_1'"),
        ("results", "weights !~ in1k", "weights is not null and instr(fold(weights), 'in1k') = 0"),
        ("results", "gmacs < 1 params < 5", "gmacs < 1 and params_m < 5"),
        ("throughput", "device ~ 3090 compiled = no", "device like '%3090%' and compiled = 0"),
        ("throughput", 'device = "NVIDIA RTX 3090"', "device = 'NVIDIA RTX 3090'"),
        ("costs", "memory_mib = none gmacs > 10", "memory_mib is null and gmacs > 10"),
    ],
)
def test_a_comparison_keeps_what_sql_keeps(connection: sqlite3.Connection, kind: str, typed: str, where: str) -> None:
    expected = connection.execute(f"select count(*) from {kind} where {where}").fetchone()[0]
    assert expected and len(listing(connection, kind).order(typed)) == expected


def test_a_comparison_of_a_held_list_means_the_same(connection: sqlite3.Connection) -> None:
    found = listing(connection, "weights")
    for typed, where in (
        ("installable = yes", "installable = 1"),
        ("licence = none", "licence is null"),
        ("size_mib > 500", "size_mib > 500"),
    ):
        assert (
            len(found.order(typed)) == connection.execute(f"select count(*) from weights where {where}").fetchone()[0]
        )


def test_a_filter_keeps_the_order_of_the_list(connection: sqlite3.Connection) -> None:
    found = listing(connection, "results")
    everything = list(found.order("", "value", True))
    keys = list(found.order("convnext coco", "value", True))
    place = {key: i for i, key in enumerate(everything)}
    assert keys and [place[k] for k in keys] == sorted(place[k] for k in keys)


def test_an_unfinished_comparison_leaves_the_rows_alone(connection: sqlite3.Connection) -> None:
    found = listing(connection, "results")
    for typed in ("value", "swin value", "value >", "value > -", "swin value <", "=", "!"):
        wanted = found.order("swin" if "swin" in typed else "")
        assert found.order(typed) == wanted, typed


def test_an_unknown_column_is_pointed_at(connection: sqlite3.Connection) -> None:
    found = listing(connection, "results")
    with pytest.raises(QueryError) as caught:
        found.order("swin vallue > 80")
    assert "vallue" in str(caught.value) and "value" in caught.value.suggestions and caught.value.position == 5
    with pytest.raises(QueryError, match="number"):
        found.order("value > many")
    with pytest.raises(QueryError):
        found.order("", "nonsense")
    with pytest.raises(QueryError, match="no list"):
        listing(connection, "nonsense")


def test_conditions_are_words_though_they_hold_an_equals_sign() -> None:
    columns = (Column("value", "value", "number"),)
    assert parse_typed("shots=10", columns, lambda *_: False) == (Word(fold("shots=10")),)
    assert parse_typed("value=10", columns, lambda *_: False) == (Comparison(columns[0], "=", 10.0),)


@pytest.mark.parametrize("seed", range(3))
def test_folding_many_texts_is_folding_each(connection: sqlite3.Connection, seed: int) -> None:
    dice = random.Random(seed)
    texts = ["".join(dice.choice("aB1.2_ -+*/\n×é模(0)9") for _ in range(dice.randint(0, 14))) for _ in range(3000)]
    texts += [name for (name,) in connection.execute("select name from alias order by id limit 4000")]
    assert folded_texts(texts) == [fold(text) for text in texts]
    assert folded_texts([]) == [] and folded_texts([""]) == [""]


def test_numbers_in_names_sort_by_size() -> None:
    names = ["ResNet-101", "resnet-18", "ResNet-50", None]
    assert sorted(filter(None, names), key=sort_key) == ["resnet-18", "ResNet-50", "ResNet-101"]
    assert sorted([12.5, 3, "a", "2"], key=sort_key) == ["2", 3, 12.5, "a"]


@pytest.mark.parametrize(
    "scope",
    [
        Scope("results", "family", "Swin"), Scope("results", "dataset", "ImageNet-1k"), Scope("results", "collection", "timm"),
        Scope("throughput", "device", "NVIDIA RTX 3090"), Scope("costs", "collection", "mmdet"), Scope("results", "head", "Mask R-CNN"),
    ],
)  # fmt: skip
def test_a_scope_holds_the_rows_of_one_thing(connection: sqlite3.Connection, scope: Scope) -> None:
    with closing(connect_again(connection)) as own:
        found = listing(own, scope.kind, scope)
        (count,) = connection.execute(
            f"select count(*) from {scope.kind} where {scope.column} = ?", [scope.value]
        ).fetchone()
        assert found.total == len(found.order()) == count > 0
        assert isinstance(found, HeldListing) == (count <= 2000)
        assert scope.column not in {c.name for c in found.columns}
        narrowed = found.order("source ~ arxiv", found.columns[0].name)
        sql = f"select count(*) from {scope.kind} where {scope.column} = ? and source like '%arxiv%'"
        assert len(narrowed) == connection.execute(sql, [scope.value]).fetchone()[0]


def test_a_scope_of_nothing_is_empty(connection: sqlite3.Connection) -> None:
    found = listing(connection, "results", Scope("results", "family", "no such family"))
    assert found.total == 0 and len(found.order("swin")) == 0


def test_cells_lead_to_pages(connection: sqlite3.Connection) -> None:
    results = listing(connection, "results")
    key = results.order("checkpoint != none", "value", True)[0]
    (row,) = results.rows([key])
    assert results.link(key, row, 0) == Link("checkpoint", str(row[0]))
    key = results.order("checkpoint = none", "value", True)[0]
    (row,) = results.rows([key])
    assert results.link(key, row, 0) == Link("backbone", str(row[0])) and row[0] == row[column(results, "backbone")]
    assert results.link(key, row, column(results, "value")) is None
    aliases = listing(connection, "aliases")
    kinds = {found.kind for k in range(aliases.total) if (found := aliases.link(k, aliases.rows([k])[0], 1))}
    assert {"backbone", "dataset"} <= kinds
    lists = overview(connection)
    assert [lists.link(k, lists.rows([k])[0], 0) for k in (0, 4)] == [Link("list", "families"), Link("list", "results")]


def test_the_overview_counts_every_list(connection: sqlite3.Connection) -> None:
    lists = overview(connection)
    counts = {str(name): count for name, count, _ in lists.rows(range(lists.total))}
    assert set(counts) == set(KINDS) == {*FACTS, *THINGS, "columns"}
    assert counts == {kind: listing(connection, kind).total for kind in KINDS}


def test_things_are_listed_with_their_counts(connection: sqlite3.Connection) -> None:
    families = listing(connection, "families")
    rows = {row[0]: row for row in families.rows(range(families.total))}
    for name in ("ConvNeXt", "Swin"):
        for position, table in ((column(families, "results"), "results"), (column(families, "speeds"), "throughput")):
            assert (
                rows[name][position]
                == connection.execute(f"select count(*) from {table} where family = ?", [name]).fetchone()[0]
            )
    datasets = listing(connection, "datasets")
    counts = {row[0]: row[column(datasets, "results")] for row in datasets.rows(range(datasets.total))}
    said = dict(connection.execute("select dataset, count(*) from results group by 1"))
    assert {name: count for name, count in counts.items() if count} == {n: c for n, c in said.items() if n in counts}


def test_only_the_rows_that_are_looked_at_are_read(connection: sqlite3.Connection) -> None:
    found = listing(connection, "results")
    keys = found.order("", "value", True)
    asked: list[int] = []
    read = found.rows
    found.rows = lambda keys, reader=None: asked.append(len(keys)) or read(keys, reader)  # type: ignore[method-assign,func-returns-value]
    window = RowWindow(found, keys)
    assert len(window) == found.total
    for place in range(0, 60_000, 5_000):
        assert window[place] == read([keys[place]])[0]
    assert asked == [BLOCK] * 12 and len(window._blocks) == BLOCKS
    assert window[-1] == read([keys[-1]])[0] and list(window[5:8]) == read(keys[5:8])
    with pytest.raises(IndexError):
        window[len(keys)]


def test_the_arrays_of_a_large_list_are_small(connection: sqlite3.Connection) -> None:
    found = listing(connection, "results")
    for name in ("value", "name", "source_ref", "dataset", "gmacs"):
        found.order("swin 3", name)
    texts = found._texts  # type: ignore[attr-defined]
    arrays = sum(len(keys) * keys.itemsize for keys in texts.orders.values()) + sum(map(len, texts.masks.values()))
    arrays += sum(sys.getsizeof(d.codes) for d in texts._dimensions.values())
    assert arrays < 5e6


def test_a_reader_is_another_connection_to_the_same_rows(connection: sqlite3.Connection) -> None:
    with closing(reader_beside(connection)) as reader:
        assert reader is not connection
        found = listing(connection, "results")
        keys = found.order("swin")[:200]
        assert found.rows(keys, reader) == found.rows(keys)


def test_of_a_replaced_catalogue_no_row_is_shown_under_an_old_key(
    furnish: Callable[[Path], Path], tmp_path: Path
) -> None:
    home = furnish(tmp_path / "home")
    places = Places(home / "catalog.db", home / "measurements.db", (), home / "state.json")
    with closing(connect(places)) as old:
        with closing(sqlite3.connect(home / "new.db")) as new:
            new.executescript(f"attach '{home / 'catalog.db'}' as old; create table file as select * from old.file;")
            for table in ("result", "speed", "cost"):
                new.execute(f"create table {table} as select * from old.{table} where id > 5")
            new.commit()
        (home / "new.db").replace(home / "catalog.db")
        assert reader_beside(old) is old


def test_a_list_that_was_closed_is_no_bug(connection: sqlite3.Connection) -> None:
    found = open_listing(connection, "results")
    found.close()
    with pytest.raises(InterruptedError):
        found.order("", "crop_size")
    assert connection.execute("select 1").fetchone() == (1,)


def test_two_threads_may_ask_one_list(connection: sqlite3.Connection) -> None:
    found = open_listing(connection, "results")
    answers: list[int] = []
    threads = [threading.Thread(target=lambda: answers.append(len(found.order("coco")))) for _ in range(3)]
    threads.append(threading.Thread(target=found.prepare))
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    found.close()
    assert len(answers) == 3 and len(set(answers)) == 1


@pytest.fixture
def measured(furnish: Callable[[Path], Path], tmp_path: Path) -> Iterator[sqlite3.Connection]:
    """The shipped catalogue with three measurements beside it."""
    from backbones.store.measurements import migrate

    home = furnish(tmp_path / "home")
    migrate(home / "measurements.db")
    with closing(sqlite3.connect(home / "measurements.db")) as db:
        for backbone, speed in (("resnet50", 1e7), ("ConvNeXt-T", 812.5), ("my own[a1]", 3.0)):
            db.execute(
                "insert into measurement (datetime_utc, host, origin, backbone, device, mode, throughput_img_s, resolution)"
                " values ('2026-11-21', 'here', 'measured', ?, 'My GPU', 'inference', ?, 224)",
                [backbone, speed],
            )
        db.commit()
    with closing(connect(Places(home / "catalog.db", home / "measurements.db", (), home / "state.json"))) as found:
        yield found


def test_measurements_stand_among_the_reported_speeds(measured: sqlite3.Connection) -> None:
    found = listing(measured, "throughput")
    assert found.total == measured.execute("select count(*) from throughput").fetchone()[0]
    for typed in ("my gpu", "device = My GPU", "origin = measured", "my gpu resolution = 224"):
        keys = found.order(typed, "throughput_img_s", True)
        speeds = [row[column(found, "throughput_img_s")] for row in found.rows(keys)]
        assert speeds == [1e7, 812.5, 3.0], typed
    every = [row[column(found, "throughput_img_s")] for row in found.rows(found.order("", "throughput_img_s", True))]
    known = [v for v in every if v is not None]
    assert every[0] == 1e7 and known == sorted(known, reverse=True) and len(every) == found.total
    assert found.rows(found.order("", "throughput_img_s", False))[0][column(found, "throughput_img_s")] == min(known)
    assert len(found.order("!my !gpu")) == found.total - 3
    backbones = [row[0] for row in found.rows(found.order("", "backbone", False)) if row[0] is not None]
    assert [b.lower() for b in backbones if b.isascii()] == sorted(b.lower() for b in backbones if b.isascii())
    scope = Scope("throughput", "device", "My GPU")
    assert listing(measured, "throughput", scope).total == 3
    assert any(math.isclose(row[column(found, "throughput_img_s")] or 0, 1e7) for row in found.sample())
