"""The review of a draft: the list of its values, and the one under the cursor beside its cell."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Final, cast

from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Container, Horizontal
from textual.widgets import Input, Static

from backbones.plot.palette import Look
from backbones.store.drafts import Decision, accept, read_draft
from backbones.store.errors import BackbonesError
from backbones.store.output_file import FileExists
from backbones.store.text import printable
from backbones.tui.asking import Asking
from backbones.tui.heading_line import HeadingLine
from backbones.tui.hints import KeyHints
from backbones.tui.ordered_input import OrderedInput, OrderedScreen
from backbones.tui.place import SMALLEST, too_small
from backbones.tui.review_cell import CellChosen, CellPane
from backbones.tui.review_keeping import Keeper
from backbones.tui.review_list import ReviewList, ValueHighlighted, ValueOpened
from backbones.tui.review_panels import AskPanel, CorrectPanel, DraftPanel
from backbones.tui.review_printed import first_number
from backbones.tui.review_session import Change, Session
from backbones.tui.review_values import Value, written

if TYPE_CHECKING:
    from backbones.tui.review_app import ReviewApp

BESIDE: Final = 180
"""Cells of width from which on list and table stand side by side: below, both would be cut."""
EXAMPLE: Final = "words: a model, a metric, table 6, doubtful, undecided, rejected"


class NarrowInput(OrderedInput):
    """One line of text that keeps its own keys."""

    DEFAULT_CSS = """
    NarrowInput { width: 1fr; height: 1; border: none; padding: 0; background: transparent;
        &:focus { border: none; background: transparent; background-tint: transparent; } }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "enter,escape,tab,down", "leave", "to the list", key_display="esc", id="narrow.leave", tooltip="To the list"
        ),
        Binding("ctrl+u", "delete_left_all", "clear", id="narrow.clear", tooltip="Type anew"),
    ]

    def action_leave(self) -> None:
        """To the list; what was typed stays."""
        cast(ReviewScreen, self.screen).to_list()


class ReviewScreen(OrderedScreen, Asking):
    """Every key acts on the value under the cursor of the list."""

    HORIZONTAL_BREAKPOINTS = [(0, "-slim"), (BESIDE, "-wide")]
    AUTO_FOCUS = "#review-list"
    DEFAULT_CSS = """
    ReviewScreen { layers: base cover; layout: vertical; scrollbar-size: 0 0; overflow: hidden; }
    ReviewScreen > #cover { layer: cover; dock: top; width: 100%; height: 100%; background: $background;
        content-align: center middle; text-align: center; }
    ReviewScreen #review-narrow { height: 1; display: none; }
    ReviewScreen #review-narrow.-open { display: block; }
    ReviewScreen #review-narrow Static { width: 8; height: 1; text-style: bold; color: $primary; }
    ReviewScreen #review-panes { height: 1fr; layout: vertical; }
    ReviewScreen #review-list { height: 30%; }
    ReviewScreen #review-cell { height: 1fr; border-top: solid $primary; }
    ReviewScreen #review-cell:focus { border-top: heavy $primary; }
    ReviewScreen.-wide #review-panes { layout: horizontal; }
    ReviewScreen.-wide #review-list { width: 1fr; height: 100%; }
    ReviewScreen.-wide #review-cell { width: 1fr; height: 100%; border-top: none; border-left: solid $primary; }
    ReviewScreen.-wide #review-cell:focus { border-left: heavy $primary; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "space", "accept_on", "accept", id="review.accept_on", tooltip="The value is right; go to the next one"
        ),
        Binding("c", "correct", "correct", id="review.correct", tooltip="Type the number that is right"),
        Binding("x", "decide('rejected')", "reject", id="review.reject", tooltip="Leave the value out of the file"),
        Binding(
            "n",
            "doubtful(1)",
            "doubtful",
            id="review.next",
            tooltip="The next undecided value with an error or a warning; where none is left: the next undecided",
        ),
        Binding("N", "doubtful(-1)", "Before", False, id="review.previous", tooltip="The doubtful value before"),
        Binding("u", "step(-1)", "undo", id="review.undo", tooltip="Take the last decision back"),
        Binding("U", "step(1)", "Redo", False, id="review.redo", tooltip="Decide again what was taken back"),
        Binding("w", "write", "write", id="review.write", tooltip="Write the accepted family file, and leave"),
        Binding("slash", "narrow", "narrow", key_display="/", id="review.narrow", tooltip="Type to narrow the list"),
        Binding("A", "accept_all", "all", id="review.accept_all", tooltip="Accept all shown without error or warning"),
        Binding(
            "a", "decide('accepted')", "accept, stay", id="review.accept", tooltip="The value is right; stay there"
        ),
        Binding(
            "backspace,delete",
            "decide('')",
            "Undecided",
            False,
            id="review.undecide",
            tooltip="The value is undecided again",
        ),
        Binding("tab,shift+tab", "other_pane", "Table", False, id="review.pane", tooltip="To the table, and back"),
        Binding("escape", "out", "Back", False, id="review.out", tooltip="To the list; there: all values again"),
        Binding(
            "i",
            "about",
            "about",
            False,
            id="review.about",
            tooltip="About the draft: its paper, and all that the check says",
        ),
    ]

    def __init__(self, session: Session, keeper: Keeper, target: Path | None, look: Look) -> None:
        super().__init__()
        self.session, self.keeper, self.target = session, keeper, target
        self.heading = HeadingLine(session.draft.family, id="review-heading")
        self.list = ReviewList(session.values, look.depth > 0, id="review-list")
        self.cell = CellPane(look, id="review-cell")
        self.input = NarrowInput(placeholder=EXAMPLE, select_on_focus=False, compact=True)
        self.input.cursor_blink = False
        self._unkept = ""

    @property
    def catalogue(self) -> None:
        """Not asked here."""

    @property
    def review_app(self) -> ReviewApp:
        """The program."""
        return cast("ReviewApp", self.app)

    def compose(self) -> ComposeResult:
        """Counts, what narrows the list, list and cell, keys."""
        yield self.heading
        with Horizontal(id="review-narrow"):
            yield Static(" narrow ", markup=False)
            yield self.input
        with Container(id="review-panes"):
            yield self.list
            yield self.cell
        yield KeyHints(id="hints")

    def on_mount(self) -> None:
        """Go on where one was; else at the first value that is undecided."""
        values = self.session.values
        kept = next((at for at, value in enumerate(values) if value.evidence.path == self.keeper.here), None)
        first = next((at for at, value in enumerate(values) if not value.evidence.decision), 0)
        self.list.select(first if kept is None else kept)
        self._tell()

    def on_resize(self, event: events.Resize) -> None:
        """Cover everything with a sentence where the window is too small to draw in."""
        is_small = event.size.width < SMALLEST[0] or event.size.height < SMALLEST[1]
        covers = self.query("#cover")
        if is_small and not covers:
            self.mount(Static(too_small(self.review_app.key_for("app.quit", "q")), id="cover", markup=False))
        elif covers and not is_small:
            covers.remove()

    # What is shown

    @property
    def value(self) -> Value | None:
        """The value under the cursor."""
        return None if self.list.at is None else self.session.values[self.list.at]

    @on(ValueHighlighted)
    def _tell(self) -> None:
        """Show the value under the cursor, and how far one is."""
        value = self.value
        grid = self.session.draft.grid(value.evidence.table) if value is not None and value.evidence.table else None
        self.cell.show(value, grid)
        self.list.refresh()
        shown = f"{self.list.count:,} shown" if self.list.count < len(self.session.values) else ""
        is_done = self.session.values and not self.session.undecided
        end = f"{self.review_app.key_for('review.write', 'w')} writes the file" if is_done else ""
        decided, *counts = self.session.told()
        self.heading.say(self.session.draft.family, decided, end, *counts, shown)
        self._warn()
        if value is not None:
            self.keeper.be_at(value.evidence.path)

    def to_list(self) -> None:
        """Give the list the keys."""
        self.query_one("#review-narrow").set_class(bool(self.input.value), "-open")
        self.set_focus(self.list)

    def action_narrow(self) -> None:
        """Go to what narrows the list, before the next key is read."""
        self.query_one("#review-narrow").add_class("-open")
        self.set_focus(self.input)

    @on(Input.Changed)
    def _narrow(self, event: Input.Changed) -> None:
        event.stop()
        words = event.value.casefold().split()
        self.list.show([at for at, value in enumerate(self.session.values) if value.holds(words)])
        self._tell()

    @on(ValueOpened)
    def action_other_pane(self) -> None:
        """From the list to the table and back."""
        is_there = self.focused is self.cell
        if not is_there and self.cell.grid is None:
            self.app.notify("this number is not from a table", timeout=2)
        else:
            self.set_focus(self.list if is_there else self.cell)

    def action_out(self) -> None:
        """From the table to the list; there, show all values again."""
        if self.focused is self.list:
            self.input.value = ""
        self.to_list()

    def action_about(self) -> None:
        """Show where the draft is from, and all that the check says."""
        self.app.push_screen(DraftPanel(self.session.draft, self.value, self.session.told()))

    # Deciding

    def action_decide(self, decision: Decision) -> None:
        """Decide on the value under the cursor."""
        if self.list.at is not None:
            self._changed(self.session.decide(self.list.at, decision))

    def action_accept_on(self) -> None:
        """Accept it and go to the next."""
        self.action_decide("accepted")
        self.list.action_move(1)
        self._tell()

    def action_correct(self) -> None:
        """Ask for the number that is right."""
        self._ask_number("" if self.value is None else self.value.number)

    @on(CellChosen)
    def _correct_to(self, event: CellChosen) -> None:
        if (number := first_number(event.text)) is None:
            self.app.notify("this cell prints no number", timeout=2)
        else:
            self._ask_number(written(number))

    def _ask_number(self, text: str) -> None:
        at, value = self.list.at, self.value
        if at is None or value is None:
            return

        def corrected(number: float) -> None:
            is_as_read = number == value.evidence.value
            self._changed(
                self.session.decide(at, "accepted") if is_as_read else self.session.decide(at, "corrected", number)
            )
            self.to_list()

        self.app.push_screen(CorrectPanel(value, self.session.draft, text, corrected))

    def action_doubtful(self, step: int) -> None:
        """Go to the next doubtful value of those shown; where there is none, to the next undecided one."""
        had_doubtful = any(self.session.values[at].is_doubtful for at in self.list.shown)
        row = self.session.next(self.list.shown, self.list.row, step)
        if row is None:
            left = self.session.undecided
            here = "all that is shown is decided" if left else "all is decided"
            self.app.notify(
                f"{here}; {left:,} undecided elsewhere" if left else f"{here}: w writes the file", timeout=3
            )
            return
        self.list.select(row)
        self._tell()
        if not had_doubtful and not self._unkept:
            self.heading.note("no value is doubtful any more; this one is undecided")

    def action_step(self, step: int) -> None:
        """Undo or redo, and go where that was."""
        change = self.session.undo() if step < 0 else self.session.redo()
        if change is None:
            self.app.notify("nothing to take back" if step < 0 else "nothing was taken back", timeout=2)
            return
        if change.at[0] not in self.list.shown:
            self.input.value = ""
            self.list.show(list(range(len(self.session.values))))
            self.to_list()
        if self.list.at not in change.at:
            self.list.select(self.list.shown.index(change.at[0]))
        self._changed(change)

    def action_accept_all(self) -> None:
        """Accept all shown without an error or a warning, when that is confirmed."""
        among = self.session.without_doubts(self.list.shown)
        if not among:
            self.app.notify("no undecided value here is without an error or a warning", timeout=3)
            return
        where = "shown" if self.list.count < len(self.session.values) else "undecided"
        count = f"{len(among):,} {where} value" + ("s" if len(among) > 1 else "")
        question = f"Accept {count} on which the check has no error and no warning?\nNobody has looked at them."
        self._ask("Accept all", question, lambda: self._changed(self.session.accept_all(among)))

    def _ask(self, title: str, question: str, then: Callable[[], object]) -> None:
        def answered(is_sure: bool | None) -> None:
            if is_sure:
                then()

        self.app.push_screen(AskPanel(title, question), answered)

    def _changed(self, change: Change | None) -> None:
        """Show what was decided, and keep it."""
        if change is not None:
            self.keeper.take(change.after)
            self.in_thread(self._keep, self._kept, "keep")
            self.list.show_changes()
        self._tell()

    def _keep(self) -> str:
        """Write what waits; why it cannot be, if it cannot."""
        try:
            self.keeper.write()
        except BackbonesError as error:
            return str(error)
        return ""

    def _kept(self, reason: str) -> None:
        """Say once why decisions cannot be kept, and that they are not for as long as it holds."""
        if reason and reason != self._unkept:
            self.complain(BackbonesError(reason))
        self._unkept = reason
        self._tell()

    def _warn(self) -> None:
        if self._unkept:
            self.heading.note("DECISIONS ARE NOT KEPT (! says why) · " + " · ".join(self.session.told()))

    # The end

    def action_write(self) -> None:
        """Write the accepted file; asks while something is undecided."""
        left, doubtful = self.session.undecided, self.session.doubtful
        if not self.session.values:
            self._ask(
                "Write",
                "The draft has no number that says where it was read.\nWrite it as it is, as no longer a draft?",
                self._write,
            )
            return
        if not left:
            self._write()
            return
        doubt = f", {doubtful:,} of them doubtful" if doubtful else ""
        question = (
            f"{left:,} of {len(self.session.values):,} values are undecided{doubt}. They stay in the file as they were read.\n"
            f"Write it all the same, as no longer a draft?"
        )
        self._ask("Write", question, self._write)

    def _write(self, replace: bool = False) -> None:
        """Keep what waits, and write what the files and the decisions say by now."""
        path, target, keeper = self.session.draft.path, self.target, self.keeper

        def write() -> Path | FileExists:
            keeper.write()
            try:
                return accept(read_draft(path), target, replace)
            except FileExists as error:
                return error

        self.in_thread(write, self._written, "write")

    def _written(self, written_to: Path | FileExists) -> None:
        if isinstance(written_to, FileExists):
            self._ask("Write", f"{written_to.path} exists already. Replace it?", lambda: self._write(True))
        else:
            self.review_app.written = written_to
            self.app.exit()

    def complain(self, error: BackbonesError) -> None:
        """Say what went wrong; what could not be kept is tried again with the next decision."""
        self.app.notify(printable(str(error)), severity="error", markup=False)
