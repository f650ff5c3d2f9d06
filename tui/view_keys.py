"""Keys that turn one view into another: each is a function from view to view, so every one of them can be undone."""

from __future__ import annotations

from abc import abstractmethod
from typing import ClassVar

from textual.binding import Binding, BindingType

from backbones.store.errors import QueryError
from backbones.store.view import View
from backbones.tui import changes
from backbones.tui.asking import Asking
from backbones.tui.filter_bar import FilterBar
from backbones.tui.history import Timeline
from backbones.tui.plot import ScatterPlot
from backbones.tui.shown import Shown
from backbones.tui.table import ResultsTable


class ViewKeys(Asking):
    """The part of the screen that knows the wanted view; a subclass asks for the answers."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "slash", "filter", "filter", key_display="/", priority=True, id="view.filter", tooltip="Edit the filter"
        ),
        Binding("x", "pick('x')", "axes", key_display="x y", id="view.x", tooltip="Choose the x axis"),
        Binding("y", "pick('y')", "y axis", False, id="view.y", tooltip="Choose the y axis"),
        Binding("c", "pick('group')", "colour", id="view.group", tooltip="Choose what the colours mean"),
        Binding("C", "pick('columns')", "columns", id="view.columns", tooltip="Choose and order the table's columns"),
        Binding(
            "b", "best_per", "best", id="view.best_per", tooltip="The best row of each family, each backbone, all rows"
        ),
        Binding("u", "undo", "undo", id="view.undo", tooltip="Undo the last change of the view"),
        Binding("t", "next_layout", "layout", id="view.layout", tooltip="Table and plot, table only, plot only"),
        Binding(
            "f", "focus_group", "focus", id="view.focus", tooltip="Colour the current row's group; again: no longer"
        ),
        Binding("p", "flip('pareto')", "front", id="view.pareto", tooltip="The Pareto line, on or off"),
        Binding("P", "flip('only_front')", "front rows", id="view.only_front", tooltip="Only rows on the Pareto front"),
        Binding("Y", "copy", "copy", id="view.copy", tooltip="Copy the command line of this table or plot"),
        Binding("L", "flip('labels')", "labels", id="view.labels", tooltip="Names at points of the front, on or off"),
        Binding("A", "flip('letters')", "letters", id="view.letters", tooltip="A letter for every group, on or off"),
        Binding(
            "S", "pick('shape')", "shape", False, id="view.shape", tooltip="Choose what the shapes mean; again: nothing"
        ),
        Binding(
            "T", "flip('lines')", "lines", False, id="view.lines", tooltip="Lines through a family's sizes, on or off"
        ),
        Binding(
            "asterisk",
            "prominent",
            "prominent",
            key_display="*",
            id="view.prominent",
            tooltip="Prominent models only, or all",
        ),
        Binding("r", "recent", "recent", False, id="view.recent", tooltip="The newest first; again: the best first"),
        Binding("V", "scale_y", "log y", False, id="view.log_y", tooltip="y axis: linear, logarithmic"),
        Binding("X", "scale", "log x", id="view.log_x", tooltip="x axis: as its values ask, logarithmic, linear"),
        Binding("U", "redo", "redo", id="view.redo", tooltip="Take back an undo"),
        Binding("R", "reset", "reset", id="view.reset", tooltip="The view one starts with"),
        Binding(
            "tab,shift+tab", "next_pane", "pane", False, id="view.pane", tooltip="From the table to the plot and back"
        ),
    ]

    timeline: Timeline
    shown: Shown | None
    table: ResultsTable
    plot: ScatterPlot
    filter_bar: FilterBar

    @property
    def view(self) -> View:
        """The view that is wanted."""
        return self.timeline.view

    @abstractmethod
    def request(self) -> None:
        """Ask for the wanted view."""

    def change(self, view: View, kind: str = "") -> None:
        """Another view is wanted; changes of one kind that follow each other are one step of undo."""
        if view != self.view:
            self.timeline.go(view, kind)
            self.request()

    def action_flip(self, name: str) -> None:
        """Turn something on or off."""
        self.change(changes.flipped(self.view, name))

    def action_best_per(self) -> None:
        """Thin the rows out."""
        self.change(changes.next_best_per(self.view))

    def action_scale(self) -> None:
        """Another scale on x."""
        self.change(changes.next_scale(self.view))

    def action_scale_y(self) -> None:
        """Another scale on y."""
        self.change(changes.next_scale_y(self.view))

    def action_recent(self) -> None:
        """The newest first, or the best first again."""
        self.change(changes.recent_first(self.view))

    def action_prominent(self) -> None:
        """Prominent models only, or all."""
        try:
            self.change(changes.prominent_only(self.view))
        except QueryError as error:
            self.complain(error)  # of a filter that is still being asked for

    def action_focus_group(self) -> None:
        """Colour the group of the current row."""
        group = self.shown.group(self.table.row) if self.shown and self.table.count else None
        if group is not None:
            self.change(changes.focused(self.view, group))

    def action_undo(self) -> None:
        """One step back."""
        self.request() if self.timeline.undo() else self.app.notify("nothing to undo", timeout=2)

    def action_redo(self) -> None:
        """One step forth."""
        self.request() if self.timeline.redo() else self.app.notify("nothing to redo", timeout=2)

    def action_reset(self) -> None:
        """The view one starts with, and the whole plot."""
        self.plot.action_home()
        self.filter_bar.forget()
        self.change(View())
