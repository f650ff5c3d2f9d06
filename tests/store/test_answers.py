"""Answers of the language against plain Python over all rows and against the public views."""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

from backbones.store.query import CatalogExplorer
from backbones.store.references import parse_reference
from backbones.store.rows import Answer
from backbones.store.text import fold
from backbones.store.view import Sort, View

if TYPE_CHECKING:
    from tests.store.conftest import World

Record = dict[str, Any]
Truth = bool | None
TOP_1 = "top_1@imagenet-1k"
V100, R3090 = "throughput@v100", "throughput@rtx3090:precision=amp"
COLUMNS = (
    TOP_1, "family", "backbone", "checkpoint", "weights", "resolution", "params_m", "gmacs", "published", "head", "licence_class", "installable",
    "hierarchical",
    "pretraining_dataset", "pretraining_method", "fine_tuning_dataset", "token_mixer", "hub_id", "source_ref", "collection", "n_sources",
    "spread", "conditions",
    "top_1@imagenet-a", "top_5@imagenet-1k", "mce@imagenet-c", V100, R3090, "fine_tuning_epochs",
)  # fmt: skip


def ask(explorer: CatalogExplorer, text: str = "", columns: tuple[str, ...] = (TOP_1,), **more: Any) -> Answer:
    return explorer.answer(View(filter=text, columns=columns, **({"x": "", "y": "", "group": "", "sort": ()} | more)))


@pytest.fixture(scope="module")
def everything(explorer: CatalogExplorer) -> dict[int, Record]:
    """Key to the values of all columns, without a filter."""
    answer = ask(explorer, columns=COLUMNS)
    return {key: dict(zip(COLUMNS, row, strict=True)) for key, row in zip(answer.keys, answer.rows, strict=True)}


def test_there_is_a_row_for_every_preferred_result(catalog: sqlite3.Connection, everything: dict[int, Record]) -> None:
    sql = (
        "select value from best_results where dataset = 'ImageNet-1k' and metric = 'top_1' and protocol = 'supervised'"
    )
    assert sorted(v for (v,) in catalog.execute(sql)) == sorted(r[TOP_1] for r in everything.values())
    assert len(everything) > 1500


# ---- filters: three-valued, as the documentation says: a missing value passes neither a clause nor its opposite


def known(test: Callable[..., bool], *values: Any) -> Truth:
    return None if any(v is None for v in values) else test(*values)


def both(*parts: Truth) -> Truth:
    return False if any(p is False for p in parts) else None if any(p is None for p in parts) else True


def either(*parts: Truth) -> Truth:
    return True if any(p is True for p in parts) else None if any(p is None for p in parts) else False


def no(part: Truth) -> Truth:
    return None if part is None else not part


def above(value: Any, limit: float) -> Truth:
    return known(lambda v: v > limit, value)


def below(value: Any, limit: float) -> Truth:
    return known(lambda v: v < limit, value)


def among(value: Any, *names: str) -> Truth:
    return known(lambda v: fold(v) in {fold(n) for n in names}, value)


FILTERS: dict[str, Callable[[Record], Truth]] = {
    f"{TOP_1} > 83": lambda r: above(r[TOP_1], 83),
    f"{TOP_1} >= 83.1": lambda r: known(lambda v: v >= 83.1, r[TOP_1]),
    f"{TOP_1} < 70": lambda r: below(r[TOP_1], 70),
    f"{TOP_1} <= 82.1%": lambda r: known(lambda v: v <= 82.1, r[TOP_1]),
    f"{TOP_1} = 82.1": lambda r: r[TOP_1] == 82.1,
    f"{TOP_1} != 82.1": lambda r: r[TOP_1] != 82.1,
    "params_m < 30": lambda r: below(r["params_m"], 30),
    "params_m < 30M": lambda r: below(r["params_m"], 30),
    "gmacs > 4.5 and gmacs < 5": lambda r: both(above(r["gmacs"], 4.5), below(r["gmacs"], 5)),
    "not gmacs < 5": lambda r: no(below(r["gmacs"], 5)),
    "gmacs = none": lambda r: r["gmacs"] is None,
    "gmacs is not missing": lambda r: r["gmacs"] is not None,
    "resolution in (224, 384)": lambda r: known(lambda v: v in (224, 384), r["resolution"]),
    "resolution not in (224, 384)": lambda r: known(lambda v: v not in (224, 384), r["resolution"]),
    "family = ConvNeXt": lambda r: among(r["family"], "ConvNeXt"),
    "family != convnext": lambda r: no(among(r["family"], "ConvNeXt")),
    "family in (swin, 'ConvNeXt V2')": lambda r: among(r["family"], "Swin", "ConvNeXt V2"),
    "family not in (swin, ConvNeXt V2)": lambda r: no(among(r["family"], "Swin", "ConvNeXt V2")),
    "checkpoint ~ in22k": lambda r: known(lambda v: "in22k" in fold(v), r["checkpoint"]),
    "weights !~ IN22K": lambda r: known(lambda v: "in22k" not in fold(v), r["weights"]),
    "not weights ~ in22k": lambda r: known(lambda v: "in22k" not in fold(v), r["weights"]),
    "published >= 2022": lambda r: known(lambda v: v >= "2022", r["published"]),
    "published < 2022-03": lambda r: known(lambda v: v < "2022-03", r["published"]),
    "published <= 2022-01": lambda r: known(lambda v: v[:7] <= "2022-01", r["published"]),
    "published > 2022": lambda r: known(lambda v: v[:4] > "2022", r["published"]),
    "published = 2022": lambda r: known(lambda v: v.startswith("2022"), r["published"]),
    "published != 2022-01-10": lambda r: known(lambda v: v != "2022-01-10", r["published"]),
    "published in (2021, 2023)": lambda r: known(lambda v: v[:4] in ("2021", "2023"), r["published"]),
    "installable = yes": lambda r: known(lambda v: v == 1, r["installable"]),
    "installable != yes": lambda r: known(lambda v: v != 1, r["installable"]),
    "hierarchical = no or hierarchical is none": lambda r: either(known(lambda v: v == 0, r["hierarchical"]), r["hierarchical"] is None),
    "licence_class = permissive": lambda r: among(r["licence_class"], "permissive"),
    "licence_class != permissive": lambda r: no(among(r["licence_class"], "permissive")),
    "licence_class = unknown": lambda r: among(r["licence_class"], "unknown"),
    "hub_id = timm/convnext_tiny.fb_in1k": lambda r: among(r["hub_id"], "timm/convnext_tiny.fb_in1k"),
    "throughput@v100 > 500": lambda r: above(r[V100], 500),
    "not throughput@v100 > 500": lambda r: no(above(r[V100], 500)),
    "throughput@v100 > 500 or params_m < 10": lambda r: either(above(r[V100], 500), below(r["params_m"], 10)),
    "not (throughput@v100 > 500 or params_m < 10)": lambda r: no(either(above(r[V100], 500), below(r["params_m"], 10))),
    "not (throughput@v100 > 500 and params_m < 10)": lambda r: no(both(above(r[V100], 500), below(r["params_m"], 10))),
    "throughput@rtx3090:precision=amp > 2000 and not (family = Swin or gmacs > 3)": lambda r: both(
        above(r[R3090], 2000), no(either(among(r["family"], "Swin"), above(r["gmacs"], 3)))
    ),
    f"{TOP_1} > 80 and (top_1@imagenet-a > 40 or mce@imagenet-c < 45)": lambda r: both(
        above(r[TOP_1], 80), either(above(r["top_1@imagenet-a"], 40), below(r["mce@imagenet-c"], 45))
    ),
    "n_sources > 1 and spread > 0.2": lambda r: both(above(r["n_sources"], 1), above(r["spread"], 0.2)),
    "collection = timm and pretraining_dataset = ImageNet-22k": lambda r: both(among(r["collection"], "timm"), among(r["pretraining_dataset"], "ImageNet-22k")),
    "fine_tuning_epochs = 30": lambda r: known(lambda v: v == 30, r["fine_tuning_epochs"]),
    "head = none": lambda r: r["head"] is None,
}  # fmt: skip


@pytest.mark.parametrize("text", FILTERS)
def test_a_filter_keeps_what_plain_python_keeps(
    explorer: CatalogExplorer, everything: dict[int, Record], text: str
) -> None:
    expected = {key for key, row in everything.items() if FILTERS[text](row) is True}
    answer = ask(explorer, text)
    assert set(answer.keys) == expected
    assert answer.total == len(answer.keys) == len(expected)
    assert len(expected) > 0 or text == "installable != yes"
    assert answer.candidates == len(everything)


def test_a_missing_value_never_passes_a_comparison(explorer: CatalogExplorer, everything: dict[int, Record]) -> None:
    missing = {key for key, row in everything.items() if row[V100] is None}
    assert missing
    for operator in ("> 0", "< 1e9", "= 1", "!= 1", ">= 0", "<= 1e9", "in (1, 2)", "not in (1, 2)"):
        assert not missing & set(ask(explorer, f"throughput@v100 {operator}").keys)
        assert not missing & set(ask(explorer, f"not throughput@v100 {operator}").keys)


def test_what_could_not_be_judged_is_counted(explorer: CatalogExplorer, everything: dict[int, Record]) -> None:
    answer = ask(explorer, f"{TOP_1} > 83 and throughput@v100 > 1 and gmacs < 1e9 and published > 1000")
    expected = {
        name: sum(row[column] is None for row in everything.values())
        for name, column in ((V100, V100), ("gmacs", "gmacs"), ("published", "published"))
    }
    assert {m.reference: m.count for m in answer.missing} == {name: n for name, n in expected.items() if n}


# ---- speeds


@pytest.fixture(scope="module")
def lenders(catalog: sqlite3.Connection) -> dict[str, set[str]]:
    """Whose speeds a backbone has: its own, and those of the one whose architecture it shares."""
    rows = catalog.execute("select b.backbone, o.backbone from backbone b join backbone o on o.id = b.architecture")
    return {own: {own, other} for own, other in rows}


@pytest.mark.parametrize(
    ("reference", "device", "also"),
    [
        (V100, "NVIDIA V100", "1"), (R3090, "NVIDIA RTX 3090", "precision in ('amp', 'amp_fp16', 'amp_bf16')"), ("throughput@a100", "NVIDIA A100", "1"),
        ("throughput@rtx4090:layout=nhwc,compile=no", "NVIDIA RTX 4090", "memory_format = 'channels_last' and compiled = 0"),
        ("throughput@5090:batch=1024", "NVIDIA RTX 5090", "batch_size = 1024"),
        ("throughput@rtx3090:collection=timm,precision=amp_fp16", "NVIDIA RTX 3090", "collection = 'timm' and precision = 'amp_fp16'"),
    ],
)  # fmt: skip
def test_a_speed_joins_on_backbone_and_resolution(
    catalog: sqlite3.Connection,
    explorer: CatalogExplorer,
    lenders: dict[str, set[str]],
    reference: str,
    device: str,
    also: str,
) -> None:
    fastest: dict[tuple[str, int], float] = {}
    sql = (
        "select backbone, resolution, throughput_img_s from throughput where device = ? and mode = 'inference' "
        f"and head is null and throughput_img_s is not null and {also}"
    )
    for backbone, resolution, speed in catalog.execute(sql, [device]):
        key = (backbone, resolution)
        fastest[key] = max(speed, fastest.get(key, 0))
    rows = ask(explorer, columns=("backbone", "resolution", reference, TOP_1)).rows
    for backbone, resolution, speed, _ in rows:
        known = [v for lender in lenders[str(backbone)] if (v := fastest.get((lender, resolution)))]  # type: ignore[arg-type]
        assert speed == max(known, default=None), (backbone, resolution)
    assert any(row[2] for row in rows)


def test_training_speeds_answer_only_when_asked_for(catalog: sqlite3.Connection, explorer: CatalogExplorer) -> None:
    rows = ask(
        explorer,
        "backbone = resnet50",
        columns=("resolution", "throughput@rtx3090:mode=training", "throughput@rtx3090", TOP_1),
    ).rows
    sql = (
        "select max(throughput_img_s) from throughput where resolution = ? and mode = ? and device like '%3090' "
        "and backbone = (select entity from alias where folded = 'resnet50' and kind = 'backbone')"
    )
    for resolution, training, inference, _ in rows:
        assert training == catalog.execute(sql, [resolution, "training"]).fetchone()[0]
        assert inference == catalog.execute(sql, [resolution, "inference"]).fetchone()[0]
    assert any(row[1] for row in rows)


@pytest.mark.parametrize(
    ("metric", "dataset"),
    [("box_ap", "COCO val"), ("mask_ap", "COCO val"), ("miou_ss", "ADE20K val"), ("miou_ms", "ADE20K val")],
)
@pytest.mark.parametrize("device", ["NVIDIA V100", "NVIDIA A100"])
def test_a_downstream_speed_is_of_its_own_head_and_collection(
    catalog: sqlite3.Connection, explorer: CatalogExplorer, metric: str, dataset: str, device: str
) -> None:
    speeds = catalog.execute(
        "select backbone, checkpoint, head, collection, setting, source_ref, throughput_img_s from throughput "
        "where device = ? and mode = 'inference' and head is not null", [device],
    ).fetchall()  # fmt: skip
    reference = f"{metric}@'{dataset}'"
    columns = (
        "backbone",
        "checkpoint",
        "head",
        "collection",
        "setting",
        "source_ref",
        f"throughput@'{device}'",
        reference,
    )
    rows = ask(explorer, columns=columns).rows
    assert len(rows) > 50
    for backbone, checkpoint, head, collection, setting, source_ref, found, _ in rows:
        fitting = [
            s[6] for s in speeds
            if s[0] == backbone and s[1] in (None, checkpoint) and s[2] == head and s[3] == collection and (s[4] == setting or s[5] == source_ref)
        ]  # fmt: skip
        assert found == max(fitting, default=None)


def test_a_downstream_row_never_shows_the_speed_of_the_bare_backbone(
    catalog: sqlite3.Connection, explorer: CatalogExplorer
) -> None:
    bare = set(catalog.execute("select backbone, throughput_img_s from throughput where head is null").fetchall())
    rows = ask(explorer, columns=("backbone", "head", "throughput@v100", "box_ap@'COCO val'")).rows
    assert sum(row[2] is not None for row in rows) > 5
    assert not {(row[0], row[2]) for row in rows if row[1]} & bare


SPEEDS = "sheet: mine\nkind: throughput\ncollection: user\ncolumns: [backbone, device, head, resolution, throughput_img_s, source]\nrows:\n"


def speed_of(world: World, metric: str) -> object:
    explorer = world.explorer()
    answer = ask(explorer, "checkpoint = 'ToyNet-S IN-1k'", columns=(V100, metric))
    explorer.close()
    return answer.rows.rows[0][0]


def test_a_downstream_speed_of_another_collection_does_not_join(world: World) -> None:
    world.write("mine.yaml", SPEEDS + "- [ToyNet-S, NVIDIA V100, Mask R-CNN, null, 999, own]\n")
    assert speed_of(world, "box_ap@coco-val") == 20


def test_a_speed_with_a_head_does_not_join_a_classification_row(world: World) -> None:
    world.write("mine.yaml", SPEEDS + "- [ToyNet-S, NVIDIA V100, UPerNet, 224, 99999, own]\n")
    assert speed_of(world, TOP_1) == 1500


# ---- other metrics


@pytest.mark.parametrize(
    "reference",
    ["top_1@imagenet-a", "top_1@imagenet-v2", "top_1@imagenet-sketch", "mce@imagenet-c", "top_1@imagenet-real"],
)
def test_another_data_set_joins_on_the_checkpoint(
    catalog: sqlite3.Connection, explorer: CatalogExplorer, reference: str
) -> None:
    parsed = parse_reference(reference)
    found: dict[str, list[tuple[int, float]]] = defaultdict(list)
    sql = (
        "select checkpoint, resolution, value from best_results where lower(dataset) = ? and metric = ? "
        "and protocol = 'supervised' and checkpoint is not null"
    )
    for checkpoint, resolution, value in catalog.execute(sql, [parsed.where, parsed.name]):
        found[checkpoint].append((resolution, value))
    best: Callable[[list[float]], float] = min if parsed.name == "mce" else max
    rows = ask(explorer, columns=(TOP_1, "checkpoint", "resolution", "weights", reference)).rows
    filled = 0
    for _, checkpoint, resolution, _, value in rows:
        same = [v for res, v in found[str(checkpoint)] if res == resolution]
        anywhere = [v for _, v in found[str(checkpoint)]]
        if not anywhere:
            assert value is None
        elif same:
            assert value in same
        else:
            assert value == best(anywhere)
        filled += value is not None
    assert filled > 30


def test_another_metric_of_the_same_data_set_is_of_the_same_setting(
    catalog: sqlite3.Connection, explorer: CatalogExplorer
) -> None:
    columns = (TOP_1, "top_5@imagenet-1k", "collection", "source_ref")
    for _, top_5, collection, ref in ask(explorer, columns=columns).rows:
        if collection == "timm":
            sql = "select value from results where collection = 'timm' and source_ref = ? and metric = 'top_5'"
            assert (top_5,) == catalog.execute(sql, [ref]).fetchone()


def test_a_collection_that_is_named_is_the_one_that_answers(
    catalog: sqlite3.Connection, explorer: CatalogExplorer
) -> None:
    for collection in ("heedless", "timm", "cuqs"):
        rows = ask(explorer, columns=("source_ref", "collection", f"top_1@imagenet-1k:collection={collection}")).rows
        expected = dict(
            catalog.execute(
                "select source_ref, value from results where collection = ? and metric = 'top_1' and dataset = 'ImageNet-1k'",
                [collection],
            )
        )
        assert {row[1] for row in rows} == {collection}
        assert {row[0]: row[2] for row in rows}.items() <= expected.items()
        assert len(rows) > len(expected) * 0.9


def test_two_collections_side_by_side_speak_of_one_setting(explorer: CatalogExplorer) -> None:
    rows = ask(
        explorer,
        "checkpoint = 'ConvNeXt-T IN-1k' and resolution = 224",
        columns=("top_1@imagenet-1k:collection=heedless", "top_1@imagenet-1k:collection=timm"),
    ).rows
    assert rows.rows == ((82.1, 82.066),)


# ---- order, limit, best of each


@pytest.mark.parametrize("descending", [True, False])
def test_missing_values_come_last_in_both_directions(explorer: CatalogExplorer, descending: bool) -> None:
    answer = ask(explorer, columns=(TOP_1, "throughput@v100"), sort=(Sort("throughput@v100", descending),))
    speeds = [row[1] for row in answer.rows]
    there = [s for s in speeds if isinstance(s, int | float)]
    assert speeds == sorted(there, reverse=descending) + [None] * (len(speeds) - len(there))


def test_a_limit_cuts_the_rows_and_not_the_total(explorer: CatalogExplorer) -> None:
    whole, cut = ask(explorer, "params_m < 10"), ask(explorer, "params_m < 10", limit=5)
    assert (cut.total, cut.rows.rows, cut.keys) == (whole.total, whole.rows.rows[:5], whole.keys[:5])
    assert ask(explorer, "params_m < 10", limit=0).rows.rows == ()


@pytest.mark.parametrize("per", ["family", "backbone"])
def test_the_best_of_each_is_its_first_in_order(explorer: CatalogExplorer, per: str) -> None:
    sort = (Sort(TOP_1),)
    whole = ask(explorer, columns=("family", "backbone", TOP_1), sort=sort)
    best: dict[Any, Any] = {}
    for row in whole.rows:
        best.setdefault(row[0] or row[1] if per == "family" else row[1], row)
    assert list(ask(explorer, columns=("family", "backbone", TOP_1), sort=sort, best_per=per).rows) == list(
        best.values()
    )


def test_rows_keep_their_key_whatever_is_asked_of_them(explorer: CatalogExplorer) -> None:
    one = ask(explorer, "family = Swin", columns=("checkpoint", TOP_1))
    other = ask(explorer, "family = Swin", columns=("checkpoint", "params_m", TOP_1), sort=(Sort("params_m", False),))
    assert dict(zip(one.keys, one.rows.values("checkpoint"), strict=True)) == dict(
        zip(other.keys, other.rows.values("checkpoint"), strict=True)
    )


def test_the_facts_of_a_row_begin_with_the_number_that_it_shows(explorer: CatalogExplorer) -> None:
    answer = ask(explorer, "checkpoint = 'ConvNeXt-T IN-1k' and resolution = 224", columns=(TOP_1,))
    first = explorer.facts(answer.keys[0])[0]
    assert (first.label, first.value, first.note) == ("top-1 ImageNet-1k", "82.1 percent", "±0.017, 3 sources")
    assert explorer.facts(10**12) == ()


def test_an_unknown_best_per_is_a_mistake(explorer: CatalogExplorer) -> None:
    from backbones.store.errors import QueryError

    with pytest.raises(QueryError, match="best per 'weights' is not known; family or backbone is"):
        ask(explorer, best_per="weights")
