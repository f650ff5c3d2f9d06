"""Narrowing the rows by ticking values: each tick changes the filter at once, and the counts follow."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import partial
from typing import ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import Screen
from textual.widgets import Input, Static

from backbones.store.errors import BackbonesError
from backbones.store.explorer import Explorer
from backbones.store.facets import METRIC, Facet, FacetValue, Memory, facets, with_value, with_values
from backbones.store.view import View
from backbones.tui import changes
from backbones.tui.asking import patiently
from backbones.tui.choice_list import ChoiceList
from backbones.tui.facet_lines import Line, lines_of
from backbones.tui.messages import ChoiceClicked
from backbones.tui.ordered_input import PanelInput
from backbones.tui.panel import Panel

WIDTH = 44
ROOM = 110
"""From this width on the screen behind makes room; on a narrower one the panel covers its left half."""


@dataclass(slots=True)
class Kept:
    """What a panel leaves to the next one: which headings are open, and what the store remembers of the catalogue."""

    unfolded: set[str] = field(default_factory=lambda: {"prominent", "family"})
    memory: Memory = field(default_factory=Memory)


class FacetPanel(Panel[None]):
    """Values of the rows' attributes to tick; `apply` gets each new view, `undo` goes steps back or forth and returns it."""

    DEFAULT_CSS = """
    FacetPanel { align: left top; background: transparent; }
    FacetPanel > Vertical { width: 44; max-width: 60%; height: 100%; border: round $primary; background: $background;
        padding: 0 1; }
    FacetPanel Input { height: 1; border: none; padding: 0; background: transparent; &:focus { border: none; } }
    FacetPanel Static { height: auto; max-height: 4; color: $error; display: none; }
    """
    AUTO_FOCUS = ""
    has_field = False
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("space", "choose", "tick", id="facets.toggle", tooltip="Tick a value, or fold a heading"),
        Binding("enter", "choose", "Tick", False, id="facets.accept", tooltip="Tick a value, or fold a heading"),
        Binding("slash", "narrow", "narrow", key_display="/", id="facets.narrow", tooltip="Type to narrow the values"),
        Binding("x", "clear", "clear", id="facets.clear", tooltip="Untick all values of this heading"),
        Binding("X", "clear_all", "Clear all", False, id="facets.clear_all", tooltip="Untick all values of all headings"),
        Binding("u", "undo(-1)", "Undo", False, id="facets.undo", tooltip="Undo the last change of the view"),
        Binding("U", "undo(1)", "Redo", False, id="facets.redo", tooltip="Take back an undo"),
        Binding("down,ctrl+n", "cursor(1)", "Down", False, id="facets.down", tooltip="The next line"),
        Binding("up,ctrl+p", "cursor(-1)", "Up", False, id="facets.up", tooltip="The line before"),
        Binding("j", "cursor(1)", "Down", False, id="facets.next", tooltip="The next line"),
        Binding("k", "cursor(-1)", "Up", False, id="facets.previous", tooltip="The line before"),
        Binding("pagedown,ctrl+d", "cursor(10)", "Page down", False, id="facets.page_down", tooltip="Ten further"),
        Binding("pageup,ctrl+u", "cursor(-10)", "Page up", False, id="facets.page_up", tooltip="Ten back"),
        Binding("g,home", "edge(-1)", "Start", False, id="facets.start", tooltip="The first line"),
        Binding("G,end", "edge(1)", "End", False, id="facets.end", tooltip="The last line"),
        Binding("tab", "heading(1)", "Next", False, id="facets.heading", tooltip="The next heading"),
        Binding("shift+tab", "heading(-1)", "Before", False, id="facets.heading_before", tooltip="The heading before"),
        Binding("right,l", "fold(False)", "Unfold", False, id="facets.unfold", tooltip="Show the values below a heading"),
        Binding("left,h", "fold(True)", "Fold", False, id="facets.fold", tooltip="Hide the values below a heading"),
        Binding("q,F", "close", "Close", False, id="facets.close", tooltip="Back to the table"),
        Binding("escape", "leave", "Close", False, key_display="esc", id="facets.leave", tooltip="End the narrowing, else close"),
    ]  # fmt: skip

    def __init__(
        self,
        explorer: Explorer,
        view: View,
        apply: Callable[[View], None],
        undo: Callable[[int], View] | None = None,
        kept: Kept | None = None,
    ) -> None:
        super().__init__()
        self.explorer, self.view, self.facets = explorer, view, tuple[Facet, ...]()
        self._apply, self._undo, self.kept = apply, undo, kept or Kept()
        self._understood = view
        self._behind: Screen[object] | None = None
        self._whole: set[str] = set()
        self._lines: list[Line] = []
        self._generation = 0
        self._typed = ""
        self.list = ChoiceList()
        self.field = PanelInput(placeholder="type to narrow", compact=True)
        self.field.cursor_blink = self.field.display = False
        self.problem = Static("", markup=False)

    def compose(self) -> ComposeResult:
        """What is typed, what is wrong, and the list."""
        with Vertical() as box:
            box.border_title = "Narrow the rows"
            box.border_subtitle = self.hints()
            yield self.field
            yield self.problem
            yield self.list

    def on_mount(self) -> None:
        """Ask for the values."""
        self._behind = self.app.screen_stack[-2]
        self._make_room()
        self._ask()

    def on_resize(self) -> None:
        """The screen behind may have more room, or less."""
        self._make_room()

    def on_unmount(self) -> None:
        """The screen behind gets its place back."""
        self._make_room(is_over=True)

    def _make_room(self, is_over: bool = False) -> None:
        """On a wide terminal the screen behind stands beside the panel and not below it."""
        left = WIDTH if not is_over and self.app.size.width >= ROOM else 0
        if self._behind is not None and self._behind.styles.padding.left != left:
            self._behind.styles.padding = (0, 0, 0, left)

    # Questions

    def _ask(self) -> None:
        self._generation += 1
        self._read(self._generation, self.view, self._shows_metrics)

    @property
    def _shows_metrics(self) -> bool:
        """Whether counts of metrics are on the screen; nobody waits for them else."""
        return METRIC in self.kept.unfolded or self.has_class("-narrowing")

    @work(thread=True, exclusive=True, group="facets")
    def _read(self, generation: int, view: View, with_metrics: bool) -> None:
        ask = partial(facets, view=view, memory=self.kept.memory, with_metrics=with_metrics)
        try:
            found = patiently(
                partial(self.explorer.ask, ask), lambda: generation == self._generation and self.is_attached
            )
        except BackbonesError as error:
            self.app.call_later(self._refused, generation, error)
        else:
            if found is not None:
                self.app.call_later(self._arrived, generation, found)

    def _arrived(self, generation: int, found: tuple[Facet, ...]) -> None:
        if generation != self._generation or not self.is_attached:
            return
        is_first, self.facets, self._understood = not self.facets, found, self.view
        if is_first:
            self.kept.unfolded |= {facet.reference for facet in found if facet.chosen and facet.reference != METRIC}
        self._say("")
        self._list()

    def _refused(self, generation: int, error: BackbonesError) -> None:
        if generation == self._generation and self.is_attached:
            self.view = self._understood  # the screen behind goes back to it as well
            self._say(str(error))

    def _say(self, problem: str) -> None:
        self.problem.display = bool(problem)
        self.problem.update(problem)

    # The list

    def _list(self) -> None:
        """Show the lines, with the mark where it was; on the first value that fits where others were typed."""
        at = self._marked()
        is_other, self._typed = self._typed != self.field.value, self.field.value
        self._lines = lines_of(self.facets, self.kept.unfolded, self._whole, self.field.value)
        places = [line.place for line in self._lines]
        marked = self.list.marked or 0
        if at is not None:
            headings = [(at.facet.reference, None)]
            marked = next((places.index(place) for place in (at.place, *headings) if place in places), marked)
        if is_other and self._typed:
            marked = next((i for i, line in enumerate(self._lines) if line.value), marked)
        self.list.show([(line.text, line.count, line.is_bold) for line in self._lines], marked)

    def _marked(self) -> Line | None:
        at = self.list.marked
        return self._lines[at] if at is not None and at < len(self._lines) else None

    @on(Input.Changed)
    def _narrowed(self, event: Input.Changed) -> None:
        event.stop()
        self._catch_up()

    def _catch_up(self) -> None:
        """A key may be quicker than the news that the text is another."""
        if self._typed != self.field.value:
            self._list()

    @on(ChoiceClicked)
    def _clicked(self, event: ChoiceClicked) -> None:
        event.stop()
        self.action_choose()

    # Keys

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """In the field its own keys move."""
        return not (action in ("fold", "edge") and self.focused is self.field)

    def action_cursor(self, lines: int) -> None:
        """Move the mark."""
        self._catch_up()
        self.list.move(lines)

    def action_edge(self, direction: int) -> None:
        """Move to the first line, or the last."""
        self.list.move(direction * len(self._lines))

    def action_heading(self, step: int) -> None:
        """Move to the next heading, or the one before."""
        here = self.list.marked or 0
        headings = [i for i, line in enumerate(self._lines) if line.is_heading]
        further = [i for i in headings if i > here] if step > 0 else [i for i in reversed(headings) if i < here]
        if further:
            self.list.move(further[0] - here)

    def action_fold(self, is_folded: bool) -> None:
        """Hide or show the values below the heading; from a value back to its heading."""
        line = self._marked()
        if line is None:
            return
        if is_folded:
            self.kept.unfolded.discard(line.facet.reference)
            self._whole.discard(line.facet.reference)
        elif line.is_more:
            self._whole.add(line.facet.reference)
        else:
            self.kept.unfolded.add(line.facet.reference)
            if line.facet.reference == METRIC:
                self._ask()
        self._list()

    def action_choose(self) -> None:
        """Tick or untick the value; fold or unfold the heading; list all values."""
        self._catch_up()
        line = self._marked()
        if line is None:
            return
        if line.value is not None:
            self._tick(line.facet, line.value)
        elif line.is_more:
            self.action_fold(False)
        elif line.is_heading:
            self.action_fold(line.facet.reference in self.kept.unfolded)

    def _tick(self, facet: Facet, value: FacetValue) -> None:
        if facet.reference == METRIC:
            if not value.is_chosen and value.value is not None:
                self._ticked(facet, {value.shown + value.group})
                self._change(changes.picked(self.view, "y", (value.value,)))
            return
        try:
            text = with_value(self.view.filter, facet.reference, value.value, not value.is_chosen)
        except BackbonesError as error:
            self._say(str(error))
            return
        self._ticked(facet, {v.shown + v.group for v in facet.values if v.is_chosen != (v is value)})
        self._change(self.view.with_(filter=text))

    def _ticked(self, facet: Facet, names: set[str]) -> None:
        """Show the ticks at once; the counts follow."""
        values = tuple(replace(value, is_chosen=value.shown + value.group in names) for value in facet.values)
        other = replace(facet, values=values)
        self.facets = tuple(other if f.reference == facet.reference else f for f in self.facets)
        self._list()

    def action_clear(self) -> None:
        """Untick all values of the heading."""
        line = self._marked()
        if line is not None and line.facet.chosen:
            self._clear([line.facet])

    def action_clear_all(self) -> None:
        """Untick all values of all headings."""
        self._clear(self.facets)

    def _clear(self, which: list[Facet] | tuple[Facet, ...]) -> None:
        text = self.view.filter
        for facet in which:
            if facet.reference != METRIC and facet.chosen:
                text = with_values(text, facet.reference, ())
                self._ticked(facet, set())
        self._change(self.view.with_(filter=text))

    def action_undo(self, steps: int) -> None:
        """One step back, or forth."""
        if self._undo is not None:
            self.view = self._undo(steps)
            self._ask()

    def _change(self, view: View) -> None:
        if view != self.view:
            self.view = view
            self._apply(view)
            self._ask()

    def action_narrow(self) -> None:
        """Type to narrow."""
        is_news = not self._shows_metrics
        self.add_class("-narrowing")
        self.field.display = True
        self.set_focus(self.field)  # before the next key is read
        if is_news and self.view.filter:
            self._ask()

    def action_leave(self) -> None:
        """End the narrowing, else close."""
        if self.has_class("-narrowing"):
            self.remove_class("-narrowing")
            self.field.display = False
            self.field.value = ""
            self.set_focus(None)
        else:
            self.action_close()

    def action_close(self) -> None:
        """Back to the screen behind."""
        self.dismiss(None)
