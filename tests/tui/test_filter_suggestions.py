"""The filter bar and the pickers over the shipped catalogue: suggestions, their counts, keys in any tempo."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import pytest
from textual import events

from backbones.store.catalog import connect
from backbones.store.completion import Completion, Completions, complete
from backbones.store.places import Places
from backbones.store.query import CatalogExplorer
from backbones.tui.picker import Picker

pytestmark = pytest.mark.asyncio


class Catalogue(CatalogExplorer):
    """The shipped catalogue, as the fixture `screen` wants it."""

    delay_s = 0.0


@pytest.fixture
def catalogue(shipped: Places) -> Iterator[Catalogue]:
    explorer = Catalogue(lambda: connect(shipped))
    yield explorer
    explorer.close()


def burst(s: Any, *keys: str) -> None:
    """Keys in one packet, without a pause."""
    names = {
        " ": "space",
        "<": "less_than_sign",
        "=": "equals_sign",
        "@": "at",
        "_": "underscore",
        "/": "slash",
        ".": "full_stop",
    }
    for key in keys:
        event = events.Key(names.get(key, key), key if len(key) == 1 else None)
        event.set_sender(s.app)
        s.app._driver.send_message(event)


def listed(s: Any) -> list[str]:
    bar = s.explore.filter_bar
    return [item.text for item in bar._list.completions.items] if bar.is_open else []


async def test_suggestions_come_with_counts_and_tab_takes_the_marked_one(screen: Any, catalogue: Catalogue) -> None:
    async with screen(size=(80, 24), explorer=catalogue) as s:
        await s.press("slash")
        await s.until(lambda: "params_m " in listed(s))
        await s.press(*"top")
        await s.until(lambda: listed(s)[:2] == ["top_1@", "top_5@"])
        assert "18,878" in s.text()
        await s.press("tab")
        await s.until(lambda: listed(s)[:1] == ["imagenet-1k"])
        assert "2,837 │" in s.text() and len([x for x in s.text().splitlines() if x.endswith("│") or "│" in x]) >= 8
        await s.press("down", "down", "up", "tab", *" > 80", "enter")
        await s.until(lambda: s.explore.table.has_focus)
        assert s.explore.view.filter == "top_1@imagenet-a > 80"


async def test_a_burst_of_keys_does_what_slow_keys_do(screen: Any, catalogue: Catalogue) -> None:
    async with screen(explorer=catalogue) as s:
        burst(s, "/", *"fam", "tab", "tab", "down", "tab", *" and par", "tab", *"< 30", "enter")
        await s.until(lambda: s.explore.shown.view.filter != "")
        assert s.explore.shown.view.filter == "family = EfficientNet and params_m < 30"
        await s.press("slash", "ctrl+u")
        burst(s, *"params_m < 5", "enter")
        await s.until(lambda: s.explore.shown.view.filter == "params_m < 5")


async def test_enter_applies_what_is_typed_not_what_is_marked(screen: Any, catalogue: Catalogue) -> None:
    async with screen(explorer=catalogue) as s:
        await s.press("slash", *"family = ConvNeXt")
        await s.until(lambda: '"ConvNeXt V2"' in listed(s))
        await s.press("down", "enter")
        await s.until(lambda: s.explore.table.has_focus)
        assert s.explore.view.filter == "family = ConvNeXt" and not s.explore.filter_bar.is_open


async def test_escape_closes_the_list_then_leaves(screen: Any, catalogue: Catalogue) -> None:
    async with screen(explorer=catalogue) as s:
        await s.press("slash", *"par")
        await s.until(lambda: bool(listed(s)))
        await s.press("escape")
        assert not s.explore.filter_bar.is_open and s.explore.filter_bar.input.has_focus
        await s.press("a")
        await s.until(lambda: s.explore.filter_bar._answered == ("para", 4))
        await s.press("escape", "escape")
        assert s.explore.table.has_focus


async def test_an_outdated_suggestion_is_never_taken(screen: Any, catalogue: Catalogue) -> None:
    async with screen(explorer=catalogue) as s:
        await s.press("slash", *"par")
        await s.until(lambda: bool(listed(s)))
        bar = s.explore.filter_bar
        bar.input.value, bar.input.cursor_position = "gma", 3
        assert not bar.take() and bar.input.value == "gma"
        stale = Completions(0, 3, (Completion("params_m ", "", 1),))
        bar.suggest(stale, "par", 3)
        assert not bar.take()
        bar.suggest(stale, "gma", 2)
        assert not bar.take() and bar.input.value == "gma"


async def test_history_is_walked_where_nothing_is_typed_and_in_the_list_else(screen: Any, catalogue: Catalogue) -> None:
    async with screen(explorer=catalogue) as s:
        for text in ("params_m < 9", "gmacs < 2"):
            await s.press("slash", "ctrl+u", *text, "enter")
            await s.until(lambda: s.explore.table.has_focus)
        await s.press("slash", "ctrl+u")
        await s.until(lambda: bool(listed(s)))
        await s.press("up")
        assert s.explore.filter_bar.input.value == "gmacs < 2" and not s.explore.filter_bar.is_open
        await s.press("up")
        assert s.explore.filter_bar.input.value == "params_m < 9"
        await s.press("down", "down")
        assert s.explore.filter_bar.input.value == ""
        await s.press(*"top")
        await s.until(lambda: len(listed(s)) > 2)
        await s.press("down", "ctrl+n", "ctrl+p")
        assert s.explore.filter_bar.input.value == "top"
        assert s.explore.filter_bar._list.choice.text == "top_5@"


async def test_a_text_that_is_not_applied_is_kept_and_shown_again(screen: Any, catalogue: Catalogue) -> None:
    async with screen(explorer=catalogue) as s:
        await s.press("slash", *"x[/]y < ", "escape", "escape")
        assert s.explore.table.has_focus and s.explore.view.filter == ""
        assert "is not applied; / shows it again" in s.text()
        assert s.explore.filter_bar.history[-1] == "x[/]y <"
        await s.press("slash")
        assert s.explore.filter_bar.input.value == "x[/]y <"


async def test_without_suggestions_tab_leaves_as_before(screen: Any) -> None:
    async with screen() as s:
        await s.press("slash", *"params_m < 20", "tab")
        assert s.explore.table.has_focus


async def test_while_the_list_helps_no_mistake_is_shown_until_enter(screen: Any, catalogue: Catalogue) -> None:
    async with screen(explorer=catalogue) as s:
        await s.press("slash", *"top_1@")
        await s.until(lambda: bool(listed(s)))
        await asyncio.sleep(0.5)
        assert not s.explore.mistake.has_class("-shown")
        await s.press("enter")
        await s.until(lambda: s.explore.mistake.has_class("-shown"))
        assert "data set" in s.text()


async def test_a_click_takes_a_suggestion(screen: Any, catalogue: Catalogue) -> None:
    async with screen(size=(60, 15), explorer=catalogue) as s:
        await s.press("slash", *"top")
        await s.until(lambda: bool(listed(s)))
        await s.pilot.click("SuggestionList", offset=(4, 1))
        assert s.explore.filter_bar.input.value == "top_5@" and s.explore.filter_bar.input.has_focus


@pytest.mark.parametrize("size", [(60, 15), (80, 24)])
async def test_names_that_look_like_markup_are_shown_as_they_are(screen: Any, size: tuple[int, int]) -> None:
    async with screen(size=size) as s:
        await s.press("slash", "x")
        odd = Completions(
            0, 1, (Completion('"x[/]y[a1]"', "vit[bold red]_x", 3), Completion("a\x1b[31m模型", "", None))
        )
        s.explore.filter_bar.suggest(odd, "x", 1)
        await s.settle()
        assert '"x[/]y[a1]"' in s.text() and "vit[bold red]_x" in s.text() and "\x1b" not in s.text()


# Pickers


def rows(s: Any) -> dict[str, str]:
    """The lines of the picker: reference -> count."""
    picker = s.app.screen
    return {r: line[1] for r, line in zip(picker._listed, picker.list._lines, strict=True)}


async def picker(s: Any, key: str, claim: Callable[[], bool]) -> None:
    await s.press(key)
    await s.until(lambda: isinstance(s.app.screen, Picker))
    await s.until(claim)


async def test_an_axis_counts_the_rows_that_have_both(screen: Any, catalogue: Catalogue) -> None:
    async with screen(explorer=catalogue) as s:
        await picker(s, "x", lambda: rows(s).get("top_1@imagenet-v2", "") != "")
        y = s.explore.view.y
        await s.until(lambda: rows(s)["params_m"] == "2,809")
        first = list(rows(s))[:4]
        assert first == ["params_m", "gmacs", "published", "top_1@imagenet-1k"]
        assert "checkpoint" not in rows(s) and "●" in s.text()
        count = rows(s)["throughput@rtx-4090:precision=amp"]
        await s.press(*"4090")
        assert all("4090" in r for r in rows(s))
        await s.press(*" amp", "enter")
        await s.until(lambda: s.explore.shown.view.x == "throughput@rtx-4090:precision=amp")
        values = s.explore.shown.answer.rows.values("throughput@rtx-4090:precision=amp")
        assert f"{sum(v is not None for v in values):,}" == count and s.explore.view.y == y


async def test_the_picker_speaks_the_column_language(screen: Any, catalogue: Catalogue) -> None:
    async with screen(explorer=catalogue) as s:
        await picker(s, "y", lambda: len(rows(s)) > 100)
        await s.press(*"coco box")
        assert next(iter(rows(s))) == "box_ap@coco-val"
        await s.press("tab")
        assert s.app.screen.field.value == "box_ap@coco-val"
        await s.press(":")
        await s.until(lambda: "box_ap@coco-val:head=" in rows(s))
        await s.press("tab", *"casc")
        await s.until(lambda: next(iter(rows(s))) == "box_ap@coco-val:head=cascade-mask-r-cnn")
        assert rows(s)["box_ap@coco-val:head=cascade-mask-r-cnn"] == "148"
        await s.press("enter")
        await s.until(lambda: s.explore.shown.view.y == "box_ap@coco-val:head=cascade-mask-r-cnn")
        assert s.explore.shown.answer.total == 148


async def test_typing_mistakes_find_something_and_nonsense_is_explained(screen: Any, catalogue: Catalogue) -> None:
    async with screen(explorer=catalogue) as s:
        await picker(s, "x", lambda: len(rows(s)) > 100)
        await s.press(*"thrughput v100")
        await s.until(lambda: next(iter(rows(s))) == "throughput@v100")
        await s.press("ctrl+u", *"qqzzqq")
        await s.until(lambda: "no column is called" in s.text())
        await s.press("ctrl+u")
        assert "no column is called" not in s.text()


async def test_a_burst_into_the_picker_picks_what_was_typed(screen: Any, catalogue: Catalogue) -> None:
    async with screen(explorer=catalogue) as s:
        await picker(s, "x", lambda: len(rows(s)) > 100)
        burst(s, *"gmac", "enter")
        await s.until(lambda: s.explore.shown.view.x == "gmacs")


async def test_columns_are_completed_and_ticked(screen: Any, catalogue: Catalogue) -> None:
    async with screen(explorer=catalogue) as s:
        before = s.explore.view.columns
        await picker(s, "C", lambda: len(rows(s)) > 100)
        await s.press(*"latency@v")
        await s.until(lambda: any(r.startswith("latency@v100") for r in rows(s)))
        await s.press("tab", "ctrl+u", "shift+up", "enter")
        await s.until(lambda: len(s.explore.view.columns) == len(before) + 1)
        assert s.explore.view.columns[-1].startswith("latency@v100") or s.explore.view.columns[-2].startswith(
            "latency@v100"
        )


async def test_the_store_answers_what_the_bar_asks(catalogue: Catalogue) -> None:
    found = catalogue.ask(partial(complete, text="par", cursor=3))
    assert found.items[0].text == "params_m "
