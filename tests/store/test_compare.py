"""Comparisons: like beside like, honest about what is not, winners by direction and within rounding."""

from __future__ import annotations

import re
import sqlite3
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backbones.store.compare import compare
from backbones.store.comparing.table import difference, latex, lines_of, markdown, records, table
from backbones.store.comparing.values import Line, are_equal, differences, winners
from backbones.store.errors import BackbonesError, QueryError, UnknownName
from backbones.store.query import CatalogExplorer
from backbones.store.rows import Column
from backbones.store.view import Sort, View

UP, DOWN = Column("top_1", "top-1", "number", "percent", True, 2), Column("mce", "mCE", "number", "percent", False, 2)


@pytest.mark.parametrize(
    ("a", "b", "same"),
    [
        (83.1, 83.07, True),
        (83.12, 83.07, False),
        (82.0, 82.04, True),
        (82.0, 82.06, False),
        (82.5, 82.4, False),
        (5.0, 5.0, True),
    ],
)
def test_values_are_equal_as_far_as_the_rounder_one_was_printed(a: float, b: float, same: bool) -> None:
    assert are_equal(a, b, UP) is same
    assert are_equal(b, a, UP) is same


@given(st.lists(st.none() | st.integers(0, 1000).map(lambda n: n / 10), max_size=8), st.booleans())
def test_winners_are_the_best_and_nobody_where_all_are_equal(values: list[float | None], up: bool) -> None:
    won = winners(values, UP if up else DOWN)
    known = [v for v in values if v is not None]
    if len(known) < 2 or len(set(known)) == 1:
        assert won == frozenset()
    else:
        best = max(known) if up else min(known)
        assert won == {i for i, v in enumerate(values) if v == best}


def test_a_text_and_a_number_without_a_direction_have_no_winner() -> None:
    assert winners(["a", "b"], Column("x", "x")) == frozenset()
    assert winners([224, 384], Column("resolution", "res", "number", "px", None, 0)) == frozenset()


def test_differences_are_to_the_reference() -> None:
    line = Line("results", "top-1", "", UP, (80.0, 81.5, None))
    assert differences(line, 0) == (None, 1.5, None)
    assert differences(line, 1) == (-1.5, None, None)
    assert differences(line, 2) == (None, None, None)
    assert (difference(line, 1, 0), difference(line, 0, 0), difference(line, 2, 0)) == ("+1.50", "", "")


def test_convnext_t_and_swin_t_as_their_papers_say(catalog: sqlite3.Connection) -> None:
    found = compare(catalog, ["ConvNeXt-T", "Swin-T"])
    lines = {(line.label, line.setting): line for line in found.lines}
    mask = lines["box AP COCO val", "Mask R-CNN, 36 epochs, pretrained on ImageNet-1k"]
    assert (mask.values, mask.winners, mask.differs) == ((46.2, 46.0), {0}, False)
    cascade = lines["box AP COCO val", "Cascade Mask R-CNN, 36 epochs, pretrained on ImageNet-1k"]
    assert (cascade.values, cascade.winners) == ((50.4, 50.4), frozenset())
    mce = lines["mCE ImageNet-C", "224 px, pretrained on ImageNet-1k"]
    assert (mce.values, mce.winners) == ((53.2, 62.0), {0})
    assert lines["img/s V100 fp32", "224 px"].values == (774.7, 755.2)
    assert lines["params M", ""].winners == frozenset()
    assert lines["GMACs", "224 px"].winners == {1}


@pytest.mark.parametrize(
    "names",
    [
        ["ConvNeXt-T IN-22k", "Swin-T", "resnet50.a1_in1k", "convnext_xxlarge.clip_laion2b_soup_ft_in1k"],
        ["ConvNeXt V2-B IN-1k", "ConvNeXt-B IN-1k"],
        ["cspnext_l", "hrnet_w32"],
        ["Swin-T", "BEiT-B", "ConvNeXt-XL"],
    ],
)
def test_values_of_a_line_are_of_one_setting_or_it_says_so(catalog: sqlite3.Connection, names: list[str]) -> None:
    found = compare(catalog, names)
    assert any(line.differs for line in found.lines) and not all(line.differs for line in found.lines)
    where = """select t.resolution, p.head, p.crop_size, k.train_epochs, k.intermediate_dataset,
      case when p.protocol = 'supervised' and p.task = 'classification' and p.dataset like 'ImageNet-%'
        then nullif(k.fine_tuning_dataset, 'ImageNet-1k') else k.fine_tuning_dataset end,
      nullif(k.train_dataset, replace(replace(p.dataset, ' val', ' train'), ' test', ' train')),
      case when p.task = 'classification' and r.test_aug like 'crop %' then null when p.metric = 'miou_ss' then nullif(r.test_aug, 'single-scale')
        when p.metric = 'miou_ms' then nullif(r.test_aug, 'multi-scale') else r.test_aug end,
      p.dataset, p.metric, p.protocol, p.value"""
    for line in (line for line in found.lines if line.section == "results"):
        of = [
            catalog.execute(
                f"{where} from placement p join setting t on t.id = p.setting join condition k on k.id = t.condition "
                "join result r on r.id = p.result where p.result = ?",
                [key],
            ).fetchone()
            for key in line.keys
            if key is not None
        ]
        assert len({row[8:11] for row in of}) == 1
        assert [row[11] for row in of] == [v for v in line.values if v is not None]
        assert len({row[:8] for row in of}) == 1 or line.differs
        assert sum(v is not None for v in line.values) > 1
        if line.differs:
            assert any(line.notes)
    for line in found.alone:
        assert sum(v is not None for v in line.values) == 1


def test_a_stage_of_training_more_is_another_setting(catalog: sqlite3.Connection) -> None:
    found = compare(catalog, ["ConvNeXt V2-B IN-1k", "ConvNeXt-B IN-1k"])
    tops = [line for line in found.lines if line.label == "top-1 ImageNet-1k"]
    like = next(line for line in tops if not line.differs)
    assert like.values == (84.9, 83.8) and like.setting == "224 px"
    assert all(line.values[0] != 86.8 or line.differs for line in tops)
    staged = compare(catalog, ["BEiT-B", "Swin-T"])
    line = next(line for line in staged.lines if line.label == "top-1 ImageNet-R")
    assert line.differs and line.notes == ("intermediate ImageNet-22k", "no intermediate data set")
    poses = compare(catalog, ["cspnext_l", "hrnet_w32"])
    line = next(line for line in poses.lines if line.label == "keypoint AP COCO val")
    assert (line.values, line.differs) == ((75.0, 76.8), False)


def rows_of(explorer: CatalogExplorer, filter: str) -> tuple[int, ...]:
    return explorer.answer(
        View(
            filter=filter,
            columns=("checkpoint",),
            sort=(Sort("top_1@imagenet-1k"),),
            x="",
            y="",
            group="",
            pareto=False,
        )
    ).keys


def test_rows_of_the_first_screen_stand_in_their_own_setting(
    catalog: sqlite3.Connection, explorer: CatalogExplorer
) -> None:
    keys = rows_of(explorer, "checkpoint = 'ConvNeXt-T IN-22k'")[:2]
    found = compare(catalog, [f"#{key}" for key in keys])
    assert len({side.label for side in found.sides}) == 2
    first = next(line for line in found.lines if line.section == "results")
    assert first.label == "top-1 ImageNet-1k"
    own = dict(
        catalog.execute(f"select result, value from placement where result in ({keys[0]}, {keys[1]})").fetchall()
    )
    assert first.keys == keys and first.values == tuple(own[key] for key in keys)


def test_a_family_is_its_best_row(catalog: sqlite3.Connection, explorer: CatalogExplorer) -> None:
    found = compare(catalog, ["ConvNeXt", "Swin"])
    best = rows_of(explorer, "family = Swin")[0]
    (value,) = catalog.execute("select value from placement where result = ?", [best]).fetchone()
    line = next(line for line in found.lines if line.label == "top-1 ImageNet-1k")
    assert line.values[1] == value
    assert found.sides[1].label.startswith("Swin: ")


def test_speeds_of_unlike_software_or_batch_sizes_are_said_to_be(catalog: sqlite3.Connection) -> None:
    pairs = (
        ["ConvNeXt-T", "Swin-T"],
        ["ResNet-50", "ConvNeXt-B", "ViT-B/16"],
        ["EfficientNet-B0", "mobilenetv3_large_100"],
    )
    unlike = 0
    for names in pairs:
        found = compare(catalog, names)
        for line in (line for line in found.lines if line.section == "speeds" and line.label.startswith("img/s")):
            ways = []
            for side, value in zip(found.sides, line.values, strict=True):
                sql = """select distinct coalesce(x.framework, ''), coalesce(x.compiled, 0), x.batch_size from timed u
                  join speed x on x.mention = u.mention where u.backbone_id = ? and x.head is null and x.throughput_img_s = ?"""
                ways.append(set(catalog.execute(sql, [side.backbone_id, value])) if value is not None else None)
            there = [way for way in ways if way is not None]
            if not set.intersection(*there):
                assert line.differs and "best of all batch sizes and frameworks" in line.setting and any(line.notes), (
                    line
                )
                unlike += 1
            if not line.differs:
                assert set.intersection(*there) and not any(line.notes), line
    assert unlike > 3


def test_spellings_are_found_and_one_thing_twice_is_refused(catalog: sqlite3.Connection) -> None:
    assert [side.label for side in compare(catalog, ["convnext tiny", "SWIN_T"]).sides] == ["ConvNeXt-T", "Swin-T"]
    with pytest.raises(QueryError, match="are the same backbone"):
        compare(catalog, ["swin-t", "Swin-T"])


@pytest.mark.parametrize(
    ("names", "error", "said"),
    [
        (["Swin-T"], QueryError, "2 to 8"),
        ([f"#{i}" for i in range(9)], QueryError, "2 to 8"),
        (["Swin-T", "V100"], QueryError, "is a device"),
        (["Swin-T", "swn-t"], UnknownName, "Swin-T"),
        (["Swin-T", "#999999999"], UnknownName, "no row"),
        (["Swin-T", "#99999999999999999999999"], UnknownName, "no row"),
    ],
)
def test_a_mistake_is_a_sentence(
    catalog: sqlite3.Connection, names: list[str], error: type[BackbonesError], said: str
) -> None:
    with pytest.raises(error, match=said):
        compare(catalog, names)


def test_only_differences_leaves_out_what_is_the_same(catalog: sqlite3.Connection) -> None:
    found = compare(catalog, ["ConvNeXt-T", "Swin-T"])
    kept = lines_of(found, only_differences=True)
    assert 0 < len(kept) < len(found.lines)
    assert not any(line.is_same for line in kept)
    assert "hierarchical" not in {line.label for line in kept}


def test_markdown_has_the_winners_bold(catalog: sqlite3.Connection) -> None:
    found = compare(catalog, ["ConvNeXt-T", "Swin-T"])
    text = markdown(found, lines_of(found))
    assert text.startswith("|  | setting | ConvNeXt-T | Swin-T |\n| --- | --- | --: | --: |\n")
    assert "| mCE ImageNet-C | 224 px, pretrained on ImageNet-1k | **53.20** | 62.00 |" in text
    assert all(line.count("|") == 5 for line in text.splitlines())


def test_latex_is_escaped_and_balanced(catalog: sqlite3.Connection) -> None:
    found = compare(catalog, ["convnext_tiny.fb_in1k", "resnet50.a1_in1k"])
    text = latex(found, lines_of(found))
    assert r"convnext\_tiny.fb\_in1k" in text
    assert text.count(r"\toprule") == text.count(r"\bottomrule") == 1
    body = [line for line in text.splitlines() if line.endswith(r"\\")]
    assert all(len(re.findall(r"(?<!\\)&", line)) == 3 for line in body)
    assert not re.search(r"(?<!\\)[%#$_](?!.*usepackage)", "\n".join(text.splitlines()[1:]).replace(r"$\pm$", ""))
    assert r"\textbf{" in text


def test_what_latex_would_obey_is_escaped_in_every_format(catalog: sqlite3.Connection) -> None:
    found = compare(catalog, ["ConvNeXt-T", "Swin-T"])
    sides = (replace(found.sides[0], label='a"b`c→d'), *found.sides[1:])
    odd = replace(found.lines[0], label="[x]*y_", setting="≤ 5 µs − 1")
    text = latex(replace(found, sides=sides), [odd])
    assert r"a\char34{}b\textasciigrave{}c$\to$d" in text
    assert r"{[}x]*y\_ & $\le$ 5 $\mu$s $-$ 1" in text  # a bracket after \\ would be its argument
    assert "| [x]\\*y\\_ |" in markdown(found, [odd])


def test_tables_have_a_column_for_each_model_and_its_difference(catalog: sqlite3.Connection) -> None:
    found = compare(catalog, ["ConvNeXt-T", "Swin-T"])
    rows = table(found, found.lines, 0)
    assert [column.label for column in rows.columns] == ["", "setting", "ConvNeXt-T", "Swin-T", "Δ"]
    mce = next(row for row in rows.rows if row[0] == "mCE ImageNet-C")
    assert mce[2:] == ("*53.20", "62.00", "+8.80")
    whole = records(found, found.lines).records()
    assert next(r for r in whole if r["attribute"] == "mCE ImageNet-C")["best"] == "ConvNeXt-T"


def test_a_value_that_is_doubted_is_said_to_be(catalog: sqlite3.Connection) -> None:
    key, name, dataset = catalog.execute(
        "select r.id, t.checkpoint, r.dataset from suspect q join result r on q.fact = r.collection || ' ' || r.source_ref "
        "join placement p on p.result = r.id and p.rank = 1 join setting t on t.id = p.setting "
        "where t.checkpoint is not null and r.dataset is not null order by r.id limit 1"
    ).fetchone()
    found = compare(catalog, [name, "ConvNeXt-T"])
    line = next(line for line in (*found.lines, *found.alone) if line.keys and line.keys[0] == key)
    assert line.doubted == {0} and dataset in line.label
    assert "(doubtful)" in str(table(found, [line]).rows[0][2]) or ", doubtful)" in str(table(found, [line]).rows[0][2])
    for text in (markdown(found, [line]), latex(found, [line])):
        assert "doubtful)" in text
    assert f"{name}: doubtful" in str(records(found, [line]).records()[0]["notes"])
