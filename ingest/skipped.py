"""Which tables of a paper gave no number, and why, as far as the plan tells."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Final

from backbones.ingest.meaning.family import is_of
from backbones.ingest.meaning.setting import is_ablation
from backbones.ingest.meaning.views import view_of
from backbones.ingest.paper import Paper, Table
from backbones.ingest.plan import Plan, TableMeaning
from backbones.ingest.planning.prompt import has_numbers
from backbones.store.drafts.evidence import Finding
from backbones.store.text import printable

MOST_TOLD: Final = 10
"""In one line; the findings have all of them."""


@dataclass(frozen=True, slots=True)
class Skipped:
    """A table without a number in the drafts."""

    table: Table
    why: str

    @property
    def name(self) -> str:
        """As the paper calls it."""
        return f"table {self.table.number}{self.table.part}"


def skipped_tables(paper: Paper, plan: Plan, used: Collection[str], origin: str) -> list[Skipped]:
    """In the order of the paper. `used`: the ids of the tables that gave numbers; `origin`: who made the plan."""
    meanings = {meaning.table: meaning for meaning in plan.tables}
    return [
        Skipped(table, _why(table, meanings.get(table.id), plan.family, origin))
        for table in paper.tables
        if table.id not in used
    ]


def _why(table: Table, meaning: TableMeaning | None, family: str, origin: str) -> str:
    if not has_numbers(table):
        return "it holds no number"
    if meaning is None:
        return "nobody said what it means"
    if meaning.task == "skip" or not meaning.rows:
        if view_of(table).is_unclear:
            return "its rows hold several models, and it is not clear to which of them a number belongs"
        if origin != "offline":
            return "the model says that it holds nothing for the catalogue"
        if is_ablation(table.caption, table.title):
            return "it calls itself an ablation"
        return "no rows that name models beside a column that is a metric"
    if not any(is_of(row.family or family, family) for row in meaning.rows):
        return f"its models are not {family}'s" if family else "its models are of no known family"
    if all(column.quantity in ("label", "ignore") for column in meaning.columns):
        return "no column that is a metric"
    return "no cell of its rows and columns became a number of the draft"


def told_of_skipped(paper: Paper, skipped: Sequence[Skipped]) -> str:
    """One line on all tables; empty where every table gave numbers."""
    if not skipped:
        return ""
    of = len(paper.tables)
    told = ", ".join(f"{one.name} ({one.why})" for one in skipped[:MOST_TOLD])
    more = f", and {len(skipped) - MOST_TOLD} more" if len(skipped) > MOST_TOLD else ""
    what = "tables and parts of tables" if any(table.part for table in paper.tables) else "tables"
    return printable(f"{of - len(skipped)} of {of} {what} gave numbers; not taken: {told}{more}")


def findings_of(skipped: Sequence[Skipped]) -> list[Finding]:
    """A note for each."""
    return [
        Finding(
            "note",
            "missing",
            printable(f"{one.name} on page {one.table.page} gave no number: {one.why}"),
            page=one.table.page,
            table=one.table.id,
        )
        for one in skipped
    ]
