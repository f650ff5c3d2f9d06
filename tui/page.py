"""Everything about one thing: sections of a page one after another, each a table whose cells lead on, some with a picture."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Container

from backbones.plot.palette import Look
from backbones.store.errors import BackbonesError
from backbones.store.explorer import Choice, Explorer
from backbones.store.page import Copyable, Page, Section
from backbones.store.pages import page_of
from backbones.store.view import View
from backbones.tui import changes, messages
from backbones.tui.clipboard import copy
from backbones.tui.heading_line import HeadingLine
from backbones.tui.hints import KeyHints
from backbones.tui.listed import Listed, Order
from backbones.tui.navigation import Place
from backbones.tui.opened import Opened, open_section
from backbones.tui.plot import ScatterPlot
from backbones.tui.section_plot import section_plot
from backbones.tui.section_strip import SectionClicked, SectionStrip
from backbones.tui.table_screen import TableScreen

if TYPE_CHECKING:
    from backbones.tui.measuring_models import Offer
    from backbones.tui.takeaway import Takeaway

WIDE = 110  # cells from which on table and picture stand side by side


@dataclass(frozen=True, slots=True)
class Spot:
    """Where the cursor is in a section, and how it is sorted."""

    order: Order = field(default_factory=Order)
    row: int = 0
    column: int = 0


@dataclass(frozen=True, slots=True)
class PagePosition:
    """Where one was on a page, by the titles of its sections."""

    section: str
    spots: dict[str, Spot] = field(default_factory=dict)
    shows_plot: bool = False


class PageScreen(TableScreen):
    """The page of one thing."""

    AUTO_FOCUS = "#list-table"
    DEFAULT_CSS = """
    PageScreen #page-panes { height: 1fr; layout: horizontal; }
    PageScreen #page-plot { display: none; }
    PageScreen.-plot #page-plot { display: block; }
    PageScreen.-plot #list-table { display: none; }
    PageScreen.-beside #page-plot { display: block; width: 1fr; margin: 0 0 0 1; }
    PageScreen.-beside #list-table { display: block; width: 52%; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "right_square_bracket,tab",
            "section(1)",
            "section",
            key_display="[ ]",
            id="page.next",
            tooltip="The next section",
        ),
        Binding(
            "left_square_bracket,shift+tab",
            "section(-1)",
            "Section before",
            False,
            id="page.before",
            tooltip="The section before",
        ),
        Binding("t", "plot", "plot", id="page.plot", tooltip="The section's picture, or from the table to it and back"),
        Binding("o", "explore", "explore", id="page.explore", tooltip="Its rows on the first screen"),
        Binding(
            "y,Y", "copy", "copy", key_display="y", id="page.copy", tooltip="Copy a load call, a citation, a name …"
        ),
    ]

    def __init__(self, explorer: Explorer, look: Look, place: Place, position: Any = None) -> None:
        super().__init__(explorer, look, place, position)
        self.strip = SectionStrip(id="page-strip")
        self.plot = ScatterPlot(look, id="page-plot")
        self.note = HeadingLine("", id="page-note")
        self.page: Page | None = None
        self.section = self._early = self._shown_section = 0
        self.shows_plot = isinstance(position, PagePosition) and position.shows_plot
        self._spots: dict[str, Spot] = dict(position.spots) if isinstance(position, PagePosition) else {}
        self._visited: dict[int, Opened] = {}

    def compose(self) -> ComposeResult:
        """Name, sections, table and picture, note, the cursor's cell, keys."""
        yield self.status
        yield self.strip
        with Container(id="page-panes"):
            yield self.table
            yield self.plot
        yield self.note
        yield self.cell
        yield KeyHints(id="hints")

    def on_mount(self) -> None:
        """Read the page."""
        self.status.say(self.place.name)
        self.status.mark(len(self.home.marks))
        self.wait()
        self.ask(partial(page_of, name=self.place.name, kind=self.place.of or None), self._begin, "page")

    def everything_opened(self) -> Iterable[Opened]:
        """All sections that were looked at."""
        return self._visited.values()

    def position(self) -> Any:
        """The section, and in each the order and the cursor."""
        if self.page is None:
            return self.remembered
        self._leave()
        return PagePosition(self._current.title, dict(self._spots), self.shows_plot)

    # Questions and answers

    def _begin(self, page: Page) -> None:
        self.page = page
        self.stop_waiting()
        self.status.say(page.name, page.subtitle)
        titles = [section.title for section in page.sections]
        wanted = self.remembered.section if isinstance(self.remembered, PagePosition) else ""
        self.section = ((titles.index(wanted) if wanted in titles else 0) + self._early) % max(1, len(titles))
        self.strip.show([(s.title, s.total or len(s.rows)) for s in page.sections], self.section)
        if page.sections:
            self._enter()
        else:
            self.note.say("", "nothing is known about it")

    @property
    def _current(self) -> Section:
        assert self.page is not None
        return self.page.sections[self.section]

    @property
    def _shown(self) -> Section:
        """The section whose rows are on the screen, while the current one is read."""
        assert self.page is not None
        return self.page.sections[self._shown_section]

    def _enter(self) -> None:
        """Show the current section, once it is read."""
        self.strip.select(self.section)
        self.wait()
        section = self._current
        if (opened := self._visited.get(self.section)) is not None:
            self._arrive(self.section, opened)
        else:
            order = self._spots[section.title].order if section.title in self._spots else None
            self.ask(partial(open_section, section=section, order=order), partial(self._arrive, self.section), "list")

    def _arrive(self, at: int, opened: Opened) -> None:
        """A section was read; by now another one may be looked at."""
        self._visited[at] = opened
        if at == self.section:
            self._shown_section = at
            self.begin(opened, self._spot.row, self._spot.column)

    def _leave(self) -> None:
        """Remember where the cursor is in the section that is shown."""
        if self.table.listed is not None and self.order is not None:
            self._spots[self._shown.title] = Spot(self.order, self.table.row, self.table.column)

    @property
    def _spot(self) -> Spot:
        return self._spots.get(self._current.title, Spot())

    def drawn(self, shown: Listed) -> Listed:
        """With the section's picture, its points in the order of the rows."""
        section = self._shown
        if not section.x or shown.listing is None or section.scope is not None:
            return shown
        return replace(shown, scatter=section_plot(section, shown.listing.rows(shown.keys), self.look))

    def told(self, shown: Listed) -> None:
        """Show the picture and the note that go with the rows."""
        assert self.opened is not None and self.page is not None
        self._visited[self._shown_section] = replace(self.opened, keys=shown.keys, order=shown.order)
        self.status.say(self.page.name, self.page.subtitle)
        self.plot.show(shown, self.table.row)
        self._arrange()
        self.note.say("", self._shown.note)

    def complain(self, error: BackbonesError) -> None:
        """A name that nothing has is said where the page would be."""
        if self.page is not None:
            return super().complain(error)
        self.stop_waiting()
        self.note.note(" ".join(str(error).split()))
        if len(str(error)) >= self.size.width:
            super().complain(error)

    # Table and picture

    def _arrange(self) -> None:
        """Side by side where there is room, else one of both."""
        has_plot = self.table.listed is not None and self.table.listed.scatter is not None
        is_wide = self.size.width >= WIDE
        self.set_class(has_plot and is_wide, "-beside")
        self.set_class(has_plot and self.shows_plot and not is_wide, "-plot")
        if self.focused in (self.table, self.plot, None):
            self.set_focus(self.plot if has_plot and self.shows_plot else self.table)

    def on_resize(self, event: events.Resize) -> None:
        """There may be room for both, or no longer."""
        if self.page is not None:
            self._arrange()

    def action_plot(self) -> None:
        """From the table to the picture and back."""
        if self.table.listed is None or self.table.listed.scatter is None:
            self.app.notify("this section has no picture", timeout=2)
            return
        self.shows_plot = not self.shows_plot
        self._arrange()

    @on(messages.RowHighlighted)
    def _light_up(self, event: messages.RowHighlighted) -> None:
        self.plot.select(event.row)

    @on(messages.PointSelected)
    def _bring_into_view(self, event: messages.PointSelected) -> None:
        self.table.select(event.row)
        self.cell.say("", self.table.cell)

    # Keys

    def action_section(self, steps: int) -> None:
        """The next section or the one before, round and round."""
        if self.page is None:
            self._early += steps  # quicker than the catalogue
        elif self.page.sections:
            self._go((self.section + steps) % len(self.page.sections))

    @on(SectionClicked)
    def _clicked(self, event: SectionClicked) -> None:
        self._go(event.section)

    def _go(self, section: int) -> None:
        if section != self.section:
            if self.section == self._shown_section:
                self._leave()
            self.section = section
            self._enter()

    def action_explore(self) -> None:
        """Its rows on the first screen."""
        page = self.page
        if page is None or not (page.filter or page.metric):
            self.app.notify("it has no rows on the first screen", timeout=2)
            return
        view = View().with_(filter=page.filter)
        self.home.show_view(changes.picked(view, "y", (page.metric,)) if page.metric else view)

    def measurable(self) -> list[Offer]:
        """What the page is about, what is marked, the model under the cursor."""
        from backbones.tui.measuring_models import of_cell, of_page

        here = of_page(self.page) if self.page else []
        return here + super().measurable() + of_cell(self.table.listed, self.table.row, self.table.column)

    @property
    def name_of_rows(self) -> str:
        """The thing and the section."""
        return f"{self.place.name} {self._shown.title}" if self.page else self.place.name

    def taken(self, listed: Listed) -> Takeaway:
        """With the picture as it is zoomed, and what the page is about."""
        drawn = listed.scatter
        picture = replace(drawn, spec=self.plot.spec) if drawn and self.plot.spec else None
        return replace(super().taken(listed), picture=picture, about=((self.place.of, self.place.name),))

    def action_copy(self) -> None:
        """Copy one of the page's texts, chosen where there are several."""
        from backbones.tui.choose import ChoosePanel  # not needed by every page

        copies = self.page.copies if self.page else ()
        if len(copies) < 2:
            return self._copy(copies[0]) if copies else self.app.notify("there is nothing to copy here", timeout=2)
        choices = [Choice(str(i), f"{c.label}: {' '.join(c.text.split())}", 0) for i, c in enumerate(copies)]
        self.app.push_screen(
            ChoosePanel("Copy", choices, ""), lambda chosen: None if chosen is None else self._copy(copies[int(chosen)])
        )

    def _copy(self, what: Copyable) -> None:
        send = partial(copy, what.text, os.environ, self.home.to_terminal)
        self.in_thread(send, partial(self._say_copied, what), "copy")

    def _say_copied(self, what: Copyable, way: str) -> None:
        self.app.notify(what.text, title=way, markup=False, timeout=4)
