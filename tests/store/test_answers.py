"""Answers of the language against plain Python over all rows and against the public views."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

from backbones.store.query import CatalogExplorer
from backbones.store.rows import Answer
from backbones.store.text import fold
from backbones.store.view import Sort, View

if TYPE_CHECKING:
    pass

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
