"""What a table prints and the draft does not hold: one sentence a table, with the reasons as far as the words tell."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Final

from backbones.ingest.meaning import protocol
from backbones.ingest.meaning.bounded import too_long
from backbones.ingest.meaning.errors import unclear_errors
from backbones.ingest.meaning.label import is_model_like, read_label
from backbones.ingest.meaning.marks import explained
from backbones.ingest.meaning.numbers import in_brackets, numbers_of
from backbones.ingest.meaning.pretrained import left_open
from backbones.ingest.meaning.views import view_named
from backbones.ingest.paper import Paper, Table
from backbones.ingest.plan import Plan, TableMeaning
from backbones.store.drafts.evidence import Finding
from backbones.store.text import fold, printable

MOST_NAMED: Final = 6
"""Columns or rows that a sentence names; the others are counted."""

Place = tuple[int, int]


def findings_on(paper: Paper, plan: Plan) -> Iterator[Finding]:
    """A note for each table of which something was not taken, and a warning where errors may be accuracies."""
    by_table: dict[str, list[TableMeaning]] = {}
    for meaning in plan.tables:
        by_table.setdefault(meaning.table, []).append(meaning)
    for name, meanings in by_table.items():
        try:
            view = view_named(paper, name)
        except KeyError:
            continue
        where = f"table {view.printed.number}{view.printed.part} on page {view.printed.page}"
        if sentence := untaken(view.table, meanings):
            yield Finding(
                "note", "missing", printable(f"{where}: {sentence}"), page=view.printed.page, table=view.printed.id
            )
        planned = {r.row for m in meanings for r in m.rows if not r.pretraining_dataset}
        if rows := [row for row in left_open(view.table) if row in planned]:
            labels = {r.label_column for m in meanings for r in m.rows}
            text = (
                f"{where}: the pretraining of {_named([_label(view.table, r, labels) for r in rows], 'row')} is left open: "
                "their cell is empty below one that is not, look at it"
            )
            yield Finding("note", "setting", printable(text), page=view.printed.page, table=view.printed.id)
        for meaning in meanings:
            if unclear := unclear_errors(view.table, meaning):
                yield Finding(
                    "warning", "header", printable(f"{where}: {unclear}"), page=view.printed.page, table=view.printed.id
                )


def untaken(table: Table, meanings: Sequence[TableMeaning]) -> str:
    """`12 of 60 numbers are not taken: column 'Ratio'; row 'Tern-T†' (a variant)`; empty where all are, or none is meant to be."""
    printed = {(r, c) for r, c, cell in table.cells() if numbers_of(cell.text)}
    taken = {place for meaning in meanings for place in _taken(meaning)} & printed
    is_open = protocol.of_table(table) == protocol.OPEN or any(_is_open(table, c) for c in range(len(table.columns)))
    if not printed or not (taken or is_open):
        return ""
    labels = {(row.row, row.label_column) for meaning in meanings for row in meaning.rows}
    labelled = {c for _, c in labels} | {c.column for m in meanings for c in m.columns if c.quantity == "label"}
    lost = {place for place in printed - taken if place[1] not in labelled}
    planned = {c.column for m in meanings if m.rows for c in m.columns if c.quantity not in ("label", "ignore")}
    parts = [*_columns(table, lost, planned), *_rows(table, lost, planned, {row for row, _ in labels}, labelled)]
    if hung := [n for r, c in sorted(taken) if (cell := table.rows[r].cells[c]) for n in in_brackets(cell.text)]:
        parts.append(f"{len(hung)} behind another in brackets ({', '.join(f'{n:g}' for n in hung[:MOST_NAMED])})")
    if count := too_long(table):
        parts.append(f"{count} cells are longer than any that is read")
    if not parts:
        return ""
    return f"{len(lost) + len(hung)} of {len(printed) + len(hung)} numbers are not taken: " + "; ".join(parts)


def _taken(meaning: TableMeaning) -> Iterator[Place]:
    columns = {c.column for c in meaning.columns if c.quantity not in ("label", "ignore")}
    return ((row.row, column) for row in meaning.rows for column in columns)


def _is_open(table: Table, column: int) -> bool:
    return protocol.of_column(table, column) == protocol.OPEN


def _columns(table: Table, lost: set[Place], planned: set[int]) -> Iterator[str]:
    """Columns that the plan gives no quantity."""
    whole = sorted({c for _, c in lost} - planned)
    left_open = [c for c in whole if _is_open(table, c) or protocol.of_table(table) == protocol.OPEN]
    if left_open:
        yield f"{_named(_headers(table, left_open), 'column')} (by a protocol that is left open, or that the catalogue has no word for)"
    if others := [c for c in whole if c not in left_open]:
        yield f"{_named(_headers(table, others), 'column')} (no quantity that is kept, or on no data set that is known)"


def _headers(table: Table, columns: Sequence[int]) -> list[str]:
    return [table.columns[c].header or f"number {c + 1}" for c in columns]


def _rows(table: Table, lost: set[Place], columns: set[int], rows: set[int], labelled: set[int]) -> Iterator[str]:
    """Rows that the plan gives no model, though columns of it have a quantity; by why."""
    whole = sorted({r for r, c in lost if c in columns} - rows)
    names = {r: _label(table, r, labelled) for r in range(len(table.rows))}
    counts = Counter(fold(read_label(name).name) for name in names.values() if name)
    reasons: dict[str, list[str]] = {}
    marks = explained(table.caption, *table.left_over)
    for row in whole:
        label = read_label(names[row])
        if not names[row] or not is_model_like(names[row]):
            why = "no model's name"
        elif label.notes or any(mark not in marks for mark in label.marks):
            why = "a variant that nothing explains"
        elif counts[fold(label.name)] > 1:
            why = "printed more than once, and nothing tells the rows apart"
        elif not label.size:
            why = "no model at a size"
        else:
            why = "contradicted by another table, or not understood"
        reasons.setdefault(why, []).append(names[row] or f"number {row + 1}")
    for why, found in reasons.items():
        yield f"{_named(found, 'row')} ({why})"


def _label(table: Table, row: int, labelled: set[int]) -> str:
    cells = table.rows[row].cells
    found = (cells[c] for c in sorted(labelled) or range(len(cells)) if c < len(cells))
    return next((cell.text for cell in found if cell is not None), "")


def _named(names: Sequence[str], what: str) -> str:
    shown = ", ".join(repr(name if len(name) <= 40 else f"{name[:39]}…") for name in names[:MOST_NAMED])
    more = f" and {len(names) - MOST_NAMED} more" if len(names) > MOST_NAMED else ""
    return f"{what}{'s' * (len(names) > 1)} {shown}{more}"
