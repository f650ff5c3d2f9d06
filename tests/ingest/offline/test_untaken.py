"""What a table prints and the draft lacks is said once a table; costs of a table of their own find their results."""

from __future__ import annotations

from collections.abc import Callable

from backbones.ingest.expand import Expansion, expand
from backbones.ingest.expanding.untaken import findings_on, untaken
from backbones.ingest.meaning.known import NOTHING
from backbones.ingest.offline import plan_offline
from backbones.ingest.paper import Paper

MakePaper = Callable[..., Paper]


def sentence(paper: Paper) -> str:
    plan = plan_offline(paper, NOTHING)
    return untaken(paper.tables[0], [meaning for meaning in plan.tables if meaning.table == "p1.t1"])


def test_ignored_columns_ambiguous_rows_and_variants_are_named_with_their_reason(make_paper: MakePaper) -> None:
    paper = make_paper(
        """Table 1. Classification on ImageNet-1K.
Model | Params | Ratio | top-1
Arvo-T | 20M | 1.5 | 80.1
Arvo-T† | 20M | 1.5 | 82.1
Arvo-S | 30M | 1.2 | 82.0
Arvo-S (w/ EMA) | 30M | 1.2 | 83.0
Arvo-B | 80M | 1.1 | 83.5
Arvo-B | 80M | 1.1 | 84.5
Arvo-L | 180M | 1.1 | 85.5 (86.5)
"""
    )
    said = sentence(paper)
    assert said.startswith("16 of 22 numbers are not taken: ")
    assert "column 'Ratio' (no quantity" in said
    assert "rows 'Arvo-T†', 'Arvo-S (w/ EMA)' (a variant" in said
    assert "rows 'Arvo-B', 'Arvo-B' (printed more than once" in said
    assert "1 behind another in brackets (86.5)" in said
    (note,) = findings_on(paper, plan_offline(paper, NOTHING))
    assert (note.severity, note.page, note.table, note.kind) == ("note", 1, "p1.t1", "missing")
    assert note.text == f"table 1 on page 1: {said}"


def test_a_column_on_a_data_set_that_is_not_known_is_named(make_paper: MakePaper) -> None:
    paper = make_paper(
        "Table 1. Transfer of models.\nModel | CIFAR-100 | Foo-200\nArvo-T | 90.1 | 71.0\nArvo-S | 91.0 | 72.0\n"
    )
    assert (
        sentence(paper)
        == "2 of 4 numbers are not taken: column 'Foo-200' (no quantity that is kept, or on no data set that is known)"
    )


def test_a_table_that_is_taken_whole_or_not_at_all_has_no_sentence(make_paper: MakePaper) -> None:
    whole = make_paper("Table 1. ImageNet-1K.\nModel | Params | top-1\nArvo-T | 20M | 80.1\nSwin-S | 30M | 82.0\n")
    assert sentence(whole) == ""
    ablation = make_paper(
        "Table 1. Ablation of widths.\nModel | Params | top-1\nArvo-T | 20M | 80.1\nArvo-S | 30M | 82.0\n"
    )
    assert sentence(ablation) == ""


RESULTS = "Table 1. Classification on ImageNet-1K.\nModel | image size | top-1\nArvo-T | 224^2 | 80.1\nArvo-T | 384^2 | 82.0\nArvo-S | 224^2 | 82.0\n"
COSTS = (
    "Table 2. Cost of our models at 384² input.\nModel | Params | FLOPs\nArvo-T | 20M | 14.1G\nArvo-S | 30M | 25.0G\n"
)


def costs(made: Expansion) -> dict[tuple[str, int | None], float | None]:
    (family,) = made.families
    return {
        (b.backbone, r.resolution): r.printed for b in family.family.backbones for c in b.checkpoints for r in c.results
    }


def test_a_cost_from_a_table_of_its_own_goes_to_the_result_at_its_side(make_paper: MakePaper) -> None:
    paper = make_paper(RESULTS, COSTS)
    made = expand(paper, plan_offline(paper, NOTHING))
    assert costs(made) == {("Arvo-T", 224): None, ("Arvo-T", 384): 14.1, ("Arvo-S", 224): None}
    (family,) = made.families
    assert [b.params_m for b in family.family.backbones] == [20, 30]
    (evidence,) = [e for e in family.evidence if e.path.endswith(".printed")]
    assert (evidence.table, evidence.row, evidence.column, evidence.printed) == ("p2.t1", 0, 2, "14.1G")
    (note,) = [f for f in made.findings if f.kind == "missing"]
    assert note.severity == "note"
    assert "'25.0G' of Arvo-S at 384 px belongs to no result" in note.text


def test_a_cost_that_a_result_has_stays(make_paper: MakePaper) -> None:
    beside = RESULTS.replace("image size |", "image size | FLOPs |").replace("^2 |", "^2 | 13.9G |")
    paper = make_paper(beside, COSTS)
    made = expand(paper, plan_offline(paper, NOTHING))
    assert set(costs(made).values()) == {13.9}


def test_a_cost_without_a_side_goes_only_where_there_is_one_setting(make_paper: MakePaper) -> None:
    paper = make_paper(RESULTS, COSTS.replace(" at 384² input", ""))
    made = expand(paper, plan_offline(paper, NOTHING))
    assert costs(made) == {("Arvo-T", 224): None, ("Arvo-T", 384): None, ("Arvo-S", 224): 25.0}
    assert ["Arvo-T" in f.text for f in made.findings if f.kind == "missing"] == [True]
