"""A table, read by rules: the quantity and setting of each column, the model and setting of each row."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Final

from backbones.ingest.meaning import lexicon
from backbones.ingest.meaning.columns import ReadColumn, evaluated, only_section, read_columns
from backbones.ingest.meaning.context import Context
from backbones.ingest.meaning.heading import read_heading
from backbones.ingest.meaning.roles import roles_of
from backbones.ingest.meaning.rows import ReadRow, read_rows
from backbones.ingest.meaning.setting import default_side, names_unknown_data, own_words, resolution_in, without_marked
from backbones.ingest.meaning.views import View, view_of
from backbones.ingest.paper import Table
from backbones.store.vocabulary import METRICS


@dataclass(frozen=True, slots=True)
class ReadTable:
    """A table whose rows name models."""

    view: View
    table: Table
    """The view's."""
    task: str
    dataset: str
    device: str
    precision: str
    columns: tuple[ReadColumn, ...]
    rows: tuple[ReadRow, ...]
    resolution: int = 0
    """Said for the whole table."""
    device_quote: tuple[str, int] | None = None
    head_quotes: tuple[tuple[str, str, int], ...] = ()
    is_inferred: bool = False
    """Nothing in the table says which data set it is on: the field's usual one is taken."""


_TASKS: Final = ("classification", "semantic segmentation", "detection")


def read_table(table: Table, context: Context) -> ReadTable:
    """All that the rules make of a table, turned where its rows are no models; no rows where it names no model, or no quantity."""
    view = view_of(table)
    table = view.table
    headings = tuple(read_heading(column.headers) for column in table.columns)
    roles = roles_of(table, headings, context.known, context.family)
    caption = without_marked(table.caption)
    columns = tuple(_judged(c, view) for c in read_columns(table, headings, roles, caption, context))
    task = _task(columns)
    if not roles.labels or not task or view.is_unclear:
        return ReadTable(view, table, "skip" if view.is_unclear else task or "skip", "", "", "", columns, ())
    dataset, is_inferred = _dataset(task, columns, table, caption)
    if task == "classification" and dataset in lexicon.VIDEO:
        task = "video classification"
    device, quote = _device(columns, table, caption, context)
    precision = lexicon.named(lexicon.PRECISIONS, table.title, caption)
    if not precision and quote is not None:
        precision = context.precision
    side = resolution_in(table.title) or resolution_in(own_words(caption)) or default_side(caption)
    judged = {
        c.dataset or dataset for c in columns if c.quantities and c.quantities[0].removesuffix("_error") in METRICS
    }
    rows = tuple(read_rows(table, roles, columns, caption, task, judged, side, context))
    rows, heads = _with_usual_head(rows, columns, task, dataset, context)
    return ReadTable(view, table, task, dataset, device, precision, columns, rows, side, quote, heads, is_inferred)


def _judged(column: ReadColumn, view: View) -> ReadColumn:
    """The data set that a row of the printed table names goes before what header or caption say."""
    named = view.datasets.get(column.column)
    return column if named is None else replace(column, dataset=named)


def _task(columns: tuple[ReadColumn, ...]) -> str:
    tasks = [
        METRICS[q].task
        for c in columns
        for q in c.quantities
        if q.removesuffix("_error") in METRICS
        for q in [q.removesuffix("_error")]
    ]
    for task in _TASKS:
        if task in tasks:
            return task
    if tasks:
        return tasks[0]
    measured = {q for c in columns for q in c.quantities} & {
        "params_m",
        "compute",
        "throughput_img_s",
        "latency_ms",
        "peak_memory_mib",
    }
    return "speed" if measured & {"throughput_img_s", "latency_ms", "peak_memory_mib"} or len(measured) >= 2 else ""


def _dataset(task: str, columns: tuple[ReadColumn, ...], table: Table, caption: str) -> tuple[str, bool]:
    """The table's data set, what a column without one is about; and whether only the field's habit says so.

    Nothing is guessed where headers name what was pretrained on, or the caption a data set that is not known here.
    """
    metric = next(
        (q.removesuffix("_error") for c in columns for q in c.quantities if q.removesuffix("_error") in METRICS),
        "top_1",
    )
    found = evaluated(metric, table.title, only_section(table), caption)
    if found:
        return found, False
    if task != "classification":
        return {"detection": "COCO val"}.get(task, ""), task == "detection"
    named = {c.dataset for c in columns if c.dataset and c.quantities and c.quantities[0].startswith("top_")}
    is_open = names_unknown_data(table.title, caption) or (not named and any(c.pretraining_dataset for c in columns))
    if is_open or not named <= lexicon.IMAGENET_EVALUATIONS:
        return "", False
    return "ImageNet-1k", not named


def _device(
    columns: tuple[ReadColumn, ...], table: Table, caption: str, context: Context
) -> tuple[str, tuple[str, int] | None]:
    if not any(q in ("throughput_img_s", "latency_ms", "peak_memory_mib") for c in columns for q in c.quantities):
        return "", None
    for text in (table.title, caption, " ".join(table.left_over)):
        if len(named := lexicon.devices_in(text)) == 1:
            return named[0], None
        if named or re.search(r"\b(?:CPU|Xeon|Intel|mobile|phone|TPU|ARM)\b", text):
            return "", None
    if context.device is not None:
        return context.device.value, (context.device.quote, context.device.page)
    return "", None


def _with_usual_head(
    rows: tuple[ReadRow, ...], columns: tuple[ReadColumn, ...], task: str, dataset: str, context: Context
) -> tuple[tuple[ReadRow, ...], tuple[tuple[str, str, int], ...]]:
    """Rows without a head take the one that the paper's sentences name; the sentence goes with it."""
    if (
        task not in ("detection", "semantic segmentation")
        or all(row.head for row in rows)
        or any(c.head for c in columns)
    ):
        return rows, ()
    usual = context.head(task, dataset)
    if usual is None:
        return rows, ()
    given = tuple(row if row.head else replace(row, head=usual.value) for row in rows)
    return given, ((usual.value, usual.quote, usual.page),)
