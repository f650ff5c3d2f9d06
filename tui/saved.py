"""Saved views, and those to start from: open, annotate, rename, delete, send to others."""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.widgets import Static

from backbones.store import saved_views
from backbones.store.errors import BackbonesError
from backbones.store.explorer import Explorer
from backbones.store.named_view import NamedView
from backbones.store.output_file import expanded, free_name, write_text
from backbones.store.places import places
from backbones.store.starting_points import STARTING_POINTS
from backbones.store.text import printable
from backbones.store.view import View
from backbones.store.view_file import check_view, read_view, view_yaml
from backbones.tui.cells import padded
from backbones.tui.choice_list import ChoiceList
from backbones.tui.clipboard import Sent, send
from backbones.tui.hints import KeyHints
from backbones.tui.messages import ChoiceClicked
from backbones.tui.ordered_input import OrderedScreen
from backbones.tui.place import PlaceScreen
from backbones.tui.prompt import PromptPanel
from backbones.tui.save_view import DATE_WIDTH, SaveViewPanel

__all__ = ["SaveViewPanel", "ViewsScreen"]

LONGEST_NAME = 30
BUILT_IN = "to start"
UNANSWERED = "?"


class ViewsScreen(OrderedScreen, PlaceScreen):
    """Every view by its name, how many rows it has now, and below the list what the marked one says."""

    DEFAULT_CSS = """
    ViewsScreen { layout: vertical; scrollbar-size: 0 0; overflow: hidden; }
    ViewsScreen .heading { height: 1; text-style: bold; padding: 0 1; }
    ViewsScreen #about { height: 7; padding: 0 1; border-top: solid $primary; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "open", "open", id="views.open", tooltip="Show this view on the first screen"),
        Binding("n", "annotate", "note", id="views.note", tooltip="Say something else of this view"),
        Binding("R", "rename", "rename", id="views.rename", tooltip="Give this view another name"),
        Binding("d,delete", "remove", "delete", key_display="d", id="views.remove", tooltip="Take this view away"),
        Binding("u", "undo", "undo", id="views.undo", tooltip="Bring the last deleted view back"),
        Binding("y", "copy('picture')", "copy", id="views.copy", tooltip="Copy the command that draws its picture"),
        Binding(
            "Y", "copy('table')", "copy query", False, id="views.copy_table",
            tooltip="Copy the command that prints its table",
        ),
        Binding("x", "export", "to a file", id="views.export", tooltip="Write this view as YAML, to send it to others"),
        Binding("i", "import", "from a file", id="views.import", tooltip="Save a view that somebody sent as YAML"),
        Binding("down,j", "move(1)", "Down", False, id="views.down", tooltip="The next view"),
        Binding("up,k", "move(-1)", "Up", False, id="views.up", tooltip="The view before"),
        Binding("pagedown,ctrl+d", "move(10)", "Page down", False, id="views.page_down", tooltip="Ten views further"),
        Binding("pageup,ctrl+u", "move(-10)", "Page up", False, id="views.page_up", tooltip="Ten views back"),
        Binding("home,g", "move(-9999)", "First", False, id="views.first", tooltip="The first view"),
        Binding("end,G", "move(9999)", "Last", False, id="views.last", tooltip="The last view"),
    ]  # fmt: skip

    views: tuple[NamedView, ...] = ()
    own: int = 0
    """How many of them are the user's; they stand first."""

    def compose(self) -> ComposeResult:
        """A heading, the list, what the marked view says, the keys."""
        self.heading = Static("Views", classes="heading", markup=False)
        self.list = ChoiceList()
        self.about = Static("", id="about", markup=False)
        yield self.heading
        yield self.list
        yield self.about
        yield KeyHints(id="hints")

    def on_mount(self) -> None:
        """Read the list."""
        self._rows: dict[View, int | None] = {}
        self._removed: list[NamedView] = []
        self._to_mark = self.remembered
        self._read()

    def position(self) -> str | None:
        """The name of the marked view."""
        return self.marked.name if self.marked else None

    @property
    def marked(self) -> NamedView | None:
        """The view under the mark."""
        at = self.list.marked
        return self.views[at] if at is not None and at < len(self.views) else None

    # Reading

    def _read(self) -> None:
        self.in_thread(lambda: saved_views.saved_views(places().measurements), self._arrived, "views")

    def _arrived(self, own: tuple[NamedView, ...]) -> None:
        kept = self._to_mark or self.position()
        self._to_mark = None
        self.own, self.views = len(own), (*own, *STARTING_POINTS)
        at = next((i for i, view in enumerate(self.views) if view.name == kept), self.list.marked or 0)
        self._paint(at)
        self._count()

    def complain(self, error: BackbonesError) -> None:
        """Say what went wrong; those to start from can be opened all the same."""
        super().complain(error)
        if not self.views:
            self._arrived(())

    def _count(self) -> None:
        """Ask how many rows the next view has."""
        missing = next((v.view for v in self.views if v.view not in self._rows and not v.problem), None)
        if missing is not None:
            self.in_thread(partial(_how_many, self.explorer, missing), partial(self._counted, missing), "count")

    def _counted(self, view: View, rows: int | None) -> None:
        self._rows[view] = rows
        self._paint()
        self._count()

    # Painting

    def _paint(self, marked: int | None = None) -> None:
        self.heading.update(f"Views · {self.own} of your own, {len(self.views) - self.own} to start from")
        width = min(max((len(v.name) for v in self.views), default=0), LONGEST_NAME)
        lines = [self._line(view, i < self.own, width) for i, view in enumerate(self.views)]
        self.list.show(lines, self.list.marked or 0 if marked is None else marked)
        self._tell()

    def _line(self, view: NamedView, is_own: bool, width: int) -> tuple[str, str, bool]:
        rows = self._rows.get(view.view, -1)
        counted = "" if rows == -1 else UNANSWERED if rows is None else f"{rows:,}"
        date = (view.datetime_utc[:DATE_WIDTH] if is_own else BUILT_IN).rjust(DATE_WIDTH)
        shows = view.problem or (view.subject + (f", {view.view.filter}" if view.view.filter else ""))
        return f" {padded(printable(view.name), width)}  {printable(shows)}", f"{counted:>6}  {date} ", is_own

    def _tell(self) -> None:
        """What the marked view says."""
        if (named := self.marked) is None:
            return
        view = named.view
        parts = [
            named.note or named.problem,
            f"filter   {view.filter}" if view.filter else "",
            f"columns  {', '.join(view.columns)}",
        ]
        order = ", ".join(f"{s.reference} {'↓' if s.descending else '↑'}" for s in view.sort)
        parts.append(
            f"order    {order or 'none'} · colour {view.group or 'none'}"
            + (f" · best per {view.best_per}" if view.best_per else "")
        )
        if self._rows.get(view, 0) is None:
            parts.append("the catalogue cannot answer it: a name in it is unknown here")
        self.about.update("\n".join(printable(part) for part in parts if part))

    # Keys

    def action_move(self, lines: int) -> None:
        """Mark another view."""
        self.list.move(lines)
        self._tell()

    @on(ChoiceClicked)
    def _clicked(self, event: ChoiceClicked) -> None:
        event.stop()
        self._tell()

    def action_open(self) -> None:
        """Show it on the first screen."""
        if (named := self.marked) is None:
            return
        if named.problem:
            self.app.notify(f"{named.name}: {named.problem}", severity="error", markup=False)
        else:
            self.home.show_view(named.view)

    def action_copy(self, what: str) -> None:
        """Copy the command line that gives the same."""
        if named := self.marked:
            command = named.view.plot_command() if what == "picture" else named.view.query_command()
            driver = self.app._driver
            write: Callable[[str], None] = driver.write if driver else lambda _: None
            self.in_thread(lambda: send(command, os.environ, write), partial(self._copied, command), "copy")

    def _copied(self, command: str, sent: Sent) -> None:
        self.app.notify(command, title=sent.way, markup=False, timeout=4)

    def action_annotate(self) -> None:
        """Edit the note."""
        if named := self._own_marked():
            work = partial(_annotate, named.name)
            self.app.push_screen(PromptPanel(f"Note on {named.name}", named.note, work, self._changed))

    def action_rename(self) -> None:
        """Edit the name."""
        if named := self._own_marked():
            self.app.push_screen(PromptPanel("Name", named.name, partial(_rename, named.name), self._changed))

    def action_remove(self) -> None:
        """Take it away; `u` brings it back."""
        if named := self._own_marked():
            self.in_thread(lambda: saved_views.remove(places().measurements, named.name), self._was_removed, "change")

    def _was_removed(self, named: NamedView) -> None:
        self._removed.append(named)
        self.app.notify(f"deleted {named.name}; u brings it back", markup=False, timeout=4)
        self._read()

    def action_undo(self) -> None:
        """Bring the last deleted one back."""
        if not self._removed:
            self.app.notify("nothing to undo", timeout=2)
            return
        named = self._removed.pop()
        self.in_thread(lambda: _restore(named), self._changed, "change")

    def _changed(self, named: NamedView) -> None:
        self._to_mark = named.name
        self._read()

    def _own_marked(self) -> NamedView | None:
        """The marked view if it can be changed; else it is said why not."""
        if self.marked is not None and (self.list.marked or 0) >= self.own:
            self.app.notify(
                "this one comes with the program; open it and save it with w under a name of your own", timeout=4
            )
            return None
        return self.marked

    # Files

    def action_export(self) -> None:
        """Write it as YAML."""
        if (named := self.marked) is not None and not named.problem:
            self.in_thread(lambda: free_name(named.name, ".yaml"), partial(self._ask_where, named), "name")

    def _ask_where(self, named: NamedView, name: str) -> None:
        work = partial(_write, view_yaml(named))
        self.app.push_screen(PromptPanel(f"Write {named.name} to", name, work, self._written))

    def _written(self, path: Path) -> None:
        self.app.notify(f"wrote {path}", markup=False, timeout=4)

    def action_import(self) -> None:
        """Save a view that somebody sent."""
        work = partial(_import, self.explorer)
        self.app.push_screen(PromptPanel("Import a view from", "", work, self._changed, "path of a YAML file"))


def _how_many(explorer: Explorer, view: View) -> int | None:
    """Rows of a view; None where the catalogue cannot answer it."""
    try:
        return explorer.answer(view.with_(columns=view.columns[:1], limit=1)).total
    except BackbonesError:
        return None


def _annotate(name: str, note: str, _: bool) -> NamedView:
    return saved_views.annotate(places().measurements, name, note)


def _rename(name: str, new_name: str, is_sure: bool) -> NamedView:
    return saved_views.rename(places().measurements, name, new_name, is_sure)


def _restore(named: NamedView) -> NamedView:
    saved_views.restore(places().measurements, named)
    return named


def _write(text: str, path: str, is_sure: bool) -> Path:
    found = expanded(path)
    write_text(found, [text], is_sure)
    return found


def _import(explorer: Explorer, path: str, is_sure: bool) -> NamedView:
    found = expanded(path)
    named = read_view(found)
    check_view(explorer, named.view, str(found))
    return saved_views.save(places().measurements, named.name, named.view, named.note or None, is_sure)
