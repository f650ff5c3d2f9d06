"""Tables that are not a model a row: turned so that they are, each cell with the place where it is printed.

- models in columns: rows are metrics or data sets, headers name models;
- data sets in rows: each row has a data set and, in cells, one model or several.

A view is a table like any other; its id is the printed table's with the kind of turning behind it. It depends on the table
alone, so that whoever holds a plan can make the same view again.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Final

from backbones.ingest.meaning import lexicon
from backbones.ingest.meaning.blocks import blocks_of
from backbones.ingest.meaning.heading import read_heading
from backbones.ingest.meaning.label import PRETRAINING, is_model_like, pretraining_of, read_label
from backbones.ingest.meaning.numbers import is_numeric
from backbones.ingest.paper import Cell, Column, Paper, Row, Table

IN_COLUMNS: Final = "models-in-columns"
IN_ROWS: Final = "data-sets-in-rows"
SIDE_BY_SIDE: Final = "models-side-by-side"
"""As IN_ROWS, with several models in a row: a comparison, whose numbers on a model are second-hand but for its results."""
_JOINT: Final = "~"

Place = tuple[int, int]


@dataclass(frozen=True, slots=True)
class View:
    """A table as it is to be read, and where its cells stand in the printed one."""

    table: Table
    printed: Table
    places: dict[Place, Place] = field(default_factory=dict)
    """Of the view's cells; row -1 is a header. Empty: the table is read as it is printed."""
    datasets: dict[int, str] = field(default_factory=dict)
    """What a row of the printed table names as its data set, by column of the view."""
    is_unclear: bool = False
    """Rows have several models, and to which of them a number belongs cannot be told: nothing is taken."""

    @property
    def is_turned(self) -> bool:
        """Whether rows and columns are others than those printed."""
        return self.table is not self.printed

    def place(self, row: int, column: int) -> Place:
        """Row and column of the printed table; -1: not in a cell."""
        if not self.is_turned:
            return row, column
        return self.places.get((row, column), (-1, -1))


def view_of(table: Table) -> View:
    """How a table is to be read."""
    return _models_in_columns(table) or _data_sets_in_rows(table) or View(table, table)


def view_named(paper: Paper, name: str) -> View:
    """The view that a plan's table id means; KeyError where the paper has none such."""
    printed, _, kind = name.partition(_JOINT)
    table = paper.table(printed)
    if not kind:
        return View(table, table)
    view = view_of(table)
    if view.table.id != name:
        raise KeyError(name)
    return view


def _text(table: Table, row: int, column: int) -> str:
    cell = table.rows[row].cells[column]
    return cell.text.strip() if cell is not None else ""


def _texts(table: Table, column: int) -> list[str]:
    return [text for r in range(len(table.rows)) if (text := _text(table, r, column))]


def _is_words(table: Table, column: int) -> bool:
    texts = _texts(table, column)
    return bool(texts) and 2 * sum(not is_numeric(text) for text in texts) >= len(texts)


@lru_cache(maxsize=4096)
def names_model(text: str) -> bool:
    """Whether a text is a model's name at a size, and nothing that a header or a data set can be."""
    plain = lexicon.clean(text)
    if not is_model_like(plain) or says_other(plain):
        return False
    label = read_label(plain)
    return bool(label.size and len(label.stem) >= 3 and not lexicon.named(lexicon.HEADS, label.name))


@lru_cache(maxsize=4096)
def says_other(text: str) -> bool:
    """Whether a text is a metric, a measure or a data set, whatever size it seems to have: `Top-1`, `CIFAR-10`."""
    quantities = read_heading((text,)).quantities
    return bool({*quantities} - {"label"}) or bool(lexicon.all_named(lexicon.DATASETS, text))


def _share(texts: Iterable[bool]) -> float:
    found = list(texts)
    return sum(found) / len(found) if found else 0.0


def _names_models(table: Table, column: int) -> bool:
    return _share(names_model(text) for text in _texts(table, column)) >= 0.5


def _models_in_columns(table: Table) -> View | None:
    """Headers name models, and the rows' own words a metric, a measure or a data set."""
    words = [c for c in range(len(table.columns)) if _is_words(table, c)]
    data = [c for c in range(len(table.columns)) if c not in words and _texts(table, c)]
    models = {c: level for c in data if (level := _model_level(table.columns[c])) is not None}
    if len(models) < 2 or len(models) < 0.6 * len(data) or not words or any(_names_models(table, c) for c in words):
        return None
    titles = [tuple(t for c in words if (t := _text(table, r, c))) for r in range(len(table.rows))]
    if _share(bool(_quantities(t)) for t in titles) < 0.5:
        return None
    columns, places, cells = [Column(("Model",))], dict[Place, Place](), dict[Place, Cell]()
    seen = Counter[tuple[str, ...]]()
    model_of: dict[int, tuple[str, int]] = {}
    for c, level in models.items():  # the same model above two columns of one kind: two rows
        headers = table.columns[c].headers
        model_of[c] = (headers[level], seen[headers])
        seen[headers] += 1
    names = list(dict.fromkeys(model_of.values()))
    number: dict[tuple[int, tuple[str, ...]], int] = {}
    for r in range(len(table.rows)):
        for c, level in models.items():
            headers = table.columns[c].headers
            rest = tuple(h for k, h in enumerate(headers) if k != level)
            name = names.index(model_of[c])
            if (r, rest) not in number:
                number[r, rest] = len(columns)
                columns.append(Column(tuple(h for h in (*rest, table.rows[r].section, *titles[r]) if h)))
            places[name, 0] = (-1, c)
            if (cell := table.rows[r].cells[c]) is not None:
                places[name, number[r, rest]], cells[name, number[r, rest]] = (r, c), cell
    rows = [
        Row("", (Cell(name, table.box), *(cells.get((n, k)) for k in range(1, len(columns)))))
        for n, (name, _) in enumerate(names)
    ]
    return View(_turned(table, IN_COLUMNS, columns, rows), table, places)


def _model_level(column: Column) -> int | None:
    """Which line of a header names a model; the innermost."""
    levels = [level for level, header in enumerate(column.headers) if names_model(header)]
    return levels[-1] if levels else None


def _quantities(headers: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(q for q in read_heading(headers).quantities if q not in ("label", "ignore"))


def _turned(table: Table, kind: str, columns: list[Column], rows: list[Row]) -> Table:
    return replace(table, id=f"{table.id}{_JOINT}{kind}", columns=tuple(columns), rows=tuple(rows))


_SAYS_DATA: Final = re.compile(r"\bdata\s?-?sets?\b|\bbenchmarks?\b|\btest\s+sets?\b|\beval", re.IGNORECASE)
_SAYS_TRAINING: Final = re.compile(r"train|\bextra\b", re.IGNORECASE)


def _is_judged(text: str) -> bool:
    named = lexicon.all_named(lexicon.DATASETS, text)
    return bool(named) and named[0] not in PRETRAINING - {"ImageNet-1k"} and len(text) <= 40


def _data_column(table: Table, labels: list[int]) -> int | None:
    """The column of words whose cells name what was judged by, a different one in most rows."""
    for column in range(len(table.columns)):
        texts, header = _texts(table, column), table.columns[column].header
        if column in labels or not _is_words(table, column) or _SAYS_TRAINING.search(header) or len({*texts}) < 2:
            continue
        judged = _share(_is_judged(text) for text in texts)
        only = {name for text in texts for name in lexicon.all_named(lexicon.DATASETS, text)}
        if (judged >= 0.5 or (judged > 0 and _SAYS_DATA.search(header))) and not only <= PRETRAINING:
            return column
    return None


def _data_sets_in_rows(table: Table) -> View | None:
    """A column of data sets beside one or more columns that name models."""
    labels = [c for c in range(len(table.columns)) if _is_words(table, c) and _names_models(table, c)]
    if not labels or (column := _data_column(table, labels)) is None:
        return None
    data = [c for c in range(len(table.columns)) if c != column and c not in labels and not _is_words(table, c)]
    models = _model_columns(table, labels, column, data)
    blocks = blocks_of(table.columns, models, data)
    if blocks is None:
        return View(table, table, is_unclear=True)
    columns, datasets = [Column(("Model",))], dict[int, str]()
    number: dict[tuple[str, int], int] = {}
    places, rows = dict[Place, Place](), list[Row]()
    named = ""
    for r, row in enumerate(table.rows):
        named = _text(table, r, column) or named
        for block in blocks:
            label, cell = block.label, row.cells[block.label]
            own = [c for c in block.data if row.cells[c] is not None]
            if cell is None or not own or not named:
                continue
            cells: dict[int, Cell | None] = {0: cell}
            places[len(rows), 0] = (r, label)
            for c in own:
                if (named, c) not in number:
                    number[named, c] = len(columns)
                    datasets[len(columns)] = _data_name(named)
                    columns.append(Column((named, *table.columns[c].headers)))
                at = number[named, c]
                cells[at], places[len(rows), at] = row.cells[c], (r, c)
            rows.append(Row(row.section, tuple(cells.get(n) for n in range(len(columns)))))
    width = len(columns)
    rows = [replace(row, cells=(*row.cells, *(None,) * (width - len(row.cells)))) for row in rows]
    kind = IN_ROWS if len(blocks) == 1 else SIDE_BY_SIDE
    return View(_turned(table, kind, columns, rows), table, places, datasets) if rows else None


def _model_columns(table: Table, labels: list[int], dataset: int, data: list[int]) -> list[int]:
    """All columns of words that name models, also such as are not known: by their header, or as nothing else explains them.

    A column such as `Method` right beside the one that names models is no other model's.
    """
    innermost = {header.casefold() for c in labels for header in table.columns[c].headers[-1:] if header}
    found = list[int]()
    for c in range(len(table.columns)):
        if c in labels:
            found.append(c)
        elif c != dataset and c not in data and _texts(table, c) and not _says_setting(table, c):
            headers = table.columns[c].headers
            quantities = read_heading(headers).quantities
            is_alike = bool(headers) and headers[-1].casefold() in innermost
            beside = any(
                n in labels and not any(min(n, c) < d < max(n, c) for d in data) for n in range(len(table.columns))
            )
            behind = any(d < c for d in data) and not quantities
            if is_alike or ((quantities == ("label",) or behind) and not beside):
                found.append(c)
    return found


def _says_setting(table: Table, column: int) -> bool:
    """Whether a column of words says on what models were trained, or with which head."""
    texts = _texts(table, column)
    return (
        _SAYS_TRAINING.search(table.columns[column].header) is not None
        or _share(bool(pretraining_of(text) or lexicon.named(lexicon.HEADS, text)) for text in texts) >= 0.5
    )


def _data_name(text: str) -> str:
    """The catalogue's name where the field's words have one, else as printed, without citations."""
    plain = re.sub(r"\s*\[[\d,\s–-]+\]", "", lexicon.clean(text)).strip(" .,:;")
    return next(iter(lexicon.all_named(lexicon.DATASETS, plain)), plain)


def as_read(paper: Paper) -> Paper:
    """The paper with every table as it is to be read: what a language model is shown instead of the printed ones."""
    return replace(paper, tables=tuple(view_of(table).table for table in paper.tables))
