"""One row of a planned table: its numbers, each with its quantity, setting and place."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from backbones.ingest.expanding.said import Words, epochs_said, places, resolution_said
from backbones.ingest.expanding.tree import Leaf
from backbones.ingest.meaning import lexicon
from backbones.ingest.meaning.label import read_label
from backbones.ingest.meaning.marks import Explanation, explained
from backbones.ingest.meaning.numbers import is_difference, is_product, marks_of, numbers_of
from backbones.ingest.meaning.prose import Prose
from backbones.ingest.meaning.setting import tested_by
from backbones.ingest.meaning.units import convert, fraction_columns
from backbones.ingest.meaning.views import View
from backbones.ingest.paper import Table
from backbones.ingest.plan import ERRORS, QUANTITIES, SETTINGS, ColumnMeaning, RowMeaning, TableMeaning
from backbones.store.drafts.evidence import Evidence, Finding, Severity
from backbones.store.text import printable
from backbones.store.vocabulary import METRICS


@dataclass(frozen=True, slots=True)
class Copied:
    """A number out of a cell."""

    quantity: str
    leaf: Leaf
    meaning: ColumnMeaning
    task: str
    dataset: str
    head: str
    resolution: Leaf | None
    train_epochs: Leaf | None
    test_aug: str


@dataclass(frozen=True, slots=True)
class CopiedRow:
    """All that one row says of one model."""

    table: Table
    plan: TableMeaning
    meaning: RowMeaning
    numbers: tuple[Copied, ...]
    pretraining_epochs: Leaf | None
    batch_size: Leaf | None
    where: str
    """In the printed table: `row 3`."""


class RowReader:
    """Copies the rows of a planned table."""

    def __init__(self, view: View, prose: Prose, plan: TableMeaning, origin: str) -> None:
        self.view, self.prose, self.plan, self.origin = view, prose, plan, origin
        self.table = view.table
        self.findings: list[Finding] = []
        self._fractions = fraction_columns(self.table)
        self._marks = explained(self.table.caption, *self.table.left_over)
        self._columns = [
            c for c in plan.columns if 0 <= c.column < len(self.table.columns) and c.quantity in QUANTITIES
        ]

    def rows(self) -> Iterator[CopiedRow]:
        """Every row of the plan that the table has."""
        if len(self._columns) < len(self.plan.columns):
            self._find("header", f"the plan speaks of a column that table {self._number} does not have; it is left out")
        for meaning in self.plan.rows:
            if not 0 <= meaning.row < len(self.table.rows) or not 0 <= meaning.label_column < len(self.table.columns):
                self._find(
                    "row",
                    f"the plan speaks of row {meaning.row}, which table {self._number} does not have; it is left out",
                )
                continue
            yield self._row(meaning)

    @property
    def _number(self) -> str:
        return f"{self.table.number}{self.table.part} on page {self.table.page}"

    def _find(self, kind: str, text: str, severity: Severity = "warning") -> None:
        self.findings.append(Finding(severity, kind, printable(text), page=self.table.page, table=self.view.printed.id))

    def _row(self, meaning: RowMeaning) -> CopiedRow:
        columns = list(self._own_columns(meaning))
        numbers = tuple(self._copied(meaning, column) for column in columns if column.quantity not in SETTINGS)
        return CopiedRow(
            self.table, self.plan, meaning,
            tuple(number for number in numbers if number is not None),
            self._setting(meaning, columns, "pretraining_epochs"), self._setting(meaning, columns, "batch_size"),
            self._where(meaning),
        )  # fmt: skip

    def _where(self, meaning: RowMeaning) -> str:
        row, column = self.view.place(meaning.row, meaning.label_column)
        return f"row {row + 1}" if row >= 0 else f"column {column + 1}"

    def _train_epochs(self, meaning: RowMeaning, column: ColumnMeaning) -> Leaf | None:
        """Of a column of epochs, else the nearest words that give them."""
        if (leaf := self._setting(meaning, list(self._own_columns(meaning)), "train_epochs")) is not None:
            return leaf
        hung = epochs_said(self._hung_on(meaning), "", True)
        if hung is not None:
            return self._leaf_of_words(float(hung[0]), hung[1], meaning, "train_epochs")
        near = places(self.table, meaning.row, meaning.label_column, column.column)
        beside = [words for words in near if words.column != meaning.label_column or words.row < 0]
        said = epochs_said(beside, self.table.caption, self.plan.task in ("detection", "instance segmentation"))
        return None if said is None else self._leaf_of_words(float(said[0]), said[1], meaning, "train_epochs")

    def _hung_on(self, meaning: RowMeaning) -> Iterator[Words]:
        """What a label's brackets and marks say: `(36 epochs)`, `††`."""
        label = self.table.rows[meaning.row].cells[meaning.label_column]
        if label is None:
            return
        for note in read_label(label.text).notes:
            yield Words(note, self.table.page, self.table.id, meaning.row)
        for mark in marks_of(label.text):
            if mark in self._marks:
                yield Words(self._marks[mark].text, self.table.page, self.table.id)

    def _own_columns(self, meaning: RowMeaning) -> Iterator[ColumnMeaning]:
        """With two models side by side, a model's numbers end where the next one's label stands, whether this row has one or not."""
        labels = sorted(
            {r.label_column for r in self.plan.rows if r.row == meaning.row} | self._lists(meaning.label_column)
        )
        following = [c for c in labels if c > meaning.label_column]
        end = following[0] if following else len(self.table.columns)
        start = meaning.label_column if len(labels) > 1 else 0
        for column in self._columns:
            if start <= column.column < end and column.quantity not in ("label", "ignore"):
                yield column

    def _lists(self, own: int) -> set[int]:
        """The columns of labels that head lists of their own: behind both stand numbers of one kind."""
        numbers = [(c.column, c.quantity) for c in self._columns if c.quantity not in ("label", "ignore")]
        labels = {r.label_column for r in self.plan.rows} | {c.column for c in self._columns if c.quantity == "label"}
        found = {own}
        for other in labels - found:
            left, right = min(own, other), max(own, other)
            if {q for c, q in numbers if left < c < right} & {q for c, q in numbers if right < c}:
                found.add(other)
        return found

    def _setting(self, meaning: RowMeaning, columns: list[ColumnMeaning], quantity: str) -> Leaf | None:
        for column in columns:
            if column.quantity == quantity and (leaf := self._leaf(meaning, column)) is not None:
                return leaf
        return None

    def _copied(self, meaning: RowMeaning, column: ColumnMeaning) -> Copied | None:
        leaf = self._leaf(meaning, column)
        if leaf is None:
            return None
        quantity = ERRORS.get(column.quantity, column.quantity)
        if quantity in METRICS and not (column.dataset or self.plan.dataset):
            header = self.table.columns[column.column].header
            self._find("header", f"table {self._number}, column {header!r}: nothing says on which data set; left out")
            return None
        task = METRICS[quantity].task if quantity in METRICS else self.plan.task
        own = self.plan.dataset
        if task == "classification" and (column.dataset or own) in lexicon.VIDEO:
            task = "video classification"
        return Copied(
            quantity, leaf, column, task, column.dataset or own, meaning.head or column.head or self.plan.head,
            self._resolution(meaning, column), self._train_epochs(meaning, column), self._test_aug(meaning, column),
        )  # fmt: skip

    def _leaf(self, meaning: RowMeaning, column: ColumnMeaning) -> Leaf | None:
        cell = self.table.rows[meaning.row].cells[column.column]
        if cell is None:
            return None
        numbers = numbers_of(cell.text)
        if not numbers and is_product(cell.text):
            text = f"table {self._number}, row {meaning.row + 1}: {cell.text!r} is of several views; {column.quantity} is left open"
            self._find("range", text, "note")
            return None
        if not numbers:
            if any(c.isdigit() for c in cell.text) and not is_difference(cell.text):
                self._find(
                    "range",
                    f"table {self._number}, row {meaning.row + 1}: {cell.text!r} cannot be read as a number; look at it",
                )
            return None
        part = column.part or 1
        if not 0 < part <= len(numbers) or (column.part == 0 and len(numbers) > 1):
            self._find(
                "header",
                f"table {self._number}, row {meaning.row + 1}: {cell.text!r} has {len(numbers)} parts, "
                f"the plan asks for {part if column.part else 'one'}; look at it",
            )
            return None
        header = self.table.columns[column.column].header
        converted = convert(numbers[part - 1], column.quantity, header, column.column in self._fractions)
        if converted is None:
            if numbers[part - 1].value == numbers[part - 1].value:
                self._find(
                    "range",
                    f"table {self._number}, row {meaning.row + 1}: {cell.text!r} cannot be {column.quantity} (header {header!r}); look at it",
                )
            return None
        words = Words(cell.text, self.table.page, self.table.id, meaning.row, column.column, cell.box)
        return self._leaf_of_words(converted.value, words, meaning, column.quantity, converted.how)

    def _leaf_of_words(self, value: float, words: Words, meaning: RowMeaning, quantity: str, how: str = "") -> Leaf:
        label = self.table.rows[meaning.row].cells[meaning.label_column]
        row, column = self.view.place(words.row, words.column)
        evidence = Evidence(
            path="", value=value, printed=printable(words.text), page=words.page, table=words.table and self.view.printed.id,
            number=printable(self.table.number + self.table.part), row=row, column=column,
            box=None if words.box is None or row < 0 else (words.box.x0, words.box.top, words.box.x1, words.box.bottom),
            row_label=printable(label.text) if label is not None else "",
            header=printable(self.table.columns[words.column].header) if words.column >= 0 else "",
            caption=printable(self.table.caption), origin=self.origin, quantity=quantity,
            backbone=printable(meaning.backbone), how=how,
        )  # fmt: skip
        return Leaf(value, evidence)

    def _resolution(self, meaning: RowMeaning, column: ColumnMeaning) -> Leaf | None:
        """A cell's own words first, then the row's, the column's, the table's; only where the paper prints the number."""
        if not meaning.resolution:
            for setting in self._own_columns(meaning):
                if setting.quantity == "resolution" and (leaf := self._leaf(meaning, setting)) is not None:
                    return leaf
        side = meaning.resolution or column.resolution or self.plan.resolution
        if not side:
            return None
        words = resolution_said(side, places(self.table, meaning.row, meaning.label_column, column.column), self.prose)
        if words is None:
            self._find(
                "quote",
                f"the plan gives {side} px for row {meaning.row + 1} of table {self._number}; the paper does not print it: left out",
            )
            return None
        return self._leaf_of_words(float(side), words, meaning, "resolution")

    def _test_aug(self, meaning: RowMeaning, column: ColumnMeaning) -> str:
        label = self.table.rows[meaning.row].cells[meaning.label_column]
        said: list[Explanation] = (
            [self._marks[m] for m in marks_of(label.text) if m in self._marks] if label is not None else []
        )
        marked = next((s.test_aug for s in said if s.test_aug), "")
        return marked or tested_by(self.table.columns[column.column].header)


def named_nearby(words: str, table: Table) -> bool:
    """Whether a device or another word of the vocabulary stands in a table's own words."""
    text = " ".join(
        [
            table.title,
            table.caption,
            *(c.header for c in table.columns),
            *(r.section for r in table.rows),
            *table.left_over,
        ]
    )
    return words in lexicon.devices_in(text) or lexicon.clean(words).casefold() in lexicon.clean(text).casefold()
