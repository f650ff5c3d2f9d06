"""What the catalogue answers while rows are measured: it is opened again once there are some, and the table gets their column."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Final

from textual.timer import Timer

from backbones.store.catalog import connect
from backbones.store.errors import BackbonesError
from backbones.store.explorer import Explorer
from backbones.store.measured_backbones import device_here
from backbones.store.places import Places, fallback_catalog
from backbones.store.query import CatalogExplorer
from backbones.store.reader import fingerprint
from backbones.store.text import slug
from backbones.store.view import View
from backbones.tui.asking import patiently
from backbones.tui.measuring_story import Story
from backbones.tui.shown import canonical

if TYPE_CHECKING:
    from backbones.tui.app import BackbonesApp

HERE: Final = "throughput@here"
ASKED_EVERY_S: Final = 2.0
"""While rows arrive, of a view that shows them."""


class Answers:
    """Keeps the first screen's answers up with what is measured."""

    def __init__(self, app: BackbonesApp) -> None:
        self._app = app
        self._is_renewed = False
        self._later: Timer | None = None
        self._former: list[Explorer] = []

    def begin(self) -> None:
        """Another run begins."""
        self._is_renewed = False

    def renew(self, story: Story) -> None:
        """A visit was kept: open the catalogue again at the first, and ask again soon where the view shows own speeds."""
        if not story.measured:
            return
        if not self._is_renewed:
            self._is_renewed = True
            self._in_thread(self._open_again)
        elif self._later is None and self._app.is_running and shows_own(self._app.explore.view, story):
            self._later = self._app.set_timer(ASKED_EVERY_S, self._ask_again)

    def finish(self, story: Story, then: Callable[[str], None]) -> None:
        """The run is over: show the column that has it; `then` hears in words which one."""
        if not (story.measured or story.resumed) or not self._app.is_running:
            return then("")
        self._in_thread(partial(self._open_again, partial(self._finish, story, then)))

    def close(self) -> None:
        """Let go of the connections that were replaced."""
        for explorer in self._former:
            explorer.close()
        self._former.clear()

    # ---- in threads

    def _in_thread(self, work: Callable[[], None]) -> None:
        self._app.run_worker(work, thread=True, group="measured")

    def _open_again(self, then: Callable[[bool, str], None] | None = None) -> None:
        """The same catalogue with the measurements as they are now: there may have been none when it was opened."""
        before = self._app.opening.explorer
        renewed, here = None, ""
        if before is not None:
            try:
                found = patiently(lambda: before.ask(partial(opened_again, self._app.own_places())), lambda: True)
            except BackbonesError:
                found = None  # it cannot be opened any more; the answers stay as they are
            if found is not None:
                renewed, here = CatalogExplorer(lambda: found), device_here(found) or ""
        self._app.call_later(self._take, before, renewed)
        if then is not None:
            self._app.call_later(then, renewed is not None, here)

    # ---- on the main thread

    def _take(self, before: Explorer | None, renewed: CatalogExplorer | None) -> None:
        if renewed is None or before is None:
            return
        if self._app.opening.explorer is not before:
            renewed.close()
            return
        self._former.append(before)  # other threads may be asking it
        self._app.take_explorer(renewed)
        self._ask_again()

    def _ask_again(self) -> None:
        if self._later is not None:
            self._later.stop()
            self._later = None
        if self._app.is_running:
            self._app.explore.ask_again()

    def _finish(self, story: Story, then: Callable[[str], None], is_renewed: bool, here: str) -> None:
        """Add the column, where the table has none of that device; say so."""
        if not self._app.is_running:
            return
        explore, references = self._app.explore, references_of(story, here)
        if not is_renewed:
            then("start the program again to see it")
        elif has_one(explore.view, references):
            explore.ask_again()
            then(f"{references[0]} has it")
        else:
            explore.change(with_speed(explore.view, references[0]))
            then(f"{references[0]} is a column now")
        self._app.look_again()


def opened_again(places: Places, connection: sqlite3.Connection) -> sqlite3.Connection | None:
    """Another connection to the same state of the catalogue, with measurements; None where that is no longer there."""
    for catalog in (places.catalog, fallback_catalog()):
        try:
            other = connect(replace(places, catalog=catalog))
        except BackbonesError:
            continue
        if fingerprint(other) == fingerprint(connection):
            return other
        other.close()
    return None


def references_of(story: Story, here: str) -> tuple[str, ...]:
    """The columns that show what was measured: `throughput@here` where that is the device, else by its name."""
    devices = tuple(dict.fromkeys(story.devices.values()))
    named = tuple(f"throughput@{slug(device)}" for device in devices)
    return ((HERE,) if here in devices or not devices else ()) + named


def shows_own(view: View, story: Story) -> bool:
    """Whether a view tells speeds of a device that is being measured."""
    devices = {"here", *map(slug, story.devices.values())}
    text = " ".join((view.filter, *view.columns, view.x, view.y, view.group, view.shape, *map(str, view.sort)))
    return any(f"@{device}" in text for device in devices)


def has_one(view: View, references: tuple[str, ...]) -> bool:
    """Whether the table has such a column already, in whatever precision."""
    return any(column.partition(":")[0] in references for column in view.columns)


def with_speed(view: View, reference: str) -> View:
    """With a column of own speeds where it is seen at once: behind that of the y axis, else behind the first."""
    y = canonical(view.y) if view.y else ""
    at = next((i for i, column in enumerate(view.columns) if y and canonical(column) == y), 0) + 1
    return view.with_(columns=(*view.columns[:at], reference, *view.columns[at:]))
