"""What a column of pretraining says goes before every default; the default is for tables on ImageNet-1k that say nothing."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from backbones.ingest.expand import Expansion, expand
from backbones.ingest.expanding.untaken import findings_on
from backbones.ingest.meaning.known import NOTHING
from backbones.ingest.offline import plan_offline
from backbones.ingest.paper import Paper

MakePaper = Callable[..., Paper]

VIDEOS = """Table 1. Results on Kinetics-400.
Model | pre-train | top-1
Arvo-T | {first} | 80.1
Arvo-S | {second} | 81.0
Arvo-B | {third} | 82.9
"""


def pretraining(made: Expansion, dataset: str) -> dict[str, tuple[str | None, list[str]]]:
    """Data set of the pretraining, and the stages behind it, by backbone."""
    return {
        b.backbone: (c.pretraining.dataset, [str(stage.dataset) for stage in r.fine_tuning])
        for b in made.families[0].family.backbones
        for c in b.checkpoints
        for r in c.results
        if r.dataset == dataset
    }


def of_videos(make_paper: MakePaper, first: str, second: str, third: str) -> dict[str, tuple[str | None, list[str]]]:
    paper = make_paper(VIDEOS.format(first=first, second=second, third=third))
    return pretraining(expand(paper, plan_offline(paper, NOTHING)), "Kinetics-400")


@pytest.mark.parametrize("nothing", ["-", "none", "scratch", "✗", "from scratch"])
def test_nothing_is_no_pretraining(make_paper: MakePaper, nothing: str) -> None:
    found = of_videos(make_paper, nothing, nothing, "IN-21K")
    assert found["Arvo-T"] == (None, [])
    assert found["Arvo-B"] == ("ImageNet-22k", ["Kinetics-400"])


def test_a_second_data_set_is_a_stage_of_its_own(make_paper: MakePaper) -> None:
    found = of_videos(make_paper, "-", "K400", "IN-21K + IN-1K")
    assert found["Arvo-S"][0] == "Kinetics-400"
    assert found["Arvo-B"] == ("ImageNet-22k", ["ImageNet-1k", "Kinetics-400"])


def test_an_empty_cell_below_a_filled_one_is_left_open_with_a_note(make_paper: MakePaper) -> None:
    paper = make_paper(VIDEOS.format(first="IN-21K", second="", third="IN-1K"))
    plan = plan_offline(paper, NOTHING)
    found = pretraining(expand(paper, plan), "Kinetics-400")
    assert {name: first for name, (first, _) in found.items()} == {
        "Arvo-T": "ImageNet-22k",
        "Arvo-S": None,
        "Arvo-B": "ImageNet-1k",
    }
    (note,) = [f for f in findings_on(paper, plan) if f.kind == "setting"]
    assert note.severity == "note"
    assert "row 'Arvo-S' is left open" in note.text


def test_a_cell_is_not_overruled_by_what_other_tables_pretrain_on(make_paper: MakePaper) -> None:
    large = "Table 1. ImageNet-1K, pre-trained on ImageNet-22K.\nModel | top-1\nArvo-T | 82.1\nArvo-B | 83.8\n"
    boxes = (
        "Table 2. COCO with Mask R-CNN.\nBackbone | pre-train | AP^b\nArvo-T | IN-1K | 44.0\nArvo-B | IN-21K | 46.2\n"
    )
    paper = make_paper(large, boxes)
    found = pretraining(expand(paper, plan_offline(paper, NOTHING)), "COCO val")
    assert (found["Arvo-T"][0], found["Arvo-B"][0]) == ("ImageNet-1k", "ImageNet-22k")


IMAGENET = "Table 1. ImageNet-1K.\nModel | top-1\nArvo-T | 82.1\nArvo-B | 83.8\n"


def test_the_default_is_of_imagenet_alone(make_paper: MakePaper) -> None:
    videos = "Table 2. Results on Kinetics-400.\nModel | top-1\nArvo-T | 78.0\n"
    boxes = "Table 3. COCO with Mask R-CNN.\nBackbone | AP^b\nArvo-T | 44.0\nArvo-L | 49.0\n"
    paper = make_paper(IMAGENET, videos, boxes)
    made = expand(paper, plan_offline(paper, NOTHING))
    assert pretraining(made, "ImageNet-1k")["Arvo-T"][0] == "ImageNet-1k"
    assert pretraining(made, "Kinetics-400") == {"Arvo-T": (None, [])}
    boxes_of = pretraining(made, "COCO val")
    assert (boxes_of["Arvo-T"][0], boxes_of["Arvo-L"][0]) == ("ImageNet-1k", None)


def test_scratch_on_imagenet_is_its_own_training(make_paper: MakePaper) -> None:
    paper = make_paper("Table 1. ImageNet-1K.\nModel | pretrain | top-1\nArvo-T | - | 82.1\nArvo-B | IN-21K | 85.0\n")
    found = pretraining(expand(paper, plan_offline(paper, NOTHING)), "ImageNet-1k")
    assert (found["Arvo-T"][0], found["Arvo-B"][0]) == ("ImageNet-1k", "ImageNet-22k")


def test_rows_without_the_mark_of_the_larger_set_are_on_the_smaller(make_paper: MakePaper) -> None:
    boxes = "Table 2. COCO with Mask R-CNN. ‡ indicates ImageNet-22K pretraining.\nBackbone | AP^b\nArvo-T | 44.0\nArvo-L | 49.0\nArvo-G‡ | 50.0\n"
    paper = make_paper(IMAGENET, boxes)
    found = pretraining(expand(paper, plan_offline(paper, NOTHING)), "COCO val")
    assert {name: first for name, (first, _) in found.items()} == {
        "Arvo-T": "ImageNet-1k", "Arvo-L": "ImageNet-1k", "Arvo-G": "ImageNet-22k",
    }  # fmt: skip


def test_a_caption_on_all_rows_but_some_says_it(make_paper: MakePaper) -> None:
    caption = "ADE20K with UPerNet. All experiments rely on ImageNet-1K pre-trained models except the last, which is from [3]."
    paper = make_paper(IMAGENET, f"Table 2. {caption}\nBackbone | mIoU\nArvo-T | 44.0\nArvo-L | 49.0\n")
    found = pretraining(expand(paper, plan_offline(paper, NOTHING)), "ADE20K val")
    assert found["Arvo-L"][0] == "ImageNet-1k"


def test_a_dash_beside_marks_is_no_pretraining(make_paper: MakePaper) -> None:
    boxes = (
        "Table 2. COCO with Mask R-CNN. ‡ indicates ImageNet-22K pretraining.\n"
        "Backbone | pre-train | AP^b\nArvo-T | - | 44.0\nArvo-L | IN-1K | 49.0\nArvo-G‡ | IN-22K | 50.0\n"
    )
    paper = make_paper(IMAGENET, boxes)
    found = pretraining(expand(paper, plan_offline(paper, NOTHING)), "COCO val")
    assert [found[name][0] for name in ("Arvo-T", "Arvo-L", "Arvo-G")] == [None, "ImageNet-1k", "ImageNet-22k"]
