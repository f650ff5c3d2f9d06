"""What is not said is not guessed: the resolution, the data set, the device; and what is said comes with its sentence."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from backbones.ingest.checking import check_draft
from backbones.ingest.expand import Expansion, expand
from backbones.ingest.meaning.known import NOTHING, Known
from backbones.ingest.meaning.own_side import own_side
from backbones.ingest.offline import plan_offline
from backbones.ingest.paper import Paper
from backbones.store.family_file import Result

MakePaper = Callable[..., Paper]

PLAIN = """Table 1. ImageNet-1K.
Model | #param. | top-1 acc.
Arvo-T | 29M | 82.1
Arvo-B | 89M | 83.8
"""


def expanded(paper: Paper, known: Known = NOTHING) -> Expansion:
    return expand(paper, plan_offline(paper, known))


def results(made: Expansion) -> list[tuple[str, str | None, Result]]:
    return [
        (b.backbone, c.pretraining.dataset, r)
        for family in made.families
        for b in family.family.backbones
        for c in b.checkpoints
        for r in c.results
    ]


@pytest.mark.parametrize(
    "sentence",
    [
        "We train all models at 224×224 for 300 epochs.", "All our models are evaluated at a resolution of 224×224.",
        "Each network is trained with identical settings and tested at 224×224.",
        "Following previous works, we report top-1 accuracy for a single 224 × 224 center crop.",
    ],
)  # fmt: skip
def test_a_sentence_on_the_papers_own_training_gives_the_resolution(make_paper: MakePaper, sentence: str) -> None:
    paper = make_paper(PLAIN, prose=[sentence])
    made = expanded(paper)
    assert {r.resolution for _, _, r in results(made)} == {224}
    quotes = {e.printed for e in made.families[0].evidence if e.quantity == "resolution"}
    assert all("224" in quote and quote[:20] in sentence for quote in quotes)
    assert [f for f in made.findings if f.kind == "setting"] == []


@pytest.mark.parametrize(
    "sentence",
    [
        "Starting with 224 × 224 in early nets, modern ConvNets tend to use larger inputs.",
        "Early networks were trained at 224×224, and we train ours at 299×299.", "The throughput is measured at 224×224.",
        "Most models are trained at 224×224.", "We compare with networks at 224×224.", "Corel is trained at 224×224 [3].",
        "We crop videos to 224×224.",
    ],
)  # fmt: skip
def test_a_sentence_on_others_gives_none(make_paper: MakePaper, sentence: str) -> None:
    assert own_side(sentence) == 0
    made = expanded(make_paper(PLAIN, prose=[sentence]))
    assert {r.resolution for _, _, r in results(made)} == {None}
    (note,) = (f for f in made.findings if f.kind == "setting")
    assert (note.severity, "2 of 2" in note.text) == ("note", True)


def test_the_introduction_gives_no_resolution(make_paper: MakePaper) -> None:
    own = "We train all models at 224×224."
    assert {r.resolution for *_, r in results(expanded(make_paper(PLAIN, prose=["1. Introduction", own])))} == {None}
    later = ["1. Introduction", "Nets grow.", "2. Experiments", own]
    assert {r.resolution for *_, r in results(expanded(make_paper(PLAIN, prose=later)))} == {224}


def test_models_that_are_scaled_by_their_input_have_no_common_resolution(make_paper: MakePaper) -> None:
    own = "We train our baseline models at 224×224."
    scaled = "Our compound scaling grows depth, width and resolution."
    assert {r.resolution for *_, r in results(expanded(make_paper(PLAIN, prose=[own, scaled])))} == {None}


def test_a_plan_cannot_take_its_resolution_from_a_sentence_on_others(make_paper: MakePaper) -> None:
    paper = make_paper(PLAIN, prose=["Early networks use 224×224 inputs for training."])
    plan = plan_offline(paper, NOTHING)
    table = plan.tables[0].model_copy(update={"resolution": 224})
    made = expand(paper, plan.model_copy(update={"tables": [table]}))
    assert {r.resolution for *_, r in results(made)} == {None}


PRETRAINED = """Table 2. {caption}
Model | {one} | {two}
Arvo-T | 78.0 | 79.1
Arvo-B | 80.3 | 81.4
"""


@pytest.mark.parametrize(
    ("caption", "one", "two"),
    [
        ("Effect of pre-training.", "pre-train > IN-1K", "pre-train > IN-21K"), ("Effect of data.", "IN-1K", "IN-21K"),
        ("Accuracy on Birdland.", "pretraining > IN1k", "pretraining > IN21k"), ("Results on Birdland.", "acc.", "FPS"),
    ],
)  # fmt: skip
def test_pretraining_sets_above_columns_are_not_judged_by(
    make_paper: MakePaper, caption: str, one: str, two: str
) -> None:
    made = expanded(make_paper(PLAIN, PRETRAINED.format(caption=caption, one=one, two=two)))
    assert sorted(r.values["top_1"] for *_, r in results(made)) == [82.1, 83.8]


def test_pretraining_sets_above_columns_are_the_pretraining_where_the_caption_says_the_rest(
    make_paper: MakePaper,
) -> None:
    text = PRETRAINED.format(caption="Top-1 accuracy on CIFAR-100.", one="pre-train > IN-1K", two="pre-train > IN-21K")
    found = {
        (b, before): r.values["top_1"]
        for b, before, r in results(expanded(make_paper(PLAIN, text)))
        if r.dataset == "CIFAR-100"
    }
    assert found["Arvo-B", "ImageNet-1k"] == 80.3
    assert found["Arvo-B", "ImageNet-22k"] == 81.4


def test_pretraining_in_a_caption_is_no_data_set_of_the_results(make_paper: MakePaper) -> None:
    text = (
        "Table 2. Results on Kinetics-400 with ImageNet-1K pre-training.\nModel | top-1\nArvo-T | 78.0\nArvo-B | 80.3\n"
    )
    assert {r.dataset for *_, r in results(expanded(make_paper(PLAIN, text)))} == {"ImageNet-1k", "Kinetics-400"}


def test_an_inferred_data_set_gives_way_to_one_that_is_said(make_paper: MakePaper) -> None:
    silent = "Table 2. Comparison of all sizes.\nModel | top-1\nArvo-T | 70.0\nArvo-B | 71.0\nArvo-L | 72.0\n"
    said = {(b, r.values["top_1"]) for b, _, r in results(expanded(make_paper(PLAIN, silent)))}
    assert said == {("Arvo-T", 82.1), ("Arvo-B", 83.8), ("Arvo-L", 72.0)}


def test_both_of_two_values_for_one_setting_are_doubted(make_paper: MakePaper) -> None:
    again = "Table 2. ImageNet-1K again.\nModel | top-1 acc.\nArvo-T | 81.5\nArvo-B | 83.8\n"
    paper = make_paper(PLAIN, again)
    (made,) = expanded(paper).families
    doubted = {f.path for f in check_draft(made.family, made.evidence, paper, NOTHING) if f.kind == "duplicate"}
    assert len(doubted) == 2


SPEEDS = "Table 2. ImageNet-1K.\nModel | FPS | top-1 acc.\nArvo-T | 774 | 82.1\nArvo-B | 292 | 83.8\n"


@pytest.mark.parametrize(
    ("prose", "device"),
    [
        (["We train on 8 A100 GPUs at high speed.", "The throughput is measured on a V100 GPU."], "NVIDIA V100"),
        (["We measure throughput in images per second.", "A V100 GPU is used with a batch of 64."], "NVIDIA V100"),
        (["We measure throughput on a V100 GPU.", "We measure latency on an A100 GPU."], None), ([], None),
    ],
)  # fmt: skip
def test_a_device_of_the_prose_is_the_one_that_speed_was_measured_on(
    make_paper: MakePaper, prose: list[str], device: str | None
) -> None:
    (made,) = expanded(make_paper(SPEEDS, prose=prose)).families
    assert {(s.throughput_img_s, s.device) for b in made.family.backbones for s in b.throughput} == {
        (774, device),
        (292, device),
    }


def test_a_library_name_does_not_take_the_place_of_the_papers(make_paper: MakePaper) -> None:
    known = Known.with_names({"arvo_t": "Arvo", "Arvo-B": "Arvo"}, family=["Arvo"], dataset=["ImageNet-1k"])
    (made,) = expanded(make_paper(PLAIN.replace("Arvo-B", "arvo b")), known).families
    assert [b.backbone for b in made.family.backbones] == ["Arvo-T", "Arvo-B"]
