"""The comparison as a user sees it: marks in, a table with winners, bars, and a way back."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import Any

import pytest
from rich.segment import Segment
from textual.worker import WorkerCancelled

from backbones.store.compare import Comparison, Line, Side
from backbones.store.comparing.table import difference
from backbones.store.page import Link
from backbones.store.rows import Column
from backbones.tui.clipboard import Sent
from backbones.tui.compare import CompareScreen, metric_of
from backbones.tui.compare_bars import is_near
from backbones.tui.compare_widths import broken, names_of, with_reference
from backbones.tui.navigation import Place

Started = Callable[..., AbstractAsyncContextManager[Any]]
NAMES = ("ConvNeXt-T", "Swin-T")
NUMBER = Column("top_1", "top-1", "number", "percent", True, 2)


async def rest(s: Any) -> None:
    """Wait for answers; a question of the screen that was left may have been dropped."""
    with contextlib.suppress(WorkerCancelled):
        await s.settle()


async def press(s: Any, *keys: str) -> None:
    """Press keys, each after what the one before set off."""
    await s.press(*keys)


async def arrive(s: Any, *names: str) -> CompareScreen:
    """The screen with its answer."""
    s.app.go(Place("compare", names=names))
    await s.until(lambda: isinstance(s.app.screen, CompareScreen) and s.app.screen.comparison is not None)
    await rest(s)
    assert isinstance(s.app.screen, CompareScreen)
    return s.app.screen


def segments_with(s: Any, text: str) -> list[Segment]:
    return [part for strip in s.app.screen._compositor.render_strips() for part in strip if text in part.text]


@pytest.mark.asyncio
async def test_the_better_value_is_bold_and_starred(catalogue: Started) -> None:
    async with catalogue(size=(100, 60)) as s:
        await arrive(s, *NAMES)
        assert "ConvNeXt-T" in s.text() and "Swin-T" in s.text()
        (won,) = segments_with(s, "*82.52")
        assert won.style is not None and won.style.bold
        (lost,) = segments_with(s, "  81.47")
        assert lost.style is None or not lost.style.bold


@pytest.mark.asyncio
async def test_two_marks_on_the_first_screen_are_compared_in_their_settings(catalogue: Started) -> None:
    async with catalogue() as s:
        await press(s, "space", "space", "3")
        await s.until(lambda: isinstance(s.app.screen, CompareScreen) and s.app.screen.comparison is not None)
        found = s.app.screen.comparison
        assert [side.asked for side in found.sides] == list(s.app.marks)
        line = next(line for line in found.lines if line.section == "results")
        assert [f"#{key}" for key in line.keys] == list(s.app.marks)


@pytest.mark.asyncio
@pytest.mark.parametrize("marks", [(), ("space",)])
async def test_with_fewer_than_two_marks_it_says_how_to_mark(catalogue: Started, marks: tuple[str, ...]) -> None:
    async with catalogue(size=(80, 24)) as s:
        await press(s, *marks, "3")
        assert "Mark them with space" in s.text()
        assert ("one model is marked" if marks else "nothing is marked") in s.text()
        await press(s, "d", "D", "f", "x", "a", "b", "E", "j", "G", "enter", "escape")
        assert s.app.screen is s.explore


@pytest.mark.asyncio
async def test_only_lines_that_differ(catalogue: Started) -> None:
    async with catalogue(size=(100, 60)) as s:
        screen = await arrive(s, *NAMES)
        assert "hierarchical" in s.text()
        count = len(screen.table.lines)
        await press(s, "d")
        assert len(screen.table.lines) < count and "hierarchical" not in s.text()
        await press(s, "d")
        assert len(screen.table.lines) == count


@pytest.mark.asyncio
async def test_differences_are_to_the_model_under_the_cursor(catalogue: Started) -> None:
    async with catalogue(size=(100, 60)) as s:
        await arrive(s, *NAMES)
        await press(s, "D")
        assert "(ref)" in s.text() and "-1.05" in s.text()
        await press(s, "l", "f")
        assert "+1.05" in s.text() and "-1.05" not in s.text()


@pytest.mark.asyncio
async def test_a_model_is_removed_with_its_mark(catalogue: Started) -> None:
    async with catalogue() as s:
        s.app.marks.update({name: name for name in (*NAMES, "ResNet-50")})
        await arrive(s, *NAMES, "ResNet-50")
        await press(s, "l", "x")
        await s.until(lambda: [side.label for side in s.app.screen.comparison.sides] == ["ConvNeXt-T", "ResNet-50"])
        assert list(s.app.marks) == ["ConvNeXt-T", "ResNet-50"]
        await press(s, "x")
        assert "Mark them with space" in s.text()
        assert list(s.app.marks) == ["ConvNeXt-T"]


@pytest.mark.asyncio
async def test_what_only_one_has_is_shown_on_demand(catalogue: Started) -> None:
    async with catalogue() as s:
        screen = await arrive(s, *NAMES)
        count = len(screen.table.lines)
        await press(s, "a", "G")
        assert len(screen.table.lines) == count + len(screen.comparison.alone)  # type: ignore[union-attr]
        assert screen.table.line in screen.comparison.alone  # type: ignore[union-attr]


@pytest.mark.asyncio
async def test_bars_are_those_of_the_line_under_the_cursor(catalogue: Started) -> None:
    async with catalogue(size=(80, 24)) as s:
        screen = await arrive(s, *NAMES)
        await s.until(lambda: bool(screen.bars.rows))
        lines = screen.table.lines
        mce = next(i for i, line in enumerate(lines) if line.label == "mCE ImageNet-C")
        screen.table.action_move(mce)
        await s.until(lambda: "mCE" in "".join(text for text, _ in screen.bars.rows[0]))
        await rest(s)
        assert "less is better" in s.text()
        await press(s, "b")
        assert "less is better" not in s.text()


@pytest.mark.asyncio
async def test_enter_asks_for_the_page_of_the_model(catalogue: Started) -> None:
    async with catalogue() as s:
        await arrive(s, *NAMES)
        visited: list[Place] = []
        s.app.go = visited.append
        await press(s, "l", "enter")
        assert visited == [Place("page", of="backbone", name="Swin-T")]


@pytest.mark.asyncio
async def test_a_name_that_is_unknown_is_said_in_place(catalogue: Started) -> None:
    async with catalogue(size=(80, 24)) as s:
        s.app.go(Place("compare", names=("ConvNeXt-T", "x[/]y[a1]")))
        await s.until(lambda: isinstance(s.app.screen, CompareScreen))
        await s.until(lambda: "is called 'x[/]y[a1]'" in s.text())


@pytest.mark.asyncio
async def test_names_that_look_like_markup_and_gaps_everywhere(catalogue: Started) -> None:
    async with catalogue(size=(60, 20)) as s:
        screen = await arrive(s, *NAMES)
        labels = ("x[/]y[a1]", "vit[bold red]_x", "名前" * 20, "a" * 90, "")
        sides = tuple(Side(label, label, "weights", i, link=Link("weights", label)) for i, label in enumerate(labels))
        values = (80.0, None, 81.0, None, None)
        lines = (
            Line(
                "results",
                "top-1 [/] of [bold]\x1b[31m",
                "",
                NUMBER,
                values,
                frozenset({2}),
                ("", "", "384 px", "", ""),
                differs=True,
            ),
            Line("attributes", "weights", "", Column("weights", "weights"), (*labels[:4], None)),
        )
        screen._take(screen.names, Comparison(sides, lines, ()))
        await rest(s)
        assert "x[/]y[a1]" in s.text() and "\x1b" not in s.text()
        await press(s, "D", "l", "l", "f", "l", "l", "j", "d", "h", "h", "h", "h", "h")
        assert "x[/]y[a1]" in s.text()


@pytest.mark.asyncio
@pytest.mark.parametrize("size", [(60, 15), (80, 24), (200, 60), (40, 10)])
async def test_every_size_can_be_painted(catalogue: Started, size: tuple[int, int]) -> None:
    async with catalogue(size=size) as s:
        screen = await arrive(s, *NAMES, "ResNet-50", "convnext_tiny.fb_in22k_ft_in1k")
        await press(s, "G", "l", "l", "l", "D", "pageup", "home")
        assert all(len(line) <= size[0] for line in s.text().splitlines())
        assert screen.table.column == 3 or size == (40, 10)


@pytest.mark.asyncio
async def test_keys_that_come_faster_than_the_answer_break_nothing(catalogue: Started) -> None:
    async with catalogue() as s:
        s.app.go(Place("compare", names=(*NAMES, "ResNet-50")))
        for key in "jjldDfxabGkhEx":
            await s.tap(key)
        await press(s, "escape", "escape")
        assert s.app.is_running


@pytest.mark.asyncio
async def test_back_remembers_cursor_and_switches(catalogue: Started) -> None:
    async with catalogue() as s:
        await arrive(s, *NAMES)
        await press(s, "d", "D", "l", "j", "j", "j")
        row = s.app.screen.table.row
        await press(s, "escape", "greater_than_sign")
        await s.until(lambda: isinstance(s.app.screen, CompareScreen) and s.app.screen.comparison is not None)
        screen = s.app.screen
        assert (screen.table.row, screen.table.column) == (row, 1)
        assert screen.only_differences and screen.has_differences


def test_a_long_heading_is_broken_at_a_separator() -> None:
    assert broken("convnext_tiny.fb_in22k_ft_in1k", 14) == ("convnext_tiny.", "fb_in22k_ft_i…")
    assert broken("Swin-T", 14) == ("", "Swin-T")
    assert broken("", 5) == ("", "")


@pytest.mark.asyncio
async def test_the_command_line_of_the_comparison_is_copied(
    catalogue: Started, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: list[str] = []
    monkeypatch.setattr("backbones.tui.place.send", lambda text, env, write: sent.append(text) or Sent("sent"))
    async with catalogue() as s:
        await arrive(s, *NAMES)
        await press(s, "l", "f", "d", "Y")
        assert sent == ["backbones compare Swin-T ConvNeXt-T --differences --delta"]
        await press(s, "1", "space", "space", "3")
        await s.until(lambda: isinstance(s.app.screen, CompareScreen) and s.app.screen.comparison is not None)
        await press(s, "Y")
        assert "#" not in sent[1] and sent[1].startswith("backbones compare ")


WEIGHTS = ("ConvNeXt_Tiny_Weights.IMAGENET1K_V1", "Swin_T_Weights.IMAGENET1K_V1")


@pytest.mark.asyncio
@pytest.mark.parametrize("names", [NAMES, WEIGHTS])
async def test_two_models_stand_side_by_side_in_80_columns(catalogue: Started, names: tuple[str, ...]) -> None:
    async with catalogue(size=(80, 24)) as s:
        screen = await arrive(s, *names)
        for keys in ((), ("D",)):
            await press(s, *keys)
            assert [at for at, _ in screen.table._places()] == [0, 1]
            assert "›" not in s.text()
            (line,) = (line for line in s.text().splitlines() if line.startswith("hierarchical"))
            assert line.count("yes") == 2
        assert names != WEIGHTS or screen.table._name_width == 80 // 3


@pytest.mark.asyncio
async def test_headings_end_where_the_values_end(catalogue: Started) -> None:
    async with catalogue() as s:
        await arrive(s, *WEIGHTS)
        lines = s.text().splitlines()
        family = next(line for line in lines if line.startswith("family"))
        weights = next(line for line in lines if line.startswith("weights"))
        ends = [family.index(value) + len(value) for value in ("ConvNeXt", "Swin")]
        assert ends == [weights.index(value) + len(value) for value in WEIGHTS]  # wide columns, not cut
        heading = next(line for line in lines if line.rstrip().endswith("(torchvision V1)"))
        assert len(heading.rstrip()) == ends[1] and heading[: ends[0]].endswith("(torchvision V1)")


@pytest.mark.asyncio
async def test_lines_beyond_the_screen_are_counted(catalogue: Started) -> None:
    async with catalogue(size=(80, 24)) as s:
        screen = await arrive(s, *NAMES)
        table = screen.table
        assert f"▾ {len(table.lines) - table.page} more" in s.text() and "above" not in s.text()
        await press(s, "G")
        assert f"▴ {len(table.lines) - table.page} above" in s.text() and "▾" not in s.text()
        assert table.lines[-1].label.split()[0] in s.text()
        shown = sum(line.split("  ")[0].rstrip() in table._names for line in s.text().splitlines())
        assert shown >= table.page


@pytest.mark.asyncio
async def test_a_tall_window_shows_all_lines_and_more_bars(catalogue: Started) -> None:
    async with catalogue(size=(120, 40)) as s:
        screen = await arrive(s, *WEIGHTS)
        assert len(screen.table.lines) <= screen.table.page and "more" not in s.text().split("──")[0]
        assert screen.bars.content_size.height == 4


@pytest.mark.asyncio
async def test_near_percentages_are_dots_on_a_marked_scale_and_all_else_bars_from_zero(catalogue: Started) -> None:
    async with catalogue() as s:
        screen = await arrive(s, *NAMES)
        lines = {line.label: line for line in screen.table.lines}
        assert is_near(metric_of(lines["top-1 ImageNet-1k"])) and not is_near(metric_of(lines["params M"]))
        screen.table.action_move(screen.table.lines.index(lines["top-1 ImageNet-1k"]))
        await s.until(lambda: any("top-1 ImageNet-1k" in text for text, _ in screen.bars.rows[:1][0]))
        await rest(s)
        drawn = ["".join(text for text, _ in row)[:60] for row in screen.bars.rows]
        assert "█" not in "".join(drawn) and "82.52*" in drawn[1] and "81.47" in drawn[2]
        assert drawn[1].index("●") != drawn[1].rindex("●") > drawn[2].rindex("▲")
        assert "81.0%" in drawn[3] and "83.0%" in drawn[3]
        assert screen.bars.content_size.height >= len(drawn)


def test_a_difference_is_that_of_the_values_as_shown() -> None:
    column = Column("throughput", "img/s", "number", "img/s", True, 0)
    line = Line("speeds", "img/s", "", column, (26.6, 12.4, 27.4, 20_000.2))
    assert [difference(line, at, 0) for at in range(4)] == ["", "-15", "0", "+19,973"]


def test_lines_of_one_name_are_told_apart_by_their_setting() -> None:
    settings = ("224 px, PyTorch 2.4, batch 1", "288 px, PyTorch 2.4, batch 1", "384 px, PyTorch 2.4, batch 9")
    lines = [Line("results", "top-1 ImageNet-1k", setting, NUMBER, (1.0, 2.0)) for setting in settings]
    alone = Line("speeds", "img/s RTX PRO 6000 Max-Q amp_bf16", "224 px, compiled, batch 2048", NUMBER, (1.0, 2.0))
    assert names_of([*lines, alone], 26) == [
        "top-1 ImageNet-1k · 224 px",
        "top-1 ImageNet-1k · 288 px",
        "top-1 ImageNet-1k · 384 px",
        "img/s RTX PRO 6… amp_bf16",
    ]
    assert len(set(names_of(lines, 20))) == 3 and all(len(name) <= 20 for name in names_of([*lines, alone], 20))
    assert names_of([alone], 50) == ["img/s RTX PRO 6000 Max-Q amp_bf16 · 224 px"]
    assert names_of(lines, 60)[0] == f"top-1 ImageNet-1k · {settings[0]}"


def test_the_reference_is_said_where_the_label_is_broken_too() -> None:
    assert with_reference("Swin-T", 12) == ("(ref)", "Swin-T")
    assert with_reference("Swin-T IN-1k (torchvision V1)", 18) == ("Swin-T IN-1k", "(torchvisio… (ref)")


@pytest.mark.asyncio
async def test_parameters_are_said_to_be_the_backbones_beside_results_with_a_head(catalogue: Started) -> None:
    async with catalogue(size=(80, 24)) as s:
        screen = await arrive(s, *NAMES)
        assert any("box AP" in line.label for line in screen.table.lines)
        assert "params M · backbone's own" in s.text()
    async with catalogue(size=(80, 24)) as s:
        await arrive(s, *WEIGHTS)
        assert "params M" in s.text() and "backbone's own" not in s.text()
