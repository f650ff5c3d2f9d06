"""The application: theme, manners in the terminal, state between runs."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.app import App
from textual.binding import Binding, BindingType
from textual.dom import DOMNode
from textual.screen import Screen

from backbones.plot.palette import Look
from backbones.store.view import View
from backbones.tui import messages
from backbones.tui.explore import ExploreScreen
from backbones.tui.manners import collect_garbage_at_rest
from backbones.tui.measuring_home import Measures
from backbones.tui.navigation import Place, Trail, screen_class
from backbones.tui.opening import ExplorerFactory, Opening
from backbones.tui.place import PlaceScreen
from backbones.tui.recent import Recent
from backbones.tui.start import run
from backbones.tui.state import State, save_state

if TYPE_CHECKING:
    from backbones.tui.config import Config
    from backbones.tui.targets import Target

__all__ = ["BackbonesApp", "run"]

LONGEST_KEPT = 10_000  # characters of a filter, for the next run
READY_S = 0.1  # to wait for the first answer, which saves painting twice


class BackbonesApp(Measures):
    """Explores a catalogue of vision backbones."""

    TITLE = "backbones"
    CSS_PATH = "explore.tcss"
    ENABLE_COMMAND_PALETTE = False  # Textual 8.2.8's own dies of keys that come faster than its list
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("question_mark", "keys", "help", key_display="?", id="app.help", tooltip="All keys"),
        Binding("q", "quit", "quit", id="app.quit", tooltip="Quit"),
        Binding(
            "colon,ctrl+p",
            "anywhere(True)",
            "commands",
            key_display=":",
            id="app.commands",
            tooltip="Search all commands",
        ),
        Binding(
            "ctrl+k",
            "anywhere",
            "search",
            priority=True,
            id="app.search",
            tooltip="Search models, data sets, heads, devices, sources, lists, commands",
        ),
        Binding(
            "i",
            "about",
            "about",
            False,
            id="app.about",
            tooltip="About the catalogue: how much, how complete, how fresh",
        ),
        Binding("less_than_sign,alt+left", "travel(-1)", "Back", False, id="app.back", tooltip="The place before"),
        Binding(
            "greater_than_sign,alt+right", "travel(1)", "Forward", False, id="app.forward", tooltip="Forward again"
        ),
        Binding("1", "visit('explore')", "Explore", False, id="app.explore", tooltip="Explore: filter, table and plot"),
        Binding(
            "2", "visit('list')", "Lists", False, id="app.lists", tooltip="Lists of families, data sets, devices …"
        ),
        Binding("3", "visit('compare')", "Compare", False, id="app.compare", tooltip="The marked rows side by side"),
        Binding("4", "visit('pick')", "Pick", False, id="app.pick", tooltip="The adviser: limits in, a short list out"),
        Binding("5", "visit('views')", "Views", False, id="app.views", tooltip="Saved views"),
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
        self.trail = Trail()
        self.configuration: tuple[Config, Path | None] | None = None
        self.problems: tuple[str, ...] = ()
        self.recent = Recent(state_path)
        self.marks: dict[str, str] = {}
        """What was marked to be compared: `#` and a row's key, or a name, and what to call it."""

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

    def on_mount(self) -> None:
        """What the first paint does not need."""
        self.call_after_refresh(collect_garbage_at_rest)
        self.call_after_refresh(self._tell_problems)

    async def action_quit(self) -> None:
        """Leave, whatever is being asked or measured."""
        self.stop_asking()
        self.leave()

    def stop_asking(self) -> None:
        """Interrupt what is being asked, and end what is being measured after the present block."""
        if self._explore is not None:
            self._explore.inquiry.stop()
        self.let_go()

    def keep_state(self) -> str | None:
        """Write the view for the next run; the reason why that is not possible, if it is not."""
        explore = self._explore
        if explore is None:
            return None
        view = explore.shown.view if explore.shown else explore.view
        if len(view.filter) > LONGEST_KEPT:
            view = view.with_(filter="")
        history = tuple(explore.filter_bar.history) if explore.is_mounted else ()
        return save_state(self.state_path, State(view, explore.pane_layout, history))

    # Places

    def go(self, place: Place) -> None:
        """Go to another place; `back` returns here."""
        if place == self.trail.place:
            return
        self._remember()
        self.trail.go(place)
        self._arrive()

    def action_travel(self, steps: int) -> None:
        """Back or forward."""
        self._remember()
        if self.trail.step(steps):
            self._arrive()
        else:
            self.notify("this is the first place" if steps < 0 else "this is the last place", timeout=2)

    def action_visit(self, kind: str) -> None:
        """Go to one of the places that need no name."""
        self.go(Place(kind, names=tuple(self.marks)) if kind == "compare" else Place(kind))

    def _remember(self) -> None:
        if isinstance(self.screen, PlaceScreen) and self.screen.is_mounted:  # keys may be quicker than the screen
            self.trail.leave(self.screen.position())

    @on(messages.Opened)
    def catch_up(self) -> None:
        """Go where keys led before the catalogue was open, once it is and no panel is in the way."""
        if self.trail.place.kind != "explore" and self.screen is self.explore:
            self._arrive()

    def _arrive(self) -> None:
        """Show the place of the trail; before the catalogue is open only the first screen can be shown."""
        place, explorer = self.trail.place, self.explore.inquiry.explorer
        if place.kind == "explore":
            while isinstance(self.screen, PlaceScreen):
                self.pop_screen()
        elif explorer is not None:
            screen = screen_class(place)(explorer, self.look, place, self.trail.position)
            self.switch_screen(screen) if isinstance(self.screen, PlaceScreen) else self.push_screen(screen)

    def show_view(self, view: View) -> None:
        """Show a view on the first screen; `back` returns here."""
        self.go(Place())
        self.explore.change(view)

    def action_keys(self) -> None:
        """Show all keys."""
        from backbones.tui.help import HelpPanel

        if not self.screen.is_modal:
            self.push_screen(HelpPanel(self.screen))

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
        self.notify(f"press {self.key_for('app.quit', 'q')} to quit", timeout=2, markup=False)

    # Searching, looks and configuration

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Over a panel nothing else is searched for."""
        return not (action == "anywhere" and self.screen.is_modal)

    def action_anywhere(self, of_commands: bool = False) -> None:
        """Search everything, or all commands first."""
        from backbones.tui.anywhere import AnywherePanel
        from backbones.tui.commands import commands_of

        pane = self.screen.focused
        panel = AnywherePanel(self.explore.inquiry.explorer, commands_of(self), self.recent.targets, of_commands)
        self.push_screen(panel, lambda target: self._chosen(target, pane))

    def _chosen(self, target: Target | None, pane: DOMNode | None) -> None:
        from backbones.tui.commands import do

        if target is not None:
            self.recent.use(target)
            self.run_worker(self.recent.write, thread=True, group="recent")
            self.call_later(do, self, target, pane)

    def action_look(self, label: str) -> None:
        """Another ground, palette or set of characters."""
        from backbones.tui.themes import LOOKS, changed, wear

        wear(self, changed(self.look, LOOKS[label]))

    def come_back(self) -> None:
        """Make the screen of this place anew."""
        if isinstance(self.screen, PlaceScreen):
            self._remember()
            self._arrive()

    def configure(self, config: Config, path: Path | None, *problems: str) -> None:
        """Take the user's keys and first place; what is wrong with them is said once the screen is there."""
        self.configuration, self.problems = (config, path), (*config.problems, *problems)
        self._keymap = self._normalize_keymap(config.keys)

    def _tell_problems(self) -> None:
        self._complain_of_configuration(self.problems)
        if self.configuration is not None and self.configuration[0].keys:
            self.run_worker(self._check_keys, thread=True, group="keys")
        if self.configuration is not None and self.configuration[0].start == "views":
            self.action_visit("views")

    def _check_keys(self) -> None:
        from backbones.tui.key_names import checked

        assert self.configuration is not None
        config, path = self.configuration
        self.call_later(self._take_keys, *checked(config.keys, str(path)))

    def _take_keys(self, keys: dict[str, str], problems: list[str]) -> None:
        self.set_keymap(keys)
        self._complain_of_configuration(problems)

    def _complain_of_configuration(self, problems: Sequence[str]) -> None:
        """Say the first; the others can be read."""
        for problem in problems[1:]:
            self.say_quietly(problem, "configuration", "warning")
        if problems:
            key = self.key_for("app.messages", "!")
            more = f"\nand {len(problems) - 1} more: press {key} to read them" if len(problems) > 1 else ""
            self.notify(problems[0] + more, title="configuration", severity="warning", markup=False)
