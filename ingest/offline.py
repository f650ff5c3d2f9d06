"""The plan of a paper from rules, without any model.

A table is taken when its rows name models at a size; a table that calls itself an ablation, or a list of settings, is not.
Where one table gives the same model in the same setting two values, something that the rules do not understand tells its
rows apart: those rows are left out. So are rows with a mark or a note that nothing explains, beside a row of the same name
without it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace

from backbones.ingest.meaning import lexicon
from backbones.ingest.meaning.bounded import bounded
from backbones.ingest.meaning.columns import ReadColumn
from backbones.ingest.meaning.context import Context
from backbones.ingest.meaning.family import is_of
from backbones.ingest.meaning.known import Known
from backbones.ingest.meaning.label import differ_by_case
from backbones.ingest.meaning.numbers import numbers_of
from backbones.ingest.meaning.protocol import by_protocol, of_column, of_row, of_table
from backbones.ingest.meaning.rows import ReadRow
from backbones.ingest.meaning.setting import epochs_in, is_ablation, schedule_in
from backbones.ingest.meaning.table import ReadTable, read_table
from backbones.ingest.paper import Paper
from backbones.ingest.plan import SETTINGS, ColumnMeaning, Fact, Plan, RowMeaning, TableMeaning
from backbones.store.text import fold
from backbones.store.vocabulary import METRICS


def plan_offline(paper: Paper, known: Known) -> Plan:
    """What the tables of a paper mean, by rules; `known` has the catalogue's names."""
    paper = bounded(paper)
    context = Context.of(paper, known)
    read = [_chosen(read_table(table, context)) for table in paper.tables]
    read = _without_contradictions(_with_only_pretraining(read, context), context)
    return Plan(
        family=context.family,
        tables=[meaning for table in read for meaning in by_protocol(_meaning(table), table.table)],
        facts=[fact for table in read for fact in _facts(table)],
    )


def _chosen(read: ReadTable) -> ReadTable:
    """The table with the rows that the rules understand."""
    if is_ablation(read.table.caption, read.table.title):
        return replace(read, rows=())
    plain = {fold(row.backbone) for row in read.rows if not row.is_variant}
    rows = tuple(row for row in read.rows if not (row.is_variant and fold(row.backbone) in plain))
    return replace(read, rows=tuple(_unambiguous(read, rows)))


def _unambiguous(read: ReadTable, rows: tuple[ReadRow, ...]) -> Iterator[ReadRow]:
    """Rows without a second one of the same key that prints other results."""
    groups: dict[tuple[str, ...], list[ReadRow]] = defaultdict(list)
    spelled: dict[str, set[str]] = defaultdict(set)
    for row in rows:
        spelled[fold(row.backbone)].add(row.label.name)

    def key_of(row: ReadRow) -> tuple[str, ...]:
        size = row.label.size if differ_by_case(spelled[fold(row.backbone)]) else ""  # ViT-g is not ViT-G
        return (*_key(read, row), size)

    for row in rows:
        groups[key_of(row)].append(row)
    for row in rows:
        group = groups[key_of(row)]
        if read.view.is_turned:
            if not any(_differ(_results(read, row), _results(read, other)) for other in group):
                yield row
        elif len({_results(read, other) for other in group}) == 1 and group[0] is row:
            yield row


def _differ(one: tuple[str, ...], other: tuple[str, ...]) -> bool:
    """Whether two rows print another result in some column; rows of one model that were turned fill different ones."""
    return any(a and b and a != b for a, b in zip(one, other, strict=True))


def _key(read: ReadTable, row: ReadRow) -> tuple[str, ...]:
    printed = read.table.rows[row.row]
    said = [fold(row.backbone), row.head, row.pretraining_dataset, row.pretraining_method, row.intermediate_dataset]
    said.append(str(row.resolution or read.resolution))
    for column in read.columns:
        cell = printed.cells[column.column]
        if column.quantities and column.quantities[0] in SETTINGS:
            said.append(cell.text if cell is not None else "")
    said += [str(epochs_in(text)[0] or schedule_in(text)[0]) for text in (printed.section, *row.label.notes)]
    said.append(of_row(read.table, row.row, row.label_column))
    said.append(",".join(sorted(row.label.marks)))
    return tuple(said)


def _results(read: ReadTable, row: ReadRow) -> tuple[str, ...]:
    cells = read.table.rows[row.row].cells
    return tuple(
        cell.text if (cell := cells[column.column]) is not None else ""
        for column in read.columns
        if column.quantities and column.quantities[0].removesuffix("_error") in METRICS
    )


def _without_contradictions(read: list[ReadTable], context: Context) -> list[ReadTable]:
    """Where two tables give one model in one setting different values, one of them is right.

    The one that says its data set before one for which it is inferred; then the one with more of the family's sizes.
    """
    sizes = {t.table.id: len({fold(r.backbone) for r in t.rows if is_of(r.family, context.family)}) for t in read}
    rank = {t.table.id: (not t.is_inferred, sizes[t.table.id]) for t in read}
    values: dict[tuple[str, ...], dict[str, str]] = defaultdict(dict)
    for table in read:
        for row in table.rows:
            for key, printed in _values(table, row):
                values[key].setdefault(table.table.id, printed)

    def is_contradicted(table: ReadTable, row: ReadRow) -> bool:
        return any(
            printed != other and rank[elsewhere] > rank[table.table.id]
            for key, printed in _values(table, row)
            for elsewhere, other in values[key].items()
        )

    return [
        replace(
            table,
            rows=tuple(
                row for row in table.rows if not (is_of(row.family, context.family) and is_contradicted(table, row))
            ),
        )
        for table in read
    ]


def _values(read: ReadTable, row: ReadRow) -> Iterator[tuple[tuple[str, ...], str]]:
    """The printed results of a row, each with all that tells its setting."""
    setting = _key(read, row)[:-1]
    for column in read.columns:
        cell = read.table.rows[row.row].cells[column.column]
        quantity = column.quantities[0] if len(column.quantities) == 1 else ""
        if cell is not None and quantity.removesuffix("_error") in METRICS and (numbers := numbers_of(cell.text)):
            yield (
                (
                    *setting,
                    column.dataset or read.dataset,
                    column.head,
                    str(column.resolution),
                    quantity,
                    setting[-1] or of_column(read.table, column.column) or of_table(read.table),
                    ",".join(row.label.marks),
                ),
                f"{numbers[0].value:g}",
            )


def _with_only_pretraining(read: list[ReadTable], context: Context) -> list[ReadTable]:
    """A backbone of the paper's that its tables on ImageNet-1k pretrain on one data set is that one elsewhere, where nothing says so.

    Not on videos: there a model may be trained from scratch, or on other videos.
    """
    seen: dict[str, set[tuple[str, str]]] = defaultdict(set)
    for table in read:
        if _is_of_imagenet(table):
            for row in table.rows:
                if is_of(row.family, context.family):
                    seen[fold(row.backbone)].add((row.pretraining_dataset, row.intermediate_dataset))
    only = {name: next(iter(found)) for name, found in seen.items() if len(found) == 1}

    def settled(row: ReadRow) -> ReadRow:
        dataset, intermediate = only.get(fold(row.backbone), ("", ""))
        if dataset and not intermediate and not row.is_pretraining_said and is_of(row.family, context.family):
            return replace(row, pretraining_dataset=dataset)
        return row

    return [
        table
        if _is_of_imagenet(table) or _is_of_videos(table) or any(c.pretraining_dataset for c in table.columns)
        else replace(table, rows=tuple(settled(row) for row in table.rows))
        for table in read
    ]


def _is_of_imagenet(read: ReadTable) -> bool:
    return read.task == "classification" and "ImageNet-1k" in _judged(read)


def _is_of_videos(read: ReadTable) -> bool:
    return bool(_judged(read) & lexicon.VIDEO)


def _judged(read: ReadTable) -> set[str]:
    return {
        c.dataset or read.dataset
        for c in read.columns
        if c.quantities and c.quantities[0].removesuffix("_error") in METRICS
    }


def _meaning(read: ReadTable) -> TableMeaning:
    taken = bool(read.rows) and any(c.quantities and c.quantities[0] not in ("label", "ignore") for c in read.columns)
    return TableMeaning(
        table=read.table.id,
        task=read.task if taken else "skip",
        dataset=read.dataset,
        protocol="supervised" if taken else "",
        head="",
        pretraining_dataset="ImageNet-1k" if any(c.pretraining_dataset for c in read.columns) else "",
        pretraining_method="",
        resolution=read.resolution if taken else 0,
        device=read.device,
        precision=read.precision,
        batch_size=0,
        convention="macs" if taken else "",
        columns=[meaning for column in read.columns for meaning in _columns(column)] if taken else [],
        rows=[_row(row) for row in read.rows] if taken else [],
    )


def _columns(column: ReadColumn) -> Iterator[ColumnMeaning]:
    for part, quantity in enumerate(column.quantities or ("ignore",), 1):
        yield ColumnMeaning(
            column=column.column,
            quantity=quantity,
            part=part if len(column.quantities) > 1 else 0,
            dataset=column.dataset,
            head=column.head,
            pretraining_dataset=column.pretraining_dataset,
            resolution=column.resolution,
            device=column.device,
            precision=column.precision,
        )


def _row(row: ReadRow) -> RowMeaning:
    return RowMeaning(
        row=row.row,
        label_column=row.label_column,
        family=row.family,
        backbone=row.backbone,
        pretraining_dataset=row.pretraining_dataset,
        pretraining_method=row.pretraining_method,
        intermediate_dataset=row.intermediate_dataset,
        head=row.head,
        resolution=row.resolution,
    )


def _facts(read: ReadTable) -> Iterator[Fact]:
    """The sentences that a table's device and head rest on."""
    if not read.rows:
        return
    if read.device and read.device_quote is not None:
        quote, page = read.device_quote
        yield Fact(subject=read.table.id, kind="device", value=read.device, quote=quote, page=page)
    for value, quote, page in read.head_quotes:
        yield Fact(subject=read.table.id, kind="head", value=value, quote=quote, page=page)
