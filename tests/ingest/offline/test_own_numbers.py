"""A backbone's own parameters are those of its classification table; the side of a caption is every row's that names none."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from backbones.ingest.expand import Expansion, expand
from backbones.ingest.meaning.known import NOTHING
from backbones.ingest.meaning.setting import default_side
from backbones.ingest.offline import plan_offline
from backbones.ingest.paper import Paper

MakePaper = Callable[..., Paper]


def made_of(paper: Paper) -> Expansion:
    return expand(paper, plan_offline(paper, NOTHING))


OWN = "Table {n}. ImageNet-1K.\nModel | Params | top-1\nArvo-T | 34.9M | 82.1\nArvo-B | 51M | 83.8\n"
TRANSFER = "Table {n}. Transfer learning.\nModel | Params | CIFAR-10 | CIFAR-100\nArvo-T | 34.5M | 98.0 | 88.0\nArvo-B | 51M | 98.9 | 90.0\n"


@pytest.mark.parametrize("is_first", [True, False])
def test_the_classification_table_wins_and_the_other_is_told(make_paper: MakePaper, is_first: bool) -> None:
    tables = [OWN, TRANSFER, TRANSFER] if is_first else [TRANSFER, TRANSFER, OWN]
    made = made_of(make_paper(*(text.format(n=n) for n, text in enumerate(tables, 1))))
    assert [b.params_m for b in made.families[0].family.backbones] == [34.9, 51]
    notes = [f for f in made.findings if f.kind == "missing"]
    own = 1 if is_first else 3
    assert [(f.severity, f.page) for f in notes] == [("note", n) for n in (1, 2, 3) if n != own]
    assert all(f"params_m '34.5M' of Arvo-T ('34.9M' of table {own} is kept)" in f.text for f in notes)


def test_a_cost_for_which_another_is_kept_is_told(make_paper: MakePaper) -> None:
    own = "Table 1. ImageNet-1K.\nModel | FLOPs | top-1\nArvo-T | 4.5G | 82.1\nArvo-B | 15G | 83.8\n"
    made = made_of(make_paper(own, own.replace("Table 1", "Table 2").replace("4.5G", "4.9G")))
    assert [r.printed for b in made.families[0].family.backbones for c in b.checkpoints for r in c.results] == [4.5, 15]
    (note,) = [f for f in made.findings if f.kind == "missing"]
    assert "compute '4.9G' of Arvo-T" in note.text


@pytest.mark.parametrize(
    "caption",
    [
        "All models use 224^2 inputs unless noted.", "Images are 224×224 unless a row has ↑384, then 384×384.",
        "The default resolution is 224^2. Rows with ↑ are tuned at 384^2.", "All with 224x224 input, except larger ones.",
        "Models are evaluated on center crops of 224^2 (384^2 otherwise).", "We use 224² crops. Some are tuned at 384².",
    ],
)  # fmt: skip
def test_a_caption_gives_the_side_of_rows_that_name_none(make_paper: MakePaper, caption: str) -> None:
    rows = "Model | top-1\nArvo-T | 82.1\nArvo-B | 83.8\nArvo-B ↑384 | 84.9\n"
    made = made_of(make_paper(f"Table 1. ImageNet-1K. {caption}\n{rows}"))
    found = [
        (b.backbone, r.resolution) for b in made.families[0].family.backbones for c in b.checkpoints for r in c.results
    ]
    assert found == [("Arvo-T", 224), ("Arvo-B", 224), ("Arvo-B", 384)]
    (side,) = {e.printed for e in made.families[0].evidence if e.quantity == "resolution" and e.value == 224}
    assert caption[:12] in side
    assert not [f for f in made.findings if f.kind == "setting"]


@pytest.mark.parametrize(
    "caption",
    [
        "Throughput is taken with 224^2 input. FLOPs of 256^2 input.", "Some rows use 224^2 crops and 384^2 crops.",
        "Swin's results with 224^2 input are reported by [3]. Others have 384^2 inputs, as reported in [4].",
        "Inputs are 224^2. Crops are 384^2.",
    ],
)  # fmt: skip
def test_a_side_of_something_else_is_no_default(caption: str) -> None:
    assert default_side(caption) == 0
