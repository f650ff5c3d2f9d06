"""What is assumed where a paper does not say is a warning."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from backbones.ingest.checking import check_draft
from backbones.ingest.expand import expand
from backbones.ingest.meaning.known import NOTHING
from backbones.ingest.offline import plan_offline
from backbones.ingest.paper import Paper

MakePaper = Callable[..., Paper]

ROWS = "Backbone | crop | {}\nArvo-T | 512^2 | 46.0\nArvo-B | 512^2 | 48.0\n"


def warnings(make_paper: MakePaper, caption: str, header: str) -> list[str]:
    paper = make_paper(f"Table 3. {caption}\n{ROWS.format(header)}")
    (made,) = expand(paper, plan_offline(paper, NOTHING)).families
    return [f.text for f in check_draft(made.family, made.evidence, paper, NOTHING) if f.kind == "setting"]


def test_one_scale_is_assumed_with_a_warning(make_paper: MakePaper) -> None:
    found = warnings(make_paper, "ADE20K with UPerNet.", "mIoU")
    assert len(found) == 2 and all("one scale is assumed" in text for text in found)


@pytest.mark.parametrize(
    ("caption", "header"),
    [
        ("ADE20K with UPerNet.", "mIoU (ss)"),
        ("ADE20K with UPerNet, single-scale testing.", "mIoU"),
        ("ADE20K with UPerNet.", "mIoU (ms)"),
    ],
)
def test_a_scale_that_is_said_is_none(make_paper: MakePaper, caption: str, header: str) -> None:
    assert warnings(make_paper, caption, header) == []
