"""Several models in one row: a number goes to the model that it stands behind in its own group, or to none."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from backbones.ingest.expand import Expansion, expand
from backbones.ingest.meaning.known import NOTHING
from backbones.ingest.offline import plan_offline
from backbones.ingest.paper import Paper
from backbones.ingest.skipped import skipped_tables

MakePaper = Callable[..., Paper]

PLAIN = """Table 1. ImageNet-1K.
Model | top-1 acc.
Arvo-T | 82.1
Arvo-B | 83.8
"""
WITH_PARAMS = "Table 1. ImageNet-1K.\nModel | #param. | top-1 acc.\nArvo-T | 5.3M | 82.1\nArvo-B | 19M | 83.8\n"

COMPARISON = """Table 2. Transfer learning.
Dataset | Prior > Model | Prior > Acc. | Prior > #Param. | Ours > Model | Ours > Acc. | Ours > #Param. | Other > Model | Other > Acc. | Other > #Param.
CIFAR-10 | NAS search | 98.0 | 85M | Arvo-T | 98.1 | 4M (21x) | Pipe | 99.0 | 556M
CIFAR-100 | NAS search | 87.5 | 85M | Arvo-T | 88.1 | 4M (21x) | Pipe | 91.3 | 556M
Birdsnap | Corel-A | 81.8 | 41M | Arvo-B | 82.0 | 18M (2.1x) | Pipe | 83.6 | 556M
Stanford Cars | Corel-A | 94.8 | 41M | Arvo-B | 94.7 | 18M (4.4x) | DAT search | 94.9 | -
"""


def made_of(paper: Paper) -> Expansion:
    return expand(paper, plan_offline(paper, NOTHING))


def transferred(made: Expansion) -> dict[tuple[str, str | None], float]:
    return {
        (b.backbone, r.dataset): r.values["top_1"]
        for b in made.families[0].family.backbones
        for c in b.checkpoints
        for r in c.results
        if r.dataset != "ImageNet-1k"
    }


def why(paper: Paper) -> str:
    plan = plan_offline(paper, NOTHING)
    return next(s.why for s in skipped_tables(paper, plan, {"p1.t1"}, "offline") if s.table.id == "p2.t1")


def test_numbers_of_models_that_are_not_known_are_not_ours(make_paper: MakePaper) -> None:
    assert transferred(made_of(make_paper(PLAIN, COMPARISON))) == {
        ("Arvo-T", "CIFAR-10"): 98.1, ("Arvo-T", "CIFAR-100"): 88.1, ("Arvo-B", "Birdsnap"): 82.0, ("Arvo-B", "Stanford Cars"): 94.7,
    }  # fmt: skip


def test_parameters_of_a_comparison_count_only_where_no_other_table_gives_them(make_paper: MakePaper) -> None:
    with_own = made_of(make_paper(COMPARISON.replace("Table 2", "Table 1"), WITH_PARAMS.replace("Table 1", "Table 2")))
    assert {b.backbone: b.params_m for b in with_own.families[0].family.backbones} == {"Arvo-T": 5.3, "Arvo-B": 19}
    notes = [f.text for f in with_own.findings if f.kind == "missing"]
    assert any("'18M (2.1x)' of Arvo-B ('19M' of table 2 is kept)" in text for text in notes)
    alone = made_of(make_paper(PLAIN, COMPARISON))
    assert {b.backbone: b.params_m for b in alone.families[0].family.backbones} == {"Arvo-T": 4, "Arvo-B": 18}


def test_the_cost_of_a_comparison_is_no_results(make_paper: MakePaper) -> None:
    paper = make_paper(PLAIN, COMPARISON.replace("Ours > #Param.", "Ours > FLOPs").replace("4M (21x)", "4.2G"))
    assert [
        r.printed for b in made_of(paper).families[0].family.backbones for c in b.checkpoints for r in c.results
    ] == [None] * 6


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("Ours > Acc.", "Acc."), ("Other > Acc.", "Ours > Acc."), ("Ours > Acc.", ""),
        ("Ours > #Param.", "Ours > Acc."), ("Other > Model", "Ours > Model"),
    ],
)  # fmt: skip
def test_groups_that_do_not_part_the_models_leave_the_table(make_paper: MakePaper, old: str, new: str) -> None:
    paper = make_paper(PLAIN, COMPARISON.replace(old, new, 1))
    assert transferred(made_of(paper)) == {}
    assert why(paper) == "its rows hold several models, and it is not clear to which of them a number belongs"


def test_two_models_without_numbers_between_leave_the_table(make_paper: MakePaper) -> None:
    rows = "Table 2. Transfer.\nDataset | Best | Ours | Acc. | Acc.\nCIFAR-10 | Corel-A | Arvo-B | 97.0 | 98.9\nCIFAR-100 | Corel-A | Arvo-B | 87.0 | 90.1\n"
    paper = make_paper(PLAIN, rows)
    assert transferred(made_of(paper)) == {}
    assert "not clear" in why(paper)


def test_a_list_beside_keeps_its_numbers_in_rows_where_its_model_is_not_known(make_paper: MakePaper) -> None:
    rows = "Table 2. ImageNet-1K.\nModel | Acc. | Model | Acc.\nResNet-50 | 76.1 | Arvo-S | 83.0\nsome baseline | 77.7 | Arvo-L | 84.4\n"
    made = made_of(make_paper(PLAIN, rows))
    found = {
        b.backbone: [r.values for c in b.checkpoints for r in c.results] for b in made.families[0].family.backbones
    }
    assert found["Arvo-L"] == [{"top_1": 84.4}]
    assert found["Arvo-S"] == [{"top_1": 83.0}]
