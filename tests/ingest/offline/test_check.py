"""The check: what is right passes, what is wrong is found with its place."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from backbones.ingest.checking import check_against_paper, check_draft
from backbones.ingest.expand import expand
from backbones.ingest.meaning.known import NOTHING, Known
from backbones.ingest.offline import plan_offline
from backbones.ingest.paper import Paper
from backbones.store.drafts.evidence import Finding
from backbones.store.family_file import FamilyFile

MakePaper = Callable[..., Paper]

CLASSIFICATION = """Table 1. ImageNet-1K.
Model | image size | #param. | FLOPs | top-1 acc. | top-5 acc.
Arvo-T | 224^2 | 28.6M | 4.6G | 82.1 | 95.9
Arvo-T | 384^2 | 28.6M | 13.1G | 83.0 | 96.4
Arvo-T-V2 | 224^2 | 31M | 5.0G | 83.7 | 96.6
Arvo-B | 224^2 | 89M | 15.4G | 83.8 | 96.8
"""
DETECTION = """Table 2. COCO with Mask R-CNN.
Backbone | AP^b | AP^b_50 | AP^b_75 | AP^m | AP^m_50 | AP^m_75
Arvo-T | 46.2 | 67.9 | 50.8 | 41.7 | 65.0 | 44.9
Arvo-B | 48.2 | 69.9 | 52.8 | 43.7 | 67.0 | 46.9
"""
SEGMENTATION = """Table 3. ADE20K with UPerNet.
Backbone | crop | mIoU (ss) | mIoU (ms)
Arvo-T | 512^2 | 46.0 | 46.7
Arvo-B | 512^2 | 48.0 | 49.1
"""


@pytest.fixture
def paper(make_paper: MakePaper) -> Paper:
    return make_paper(CLASSIFICATION, DETECTION, SEGMENTATION)


def file(paper: Paper, values: dict[str, float] | None = None, backbone: str = "Arvo-T", **setting: Any) -> FamilyFile:
    """A family file of one result, as somebody wrote it by hand."""
    result = {
        "task": "classification",
        "dataset": "ImageNet-1k",
        "resolution": 224,
        "values": values or {"top_1": 82.1},
    } | setting
    return FamilyFile.model_validate(
        {
            "family": "Arvo",
            "source": f"arxiv:{paper.arxiv}",
            "backbones": [{"backbone": backbone, "checkpoints": [{"checkpoint": "c", "results": [result]}]}],
        }
    )


def found(file: FamilyFile, paper: Paper, known: Known = NOTHING) -> list[tuple[str, str]]:
    return [(f.severity, f.kind) for f in check_against_paper(file, paper, known)]


BOXES = {"task": "detection", "dataset": "COCO val", "head": "Mask R-CNN", "resolution": None}
MASKS = BOXES | {"task": "instance segmentation"}
PIXELS = {
    "task": "semantic segmentation",
    "dataset": "ADE20K val",
    "head": "UPerNet",
    "resolution": None,
    "crop_size": 512,
}


def test_numbers_that_stand_in_their_row_under_their_header_pass(paper: Paper) -> None:
    assert found(file(paper, {"top_1": 82.1, "top_5": 95.9}, printed=4.6, params_m=28.6), paper) == []
    assert found(file(paper, {"box_ap": 46.2, "box_ap_50": 67.9, "box_ap_75": 50.8}, **BOXES), paper) == []
    assert found(file(paper, {"miou_ss": 46.0, "miou_ms": 46.7}, **PIXELS), paper) == []


@pytest.mark.parametrize(
    ("values", "setting"),
    [
        ({"top_1": 95.9}, {}), ({"top_5": 82.1}, {}), ({"box_ap": 41.7}, BOXES), ({"mask_ap": 46.2}, MASKS), ({"box_ap_50": 50.8}, BOXES),
        ({"box_ap_75": 67.9}, BOXES), ({"mask_ap": 44.9}, MASKS), ({"miou_ss": 46.7}, PIXELS), ({"miou_ms": 46.0}, PIXELS),
    ],
)  # fmt: skip
def test_the_same_models_other_metric_does_not_pass(
    paper: Paper, values: dict[str, float], setting: dict[str, Any]
) -> None:
    assert ("error", "header") in found(file(paper, values, **setting), paper)


def test_parameters_and_costs_are_told_apart(paper: Paper) -> None:
    assert ("error", "header") in found(file(paper, printed=28.6), paper)
    assert ("error", "header") in found(file(paper, params_m=4.6), paper)


@pytest.mark.parametrize("value", [83.8, 83.7])
def test_another_models_value_does_not_pass_even_where_the_name_begins_alike(paper: Paper, value: float) -> None:
    (finding,) = check_against_paper(file(paper, {"top_1": value}), paper, NOTHING)
    assert (finding.severity, finding.kind) == ("error", "row")
    assert "82.1" in finding.text and "table 1 on page 1" in finding.text
    assert finding.path == "backbones.0.checkpoints.0.results.0.values.top_1"


@pytest.mark.parametrize("value", [82.7, 81.2, 28.1, 82.0])
def test_a_changed_digit_does_not_pass(paper: Paper, value: float) -> None:
    assert ("error", "missing") in found(file(paper, {"top_1": value}), paper)


def test_rounded_parameters_are_a_warning_and_rounded_accuracies_an_error(paper: Paper) -> None:
    assert found(file(paper, params_m=29), paper) == [("warning", "rounded")]
    assert ("error", "missing") in found(file(paper, {"top_1": 82}), paper)


def test_a_model_that_no_row_names_is_an_error(paper: Paper) -> None:
    assert found(file(paper, backbone="Arvo"), paper) == [("error", "row")]


def test_a_right_value_in_the_wrong_setting_is_a_warning(paper: Paper) -> None:
    assert found(file(paper, {"top_1": 83.0}), paper) == [("warning", "setting")]
    assert found(file(paper, {"box_ap": 46.2}, **BOXES | {"head": "RetinaNet"}), paper) == [("warning", "setting")]


def test_numbers_of_other_sources_are_counted_and_not_looked_up(paper: Paper) -> None:
    assert found(file(paper, {"top_1": 12.3}, source="github:x/y"), paper)[-1] == ("note", "source")


def _of(kind: str, findings: list[Finding]) -> list[str]:
    return [f.severity for f in findings if f.kind == kind]


@pytest.mark.parametrize(
    ("values", "setting", "severity"),
    [({"top_1": 96.0, "top_5": 90.0}, {}, "error"), ({"box_ap": 60.0, "box_ap_50": 50.0}, BOXES, "error"),
    ({"box_ap_50": 50.0, "box_ap_75": 60.0}, BOXES, "error"),
     ({"miou_ss": 50.0, "miou_ms": 45.0}, PIXELS, "warning")],
)  # fmt: skip
def test_metrics_that_cannot_be_in_that_order_are_found(
    paper: Paper, values: dict[str, float], setting: dict[str, Any], severity: str
) -> None:
    assert _of("order", check_against_paper(file(paper, values, **setting), paper, NOTHING)) == [severity]


def test_more_resolution_that_costs_less_is_found(make_paper: MakePaper) -> None:
    paper = make_paper(CLASSIFICATION.replace("13.1G", "3.1G"))
    (made,) = expand(paper, plan_offline(paper, NOTHING)).families
    assert "order" in {f.kind for f in check_draft(made.family, made.evidence, paper, NOTHING)}


def test_two_values_for_one_setting_are_found(make_paper: MakePaper) -> None:
    paper = make_paper(
        CLASSIFICATION,
        "Table 2. ImageNet-1K again.\nModel | image size | top-1 acc.\nArvo-T | 224^2 | 81.5\nArvo-B | 224^2 | 83.8\nArvo-T-V2 | 224^2 | 83.7\n",
    )
    (made,) = expand(paper, plan_offline(paper, NOTHING)).families
    assert "duplicate" in {f.kind for f in check_draft(made.family, made.evidence, paper, NOTHING)}


def test_names_are_held_against_the_catalogue(paper: Paper) -> None:
    known = Known.with_names({"Arvo-T": "Arvo"}, dataset=["ImageNet-1k"], head=["Mask R-CNN"])
    findings = check_against_paper(file(paper, backbone="arvo t", dataset="ImageNet-1q"), paper, known)
    texts = [f.text for f in findings if f.kind == "name"]
    assert any("'Arvo-T'" in text for text in texts)
    assert any("did you mean 'ImageNet-1k'" in text for text in texts)


def test_a_value_far_from_the_catalogues_is_found(paper: Paper) -> None:
    held = {("Arvo-T", "ImageNet-1k", "top_1", None, 224): ((79.0, None, None),)}
    known = Known(Known.with_names({"Arvo-T": "Arvo"}).names, {"Arvo-T": "Arvo"}, {"Arvo-T": 28.6}, held)
    assert ("warning", "catalogue") in found(file(paper), paper, known)


def test_a_draft_of_the_rules_has_no_finding(paper: Paper) -> None:
    (made,) = expand(paper, plan_offline(paper, NOTHING)).families
    assert check_draft(made.family, made.evidence, paper, NOTHING) == []


@pytest.mark.parametrize(("row", "column", "kind"), [(1, 0, "row"), (0, 1, "header")])
def test_a_plan_that_takes_a_neighbours_row_or_column_is_caught(paper: Paper, row: int, column: int, kind: str) -> None:
    plan = plan_offline(paper, NOTHING)
    table = plan.tables[1]
    if row:
        wrong = [r.model_copy(update={"row": 1 - r.row}) for r in table.rows]
        table = table.model_copy(update={"rows": wrong})
    if column:
        swapped = {1: "mask_ap", 4: "box_ap"}
        wrong_columns = [c.model_copy(update={"quantity": swapped.get(c.column, c.quantity)}) for c in table.columns]
        table = table.model_copy(update={"columns": wrong_columns})
    (made,) = expand(paper, plan.model_copy(update={"tables": [table]}), "a model").families
    kinds = {f.kind for f in check_draft(made.family, made.evidence, paper, NOTHING) if f.severity == "error"}
    assert kind in kinds


def test_evidence_that_was_edited_is_caught(paper: Paper) -> None:
    (made,) = expand(paper, plan_offline(paper, NOTHING)).families
    plain = made.family.model_dump(exclude_unset=True)
    plain["backbones"][0]["checkpoints"][0]["results"][0]["values"]["top_1"] = 82.9
    findings = check_draft(FamilyFile.model_validate(plain), made.evidence, paper, NOTHING)
    assert [f.path for f in findings if f.severity == "error"] == ["backbones.0.checkpoints.0.results.0.values.top_1"]


LOST = """Table 1. ImageNet-1K.
Model | image size |  |
Arvo-T | 224^2 | 28.6M | 82.1
Arvo-B | 224^2 | 89M | 83.8
"""


def test_a_right_number_under_a_lost_header_is_doubted_only(make_paper: MakePaper) -> None:
    paper = make_paper(LOST)
    assert {s for s, _ in found(file(paper, params_m=28.6), paper)} == {"warning"}
    assert ("error", "missing") in found(file(paper, {"top_1": 82.7}), paper)
    assert ("error", "missing") in found(file(paper, {"top_1": 83.8}), paper)


@pytest.mark.parametrize(
    "label", ["Arvo-T, 16×4", "Arvo-T (long)", "Arvo-T @224", "Arvo-T, 300 epochs", "Arvo-T, setting"]
)
def test_a_setting_behind_the_label_names_the_same_model(make_paper: MakePaper, label: str) -> None:
    paper = make_paper(f"Table 1. ImageNet-1K.\nModel | top-1\n{label} | 82.1\nArvo-B | 83.8\n")
    assert found(file(paper), paper) == []
    assert ("error", "row") in found(file(paper, {"top_1": 83.8}), paper)


def test_models_in_columns_and_in_cells_bear_numbers_out(make_paper: MakePaper) -> None:
    paper = make_paper(
        "Table 1. ImageNet-1K.\nMetric | Arvo-T | Arvo-B\nTop-1 | 82.1 | 83.8\nParams (M) | 28.6 | 89\n",
        "Table 2. Transfer.\nDataset | Best > model | Best > acc. | Ours > model | Ours > acc.\n"
        "CIFAR-10 | Corel-B | 98.0 | Arvo-T | 98.9\nCars | Corel-B | 93.0 | Arvo-B | 94.0\n",
    )
    assert found(file(paper, params_m=28.6), paper) == []
    assert found(file(paper, {"top_1": 98.9}, dataset="CIFAR-10"), paper) == []
    assert ("error", "row") in found(file(paper, {"top_1": 98.0}, dataset="CIFAR-10"), paper)
    assert ("error", "row") in found(file(paper, {"top_1": 83.8}), paper)


def test_a_layout_that_is_not_understood_gives_a_warning(make_paper: MakePaper) -> None:
    paper = make_paper(
        CLASSIFICATION,
        "Table 2. Speed and more.\nkind | Arvo-T | other | Arvo-B\nwhole | 774.7 | 1.5 | 292.3\npart | 12.5 | 1.8 | 3.3\n",
    )
    speed = {"device": "NVIDIA V100", "throughput_img_s": 774.7}
    plain = file(paper).model_dump(exclude_unset=True)
    plain["backbones"][0]["throughput"] = [speed]
    assert found(FamilyFile.model_validate(plain), paper) == [("warning", "row")]
    speed["throughput_img_s"] = 292.3
    assert ("error", "missing") in found(FamilyFile.model_validate(plain), paper)
