"""The first screen: filter, table, plot and detail over one view; answers come back as messages."""

from __future__ import annotations

import os
from functools import partial
from typing import TYPE_CHECKING

from textual import on
from textual.app import ComposeResult
from textual.containers import Container
from textual.timer import Timer
from textual.widgets import Static

from backbones.plot.palette import Look
from backbones.store.explorer import ChoiceKind
from backbones.store.view import View
from backbones.tui import changes, messages
from backbones.tui.clipboard import copy
from backbones.tui.detail import DetailLine
from backbones.tui.doors import Doors
from backbones.tui.filter_bar import CompletionWanted, FilterBar, Mistake
from backbones.tui.hints import KeyHints
from backbones.tui.history import Timeline
from backbones.tui.inquiry import Inquiry
from backbones.tui.opening import Opening
from backbones.tui.place import too_small
from backbones.tui.plot import ScatterPlot
from backbones.tui.shown import Shown
from backbones.tui.state import LAYOUTS, State
from backbones.tui.status import StatusLine
from backbones.tui.table import ResultsTable

if TYPE_CHECKING:
    from backbones.store.completion import Completions
    from backbones.tui.measuring_models import Offer

KINDS: dict[str, ChoiceKind] = {"x": "axis", "y": "axis", "group": "group", "shape": "group", "columns": "column"}
TITLES = {"x": "x axis", "y": "y axis", "group": "Colour by", "shape": "Shape by", "columns": "Columns"}
REST_S = 0.04  # of the cursor, before its facts are read
LATER_S = 0.5  # what the first paint need not wait for
SLOW_S = 0.2  # after which the screen says that it waits


class ExploreScreen(Doors):
    """Holds the view and its answer; the panes hold only what they paint."""

    AUTO_FOCUS = "#table"
    HORIZONTAL_BREAKPOINTS = [(0, "-slim"), (60, "-narrow"), (110, "-wide")]
    VERTICAL_BREAKPOINTS = [(0, "-low"), (15, "-short"), (32, "-tall")]

    def __init__(self, opening: Opening, state: State, look: Look, size: tuple[int, int]) -> None:
        super().__init__(classes=f"-{state.layout}")
        for length, breakpoints in zip(size, (self.HORIZONTAL_BREAKPOINTS, self.VERTICAL_BREAKPOINTS), strict=True):
            self.add_class(*self._get_breakpoint_classes(length, breakpoints or []))  # Textual adds them after a layout
        self._opening, self._look, self._past_filters = opening, look, state.history
        self.inquiry = Inquiry(self, opening, look)
        self.timeline = Timeline(opening.view)
        self.shown: Shown | None = opening.shown
        self.pane_layout = state.layout
        self._waiting: Timer | None = None
        self._resting: Timer | None = None
        self._is_applying = False

    def compose(self) -> ComposeResult:
        """The final layout, with the answer in it if it is already there."""
        self.filter_bar = FilterBar(self.view.filter, self._past_filters, id="filter")
        self.filter_bar.go_on = self._focus_pane
        self.status = StatusLine(self.shown, "reading the catalogue …", id="status")
        self.table = ResultsTable(self.shown, id="table")
        self.plot = ScatterPlot(self._look, self.shown, id="plot")
        self.detail = DetailLine(self.shown, id="detail")
        self.mistake = Mistake("", id="mistake", markup=False)
        yield self.filter_bar
        yield self.status
        with Container(id="panes"):
            yield self.table
            yield self.plot
        yield self.detail
        yield KeyHints(id="hints")
        yield self.mistake
        yield Static(too_small(self.home.key_for("app.quit", "q")), id="too-small", markup=False)

    def on_mount(self) -> None:
        """Show the first answer, or wait for it."""
        if self.shown and self.table.count:
            self._show_row()  # the panes were composed with it
            self.inquiry.mixtures(self.shown)
        elif self.shown:
            self._show(self.shown, 0)
        else:
            self.inquiry.open()
        self.set_timer(LATER_S, self.learn_more)

    def on_resize(self) -> None:
        """A pane that was hidden lost the focus."""
        if self.focused is None:
            self.call_after_refresh(self._focus_pane)

    # Questions and answers

    @on(messages.Opened)
    def _begin(self) -> None:
        error = self._opening.refusal
        if error and self._opening.explorer is None:
            self.app.exit(return_code=1)  # the sentence is written once the terminal is back
        elif self._opening.shown:
            self._show(self._opening.shown, 0)
            self.set_timer(LATER_S, self.learn_more)
            if self.view != self._opening.view:
                self.request()  # keys were quicker than the catalogue
        elif error:
            self.timeline = Timeline(View())
            self.request()
            self.app.notify(f"{error}\nThis is the view one starts with.", severity="warning", markup=False, timeout=10)

    def request(self) -> None:
        """Ask for the wanted view; say so when the answer takes its time."""
        _stop(self._waiting)
        self._waiting = self.set_timer(SLOW_S, lambda: self.status.say("asking …"))
        self.inquiry.ask(self.view, self.shown)

    def ask_again(self) -> None:
        """More was measured: the same view, answered anew."""
        self.inquiry.forget()
        if self.shown is not None:
            self.inquiry.ask(self.view, None)

    @on(messages.Answered)
    def _take(self, event: messages.Answered) -> None:
        if event.generation == self.inquiry.generation:
            self._show(event.shown, self._row_in(event.shown))

    @on(messages.Refused)
    def _refuse(self, event: messages.Refused) -> None:
        if event.generation != self.inquiry.generation:
            return
        _stop(self._waiting)
        is_about_the_filter = self.shown is None or event.view.filter != self.shown.view.filter
        if is_about_the_filter and self._is_applying:
            self.set_focus(self.filter_bar.input)  # to mend it
        self._is_applying = False
        is_typing = is_about_the_filter and self.focused is self.filter_bar.input
        if is_typing and not self.filter_bar.is_open:  # else the suggestions say how to go on
            self.mistake.show(event.error, self.filter_bar.input.value)
        elif not is_typing:
            self.complain(event.error)
        if self.shown:
            self.timeline.take_back(self.shown.view)
            self.status.show(self.shown)
            if is_about_the_filter and not is_typing:
                self.filter_bar.keep(event.view.filter)
                self.filter_bar.show(self.view.filter)

    @on(messages.Failed)
    def _fail(self, event: messages.Failed) -> None:
        self.complain(event.error)

    def _row_in(self, shown: Shown) -> int:
        """Where the current row went; the top after a new order."""
        if self.shown is None or self.shown.view.sort != shown.view.sort or not self.table.count:
            return 0
        return shown.rows.get(self.shown.answer.keys[self.table.row], 0)

    def _show(self, shown: Shown, row: int) -> None:
        _stop(self._waiting)
        self.shown = shown
        self.mistake.clear()
        if shown.view.filter == self.view.filter:  # else it is still being asked for
            self._is_applying = False
            if self.focused is not self.filter_bar.input:
                self.filter_bar.show(shown.view.filter)
        self.status.show(shown)
        self.table.show(shown, row)
        self.plot.show(shown, self.table.row)
        self.correlate()
        self.inquiry.mixtures(shown)
        if len(shown.answer.rows):
            self._show_row()
        else:
            _stop(self._resting)
            self.detail.say("\n".join(shown.answer.advice) or "no rows")

    # The current row

    def _show_row(self) -> None:
        """The detail line follows once the cursor rests."""
        _stop(self._resting)
        self._resting = self.set_timer(REST_S, self._tell_facts)

    def _tell_facts(self) -> None:
        if self.shown and self.table.count:
            row = self.table.row
            key = self.shown.answer.keys[row]
            facts = self.inquiry.facts(key)
            if facts is not None:
                self.detail.show(self.shown, row, facts, self.plot.remark)

    @on(messages.FactsRead)
    def _take_facts(self, event: messages.FactsRead) -> None:
        if self.shown and self.table.count and self.shown.answer.keys[self.table.row] == event.key:
            self._tell_facts()

    @on(messages.RowHighlighted)
    def _light_up(self, event: messages.RowHighlighted) -> None:
        self.plot.select(event.row)
        self._show_row()

    @on(messages.PointSelected)
    def _bring_into_view(self, event: messages.PointSelected) -> None:
        self.table.select(event.row)
        self._show_row()

    # Keys

    def action_filter(self) -> None:
        """Go to the filter, before the next key is read: what comes in one packet over SSH is typed text, not commands."""
        self.set_focus(self.filter_bar.input)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """In the filter a slash is a slash."""
        return not (action == "filter" and self.focused is self.filter_bar.input)

    @on(messages.FilterEdited)
    def _filter(self, event: messages.FilterEdited) -> None:
        self._is_applying = event.is_final
        if event.text != self.view.filter:
            self.change(self.view.with_(filter=event.text), "filter")
        elif self.shown and event.text == self.shown.view.filter:
            self.mistake.clear()
            self._is_applying = False
        if event.is_final:
            self.timeline.settle()

    @on(messages.FilterLeft)
    def _leave_filter(self) -> None:
        self.timeline.settle()
        self._focus_pane()
        self.mistake.clear()
        self.filter_bar.show(self.view.filter)

    @on(CompletionWanted)
    def _complete(self, event: CompletionWanted) -> None:
        anchor = self.view.y if self.view.group else ""  # else the filter itself decides which rows there are
        self.inquiry.completions(event.text, event.cursor, anchor, partial(self._suggest, event))

    def _suggest(self, event: CompletionWanted, found: Completions | None) -> None:
        self.filter_bar.suggest(found, event.text, event.cursor)
        if self.filter_bar.is_open:
            self.mistake.clear()

    @on(messages.SortRequested)
    def _sort(self, event: messages.SortRequested) -> None:
        if (seen := event.shown or self.shown) is not None:
            self.change(changes.sorted_by(self.view, seen, event.position))

    @on(messages.ColumnMoved)
    def _move_column(self, event: messages.ColumnMoved) -> None:
        view = changes.with_column_moved(self.view, event.position, event.places)
        self.change(view)
        self.table.keep_column(max(0, min(event.position + event.places, len(view.columns) - 1)))

    def action_pick(self, what: str) -> None:
        """Choose x, y, group, shape or columns."""
        from backbones.tui.picker import Picker

        if self.inquiry.explorer is None:
            return
        is_many = what == "columns"
        now = self.view.columns if is_many else tuple(filter(None, (getattr(self.view, what),)))
        anchor = self.view.y if self.view.group else ""
        picker = Picker(
            TITLES[what], self.inquiry.explorer, now, is_many, kind=KINDS[what], anchor=anchor, is_beside=what != "y"
        )
        self.app.push_screen(picker, lambda chosen: self._picked(what, chosen))

    def _picked(self, what: str, chosen: tuple[str, ...] | None) -> None:
        if chosen:
            self.change(changes.picked(self.view, what, chosen))

    def action_copy(self) -> None:
        """Copy the command line that gives what the pane shows."""
        view = self.view
        text = view.plot_command() if self.plot.has_focus else view.query_command()
        send = partial(copy, text, os.environ, self.home.to_terminal)
        self.in_thread(send, partial(self._say_copied, text), "copy")

    def _say_copied(self, text: str, way: str) -> None:
        self.app.notify(text, title=way, markup=False, timeout=4)

    def measurable(self) -> list[Offer]:
        """The models of the marked rows, of the one under the cursor, of the front, of all."""
        from backbones.tui.measuring_models import of_answer, of_marks

        row = self.table.row if self.table.count else None
        return of_marks(self.home.marks) + (of_answer(self.shown, row) if self.shown else [])

    def action_next_layout(self) -> None:
        """Both panes, the table, the plot."""
        self.remove_class(f"-{self.pane_layout}")
        self.pane_layout = LAYOUTS[(LAYOUTS.index(self.pane_layout) + 1) % len(LAYOUTS)]
        self.add_class(f"-{self.pane_layout}")
        self._focus_pane()

    def action_next_pane(self) -> None:
        """From the table to the plot and back."""
        if self.pane_layout == "both":
            (self.plot if self.table.has_focus else self.table).focus()

    def _focus_pane(self) -> None:
        (self.plot if self.pane_layout == "plot" else self.table).focus()


def _stop(timer: Timer | None) -> None:
    if timer is not None:
        timer.stop()
