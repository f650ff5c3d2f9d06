"""A panel over a screen: it closes itself and nothing else, its keys act in their order, and it says which they are."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import ClassVar, Final, TypeVar

from textual import events
from textual.await_complete import AwaitComplete
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.keys import key_to_character
from textual.screen import ModalScreen

from backbones.tui.ordered_input import Ordered, acted, pass_on

T = TypeVar("T")
KEYS: Final = "panel.keys"
PATIENCE_S: Final = 3.0


class Panel(ModalScreen[T]):
    """Closes once: Textual 8.2.8's `dismiss` takes whatever screen is on top away, and answers twice when called twice.

    Keys in one packet, and answers that open another panel meanwhile, do that.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("question_mark,ctrl+g", "keys", "keys", False, id=KEYS, tooltip="All keys of this panel"),
    ]

    has_field: ClassVar[bool] = True
    """Whether letters are typed into a field as soon as it opens; else `?` shows its keys as well."""
    _closes_with: tuple[T | None] | None = None

    def dismiss(self, result: T | None = None) -> AwaitComplete:
        """Close, with a result; nothing where it is closed; where another panel is over it, once that has closed."""
        if self.is_active:
            return super().dismiss(result)
        if self._closes_with is None and self in self.app.screen_stack:
            self._closes_with = (result,)
        return AwaitComplete()

    def on_screen_resume(self) -> None:
        """What was over it has gone."""
        if self._closes_with is not None:
            self.dismiss(*self._closes_with)

    async def on_key(self, event: events.Key) -> None:
        """Run the panel's keys here; what came before the field had the focus is typed there."""
        focused = self.focused
        if not self.is_active:
            await pass_on(event, self.app)
        elif isinstance(focused, Ordered) and focused.seen is not event:
            event.stop()
            event.prevent_default()
            focused._forward_event(events.Key(event.key, event.character))
        elif await acted(event, self, self):
            event.stop()
            event.prevent_default()

    async def waits_for(self, happened: asyncio.Event) -> None:
        """Read no further key until it has happened; for a while only, so that one can leave."""
        with suppress(asyncio.TimeoutError):
            await asyncio.wait_for(happened.wait(), PATIENCE_S)

    def action_keys(self) -> None:
        """Show all keys of this panel."""
        from backbones.tui.help import HelpPanel

        self.app.push_screen(HelpPanel(self))

    def action_leave(self) -> None:
        """Close, with nothing."""
        self.dismiss(None)

    def hints(self) -> Content:
        """The keys that are worth to be told, as they are now, and what they do; last the one that shows all."""
        bindings = self._bindings.copy()
        bindings.apply_keymap(self.app._keymap)
        order = [binding.id for binding in vars(type(self)).get("BINDINGS", ()) if isinstance(binding, Binding)]
        place = {id: at for at, id in enumerate([*order, KEYS])}
        told: dict[str, str] = {}
        for key, binding in sorted(bindings, key=lambda each: place.get(each[1].id, -1)):
            is_typed = self.has_field and (key_to_character(key) or "\0").isprintable()
            is_told = binding.id and (binding.show or binding.id == KEYS) and not is_typed
            if is_told and self.app._check_action_state(binding.action, self) is not False:
                shown = self.app.get_key_display(Binding(key, binding.action, key_display=binding.key_display))
                told.setdefault(binding.id or "", f"{shown} {binding.description}")
        return Content(" · ".join(told.values()))
