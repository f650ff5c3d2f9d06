"""The application: theme, manners in the terminal, state between runs."""

from __future__ import annotations

import asyncio
import gc
import signal
import sys
from pathlib import Path
from typing import ClassVar

from textual import on
from textual.app import App
from textual.binding import Binding, BindingType
from textual.dom import DOMNode
from textual.driver import Driver
from textual.screen import Screen

from backbones.plot.palette import Look
from backbones.store.view import View
from backbones.tui import messages
from backbones.tui.explore import ExploreScreen
from backbones.tui.frugal import frugal
from backbones.tui.opening import ExplorerFactory, Opening
from backbones.tui.start import run
from backbones.tui.state import State, save_state

__all__ = ["BackbonesApp", "run"]

READY_S = 0.1  # to wait for the first answer, which saves painting twice


class BackbonesApp(App[None]):
    """Explores a catalogue of vision backbones."""

    TITLE = "backbones"
    CSS_PATH = "explore.tcss"
    ENABLE_COMMAND_PALETTE = False  # Textual 8.2.8's own dies of keys that come faster than its list
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("question_mark", "keys", "help", key_display="?", id="app.help", tooltip="All keys"),
        Binding("q", "quit", "quit", id="app.quit", tooltip="Quit"),
        Binding(
            "colon,ctrl+p", "commands", "commands", key_display=":", id="app.commands", tooltip="Search all commands"
        ),
        Binding(
            "i",
            "about",
            "about",
            False,
            id="app.about",
            tooltip="About the catalogue: how much, how complete, how fresh",
        ),
        Binding("ctrl+l", "redraw", "redraw", False, id="app.redraw", tooltip="Paint the screen again"),
        Binding(
            "ctrl+z", "suspend_process", "suspend", False, id="app.suspend", tooltip="To the shell; `fg` comes back"
        ),
    ]

    def __init__(
        self,
        explorer_factory: ExplorerFactory,
        view: View | None = None,
        *,
        look: Look | None = None,
        state: State | None = None,
        state_path: Path | None = None,
        opening: Opening | None = None,
    ) -> None:
        super().__init__(ansi_color=True)  # the terminal's own colours and background
        self.look = look or Look()
        self.set_reactive(App.theme, "ansi-light" if self.look.light else "ansi-dark")
        self.stylesheet.set_variables(self.get_css_variables())
        self.animation_level = "none"
        state = state or State()
        self.state_path = state_path
        self.opening = opening or Opening(explorer_factory, view or state.view).start().draw_for(self.look)
        self._state = state
        self._explore: ExploreScreen | None = None

    @property
    def explore(self) -> ExploreScreen:
        """The first screen; there once the app runs."""
        assert self._explore is not None
        return self._explore

    def get_default_screen(self) -> Screen[None]:
        """The first screen, once the size is known."""
        self.opening.wait(READY_S)
        self._explore = ExploreScreen(self.opening, self._state, self.look, self.size)
        return self._explore

    def get_driver_class(self) -> type[Driver]:
        """The platform's driver, writing less."""
        driver = super().get_driver_class()
        return driver if sys.platform == "win32" else frugal(driver)

    def on_mount(self) -> None:
        """Leave the terminal as it was, however the end comes."""
        self.call_after_refresh(_collect_garbage_again)
        self.app_resume_signal.subscribe(self, self._repaint)
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGHUP):
            try:
                loop.add_signal_handler(number, self._end, number)
            except (NotImplementedError, RuntimeError, ValueError):
                return  # not the main thread, or no such signals here

    def _repaint(self, _: object) -> None:
        """After `fg`: without a new layout Textual 8.2.8 leaves the screen blank."""
        self.refresh(layout=True)
        for screen in self.screen_stack:
            screen.refresh(layout=True)

    def _end(self, number: int) -> None:
        self._stop_asking()
        self.exit(return_code=128 + number)

    async def action_quit(self) -> None:
        """Leave, whatever is being asked."""
        self._stop_asking()
        self.exit()

    def _stop_asking(self) -> None:
        if self._explore is not None:
            self._explore.inquiry.stop()

    def on_resize(self) -> None:
        """The terminal may have moved everything."""
        if thrift := getattr(self._driver, "thrift", None):
            thrift.forget()

    def action_redraw(self) -> None:
        """Paint everything again, whatever another program wrote over it."""
        self.on_resize()
        self.refresh(layout=True)
        self.screen.refresh(layout=True)

    def keep_state(self) -> str | None:
        """Write the view for the next run; the reason why that is not possible, if it is not."""
        explore = self._explore
        if explore is None:
            return None
        view = explore.shown.view if explore.shown else explore.view
        history = tuple(explore.filter_bar.history) if explore.is_mounted else ()
        return save_state(self.state_path, State(view, explore.pane_layout, history))

    def action_keys(self) -> None:
        """Show all keys."""
        from backbones.tui.help import HelpPanel

        explore = self.explore
        panes = [("Table", explore.table), ("Plot", explore.plot), ("Filter", explore.filter_bar.input)]
        panes.sort(key=lambda pane: not pane[1].has_focus)
        self.push_screen(HelpPanel([panes[0], ("Anywhere", explore), ("Program", self), *panes[1:]]))

    def action_about(self) -> None:
        """Show how much the catalogue holds, how complete and how fresh it is."""
        if self.screen is self.explore:
            self.explore.inquiry.statistics()

    @on(messages.StatisticsRead)
    def _tell_statistics(self, event: messages.StatisticsRead) -> None:
        from backbones.tui.facts import FactsPanel

        if self.screen is self.explore:
            self.push_screen(FactsPanel("About the catalogue", event.figures))

    def action_help_quit(self) -> None:
        """What ctrl+c says."""
        self.notify("press q to quit", timeout=2)

    def action_commands(self) -> None:
        """Search all keys by what they do."""
        from backbones.tui.commands import Command, CommandPanel

        if self.screen is not self.explore:
            return
        found = {
            binding.id: Command(binding.tooltip, self.get_key_display(binding), binding.action)
            for _, binding, enabled, _ in self.explore.active_bindings.values()
            if enabled and binding.tooltip and binding.id and binding.id != "app.commands"
        }
        pane = self.explore.focused

        def do(command: Command | None) -> None:
            if command:
                self.call_later(self._do, command.action, pane)

        self.push_screen(CommandPanel(list(found.values())), do)

    async def _do(self, action: str, pane: DOMNode | None) -> None:
        for node in (pane, self.explore, self):
            if node is not None and await self.run_action(action, node):
                return


def _collect_garbage_again() -> None:
    gc.freeze()  # what is there by now stays
    gc.enable()
