"""The facet panel over the shipped catalogue: ticks change the filter at once, and the rows behind follow."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
from quiet import hurry, press, rest
from textual.pilot import Pilot

from backbones.store.catalog import connect
from backbones.store.errors import QueryError
from backbones.store.places import Places
from backbones.store.query import CatalogExplorer
from backbones.store.view import View
from backbones.tui.app import BackbonesApp
from backbones.tui.facets import FacetPanel, Kept

pytestmark = pytest.mark.asyncio

Opened = Callable[..., Any]


class Panel:
    """The running app with the panel on top of its first screen."""

    def __init__(self, app: BackbonesApp, pilot: Pilot[None], panel: FacetPanel) -> None:
        self.app, self.pilot, self.panel = app, pilot, panel

    async def settle(self) -> None:
        """Wait for all answers."""
        await rest(self.app)

    async def press(self, *keys: str) -> None:
        """Press keys, each after what the one before set off."""
        await press(self.app, *keys)

    def lines(self) -> list[str]:
        """What the list says."""
        return [f"{line.text} {line.count}".rstrip() for line in self.panel._lines]

    async def to(self, text: str) -> None:
        """Put the mark on the first line that has the text."""
        at = next(i for i, line in enumerate(self.lines()) if text in line)
        self.panel.list.move(at - (self.panel.list.marked or 0))
        await self.pilot.pause()

    def screen_text(self) -> str:
        """What is painted."""
        strips = self.app.screen._compositor.render_strips()
        return "\n".join("".join(segment.text for segment in strip) for strip in strips)


@pytest.fixture
def opened(shipped: Places) -> Opened:
    """`async with opened(size=(120, 40), view=View()) as panel`."""

    @asynccontextmanager
    async def start(
        size: tuple[int, int] = (120, 40), view: View | None = None, kept: Kept | None = None
    ) -> AsyncIterator[Panel]:
        app = BackbonesApp(lambda: CatalogExplorer(lambda: connect(shipped)), view)
        async with app.run_test(size=size) as pilot:
            while app.explore.shown is None:
                await asyncio.sleep(0.02)
            explorer, explore = app.explore.inquiry.explorer, app.explore
            assert explorer is not None

            def undo(steps: int) -> View:
                explore.action_undo() if steps < 0 else explore.action_redo()
                return explore.view

            panel = FacetPanel(explorer, explore.view, explore.change, undo, kept)
            app.push_screen(panel)
            found = Panel(app, pilot, panel)
            await found.settle()
            yield found

    return start


async def test_a_tick_narrows_the_rows_behind_and_undo_takes_it_back(opened: Opened) -> None:
    async with opened() as p:
        before = p.app.explore.shown.answer.total
        assert any("▾ prominent" in line for line in p.lines())
        await p.to("yes")
        await p.press("space")
        assert p.app.explore.view.filter == p.panel.view.filter == "prominent = yes"
        shown = p.app.explore.shown
        assert shown.view.filter == "prominent = yes" and 0 < shown.answer.total < before / 5
        assert any(line.startswith("▾ prominent  ● 1") for line in p.lines())
        assert f"  ● yes {shown.answer.total:,}" in p.lines()
        assert f"{shown.answer.total:,} of {before:,} rows" in p.screen_text()
        await p.press("u")
        assert p.app.explore.view.filter == p.panel.view.filter == ""
        assert not p.panel.facets[1].chosen
        await p.press("U")
        assert p.app.explore.view.filter == "prominent = yes"
        await p.press("escape")
        assert p.app.screen is p.app.explore
        assert p.app.explore.styles.padding.left == 0


async def test_keys_that_come_faster_than_answers_all_count(opened: Opened) -> None:
    async with opened() as p:
        await p.to("▾ family")
        await hurry(p.app, "j", "space", "j", "enter", "j", "space", "space")
        families = [value.shown for facet in p.panel.facets if facet.reference == "family" for value in facet.chosen]
        assert len(families) == 2
        assert p.app.explore.shown.view.filter == f"family in ({', '.join(families)})"
        assert {row[5] for row in p.app.explore.shown.answer.rows.rows} != set()
        await p.press("x")
        assert p.app.explore.view.filter == ""


async def test_typing_narrows_all_values_and_escape_widens_them_again(opened: Opened) -> None:
    async with opened() as p:
        every = p.lines()
        await p.press("slash", *"upernet")
        assert not p.panel.facets[2].chosen
        await p.press(*["backspace"] * 7, *"convnext")
        assert p.lines()[0].startswith("▾ family")
        await p.press("enter")
        assert p.app.explore.view.filter == "family = ConvNeXt"
        await p.press("escape")
        assert len(p.lines()) == len(every) and p.app.screen is p.panel
        await p.press("q")
        assert p.app.screen is p.app.explore


async def test_another_metric_gives_other_rows(opened: Opened) -> None:
    async with opened(view=View(filter="hierarchical = yes")) as p:
        assert p.lines()[0].startswith("▸ metric: top-1 ImageNet-1k")
        await p.press("slash", *"box ap coco val", "enter", "escape")
        assert p.app.explore.view.y == "box_ap@coco-val"
        assert p.app.explore.view.sort[0].reference == "box_ap@coco-val"
        assert p.lines()[0].startswith("▸ metric: box AP COCO val")
        await p.to("▸ head")
        await p.press("l", "j", "space")
        assert p.app.explore.view.filter.startswith("hierarchical = yes and head = ")
        await p.press("X")
        assert p.app.explore.view.filter == ""


async def test_headings_fold_and_more_lists_everything(opened: Opened) -> None:
    async with opened(kept=Kept(unfolded=set())) as p:
        assert all(line.startswith("▸") for line in p.lines())
        await p.to("▸ family")
        await p.press("enter")
        families = next(facet for facet in p.panel.facets if facet.reference == "family")
        await p.to("more")
        await p.press("enter")
        assert sum(line.value is not None for line in p.panel._lines) == len(families.values) > 100
        await p.press("h")
        assert all(line.startswith("▸") for line in p.lines())
        await p.press("tab", "tab", "shift+tab")
        assert p.panel._marked().facet.reference == "resolution"  # type: ignore[union-attr]


@pytest.mark.parametrize("size", [(80, 24), (60, 15)])
async def test_a_small_terminal_has_the_panel_on_its_left(opened: Opened, size: tuple[int, int]) -> None:
    async with opened(size=size) as p:
        lines = p.screen_text().split("\n")
        assert len(lines) == size[1]
        assert "prominent" in p.screen_text()
        assert p.app.explore.styles.padding.left == 0
        await p.press("G")
        assert "source" in p.screen_text()


async def test_a_filter_that_cannot_be_understood_says_so(opened: Opened) -> None:
    async with opened() as p:
        p.panel.explorer.ask = _refuse  # type: ignore[method-assign]
        await p.to("yes")
        await p.press("space")
        assert "no such [/] thing" in p.screen_text()
        assert p.panel.view.filter == ""


def _refuse(question: object) -> None:
    raise QueryError("no such [/] thing")
