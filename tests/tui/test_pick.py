"""The adviser as a user sees it: a form, an answer that follows, pages and marks."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import Any

import pytest
from textual.worker import WorkerCancelled

from backbones.store.adviser import Wish, advise
from backbones.store.advising.form import FIELDS, cleared, typed, value_text, with_value
from backbones.store.errors import QueryError
from backbones.tui.advice import lines_of
from backbones.tui.navigation import Place
from backbones.tui.pick import PickScreen

Started = Callable[..., AbstractAsyncContextManager[Any]]
DOWN = {field.name: i for i, field in enumerate(FIELDS)}


async def rest(s: Any) -> None:
    """Wait for answers; a question of the screen that was left may have been dropped."""
    with contextlib.suppress(WorkerCancelled):
        await s.settle()


async def press(s: Any, *keys: str) -> None:
    """Press keys, each after what the one before set off."""
    await s.press(*keys)


async def arrive(s: Any) -> PickScreen:
    """The screen with its first answer."""
    s.app.go(Place("pick"))
    await s.until(lambda: isinstance(s.app.screen, PickScreen) and s.app.screen.advice is not None)
    await rest(s)
    assert isinstance(s.app.screen, PickScreen)
    return s.app.screen


async def fill(s: Any, name: str, text: str) -> None:
    """Go to a field and type its value."""
    await press(s, "h", "g", *["j"] * DOWN[name], "enter", *text, "enter")
    await rest(s)


@pytest.mark.asyncio
async def test_the_first_answer_is_there_without_a_limit(catalogue: Started) -> None:
    async with catalogue(size=(80, 24)) as s:
        screen = await arrive(s)
        assert screen.wish == Wish()
        assert "CoAtNet-7 JFT-3B" in s.text() and "best top-1 of the" in s.text()
        assert "top-1 ImageNet-1k" in s.text()


@pytest.mark.asyncio
async def test_a_device_and_a_speed_are_chosen_with_the_keyboard(catalogue: Started) -> None:
    async with catalogue(size=(80, 24)) as s:
        screen = await arrive(s)
        await fill(s, "device", "v100")
        await fill(s, "precision", "amp")
        await fill(s, "min_img_s", "1000")
        await s.until(lambda: screen.advice is not None and screen.advice.wish == screen.wish)
        assert screen.wish == Wish(device="v100", precision="amp", min_img_s=1000)
        await rest(s)
        assert "ViT-S (DeiT III) IN-22k" in s.text() and "83.10" in s.text()
        assert "9 of" in s.text()
        await press(s, "l", "G")
        assert "have no throughput@v100:precision=amp" in " ".join(s.text().split())


@pytest.mark.asyncio
async def test_a_speed_needs_a_device(catalogue: Started) -> None:
    async with catalogue() as s:
        await arrive(s)
        await press(s, *["j"] * DOWN["min_img_s"], "enter")
        assert "choose a device first" in s.text()
        assert isinstance(s.app.screen, PickScreen)


@pytest.mark.asyncio
async def test_a_number_that_is_none_is_refused_where_it_is_typed(catalogue: Started) -> None:
    async with catalogue() as s:
        screen = await arrive(s)
        await fill(s, "max_params_m", "many")
        assert "'many' is no number" in s.text()
        await press(s, "escape")
        assert screen.wish == Wish()


@pytest.mark.asyncio
async def test_a_filter_that_means_nothing_is_said_where_the_answer_would_be(catalogue: Started) -> None:
    async with catalogue(size=(100, 30)) as s:
        screen = await arrive(s)
        await fill(s, "where", "family = Swinn")
        await s.until(lambda: "no family is called" in s.text())
        assert "this cannot be answered" in s.text()
        await press(s, "x")
        await s.until(lambda: screen.advice is not None)
        assert screen.wish == Wish()


@pytest.mark.asyncio
async def test_enter_on_an_answer_asks_for_its_page_and_space_marks_it(catalogue: Started) -> None:
    async with catalogue() as s:
        screen = await arrive(s)
        await press(s, "l", "j", "space")
        second = screen.advice.answers[1]  # type: ignore[union-attr]
        assert s.app.marks == {f"#{second.key}": second.name}
        assert "*2 CoAtNet-6" in s.text() and "1 marked" in s.text()
        await press(s, "space")
        assert s.app.marks == {}
        visited: list[Place] = []
        s.app.go = visited.append
        await press(s, "enter")
        assert visited == [Place("page", of="checkpoint", name=second.name)]


@pytest.mark.asyncio
async def test_the_question_goes_to_the_first_screen(catalogue: Started) -> None:
    async with catalogue() as s:
        screen = await arrive(s)
        await fill(s, "max_params_m", "30")
        advice = screen.advice
        assert advice is not None
        await press(s, "o")
        await s.until(lambda: s.explore.shown is not None and s.explore.shown.view.filter == "params_m <= 30")
        assert s.explore.shown.answer.total == advice.meeting
        assert s.explore.shown.answer.keys[0] == advice.answers[0].key


@pytest.mark.asyncio
async def test_another_task_forgets_what_meant_nothing_there(catalogue: Started) -> None:
    async with catalogue() as s:
        screen = await arrive(s)
        await fill(s, "task", "instance")
        await fill(s, "head", "mask2former")
        assert (screen.wish.task, screen.wish.head) == ("instance segmentation", "mask2former")
        await fill(s, "task", "classification")
        assert screen.wish == Wish()


@pytest.mark.asyncio
async def test_back_remembers_the_wish_and_the_cursor(catalogue: Started) -> None:
    async with catalogue() as s:
        await arrive(s)
        await fill(s, "max_params_m", "30")
        await press(s, "l", "j", "escape", "greater_than_sign")
        await s.until(lambda: isinstance(s.app.screen, PickScreen) and s.app.screen.advice is not None)
        screen = s.app.screen
        assert screen.wish.max_params_m == 30 and screen.pane.entry == 1 and screen.pane.has_focus


@pytest.mark.asyncio
@pytest.mark.parametrize("size", [(60, 15), (80, 24), (200, 60), (40, 10)])
async def test_every_size_can_be_painted(catalogue: Started, size: tuple[int, int]) -> None:
    async with catalogue(size=size) as s:
        await arrive(s)
        await press(s, "G", "g", "tab", "G", "pageup", "pagedown", "G", "j", "tab")
        assert all(len(line) <= size[0] for line in s.text().splitlines())


@pytest.mark.asyncio
async def test_keys_that_come_faster_than_the_answer_break_nothing(catalogue: Started) -> None:
    async with catalogue() as s:
        s.app.go(Place("pick"))
        for key in ("j", "j", "l", "space", "enter", "h", "R", "x", "o", "tab", "G"):
            await s.tap(key)
        await rest(s)
        assert s.app.is_running


@pytest.mark.asyncio
async def test_made_up_rows_have_no_advice_and_it_says_so(screen: Started) -> None:
    async with screen(size=(80, 24)) as s:
        s.app.go(Place("pick"))
        await s.until(lambda: "made-up rows have no pages" in s.text())
        await press(s, "o", "enter", "l", "enter", "space", "E")
        assert s.app.is_running


@pytest.mark.asyncio
async def test_an_advice_is_wrapped_to_any_width(catalogue: Started) -> None:
    async with catalogue() as s:
        advice = s.explorer.ask(lambda connection: advise(connection, Wish("robustness", max_params_m=100)))
        for width in (20, 46, 120):
            lines = lines_of(advice, width)
            assert [line.entry for line in lines if line.is_head] == list(range(sum(line.is_head for line in lines)))
            assert all(len(line.text) <= width for line in lines if not line.is_head and line.entry is not None)


def test_values_of_fields_follow_each_other() -> None:
    wish = Wish("detection", head="mask-r-cnn", device="v100", precision="amp", min_img_s=10)
    assert with_value(wish, "task", "detection") == wish
    assert with_value(wish, "task", "keypoints").head == ""
    assert with_value(wish, "max_ms", 5.0).min_img_s is None
    assert cleared(wish, "device") == Wish("detection", head="mask-r-cnn")
    assert value_text(wish, "min_img_s") == "10" and value_text(Wish(), "min_img_s") == "–"
    assert (
        wish.command()
        == "backbones pick --task detection --head mask-r-cnn --device v100 --precision amp --min-img-s 10"
    )


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("limit", "7", 7), ("limit", "", 5), ("max_ms", "1,000.5", 1000.5), ("max_ms", " ", None),
        ("where", " family = ViT ", "family = ViT"),
    ],
)  # fmt: skip
def test_typed_values_are_read(name: str, text: str, value: object) -> None:
    assert typed(name, text) == value


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("limit", "0"), ("limit", "99"), ("max_ms", "fast"), ("max_ms", "-1"), ("max_ms", "nan"), ("max_ms", "inf"),
        ("where", "family ="),
    ],
)  # fmt: skip
def test_typed_values_that_mean_nothing_are_refused(name: str, text: str) -> None:
    with pytest.raises(QueryError):
        typed(name, text)


@pytest.mark.asyncio
async def test_a_new_visit_has_the_limits_of_the_session_until_they_are_reset(catalogue: Started) -> None:
    async with catalogue() as s:
        await arrive(s)
        await fill(s, "max_params_m", "60")
        await press(s, "1", "4")
        await s.until(lambda: isinstance(s.app.screen, PickScreen) and s.app.screen.advice is not None)
        assert s.app.screen.wish == Wish(max_params_m=60) and "60" in s.text()
        await press(s, "R", "1", "4")
        await s.until(lambda: isinstance(s.app.screen, PickScreen) and s.app.screen.advice is not None)
        assert s.app.screen.wish == Wish()
    async with catalogue() as s:
        assert (await arrive(s)).wish == Wish()


@pytest.mark.asyncio
async def test_the_answer_under_the_cursor_says_how_its_speed_was_measured(catalogue: Started) -> None:
    async with catalogue(size=(120, 50)) as s:
        advice = s.explorer.ask(lambda connection: advise(connection, Wish(device="v100", min_img_s=1000)))
        sources = [answer.evidence.sources[1] for answer in advice.answers]
        assert "batch" in sources[1] and sources[0] != sources[1]
        for opened in (0, 1):
            text = " ".join(" ".join(line.text.split()) for line in lines_of(advice, 500, opened))
            assert [source in text for source in sources[:2]] == [opened == 0, opened == 1]


@pytest.mark.asyncio
async def test_text_beyond_the_screen_is_counted(catalogue: Started) -> None:
    async with catalogue(size=(80, 24)) as s:
        screen = await arrive(s)
        below = len(screen.pane._lines) - screen.pane.page
        assert below > 0 and f"▾ {below} more lines" in s.text() and "answers among them" in s.text()
        await press(s, "l", "G", *["pagedown"] * 6)
        assert "lines above" in s.text() and "▾" not in s.text()
        assert " ".join(s.text().split()).find(screen.pane._lines[-1].text.strip()[:20]) >= 0


@pytest.mark.asyncio
async def test_parameters_of_the_backbone_alone_are_said_to_be_so_where_there_is_a_head(catalogue: Started) -> None:
    async with catalogue() as s:
        for task, is_said in (("detection", True), ("classification", False)):
            advice = s.explorer.ask(lambda connection, task=task: advise(connection, Wish(task)))
            text = " ".join(line.text for line in lines_of(advice, 500))
            assert "M params" in text and ("M params (the backbone's own)" in text) is is_said
