"""The two checks: of a draft whose numbers know their cells, and of any family file beside its paper."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Final

from backbones.ingest.checking.catalogue import name_findings, value_findings
from backbones.ingest.checking.cells import PaperCell, cells_of
from backbones.ingest.checking.claims import Claim, claims_of
from backbones.ingest.checking.match import Matcher
from backbones.ingest.checking.sanity import sanity_findings
from backbones.ingest.meaning.context import Context
from backbones.ingest.meaning.known import Known
from backbones.ingest.paper import Paper
from backbones.store.drafts.evidence import SEVERITIES, Evidence, Finding
from backbones.store.family_file import FamilyFile
from backbones.store.text import fold, printable


def matcher_of(paper: Paper, known: Known) -> Matcher:
    """Looks claims up in a paper's tables, and doubts less where one of them could not be read."""
    unread = {missing.page for missing in paper.missing} | {table.page for table in paper.tables if table.left_over}
    pages = [" ".join(lines) for page, lines in enumerate(paper.prose, 1) if page in unread]
    return Matcher(cells_of(paper, Context.of(paper, known)), known, pages)


class Checker:
    """The checks of one paper, which is read once for all of its files."""

    def __init__(self, paper: Paper, known: Known) -> None:
        self._paper, self._known = paper, known
        self._matcher = matcher_of(paper, known)

    def against_paper(self, file: FamilyFile) -> list[Finding]:
        """Of any family file: see `check_against_paper`."""
        claims = list(claims_of(file))
        own = [claim for claim in claims if _is_from(claim, file, self._paper)]
        found = [finding for claim in own for finding in self._matcher.check(claim)[1]]
        if others := len(claims) - len(own):
            text = f"{others} of {len(claims)} numbers name another source than this paper and were not looked up in it"
            found.append(Finding("note", "source", text))
        return _sorted([*found, *_common(file, claims, self._known)])

    def draft(self, file: FamilyFile, evidence: Sequence[Evidence]) -> list[Finding]:
        """Of a draft: see `check_draft`."""
        claims = list(claims_of(file))
        by_path = {e.path: e for e in evidence}
        found: list[Finding] = []
        for claim in claims:
            one = by_path.get(claim.path)
            if one is None:
                text = printable(f"{claim.place}: has no evidence; reject it, or name its source")
                found.append(Finding("error", "missing", text, claim.path))
            else:
                found += _cell_findings(claim, one, self._matcher)
                found += _assumed(claim, one)
        found += _unprinted(evidence, self._paper)
        return _sorted([*found, *_common(file, claims, self._known)])

    def borne_out(self, file: FamilyFile) -> set[str]:
        """The paths of the numbers that stand in their model's row under their metric's header."""
        return {claim.path for claim in claims_of(file) if self._matcher.check(claim)[0]}


def check_against_paper(file: FamilyFile, paper: Paper, known: Known) -> list[Finding]:
    """Look every number of a file up in its paper: row, header, setting; then what numbers owe each other and the catalogue.

    Only numbers whose source is the paper are looked up; how many are not is noted.
    """
    return Checker(paper, known).against_paper(file)


def check_draft(file: FamilyFile, evidence: Sequence[Evidence], paper: Paper, known: Known) -> list[Finding]:
    """Hold every number of a draft against the very cell that it was copied from, then as above."""
    return Checker(paper, known).draft(file, evidence)


_SCALES: Final = re.compile(r"(?i)\b(?:ss|ms|single|multi|multiple)\b|\bscales?\b|[_( /+](?:ss|ms)\b")


def _assumed(claim: Claim, evidence: Evidence) -> Iterator[Finding]:
    """A mean IoU of which nothing near it says at how many scales it was tested."""
    said = (evidence.header, evidence.caption, evidence.row_label)
    if claim.quantity == "miou_ss" and not any(_SCALES.search(text) for text in said):
        text = "nothing in its header or caption says at one scale or at several; one scale is assumed"
        yield Finding(
            "warning", "setting", printable(f"{claim.place}: {text}"), claim.path, evidence.page, evidence.table
        )


def _cell_findings(claim: Claim, evidence: Evidence, matcher: Matcher) -> Iterator[Finding]:
    if abs(claim.value - evidence.value) > 1e-9:
        yield Finding(
            "error",
            "missing",
            printable(f"{claim.place}: its evidence says {evidence.value:.10g}; one of them was changed"),
            claim.path,
            evidence.page,
            evidence.table,
        )
        return
    cells, findings = matcher.check(claim)
    here = [
        cell
        for cell in cells
        if (cell.table.id, cell.row, cell.column) == (evidence.table, evidence.row, evidence.column)
    ]
    if here or not cells:
        yield from findings
        return
    yield Finding(
        "error", "row",
        printable(
            f"{claim.place}: was copied from table {evidence.number} on page {evidence.page}, row {evidence.row + 1} "
            f"({evidence.row_label}), column {evidence.header!r}, which does not say so; {_instead(cells)}"
        ),
        claim.path, evidence.page, evidence.table,
    )  # fmt: skip


def _instead(cells: list[PaperCell]) -> str:
    return f"look at {cells[0].place}"


def _unprinted(evidence: Iterable[Evidence], paper: Paper) -> Iterator[Finding]:
    """Evidence whose cell does not print what it claims: the paper was read anew, or the file was edited."""
    for one in evidence:
        if one.row < 0 or one.column < 0 or not one.table:
            continue
        try:
            cell = paper.cell(f"{one.table}.r{one.row}.c{one.column}")
        except KeyError:
            cell = None
        if cell is None or printable(cell.text) != one.printed:
            yield Finding(
                "error",
                "missing",
                printable(
                    f"{one.path}: table {one.number} on page {one.page} does not print {one.printed!r} there; ingest the paper again"
                ),
                one.path,
                one.page,
                one.table,
            )


def _common(file: FamilyFile, claims: list[Claim], known: Known) -> Iterator[Finding]:
    yield from sanity_findings(claims)
    yield from name_findings(file, known)
    yield from value_findings(claims, known)


def _is_from(claim: Claim, file: FamilyFile, paper: Paper) -> bool:
    """A number without a source of its own is the file's; a file whose source is another arXiv paper holds none of this one."""
    wanted = f"arxiv:{paper.arxiv}" if paper.arxiv else ""
    source = claim.source or ""
    if wanted and fold(source) == fold(wanted):
        return True
    return source == (file.source or "") and not (wanted and source.startswith("arxiv:"))


def _sorted(findings: Iterable[Finding]) -> list[Finding]:
    """The worst first, each once."""
    unique = dict.fromkeys(replace(finding) for finding in findings)
    return sorted(unique, key=lambda f: (SEVERITIES.index(f.severity), f.path))
