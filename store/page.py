"""What a page says about one thing: sections that are tables, with links to other pages and a picture where one helps."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from backbones.store.rows import Rows


@dataclass(frozen=True, slots=True)
class Link:
    """Another thing: a kind of `pages.KINDS` and its own name."""

    kind: str
    name: str


@dataclass(frozen=True, slots=True)
class Scope:
    """Rows of a large list that belong to one thing: those of `kind` (`results`, `throughput` …) whose `column` is `value`.

    An empty column means all rows.
    """

    kind: str
    column: str = ""
    value: str = ""


@dataclass(frozen=True, slots=True)
class Section:
    """A titled table. A section with a `scope` has no rows of its own: they are read when they are looked at."""

    title: str
    rows: Rows
    links: Mapping[int, str] = field(default_factory=dict)
    """The kind of thing that the values of a column name, by the column's position."""
    cell_links: Mapping[tuple[int, int], Link] = field(default_factory=dict)
    """Links of single cells, by row and column: in a list of facts each value may name something else."""
    note: str = ""
    """One sentence on what the table says or leaves out."""
    x: str = ""
    y: str = ""
    """Names of the two number columns of the picture; empty: there is none."""
    group: str = ""
    """The name of the column that colours the points."""
    scope: Scope | None = None
    total: int = 0
    """How many rows there are, where `rows` holds only the first of them; 0: all are in `rows`."""

    def cut(self, most: int) -> Section:
        """The first `most` rows (0: all), with a note that says so."""
        if not most or len(self.rows) <= most:
            return self
        total = self.total or len(self.rows)
        note = f"The first {most:,} of {total:,}. {self.note}".rstrip()
        return replace(self, rows=Rows(self.rows.columns, self.rows.rows[:most]), note=note, total=total)

    def link(self, row: int, column: int) -> Link | None:
        """Where a cell leads."""
        if found := self.cell_links.get((row, column)):
            return found
        kind = self.links.get(column)
        value = self.rows.rows[row][column] if kind else None
        return Link(kind, str(value)) if kind and value is not None else None


@dataclass(frozen=True, slots=True)
class Copyable:
    """A text that a reader may want to take along: a load call, a citation."""

    label: str
    text: str


@dataclass(frozen=True, slots=True)
class Page:
    """Everything about one thing: its own name, a line below it, sections, texts to copy, and how to see it in the plot."""

    kind: str
    name: str
    subtitle: str
    sections: tuple[Section, ...]
    copies: tuple[Copyable, ...] = ()
    filter: str = ""
    """The filter that leaves this thing's rows on the first screen; empty where there is none."""
    metric: str = ""
    """The metric to show them by, as `box_ap@coco-val`; empty: the one that is shown."""
