"""What a plan says beside its numbers enters only where words of the paper bear it out."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from backbones.ingest.expand import Expansion, expand
from backbones.ingest.expanding.printed import prints_side
from backbones.ingest.meaning.known import NOTHING
from backbones.ingest.offline import plan_offline
from backbones.ingest.paper import Paper
from backbones.store.family_file import Result

MakePaper = Callable[..., Paper]

TABLE = """Table 1. Classification on ImageNet-1K.{caption}
Model | Params | {cost} | top-1
Arvo-T | 20M | 4.5G | 80.1
Arvo-S | 30M | 8.7G | 82.1
"""


def planned(paper: Paper, row: dict[str, Any] | None = None, **table: Any) -> Expansion:
    """What a model's plan gives that says so much more than the rules."""
    plan = plan_offline(paper, NOTHING)
    (meaning,) = plan.tables
    rows = [r.model_copy(update=row or {}) for r in meaning.rows]
    return expand(
        paper, plan.model_copy(update={"tables": [meaning.model_copy(update={**table, "rows": rows})]}), "a model"
    )


def results(made: Expansion) -> list[Result]:
    return [r for m in made.families for b in m.family.backbones for c in b.checkpoints for r in c.results]


def quotes(made: Expansion) -> list[str]:
    return [f.text for f in made.findings if f.kind == "quote" and f.severity == "warning"]


def text(caption: str = "", cost: str = "FLOPs") -> str:
    return TABLE.format(caption=f" {caption}" if caption else "", cost=cost)


@pytest.mark.parametrize(
    "changes",
    [{"protocol": "zero-shot"}, {"convention": "flops"}, {"pretraining_method": "MAE"}, {"precision": "fp16"}],
)
def test_a_setting_that_no_words_say_is_left_out_with_a_warning(make_paper: MakePaper, changes: dict[str, str]) -> None:
    made = planned(make_paper(text()), **changes)
    (value,) = changes.values()
    assert any(repr(value) in quote for quote in quotes(made))
    plain = str([m.plain for m in made.families])
    assert value not in plain
    assert "80.1" in plain


def test_words_of_table_or_prose_bear_a_setting_out(make_paper: MakePaper) -> None:
    zero = planned(make_paper(text("Zero-shot accuracy.")), protocol="zero-shot")
    assert ({r.protocol for r in results(zero)}, quotes(zero)) == ({"zero-shot"}, [])
    told = planned(
        make_paper(text(), prose=["Table 1 shows the zero-shot accuracy of all models."]), protocol="zero-shot"
    )
    assert ({r.protocol for r in results(told)}, quotes(told)) == ({"zero-shot"}, [])
    twice = planned(make_paper(text("We count FLOPs as two for each multiply-add.")), convention="flops")
    assert ({r.convention for r in results(twice)}, quotes(twice)) == ({"flops"}, [])
    prose = ["We pretrain with MAE for long.", "MAE masks patches of images.", "Our models follow MAE in all else."]
    masked = planned(make_paper(text(), prose=prose), pretraining_method="MAE")
    assert [c.pretraining.method for m in masked.families for b in m.family.backbones for c in b.checkpoints] == [
        "MAE",
        "MAE",
    ]
    assert quotes(masked) == []


def test_a_method_of_a_row_needs_words_too(make_paper: MakePaper) -> None:
    made = planned(make_paper(text()), row={"pretraining_method": "DINO"})
    assert len(quotes(made)) == 1
    assert "DINO" not in str([m.plain for m in made.families])


def test_a_header_that_says_macs_is_kept_against_the_plan(make_paper: MakePaper) -> None:
    paper = make_paper(text("FLOPs are two a MAC.", cost="MACs (G)"))
    made = planned(paper, convention="flops")
    assert {r.convention for r in results(made)} == {"macs"}
    assert "'convention': 'macs'" in str(made.families[0].plain)
    assert "convention" not in str(
        expand(make_paper(text()), plan_offline(make_paper(text()), NOTHING)).families[0].plain
    )


@pytest.mark.parametrize("side", [20, 30, 8, 31, 4096])
def test_a_number_of_another_kind_is_no_side(make_paper: MakePaper, side: int) -> None:
    made = planned(make_paper(text("Trained for 4096 steps and 31 days.")), row={"resolution": side})
    assert {r.resolution for r in results(made)} == {None}
    assert len(quotes(made)) == 2


@pytest.mark.parametrize(
    "text",
    ["224^2", "224²", "224×224", "224 x 224", "224 px", "224 pixels", "224-pixel crops", "at 224", "resolution of 224", "input size: 224", "Arvo-T ↑224",
     "Arvo-T@224", "Arvo-T (224)", "Arvo-T-224", "1K/224", "IN-1k, 224", "224"],
)  # fmt: skip
def test_a_side_is_printed_as_one(text: str) -> None:
    assert prints_side(224, text)


@pytest.mark.parametrize(
    "text",
    [
        "224M",
        "224 epochs",
        "a batch of 224",
        "1.224",
        "2240",
        "224.5",
        "224 × 800",
        "0.224",
        "Arvo-224 layers",
        "with 224 steps",
    ],
)
def test_other_numbers_are_no_side(text: str) -> None:
    assert not prints_side(224, text)


def test_a_depth_in_a_name_is_no_side() -> None:
    assert not prints_side(101, "ResNet-101")
    assert not prints_side(50, "ResNet 50")


def test_placeholders_of_symbols_are_no_part_of_a_name(make_paper: MakePaper) -> None:
    paper = make_paper(text().replace("Arvo-S ", "Arvo-S (cid:5) "))
    made = planned(paper, row={"backbone": "Arvo-S (cid:5)", "row": 1})
    assert {b.backbone for m in made.families for b in m.family.backbones} == {"Arvo-S"}
