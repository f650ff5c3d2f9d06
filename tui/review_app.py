"""The program around the review: it has one screen, and leaves when everything is kept."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

from textual.app import App
from textual.binding import Binding, BindingType
from textual.screen import Screen

from backbones.plot.palette import Look
from backbones.store.drafts import Draft
from backbones.store.errors import BackbonesError
from backbones.tui.config import Config
from backbones.tui.manners import WellMannered
from backbones.tui.review_keeping import Keeper
from backbones.tui.review_screen import ReviewScreen
from backbones.tui.review_session import Session


class ReviewApp(WellMannered):
    """Reviews one draft."""

    TITLE = "backbones review"
    ENABLE_COMMAND_PALETTE = False
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("question_mark", "keys", "help", key_display="?", id="app.help", tooltip="All keys"),
        Binding("q", "quit", "quit", id="app.quit", tooltip="Leave; what was decided is kept"),
    ]

    def __init__(self, draft: Draft, target: Path | None = None, *, look: Look | None = None) -> None:
        super().__init__(ansi_color=True)  # the terminal's own colours and background
        self.look = look or Look()
        self.set_reactive(App.theme, "ansi-light" if self.look.light else "ansi-dark")
        self.stylesheet.set_variables(self.get_css_variables())
        self.animation_level = "none"
        self.session, self.keeper, self.target = Session(draft), Keeper(draft.path), target
        self.written: Path | None = None
        """The accepted file, once it is written."""
        self._is_unkept = False
        self._problems: tuple[str, ...] = ()

    def get_default_screen(self) -> Screen[None]:
        """The review."""
        return ReviewScreen(self.session, self.keeper, self.target, self.look)

    def on_mount(self) -> None:
        """Say what is wrong with the configuration."""
        for problem in self._problems:
            self.notify(problem, title="configuration", severity="warning", markup=False)

    def configure(self, config: Config, path: Path | None) -> None:
        """Take the user's keys; what is wrong with them is said once the screen is there."""
        from backbones.tui.key_names import checked

        keys, problems = checked(config.keys, str(path)) if config.keys else ({}, [])
        self._problems = (*config.problems, *problems)
        self._keymap = self._normalize_keymap(keys)

    def keep(self) -> str | None:
        """Write what is not written yet; the sentence that says why it cannot be, if it cannot."""
        if self.written is not None:
            return None
        try:
            self.keeper.write()
        except BackbonesError as error:
            return str(error)
        return None

    async def action_quit(self) -> None:
        """Leave when all decisions are kept; asked again, leave without."""
        if self._is_unkept or (reason := self.keep()) is None:
            self.exit()
        else:
            self._is_unkept = True
            text = (
                f"{reason}\nThe last decisions are not kept; {self.key_for('app.quit', 'q')} again leaves without them"
            )
            self.notify(text, severity="error", markup=False)

    def action_keys(self) -> None:
        """Show all keys."""
        from backbones.tui.help import HelpPanel

        if not self.screen.is_modal:
            self.push_screen(HelpPanel(self.screen))

    def action_help_quit(self) -> None:
        """What ctrl+c says."""
        self.notify(f"press {self.key_for('app.quit', 'q')} to quit", timeout=2, markup=False)
