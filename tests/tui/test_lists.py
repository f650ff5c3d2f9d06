"""Lists on the screen, over the shipped catalogue."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import pytest

from backbones.store.errors import CatalogError
from backbones.store.listings.kinds import KINDS
from backbones.tui.clipboard import Sent
from backbones.tui.lists import ListScreen
from backbones.tui.navigation import Place

pytestmark = pytest.mark.asyncio


async def at(s: Any, of: str = "") -> ListScreen:
    """Go to a list and wait for its rows."""
    s.app.go(Place("list", of=of))
    await s.until(lambda: isinstance(s.app.screen, ListScreen) and s.app.screen.place.of == of)
    await s.until(lambda: s.app.screen.table.listed is not None)
    await s.settle()
    found: ListScreen = s.app.screen
    return found


async def typed(s: Any, text: str) -> None:
    """Type into the filter, as fast as it comes over SSH."""
    if s.app.focused is not s.app.screen.filter.input:
        await s.tap("slash")
    for char in text:
        await s.tap("space" if char == " " else char)
    await s.settle()


async def test_the_list_of_lists_leads_to_each_of_them(catalogue: Any) -> None:
    async with catalogue(size=(80, 24)) as s:
        await s.press("2")
        await s.until(lambda: isinstance(s.app.screen, ListScreen) and s.app.screen.table.count == len(KINDS))
        assert "families" in s.text()
        await s.press("j", "enter")
        await s.until(lambda: s.app.screen.place.of == "backbones" and s.app.screen.table.count > 2000)
        assert "2,129 of 2,129 rows" in s.text()
        await s.press("escape")
        await s.until(lambda: s.app.screen.place.of == "" and s.app.screen.table.count == len(KINDS))
        assert s.app.screen.table.row == 1


async def test_all_results_are_listed_and_few_are_read(catalogue: Any) -> None:
    async with catalogue() as s:
        screen = await at(s, "results")
        assert screen.table.count > 60_000 and "by published, newest first" in s.text()
        await s.press("G")
        assert screen.table.row == screen.table.count - 1
        window = screen.table.listed.answer.rows.rows
        assert len(window._blocks) <= 6


async def test_what_is_typed_narrows_the_list_with_every_key(catalogue: Any) -> None:
    async with catalogue() as s:
        screen = await at(s, "results")
        await typed(s, "coco swin")
        await s.until(lambda: 0 < screen.table.count < 1000)
        rows = screen.table.listed.answer.rows.rows
        assert all("coco" in str(row).lower() and "swin" in str(row).lower() for row in rows)
        await s.tap("!")
        await s.settle()
        assert screen.filter.input.value == "coco swin!"
        await s.press("escape")
        assert s.app.focused is screen.table and screen.table.count < 1000
        await s.press("u")
        await s.until(lambda: screen.table.count > 60_000)


async def test_a_mistake_in_a_comparison_is_said_and_the_rows_stay(catalogue: Any) -> None:
    async with catalogue() as s:
        screen = await at(s, "datasets")
        count = screen.table.count
        await typed(s, "results")
        assert screen.table.count == count
        await typed(s, "x > 500")
        assert "no column 'resultsx'; did you mean results?" in s.text()
        for _ in "x > 500":
            await s.tap("backspace")
        await typed(s, " > 500")
        await s.until(lambda: 0 < screen.table.count < count)
        assert "did you mean" not in s.text()


async def test_any_column_sorts_and_again_the_other_way_round(catalogue: Any) -> None:
    async with catalogue() as s:
        screen = await at(s, "families")
        await s.press("l", "s")
        newest = [row[1] for row in screen.table.listed.answer.rows.rows[:5]]
        assert newest == sorted(newest, reverse=True) and "by published, newest first" in s.text()
        await s.press("s")
        oldest = [row[1] for row in screen.table.listed.answer.rows.rows[:5]]
        assert oldest == sorted(oldest) and oldest[0] < newest[0] and "oldest first" in s.text()


async def test_the_cursor_stays_on_its_row_while_one_types(catalogue: Any) -> None:
    async with catalogue() as s:
        screen = await at(s, "families")
        await typed(s, "convnext")
        await s.until(lambda: screen.table.count < 10)
        await s.press("escape", "j")
        name = screen.table.listed.answer.rows.rows[screen.table.row][0]
        await s.press("u")
        await s.until(lambda: screen.table.count > 100)
        assert screen.table.listed.answer.rows.rows[screen.table.row][0] == name


async def test_one_comes_back_to_the_filter_the_order_and_the_row(catalogue: Any) -> None:
    async with catalogue() as s:
        screen = await at(s, "results")
        await typed(s, "ade20k")
        await s.press("escape", "l", "l", "l", "s", "j", "j", "j", "enter")
        await s.until(lambda: s.app.trail.place.kind == "page")
        await s.settle()
        await s.press("less_than_sign")
        await s.until(lambda: isinstance(s.app.screen, ListScreen) and s.app.screen.table.listed is not None)
        again = s.app.screen
        assert again is not screen and again.filter.input.value == "ade20k"
        assert (again.table.row, again.table.column, again.order.column, again.order.descending) == (
            3,
            3,
            "value",
            True,
        )


async def test_a_cell_leads_to_its_own_page(catalogue: Any) -> None:
    async with catalogue() as s:
        screen = await at(s, "results")
        await s.press("l")
        assert "(⏎ dataset)" in s.text()
        name = screen.table.listed.answer.rows.rows[0][1]
        await s.press("enter")
        assert s.app.trail.place == Place("page", of="dataset", name=name)


async def test_space_marks_a_name_for_comparison_and_unmarks_it(catalogue: Any) -> None:
    async with catalogue() as s:
        screen = await at(s, "checkpoints")
        name = screen.table.listed.answer.rows.rows[0][0]
        await s.press("space")
        assert s.app.marks == {name: name} and "1 marked" in s.text() and "*" in s.text()
        await s.press("k", "space")
        assert s.app.marks == {} and "marked" not in s.text()
        screen = await at(s, "sources")
        await s.press("space")
        assert s.app.marks == {}


async def test_keys_quicker_than_the_catalogue_are_not_lost(catalogue: Any) -> None:
    async with catalogue() as s:
        s.app.go(Place("list", of="weights"))
        await asyncio.sleep(0)
        await s.until(lambda: isinstance(s.app.screen, ListScreen))
        for key in ("slash", "s", "w", "i", "n"):
            await s.tap(key)
        screen = s.app.screen
        await s.until(lambda: screen.table.listed is not None and screen.table.listed.order.typed == "swin")
        assert 0 < screen.table.count < 1000


async def test_painting_waits_for_no_other_question(catalogue: Any) -> None:
    async with catalogue() as s:
        screen = await at(s, "results")
        slow = (
            "with recursive n(i) as (select 1 union all select i + 1 from n where i < 60000000) select count(*) from n"
        )
        screen.ask(lambda connection: connection.execute(slow).fetchone(), lambda _: None, "slow")
        await asyncio.sleep(0.05)
        began = time.monotonic()
        for key in ("pagedown", "pagedown", "G", "s"):
            await s.tap(key)
        await s.until(lambda: screen.table.listed.order.column == "name")
        assert time.monotonic() - began < 1.5 and screen.explorer._lock.locked()
        s.app.trail.go(Place())
        await s.app.pop_screen()
        assert not screen.is_attached  # or the question would be asked again
        screen.explorer.interrupt()
        await s.until(lambda: not screen.explorer._lock.locked())


async def test_a_damaged_file_is_a_sentence(catalogue: Any) -> None:
    async with catalogue() as s:

        def broken(question: Any) -> Any:
            raise CatalogError("the catalogue x[/]y is damaged")

        s.explorer.ask = broken
        s.app.go(Place("list", of="results"))
        await s.settle()
        assert "the catalogue x[/]y is damaged" in s.text() and s.app.is_running


@pytest.mark.parametrize("size", [(60, 15), (200, 50), (59, 14)])
async def test_every_list_fits_every_window(catalogue: Any, size: tuple[int, int]) -> None:
    async with catalogue(size=size) as s:
        for of in ("", "families", "results", "throughput", "suspects", "matches", "corrections"):
            await at(s, of)
            lines = s.text().splitlines()
            assert len(lines) == size[1] and all(len(line) <= size[0] for line in lines)


async def test_a_list_is_taken_along_as_it_is_shown(catalogue: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    sent: list[str] = []
    monkeypatch.setattr("backbones.tui.place.send", lambda text, env, write: sent.append(text) or Sent("sent"))
    monkeypatch.setattr("backbones.tui.export_panel.send", lambda text, env, write: sent.append(text) or Sent("sent"))
    async with catalogue() as s:
        screen = await at(s, "results")
        await typed(s, "ade20k swin")
        await s.press("escape", "l", "l", "l", "s", "Y")
        assert sent == ["backbones list results '--match=ade20k swin' --sort=-value"]
        rows = screen.table.listed.answer.rows.rows
        await s.press("j", "E", "home", "enter")
        await s.until(lambda: len(sent) == 2)
        assert sent[1].strip() == str(rows[1][3]), "the cell under the cursor"
        if isinstance(s.app.screen, ListScreen):
            await s.press("E")
        await s.press("end")
        while not s.app.screen.offer.label.startswith("the whole table"):
            await s.press("up")
        await s.press("enter")
        await s.until(lambda: len(sent) == 3)
        assert sent[2].count("\n") >= screen.table.count
        await s.press("escape")
        screen = await at(s, "")
        await s.press("Y")
        assert len(sent) == 3 and "no command lists this" in s.text()
        await s.press("E", "escape")
        assert s.app.screen is screen
