"""From plan to family file: numbers come out of cells, with their places."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from backbones.ingest.checking import check_draft
from backbones.ingest.expand import Expansion, expand, grids
from backbones.ingest.meaning.known import NOTHING
from backbones.ingest.offline import plan_offline
from backbones.ingest.paper import Paper
from backbones.ingest.plan import Fact, Plan

MakePaper = Callable[..., Paper]

RESULTS = """Table 1. Classification on ImageNet-1K. ‡ indicates ImageNet-22K pre-training. Throughput is measured on a V100 GPU.
Model | image size | #param. | FLOPs | throughput (image / s) | top-1 acc.
Swin-T [9] | 224^2 | 28M | 4.5G | 757.9 | 81.3
Arvo-T | 224^2 | 29M | 4.6G | 774.7 | 82.1
Arvo-B‡ | 384^2 | 89M | 45.0G | 95.7 | 85.1
"""


def expanded(paper: Paper, **changes: Any) -> Expansion:
    return expand(paper, plan_offline(paper, NOTHING), **changes)


def at(plain: Any, path: str) -> Any:
    for key in path.split("."):
        plain = plain[int(key)] if isinstance(plain, list) else plain[key]
    return plain


def test_every_number_of_the_file_has_evidence_whose_cell_prints_it(make_paper: MakePaper) -> None:
    paper = make_paper(RESULTS)
    (made,) = expanded(paper).families
    numbers = set(_numbers(made.plain["backbones"], ("backbones",)))
    assert numbers == {e.path for e in made.evidence}
    for one in made.evidence:
        assert at(made.plain, one.path) == one.value
        if one.row >= 0 and one.column >= 0:
            cell = paper.cell(f"{one.table}.r{one.row}.c{one.column}")
            assert cell is not None
            assert cell.text == one.printed
            assert one.box == (cell.box.x0, cell.box.top, cell.box.x1, cell.box.bottom)


def _numbers(node: Any, path: tuple[str, ...]) -> list[str]:
    if isinstance(node, dict):
        return [n for key, value in node.items() for n in _numbers(value, (*path, key))]
    if isinstance(node, list):
        return [n for place, value in enumerate(node) for n in _numbers(value, (*path, str(place)))]
    return [".".join(path)] if isinstance(node, int | float) and not isinstance(node, bool) else []


def test_a_row_becomes_parameters_result_cost_and_speed(make_paper: MakePaper) -> None:
    (made,) = expanded(make_paper(RESULTS)).families
    small = made.family.backbones[0]
    (result,), (speed,) = small.checkpoints[0].results, small.throughput
    assert (small.backbone, small.params_m) == ("Arvo-T", 29)
    assert (result.values, result.printed, result.resolution) == ({"top_1": 82.1}, 4.6, 224)
    assert (speed.throughput_img_s, speed.device, speed.resolution) == (774.7, "NVIDIA V100", 224)


def test_larger_pretraining_is_a_checkpoint_of_its_own_with_fine_tuning(make_paper: MakePaper) -> None:
    (made,) = expanded(make_paper(RESULTS)).families
    (checkpoint,) = made.family.backbones[1].checkpoints
    assert (checkpoint.checkpoint, checkpoint.pretraining.dataset) == ("Arvo-B IN-22k", "ImageNet-22k")
    assert [stage.dataset for stage in checkpoint.results[0].fine_tuning] == ["ImageNet-1k"]


def test_other_families_come_only_when_asked_for(make_paper: MakePaper) -> None:
    paper = make_paper(RESULTS)
    assert [m.family.family for m in expanded(paper).families] == ["Arvo"]
    assert [m.family.family for m in expanded(paper, all_models=True).families] == ["Arvo", "Swin"]


def test_errors_become_accuracies_and_say_how(make_paper: MakePaper) -> None:
    paper = make_paper(
        "Table 1. ImageNet.\nmodel | top-1 err. | top-5 err.\nArvo-50 | 24.4 | 7.1\nArvo-101 | - | 6.8\n"
    )
    (made,) = expanded(paper).families
    assert [b.checkpoints[0].results[0].values for b in made.family.backbones] == [
        {"top_1": 75.6, "top_5": 92.9},
        {"top_5": 93.2},
    ]
    assert [e.how for e in made.evidence if e.quantity == "top_1_error"] == ["100 - 24.4"]


def test_two_groups_of_columns_keep_their_heads_epochs_and_costs(make_paper: MakePaper) -> None:
    paper = make_paper(
        """Table 1. COCO val2017.
Backbone | RetinaNet 1× > Params (M) | RetinaNet 1× > AP | Mask R-CNN 3× > Params (M) | Mask R-CNN 3× > AP^b | Mask R-CNN 3× > AP^m
Arvo-T | 21.7 | 36.2 | 31.6 | 37.3 | 34.6
Arvo-B | 31.7 | 38.2 | 41.6 | 39.3 | 36.6
"""
    )
    (made,) = expanded(paper).families
    found = {
        (r.task, r.head): (r.train_epochs, r.params_m, dict(r.values))
        for r in made.family.backbones[0].checkpoints[0].results
    }
    assert found == {
        ("detection", "RetinaNet"): (12, 21.7, {"box_ap": 36.2}),
        ("detection", "Mask R-CNN"): (36, 31.6, {"box_ap": 37.3}),
        ("instance segmentation", "Mask R-CNN"): (36, 31.6, {"mask_ap": 34.6}),
    }


def test_a_models_numbers_end_where_its_neighbours_begin(make_paper: MakePaper) -> None:
    wide = "Table 1. ImageNet-1K.\nMethod | #Param. | Top-1 | Method | #Param. | Top-1\nArvo-T | 23M | 82.7 | Arvo-B | 78M | 84.2\n"
    (made,) = expanded(make_paper(wide)).families
    assert {b.backbone: (b.params_m, b.checkpoints[0].results[0].values["top_1"]) for b in made.family.backbones} == {
        "Arvo-T": (23, 82.7), "Arvo-B": (78, 84.2),
    }  # fmt: skip


def test_a_plan_cannot_bring_in_a_number_that_the_paper_does_not_print(make_paper: MakePaper) -> None:
    paper = make_paper(RESULTS.replace("224^2", "").replace("384^2", ""))
    plan = plan_offline(paper, NOTHING)
    table = plan.tables[0].model_copy(update={"resolution": 448, "device": "NVIDIA H100"})
    made = expand(paper, plan.model_copy(update={"tables": [table]}))
    (family,) = made.families
    assert all(r.resolution is None for b in family.family.backbones for c in b.checkpoints for r in c.results)
    assert all(s.device is None for b in family.family.backbones for s in b.throughput)
    assert {f.kind for f in made.findings if f.severity != "note"} == {"quote"}


def test_a_fact_without_its_quote_is_left_out_with_a_finding(make_paper: MakePaper) -> None:
    paper = make_paper(RESULTS, prose=["Speed is measured on one A100 GPU."])
    plan = plan_offline(paper, NOTHING)
    fact = Fact(subject="p1.t1", kind="device", value="NVIDIA H100", quote="Speed is measured on one A100 GPU.", page=1)
    made = expand(paper, plan.model_copy(update={"facts": [fact]}))
    assert [f.kind for f in made.findings] == ["quote"]


def test_a_plan_of_nonsense_gives_findings_and_no_exception(make_paper: MakePaper) -> None:
    paper = make_paper(RESULTS)
    plan = plan_offline(paper, NOTHING)
    table = plan.tables[0]
    mad = table.model_copy(
        update={
            "protocol": "by heart", "precision": "fp12", "dataset": "", "convention": "ops",
            "columns": [c.model_copy(update={"column": c.column + 90, "quantity": "joy", "dataset": ""}) for c in table.columns] + table.columns,
            "rows": [
                *(r.model_copy(update={"row": 99}) for r in table.rows),
                table.rows[0].model_copy(update={"label_column": 77, "backbone": "x" * 900}),
                *table.rows,
            ],
        }
    )  # fmt: skip
    absent = table.model_copy(update={"table": "p9.t9"})
    made = expand(paper, Plan(family="Arvo", tables=[mad, absent], facts=[]))
    assert made.findings
    assert all(f.severity == "warning" for f in made.findings)


def test_control_characters_of_a_paper_do_not_reach_the_file(make_paper: MakePaper) -> None:
    paper = make_paper(
        RESULTS.replace("Arvo-T ", "Arvo-T\x1b[31m ").replace("Table 1.", "Table 1.\x07"),
        title="Arvo: \x1b]0;x\x07a family",
    )
    made = expanded(paper)
    shown = str([m.plain for m in made.families]) + str([m.evidence for m in made.families]) + str(made.findings)
    assert "\\x1b" not in shown
    assert "\\x07" not in shown


def test_grids_hold_the_tables_that_evidence_points_into(make_paper: MakePaper) -> None:
    paper = make_paper(RESULTS)
    (made,) = expanded(paper).families
    (grid,) = grids(paper, made.evidence)
    assert grid.headers[0] == "Model"
    assert grid.rows[1][5] == "82.1"


def test_fractions_become_percentages_and_pass_the_check(make_paper: MakePaper) -> None:
    paper = make_paper("Table 1. ImageNet.\nmodel | top-1 acc.\nArvo-50 | 0.763\nArvo-101 | 0.774\n")
    (made,) = expanded(paper).families
    assert [b.checkpoints[0].results[0].values["top_1"] for b in made.family.backbones] == [76.3, 77.4]
    assert [f for f in check_draft(made.family, made.evidence, paper, NOTHING) if f.severity == "error"] == []


def test_what_a_family_file_cannot_hold_is_left_out_with_a_finding(make_paper: MakePaper) -> None:
    paper = make_paper(RESULTS.replace("224^2", "99999999"))
    made = expanded(paper)
    assert {f.kind for f in made.findings if f.severity != "note"} == {"range"}
    assert made.families[0].family.backbones[0].checkpoints[0].results[0].values == {"top_1": 82.1}


def test_a_robustness_table_gives_each_test_set_its_metric(make_paper: MakePaper) -> None:
    paper = make_paper(
        """Table 1. Robustness evaluation.
Model | Data/Size | FLOPs / Params | Clean | C (↓) | A | R | SK
Arvo-T | 1K/224^2 | 4.5 / 28.6 | 82.1 | 53.2 | 24.2 | 47.2 | 33.8
Arvo-XL | 22K/384^2 | 179.0 / 350.2 | 87.8 | 27.1 | 69.3 | 68.2 | 55.0
"""
    )
    small, large = expanded(paper).families[0].family.backbones
    assert {r.dataset: dict(r.values) for r in small.checkpoints[0].results} == {
        "ImageNet-1k": {"top_1": 82.1}, "ImageNet-C": {"mce": 53.2}, "ImageNet-A": {"top_1": 24.2}, "ImageNet-R": {"top_1": 47.2},
        "ImageNet-Sketch": {"top_1": 33.8},
    }  # fmt: skip
    assert (small.params_m, {r.printed for r in small.checkpoints[0].results}) == (28.6, {4.5})
    assert {(r.resolution, large.checkpoints[0].pretraining.dataset) for r in large.checkpoints[0].results} == {
        (384, "ImageNet-22k")
    }


def test_columns_of_two_pretrainings_are_two_checkpoints(make_paper: MakePaper) -> None:
    paper = make_paper(
        """Table 1. Large-scale data: ImageNet-21K and JFT pre-trained models.
Model | Eval size | Params | IN-1K top-1 acc. > 21K→1K | IN-1K top-1 acc. > JFT→1K
Arvo-B | 384 | 119M | 88.24 | 88.69
Arvo-L | 384 | 212M | 88.32 | 89.12
"""
    )
    backbone = expanded(paper).families[0].family.backbones[0]
    assert {c.pretraining.dataset: (c.results[0].dataset, c.results[0].values["top_1"]) for c in backbone.checkpoints} == {
        "ImageNet-22k": ("ImageNet-1k", 88.24), "JFT-300M": ("ImageNet-1k", 88.69),
    }  # fmt: skip


def test_a_speed_on_a_processor_that_nothing_names_is_left_out(make_paper: MakePaper) -> None:
    paper = make_paper(
        """Table 1. ImageNet; throughput on an A100.
Model | GPU throughput (img/s) | CPU latency (ms) | top-1
Arvo-T | 900 | 40 | 82.1
Arvo-B | 500 | 90 | 83.1
"""
    )
    speeds = expanded(paper).families[0].family.backbones[0].throughput
    assert [(s.device, s.throughput_img_s, s.latency_ms) for s in speeds] == [("NVIDIA A100", 900, None)]
