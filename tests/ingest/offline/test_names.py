"""Names that a file can hold: backbones that case tells apart, checkpoints of one backbone, the sets of fine-tuning."""

from __future__ import annotations

from collections.abc import Callable

from backbones.ingest.expand import Expansion, expand
from backbones.ingest.expanding.naming import CheckpointNames, training_set
from backbones.ingest.meaning.known import NOTHING
from backbones.ingest.offline import plan_offline
from backbones.ingest.paper import Paper
from backbones.ingest.plan import Plan

MakePaper = Callable[..., Paper]

CASED = """Table 1. Classification on ImageNet-1K.
Model | Params | top-1
Arvo-T | 20M | 80.1
Arvo-g | 1000M | 88.1
Arvo-G | 1800M | 89.4
"""


def found(made: Expansion) -> dict[str, tuple[float | None, list[dict[str, float]]]]:
    (family,) = made.families
    return {
        b.backbone: (b.params_m, [dict(r.values) for c in b.checkpoints for r in c.results])
        for b in family.family.backbones
    }


def test_models_that_case_tells_apart_are_not_merged_and_the_second_is_an_error(make_paper: MakePaper) -> None:
    paper = make_paper(CASED)
    made = expand(paper, plan_offline(paper, NOTHING))
    assert found(made) == {"Arvo-T": (20, [{"top_1": 80.1}]), "Arvo-g": (1000, [{"top_1": 88.1}])}
    (error,) = [f for f in made.findings if f.severity == "error"]
    assert "'Arvo-G'" in error.text and "'Arvo-g'" in error.text and error.table == "p1.t1"


def test_a_models_plan_that_gives_both_one_name_does_not_merge_them(make_paper: MakePaper) -> None:
    paper = make_paper(CASED)
    plan = plan_offline(paper, NOTHING)
    (table,) = plan.tables
    rows = [r.model_copy(update={"backbone": "Arvo-g"}) if r.row else r for r in table.rows]
    made = expand(paper, plan.model_copy(update={"tables": [table.model_copy(update={"rows": rows})]}), "a model")
    assert found(made)["Arvo-g"] == (1000, [{"top_1": 88.1}])
    assert [f.severity for f in made.findings if f.kind == "name"] == ["error"]


def test_a_slip_of_case_in_another_table_or_in_the_familys_name_is_the_same_model(make_paper: MakePaper) -> None:
    other = "Table 2. Classification on ImageNet-ReaL.\nModel | ReaL top-1\narvo-t | 86.0\nARVO-T-2 | 87.0\n"
    paper = make_paper(CASED.replace("Arvo-g", "Arvo-M").replace("Arvo-G", "Arvo-L"), other)
    made = expand(paper, plan_offline(paper, NOTHING))
    assert {"top_1": 86.0} in found(made)["Arvo-T"][1]
    assert [f for f in made.findings if f.severity == "error"] == []


def test_one_data_set_in_three_spellings_is_one_checkpoint_and_no_family_is_lost(make_paper: MakePaper) -> None:
    paper = make_paper(
        "Table 1. ImageNet-1K.\nModel | top-1\nArvo-T | 80.1\nArvo-B | 82.1\nArvo-L | 83.1\nArvo-S | 82.0\n"
    )
    plan = plan_offline(paper, NOTHING)
    (table,) = plan.tables
    rows = [
        row.model_copy(update={"backbone": "Arvo-T", "pretraining_dataset": dataset})
        for row, dataset in zip(table.rows, ("JFT-300M", "JFT 300M", "JFT_300M"), strict=False)
    ]
    made = expand(
        paper, plan.model_copy(update={"tables": [table.model_copy(update={"rows": [*rows, table.rows[3]]})]}), "m"
    )
    (family,) = made.families
    assert [len(b.checkpoints) for b in family.family.backbones] == [1, 1]
    assert len(family.family.backbones[0].checkpoints[0].results) == 3


def test_repeated_names_of_checkpoints_are_numbered() -> None:
    names = CheckpointNames([], is_proposed=True)
    given = [names.name("Arvo-T", "ImageNet-1k", "", epochs) for epochs in (None, 300, 300, 300)]
    assert given == [
        "Arvo-T IN-1k",
        "Arvo-T IN-1k 300 epochs",
        "Arvo-T IN-1k 300 epochs (2)",
        "Arvo-T IN-1k 300 epochs (3)",
    ]


METHODS = """Table 1. Classification on ImageNet-1K.
Backbone | Method | top-1
Arvo-T | Supervised | 80.0
Arvo-T | FCMAE | 82.0
Arvo-B | FCMAE | 84.0
Arvo-L | Supervised | 85.0
"""


def checkpoints(plan: Plan, paper: Paper, family: str = "Arvo") -> dict[str, str | None]:
    made = expand(paper, plan, "offline", True)
    (one,) = [m for m in made.families if m.family.family == family]
    return {c.checkpoint: c.pretraining.method for b in one.family.backbones for c in b.checkpoints}


def test_beside_self_supervised_checkpoints_the_supervised_ones_have_names_of_their_own(make_paper: MakePaper) -> None:
    paper = make_paper(METHODS)
    assert checkpoints(plan_offline(paper, NOTHING), paper) == {
        "Arvo-T IN-1k (supervised)": "Supervised", "Arvo-T IN-1k": "FCMAE", "Arvo-B IN-1k": "FCMAE", "Arvo-L IN-1k (supervised)": "Supervised",
    }  # fmt: skip


def test_of_a_family_that_is_compared_with_the_supervised_ones_keep_the_plain_name(make_paper: MakePaper) -> None:
    paper = make_paper(METHODS.replace("Arvo-L", "Birk-L") + "Birk-L | FCMAE | 86.0\nArvo-S | FCMAE | 83.0\n")
    assert checkpoints(plan_offline(paper, NOTHING), paper, "Birk") == {
        "Birk-L IN-1k": "Supervised",
        "Birk-L IN-1k FCMAE": "FCMAE",
    }


def test_without_others_supervised_needs_no_word(make_paper: MakePaper) -> None:
    paper = make_paper(METHODS.replace("FCMAE", "Supervised").replace("Arvo-T | Supervised | 82.0\n", ""))
    assert list(checkpoints(plan_offline(paper, NOTHING), paper)) == ["Arvo-T IN-1k", "Arvo-B IN-1k", "Arvo-L IN-1k"]


def test_nobody_is_trained_on_a_validation_set() -> None:
    assert [training_set(d) for d in ("ADE20K val", "COCO test", "ImageNet-1k", "PASCAL VOC 2007")] == [
        "ADE20K train", "COCO train", "ImageNet-1k", "PASCAL VOC 2007",
    ]  # fmt: skip


def test_a_table_that_is_silent_on_the_method_means_the_supervised_checkpoint(make_paper: MakePaper) -> None:
    silent = "Table 2. Classification on ImageNet-ReaL.\nBackbone | ReaL top-1\nArvo-T | 86.0\nArvo-B | 87.0\n"
    paper = make_paper(METHODS.replace("FCMAE", "Supervised").replace("Arvo-T | Supervised | 82.0\n", ""), silent)
    assert list(checkpoints(plan_offline(paper, NOTHING), paper)) == ["Arvo-T IN-1k", "Arvo-B IN-1k", "Arvo-L IN-1k"]
