"""What all screens beside the first have in common: they ask in worker threads, and one can go back and forth."""

from __future__ import annotations

import os
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.widgets import Static

from backbones.plot.palette import Look
from backbones.store.explorer import Explorer
from backbones.store.text import printable
from backbones.tui.asking import Asking
from backbones.tui.clipboard import Sent, send
from backbones.tui.navigation import Place

if TYPE_CHECKING:
    from backbones.tui.measuring_models import Offer

SMALLEST = (60, 15)


def too_small(quit_key: str) -> str:
    """What stands in a window that is too small."""
    width, height = SMALLEST
    return f"backbones needs {width} x {height} cells to draw in.\nMake the window larger, or press {quit_key} to quit."


class PlaceScreen(Asking):
    """A place; `position` of a subclass is handed to it again when one comes back."""

    HORIZONTAL_BREAKPOINTS = [(0, "-slim"), (60, "-narrow"), (110, "-wide")]
    VERTICAL_BREAKPOINTS = [(0, "-low"), (15, "-short"), (32, "-tall")]
    DEFAULT_CSS = """
    PlaceScreen { layers: base cover; layout: vertical; scrollbar-size: 0 0; overflow: hidden; }
    PlaceScreen > #cover { layer: cover; dock: top; width: 100%; height: 100%; background: $background;
        content-align: center middle; text-align: center; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,backspace", "back", "back", key_display="esc", id="place.back", tooltip="The place before"),
        Binding(
            "slash",
            "app.anywhere",
            "search",
            False,
            key_display="/",
            id="place.search",
            tooltip="Search models, data sets, heads, devices, sources, lists, commands",
        ),
    ]

    def __init__(self, explorer: Explorer, look: Look, place: Place, position: Any = None) -> None:
        super().__init__()
        self.explorer, self.look, self.place, self.remembered = explorer, look, place, position

    @property
    def catalogue(self) -> Explorer:
        """Who is asked."""
        return self.explorer

    def position(self) -> Any:
        """Where the cursor is, for when one comes back."""
        return None

    def measurable(self) -> list[Offer]:
        """The models that can be measured from here: what is marked; a subclass knows of more."""
        from backbones.tui.measuring_models import of_marks

        return of_marks(self.home.marks)

    def action_back(self) -> None:
        """To the place before."""
        self.home.action_travel(-1)

    def copy_line(self, text: str) -> None:
        """Copy a command line, and say how."""

        def said(sent: Sent) -> None:
            self.app.notify(printable(text), title=sent.way, markup=False, timeout=4)

        self.in_thread(partial(send, text, os.environ, self.home.to_terminal), said, "copy")

    def on_resize(self, event: events.Resize) -> None:
        """Cover everything with a sentence where the window is too small to draw in."""
        is_small = event.size.width < SMALLEST[0] or event.size.height < SMALLEST[1]
        covers = self.query("#cover")
        if is_small and not covers:
            self.mount(Static(too_small(self.home.key_for("app.quit", "q")), id="cover", markup=False))
        elif covers and not is_small:
            covers.remove()
