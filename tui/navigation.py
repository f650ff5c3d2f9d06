"""Where one is and was: places like pages of a browser, each made anew when one comes back to it."""

from __future__ import annotations

from dataclasses import dataclass, field
from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from backbones.store.page import Link
    from backbones.tui.place import PlaceScreen

LONGEST: Final = 100
SCREENS: Final = {
    "page": ("backbones.tui.page", "PageScreen"),
    "list": ("backbones.tui.lists", "ListScreen"),
    "compare": ("backbones.tui.compare", "CompareScreen"),
    "pick": ("backbones.tui.pick", "PickScreen"),
    "views": ("backbones.tui.saved", "ViewsScreen"),
}
"""The screen of each kind of place beside `explore`; imported when one goes there."""


@dataclass(frozen=True, slots=True)
class Place:
    """`explore`; a `page` (of: the kind of thing, name); a `list` (of: what it lists); `compare` (names); `pick`; `views`.

    In `names` a row of the first screen is `#` and its key.
    """

    kind: str = "explore"
    of: str = ""
    name: str = ""
    names: tuple[str, ...] = ()


def place_of(link: Link) -> Place:
    """Where a link leads."""
    return Place("list", of=link.name) if link.kind == "list" else Place("page", of=link.kind, name=link.name)


def screen_class(place: Place) -> type[PlaceScreen]:
    """The class of a place's screen."""
    module, name = SCREENS[place.kind]
    found: type[PlaceScreen] = getattr(import_module(module), name)
    return found


@dataclass(slots=True)
class Trail:
    """The places visited, and where among them one is. `positions` remembers cursor and scroll of those left behind."""

    places: list[Place] = field(default_factory=lambda: [Place()])
    positions: list[Any] = field(default_factory=lambda: [None])
    at: int = 0

    @property
    def place(self) -> Place:
        """Where one is."""
        return self.places[self.at]

    @property
    def position(self) -> Any:
        """Where the cursor was when the place was left; None at the first visit."""
        return self.positions[self.at]

    def leave(self, position: Any) -> None:
        """Remember where the cursor is."""
        self.positions[self.at] = position

    def go(self, place: Place) -> None:
        """A new place; those ahead are forgotten."""
        kept = slice(max(0, self.at + 2 - LONGEST), self.at + 1)
        self.places = [*self.places[kept], place]
        self.positions = [*self.positions[kept], None]
        self.at = len(self.places) - 1

    def step(self, places: int) -> bool:
        """Back (-1) or forward (1), where there is a place."""
        if not 0 <= self.at + places < len(self.places):
            return False
        self.at += places
        return True
