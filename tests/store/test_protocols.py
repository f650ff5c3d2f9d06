"""What a reference without a protocol means, and what else a number may depend on."""

from __future__ import annotations

import sqlite3

import pytest

from backbones.store.errors import FileProblems, QueryError
from backbones.store.query import CatalogExplorer
from backbones.store.reading import parse_document
from backbones.store.records import records_of
from backbones.store.references import parse_reference
from backbones.store.view import View
from backbones.store.vocabulary import canonical_conditions, conditions_of


def _rows(explorer: CatalogExplorer, reference: str, where: str = "", *columns: str) -> list[tuple[object, ...]]:
    answer = explorer.answer(
        View(filter=where, columns=(reference, *columns), sort=(), x=None, y=None, group=None, pareto=False)
    )
    return [row for row in answer.rows.rows if row[0] is not None]


@pytest.mark.parametrize(
    ("reference", "protocol"),
    [
        ("top_1@imagenet-1k", "supervised"),  # zero-shot and linear probing results are there too
        ("top_1@eurosat", "zero-shot"),
        ("robust_top_1@cifar-10", "adversarial"),
        ("j_and_f@davis", "frozen"),
        ("top_1@imagenet-1k:protocol=k-nn", "k-NN"),
    ],
)
def test_without_a_protocol_it_is_supervised_where_anything_is(
    explorer: CatalogExplorer, reference: str, protocol: str
) -> None:
    rows = _rows(explorer, reference, "", "protocol")
    assert rows
    assert {row[1] for row in rows} == {protocol}


@pytest.mark.parametrize(
    ("reference", "count"),
    [
        ("recall_1@xm3600:direction=text-to-image,language=de", 123),
        ("recall_1@xm3600:LANGUAGE=DE,direction=image-to-text", 123),
        ("robust_top_1@cifar-10:attack=autoattack,norm=linf,eps=8/255", 93),
        ("robust_top_1@imagenet-1k:attack=autoattack", 30),
        ("top_1_drop@'ImageNet-1k (subset)':mask=knit,opacity=50", 5),
        ("top_1@imagenet-1k:protocol=few-shot,shots=10", None),
    ],
)
def test_a_part_of_the_conditions_is_a_key(explorer: CatalogExplorer, reference: str, count: int | None) -> None:
    rows = _rows(explorer, reference, "", "conditions")
    assert len(rows) == count if count else len(rows) > 5
    wanted = [f"{key}={value}".lower() for key, value in parse_reference(reference).keys if key != "protocol"]
    assert all(part in str(row[1]).split(",") for row in rows for part in wanted)


def test_a_part_is_compared_whole(explorer: CatalogExplorer) -> None:
    with pytest.raises(QueryError, match="no shots is called '1'") as caught:
        _rows(explorer, "top_1@imagenet-1k:protocol=few-shot,shots=1")
    assert "10" in caught.value.suggestions


@pytest.mark.parametrize(
    ("reference", "part"),
    [
        ("robust_top_1@cifar-10:ATTACK=Auto-Attack,norm=L-inf", "attack=autoattack"),
        ("recall_1@xm3600:direction='Text to image'", "direction=text-to-image"),
        ("miou_ss@cityscapes-val:crop=512×1024", "crop=512x1024"),
    ],
)
def test_a_part_is_compared_without_case_and_punctuation(explorer: CatalogExplorer, reference: str, part: str) -> None:
    rows = _rows(explorer, reference, "", "conditions")
    assert len(rows) > 20
    assert all(part in str(row[1]).split(",") for row in rows)


@pytest.mark.parametrize("key", ["annotations", "boxes", "layer", "loader", "precision", "value"])
def test_every_key_of_the_data_can_be_asked_for(catalog: sqlite3.Connection, key: str) -> None:
    explorer = CatalogExplorer(lambda: catalog)
    found = catalog.execute(
        "select metric, dataset, protocol, conditions from best_results where ',' || conditions like ? limit 1",
        [f"%,{key}=%"],
    ).fetchone()
    metric, dataset, protocol, conditions = found
    part = f"{key}={conditions_of(conditions)[key]}"
    rows = _rows(explorer, f"{metric}@'{dataset}':protocol='{protocol}',{part}", "", "conditions")
    assert rows and all(part in str(row[1]).split(",") for row in rows)


def test_no_conditions_are_read_where_none_is_asked_for(catalog: sqlite3.Connection) -> None:
    asked: list[str] = []
    explorer = CatalogExplorer(lambda: catalog)
    catalog.set_trace_callback(asked.append)
    try:
        _rows(explorer, "top_1@imagenet-1k", "throughput@v100 > 100", "params_m")
    finally:
        catalog.set_trace_callback(None)
    assert asked and not [sql for sql in asked if "conditions" in sql]


def test_a_speeds_precision_is_no_condition(explorer: CatalogExplorer) -> None:
    explorer.describe("throughput@rtx3090:precision=amp")
    with pytest.raises(QueryError, match="no precision is called 'fast'"):
        explorer.describe("throughput@rtx3090:precision=fast")


def test_a_crop_that_is_no_square_is_a_condition(explorer: CatalogExplorer) -> None:
    rows = _rows(explorer, "miou_ss@cityscapes-val:crop=512x1024", "", "conditions", "crop_size")
    assert len(rows) > 100
    assert all("crop=512x1024" in str(row[1]) and row[2] is None for row in rows)
    assert all(row[1] == 512 for row in _rows(explorer, "miou_ss@ade20k-val:crop=512", "", "crop_size"))


def test_an_unknown_key_is_a_mistake(explorer: CatalogExplorer) -> None:
    with pytest.raises(QueryError, match="has no condition 'shotz'"):
        parse_reference("top_1@imagenet-1k:shotz=10")


def test_a_speed_without_a_resolution_joins_its_own_checkpoint_only(
    explorer: CatalogExplorer, catalog: sqlite3.Connection
) -> None:
    rows = _rows(
        explorer,
        "latency@snapdragon-855",
        "top_1@imagenet-1k > 0 and collection = paddleclas",
        "checkpoint",
        "resolution",
    )
    assert len(rows) > 20
    printed = dict(
        catalog.execute(
            "select checkpoint, min(latency_ms) from throughput where device = 'Qualcomm Snapdragon 855' group by 1"
        ).fetchall()
    )
    assert all(row[0] == printed[str(row[1])] for row in rows if row[2] is None)
    others = _rows(
        explorer, "latency@snapdragon-855", "top_1@imagenet-1k > 0 and collection = mmpretrain", "resolution"
    )
    assert not [row for row in others if row[1] is None]


def test_conditions_have_one_order() -> None:
    assert canonical_conditions({"language": "de", "zoom": "2", "direction": "x", "aa": "1"}) == (
        "direction=x,language=de,aa=1,zoom=2"
    )
    assert canonical_conditions({}) is None
    assert conditions_of("direction=x,language=de") == {"direction": "x", "language": "de"}


SHEET = """sheet: s
kind: results
collection: c
shared: {{source: s, conditions: 'zoom=2'}}
columns: [weights, {}]
rows:
- [w, 1.5]
"""


def test_a_column_brings_data_set_conditions_and_task() -> None:
    text = SHEET.format("'recall_1@XM3600:language=de,direction=text-to-image'")
    ((_, condition, values),) = records_of(parse_document(text)).results  # type: ignore[arg-type]
    assert "direction=text-to-image,language=de,zoom=2" in condition
    assert values[:4] == ("retrieval", "XM3600", "recall_1", 1.5)


@pytest.mark.parametrize(
    ("column", "message"),
    [
        ("'recall_1@'", "names no data set after the @"),
        ("'recall_1@XM3600:de'", "is no list of KEY=VALUE"),
        ("'recall_1@XM3600:language=de,language=fr'", "says a key twice"),
        ("recall_1", "a metric needs its data set"),
        ("'recall_2@XM3600'", "did you mean"),
    ],
)
def test_a_column_that_cannot_be_read_is_a_sentence(column: str, message: str) -> None:
    with pytest.raises(FileProblems, match=message):
        parse_document(SHEET.format(column))
