"""The screen of saved views and the panel that saves one, over the shipped catalogue."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from backbones.store.places import places
from backbones.store.saved_views import find_view, save, saved_views
from backbones.store.starting_points import STARTING_POINTS
from backbones.store.view import Sort, View
from backbones.store.view_file import view_yaml
from backbones.tui.navigation import Place
from backbones.tui.prompt import PromptPanel
from backbones.tui.saved import SaveViewPanel, ViewsScreen

pytestmark = pytest.mark.asyncio
ANGRY = "x [/] y[a1] [bold red]"
SMALL = View(filter="params_m < 5", x="gmacs", sort=(Sort("params_m", False),))


@pytest.fixture
def db(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home of its own, and where its views are."""
    monkeypatch.setenv("BACKBONES_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    return places().measurements


async def opened(s: Any) -> ViewsScreen:
    """The views, with their counts."""
    s.app.go(Place("views"))
    await s.until(lambda: isinstance(s.app.screen, ViewsScreen) and bool(s.app.screen.views))
    found: ViewsScreen = s.app.screen
    await s.until(lambda: len(found._rows) >= len({v.view for v in found.views if not v.problem}), 10)
    return found


async def typed(s: Any, text: str) -> None:
    """Replace what is in the field of the panel, and press Enter."""
    panel = s.app.screen
    assert isinstance(panel, PromptPanel)
    panel.field.value = text
    await s.press("enter")


@pytest.mark.parametrize("size", [(120, 40), (80, 24), (60, 15)])
async def test_all_views_are_listed_with_their_rows(
    catalogue: Callable[..., Any], db: Path, size: tuple[int, int]
) -> None:
    save(db, ANGRY, SMALL, "a note [/] [red]")
    async with catalogue(size=size) as s:
        views = await opened(s)
        assert [v.name for v in views.views] == [ANGRY, *(v.name for v in STARTING_POINTS)]
        assert all(count for count in views._rows.values())
        text = s.text()
        assert "1 of your own" in text and ANGRY in text and "a note [/] [red]" in text and "2,8" in text
        assert all(len(line) <= size[0] for line in text.splitlines())


async def test_enter_opens_a_view_on_the_first_screen_and_back_comes_back(
    catalogue: Callable[..., Any], db: Path
) -> None:
    async with catalogue() as s:
        views = await opened(s)
        await s.press("j", "j")
        marked = views.marked
        assert marked is not None and marked.name == STARTING_POINTS[2].name
        await s.tap("enter")
        await s.until(lambda: s.app.screen is s.explore and s.explore.shown.view == marked.view)
        assert s.explore.table.count
        await s.tap("less_than_sign")
        await s.until(lambda: isinstance(s.app.screen, ViewsScreen) and bool(s.app.screen.views))
        assert s.app.screen.marked.name == marked.name


async def test_delete_is_undone_by_u(catalogue: Callable[..., Any], db: Path) -> None:
    saved = save(db, "mine", SMALL, "why")
    async with catalogue() as s:
        views = await opened(s)
        await s.press("d")
        await s.until(lambda: views.own == 0)
        assert saved_views(db) == ()
        await s.press("u")
        await s.until(lambda: views.own == 1)
        assert saved_views(db) == (saved,)
        await s.press("u")
        assert saved_views(db) == (saved,)


async def test_a_starting_point_stays_as_it_is(catalogue: Callable[..., Any], db: Path) -> None:
    async with catalogue() as s:
        views = await opened(s)
        await s.press("d", "R", "n")
        assert s.app.screen is views and len(views.views) == len(STARTING_POINTS)
        assert any("comes with the program" in n.message for n in s.app._notifications)


async def test_note_and_name_are_edited_and_a_taken_name_asks(catalogue: Callable[..., Any], db: Path) -> None:
    save(db, "mine [/]", SMALL)
    save(db, "other", View(), "keep me")
    async with catalogue() as s:
        views = await opened(s)
        await s.press("n")
        assert "Note on mine [/]" in s.text()
        await typed(s, "for [/] phones")
        await s.until(
            lambda: s.app.screen is views and views.marked is not None and views.marked.note == "for [/] phones"
        )
        await s.press("R")
        await typed(s, "a.yaml")
        assert "name of a file" in s.text() and isinstance(s.app.screen, PromptPanel)
        await typed(s, "Other")
        assert "enter again replaces" in s.text()
        assert len(saved_views(db)) == 2
        await s.press("escape")
        assert s.app.screen is views and [v.name for v in saved_views(db)] == ["mine [/]", "other"]
        await s.press("R")
        await typed(s, "ours")
        await s.until(lambda: views.marked is not None and views.marked.name == "ours")


async def test_a_view_goes_to_a_file_and_comes_from_one(
    catalogue: Callable[..., Any], db: Path, tmp_path: Path
) -> None:
    saved = save(db, "Mine [/]", SMALL, "why")
    async with catalogue() as s:
        views = await opened(s)
        await s.press("x")
        await s.until(lambda: isinstance(s.app.screen, PromptPanel))
        assert s.app.screen.field.value == "mine.yaml"
        await s.press("enter")
        await s.until((tmp_path / "mine.yaml").exists)
        assert (tmp_path / "mine.yaml").read_text() == view_yaml(saved)
        await s.until(lambda: s.app.screen is views)
        await s.press("d", "i")
        await typed(s, str(tmp_path / "nothing.yaml"))
        assert "No such file" in s.text()
        (tmp_path / "bad.yaml").write_text("view: a\nx: wheights\n")
        await typed(s, str(tmp_path / "bad.yaml"))
        assert "did you mean weights" in s.text()
        await typed(s, str(tmp_path / "mine.yaml"))
        await s.until(lambda: s.app.screen is views and views.own == 1)
        assert find_view(db, "mine").view == SMALL


async def test_y_copies_the_command(catalogue: Callable[..., Any], db: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from backbones.tui.clipboard import Sent

    copied: list[str] = []
    monkeypatch.setattr("backbones.tui.saved.send", lambda text, *_: copied.append(text) or Sent("sent"))
    save(db, "mine", SMALL)
    async with catalogue() as s:
        await opened(s)
        await s.press("y", "Y")
        assert copied == [SMALL.plot_command(), SMALL.query_command()]


async def test_a_view_that_the_catalogue_cannot_answer_is_said(catalogue: Callable[..., Any], db: Path) -> None:
    save(db, "old", View(filter="top_1@gone-data > 3"))
    async with catalogue() as s:
        await opened(s)
        assert " ? " in s.text() and "cannot answer" in s.text()


async def test_a_broken_database_leaves_the_starting_points(catalogue: Callable[..., Any], db: Path) -> None:
    db.parent.mkdir(parents=True)
    db.write_bytes(b"no database" * 500)
    async with catalogue() as s:
        views = await opened(s)
        assert len(views.views) == len(STARTING_POINTS)
        assert any("cannot be read" in n.message for n in s.app._notifications)


async def test_keys_that_come_faster_than_answers_break_nothing(catalogue: Callable[..., Any], db: Path) -> None:
    for name in "abc":
        save(db, name, SMALL)
    async with catalogue() as s:
        s.app.go(Place("views"))
        for key in ("enter", "d", "u", "n", "j", "d", "d", "u", "u", "escape", "G", "k", "y"):
            await s.tap(key)
        await asyncio.sleep(0.5)
        assert saved_views(db) and s.app.screen.is_running


async def test_a_view_is_saved_and_a_name_that_exists_is_said(catalogue: Callable[..., Any], db: Path) -> None:
    save(db, "Mine", View(), "the old one")
    async with catalogue() as s:
        panel = SaveViewPanel(SMALL)
        s.app.push_screen(panel)
        await s.settle()
        await s.press("m", "i", "n", "e")
        assert "'Mine' is there already" in s.text() and "the old one" in s.text()
        await s.press("enter")
        assert "enter again replaces" in s.text() and find_view(db, "mine").view == View()
        await s.press("2", "tab", "n", "o", "enter")
        await s.until(lambda: s.app.screen is s.explore)
        assert (find_view(db, "mine2").view, find_view(db, "mine2").note) == (SMALL, "no")
        s.app.push_screen(SaveViewPanel(SMALL))
        await s.settle()
        await typed(s, "mine")
        await s.press("enter")
        await s.until(lambda: s.app.screen is s.explore)
        assert find_view(db, "mine").view == SMALL and find_view(db, "mine").note == "the old one"
