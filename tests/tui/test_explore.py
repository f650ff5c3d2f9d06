"""The screen, driven by keys."""

from __future__ import annotations

import re
from typing import Any

import pytest
from fake import FakeExplorer, HeldExplorer
from textual import events

from backbones.store.view import Sort, View
from backbones.tui.facts import FactsPanel
from backbones.tui.help import HelpPanel

pytestmark = pytest.mark.asyncio


async def test_the_first_screen_shows_rows_points_and_facts(screen: Any) -> None:
    async with screen() as s:
        text = s.text()
        assert "1,500 of 1,500 rows" in text
        assert "top-1 ImageNet-1k [%]" in text and "●" in text
        assert "arxiv:2201.03545" in text
        assert "q quit" in text


async def test_moving_in_the_table_lights_the_point_in_the_plot(screen: Any) -> None:
    async with screen() as s:
        for _ in range(3):
            await s.press("j")
            row = s.explore.table.row
            assert s.explore.plot.point == s.explore.shown.points.get(row)
        assert row == 3


async def test_moving_in_the_plot_scrolls_the_table_to_the_row(screen: Any) -> None:
    async with screen() as s:
        await s.press("tab", "h", "h", "j", "j", "h")
        shown, plot, table = s.explore.shown, s.explore.plot, s.explore.table
        assert plot.has_focus
        assert shown.scatter.rows[plot.point] == table.row
        assert table._top <= table.row < table._top + table.page
        assert shown.name(table.row)[:20] in s.text()


async def test_the_same_column_sorts_the_other_way_round_at_the_second_s(screen: Any) -> None:
    async with screen() as s:
        await s.press("l", "l", "l", "s")
        assert s.explore.view.sort[0] == Sort("params_m", False)
        first = s.explore.shown.answer.rows.rows[0][3]
        await s.press("s")
        assert s.explore.view.sort[0] == Sort("params_m", True)
        assert s.explore.shown.answer.rows.rows[0][3] > first
        assert "▼" in s.text()


async def test_a_filter_is_applied_while_typing_and_enter_goes_to_the_table(screen: Any) -> None:
    async with screen() as s:
        await s.press("slash", *"params_m", "space", "<", "space", *"20")
        await s.until(lambda: s.explore.shown.view.filter == "params_m < 20")
        assert s.explore.filter_bar.input.has_focus
        await s.press("enter")
        assert s.explore.table.has_focus
        assert "rows have no params_m" in s.text()


async def test_text_in_one_packet_behind_the_slash_is_typed_not_obeyed(screen: Any) -> None:
    async with screen() as s:
        before = s.explore.view
        for key in "/topRcx/":
            event = events.Key("slash" if key == "/" else key, key)
            event.set_sender(s.app)
            s.app._driver.send_message(event)
        await s.until(lambda: s.explore.filter_bar.input.value == "topRcx/")
        assert s.explore.view.with_(filter="") == before.with_(filter="")


async def test_a_mistake_in_the_filter_is_pointed_at_and_the_last_answer_stays(screen: Any) -> None:
    async with screen() as s:
        await s.press("slash", *"parms", "space", "<", "space", "2", "enter")
        await s.until(lambda: s.explore.mistake.has_class("-shown"))
        lines = s.text().splitlines()
        assert lines[1].index("^") == lines[0].index("parms")
        assert "'parms'" in lines[2] and "did you mean params_m" in lines[2]
        assert s.explore.filter_bar.input.has_focus
        assert len(s.explore.shown.answer.rows) == 1_500
        await s.press("escape")
        assert s.explore.table.has_focus and not s.explore.mistake.has_class("-shown")
        assert s.explore.view.filter == ""


async def test_the_filter_remembers_what_was_applied(screen: Any) -> None:
    async with screen() as s:
        for number in "12":
            await s.press("slash", "ctrl+u", *f"params_m > {number}", "enter")
        await s.press("slash", "ctrl+u", "x", "up", "up")
        assert s.explore.filter_bar.input.value == "params_m > 1"
        await s.press("down", "down")
        assert s.explore.filter_bar.input.value == "x"


async def test_an_empty_answer_says_what_would_help(screen: Any) -> None:
    async with screen() as s:
        await s.press("slash", *"params_m > 99999", "enter")
        assert "removed the last rows" in s.text() and "try a smaller number [/]" in s.text()
        await s.press("j", "k", "s", "enter", "f", "tab", "l", "n", "plus", "enter")
        assert s.app.is_running


async def test_undo_and_redo_walk_through_the_views(screen: Any) -> None:
    async with screen() as s:
        await s.press("p", "L", "b")
        assert s.explore.view == View(pareto=False, labels=False, best_per="family")
        await s.press("u", "u")
        assert s.explore.view == View(pareto=False)
        await s.press("U")
        assert s.explore.shown.view == View(pareto=False, labels=False)
        await s.press("R")
        assert s.explore.shown.view == View()


async def test_typing_a_filter_is_one_step_of_undo(screen: Any) -> None:
    async with screen() as s:
        await s.press("slash", *"params_m > 1")
        await s.until(lambda: s.explore.view.filter == "params_m > 1")
        await s.press(*"00", "enter")
        await s.until(lambda: s.explore.view.filter == "params_m > 100")
        await s.press("u")
        assert s.explore.view.filter == "" and s.explore.filter_bar.input.value == ""


async def test_best_per_family_and_only_the_front_thin_the_rows_out(screen: Any) -> None:
    async with screen() as s:
        await s.press("b")
        assert len(s.explore.shown.answer.rows) == 11 and "best per family" in s.text()
        await s.press("b", "b", "P")
        assert 0 < len(s.explore.shown.answer.rows) < 100 and "only the front" in s.text()


async def test_focus_colours_the_group_of_the_row_and_a_second_press_takes_it_back(screen: Any) -> None:
    async with screen() as s:
        asked = len(s.explorer.asked)
        family = s.explore.shown.group(0)
        await s.press("f")
        assert s.explore.view.focus == (family,)
        assert [g.name for g in s.explore.plot.spec.groups] == ["others", family]
        await s.press("f")
        assert s.explore.view.focus == ()
        assert len(s.explorer.asked) == asked, "only the picture changed"


async def test_the_cursor_stays_on_its_row_when_the_filter_changes(screen: Any) -> None:
    async with screen() as s:
        await s.press(*"jjjjj")
        name = s.explore.shown.name(s.explore.table.row)
        await s.press("slash", *"top_1@imagenet-1k > 80", "enter")
        assert s.explore.shown.name(s.explore.table.row) == name


async def test_e_opens_all_facts_and_escape_closes_them(screen: Any) -> None:
    async with screen() as s:
        await s.press("e")
        assert isinstance(s.app.screen, FactsPanel)
        assert "arxiv:2201.03545 [Table 1]" in s.text()
        await s.press("j", "G", "g", "escape")
        assert s.app.screen is s.explore
        await s.press("tab", "l", "e")
        assert isinstance(s.app.screen, FactsPanel)
        await s.press("escape", "tab", "l", "l", "enter")  # a number leads to where it comes from
        assert isinstance(s.app.screen, FactsPanel)


async def test_help_is_made_of_the_live_bindings(screen: Any) -> None:
    async with screen(size=(120, 60)) as s:
        s.app.set_keymap({"view.filter": "F"})
        await s.press("question_mark")
        assert isinstance(s.app.screen, HelpPanel)
        text = s.text()
        assert re.search(r"  F +Edit the filter", text)
        for tooltip in ("The nearest point on the left", "Only rows on the Pareto front", "Quit"):
            assert tooltip in text or tooltip in str(s.app.screen.text())


async def test_every_binding_has_an_id_and_says_what_it_does(screen: Any) -> None:
    async with screen() as s:
        forbidden = {f"ctrl+{key}" for key in "sqcmjih["}
        nodes = [s.explore, s.explore.table, s.explore.plot, s.explore.filter_bar.input]
        for node in nodes:
            own = [
                b
                for cls in type(node).__mro__
                if cls.__module__.startswith("backbones")
                for b in vars(cls).get("BINDINGS", ())
            ]
            assert own
            for binding in own:
                assert binding.id and binding.tooltip, binding
                assert not forbidden & set(binding.key.split(","))


async def test_three_layouts_take_turns_and_keep_the_focus_on_what_is_there(screen: Any) -> None:
    async with screen() as s:
        await s.press("t")
        assert not s.explore.plot.display and s.explore.table.size.width == 120
        await s.press("tab", "j")
        assert s.explore.table.has_focus
        await s.press("t")
        assert not s.explore.table.display and s.explore.plot.has_focus
        assert s.explore.plot.point == s.explore.shown.points.get(s.explore.table.row)
        await s.press("t")
        assert s.explore.table.display and s.explore.plot.display


async def test_the_axis_picker_narrows_and_picks(screen: Any) -> None:
    async with screen() as s:
        await s.press("x")
        assert "⏎ choose" in s.text()
        await s.press(*"gmac", "enter")
        assert s.explore.shown.view.x == "gmacs"
        await s.press("c", *"pretr", "enter")
        assert s.explore.shown.view.group == "pretraining_dataset"
        await s.press("y", "escape")
        assert s.explore.view.y == "top_1@imagenet-1k"


async def test_the_picker_takes_a_typed_reference_and_refuses_a_wrong_one(screen: Any) -> None:
    async with screen() as s:
        await s.press("y", *"top_1@imagenet-v3", "enter")
        assert "there is no column [/]" in s.text() and "did you mean params_m" in s.text()
        await s.press("ctrl+u", *"top-1@ImageNet-V2", "enter")
        assert s.explore.shown.view.y == "top_1@imagenet-v2"
        assert s.explore.shown.scatter is not None


async def test_columns_are_ticked_and_moved(screen: Any) -> None:
    async with screen() as s:
        before = s.explore.view.columns
        await s.press("C", *"publish", "tab", "ctrl+u", "enter")
        assert s.explore.shown.view.columns == (*before, "published")
        await s.press("C", "down", "shift+down", "enter")
        assert s.explore.shown.view.columns[1:3] == (before[2], before[1])


async def test_an_axis_of_text_says_so_instead_of_a_plot(screen: Any) -> None:
    async with screen(view=View(x="checkpoint")) as s:
        assert s.explore.shown.scatter is None
        assert "press x or y" in s.text()
        await s.press("tab", "l", "plus", "0", "n", "tab", "j")


async def test_only_the_answer_to_the_newest_question_is_shown(screen: Any) -> None:
    async with screen() as s:
        s.explorer.delay_s = 0.3
        for name in ("p", "b", "L", "b"):
            await s.tap(name)
        await s.until(lambda: s.explore.shown.view.best_per == "backbone")
        assert s.explore.shown.view == s.explore.view == View(pareto=False, labels=False, best_per="backbone")


async def test_a_slow_question_says_that_it_is_being_asked(screen: Any) -> None:
    explorer = HeldExplorer()
    async with screen(explorer=explorer) as s:
        assert "reading the catalogue" in s.text()
        for key in ("j", "l", "s", "f", "enter", "u", "tab", "x", "G", "L"):
            await s.tap(key)
        explorer.may_answer.set()
        await s.until(lambda: s.explore.shown is not None and not s.explore.shown.view.labels)
        explorer.may_answer.clear()
        await s.tap("b")
        await s.until(lambda: "asking" in s.explore.status.text)
        explorer.may_answer.set()
        await s.until(lambda: "best per family" in s.explore.status.text)


async def test_a_remembered_view_that_means_nothing_any_more_gives_way(screen: Any) -> None:
    async with screen(view=View(columns=("gone",))) as s:
        assert s.explore.shown.view == View()
        assert "gone" in s.text()


async def test_names_are_never_markup(screen: Any) -> None:
    view = View(filter="checkpoint ~ [", columns=("checkpoint", "family", "params_m"), sort=(Sort("checkpoint"),))
    async with screen(view=view) as s:
        assert "x[/]y[a1]" in s.text()
        for row, row_values in enumerate(s.explore.shown.answer.rows.rows[:5]):
            s.explore.table._go(row)
            await s.settle()
            assert str(row_values[0]) in s.text()
        await s.press("g", "f", "e")
        assert "arxiv:2201.03545 [Table 1]" in s.text()
        await s.press("escape", "Y")
        await s.press("ctrl+c")


async def test_a_resize_storm_leaves_a_whole_screen(screen: Any) -> None:
    async with screen() as s:
        for width, height in [
            (80, 24),
            (200, 60),
            (59, 14),
            (20, 5),
            (1, 1),
            (110, 30),
            (109, 15),
            (60, 15),
            (80, 24),
        ] * 2:
            await s.pilot.resize_terminal(width, height)
            await s.press("j")
            if width < 60 or height < 15:
                assert "60 x 15" in s.text() or width < 30
        assert "ImageNet-1k" in s.text() and "q quit" in s.text()
        assert all(len(line) == 80 for line in s.text().splitlines())
        assert s.explore.focused is not None


async def test_a_command_is_found_by_what_it_does(screen: Any) -> None:
    async with screen() as s:
        await s.press("colon", *"pareto line", "enter")
        assert s.app.screen is s.explore and not s.explore.shown.view.pareto
        await s.press("ctrl+p", *"last row", "enter")
        assert s.explore.table.row == 1_499
        await s.press("colon", *"zzz", "enter", "colon", "escape")
        assert s.app.screen is s.explore


async def test_the_mouse_chooses_rows_points_and_columns(screen: Any) -> None:
    async with screen() as s:
        table, plot = s.explore.table, s.explore.plot
        await s.pilot.click("#table", offset=(5, 10))
        assert table.row == 10 - table._heading
        column, x, _ = table._places[3]
        await s.pilot.click("#table", offset=(x + 1, table._heading - 1))
        assert table.column == column
        point, (px, py) = next(
            (p, at) for p, at in plot.frame.positions.items() if plot.frame.near(int(at[0]), int(at[1])) == p
        )
        await s.pilot.click("#plot", offset=(int(px), int(py)))
        await s.settle()
        assert plot.point == point and table.row == s.explore.shown.scatter.rows[point]
        limits = plot.spec.x
        plot.post_message(events.MouseScrollUp(plot, int(px), int(py), 0, 0, 0, False, False, False))
        await s.until(lambda: plot.spec.x != limits)
        await s.press("0")
        assert plot.spec.x == limits


async def test_the_footer_fits_80_columns(screen: Any) -> None:
    async with screen(size=(80, 24)) as s:
        assert s.text().splitlines()[-1].rstrip().endswith("? help  q quit")
        assert s.explore.table.page >= 5 and s.explore.plot.size.height >= 10


async def test_sixty_thousand_rows_cost_what_a_screen_costs(screen: Any) -> None:
    async with screen(explorer=FakeExplorer(60_000)) as s:
        import time

        began = time.perf_counter()
        for key in ("G", "g", "pagedown", "pagedown", "up") * 4:
            await s.tap(key)
        await s.pilot.pause()
        assert time.perf_counter() - began < 2
        await s.press("G")
        assert "60,000/60,000" in s.text()


async def test_i_tells_about_the_catalogue_and_escape_comes_back(screen: Any) -> None:
    async with screen() as s:
        await s.press("i")
        assert isinstance(s.app.screen, FactsPanel)
        assert "About the catalogue" in s.text()
        assert "1,500 [/]" in s.text()
        await s.press("escape")
        assert s.app.screen is s.explore
        await s.press("slash", "i")  # a letter of the filter, no command
        assert s.app.screen is s.explore
