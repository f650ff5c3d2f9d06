"""Tables that are not a model a row, compound cells, and settings that tell rows of one model apart."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from backbones.ingest.checking import check_draft
from backbones.ingest.expand import Expansion, expand
from backbones.ingest.meaning.known import NOTHING
from backbones.ingest.meaning.views import as_read
from backbones.ingest.offline import plan_offline
from backbones.ingest.paper import Paper
from backbones.store.family_file import Result

MakePaper = Callable[..., Paper]

RESULTS = """Table 1. ImageNet-1K.
Model | #param. | top-1 acc.
Arvo-T | 29M | 82.1
Arvo-B | 89M | 83.8
"""


def expanded(paper: Paper, **changes: Any) -> Expansion:
    return expand(paper, plan_offline(paper, NOTHING), **changes)


def results(made: Expansion) -> Iterator[tuple[str, Result]]:
    for backbone in made.families[0].family.backbones:
        for checkpoint in backbone.checkpoints:
            for result in checkpoint.results:
                yield backbone.backbone, result


def clean(made: Expansion, paper: Paper) -> bool:
    """The evidence of every number prints it, and the check has no error."""
    for one in made.families[0].evidence:
        if one.row >= 0 and one.column >= 0:
            cell = paper.cell(f"{one.table}.r{one.row}.c{one.column}")
            assert cell is not None
            assert (cell.text, one.box) == (one.printed, (cell.box.x0, cell.box.top, cell.box.x1, cell.box.bottom))
    found = check_draft(made.families[0].family, made.families[0].evidence, paper, NOTHING)
    return not [f for f in found if f.severity == "error"]


METRICS_BY_MODELS = """Table 2. ImageNet-1K; throughput is measured on a V100 GPU.
Metric | ResNet-50 | Arvo-S | Arvo-L
Params (M) | 25.6 | 50.1 | 198
Top-1 (%) | 76.1 | 83.0 | 84.4
Throughput (im/s) | 1226 | 437 | 125
"""


def test_models_in_columns_are_read_by_column(make_paper: MakePaper) -> None:
    paper = make_paper(RESULTS, METRICS_BY_MODELS)
    made = expanded(paper)
    small = next(b for b in made.families[0].family.backbones if b.backbone == "Arvo-S")
    assert small.params_m == 50.1
    assert small.checkpoints[0].results[0].values == {"top_1": 83.0}
    assert small.checkpoints[0].results[0].ref == "Table 2, column 3"
    assert [(s.throughput_img_s, s.device) for s in small.throughput] == [(437, "NVIDIA V100")]
    (top_1,) = (e for e in made.families[0].evidence if e.value == 83.0)
    assert (top_1.table, top_1.row, top_1.column, top_1.row_label, top_1.header) == (
        "p2.t1",
        1,
        2,
        "Arvo-S",
        "Top-1 (%)",
    )
    assert clean(made, paper)


def test_models_in_columns_above_data_sets(make_paper: MakePaper) -> None:
    paper = make_paper(
        RESULTS,
        "Table 2. Transfer.\nData set | ResNet-50 | Arvo-T | Arvo-B\nCIFAR-10 | 96.0 | 98.1 | 98.8\nCIFAR-100 | 80.1 | 88.0 | 90.0\n",
    )
    found = {(name, r.dataset): r.values["top_1"] for name, r in results(expanded(paper))}
    assert found["Arvo-B", "CIFAR-100"] == 90.0
    assert found["Arvo-T", "CIFAR-10"] == 98.1
    assert found["Arvo-T", "ImageNet-1k"] == 82.1


DATA_SETS_BY_MODELS = """Table 2. Transfer learning.
Dataset | Previous best > Model | Previous best > Acc. | Ours > Model | Ours > Acc. | Ours > #Param.
CIFAR-10 | ResNet-152 | 98.0 | Arvo-B | 98.9 | 88M
Flowers-102 | Corel-B | 97.7 | Arvo-B | 98.8 | 88M
Birdsnap | Corel-A | 81.8 | Arvo-T | 82.0 | 28M
"""


def test_models_in_cells_of_rows_of_data_sets(make_paper: MakePaper) -> None:
    paper = make_paper(RESULTS, DATA_SETS_BY_MODELS)
    made = expanded(paper)
    found = {(name, r.dataset): (r.values["top_1"], r.ref) for name, r in results(made)}
    assert found["Arvo-B", "CIFAR-10"] == (98.9, "Table 2, row 1")
    assert found["Arvo-B", "Flowers-102"] == (98.8, "Table 2, row 2")
    assert found["Arvo-T", "Birdsnap"] == (82.0, "Table 2, row 3")
    assert found["Arvo-B", "ImageNet-1k"][0] == 83.8
    assert len(found) == 5
    assert clean(made, paper)


def test_a_model_and_its_data_set_side_by_side(make_paper: MakePaper) -> None:
    rows = "Table 2. Transfer.\nModel | Dataset | top-1\nArvo-B | CIFAR-10 | 98.9\nArvo-B | Cars | 94.0\nArvo-T | CIFAR-10 | 98.1\n"
    found = {(name, r.dataset): r.values["top_1"] for name, r in results(expanded(make_paper(RESULTS, rows)))}
    assert found["Arvo-B", "Stanford Cars"] == 94.0
    assert found["Arvo-T", "CIFAR-10"] == 98.1


def test_a_column_of_pretraining_sets_is_none_of_evaluated_ones(make_paper: MakePaper) -> None:
    rows = (
        "Table 2. ImageNet-1K.\nModel | Pre-train | size | top-1\n"
        "Arvo-B | IN-21K | 224^2 | 85.1\nArvo-B | IN-1K | 224^2 | 83.8\nArvo-T | JFT-300M | 224^2 | 83.0\n"
    )
    made = expanded(make_paper(RESULTS, rows))
    found = {
        (b.backbone, c.pretraining.dataset): r.dataset
        for b in made.families[0].family.backbones
        for c in b.checkpoints
        for r in c.results
    }
    assert found["Arvo-B", "ImageNet-22k"] == found["Arvo-T", "JFT-300M"] == "ImageNet-1k"


def test_two_lists_with_other_headers_are_read_apart(make_paper: MakePaper) -> None:
    rows = (
        "Table 2. ImageNet-1K.\nBaseline | Acc. | FPS | Scaled | Top-1 | FPS\n"
        "ResNet-50 | 76.1 | 1226 | Arvo-S | 83.0 | 437\nResNet-152 | 78.3 | 526 | Arvo-L | 84.4 | 125\n"
    )
    made = expanded(make_paper(RESULTS, rows), all_models=True)
    found = {name: r.values["top_1"] for name, r in results(made)}
    assert (found["Arvo-S"], found["Arvo-L"]) == (83.0, 84.4)
    assert {b.backbone for m in made.families for b in m.family.backbones} >= {"ResNet-50", "ResNet-152"}


def test_a_compound_cell_gives_accuracy_and_latency(make_paper: MakePaper) -> None:
    rows = "Table 2. ImageNet-1K, on a V100.\nModel | Acc. @ Latency\nArvo-S | 83.0% @ 0.098s\nArvo-L | 84.4% @ 0.25s\n"
    small = next(b for b in expanded(make_paper(RESULTS, rows)).families[0].family.backbones if b.backbone == "Arvo-S")
    assert small.checkpoints[0].results[0].values == {"top_1": 83.0}
    assert [(s.latency_ms, s.device) for s in small.throughput] == [(98, "NVIDIA V100")]


def test_a_cost_times_views_is_left_open_with_a_note(make_paper: MakePaper) -> None:
    rows = "Table 2. Results on Kinetics-400.\nModel | FLOPs×views | Param | top-1\nArvo-T, 16×4 | 64×3×5 | 34M | 80.1\nArvo-B, 32×3 | 225×5×1 | 51M | 82.9\n"
    made = expanded(make_paper(RESULTS, rows))
    video = {name: r for name, r in results(made) if r.dataset == "Kinetics-400"}
    assert {name: (r.task, r.values["top_1"], r.printed, r.params_m) for name, r in video.items()} == {
        "Arvo-T": ("video classification", 80.1, None, 34), "Arvo-B": ("video classification", 82.9, None, 51),
    }  # fmt: skip
    assert [b.params_m for b in made.families[0].family.backbones] == [29, 89]
    assert {f.severity for f in made.findings if f.kind == "range"} == {"note"}


@pytest.mark.parametrize(
    ("short", "long"),
    [("Arvo-T (12 epochs)", "Arvo-T (36 epochs)"), ("Arvo-T, 1×", "Arvo-T, 3×"), ("Arvo-T†", "Arvo-T††")],
)
def test_schedules_tell_rows_of_one_model_apart(make_paper: MakePaper, short: str, long: str) -> None:
    caption = "Table 2. COCO with Mask R-CNN. † uses the 1× schedule. †† trained for 36 epochs."
    rows = f"{caption}\nBackbone | AP^b\n{short} | 44.0\n{long} | 46.2\n"
    found = {(r.train_epochs, r.values["box_ap"]) for _, r in results(expanded(make_paper(RESULTS, rows))) if r.head}
    assert found == {(12, 44.0), (36, 46.2)}


def test_a_column_of_schedules_gives_epochs(make_paper: MakePaper) -> None:
    rows = "Table 2. COCO with Mask R-CNN.\nBackbone | lr sched | AP^b\nArvo-T | 1x | 44.0\nArvo-T | 3x | 46.2\nArvo-B | 50 ep | 49.0\n"
    found = {(r.train_epochs, r.values["box_ap"]) for _, r in results(expanded(make_paper(RESULTS, rows))) if r.head}
    assert found == {(12, 44.0), (36, 46.2), (50, 49.0)}


def test_two_tests_of_one_model_are_two_results(make_paper: MakePaper) -> None:
    rows = "Table 2. ImageNet-1K.\nModel | size | top-1 > center | top-1 > resize\nArvo-S | 224^2 | 83.0 | 83.2\nArvo-L | 224^2 | 84.4 | 84.7\n"
    paper = make_paper(RESULTS, rows)
    made = expanded(paper)
    found = {(name, r.test_aug): r.values["top_1"] for name, r in results(made) if name != "Arvo-T" and r.test_aug}
    assert found["Arvo-S", "center crop"] == 83.0
    assert found["Arvo-S", "full resize"] == 83.2
    assert "duplicate" not in {
        f.kind for f in check_draft(made.families[0].family, made.families[0].evidence, paper, NOTHING)
    }


def test_a_plan_of_the_turned_paper_is_expanded_onto_the_printed_one(make_paper: MakePaper) -> None:
    paper = make_paper(RESULTS, METRICS_BY_MODELS)
    seen = as_read(paper)
    assert [t.id for t in seen.tables] == ["p1.t1", "p2.t1~models-in-columns"]
    assert as_read(seen).tables[1].rows == seen.tables[1].rows
    plan = plan_offline(paper, NOTHING)
    assert [t.table for t in plan.tables] == [t.id for t in seen.tables]
    unknown = plan.tables[1].model_copy(update={"table": "p1.t1~models-in-columns"})
    made = expand(paper, plan.model_copy(update={"tables": [plan.tables[0], unknown]}))
    assert [f.kind for f in made.findings if f.severity == "warning"] == ["row"]
