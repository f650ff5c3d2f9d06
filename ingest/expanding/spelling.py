"""Models of one paper that case alone tells apart: ViT-g and ViT-G. A family file cannot hold both names."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from backbones.ingest.meaning.label import differ_by_case, read_label
from backbones.ingest.paper import Table
from backbones.ingest.plan import RowMeaning
from backbones.store.drafts.evidence import Finding
from backbones.store.text import fold, printable


class Spellings:
    """Which spelling of a name the draft keeps, where a table prints two as two models."""

    def __init__(self, tables: Iterable[tuple[Table, Iterable[RowMeaning]]]) -> None:
        self._kept: dict[str, str] = {}
        first: dict[str, str] = {}
        for table, rows in tables:
            printed: dict[str, set[str]] = {}
            for row in rows:
                if name := as_printed(table, row):
                    first.setdefault(fold(name), name)
                    printed.setdefault(fold(name), set()).add(name)
            for folded, names in printed.items():
                if differ_by_case(names):
                    self._kept[folded] = first[folded]

    def is_lost(self, table: Table, row: RowMeaning) -> bool:
        """Whether a row is of the model whose name the file cannot hold beside another's."""
        name = as_printed(table, row)
        kept = self._kept.get(fold(name))
        return kept is not None and differ_by_case({kept, name})

    def findings(self, lost: Iterable[tuple[Table, RowMeaning]]) -> Iterator[Finding]:
        """An error for each name that is left out."""
        for name, table in {as_printed(table, row): table for table, row in reversed(list(lost))}.items():
            text = (
                f"the paper tells {name!r} from {self._kept[fold(name)]!r} by case alone, and a file cannot hold both: "
                f"the rows of {name!r} are left out; add them by hand under a name of their own"
            )
            yield Finding("error", "name", printable(text), page=table.page, table=table.id)


def as_printed(table: Table, row: RowMeaning) -> str:
    """The model's name in its label's own case, where the label is that name."""
    if not (0 <= row.row < len(table.rows) and 0 <= row.label_column < len(table.columns)):
        return row.backbone
    cell = table.rows[row.row].cells[row.label_column]
    name = read_label(cell.text).name if cell is not None else ""
    return name if name and fold(name) == fold(row.backbone) else row.backbone
