"""The check of hand-made family files against a paper: rows and headers, then each number's cell by a second engine."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from backbones.ingest.checking import Checker
from backbones.ingest.checking.check import matcher_of
from backbones.ingest.checking.claims import claims_of
from backbones.ingest.checking.match import Matcher
from backbones.ingest.meaning.known import Known
from backbones.ingest.paper import Paper
from backbones.ingest.second_reading import Place, Progress, disagreements, read_again
from backbones.store.drafts import SEVERITIES, Finding
from backbones.store.family_file import FamilyFile


def check_files(
    files: Sequence[FamilyFile], paper: Paper, pdf: Path, known: Known, progress: Progress | None = None
) -> list[list[Finding]]:
    """What is wrong with each file, beside the paper that its numbers come from; the worst first."""
    checker = Checker(paper, known)
    matcher = matcher_of(paper, known)
    places = [list(_places(file, paper, matcher)) for file in files]
    texts = read_again(pdf, [place for found in places for place in found], progress)
    return [
        sorted(
            [*checker.against_paper(file), *disagreements(own, texts)],
            key=lambda finding: SEVERITIES.index(finding.severity),
        )
        for file, own in zip(files, places, strict=True)
    ]


def _places(file: FamilyFile, paper: Paper, matcher: Matcher) -> Iterator[Place]:
    """The first cell that bears each number out."""
    for claim in claims_of(file):
        for found in matcher.check(claim)[0][:1]:
            cell = paper.cell(found.table.address(found.row, found.column))
            if cell is not None:
                table = found.table
                number = table.number + table.part
                yield Place(claim.path, table.id, table.page, number, cell.box, cell.text, claim.place)
