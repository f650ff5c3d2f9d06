"""The part of the app that has a measurement: its key, its end, and the catalogue that is opened again for it."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, ClassVar, cast

from rich.text import Text
from textual.binding import Binding, BindingType

from backbones.tui.manners import WellMannered

if TYPE_CHECKING:
    from backbones.store.explorer import Explorer
    from backbones.store.places import Places
    from backbones.tui.app import BackbonesApp
    from backbones.tui.measuring import Measuring


class Measures(WellMannered):
    """Measures with a child, one run at a time; what that needs is imported when it is first asked for."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "M",
            "measure",
            "measure",
            id="app.measure",
            tooltip="Measure speed on this machine; while that goes on: how far it is",
        ),
    ]

    places: Places | None = None
    """Where the open catalogue is, if not at the usual place."""
    _measuring: Measuring | None = None
    _leaving: asyncio.Task[None] | None = None
    _farewell: Text | None = None
    """What is said in the shell to who leaves while a measurement goes on."""

    @property
    def measuring(self) -> Measuring:
        """The one measurement that may go on; made when it is first asked for."""
        from backbones.tui.measuring import Measuring

        self._measuring = self._measuring or Measuring(self._home)
        return self._measuring

    @property
    def measuring_line(self) -> str:
        """How far a measurement is; empty while there is none."""
        return self._measuring.line if self._measuring is not None else ""

    @property
    def _home(self) -> BackbonesApp:
        return cast("BackbonesApp", self)

    def action_measure(self) -> None:
        """The form for what this screen offers; while a measurement goes on: how far it is."""
        from backbones.tui.explore import ExploreScreen
        from backbones.tui.measuring_form import MeasureForm
        from backbones.tui.place import PlaceScreen

        screen = self.screen
        if screen.is_modal:
            return
        if self.measuring.is_running:
            return self.show_measuring()
        offers = screen.measurable() if isinstance(screen, ExploreScreen | PlaceScreen) else []
        if (explorer := self._home.explore.inquiry.explorer) is None or not offers:
            self.notify(f"no model is chosen here; mark some with {self.key_for('table.mark', 'space')}", timeout=3)
        else:
            self.push_screen(MeasureForm(offers, self.measuring, explorer))

    def show_measuring(self) -> None:
        """How far the measurement is, or what came of the last one."""
        from backbones.tui.measuring_panel import MeasuringPanel

        if not self.screen.is_modal:
            self.push_screen(MeasuringPanel(self.measuring))

    # The catalogue

    def own_places(self) -> Places:
        """Where the open catalogue and the measurements are."""
        from backbones.store.places import places

        return self.places or places()

    def catalogue_words(self) -> tuple[str, ...]:
        """Options with which a command opens the same catalogue."""
        from backbones.store.places import places

        here = self.own_places()
        words = ["--catalog", str(here.catalog)] if here.catalog != places().catalog else []
        return (*words, *(word for folder in here.families[1:] for word in ("--families", str(folder))))

    def take_explorer(self, explorer: Explorer) -> None:
        """Ask this one from now on: the same catalogue, opened again."""
        from backbones.tui.place import PlaceScreen

        self._home.opening.explorer = explorer
        for screen in self.screen_stack:
            if isinstance(screen, PlaceScreen):
                screen.explorer = explorer

    def look_again(self) -> None:
        """Make a page anew, of which more is known now; not where one may be typing."""
        if self._home.trail.place.kind in ("page", "compare"):
            self._home.come_back()

    # The end

    def leave(self) -> None:
        """End the program once the measurement has ended, which is waited for on the screen; asked for again: at once."""
        measuring = self._measuring
        if measuring is None or not measuring.is_running or self._leaving is not None:
            if measuring is not None:
                measuring.stop()
            self.exit(message=self._farewell)
            return
        self._farewell = Text(measuring.farewell)
        self.notify("ending the measurement after the present block; every finished visit is kept", timeout=8)
        self._leaving = asyncio.create_task(self._leave(measuring), name="leaving")

    async def _leave(self, measuring: Measuring) -> None:
        await measuring.leave()
        self.exit(message=self._farewell)

    def let_go(self) -> None:
        """End what is being measured after the present block."""
        if self._measuring is not None:
            self._measuring.let_go()

    async def on_unmount(self) -> None:
        """Leave no child behind."""
        if self._measuring is not None:
            await self._measuring.leave()
