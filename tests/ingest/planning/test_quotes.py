"""Facts stand or fall with their quotes."""

from __future__ import annotations

from typing import Any

import pytest

from backbones.ingest.plan import Fact
from backbones.ingest.planning.planner import plan_paper
from backbones.ingest.planning.quotes import checked_facts, holds, stands_on
from backbones.ingest.planning.vocabulary import Vocabulary

PROSE = (
    ("Nothing here.",),
    ("We train for 300 epochs with pre-", "training on ImageNet-22K; the eﬃcient model", "uses 3000 steps."),
)


def fact(**changes: Any) -> Fact:
    parts = {"subject": "Tern", "kind": "train_epochs", "value": "300", "quote": "We train for 300 epochs", "page": 2}
    return Fact(**(parts | changes))


def test_a_fact_whose_quote_stands_on_its_page_is_kept() -> None:
    assert checked_facts([fact(quote="train  for 300\nepochs")], PROSE) == ([fact(quote="train for 300 epochs")], [])


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"page": 1}, "its quote is not on page 1"),
        ({"page": 3}, "there is no such page"),
        ({"page": -1}, "there is no such page"),
        ({"quote": "We train for 400 epochs", "value": "400"}, "its quote is not on page 2"),
        ({"value": "30"}, "its quote does not hold its value"),
        ({"quote": "3000 steps", "value": "300"}, "its quote does not hold its value"),
        ({"quote": "with pre-training on ImageNet-22K", "value": "ImageNet-22K"}, "its value is no whole number"),
        ({"quote": "300"}, "its quote is empty or too long"),
        ({"quote": ""}, "its quote is empty or too long"),
        ({"quote": "x" * 10_000}, "its quote is empty or too long"),
        ({"value": ""}, "its subject or its value is empty or too long"),
        ({"subject": "\x1b"}, "its subject or its value is empty or too long"),
    ],
)
def test_a_fact_that_is_not_borne_out_is_dropped_with_a_reason(changes: dict[str, Any], reason: str) -> None:
    assert checked_facts([fact(**changes)], PROSE) == ([], [f"a fact (train_epochs) is dropped: {reason}"])


def test_line_ends_hyphens_and_ligatures_do_not_count() -> None:
    assert stands_on("with pretraining on ImageNet-22K", PROSE[1]) and stands_on("the efficient model", PROSE[1])
    assert (
        not stands_on("the model uses 300", PROSE[1])
        and not stands_on("uses 300", PROSE[1])
        and not stands_on("…", PROSE[1])
    )


@pytest.mark.parametrize(
    ("quote", "value", "is_held"),
    [
        ("for 300 epochs", "300", True),
        ("for 300.5 epochs", "300", False),
        ("for 0.300 epochs", "300", False),
        ("1,300 epochs", "300", False),
        ("on a V100-GPU", "V100 GPU", True),
        ("on a V100", "V10", False),
        ("on Image Net", "ImageNet", False),
        ("for 300 epochs.", "300 epochs", True),
        ("anything", "", False),
        ("anything", "…", False),
    ],
)
def test_a_value_stands_in_its_quote_as_words_of_its_own(quote: str, value: str, is_held: bool) -> None:
    assert holds(quote, value) is is_held


def test_many_facts_are_bounded() -> None:
    kept, reasons = checked_facts([fact()] * 100 + [fact(page=9)] * 300, PROSE)
    assert len(kept) == 100 and len(reasons) == 14 and reasons[-1] == "200 facts beyond 200 are dropped"


def test_facts_of_the_model_go_through_the_same_check(run: Any, service: Any, kit: Any) -> None:
    good = {"subject": "Tern", "kind": "batch_size", "value": "1024", "quote": "with a batch size of 1024.", "page": 2}
    service.prose.append(kit.says(kit.prose_reply("Tern", good, good | {"page": 1}, good | {"value": "300"})))
    found = plan_paper(kit.paper(), Vocabulary(), run.options)
    assert [each.value for each in found.plan.facts] == ["1024"] and len(found.report.dropped) == 2
