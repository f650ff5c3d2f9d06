"""Protocols and error rates as captions, headers and sections say them."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from backbones.ingest.checking import check_draft
from backbones.ingest.expand import Expansion, expand
from backbones.ingest.expanding.untaken import findings_on
from backbones.ingest.meaning.known import NOTHING
from backbones.ingest.meaning.protocol import OPEN, said
from backbones.ingest.offline import plan_offline
from backbones.ingest.paper import Paper

MakePaper = Callable[..., Paper]
Protocols = dict[tuple[str, str], dict[str, float]]

ONE = """Table 1. {caption}
Model | #param. | top-1
Arvo-T | 20M | 70.1
Arvo-S | 30M | 72.0
"""


def made(paper: Paper) -> Expansion:
    return expand(paper, plan_offline(paper, NOTHING))


def protocols(paper: Paper) -> Protocols:
    """(Backbone, protocol) -> values."""
    found: Protocols = {}
    for family in made(paper).families:
        for backbone in family.family.backbones:
            for checkpoint in backbone.checkpoints:
                for result in checkpoint.results:
                    found.setdefault((backbone.backbone, result.protocol), {}).update(result.values)
    return found


@pytest.mark.parametrize(
    ("caption", "protocol"),
    [
        ("Linear probing accuracy on ImageNet-1K.", "linear probing"), ("Linear evaluation on ImageNet-1K.", "linear probing"),
        ("Zero-shot accuracy on ImageNet-1K.", "zero-shot"), ("k-NN accuracy on ImageNet-1K.", "k-NN"),
        ("Few-shot accuracy on ImageNet-1K.", "few-shot"), ("Accuracy on ImageNet-1K with a frozen backbone.", "frozen"),
        ("Transfer to CIFAR-100 with a linear classifier.", "linear probing"), ("Fine-tuning accuracy on ImageNet-1K.", "supervised"),
        ("Classification on ImageNet-1K.", "supervised"), ("Vision transformers with linear attention on ImageNet-1K.", "supervised"),
    ],
)  # fmt: skip
def test_a_caption_says_the_protocol(make_paper: MakePaper, caption: str, protocol: str) -> None:
    found = protocols(make_paper(ONE.format(caption=caption)))
    assert found == {("Arvo-T", protocol): {"top_1": 70.1}, ("Arvo-S", protocol): {"top_1": 72.0}}


def test_no_stage_of_fine_tuning_is_made_up_for_frozen_features(make_paper: MakePaper) -> None:
    paper = make_paper(ONE.format(caption="Linear probing on CIFAR-100 of models pre-trained on ImageNet-22K."))
    (family,) = made(paper).families
    assert all(not r.fine_tuning for b in family.family.backbones for c in b.checkpoints for r in c.results)


def test_a_header_and_a_section_go_before_the_caption(make_paper: MakePaper) -> None:
    columns = """Table 1. Accuracy on ImageNet-1K.
Model | k-NN > top-1 | Linear > top-1 | Fine-tune > top-1
Arvo-T | 60.1 | 70.1 | 80.1
Arvo-S | 61.1 | 71.1 | 81.1
"""
    assert protocols(make_paper(columns)) == {
        ("Arvo-T", "k-NN"): {"top_1": 60.1}, ("Arvo-T", "linear probing"): {"top_1": 70.1}, ("Arvo-T", "supervised"): {"top_1": 80.1},
        ("Arvo-S", "k-NN"): {"top_1": 61.1}, ("Arvo-S", "linear probing"): {"top_1": 71.1}, ("Arvo-S", "supervised"): {"top_1": 81.1},
    }  # fmt: skip
    rows = "Table 1. Accuracy on ImageNet-1K.\nModel | top-1\n# Linear probing\nArvo-T | 70.1\nArvo-S | 71.1\n# Fine-tuning\nArvo-T | 80.1\nArvo-S | 81.1\n"
    assert protocols(make_paper(rows))[("Arvo-T", "linear probing")] == {"top_1": 70.1}
    assert protocols(make_paper(rows))[("Arvo-T", "supervised")] == {"top_1": 80.1}


@pytest.mark.parametrize(
    "table",
    [
        "Table 1. Accuracy on ImageNet-1K with 1% and 10% of the labels.\nModel | top-1 > 1% | top-1 > 10%\nArvo-T | 50.1 | 65.0\nArvo-S | 52.0 | 67.0\n",
        "Table 1. Linear probing and fine-tuning on ImageNet-1K.\nModel | A > top-1 | B > top-1\nArvo-T | 50.1 | 65.0\nArvo-S | 52.0 | 67.0\n",
    ],
)
def test_what_is_left_open_gives_no_number_and_a_note(make_paper: MakePaper, table: str) -> None:
    paper = make_paper(table)
    assert protocols(paper) == {}
    (note,) = findings_on(paper, plan_offline(paper, NOTHING))
    assert (note.severity, note.kind, note.table) == ("note", "missing", "p1.t1")
    assert "4 of 4 numbers are not taken" in note.text
    assert "protocol" in note.text


def test_words_of_a_protocol_are_not_any_words() -> None:
    assert said("linear layers and linear complexity") == ""
    assert said("batch normalization is frozen") == ""
    assert said("Linear") == "" and said("Linear", is_whole=True) == "linear probing"
    assert said("1% labels") == said("5-shot") == OPEN
    assert said("top-1 accuracy of 80%") == ""


@pytest.mark.parametrize("header", ["top-1", "Top-1 (%)"])
def test_a_caption_of_error_rates_turns_a_bare_top_1_into_an_error(make_paper: MakePaper, header: str) -> None:
    text = ONE.replace("top-1", header).format(caption="Error rates (%) on ImageNet-1K validation, 10-crop testing.")
    paper = make_paper(text.replace("70.1", "40.1").replace("72.0", "38.0"))
    (family,) = made(paper).families
    assert [b.checkpoints[0].results[0].values for b in family.family.backbones] == [{"top_1": 59.9}, {"top_1": 62.0}]
    assert [e.how for e in family.evidence if e.quantity == "top_1_error"] == ["100 - 40.1", "100 - 38"]
    assert [f for f in check_draft(family.family, family.evidence, paper, NOTHING) if f.severity == "error"] == []


@pytest.mark.parametrize(
    ("caption", "header"),
    [("Error rates on ImageNet-1K.", "top-1 acc."), ("Accuracy on ImageNet-1K and mean corruption error on ImageNet-C.", "top-1"),
     ("Accuracy on ImageNet-1K with error bars.", "top-1")],
)  # fmt: skip
def test_an_accuracy_stays_one(make_paper: MakePaper, caption: str, header: str) -> None:
    found = protocols(make_paper(ONE.replace("top-1", header).format(caption=caption)))
    assert found[("Arvo-T", "supervised")] == {"top_1": 70.1}


def test_a_caption_that_says_both_is_a_warning(make_paper: MakePaper) -> None:
    paper = make_paper(ONE.format(caption="Accuracy and error rates on ImageNet-1K."))
    assert protocols(paper)[("Arvo-T", "supervised")] == {"top_1": 70.1}
    (warning,) = findings_on(paper, plan_offline(paper, NOTHING))
    assert (warning.severity, warning.kind) == ("warning", "header")
    assert "'top-1'" in warning.text
