"""Choosing axes, colours and columns: type to narrow, or type a reference of one's own."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Input, Static

from backbones.store.errors import BackbonesError
from backbones.store.explorer import Choice, Explorer
from backbones.store.text import fold, printable
from backbones.tui.cells import padded
from backbones.tui.choice_list import ChoiceList
from backbones.tui.filter_bar import explained
from backbones.tui.messages import ChoiceClicked

WIDEST = 92
AROUND_TEXT = 18  # border, padding, scrollbar, tick and count


def narrowed(choices: Sequence[Choice], typed: str) -> list[Choice]:
    """The choices that hold every typed word in label or reference; those that begin with the text first."""
    words = [fold(word) for word in typed.split()]
    words = [word for word in words if word]
    found = [c for c in choices if all(word in fold(c.reference + " " + c.label) for word in words)]
    whole = fold(typed)
    return sorted(found, key=lambda c: not (fold(c.reference).startswith(whole) or fold(c.label).startswith(whole)))


class Picker(ModalScreen[tuple[str, ...] | None]):
    """Picks one reference, or (`is_many`) an ordered set of them; None when left with Esc."""

    DEFAULT_CSS = """
    Picker { align: center middle; }
    Picker > Vertical { width: 92; max-width: 100%; height: 24; max-height: 92%; border: round $primary;
        background: $background; padding: 0 1; }
    Picker Input { height: 1; border: none; padding: 0; background: transparent; &:focus { border: none; } }
    Picker #picker-problem { height: auto; max-height: 4; color: $error; display: none; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "leave", "cancel", key_display="esc", id="picker.leave", tooltip="Back, changing nothing"),
        Binding("enter", "accept", "choose", priority=True, id="picker.accept", tooltip="Take it"),
        Binding("tab", "tick", "tick", priority=True, id="picker.tick", tooltip="Tick or untick a column"),
        Binding("down,ctrl+n", "cursor(1)", "Down", False, priority=True, id="picker.down", tooltip="The next choice"),
        Binding("up,ctrl+p", "cursor(-1)", "Up", False, priority=True, id="picker.up", tooltip="The choice before"),
        Binding(
            "pagedown", "cursor(10)", "Page down", False, priority=True, id="picker.page_down", tooltip="Ten further"
        ),
        Binding("pageup", "cursor(-10)", "Page up", False, priority=True, id="picker.page_up", tooltip="Ten back"),
        Binding(
            "shift+up", "shift(-1)", "Earlier", False, priority=True, id="picker.earlier", tooltip="Move a column left"
        ),
        Binding(
            "shift+down", "shift(1)", "Later", False, priority=True, id="picker.later", tooltip="Move a column right"
        ),
    ]

    def __init__(
        self, title: str, explorer: Explorer, choices: Sequence[Choice], chosen: Sequence[str], is_many: bool = False
    ) -> None:
        super().__init__()
        self._title, self._explorer, self._is_many = title, explorer, is_many
        self._choices = list(choices)
        self.chosen = list(chosen)
        self._listed: list[str] = []
        self.field = Input(placeholder="type to narrow, or a reference such as top_1@imagenet-v2", compact=True)
        self.field.cursor_blink = False
        self.problem = Static("", id="picker-problem", markup=False)
        self.list = ChoiceList()

    def compose(self) -> ComposeResult:
        """What is typed, what is wrong with it, what can be chosen."""
        with Vertical() as box:
            box.border_title = self._title
            box.border_subtitle = (
                "tab ticks · shift+↑↓ moves · enter takes these · esc cancels"
                if self._is_many
                else "enter takes it · esc cancels"
            )
            yield self.field
            yield self.problem
            yield self.list

    def on_mount(self) -> None:
        """List everything, the mark on what is chosen."""
        known = {c.reference for c in self._choices}
        self._choices = [Choice(r, r, 0) for r in self.chosen if r not in known] + self._choices
        self._list("", self.chosen[0] if self.chosen and not self._is_many else None)

    @on(Input.Changed)
    def _narrow(self, event: Input.Changed) -> None:
        event.stop()
        self._problem(None)
        self._list(event.value)

    def _list(self, typed: str, keep: str | None = None) -> None:
        """Show the choices that match; the chosen columns first while nothing is typed."""
        found = narrowed(self._choices, typed)
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

    def _line(self, choice: Choice) -> tuple[str, str, bool]:
        is_chosen = choice.reference in self.chosen
        place = f"{self.chosen.index(choice.reference) + 1:>2} " if is_chosen else "   "
        mark = " ● " if is_chosen and not self._is_many else place
        room = min(WIDEST, self.app.size.width) - AROUND_TEXT
        label = padded(printable(choice.label), room // 2)
        reference = printable(choice.reference) if choice.reference != choice.label else ""
        return f"{mark}{label} {reference}", f"{choice.count:,}" if choice.count else "", is_chosen

    def action_cursor(self, rows: int) -> None:
        """Move the cursor of the list."""
        self.list.move(rows)

    def action_tick(self) -> None:
        """Tick or untick a column."""
        reference = self._highlighted()
        if not self._is_many or reference is None:
            return
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

    def action_accept(self) -> None:
        """Take what is highlighted, or the ticked columns."""
        reference = self._highlighted()
        typed = self.field.value.strip()
        if self._is_many and (not typed or reference is None or reference in self.chosen):
            self.dismiss(tuple(self.chosen) or None)
        elif reference is None:
            self.dismiss(None)
        elif any(choice.reference == reference for choice in self._choices):
            self.dismiss((*self.chosen, reference) if self._is_many else (reference,))
        else:
            self._check(reference, True)

    @on(ChoiceClicked)
    def _clicked(self, event: ChoiceClicked) -> None:
        event.stop()
        self.action_tick() if self._is_many else self.action_accept()

    def action_leave(self) -> None:
        """Change nothing."""
        self.dismiss(None)

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
        if not self.is_current:
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

    def _relist(self, keep: str) -> None:
        self._list(self.field.value, keep)

    def _highlighted(self) -> str | None:
        at = self.list.marked
        return self._listed[at] if at is not None and at < len(self._listed) else None
