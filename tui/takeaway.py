"""What can be taken along from where one is: values, rows, the table, the picture, citations, the command, the view."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final, TypeVar

from backbones.plot.scatter import Scatter
from backbones.store import citation
from backbones.store.errors import BackbonesError
from backbones.store.formats import pieces, shown
from backbones.store.named_view import NamedView
from backbones.store.rows import Rows
from backbones.store.text import printable
from backbones.store.view import View
from backbones.store.view_file import view_yaml
from backbones.tui.shown import Shown

T = TypeVar("T")
Ask = Callable[[Callable[[sqlite3.Connection], T]], T]
MOST_IN_PREVIEW: Final = 6
PICTURE_SIZE: Final = (100, 30)
TABLES: Final = (
    ("CSV", "csv", ".csv"), ("Markdown", "markdown", ".md"), ("LaTeX", "latex", ".tex"), ("JSON", "json", ".json"),
    ("JSON lines", "jsonl", ".jsonl"), ("YAML", "yaml", ".yaml"), ("text", "table", ".txt"),
)  # fmt: skip
PICTURES: Final = (("SVG", ".svg"), ("PNG", ".png"), ("PDF", ".pdf"), ("HTML", ".html"))


@dataclass(frozen=True)
class Takeaway:
    """Where one is. `rows` may be a question to the catalogue: a long list is read only when it is taken."""

    title: str
    rows: Rows | Callable[[sqlite3.Connection], Rows]
    row: int | None = None
    column: int | None = None
    view: View | None = None
    picture: Scatter | None = None
    about: tuple[tuple[str, str], ...] = ()
    """What the place is about, (kind, name): cited where a row is not; a page's own thing."""
    keys: tuple[int, ...] = ()
    """The keys of the rows, where they are rows of an answer: they know their sources."""


@dataclass(frozen=True, slots=True)
class Form:
    """One way to write an offer: `text` (whole, or only so many rows of it), or for pictures `write`, into a file."""

    name: str
    suffix: str
    text: Callable[[int | None], Iterable[str]] | None = None
    write: Callable[[Path], object] | None = None


@dataclass(frozen=True, slots=True)
class Offer:
    """Something to take along, in one form or another."""

    label: str
    title: str
    """What a file of it is named after."""
    forms: tuple[Form, ...]

    def form_of(self, suffix: str, otherwise: Form) -> Form:
        """The form that a file's name asks for."""
        return next((form for form in self.forms if form.suffix == suffix.lower()), otherwise)


def of_answer(view_shown: Shown, row: int, column: int, picture: Scatter | None = None) -> Takeaway:
    """What the first screen shows; `picture` is the plot as it is zoomed."""
    answer, count = view_shown.answer, len(view_shown.cells)
    rows = Rows(answer.rows.columns[:count], tuple(values[:count] for values in answer.rows))
    view = view_shown.view
    title = f"{view.y} by {view.x}" if view.x and view.y else view.filter or "backbones"
    here = row if row < len(rows) else None
    return Takeaway(title, rows, here, column, view, picture or view_shown.scatter, keys=answer.keys)


def offers(place: Takeaway, ask: Ask[object]) -> list[Offer]:
    """All that there is to take, the smallest first. `ask` puts a question to the catalogue; texts are made in a thread."""
    return [*_of_rows(place, ask), *_of_the_picture(place), *_citations(place, ask), *_of_the_view(place)]


def preview(form: Form) -> str:
    """The first lines of a text."""
    if form.text is None:
        return f"a {form.name} file; it cannot be copied as text"
    found = ""
    for part in form.text(MOST_IN_PREVIEW):
        found += part
        if found.count("\n") > MOST_IN_PREVIEW or len(found) > 4_000:
            break
    lines = found.split("\n")[:MOST_IN_PREVIEW]
    return "\n".join(printable(line) for line in lines) or "nothing"


def _of_rows(place: Takeaway, ask: Ask[object]) -> Iterator[Offer]:
    def read() -> Rows:
        if isinstance(place.rows, Rows):
            return place.rows
        found = ask(place.rows)
        assert isinstance(found, Rows)
        return found

    def cell(_: int | None) -> Iterable[str]:
        rows = read()
        value, column = rows.rows[place.row or 0][place.column or 0], rows.columns[place.column or 0]
        return [value if isinstance(value, str) else shown(value, column).replace(",", "")]

    def values(_: int | None) -> Iterator[str]:
        rows = read()
        at = place.column or 0
        return (shown(values[at], rows.columns[at]) + "\n" for values in rows)

    def some(part: Callable[[Rows], Rows], form: str, most: int | None) -> Iterator[str]:
        rows = part(read())
        return pieces(Rows(rows.columns, rows.rows[:most]) if most is not None else rows, form)

    def forms(part: Callable[[Rows], Rows]) -> tuple[Form, ...]:
        return tuple(Form(name, suffix, partial(some, part, form)) for name, form, suffix in TABLES)

    known = place.rows if isinstance(place.rows, Rows) else None
    row, column = place.row, place.column
    if known is not None:
        if not known.columns:
            return
        row = row if row is not None and row < len(known) else None
        column = column if column is not None and column < len(known.columns) and len(known) else None
    if row is not None and column is not None:
        said = f": {shown(known.rows[row][column], known.columns[column])}" if known else ""
        yield Offer(f"the cell{said}", place.title, (Form("text", ".txt", cell),))
    if row is not None:
        at, name = row, shown(known.rows[row][0], known.columns[0]) if known else ""
        alone = forms(lambda rows: Rows(rows.columns, rows.rows[at : at + 1]))
        yield Offer(f"the row: {name}" if name else "the row", name or f"{place.title} row", alone)
    if column is not None:
        one, label = column, known.columns[column].label if known else "column"
        listed = (Form("text", ".txt", values), *forms(lambda rows: _column(rows, one)))
        yield Offer(f"the column: {label}" if known else "the column", f"{place.title} {label}", listed)
    count = f": {len(known):,} rows" if known is not None else ""
    yield Offer(f"the whole table{count}", place.title, forms(lambda rows: rows))


def _column(rows: Rows, at: int) -> Rows:
    return Rows((rows.columns[at],), tuple((values[at],) for values in rows))


def _of_the_picture(place: Takeaway) -> Iterator[Offer]:
    if (picture := place.picture) is None:
        return

    def text(_: int | None) -> Iterable[str]:
        from backbones.plot.raster import draw

        return [draw(picture.spec, picture.points, *PICTURE_SIZE).text() + "\n"]

    files = (Form(name, suffix, None, partial(_save, picture)) for name, suffix in PICTURES)
    yield Offer("the picture", place.title, (Form("text", ".txt", text), *files))


def _save(picture: Scatter, path: Path) -> None:
    from backbones.plot.export import ExportUnavailable, save

    try:
        save(picture, path)
    except (ExportUnavailable, ValueError) as error:
        raise BackbonesError(str(error)) from None


def _citations(place: Takeaway, ask: Ask[object]) -> Iterator[Offer]:
    def things(connection: sqlite3.Connection, row: int | None) -> list[tuple[str, str]]:
        if place.keys:
            return citation.things_of_keys(connection, place.keys if row is None else place.keys[row : row + 1])
        rows = place.rows if isinstance(place.rows, Rows) else place.rows(connection)
        return citation.things_of(rows, row)

    def cited(row: int | None, _: int | None) -> list[str]:
        def question(connection: sqlite3.Connection) -> str:
            own = list(place.about) if row is None or not place.keys else []
            return citation.bibliography(connection, [*own, *things(connection, row)])

        return [str(ask(question))]

    if place.about:
        own = ", ".join(name for _, name in place.about)
        question = partial(citation.bibliography, things=place.about)
        alone = Form("BibTeX", ".bib", lambda _: [str(ask(question))])
        yield Offer(f"the citation: {own}", own, (alone,))
    if place.row is not None:
        yield Offer(
            "the citations of the row", f"{place.title} row", (Form("BibTeX", ".bib", partial(cited, place.row)),)
        )
    yield Offer("the citations of all rows", place.title, (Form("BibTeX", ".bib", partial(cited, None)),))


def _of_the_view(place: Takeaway) -> Iterator[Offer]:
    if (view := place.view) is None:
        return
    commands = (("of the table", view.query_command()), ("of the picture", view.plot_command()))
    forms = (Form(name, ".sh", partial(lambda text, _: [text + "\n"], text)) for name, text in commands)
    yield Offer("the command line", place.title, tuple(forms))
    named = NamedView(place.title[:60], view)
    yield Offer("the view", place.title, (Form("YAML", ".yaml", lambda _: [view_yaml(named)]),))
