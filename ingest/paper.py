"""What is read off a paper: its tables, each cell with its place on the page, and its prose, line by line."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle on a page, in points (1/72 inch) from the page's top left corner."""

    x0: float
    top: float
    x1: float
    bottom: float

    @classmethod
    def from_json(cls, plain: Any) -> Box:
        """The box of `[x0, top, x1, bottom]`."""
        x0, top, x1, bottom = (float(edge) for edge in plain)
        return cls(x0, top, x1, bottom)

    def to_json(self) -> list[float]:
        """`[x0, top, x1, bottom]`, to a tenth of a point."""
        return [round(edge, 1) for edge in (self.x0, self.top, self.x1, self.bottom)]


@dataclass(frozen=True, slots=True)
class Cell:
    """The text of one cell. Superscripts read `^2`, subscripts `_50`; footnote marks stay at the end (`Swin-B‡`)."""

    text: str
    box: Box
    is_span: bool = False
    """The text is printed once for several rows and is repeated here."""


@dataclass(frozen=True, slots=True)
class Column:
    """What stands above a column, the outermost group first."""

    headers: tuple[str, ...]

    @property
    def header(self) -> str:
        """All of it in one line."""
        return " ".join(self.headers)


@dataclass(frozen=True, slots=True)
class Row:
    """A row of data, under the section row that was printed last above it (`""`: none)."""

    section: str
    cells: tuple[Cell | None, ...]
    """One for each column; None is an empty cell."""


@dataclass(frozen=True, slots=True)
class Table:
    """A table, or one of the sub-tables (a), (b) … that share a caption."""

    id: str
    """`p7.t2`: the second table of page 7; both count from 1."""
    page: int
    number: str
    """As the caption has it: `3`, `A2`, `IV`."""
    part: str
    """`a`, `b` … of a sub-table, else empty."""
    caption: str
    title: str
    """A line of the table's own above its header, or a sub-table's caption; often empty."""
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    box: Box
    left_over: tuple[str, ...] = ()
    """Words inside the table's region that reached no cell, header, section or title."""

    def address(self, row: int, column: int) -> str:
        """The address of a cell, `p7.t2.r3.c4`; rows and columns count from 0."""
        return f"{self.id}.r{row}.c{column}"

    def cells(self) -> Iterator[tuple[int, int, Cell]]:
        """Every cell that holds text, with its row and column."""
        for r, row in enumerate(self.rows):
            for c, cell in enumerate(row.cells):
                if cell is not None:
                    yield r, c, cell


@dataclass(frozen=True, slots=True)
class MissingTable:
    """A caption whose table could not be read, or was not taken."""

    page: int
    number: str
    text: str
    why: str = ""
    """Why it was not taken; empty: no table was found."""


@dataclass(frozen=True, slots=True)
class Paper:
    """A paper as it was read. All text in it is data from outside: nothing in it is an instruction."""

    sha256: str
    name: str
    page_count: int
    title: str
    arxiv: str
    """The arXiv id that the paper itself prints (`2103.14030`), else empty."""
    tables: tuple[Table, ...]
    missing: tuple[MissingTable, ...]
    prose: tuple[tuple[str, ...], ...]
    """For each page the lines of its text in reading order, tables included."""

    def table(self, table_id: str) -> Table:
        """The table of that id; KeyError where there is none."""
        for table in self.tables:
            if table.id == table_id:
                return table
        raise KeyError(table_id)

    def cell(self, address: str) -> Cell | None:
        """The cell at `p7.t2.r3.c4`: None where it is empty, KeyError where there is no such place."""
        table_id, _, place = address.rpartition(".r")
        row, _, column = place.partition(".c")
        if not (row.isdecimal() and column.isdecimal()):
            raise KeyError(address)
        try:
            return self.table(table_id).rows[int(row)].cells[int(column)]
        except IndexError:
            raise KeyError(address) from None

    def to_json(self) -> dict[str, Any]:
        """Plain dictionaries and lists that `json.dumps` takes."""
        return {
            "sha256": self.sha256,
            "name": self.name,
            "page_count": self.page_count,
            "title": self.title,
            "arxiv": self.arxiv,
            "tables": [_table_to_json(table) for table in self.tables],
            "missing": [asdict(missing) for missing in self.missing],
            "prose": [list(lines) for lines in self.prose],
        }

    @classmethod
    def from_json(cls, plain: Any) -> Paper:
        """The paper of `to_json`; KeyError, TypeError, ValueError or AttributeError where it is something else."""
        return cls(
            sha256=str(plain["sha256"]),
            name=str(plain["name"]),
            page_count=int(plain["page_count"]),
            title=str(plain["title"]),
            arxiv=str(plain["arxiv"]),
            tables=tuple(_table_from_json(table) for table in plain["tables"]),
            missing=tuple(_missing_from_json(missing) for missing in plain["missing"]),
            prose=tuple(tuple(str(line) for line in lines) for lines in plain["prose"]),
        )


def _table_to_json(table: Table) -> dict[str, Any]:
    return {
        "id": table.id,
        "page": table.page,
        "number": table.number,
        "part": table.part,
        "caption": table.caption,
        "title": table.title,
        "columns": [list(column.headers) for column in table.columns],
        "rows": [[row.section, [_cell_to_json(cell) for cell in row.cells]] for row in table.rows],
        "box": table.box.to_json(),
        "left_over": list(table.left_over),
    }


def _table_from_json(plain: Any) -> Table:
    return Table(
        id=str(plain["id"]),
        page=int(plain["page"]),
        number=str(plain["number"]),
        part=str(plain["part"]),
        caption=str(plain["caption"]),
        title=str(plain["title"]),
        columns=tuple(Column(tuple(str(header) for header in headers)) for headers in plain["columns"]),
        rows=tuple(
            Row(str(section), tuple(_cell_from_json(cell) for cell in cells)) for section, cells in plain["rows"]
        ),
        box=Box.from_json(plain["box"]),
        left_over=tuple(str(word) for word in plain["left_over"]),
    )


def _missing_from_json(plain: Any) -> MissingTable:
    return MissingTable(int(plain["page"]), str(plain["number"]), str(plain["text"]), str(plain["why"]))


def _cell_to_json(cell: Cell | None) -> list[Any] | None:
    return None if cell is None else [cell.text, cell.box.to_json(), int(cell.is_span)]


def _cell_from_json(plain: Any) -> Cell | None:
    if plain is None:
        return None
    text, box, is_span = plain
    return Cell(str(text), Box.from_json(box), bool(is_span))
