"""A line of text whose keys act in the order in which they were pressed."""

from __future__ import annotations

from textual import events
from textual.widgets import Input


class OrderedInput(Input):
    """Textual 8.2.8 types the letters behind a tab, an enter or ctrl+u before it acts on that key; here one waits for the other."""

    async def _on_key(self, event: events.Key) -> None:
        """Run this widget's and its screen's own keys here, where letters are typed too."""
        if event.is_printable:
            return
        active = self.screen.active_bindings.get(event.key)
        if active is not None and active.node in (self, self.screen) and active.enabled:
            event.stop()
            event.prevent_default()
            await self.app.run_action(active.binding.action, active.node)
