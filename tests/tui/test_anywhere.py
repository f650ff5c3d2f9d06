"""Searching everything: things, places, lists, views and commands in one field."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from fake import FakeExplorer, slow

from backbones.store.catalog import connect
from backbones.store.errors import CatalogError
from backbones.store.places import Places
from backbones.store.view import View
from backbones.tui import targets
from backbones.tui.anywhere import AnywherePanel
from backbones.tui.navigation import Place
from backbones.tui.targets import Target

PAGE = Target("family", "ViT [/]", Place("page", "family", "ViT [/]"))


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BACKBONES_HOME", str(tmp_path))


def names(panel: AnywherePanel) -> list[str]:
    return [target.name for target in panel.found]


async def answered(s: Any) -> AnywherePanel:
    await s.until(lambda: isinstance(s.app.screen, AnywherePanel))
    await s.until(lambda: s.app.screen.found_for == s.app.screen.field.value)
    panel: AnywherePanel = s.app.screen
    return panel


@pytest.mark.asyncio
async def test_a_mistyped_name_leads_to_a_page(catalogue: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    async with catalogue(size=(100, 30)) as s:
        gone: list[Place] = []
        monkeypatch.setattr(s.app, "go", gone.append)
        await s.press("ctrl+k", *"convnxt")
        panel = await answered(s)
        assert panel.found[0].what == Place("page", "family", "ConvNeXt")
        line = next(line for line in s.text().splitlines() if "ConvNeXt V2" in line)
        assert line.rstrip(" │").endswith("family")
        kinds = [target.kind for target in panel.found]
        assert len(set(kinds)) == sum(a != b for a, b in zip(kinds, [None, *kinds])), "those of a kind stand together"
        await s.press("enter")
        assert gone == [Place("page", "family", "ConvNeXt")]
        await s.press("ctrl+k")
        assert (await answered(s)).found[0].name == "ConvNeXt", "used last"


@pytest.mark.asyncio
async def test_a_head_and_a_model_lead_to_a_filtered_view(catalogue: Any) -> None:
    async with catalogue(size=(100, 30)) as s:
        await s.press("ctrl+k", *"mask rcnn swin")
        panel = await answered(s)
        assert panel.found[0].name == "Swin with Mask R-CNN" and isinstance(panel.found[0].what, View)
        await s.press("enter")
        await s.until(lambda: s.explore.shown.view.filter == 'family = "Swin" and head = "Mask R-CNN"')
        assert 0 < len(s.explore.shown.answer.rows) < 60


@pytest.mark.asyncio
async def test_keys_faster_than_answers_open_what_was_typed_last(
    catalogue: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with catalogue(size=(100, 30)) as s:
        gone: list[Place] = []
        monkeypatch.setattr(s.app, "go", gone.append)
        await s.tap("ctrl+k")
        await s.until(lambda: isinstance(s.app.screen, AnywherePanel))
        for key in [*"swin", "enter"]:
            await s.tap(key)
        await s.until(lambda: gone != [])
        assert gone == [Place("page", "family", "Swin")]


@pytest.mark.asyncio
async def test_commands_are_found_with_mistakes_and_done_in_the_pane(screen: Any) -> None:
    async with screen() as s:
        await s.press("colon", *"reversd")
        panel = await answered(s)
        assert panel.found[0].kind == "command" and panel.found[0].key == "s"
        await s.press("enter")
        assert s.explore.view.sort[0].reference == "checkpoint"
        await s.press("colon")
        panel = await answered(s)
        assert panel.found[0].name.startswith("Order by"), "used last"
        await s.press(*"light ground", "enter")
        await s.until(lambda: s.app.look.light)
        assert s.app.theme == "ansi-light" and s.explore.plot.look.light
        await s.press("colon", *"ascii only", "enter")
        await s.until(lambda: s.app.look.ascii)


@pytest.mark.asyncio
async def test_without_pages_and_with_strange_names_it_goes_on(screen: Any) -> None:
    class Damaged(FakeExplorer):
        def ask(self, question: Any) -> Any:
            raise CatalogError("the catalogue x[/].db is damaged")

    async with screen(explorer=Damaged(50)) as s:
        s.app.recent.use(PAGE)
        await s.press("ctrl+k")
        panel = await answered(s)
        assert panel.found[0] == PAGE and "ViT [/]" in s.text()
        await s.press(*"adviser")
        assert "x[/].db is damaged" in s.text() and (await answered(s)).found[0].name == "Pick: the adviser"
        await s.press("tab", "shift+tab", "pagedown", "pageup", "up", "down", "ctrl+k", "escape")
        assert s.app.screen is s.explore


@pytest.mark.asyncio
async def test_before_the_catalogue_is_open_commands_are_there(screen: Any) -> None:
    async with screen(explorer=slow(0.8, 100)) as s:
        await s.press("ctrl+k", *"quit")
        panel = await answered(s)
        assert panel.found[0].kind == "command" and "Quit" in names(panel)
        await s.press("escape")


@pytest.mark.asyncio
async def test_ctrl_k_over_a_panel_opens_no_second_one(screen: Any) -> None:
    async with screen() as s:
        for panel in ("question_mark", "exclamation_mark"):
            await s.press(panel, "ctrl+k", "escape")
            assert s.app.screen is s.explore
        await s.press("slash", "ctrl+k", "escape")
        assert s.app.screen is s.explore and s.explore.filter_bar.input.has_focus


def test_a_name_that_is_typed_in_any_way_is_found(shipped: Places) -> None:
    connection = connect(shipped)
    targets.things(connection, "zqxwv")  # what the panel does when it opens
    for text in ("convnxt", "s", "swin", "mask rcnn swin", "dino v2", "a100"):
        assert targets.things(connection, text), text
    connection.close()


@pytest.mark.parametrize(
    "typed", ["", "   ", "[", "x[/]y", "\x1b[31m", "vit[bold]", "'", '"', "*", "%", "a" * 500, "模型"]
)
def test_nothing_that_is_typed_breaks_the_search(shipped: Places, typed: str) -> None:
    connection = connect(shipped)
    found = targets.things(connection, typed) + targets.alike(targets.PLACES, typed)
    assert all(isinstance(target, Target) for target in targets.grouped(found))
    connection.close()


def test_what_was_used_last_is_kept_for_the_next_run(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "recent.json"
    page, command = Target("page", "x", Place("page", "family", "x")), Target("command", "Quit", "quit")
    targets.write_recent(path, [page, Target("filter", "y", View()), command])
    assert [(t.kind, t.name) for t in targets.read_recent(path)] == [("page", "x"), ("command", "Quit")]
    assert targets.read_recent(path)[0].what == page.what
    for foreign in ("", "[", "{}", "[1]", '["ab"]', '[["a", "b"]]'):
        path.write_text(foreign)
        assert targets.read_recent(path) == []
    targets.write_recent(tmp_path / "deep" / "recent.json" / "x", [page])
    targets.write_recent(None, [page])
    assert targets.read_recent(None) == []
