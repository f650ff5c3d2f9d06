"""How often a wrong number passes the check of `ingest`: another model's value, another metric's, a changed digit.

    python bench/check_decoys.py [PAPER.json or PAPER.pdf …]

Without a path: on made-up papers. Every number that the rules read off a paper is put into a family file, made wrong in
each way, and checked; `passes` counts decoys that bring no error, `unseen` those that bring no warning either.
"""

from __future__ import annotations

import json
import random
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

from backbones.ingest.checking.cells import cells_of
from backbones.ingest.checking.claims import Claim, claims_of
from backbones.ingest.checking.match import Matcher
from backbones.ingest.expand import expand
from backbones.ingest.meaning.context import Context
from backbones.ingest.meaning.known import Known
from backbones.ingest.offline import plan_offline
from backbones.ingest.paper import Box, Cell, Column, Paper, Row, Table

LIMITS = {"another model's value": 1.0, "the model's other metric": 3.0, "a digit changed": 0.2}
"""Percent of decoys that may pass."""


def decoys(claim: Claim, claims: Sequence[Claim], draw: random.Random) -> Iterator[tuple[str, float]]:
    """Wrong values for a claim, by kind."""
    others = [
        c.value
        for c in claims
        if c.quantity == claim.quantity and c.backbone != claim.backbone and c.value != claim.value
    ]
    if others:
        yield "another model's value", draw.choice(others)
    own = [
        c.value
        for c in claims
        if c.quantity != claim.quantity and c.backbone == claim.backbone and c.value != claim.value
    ]
    if own:
        yield "the model's other metric", draw.choice(own)
    text = f"{claim.value:.10g}"
    places = [n for n, character in enumerate(text) if character.isdigit()]
    place = draw.choice(places)
    digit = draw.choice([d for d in "0123456789" if d != text[place]])
    yield "a digit changed", float(text[:place] + digit + text[place + 1 :])
    swaps = [(a, b) for a, b in pairwise(places) if text[a] != text[b]]
    if swaps:
        a, b = draw.choice(swaps)
        letters = list(text)
        letters[a], letters[b] = letters[b], letters[a]
        yield "two digits swapped", float("".join(letters))


def measure(
    paper: Paper, known: Known, draw: random.Random, rounds: int = 5
) -> tuple[Counter[str], Counter[str], Counter[str]]:
    """Decoys tried, passed without an error, and passed without a warning, by kind; `true` counts what is right as it stands."""
    matcher = Matcher(cells_of(paper, Context.of(paper, known)), known)
    made = expand(paper, plan_offline(paper, known), all_models=True)
    claims = [claim for family in made.families for claim in claims_of(family.family)]
    true = {(c.backbone, c.quantity, c.value) for c in claims}
    tried, passed, unseen = Counter[str](), Counter[str](), Counter[str]()
    for claim in claims:
        for kind, value in [("true", claim.value), *(d for _ in range(rounds) for d in decoys(claim, claims, draw))]:
            if kind != "true" and (claim.backbone, claim.quantity, value) in true:
                continue
            cells, findings = matcher.check(replace(claim, value=value))
            tried[kind] += 1
            passed[kind] += not any(f.severity == "error" for f in findings)
            unseen[kind] += bool(cells) and not findings
    return tried, passed, unseen


def made_up(draw: random.Random, number: int) -> Paper:
    """A paper of three tables: classification, detection and segmentation, of families with one another's sizes and versions."""
    families = draw.sample(["Arvo", "Arvo V2", "Birk", "BirkMix", "Corel", "Dunet"], 4)
    sizes = ["T", "S", "B", "L"]
    rows = [(family, size) for family in families for size in sizes]

    def value(low: float, high: float) -> str:
        return f"{draw.uniform(low, high):.1f}"

    one = [
        [
            f"{f}-{s}",
            side,
            f"{draw.randint(5, 300)}M",
            f"{value(1, 90)}G",
            f"{value(30, 2000)}",
            value(76, 88),
            value(93, 98.5),
        ]
        for f, s in rows
        for side in ("224^2", "384^2")
    ]
    two = [
        [f"{f}-{s}", f"{draw.randint(20, 400)}M", f"{draw.randint(200, 1500)}G", *(value(*r) for r in _AP)]
        for f, s in rows
    ]
    three = [
        [f"{f}-{s}", "512^2", value(40, 54), value(41, 55), f"{draw.randint(30, 500)}M", f"{draw.randint(200, 3000)}G"]
        for f, s in rows
    ]
    return Paper(
        f"{number:064d}", f"made-up-{number}.pdf", 3, f"{families[0]}: a family that is made up", "",
        tuple(_table(f"p{n}.t1", str(n), caption, headers, rows) for n, (caption, headers, rows) in enumerate(_layout(one, two, three), 1)),
        (), (("",), ("",), ("",)),
    )  # fmt: skip


def _layout(*rows: list[list[str]]) -> Iterator[tuple[str, list[str], list[list[str]]]]:
    """Caption, headers and rows of each table."""
    classification = "Model,image size,#param.,FLOPs,throughput (image / s),top-1 acc.,top-5 acc."
    detection = "Backbone,#param.,FLOPs,AP^b,AP^b_50,AP^b_75,AP^m,AP^m_50,AP^m_75"
    segmentation = "Backbone,crop,mIoU (ss),mIoU (ms),Params,FLOPs"
    yield "Table 1. Results on ImageNet-1K. Throughput is measured on a V100 GPU.", classification.split(","), rows[0]
    yield "Table 2. COCO object detection and instance segmentation with Mask R-CNN.", detection.split(","), rows[1]
    yield "Table 3. Semantic segmentation on ADE20K with UPerNet.", segmentation.split(","), rows[2]


_AP = ((44, 55), (64, 75), (48, 60), (40, 48), (60, 70), (43, 52))


def _table(table_id: str, number: str, caption: str, headers: Sequence[str], rows: Sequence[Sequence[str]]) -> Table:
    box = Box(0, 0, 1, 1)
    return Table(
        table_id, int(table_id[1]), number, "", caption, "", tuple(Column((h,)) for h in headers),
        tuple(Row("", tuple(Cell(text, box) for text in row)) for row in rows), box,
    )  # fmt: skip


def main(paths: Sequence[str]) -> int:
    """Print the rates; 1 where one is above its limit."""
    draw = random.Random(0)
    papers = [_read(Path(path)) for path in paths] or [made_up(draw, number) for number in range(5)]
    tried, passed, unseen = Counter[str](), Counter[str](), Counter[str]()
    for paper in papers:
        for total, part in zip((tried, passed, unseen), measure(paper, Known(), draw)):
            total.update(part)
    is_over = False
    for kind in tried:
        rate = 100 * passed[kind] / tried[kind]
        is_over |= kind in LIMITS and rate > LIMITS[kind]
        limit = f"  (limit {LIMITS[kind]} %)" if kind in LIMITS else ""
        print(
            f"{kind:26} {tried[kind]:6} tried  {rate:6.2f} % passes  {100 * unseen[kind] / tried[kind]:6.2f} % unseen{limit}"
        )
    return int(is_over)


def _read(path: Path) -> Paper:
    if path.suffix == ".json":
        return Paper.from_json(json.loads(path.read_text()))
    from backbones.ingest.reader import read_paper

    return read_paper(path)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
