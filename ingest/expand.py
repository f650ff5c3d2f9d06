"""A paper and its plan -> family files: code copies every number out of its cell and notes where it stood.

What is in no cell, and in no words of the paper, does not become a value.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from backbones.ingest.expanding.assemble import Family
from backbones.ingest.expanding.outvoted import outvoted
from backbones.ingest.expanding.printed import Unprinted, with_printed_words
from backbones.ingest.expanding.row import CopiedRow, RowReader, named_nearby
from backbones.ingest.expanding.said import is_borne_out, settled
from backbones.ingest.expanding.spelling import Spellings
from backbones.ingest.expanding.tree import evidence_of, plain_of
from backbones.ingest.meaning.bounded import bounded
from backbones.ingest.meaning.family import is_of
from backbones.ingest.meaning.prose import Prose
from backbones.ingest.meaning.views import view_named
from backbones.ingest.paper import Paper, Table
from backbones.ingest.plan import Fact, Plan, RowMeaning, TableMeaning
from backbones.store.drafts.evidence import Evidence, Finding, Grid
from backbones.store.family_file import FamilyFile
from backbones.store.text import fold, printable, slug
from backbones.store.vocabulary import METRICS


@dataclass(frozen=True, slots=True)
class Expanded:
    """One family of a paper: its file, and where each of its numbers stands."""

    family: FamilyFile
    plain: dict[str, Any]
    """The file as it is written."""
    evidence: tuple[Evidence, ...]


@dataclass(frozen=True, slots=True)
class Expansion:
    """What a plan makes of a paper."""

    families: tuple[Expanded, ...]
    """The proposed one first; the others only where they were asked for."""
    findings: tuple[Finding, ...]
    """Cells that could not be read, and what the plan says that the paper does not."""


def expand(paper: Paper, plan: Plan, origin: str = "offline", all_models: bool = False) -> Expansion:
    """Copy the planned numbers. `all_models`: also those of the models that the paper compares with, each in its family's file."""
    paper = bounded(paper)
    prose = Prose.of(paper)
    facts, findings = _facts(plan, prose)
    families: dict[str, Family] = {}
    spellings = Spellings(_named_rows(paper, plan))
    lost: list[tuple[Table, RowMeaning]] = []
    copied: list[CopiedRow] = []
    for meaning in plan.tables:
        meaning = settled(meaning)
        if meaning.task == "skip" or not meaning.rows:
            continue
        try:
            view = view_named(paper, meaning.table)
        except KeyError:
            findings.append(
                Finding(
                    "warning",
                    "row",
                    f"the plan speaks of table {printable(meaning.table)!r}, which the paper does not have",
                )
            )
            continue
        table = view.printed
        meaning = _with_facts(meaning, facts)
        if meaning.device and not named_nearby(meaning.device, table) and not _has(facts, "device", meaning):
            findings.append(
                Finding(
                    "warning",
                    "quote",
                    printable(
                        f"nothing says that table {table.number} was measured on {meaning.device!r}; name its source or leave it out"
                    ),
                    page=table.page,
                    table=table.id,
                )
            )
            meaning = meaning.model_copy(update={"device": ""})
        meaning, unprinted = with_printed_words(meaning, view.table, prose)
        findings += [_unsaid(one, table) for one in unprinted]
        reader = RowReader(view, prose, meaning, origin)
        lost += [(view.table, row) for row in meaning.rows if spellings.is_lost(view.table, row)]
        rows = [row for row in reader.rows() if not spellings.is_lost(view.table, row.meaning)]
        for row in rows:
            name = plan.family if is_of(row.meaning.family or plan.family, plan.family) else row.meaning.family
            if all_models or name == plan.family:
                copied.append(row)
                families.setdefault(fold(name), Family(printable(name), {}, is_of(name, plan.family))).add(row)
        findings += reader.findings
        findings += _unsized(table, [row for row in rows if is_of(row.meaning.family or plan.family, plan.family)])
    findings += spellings.findings(lost)
    expanded = [made for family in families.values() if (made := _file(paper, family, findings)) is not None]
    told = [finding.text for finding in findings]
    findings += outvoted(copied, [e for made in expanded for e in made.evidence], told)
    expanded.sort(key=lambda made: not is_of(made.family.family, plan.family))
    return Expansion(tuple(expanded), tuple(dict.fromkeys(findings)))


def _named_rows(paper: Paper, plan: Plan) -> Iterator[tuple[Table, list[RowMeaning]]]:
    for meaning in plan.tables:
        try:
            yield view_named(paper, meaning.table).table, meaning.rows
        except KeyError:
            continue


def _unsaid(unprinted: Unprinted, table: Table) -> Finding:
    text = (
        f"table {table.number}{table.part} on page {table.page}: no words of the paper bear out the {unprinted.what} "
        f"{unprinted.value!r} of the plan; left out, look at it"
    )
    return Finding("warning", "quote", printable(text), page=table.page, table=table.id)


def _facts(plan: Plan, prose: Prose) -> tuple[list[Fact], list[Finding]]:
    """The facts whose quote stands where they say and holds their value; a finding for each other."""
    kept, findings = [], []
    for fact in plan.facts:
        if is_borne_out(fact, prose):
            kept.append(fact)
        else:
            findings.append(
                Finding(
                    "warning",
                    "quote",
                    printable(
                        f"{fact.kind} {fact.value!r} of {fact.subject}: its quote does not stand on page {fact.page}, or does not hold it; left out"
                    ),
                    page=fact.page,
                )
            )
    return kept, findings


def _has(facts: list[Fact], kind: str, meaning: TableMeaning) -> bool:
    return any(f.kind == kind and f.subject in (meaning.table, "") for f in facts)


def _with_facts(meaning: TableMeaning, facts: list[Fact]) -> TableMeaning:
    """What the prose says of a table, where the table itself says nothing."""
    update: dict[str, Any] = {}
    for fact in facts:
        if (
            fact.subject == meaning.table
            and fact.kind in ("device", "precision", "head", "pretraining_dataset")
            and not getattr(meaning, fact.kind)
        ):
            update[fact.kind] = fact.value
    return meaning.model_copy(update=update) if update else meaning


def _unsized(table: Table, rows: list[CopiedRow]) -> list[Finding]:
    """A note where accuracies have no resolution because nothing states one for them."""
    count = sum(
        any(
            n.resolution is None and n.quantity in METRICS and METRICS[n.quantity].is_classification
            for n in row.numbers
        )
        for row in rows
    )
    if not count:
        return []
    text = (
        f"table {table.number}{table.part} on page {table.page}: no resolution is stated for {count} of {len(rows)} rows;"
        " it is left open, add it where you know it"
    )
    return [Finding("note", "setting", printable(text), page=table.page, table=table.id)]


def _file(paper: Paper, family: Family, findings: list[Finding]) -> Expanded | None:
    backbones = family.tree()
    findings += [Finding("note", "missing", text) for text in family.unplaced]
    if not backbones:
        return None
    arxiv = printable(paper.arxiv).strip()
    source = f"arxiv:{arxiv}" if arxiv else f"paper:{slug(printable(paper.title))[:80] or paper.sha256[:12]}"
    described: dict[str, Any] = {"title": " ".join(printable(paper.title).split())[:1000] or None, "kind": "paper"}
    if arxiv:
        described["url"] = f"https://arxiv.org/abs/{arxiv}"
    tree: dict[str, Any] = {
        "family": family.name,
        "paper": described.get("url"),
        "collection": "user",
        "source": source,
        "sources": {source: {key: value for key, value in described.items() if value}},
        "backbones": backbones,
    }
    checked = _valid(tree, findings)
    return None if checked is None else Expanded(checked, plain_of(tree), tuple(evidence_of(tree)))


def _valid(tree: dict[str, Any], findings: list[Finding]) -> FamilyFile | None:
    """The file of a tree; what it cannot hold is taken out of the tree, with a finding. None: nothing is left."""
    for _ in range(MOST_REPAIRS):
        try:
            return FamilyFile.model_validate(plain_of(tree))
        except ValidationError as error:
            first = error.errors()[0]
            where = ".".join(str(key) for key in first["loc"])
            findings.append(Finding("warning", "range", printable(f"{where}: {first['msg']}; left out")[:500]))
            if not _take_out(tree, first["loc"]):
                return None
    return None


MOST_REPAIRS = 200


def _take_out(tree: Any, place: tuple[int | str, ...]) -> bool:
    """Remove the smallest thing at a place that the tree has, or the result that would be without what it needs."""
    keys = list(place)
    if keys and keys[-1] in ("values", "dataset", "task", "checkpoint", "backbone"):
        keys.pop()
    while keys:
        node = tree
        try:
            for key in keys[:-1]:
                node = node[key]
            del node[keys[-1]]
        except (KeyError, IndexError, TypeError):
            keys.pop()
        else:
            return True
    return False


def grids(paper: Paper, evidence: tuple[Evidence, ...]) -> tuple[Grid, ...]:
    """The tables that evidence points into, as text."""
    wanted = {e.table for e in evidence}
    return tuple(
        Grid(
            table.id, table.page, printable(table.number + table.part), printable(table.caption),
            tuple(printable(c.header) for c in table.columns),
            tuple(tuple("" if cell is None else printable(cell.text) for cell in row.cells) for row in table.rows),
            tuple(printable(row.section) for row in table.rows),
        )
        for table in paper.tables
        if table.id in wanted
    )  # fmt: skip
