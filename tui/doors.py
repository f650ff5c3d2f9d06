"""Keys of the first screen that lead elsewhere: to pages, facts, the comparison, and the panels over it."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.binding import Binding, BindingType

from backbones.store.errors import QueryError
from backbones.store.explorer import Explorer, Fact
from backbones.store.references import parse_reference
from backbones.store.view import View
from backbones.tui import changes, messages
from backbones.tui.inquiry import Inquiry
from backbones.tui.shown import Shown
from backbones.tui.status import StatusLine
from backbones.tui.view_keys import ViewKeys

if TYPE_CHECKING:
    from backbones.store.page import Link
    from backbones.tui.facets import Kept


class Doors(ViewKeys):
    """The part of the first screen that knows where its rows lead."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("e", "evidence", "facts", id="view.facts", tooltip="All that is known about the row, with its sources"),
        Binding("v", "compare", "compare", False, id="view.compare", tooltip="The marked rows side by side"),
        Binding("F", "facets", "facets", id="view.facets", tooltip="Filter by choosing values, with their counts"),
        Binding(
            "m", "legend", "legend", False, id="view.legend", tooltip="The legend: choose which groups have a colour"
        ),
        Binding("z", "limits", "limits", False, id="view.limits", tooltip="Limits and scales of both axes"),
        Binding("w", "save", "save", False, id="view.save", tooltip="Save this view under a name"),
        Binding(
            "E", "export", "export", False, id="view.export", tooltip="Copy or write the table, the picture, a citation"
        ),
    ]

    _facets_kept: Kept | None = None
    """What was folded in the facets, and what they remember of the catalogue."""
    inquiry: Inquiry
    status: StatusLine

    @property
    def catalogue(self) -> Explorer | None:
        """Who is asked; None before the catalogue is open."""
        return self.inquiry.explorer

    @property
    def key(self) -> int | None:
        """The key of the current row."""
        return self.shown.answer.keys[self.table.row] if self.shown and self.table.count else None

    # Pages and facts

    @on(messages.RowOpened)
    def _open_row(self, event: messages.RowOpened) -> None:
        """A name leads to its page, a number to where it comes from; so does a name without a page, as of a model that only the user knows."""
        from backbones.store.row_links import link_of, link_of_row

        seen = event.shown or self.shown
        if seen is None or event.row >= len(seen.answer.rows):
            return
        if event.column is not None:
            column = seen.answer.rows.columns[event.column]
            if column.kind == "number":
                return self._ask_facts(seen, event.row)
            if link := link_of(column.name, seen.answer.rows.rows[event.row][event.column]):
                return self.follow(link)

        def go(link: Link | None) -> None:
            self._ask_facts(seen, event.row) if link is None else self.follow(link)

        self.ask(partial(link_of_row, key=seen.answer.keys[event.row]), go, "link")

    def action_evidence(self) -> None:
        """All facts about the current row."""
        if self.shown and self.table.count:
            self._ask_facts(self.shown, self.table.row)

    def _ask_facts(self, seen: Shown, row: int) -> None:
        if (explorer := self.catalogue) is not None:
            show = partial(self._show_facts, seen.name(row))
            self.in_thread(partial(explorer.facts, seen.answer.keys[row]), show, "evidence")

    def _show_facts(self, name: str, facts: tuple[Fact, ...]) -> None:
        from backbones.tui.facts import FactsPanel

        if self.is_active:  # no other panel was opened meanwhile
            self.app.push_screen(FactsPanel(name, facts))

    # What the first paint does not wait for

    def learn_more(self) -> None:
        """Ask once, after the first paint, whose values are doubted and how many views were saved."""
        if (explorer := self.catalogue) is not None:
            self.in_thread(explorer.doubts, self.table.doubt, "doubts")
            self.in_thread(self.home.recent.read, lambda _: None, "recent")
            self.count_views()
            self.correlate()

    def correlate(self) -> None:
        """Say how alike both axes order the models, where they are accuracies and one is of the user's own results."""
        seen, explorer = self.shown, self.catalogue
        if seen is None or seen.scatter is None or explorer is None:
            return
        view, answer = seen.view, seen.answer

        def correlated() -> str:
            from backbones.store.transferring.predicting import compared

            models = explorer.ask(partial(compared, view=view, answer=answer))
            return models.agreement().short if models else ""

        if parse_reference(view.x).is_metric and parse_reference(view.y).is_metric:
            self.in_thread(correlated, partial(self.status.correlate, answer), "correlation")

    def count_views(self) -> None:
        """Say how many views were saved."""

        def count() -> int:
            from backbones.store.places import places
            from backbones.store.saved_views import how_many

            return how_many(places().measurements)

        self.in_thread(count, self.status.count_views, "views")

    # Marks

    @on(messages.RowMarked)
    def _mark(self, event: messages.RowMarked) -> None:
        seen = event.shown or self.shown
        if seen is None or event.row >= len(seen.answer.keys):
            return
        name = f"#{seen.answer.keys[event.row]}"
        if self.home.marks.pop(name, None) is None:
            self.home.marks[name] = seen.name(event.row)
        self.show_marks()

    def show_marks(self) -> None:
        """Show in the table what is marked, here or elsewhere."""
        self.table.mark({int(name[1:]) for name in self.home.marks if name.startswith("#")})
        self.status.mark(len(self.home.marks))

    def on_screen_resume(self) -> None:
        """Marks may have changed elsewhere; keys may have led on before the catalogue was open."""
        if self.is_mounted:
            self.show_marks()
            self.count_views()
            self.home.catch_up()

    def action_compare(self) -> None:
        """The marked rows side by side."""
        self.home.action_visit("compare")

    # Panels

    def action_facets(self) -> None:
        """Choose values to filter by."""
        from backbones.tui.facets import FacetPanel, Kept

        if (explorer := self.catalogue) is not None:
            self._facets_kept = self._facets_kept or Kept()
            self.app.push_screen(FacetPanel(explorer, self.view, self.change, self._step, self._facets_kept))

    def _step(self, steps: int) -> View:
        self.action_undo() if steps < 0 else self.action_redo()
        return self.view

    def action_legend(self) -> None:
        """Choose which groups have a colour."""
        from backbones.tui.legend import LegendPanel

        if self.shown is None or (found := self.shown.column(self.view.group)) is None:
            return
        groups = (self.shown.group(row) for row in range(len(self.shown.answer.rows)))
        counts = Counter(group for group in groups if group is not None)
        self.app.push_screen(LegendPanel(f"Colour by {found[1].label}", counts, self.view.focus, self._focus))

    def _focus(self, group: str | None) -> tuple[str, ...]:
        self.change(self.view.with_(focus=()) if group is None else changes.focused(self.view, group))
        return self.view.focus

    def action_limits(self) -> None:
        """Limits and scales of the axes."""
        from backbones.tui.limits import LimitsPanel

        try:
            panel = LimitsPanel(self.view, self.plot.seen)
        except QueryError as error:
            return self.complain(error)  # an axis that was only just asked for, and means nothing
        self.app.push_screen(panel, self._take_view)

    def _take_view(self, view: View | None) -> None:
        if view is not None:
            self.change(view)

    def action_save(self) -> None:
        """Save the view under a name."""
        from backbones.tui.saved import SaveViewPanel

        self.app.push_screen(SaveViewPanel(self.view))

    def action_export(self) -> None:
        """Copy or write what is here."""
        from backbones.tui.export_panel import ExportPanel
        from backbones.tui.takeaway import of_answer

        if self.shown is None or (explorer := self.catalogue) is None:
            return
        drawn = self.shown.scatter
        picture = replace(drawn, spec=self.plot.spec) if drawn and self.plot.spec else None
        place = of_answer(self.shown, self.table.row, self.table.column, picture)
        self.app.push_screen(ExportPanel(place, explorer))
