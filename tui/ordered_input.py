"""Keys that come in one packet act in the order in which they were pressed.

Textual 8.2.8 hands a letter to the widget that has the focus at once, and acts on a tab or an enter behind it before that
widget has read the letter. Here one waits for the other, and keys go after a focus that has gone on.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from textual import events
from textual.app import App
from textual.dom import DOMNode
from textual.screen import Screen
from textual.widget import Widget
from textual.widgets import Input

if TYPE_CHECKING:
    _Widget = Widget
    _Screen = Screen[None]
else:  # of several bases Textual takes the styles of the first that is a widget, and of no other
    _Widget = _Screen = object


class Ordered(_Widget):
    """A widget that acts on each key before it reads the next."""

    seen: events.Key | None = None
    """The last key that was read here: when it reaches the screen, it comes from here."""

    async def _on_key(self, event: events.Key) -> None:
        """Run the keys of this widget and of its screen here, where letters are typed too."""
        self.seen = event
        stack = self.app.screen_stack
        if not stack or stack[-1].focused is not self:
            await pass_on(event, self.app)
        elif not self.types(event) and await self.acts(event):
            event.stop()
            event.prevent_default()

    def types(self, event: events.Key) -> bool:
        """Whether the key is text to be typed here."""
        return False

    async def acts(self, event: events.Key) -> bool:
        """Do what the key is bound to, here or on the screen; whether it is."""
        return await acted(event, self.screen, self, self.screen)


class OrderedInput(Ordered, Input):
    """A line of text."""

    def types(self, event: events.Key) -> bool:
        """Letters."""
        return event.is_printable


class PanelInput(OrderedInput):
    """A line of text in a panel; a key that both have is the panel's."""

    async def acts(self, event: events.Key) -> bool:
        """The panel's own keys first: those that have an id."""
        for node, bindings in self.screen._modal_binding_chain:
            for binding in bindings.key_to_bindings.get(event.key, ()):
                if node is self.screen and binding.id and await self.app.run_action(binding.action, node):
                    return True
        return await super().acts(event)


class OrderedScreen(_Screen):
    """A screen whose own keys act in their order; what is typed behind one that opens a panel is the panel's."""

    async def on_key(self, event: events.Key) -> None:
        """Run this screen's keys here."""
        if not self.is_active:
            await pass_on(event, self.app)
        elif await acted(event, self, self):
            event.stop()
            event.prevent_default()


async def acted(event: events.Key, screen: Screen[Any], *nodes: DOMNode) -> bool:
    """Do what the key is bound to at one of the nodes; whether it is."""
    active = screen.active_bindings.get(event.key)
    if active is None or active.node not in nodes or not active.enabled:
        return False
    await screen.app.run_action(active.binding.action, active.node)
    return True


async def pass_on(event: events.Key, app: App[Any]) -> None:
    """Hand a key to who has the focus by now."""
    event.stop()
    event.prevent_default()
    if app.screen_stack:  # else the program ends
        await App.on_event(app, events.Key(event.key, event.character))
