"""Whatever changes, one file at a time or several, the catalogue ends as one that is built from nothing."""

from __future__ import annotations

import os
import random
import sqlite3
from collections import Counter
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from backbones.store import derivation, prominence
from backbones.store.build import build
from backbones.store.catalog import connect
from backbones.store.places import Places
from backbones.store.query import CatalogExplorer
from backbones.store.view import View

if TYPE_CHECKING:
    from tests.store.conftest import World

RESULTS = "sheet: {name}\nkind: results\ncollection: {collection}\nshared: {{source: own}}\ncolumns: [{columns}]\nrows:\n{rows}\n"
ALIAS = "sheet: {0}\nkind: aliases\ncolumns: [name, entity, kind, source]\nrows:\n- [{1}, {2}, {0}, own]\n"
CORRECTION = (
    "sheet: {}\nkind: corrections\ncolumns: [collection, source_ref, column, was, value, reason, source]\n"
    "rows:\n- [{}, because, own]\n"
)

EDITS = {
    "another value": ("otter.yaml", "83.6", "83.9"),
    "another name of a backbone": ("otter.yaml", "- backbone: Otter-B", "- backbone: Otter-Base"),
    "another spelling of a family": ("otter.yaml", "family: Otter", "family: OTTER"),
    "another date": ("toynet.yaml", "'2021-05-01'", "'2022-06-01'"),
    "another size": ("toynet.yaml", "params_m: 80", "params_m: 81"),
    "another architecture": ("otter.yaml", "params_m: 86", "params_m: 86\n  same_architecture_as: ToyNet-S"),
    "one result less": ("toynet.yaml", "    - {task: classification, dataset: ImageNet-C, resolution: 224, values: {mce: 55.5}, ref: table 2}\n", ""),
    "another cost": ("toynet.yaml", "printed: 4.5", "printed: 4.7"),
    "another pretraining": ("toynet.yaml", "dataset: ImageNet-22k, method", "dataset: ImageNet-1k, method"),
    "another speed": ("sheets/toy_speeds.yaml", "256, 1500, 4.4", "256, 1600, 4.2"),
    "another licence": ("sheets/toy_weights.yaml", "cc-by-nc-4.0", "apache-2.0"),
    "another preference": ("sheets/toy_words.yaml", "[timm, timm, 20]", "[timm, timm, 5]"),
    "one collection less": ("sheets/toy_words.yaml", "- [papers, papers, 10]\n", ""),
    "one alias less": ("sheets/toy_aliases.yaml", "- [IN1k, ImageNet-1k, dataset, catalogue]\n", ""),
    "another spelling of a data set": ("sheets/toy_library.yaml", "dataset: ImageNet-1k", "dataset: IN1k"),
}  # fmt: skip
"""Shipped file, text, text instead."""

FILES = {
    "family.yaml": "family: Mine\nsource: own\nbackbones:\n- backbone: Mine-T\n  checkpoints:\n  - checkpoint: Mine-T IN-1k\n"
    "    results:\n    - {task: classification, dataset: imagenet 1K, resolution: 160, printed: 1, values: {top_1: 61}}\n",
    "toynet.yaml": "family: toynet\nsource: own\nbackbones:\n- backbone: toynet s\n  params_m: 21\n  checkpoints:\n"
    "  - checkpoint: ToyNet-S IN-1k\n    results:\n"
    "    - {task: classification, dataset: ImageNet-1k, resolution: 224, values: {top_1: 70}}\n",
    "hidden.yaml": RESULTS.format(
        name="toy_library", collection="timm", columns="weights, dataset, resolution, top_1",
        rows="- [toynet_small.in1k, ImageNet-1k, 224, 80.5]",
    ),
    "other.yaml": RESULTS.format(
        name="other", collection="user", columns="checkpoint, dataset, resolution, source_ref, top_1, printed",
        rows="- [ToyNet-S IN-1k, ImageNet-1k, 224, row 1, 79.9, 4]\n- [ToyNet-L IN-22k, INet, 384, row 2, 86.1, null]\n"
        "- [ToyNet-S IN-1k, New Set, 224, row 3, 50, null]",
    ),
    "tuned.yaml": RESULTS.format(
        name="tuned", collection="own", columns="checkpoint, dataset, resolution, fine_tuning_dataset, top_1",
        rows="- [ToyNet-S IN-1k, ImageNet-1k, 224, ImageNet-1k, 80.4]\n- [ToyNet-S IN-1k, ImageNet-1k, 288, ImageNet-1k, 81]",
    ),
    "bare.yaml": RESULTS.format(
        name="bare",
        collection="own",
        columns="weights, dataset, resolution, top_1",
        rows="- [lonely_net.in1k, ImageNet-1k, 288, 63]",
    ),
    "heads.yaml": RESULTS.format(
        name="heads", collection="own", columns="weights, dataset, head, crop_size, train_epochs, miou_ss",
        rows="- [toynet_small.in1k, ADE20K val, upernet, 512, 128, 44.1]\n- [toynet_small.other, newset, Uper, 512, 128, 40]",
    ),
    "wide.yaml": RESULTS.format(
        name="wide", collection="own", columns="backbone, family, weights, dataset, resolution, top_1, params_m",
        rows="- [otter b, Otter, otter.first, ImageNet-1k, 224, 83.1, 87]\n- [Newt-S, Newt, newt.first, ImageNet-1k, 224, 71, 9]",
    ),
    "fast.yaml": "sheet: fast\nkind: throughput\ncollection: own\nshared: {precision: amp_fp16, source: own, resolution: 224}\n"
    "columns: [backbone, device, source_ref, throughput_img_s, printed]\nrows:\n- [ToyNet-S, V100 card, row 1, 3000, 4]\n"
    "- [ToyNet-L, nvidia v100, row 2, 300, 15]\n",
    "costs.yaml": "sheet: costs\nkind: costs\ncollection: own\nshared: {source: own}\n"
    "columns: [backbone, resolution, printed, convention]\nrows:\n- [ToyNet-L, 384, 90, flops]\n- [Otter-B, 224, 17, macs]\n",
    "alias_backbone.yaml": ALIAS.format("backbone", "lonely_net", "ToyNet-L"),
    "alias_checkpoint.yaml": ALIAS.format("checkpoint", "lonely_net.in1k", "ToyNet-L IN-22k"),
    "alias_weights.yaml": ALIAS.format("weights", "toynet_small.other", "ToyNet-S IN-1k"),
    "alias_copy.yaml": ALIAS.format("copy", "toynet_small.other", "toynet_small.in1k"),
    "alias_dataset.yaml": ALIAS.format("dataset", "INet", "ImageNet-1k"),
    "alias_head.yaml": ALIAS.format("head", "Uper", "UPerNet"),
    "alias_device.yaml": ALIAS.format("device", "V100 card", "NVIDIA V100"),
    "correct_value.yaml": CORRECTION.format("value", "papers, table 1, top_1@IN1k, 86.4, 85.4"),
    "correct_withdrawn.yaml": CORRECTION.format("withdrawn", "papers, table 5, top_1, 83.6, null"),
    "correct_cost.yaml": CORRECTION.format("cost", "user, row 1, printed, 4, 5"),
    "correct_speed.yaml": CORRECTION.format("speed", "own, row 1, throughput_img_s, 3000, 30"),
    "reasoned.yaml": "sheet: reasoned\nkind: aliases\ncolumns: [name, entity, kind, source, verdict, rule]\n"
    "rows:\n- [Otter Base, Otter-B, backbone, own, same, looks like it]\n- [newt, Otter-B, backbone, own, apart, too small]\n",
    "alias_name.yaml": "sheet: names\nkind: aliases\ncolumns: [name, entity, kind, source]\nrows:\n- [A Toy, ToyNet-S, backbone, own]\n",
    "pretraining.yaml": "sheet: pretraining\nkind: weights\ncolumns: [weights, checkpoint, pretraining_dataset]\n"
    "rows:\n- [lonely_net.more, lonely_net.in1k, Toys-2M]\n",
    "sizes.yaml": "sheet: sizes\nkind: backbones\ncolumns: [backbone, params_m]\nrows:\n- [toynet l, 79]\n",
    "dates.yaml": "sheet: dates\nkind: families\ncolumns: [family, published]\nrows:\n- [Otter, '2023-03-01']\n",
    "broken.yaml": "family: [",
}  # fmt: skip
"""A user's files, there or not."""

STEPS = int(os.environ.get("BACKBONES_TEST_STEPS", "16"))
"""Builds after random changes; `BACKBONES_TEST_STEPS=200` tries for longer."""

BUSY = {"family.yaml", "other.yaml", "tuned.yaml", "heads.yaml", "wide.yaml", "fast.yaml", "costs.yaml"}
"""Files with facts, so that a change has something to reach."""


@dataclass(slots=True)
class Desk:
    """A small world whose edits and files can each be there or not."""

    world: World
    done: set[str] = field(default_factory=set)
    originals: dict[str, str] = field(default_factory=dict)

    def switch(self, change: str) -> None:
        """Make a change, or take it back."""
        self.done ^= {change}
        if change in FILES:
            path = self.world.places.families[0] / change
            if change in self.done:
                self.world.write(change, FILES[change])
            else:
                path.unlink()
            return
        name = EDITS[change][0]
        path = self.world.places.shipped / name
        text = self.originals.setdefault(name, path.read_text())
        for done, (edited, before, after) in EDITS.items():
            if done in self.done and edited == name:
                assert before in text
                text = text.replace(before, after, 1)
        path.write_text(text)


VIEWS = (
    View(columns=("checkpoint", "family", "published", "resolution", "top_1@ImageNet-1k", "params_m", "gmacs", "throughput@v100"), x="", y=""),
    View(
        columns=("backbone", "weights", "head", "miou_ss@ADE20Kval", "top_1@ImageNet-1k", "licence_class", "prominent_because"),
        x="", y="miou_ss@ADE20Kval", sort=(),
    ),
)  # fmt: skip


@pytest.fixture(autouse=True)
def little_is_prominent(monkeypatch: pytest.MonkeyPatch) -> None:
    """So small a world has no front of fifty rows and no four libraries."""
    for name, least in (("COLLECTIONS", 2), ("LIBRARIES", 1), ("ENOUGH", 2)):
        monkeypatch.setattr(prominence, name, least)


def _answers(places: Places) -> list[Counter[tuple[object, ...]]]:
    explorer = CatalogExplorer(lambda: connect(places))
    try:
        return [Counter(explorer.answer(view).rows.rows) for view in VIEWS]
    finally:
        explorer.close()


def _inside(places: Places) -> list[object]:
    """What the tables behind the views hold, without the numbers that are only ids: nothing is left over or stale."""
    connection = connect(places)
    tables = (
        "mention",
        "condition",
        "subject",
        "setting",
        "placement",
        "timed",
        "fastest",
        "compute",
        "bare",
        "alias",
        "prominence",
    )
    sql = """
        select p.dataset, p.metric, p.task, p.protocol, p.head, p.resolution, p.crop_size, p.collection, p.value, p.rank,
          p.n_sources, p.spread, p.params_m, p.gmacs, t.resolution, t.family, t.backbone, t.checkpoint, t.weights, t.published,
          t.pretraining_dataset, m.*, k.*, r.source_ref, (select because from prominence g where g.setting = t.id) as because
        from placement p join setting t on t.id = p.setting join mention m on m.id = t.subject
        join condition k on k.id = t.condition join result r on r.id = p.result"""
    try:
        cursor = connection.execute(sql)
        kept = [i for i, column in enumerate(cursor.description) if column[0] != "id"]
        rows = Counter(tuple(row[i] for i in kept) for row in cursor)
        return [rows, *(connection.execute(f"select '{t}', count(*) from {t}").fetchone() for t in tables)]
    finally:
        connection.close()


@pytest.mark.parametrize(("seed", "share", "steps"), [(0, 1.0, STEPS), (1, 1.0, STEPS), (2, 0.0, STEPS // 2)])
def test_a_long_row_of_changes_ends_where_a_build_from_nothing_would(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seed: int, share: float, steps: int
) -> None:
    monkeypatch.setattr(derivation, "SHARE", share)  # in so small a world nearly every change reaches half of it
    dice = random.Random(seed)
    desk = Desk(world)
    fresh = world.elsewhere(tmp_path / "fresh.db")
    world.build()
    left: list[str] = []
    for _ in range(steps):
        left = left or dice.sample(sorted(EDITS | FILES), len(EDITS | FILES))
        changes = [left.pop() for _ in range(min(len(left), dice.choice((1, 1, 2, 3))))]
        for change in changes:
            desk.switch(change)
        world.build()
        fresh.build(from_scratch=True)
        said = f"after {changes}, with {sorted(desk.done)}"
        assert world.everything() == fresh.everything(), said
        assert _answers(world.places) == _answers(fresh.places), said
        assert _inside(world.places) == _inside(fresh.places), said


@pytest.mark.parametrize("change", [*EDITS, *FILES])
def test_each_change_reaches_what_it_should_and_taken_back_leaves_no_trace(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, change: str
) -> None:
    monkeypatch.setattr(derivation, "SHARE", 1.0)
    desk = Desk(world)
    for name in sorted(BUSY - {change}):
        desk.switch(name)
    assert world.build().problems == ()
    before = world.everything(), _answers(world.places), _inside(world.places)
    desk.switch(change)
    assert bool(world.build().problems) == (change == "broken.yaml")
    fresh = world.elsewhere(tmp_path / "fresh.db")
    fresh.build()
    assert world.everything() == fresh.everything()
    assert _inside(world.places) == _inside(fresh.places)
    desk.switch(change)
    world.build()
    assert (world.everything(), _answers(world.places), _inside(world.places)) == before


def test_the_original_of_a_copy_is_named_anew_where_only_the_copy_has_results(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(derivation, "SHARE", 1.0)
    weights = "sheet: first\nkind: weights\ncolumns: [weights, checkpoint]\nrows:\n- [{}, ToyNet-S IN-1k]\n"
    world.write("first.yaml", weights.format("toy.first"))
    world.write("alias_copy.yaml", ALIAS.format("copy", "toynet_small.other", "toy first"))
    world.build()
    world.write("first.yaml", weights.format("TOY.first"))
    world.build()
    fresh = world.elsewhere(tmp_path / "fresh.db")
    fresh.build()
    assert _inside(world.places) == _inside(fresh.places)


def test_a_spelling_that_left_with_its_file_is_given_to_no_other_fact(world: World, tmp_path: Path) -> None:
    row = "sheet: zoo\nkind: results\ncollection: own\nshared: {{source: own}}\ncolumns: [weights, dataset, top_1]\nrows:\n- [zoo.{0}, {1}, 5{0}]\n"
    world.write("other.yaml", FILES["other.yaml"])  # says INet too
    alias = world.write("alias_dataset.yaml", ALIAS.format("dataset", "INet", "ImageNet-1k"))
    world.build()
    path = world.write("zoo.yaml", row.format(1, "INet"))
    world.build()  # the newest fact has the largest id, which is free again once it is gone
    path.write_text(row.format(2, "ImageNet-C"))
    world.build()
    alias.unlink()
    world.build()
    assert world.ask("select weights, dataset from results where collection = 'own'") == [("zoo.2", "ImageNet-C")]


def test_an_undeclared_name_has_the_first_spelling_by_alphabet(world: World) -> None:
    for name in ("heads.yaml", "other.yaml"):
        world.write(name, FILES[name])
        world.build()
    assert world.ask("select dataset from datasets where dataset like 'new%'") == [("New Set",)]


def test_folders_that_change_places_change_what_is_trusted(world: World, tmp_path: Path) -> None:
    row = "- [ToyNet-S IN-1k, ImageNet-1k, 224, {}]"
    for name, value in (("one", 81), ("two", 82)):
        (tmp_path / name).mkdir()
        text = RESULTS.format(
            name=name, collection="user", columns="checkpoint, dataset, resolution, top_1", rows=row.format(value)
        )
        (tmp_path / name / f"{name}.yaml").write_text(text)
    chosen = []
    for folders in (("one", "two"), ("two", "one")):
        there = replace(world.places, families=tuple(tmp_path / name for name in folders))
        build(there)
        connection = connect(there)
        sql = "select value from best_results where checkpoint = 'ToyNet-S IN-1k' and dataset = 'ImageNet-1k' and metric = 'top_1'"
        chosen += connection.execute(sql).fetchall()
        connection.close()
    assert chosen == [(82.0,), (81.0,)]


def test_an_entity_keeps_its_number_while_others_come_and_go(world: World) -> None:
    world.build()
    sql = "select backbone, id from backbone where backbone like 'ToyNet%' order by 1"
    before = world.ask(sql)
    world.write("family.yaml", FILES["family.yaml"])  # a user's file comes before the shipped ones
    assert world.ask(sql) == before
    assert world.ask("select count(distinct id), count(*) from backbone") == [(5, 5)]


def test_a_hidden_file_is_read_again_only_when_nothing_hides_it(world: World) -> None:
    world.build()
    own = world.write("toynet.yaml", FILES["toynet.yaml"])
    assert world.build().parsed == 1
    own.write_text(FILES["toynet.yaml"].replace("70", "71"))
    assert world.build().parsed == 1
    assert world.ask("select value from results where family = 'toynet' and collection <> 'timm'") == [(71.0,)]
    own.unlink()
    assert world.build().parsed == 1
    assert (80.1,) in world.ask("select value from results where family = 'ToyNet'")


def test_search_finds_new_names_and_forgets_old_ones(world: World) -> None:
    found = "select a.name from alias_fts f left join alias a on a.id = f.rowid where alias_fts match ? order by 1"
    world.build()
    path = world.write("alias_backbone.yaml", ALIAS.format("backbone", "seal", "Otter-B"))
    assert world.ask(found, "seal") == [("seal",)]
    path.write_text(ALIAS.format("backbone", "walrus", "Otter-B"))
    assert (world.ask(found, "seal"), world.ask(found, "walrus")) == ([], [("walrus",)])


# ---- the shipped files

SHIPPED_EDITS = (
    (("convnext.yaml", "82.1", "82.3"),),
    (("convnext.yaml", "params_m: 198", "params_m: 199"), ("swin.yaml", "backbone: Swin-T\n", "backbone: Swin-Tiny\n")),
    (("sheets/timm_imagenet_real.yaml", "columns:", "note: changed\ncolumns:"),),
)  # fmt: skip
"""What is edited before each build: shipped file, text, text instead in a user's copy that hides it."""

SHIPPED_FILES = {
    "a_backbone.yaml": ALIAS.format("backbone", "resnet50d", "ConvNeXt-T"),
    "a_checkpoint.yaml": ALIAS.format("checkpoint", "convnext_tiny.in12k", "ConvNeXt-T IN-22k"),
    "a_value.yaml": RESULTS.format(
        name="mine", collection="user", columns="checkpoint, dataset, resolution, top_1, printed",
        rows="- [ConvNeXt-T IN-1k, ImageNet-1k, 224, 82.2, 4.4]\n- [Swin-T IN-1k, ImageNet-1k, 224, 81.4, null]",
    ),
}  # fmt: skip


@pytest.mark.slow
@pytest.mark.usefixtures("parsed")
def test_edits_of_the_shipped_files_end_where_a_build_from_nothing_would(shipped: Places, tmp_path: Path) -> None:
    own = tmp_path / "families"
    (own / "sheets").mkdir(parents=True)
    mine = replace(shipped, catalog=tmp_path / "catalog.db", families=(own,))
    mine.catalog.write_bytes(shipped.catalog.read_bytes())
    for edits in SHIPPED_EDITS:
        for name, before, after in edits:
            path = own / name
            text = (path if path.exists() else shipped.shipped / name).read_text()
            assert before in text
            path.write_text(text.replace(before, after))
        build(mine)
    for name, text in SHIPPED_FILES.items():
        (own / name).write_text(text)
    build(mine)
    (own / "swin.yaml").unlink()
    build(mine)
    fresh = replace(mine, catalog=tmp_path / "fresh.db")
    assert build(fresh).parsed > 100
    assert _inside(mine) == _inside(fresh)
    with sqlite3.connect(mine.catalog) as connection:
        connection.execute("attach database ? as fresh", [str(fresh.catalog)])
        for view in ("families", "backbones", "checkpoints", "weights", "aliases", "matches", "sources", "corrections"):
            assert not _differ(connection, view), view
        for view in ("results", "best_results", "throughput", "costs"):
            assert not _differ(connection, view), view
    connection.close()


def _differ(connection: sqlite3.Connection, view: str) -> bool:
    mine, fresh = (Counter(connection.execute(f"select * from {name}.{view}")) for name in ("main", "fresh"))
    assert len(fresh) > 10
    return mine != fresh
