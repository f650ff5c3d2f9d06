"""The rows of a table: which model each names, and in what setting label, marks, section and caption put it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from backbones.ingest.meaning import lexicon
from backbones.ingest.meaning.columns import ReadColumn
from backbones.ingest.meaning.context import Context
from backbones.ingest.meaning.family import is_of
from backbones.ingest.meaning.known import is_machine_name
from backbones.ingest.meaning.label import PRETRAINING, Label, is_model_like, pretraining_of, read_label
from backbones.ingest.meaning.marks import Explanation, explained
from backbones.ingest.meaning.pretrained import pretrained, pretraining_column
from backbones.ingest.meaning.roles import Roles
from backbones.ingest.meaning.setting import (
    epochs_in,
    is_intermediate,
    own_words,
    pretraining_in,
    resolution_in,
    schedule_in,
)
from backbones.ingest.paper import Row, Table


@dataclass(frozen=True, slots=True)
class ReadRow:
    """A row, or one side of it, that names a model."""

    row: int
    label_column: int
    label: Label
    family: str
    backbone: str
    head: str
    pretraining_dataset: str
    pretraining_method: str
    intermediate_dataset: str
    is_pretraining_said: bool
    """Some words of the table say it, or leave it open: it is no default."""
    resolution: int
    is_variant: bool
    """Something at the label that no rule understands: the numbers may be another recipe's."""


@dataclass(frozen=True, slots=True)
class _Shared:
    """What all rows of a table have in common."""

    table: Table
    roles: Roles
    caption: str
    marks: dict[str, Explanation]
    pretraining: str
    """Said for the whole table; empty: its columns say it."""
    assumed: str
    """Where no words say it: ImageNet-1k in a table of results on it, else empty."""
    said_column: int | None
    """The column whose header is of pretraining."""
    resolution: int
    """Of the paper's own classifiers, where the table says none."""
    context: Context


def read_rows(
    table: Table,
    roles: Roles,
    columns: tuple[ReadColumn, ...],
    caption: str,
    task: str,
    judged: set[str],
    side: int,
    context: Context,
) -> Iterator[ReadRow]:
    """Every row that names a model of a size.

    `caption` is without the explanations of marks, `judged` the data sets of the results, `side` the table's resolution.
    """
    has_sides = any(c.quantities == ("resolution",) or c.resolution for c in columns)
    marks = explained(table.caption, *table.left_over)
    said_column = pretraining_column(table)
    shared = _Shared(
        table,
        roles,
        caption,
        marks,
        ""
        if any(c.pretraining_dataset for c in columns)
        else pretraining_in(table.title, is_heading=True)
        or pretraining_in(own_words(caption))
        or _of_all(caption)
        or _in_sentences(table.title, context),
        "" if any(c.pretraining_dataset for c in columns) else _assumed(judged, marks if said_column is None else {}),
        said_column,
        context.resolution if task == "classification" and not has_sides and not side else 0,
        context,
    )
    for number, row in enumerate(table.rows):
        for column in roles.labels:
            cell = row.cells[column]
            if cell is None or not is_model_like(cell.text):
                continue
            label = read_label(cell.text)
            family, backbone = _named(label, context)
            if backbone:
                yield _row(shared, number, column, label, family, backbone)


def _assumed(judged: set[str], marks: dict[str, Explanation]) -> str:
    """The pretraining of rows of which no words speak.

    ImageNet-1k in tables on it; and where a mark says that some rows are pretrained on ImageNet-22k, those without it are not.
    """
    if not judged or judged & _ON_IMAGENET:
        return "ImageNet-1k"
    is_told = any(meaning.pretraining_dataset == "ImageNet-22k" for meaning in marks.values())
    return "ImageNet-1k" if is_told and not judged & lexicon.VIDEO else ""


def _of_all(caption: str) -> str:
    """What a caption says of all rows but some: `All experiments rely on ImageNet-1K pre-trained models except …`."""
    for part in re.split(r"(?<=[\w)\]])\.\s+", lexicon.clean(caption)):
        if re.match(r"\W*all\b", part, re.IGNORECASE):
            lead = re.split(r"\b(?:except|unless)\b", part, maxsplit=1, flags=re.IGNORECASE)[0]
            if said := pretraining_in(lead):
                return said
    return ""


def _in_sentences(title: str, context: Context) -> str:
    """What the sentences with a title's words say of pretraining: `For system-level comparison, we adopt … ImageNet-22K pre-trained`."""
    words = re.sub(r"^\W*\(?\w\)\W*", "", lexicon.clean(title)).strip(" .")
    if len(words.split()) < 2 or len(words) > 40:
        return ""
    pattern = r"-?".join(re.escape(letter) for letter in words)  # a hyphen may be a line's end
    found = {said for _, sentence in context.prose.where(pattern) if (said := pretraining_in(sentence))}
    return found.pop() if len(found) == 1 else ""


def _row(shared: _Shared, number: int, column: int, label: Label, family: str, backbone: str) -> ReadRow:
    row, roles, context = shared.table.rows[number], shared.roles, shared.context
    meanings = [shared.marks[mark] for mark in label.marks if mark in shared.marks]
    method = lexicon.named(lexicon.METHODS, _text(row, roles.method))
    own = is_of(family, context.family)
    pretraining, intermediate, is_said = _pretraining(shared, number, label, meanings, backbone, method, own)
    return ReadRow(
        number,
        column,
        label,
        family,
        backbone,
        _head(shared, row, label),
        pretraining,
        method or (context.method if own else ""),
        intermediate,
        is_said,
        label.resolution
        or resolution_in(_text(row, roles.pretraining))
        or next((m.resolution for m in meanings if m.resolution), 0)
        or resolution_in(row.section)
        or (shared.resolution if own else 0),
        bool(_real_notes(label)) or any(mark not in shared.marks for mark in label.marks),
    )


def _pretraining(
    shared: _Shared, number: int, label: Label, meanings: list[Explanation], backbone: str, method: str, own: bool
) -> tuple[str, str, bool]:
    """The data set of the pretraining, of a stage with labels between it and the last, and whether words say so."""
    row, roles, context = shared.table.rows[number], shared.roles, shared.context
    cell = pretrained(shared.table, number, shared.said_column) if shared.said_column is not None else None
    if cell is not None and not (label.pretraining_dataset or any(m.pretraining_dataset for m in meanings)):
        if cell.is_open:
            return "", "", True
        if cell.is_none:  # on ImageNet-1k itself: trained from scratch on it, which is that data set's checkpoint
            return shared.assumed, "", True
        if cell.intermediate:
            is_last = cell.intermediate == "ImageNet-1k" == shared.assumed
            return cell.dataset, "" if is_last else cell.intermediate, True
    said = (
        label.pretraining_dataset
        or next((m.pretraining_dataset for m in meanings if m.pretraining_dataset), "")
        or (_extra_data(backbone, context) if any(m.is_extra_data for m in meanings) else "")
        or (cell.dataset if cell is not None else pretraining_of(_text(row, roles.pretraining)))
        or pretraining_in(_text(row, roles.method))
        or pretraining_in(row.section, is_heading=True)
        or shared.pretraining
    )
    is_said, said = bool(said), said or (shared.assumed if shared.said_column is None or cell is None else "")
    has_labels_between = (
        (said == "ImageNet-22k" and own and context.method and method != "Supervised")
        or (is_intermediate(shared.caption) and _LARGER.search(shared.caption))
        or (method not in ("", "Supervised") and _LARGER.search(_text(row, roles.method)))
    )
    return ("ImageNet-1k", "ImageNet-22k", True) if has_labels_between else (said, "", is_said)


_ON_IMAGENET = frozenset(("ImageNet-1k", *lexicon.IMAGENET_EVALUATIONS))

_LARGER = re.compile(r"2[12]k", re.IGNORECASE)


def _head(shared: _Shared, row: Row, label: Label) -> str:
    """Of the row's own cell, its label, its section, the title, or a caption that names just one."""
    found = lexicon.named(lexicon.HEADS, _text(row, shared.roles.head)) or label.head
    for text in (row.section, shared.table.title):
        found = found or next(iter(lexicon.all_named(lexicon.HEADS, text)), "")
    in_caption = lexicon.all_named(lexicon.HEADS, shared.caption)
    return found or (in_caption[0] if len(in_caption) == 1 else "")


_HARMLESS = re.compile(
    r"^(?:ILSVRC.*|official|default|reported|v\d|baseline|\d{4}|\w+['’]\d\d|reproduced)$", re.IGNORECASE
)


def _real_notes(label: Label) -> list[str]:
    return [
        note
        for note in label.notes
        if not (_HARMLESS.match(note.strip()) or epochs_in(note)[0] or schedule_in(note)[0])
    ]


def _text(row: Row, column: int | None) -> str:
    cell = row.cells[column] if column is not None else None
    return cell.text if cell is not None else ""


def _named(label: Label, context: Context) -> tuple[str, str]:
    """Family and backbone of a label, by the catalogue's names; ("", "") where it names no model of a size."""
    known = context.known
    if is_of(label.stem, context.family) and (label.size or label.is_ours):
        known_name = known.name("backbone", label.name)
        if known_name and is_of(known.family_of.get(known_name, ""), context.family):
            return context.family, _readable(known_name, label.name)
        return context.family, label.name
    backbone = known.name("backbone", label.name)
    if backbone is not None:
        return known.family_of.get(backbone, label.stem), _readable(backbone, label.name)
    if label.size and len(label.stem) >= 2:
        return known.name("family", label.stem) or label.stem, label.name
    return "", ""


def _readable(known: str, printed: str) -> str:
    """The paper's own spelling where the catalogue has only a library's name, `arvo_v2_s`."""
    return printed if is_machine_name(known) and not is_machine_name(printed) else known


def _extra_data(backbone: str, context: Context) -> str:
    """The data set that the sentences with a model's name give for its pretraining; `extra data` where they give none."""
    names = {
        name
        for _, sentence in context.prose.where(re.escape(backbone))
        for name in lexicon.all_named(lexicon.PRETRAINING_ONLY, sentence)
        + [d for d in lexicon.all_named(lexicon.DATASETS, sentence) if d.startswith("JFT")]
        if name in PRETRAINING
    }
    return names.pop() if len(names) == 1 else "extra data"
