"""Limits and scales of the axes: the prompt, and the plot that keeps them."""

from __future__ import annotations

from typing import Any

import pytest
from quiet import hurry, rest
from textual import events
from textual.app import App, ComposeResult

from backbones.store.view import View
from backbones.tui.limits import LimitsPanel
from backbones.tui.plot import Seen

pytestmark = pytest.mark.asyncio
PLOT_SEEN: tuple[Seen, Seen] = ((2.0, 1250.75), (70.125, 90.5))


class Host(App[None]):
    """An app with nothing but the prompt."""

    def __init__(self, view: View, seen: tuple[Seen, Seen] | None = None) -> None:
        super().__init__()
        self._asked = view, seen
        self.taken: list[View | None] = []

    def compose(self) -> ComposeResult:
        """Nothing."""
        return iter(())

    def on_mount(self) -> None:
        """Ask."""
        self.push_screen(LimitsPanel(*self._asked), self.taken.append)

    def text(self) -> str:
        """What is on the screen."""
        return "\n".join("".join(s.text for s in strip) for strip in self.screen._compositor.render_strips())


async def answered(host: Host, *keys: str, size: tuple[int, int] = (80, 24)) -> Any:
    async with host.run_test(size=size):
        await hurry(host, *keys)
        return host.taken, host.text()


async def test_ends_and_scales_are_taken() -> None:
    taken, _ = await answered(
        Host(View()), *"5", "tab", *"100", "tab", "right", "tab", *"70", "down", "down", "space", "enter"
    )
    assert taken == [View(x_range="5..100", y_range="70..", log_x=True, log_y=True)]


async def test_what_is_wrong_is_said_in_place_and_not_taken() -> None:
    taken, text = await answered(Host(View()), *"9", "tab", *"3", "enter")
    assert taken == [] and "x axis: the lower limit has to be below" in text


async def test_a_limit_of_zero_is_refused_on_a_logarithmic_scale_only() -> None:
    taken, text = await answered(Host(View(log_x=True)), *"0", "enter")
    assert taken == [] and "0 is not on a logarithmic axis" in text
    taken, _ = await answered(Host(View(log_x=None)), *"0", "enter")
    assert taken == [View(x_range="0..")]


async def test_dates_are_asked_for_as_dates_and_have_no_scale() -> None:
    host = Host(View(x="published", x_range="2021-06.."))
    taken, text = await answered(host, "tab", *"2022", "tab", *"abc", "enter")
    assert taken == [] and "y axis: 'abc' is no number" in text and "automatic" not in text.split("top-1")[0]
    taken, _ = await answered(Host(View(x="published", x_range="2021-06..")), "tab", *"2022", "enter")
    assert taken == [View(x="published", x_range="2021-06..2022")]


async def test_without_a_change_and_after_escape_nothing_changes() -> None:
    assert (await answered(Host(View(x_range="5..")), "enter"))[0] == [None]
    assert (await answered(Host(View()), *"5", "escape"))[0] == [None]


async def test_keys_that_come_in_one_packet_go_where_they_are_meant() -> None:
    host = Host(View())
    async with host.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        for key in (*"100", "tab", *"2000", "tab", "tab", *"70", "enter"):
            event = events.Key(key, key if len(key) == 1 else None)
            event.set_sender(host)
            host._driver.send_message(event)  # type: ignore[union-attr]
        await rest(host)
    assert host.taken == [View(x_range="100..2000", y_range="70..")]


async def test_all_limits_are_taken_away_by_one_key() -> None:
    taken, _ = await answered(Host(View(x_range="5..9", y_range="..80")), "ctrl+x", "enter")
    assert taken == [View()]


async def test_what_the_screen_shows_can_be_kept() -> None:
    taken, _ = await answered(Host(View(), PLOT_SEEN), "ctrl+t", "enter")
    assert taken == [View(x_range="2..1251", y_range="70.12..90.5")]


async def test_empty_ends_say_where_the_axis_ends_now() -> None:
    _, text = await answered(Host(View(), PLOT_SEEN), "tab")
    assert "1251" in text and "90.5" in text


@pytest.mark.parametrize("size", [(80, 24), (60, 15)])
async def test_all_of_it_is_on_a_small_screen(size: tuple[int, int]) -> None:
    _, text = await answered(Host(View()), *"x", size=size)
    for told in ("params M", "top-1", "< automatic >", "< linear >", "'x' is no number", "⏎ take"):
        assert told in text


async def test_a_zoom_starts_from_the_limits_and_home_returns_to_them(screen: Any) -> None:
    async with screen() as s:
        s.explore.change(s.explore.view.with_(x_range="5..100", y_range="75..90"))
        await s.settle()
        plot = s.explore.plot
        assert plot.seen == (pytest.approx((5, 100)), pytest.approx((75, 90)))
        plot.focus()
        await s.press("+", "+")
        assert plot.seen[0][1] < 100
        await s.press("0")
        assert plot.seen[0] == pytest.approx((5, 100))


async def test_other_limits_are_shown_even_where_one_has_zoomed(screen: Any) -> None:
    async with screen() as s:
        plot = s.explore.plot
        plot.focus()
        await s.press("+", "+")
        before = plot.seen
        s.explore.change(s.explore.view.with_(filter="params_m < 400"))
        await s.settle()
        assert plot.seen == before  # a zoom stays where the axes do
        asked = len(s.explorer.asked)
        s.explore.change(s.explore.view.with_(x_range="5..100"))
        await s.settle()
        assert plot.seen[0] == pytest.approx((5, 100)) and len(s.explorer.asked) == asked


async def test_limits_that_make_no_sense_are_refused_and_the_old_ones_stay(screen: Any) -> None:
    async with screen() as s:
        s.explore.change(s.explore.view.with_(x_range="9..3"))
        await s.settle()
        assert s.explore.view.x_range == "" and "below the upper" in s.text()
