"""The table's columns and marks, over the shipped catalogue."""

from __future__ import annotations

from typing import Any

import pytest

from backbones.store.view import View
from backbones.tui.navigation import Place

pytestmark = pytest.mark.asyncio

COLUMNS = (
    "checkpoint",
    "family",
    "params_m",
    "gmacs",
    "resolution",
    "pretraining_dataset",
    "top_1@imagenet-1k",
    "weights",
    "library",
)


async def test_a_column_is_moved_and_the_cursor_goes_along(catalogue: Any) -> None:
    async with catalogue(view=View(columns=COLUMNS)) as s:
        await s.press("l", "l", "shift+right")
        assert s.explore.shown.view.columns[1:4] == ("family", "gmacs", "params_m")
        assert s.explore.table.column == 3
        await s.press("u")
        assert s.explore.shown.view.columns == COLUMNS


async def test_a_column_is_hidden_and_comes_back_by_undo(catalogue: Any) -> None:
    async with catalogue(view=View(columns=COLUMNS)) as s:
        await s.press("l", "minus")
        assert "family" not in s.explore.shown.view.columns
        await s.press("u")
        assert s.explore.shown.view.columns == COLUMNS


async def test_the_last_column_cannot_be_hidden(catalogue: Any) -> None:
    async with catalogue(view=View(columns=("checkpoint",))) as s:
        await s.press("minus")
        assert s.explore.shown.view.columns == ("checkpoint",)


async def test_frozen_columns_stay_when_the_others_scroll(catalogue: Any) -> None:
    async with catalogue(size=(80, 24), view=View(columns=COLUMNS)) as s:
        await s.press("l", "vertical_line", *["l"] * 7)
        heading = s.explore.table.render_line(0).text + s.explore.table.render_line(1).text
        assert "checkpoint" in heading and "family" in heading and "library" in heading
        assert "params" not in heading
        await s.press(*["h"] * 7, "vertical_line", *["l"] * 7)
        heading = s.explore.table.render_line(0).text + s.explore.table.render_line(1).text
        assert "family" not in heading and "library" in heading


async def test_marked_rows_keep_their_mark_in_another_order(catalogue: Any) -> None:
    async with catalogue() as s:
        name = s.explore.shown.name(0)
        await s.press("space")
        assert s.app.marks and "1 marked" in s.text()
        assert s.explore.table.row == 1
        await s.press("l", "l", "l", "s")
        table = s.explore.table
        at = s.explore.shown.rows[next(iter(table.marked))]
        assert s.explore.shown.name(at) == name
        table._go(at)
        await s.press("space")
        assert not s.app.marks and "marked" not in s.text()


async def test_enter_on_a_name_goes_to_its_page_and_back(catalogue: Any) -> None:
    async with catalogue(view=View(columns=COLUMNS)) as s:
        await s.press("j", "enter")
        assert s.app.trail.place == Place("page", "checkpoint", s.explore.shown.name(1))
        await s.press("less_than_sign")
        assert s.app.screen is s.explore and s.explore.table.row == 1
        await s.press("l", "enter")
        assert s.app.trail.place.of == "family"
        await s.press("escape", "tab", "enter")
        assert s.app.trail.place.of == "checkpoint"


async def test_recent_first_puts_the_newest_on_top_and_the_undated_last(catalogue: Any) -> None:
    async with catalogue() as s:
        await s.press("r")
        dates = s.explore.shown.answer.rows.values("published")
        known = [d for d in dates if d is not None]
        assert known == sorted(known, reverse=True) and dates[: len(known)] == known
        await s.press("r")
        assert [str(x) for x in s.explore.shown.view.sort] == ["-top_1@imagenet-1k"]


async def test_keys_in_one_go_with_the_one_that_opens_a_picker_are_the_pickers_own(catalogue: Any) -> None:
    async with catalogue() as s:
        for key in ("x", *"gmacs", "enter"):
            await s.tap(key)
        await s.until(lambda: s.explore.shown.view.x == "gmacs")
        assert s.app.screen is s.explore
