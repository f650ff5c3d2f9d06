"""Choosing axes, colours and columns: type to narrow, or type a reference of one's own."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, ClassVar, TypeVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Input, Static

from backbones.store.errors import BackbonesError
from backbones.store.explorer import Choice, ChoiceKind, Explorer
from backbones.store.text import fold, printable
from backbones.tui.asking import patiently
from backbones.tui.cells import padded
from backbones.tui.choice_list import ChoiceList
from backbones.tui.filter_bar import explained
from backbones.tui.list_panel import motions
from backbones.tui.messages import ChoiceClicked
from backbones.tui.ordered_input import PanelInput
from backbones.tui.panel import Panel

if TYPE_CHECKING:
    from backbones.tui.picker_search import Found

T = TypeVar("T")
CONTINUED = tuple("@:=,")
"""At the end of a reference that is not whole yet."""
WIDEST = 92
AROUND_TEXT = 18  # border, padding, scrollbar, tick and count


def narrowed(choices: Sequence[Choice], typed: str) -> list[Choice]:
    """The choices that hold every typed word in label or reference; those that begin with the text first."""
    words = [
        word for each in typed.replace("@", " ").replace(":", " ").replace(",", " ").split() if (word := fold(each))
    ]
    found = [c for c in choices if all(word in fold(c.reference + " " + c.label) for word in words)]
    whole = fold(typed)
    return sorted(found, key=lambda c: not (fold(c.reference).startswith(whole) or fold(c.label).startswith(whole)))


class Picker(Panel[tuple[str, ...] | None]):
    """Picks one reference, or (`is_many`) an ordered set of them; None when left with Esc."""

    DEFAULT_CSS = """
    Picker { align: center middle; }
    Picker > Vertical { width: 92; max-width: 100%; height: 24; max-height: 92%; border: round $primary;
        background: $background; padding: 0 1; }
    Picker Input { height: 1; border: none; padding: 0; background: transparent; &:focus { border: none; } }
    Picker #picker-problem { height: auto; max-height: 4; color: $error; display: none; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("tab", "tick", "tick, complete", id="picker.tick", tooltip="Tick a column; complete a reference"),
        Binding("enter", "accept", "choose", id="picker.accept", tooltip="Take it"),
        Binding("escape", "leave", "cancel", key_display="esc", id="picker.leave", tooltip="Back, changing nothing"),
        *motions("picker", "choice"),
        Binding(
            "shift+up", "shift(-1)", "move", key_display="shift+↑↓", id="picker.earlier", tooltip="Move a column left"
        ),
        Binding("shift+down", "shift(1)", "Later", False, id="picker.later", tooltip="Move a column right"),
    ]

    def __init__(
        self, title: str, explorer: Explorer, chosen: Sequence[str], is_many: bool = False,
        *, kind: ChoiceKind = "axis", anchor: str = "", is_beside: bool = False,
    ) -> None:  # fmt: skip
        """`anchor` is the y axis, whose rows are counted; `is_beside`: metrics count the rows that have both.

        It opens before its choices are known, so that keys typed in one go with the one that opened it are its own.
        """
        super().__init__()
        self._kind, self._anchor, self._is_beside = kind, anchor, is_beside
        self._found: Found | None = None
        self._typed = ""
        self._title, self._explorer, self._is_many = title, explorer, is_many
        self._choices: list[Choice] = []
        self._is_known = asyncio.Event()
        self._is_accepted = False
        self.chosen = list(chosen)
        self._listed: list[str] = []
        self.field = PanelInput(placeholder="type to narrow, or a reference such as top_1@imagenet-v2", compact=True)
        self.field.cursor_blink = False
        self.problem = Static("", id="picker-problem", markup=False)
        self.list = ChoiceList()

    def compose(self) -> ComposeResult:
        """What is typed, what is wrong with it, what can be chosen."""
        with Vertical() as box:
            box.border_title = Content(printable(self._title))
            box.border_subtitle = self.hints()
            yield self.field
            yield self.problem
            yield self.list

    def on_mount(self) -> None:
        """List everything, the mark on what is chosen."""
        self._choices = [Choice(reference, reference, 0) for reference in self.chosen]
        self._list("", self.chosen[0] if self.chosen and not self._is_many else None)
        self._count()

    @on(Input.Changed)
    def _narrow(self, event: Input.Changed) -> None:
        event.stop()
        self._problem(None)
        self._catch_up()
        if event.value.strip():
            self._find(event.value, self.field.cursor_position)

    def _list(self, typed: str, keep: str | None = None) -> None:
        """Show the choices that match; the chosen columns first while nothing is typed."""
        self._typed = typed
        found = self._matching(typed)
        if self._is_many and not typed.strip():
            place = {reference: i for i, reference in enumerate(self.chosen)}
            found.sort(key=lambda c: place.get(c.reference, len(place)))
        self._listed = [choice.reference for choice in found]
        lines = [self._line(choice) for choice in found]
        typed = typed.strip()
        if typed and typed not in self._listed:
            self._listed.append(typed)
            lines.append((f"    use {printable(typed)} as typed", "", False))
        self.list.show(lines, self._listed.index(keep) if keep in self._listed else 0)

    def _matching(self, typed: str) -> list[Choice]:
        """The choices that match: first the one that was typed to its end, then what completes a reference that is being typed."""
        return sorted(self._in_any_order(typed), key=lambda choice: choice.reference != typed.strip())

    def _in_any_order(self, typed: str) -> list[Choice]:
        found = narrowed(self._choices, typed)
        if self._found is None or self._found.typed != typed:
            return found
        known = {choice.reference: choice for choice in self._choices}
        first = [known.get(choice.reference, choice) for choice in self._found.completed]
        taken = {choice.reference for choice in first}
        return [*first, *(choice for choice in found or self._found.near if choice.reference not in taken)]

    @work(thread=True, group="count")
    def _count(self) -> None:
        """Count what can be chosen among the rows of this very view."""
        from backbones.store.choices import choices

        ask = partial(choices, kind=self._kind, anchor=self._anchor, is_beside=self._is_beside)
        counted = self._patiently(partial(self._explorer.ask, ask), lambda: self.is_attached)
        if counted is None:  # not a catalogue, or one that was replaced
            counted = self._patiently(partial(self._explorer.choices, self._kind), lambda: self.is_attached)
        self.app.call_later(self._recount, counted or ())

    def _recount(self, counted: tuple[Choice, ...]) -> None:
        if not self.is_attached:
            return
        is_first = not self._is_known.is_set()
        known = {choice.reference for choice in counted}
        self._choices = [
            *(c for c in self._choices if c.reference in self.chosen and c.reference not in known),
            *counted,
        ]
        typed = self.field.value.strip()
        self._relist("" if is_first and typed else self._highlighted() or "")
        self._is_known.set()
        if self._is_accepted:
            self._accept()

    @work(thread=True, group="find")
    def _find(self, typed: str, cursor: int) -> None:
        """What completes the text, what is near it, and what is wrong with it where there is neither."""
        from backbones.tui.picker_search import found_for

        is_wanted = lambda: self.is_attached and self.field.value == typed  # noqa: E731
        find = partial(
            found_for, self._explorer, typed, cursor, self._kind, self._anchor, self._choices, self._is_beside
        )
        if found := self._patiently(find, is_wanted):
            self.app.call_later(self._show_found, found)

    def _show_found(self, found: Found) -> None:
        if self.is_attached and self.field.value == found.typed:
            self._found = found
            self._relist(self._highlighted() or "")
            if found.error is not None:
                self._problem(found.error)

    def _patiently(self, question: Callable[[], T], is_wanted: Callable[[], bool]) -> T | None:
        """The answer; None where there is none."""
        try:
            return patiently(question, is_wanted)
        except BackbonesError:
            return None

    def _line(self, choice: Choice) -> tuple[str, str, bool]:
        is_chosen = choice.reference in self.chosen
        place = f"{self.chosen.index(choice.reference) + 1:>2} " if is_chosen else "   "
        mark = " ● " if is_chosen and not self._is_many else place
        room = min(WIDEST, self.app.size.width) - AROUND_TEXT
        label = padded(printable(choice.label), room // 2)
        reference = printable(choice.reference) if choice.reference != choice.label else ""
        return f"{mark}{label} {reference}", f"{choice.count:,}" if choice.count else "", is_chosen

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """One reference has no order."""
        return self._is_many or action != "shift"

    def action_cursor(self, rows: int) -> None:
        """Move the cursor of the list."""
        self._catch_up()
        self.list.move(rows)

    def action_tick(self) -> None:
        """Tick or untick a column; write what is marked into the field where it is to be continued, or to pick one."""
        reference = self._highlighted()
        if reference is None:
            return
        if not self._is_many or reference[-1:] in CONTINUED:
            return self._write(reference)
        if reference in self.chosen:
            self.chosen.remove(reference)
            self._relist(reference)
        elif any(choice.reference == reference for choice in self._choices):
            self.chosen.append(reference)
            self._relist(reference)
        else:
            self._check(reference, False)

    def action_shift(self, places: int) -> None:
        """Move a chosen column in the order of the table."""
        reference = self._highlighted()
        if reference in self.chosen:
            at = self.chosen.index(reference)
            self.chosen.insert(max(0, at + places), self.chosen.pop(at))
            self._relist(reference)

    async def action_accept(self) -> None:
        """Take what is highlighted, or the ticked columns, once it is known what there is."""
        await self.waits_for(self._is_known)
        if not self._is_known.is_set():
            self._is_accepted = True
        else:
            self._accept()

    def _accept(self) -> None:
        reference = self._highlighted()
        typed = self.field.value.strip()
        if reference and reference[-1:] in CONTINUED and reference != typed:
            self._write(reference)
        elif self._is_many and (not typed or reference is None or reference in self.chosen):
            self.dismiss(tuple(self.chosen) or None)
        elif reference is None:
            self.dismiss(None)
        elif any(choice.reference == reference for choice in self._choices):
            self.dismiss((*self.chosen, reference) if self._is_many else (reference,))
        else:
            self._check(reference, True)

    def _write(self, reference: str) -> None:
        self.field.value = reference
        self.field.cursor_position = len(reference)

    @on(ChoiceClicked)
    async def _clicked(self, event: ChoiceClicked) -> None:
        event.stop()
        self.action_tick() if self._is_many else await self.action_accept()

    @work(thread=True, exclusive=True, group="describe")
    def _check(self, reference: str, is_final: bool) -> None:
        """Ask whether a typed reference means something."""
        try:
            name = self._explorer.describe(reference).name
        except InterruptedError:
            return  # meant for another question, or the screen is being left
        except BackbonesError as error:
            self.app.call_from_thread(self._problem, error)
        else:
            self.app.call_from_thread(self._checked, reference, name, is_final)

    def _checked(self, reference: str, name: str, is_final: bool) -> None:
        if not self.is_active:
            return
        if not self._is_many:
            self.dismiss((reference,))
            return
        self._choices.insert(0, Choice(reference, name, 0))
        self.chosen.append(reference)
        if is_final:
            self.dismiss(tuple(self.chosen))
        else:
            self._relist(reference)

    def _problem(self, error: BackbonesError | None) -> None:
        if not self.is_attached:
            return
        self.problem.display = error is not None
        if error is not None:
            self.problem.update(explained(error, ""))

    def _catch_up(self) -> None:
        """A key may be quicker than the news that the text is another."""
        if self._typed != self.field.value:
            self._list(self.field.value)

    def _relist(self, keep: str) -> None:
        self._list(self.field.value, keep)

    def _highlighted(self) -> str | None:
        self._catch_up()
        at = self.list.marked
        return self._listed[at] if at is not None and at < len(self._listed) else None
