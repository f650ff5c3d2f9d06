"""Pages on the screen, over the shipped catalogue."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from backbones.store.page import Copyable, Link, Page, Section
from backbones.store.rows import Column, Rows
from backbones.tui.clipboard import copy
from backbones.tui.export_panel import ExportPanel
from backbones.tui.lists import ListScreen
from backbones.tui.navigation import Place
from backbones.tui.page import PageScreen

pytestmark = pytest.mark.asyncio


async def at(s: Any, kind: str, name: str) -> PageScreen:
    """Go to a page and wait for its first section."""
    s.app.go(Place("page", of=kind, name=name))
    await s.until(lambda: isinstance(s.app.screen, PageScreen) and s.app.screen.place.name == name)
    await s.until(lambda: s.app.screen.table.listed is not None)
    await s.settle()
    found: PageScreen = s.app.screen
    return found


async def section(s: Any, title: str) -> None:
    """Walk to a section."""
    screen = s.app.screen
    titles = [section.title for section in screen.page.sections]
    for _ in range(titles.index(title) - screen.section):
        await s.tap("]")
    await s.until(lambda: screen.opened is not None and screen.opened.listing.kind == title)
    await s.settle()


async def test_a_page_shows_its_sections_with_their_sizes(catalogue: Any) -> None:
    async with catalogue(size=(120, 40)) as s:
        screen = await at(s, "family", "ConvNeXt")
        text = s.text()
        assert "ConvNeXt" in text and "facts" in text and "token mixer" in text
        for strip in screen.page.sections[:4]:
            assert f"{strip.title} {len(strip.rows):,}" in text
        await s.press("]")
        assert screen.section == 1 and screen.table.count == len(screen.page.sections[1].rows)
        await s.press("[", "[")
        assert screen.section == len(screen.page.sections) - 1


async def test_a_picture_stands_beside_the_table_where_there_is_room(catalogue: Any) -> None:
    async with catalogue(size=(120, 40)) as s:
        screen = await at(s, "family", "ConvNeXt")
        assert not screen.plot.display or not screen.plot.region
        await section(s, "classification")
        assert screen.plot.region.width > 40 and screen.table.region.width > 40
        await s.press("j", "j")
        assert screen.plot.point == screen.table.listed.points.get(screen.table.row)
        await s.press("t", "l")
        assert s.app.focused is screen.plot and screen.table.listed.points.get(screen.table.row) == screen.plot.point
        await s.press("t")
        assert s.app.focused is screen.table
        await s.press("l", "l", "s")
        assert screen.plot.point == screen.table.listed.points.get(screen.table.row)


async def test_in_a_small_window_table_and_picture_take_turns(catalogue: Any) -> None:
    async with catalogue(size=(80, 24)) as s:
        screen = await at(s, "family", "ConvNeXt")
        await s.press("t")
        assert s.app.focused is screen.table  # facts have no picture
        await section(s, "backbones")
        assert screen.table.region and not screen.plot.region
        await s.press("t")
        assert screen.plot.region and not screen.table.region and s.app.focused is screen.plot
        await s.press("]")
        assert screen.plot.region
        await s.press("]")
        await s.until(lambda: bool(screen.table.region))
        assert s.app.focused is screen.table  # robustness has none


async def test_enter_follows_the_cell_and_one_comes_back_to_it(catalogue: Any) -> None:
    async with catalogue(size=(120, 40)) as s:
        screen = await at(s, "family", "ConvNeXt")
        await section(s, "classification")
        await s.press("l", "l", "l", "s", "j", "j")
        column = screen.table.column
        row = screen.table.listed.answer.rows.rows[screen.table.row]
        assert f"(⏎ {screen.table.listed.link(screen.table.row, column).kind})" in s.text()
        await s.press("enter")
        assert s.app.trail.place == Place("page", of="dataset", name=row[column])
        await s.until(lambda: s.app.screen is not screen and s.app.screen.table.listed is not None)
        await s.press("escape")
        await s.until(lambda: s.app.screen.place.name == "ConvNeXt" and s.app.screen.table.listed is not None)
        await s.settle()
        again = s.app.screen
        assert again is not screen and again.page.sections[again.section].title == "classification"
        assert (again.table.row, again.table.column) == (2, column)
        assert again.table.listed.answer.rows.rows[2] == row


async def test_a_fact_leads_where_its_value_leads(catalogue: Any) -> None:
    async with catalogue() as s:
        screen = await at(s, "backbone", "ConvNeXt-T")
        rows = list(screen.table.listed.answer.rows.rows)
        place = next(i for i, row in enumerate(rows) if row[0] == "family")
        await s.press(*["j"] * place, "enter")
        assert s.app.trail.place == Place("page", of="family", name="ConvNeXt")


async def test_rows_of_a_large_list_are_read_when_their_section_is_looked_at(catalogue: Any) -> None:
    async with catalogue() as s:
        screen = await at(s, "collection", "timm")
        assert "all results 24,896" in s.text() or screen.page.sections[-3].total > 20_000
        titles = [found.title for found in screen.page.sections]
        for _ in range(titles.index("all results")):
            await s.tap("]")
        await s.until(lambda: screen.table.count > 20_000)
        await s.settle()
        assert "reading" not in s.text() and screen.table.count == screen.page.sections[screen.section].total
        await s.press("l", "l", "l", "s", "G")
        assert screen.table.row == screen.table.count - 1
        await s.press("[", "]")
        await s.until(lambda: screen.table.count > 20_000)
        assert screen.table.row == screen.table.count - 1 and screen.order.column


async def test_an_unknown_name_is_a_sentence_with_suggestions(catalogue: Any) -> None:
    async with catalogue(size=(80, 24)) as s:
        s.app.go(Place("page", of="family", name="ConvNextt"))
        await s.until(lambda: "did you mean" in s.text())
        assert "ConvNeXt" in s.text() and isinstance(s.app.screen, PageScreen)
        await s.press("]", "t", "y", "o", "s", "enter", "space", "escape")
        assert not isinstance(s.app.screen, PageScreen)


async def test_its_rows_are_shown_on_the_first_screen(catalogue: Any) -> None:
    async with catalogue() as s:
        await at(s, "head", "Mask R-CNN")
        await s.press("o")
        await s.until(lambda: s.app.screen is s.explore and s.explore.shown.view.filter == 'head = "Mask R-CNN"')
        assert s.explore.shown.view.y == "box_ap@coco-val" and s.explore.table.count > 100
        await s.press("less_than_sign")
        await s.until(lambda: isinstance(s.app.screen, PageScreen))


async def test_one_of_several_texts_is_copied(catalogue: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    copied: list[str] = []
    monkeypatch.setattr("backbones.tui.page.copy", lambda text, env, write: copied.append(text) or copy.__name__)
    async with catalogue() as s:
        screen = await at(s, "backbone", "ConvNeXt-T")
        await s.press("y")
        await s.press("down", "enter")
        await s.until(lambda: bool(copied))
        assert copied == [screen.page.copies[1].text]


async def test_marks_are_shared_by_pages_and_lists(catalogue: Any) -> None:
    async with catalogue() as s:
        screen = await at(s, "family", "ConvNeXt")
        await section(s, "backbones")
        name = screen.table.listed.answer.rows.rows[0][0]
        await s.press("space")
        assert s.app.marks == {name: name} and "1 marked" in s.text()
        s.app.go(Place("list", of="backbones"))
        await s.until(lambda: isinstance(s.app.screen, ListScreen) and s.app.screen.table.listed is not None)
        assert "1 marked" in s.text()


async def test_sections_that_are_passed_quickly_do_not_mix(catalogue: Any) -> None:
    async with catalogue() as s:
        s.app.go(Place("page", of="family", name="Swin"))
        await s.until(lambda: isinstance(s.app.screen, PageScreen))
        screen = s.app.screen
        for key in ("]", "]", "s", "]", "[", "l", "s", "]", "]", "[", "[", "s", "]"):
            await s.tap(key)
            await asyncio.sleep(0)
        await s.until(lambda: screen.page is not None and screen.opened is not None)
        await s.settle()
        title = screen.page.sections[screen.section].title
        await s.until(lambda: screen.opened.listing.kind == title)
        assert screen.table.listed.listing is screen.opened.listing
        assert [c.name for c in screen.page.sections[screen.section].rows.columns] == list(
            screen.table.shown.view.columns
        )


async def test_names_that_look_like_markup_are_shown_as_they_are(
    catalogue: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = Rows(
        (Column("backbone", "backbone"), Column("params_m", "params [/]", "number"), Column("best", "best", "number")),
        (("x[/]y[a1]", None, None), ("vit[bold red]_x\x1b[31m", 2.5, 80.25), (None, 30.125, 81)),
    )
    made = Page(
        "family", "a[/]b", "sub[red]title",
        (Section("odd[/]", rows, {0: "backbone"}, {(2, 1): Link("head", "h[b]")}, "note [/]", "params_m", "best"), Section("none", Rows(rows.columns, ()))),
        (Copyable("cite[/]", "text[/]"), Copyable("b", "c")),
    )  # fmt: skip
    monkeypatch.setattr("backbones.tui.page.page_of", lambda connection, name, kind: made)
    for size in ((120, 40), (60, 15)):
        async with catalogue(size=size) as s:
            await at(s, "family", "a[/]b")
            text = s.text()
            assert "x[/]y[a1]" in text and "vit[bold red]_x" in text and "note [/]" in text and "\x1b" not in text
            await s.press("y", "enter", "j", "j", "l", "enter")
            assert s.app.trail.place == Place("page", of="head", name="h[b]")
            await s.press("escape")
            await s.until(lambda: s.app.screen.place.name == "a[/]b" and s.app.screen.table.listed is not None)
            await s.press("t", "t", "]")
            assert s.app.screen.table.count == 0 and "no row" in s.text()
            await s.press("enter", "space", "s", "G", "t")


@pytest.mark.parametrize("size", [(60, 15), (200, 50), (59, 14)])
async def test_every_section_fits_every_window(catalogue: Any, size: tuple[int, int]) -> None:
    async with catalogue(size=size) as s:
        for kind, name in (("family", "ConvNeXt"), ("device", "NVIDIA RTX 3090"), ("dataset", "ADE20K val")):
            screen = await at(s, kind, name)
            for _ in screen.page.sections:
                await s.press("]")
                lines = s.text().splitlines()
                assert len(lines) == size[1] and all(len(line) <= size[0] for line in lines)


async def test_a_section_is_taken_along_with_its_picture_and_citation(catalogue: Any) -> None:
    async with catalogue(size=(120, 40)) as s:
        await at(s, "family", "ConvNeXt")
        await section(s, "classification")
        await s.press("E")
        assert isinstance(s.app.screen, ExportPanel)
        text = s.text()
        assert "the picture" in text and "the citation: ConvNeXt" in text and "the whole table" in text
        await s.press("escape")
