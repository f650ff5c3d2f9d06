"""The panel that saves a view under a name."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar, Final

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.widgets import Input, Static

from backbones.store import saved_views
from backbones.store.named_view import NamedView
from backbones.store.places import places
from backbones.store.view import View
from backbones.tui.ordered_input import PanelInput
from backbones.tui.prompt import PromptPanel

DATE_WIDTH: Final = 10


class SaveViewPanel(PromptPanel):
    """Saves a view under a name; says at once when there is one of that name."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("tab", "app.focus_next", "to the note", id="save.note", tooltip="From the name to the note and back"),
    ]

    def __init__(self, view: View, then: Callable[[NamedView], None] | None = None) -> None:
        super().__init__("Save this view", "", self._save, then or self._saved, "a name")
        self._view = view
        self._known: tuple[NamedView, ...] = ()
        self.note = PanelInput(placeholder="what it is for, if you like", compact=True)
        self.note.cursor_blink = False

    def compose(self) -> ComposeResult:
        """Name and note."""
        with Vertical() as box:
            box.border_title = "Save this view"
            box.border_subtitle = self.hints()
            yield Static("name", classes="label")
            yield self.field
            yield Static("note", classes="label")
            yield self.note
            yield self.said

    def on_mount(self) -> None:
        """Learn which names there are."""
        self.in_thread(lambda: saved_views.saved_views(places().measurements), self._learn, "names")

    def _learn(self, known: tuple[NamedView, ...]) -> None:
        self._known = known
        self._warn()

    @property
    def typed(self) -> str:
        """The name alone: another note is no other name."""
        return self.field.value

    @on(Input.Changed)
    def _warn(self) -> None:
        if self._refused is None:
            same = next((v for v in self._known if v.is_called(self.field.value)), None)
            saved = f"{same.name!r} is there already, saved {same.datetime_utc[:DATE_WIDTH]}" if same else ""
            self.say(saved + (f": {same.note}" if same and same.note else ""))

    def question(self, is_sure: bool) -> Callable[[], Any]:
        """What is done in the thread."""
        name, note = self.field.value, self.note.value
        return lambda: saved_views.save(places().measurements, name, self._view, note.strip() or None, is_sure)

    def _save(self, text: str, is_sure: bool) -> NamedView:
        return saved_views.save(places().measurements, text, self._view, None, is_sure)

    def _saved(self, named: NamedView) -> None:
        self.app.notify(f"saved {named.name}; 5 lists all views", markup=False, timeout=4)
