"""What all screens beside the first have in common: they ask in worker threads, and one can go back and forth."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, cast

from textual import events
from textual.binding import Binding, BindingType
from textual.widgets import Static

from backbones.plot.palette import Look
from backbones.store.explorer import Explorer
from backbones.tui.asking import Asking
from backbones.tui.navigation import Place

if TYPE_CHECKING:
    from backbones.tui.app import BackbonesApp

SMALLEST = (60, 15)
TOO_SMALL = "backbones needs 60 x 15 cells to draw in.\nMake the window larger, or press q to quit."


class PlaceScreen(Asking):
    """A place; `position` of a subclass is handed to it again when one comes back."""

    HORIZONTAL_BREAKPOINTS = [(0, "-slim"), (60, "-narrow"), (110, "-wide")]
    VERTICAL_BREAKPOINTS = [(0, "-low"), (15, "-short"), (32, "-tall")]
    DEFAULT_CSS = """
    PlaceScreen { layers: base cover; }
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

    @property
    def home(self) -> BackbonesApp:
        """The application, with `go`, `marks` and the other places."""
        return cast("BackbonesApp", self.app)

    def position(self) -> Any:
        """Where the cursor is, for when one comes back."""
        return None

    def action_back(self) -> None:
        """To the place before."""
        self.home.action_travel(-1)

    def on_resize(self, event: events.Resize) -> None:
        """Cover everything with a sentence where the window is too small to draw in."""
        is_small = event.size.width < SMALLEST[0] or event.size.height < SMALLEST[1]
        covers = self.query("#cover")
        if is_small and not covers:
            self.mount(Static(TOO_SMALL, id="cover", markup=False))
        elif covers and not is_small:
            covers.remove()
