"""Keys that come in one packet, as over SSH, and keys that are quicker than the catalogue: nothing is lost or mistaken."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import pytest
from fake import slow
from monkey import press

from backbones.store.catalog import connect
from backbones.store.places import Places
from backbones.store.query import CatalogExplorer
from backbones.store.view import Sort, View
from backbones.tui import messages
from backbones.tui.compare import CompareScreen
from backbones.tui.config import Config
from backbones.tui.facts import FactsPanel
from backbones.tui.lists import ListScreen
from backbones.tui.navigation import Place
from backbones.tui.page import PageScreen
from backbones.tui.saved import ViewsScreen
from backbones.tui.shown import prepare

pytestmark = pytest.mark.asyncio
ENDLESS = "with recursive n(i) as (select 1 union all select i + 1 from n) select count(*) from n"


class Slow(CatalogExplorer):
    """Waits before the questions that are named in `plan`."""

    delay_s = 0.0

    def __init__(self, places: Places) -> None:
        super().__init__(lambda: connect(places))
        self.plan: dict[str, float] = {}

    def answer(self, view: View) -> Any:
        time.sleep(self.plan.get("answer", 0))
        return super().answer(view)

    def facts(self, key: int) -> Any:
        time.sleep(self.plan.get("facts", 0))
        return super().facts(key)

    def ask(self, question: Any) -> Any:
        def late(connection: Any) -> Any:
            found = question(connection)
            time.sleep(self.plan.get(type(found).__name__, 0))
            return found

        return super().ask(late)


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BACKBONES_HOME", str(tmp_path))


def packet(s: Any, *keys: str) -> None:
    """Keys that come at once."""
    for key in keys:
        press(s.app, key)


async def test_rows_that_went_while_their_facts_were_read_are_no_bug(screen: Any, shipped: Places) -> None:
    explorer = Slow(shipped)
    async with screen(explorer=explorer) as s:
        await s.press("G")
        name = s.explore.shown.name(s.explore.table.row)
        explorer.plan = {"facts": 0.2}
        packet(s, "P", "e")
        await s.until(lambda: isinstance(s.app.screen, FactsPanel))
        await s.settle()
        assert len(s.explore.shown.answer.rows) < 100 and name in s.text()


async def test_keys_for_rows_that_went_are_for_the_rows_that_were_seen(screen: Any) -> None:
    async with screen() as s:
        await s.press("G", "l", "l", "l")
        before, last = s.explore.shown, s.explore.table.row
        name, column = before.name(last), before.cells[s.explore.table.column].column.name
        view = s.explore.view.with_(filter="params_m < 5", columns=("checkpoint",))
        s.explore.timeline.go(view)
        shown = prepare(s.explorer, view, s.app.look)
        for message in (messages.RowMarked(last, 0, before), messages.RowOpened(last, 0, before)):
            s.explore._show(shown, 0)
            s.explore.post_message(message)
        s.explore.post_message(messages.SortRequested(3, before))
        await s.settle()
        assert s.app.marks == {f"#{before.answer.keys[last]}": name}
        assert s.explore.view.sort[0].reference == column
        s.explore.post_message(messages.RowMarked(9_999))
        await s.settle()
        assert len(s.app.marks) == 1


async def test_marks_in_a_list_that_gets_shorter_are_no_bug(catalogue: Any) -> None:
    async with catalogue() as s:
        s.app.go(Place("list", of="checkpoints"))
        await s.until(lambda: isinstance(s.app.screen, ListScreen) and s.app.screen.table.listed is not None)
        await s.press("G")
        table = s.app.screen.table
        before, last = table.listed, table.row
        packet(s, "slash", *"convnext", "enter", *["space"] * 5)
        await s.until(lambda: 0 < table.count < last)
        s.app.screen.post_message(messages.RowMarked(last, 0, before))
        s.app.screen.post_message(messages.RowMarked(last))
        await s.settle()
        assert before.compared(last, 0) in s.app.marks


async def test_an_axis_that_means_nothing_has_no_limits_to_show(screen: Any) -> None:
    async with screen() as s:
        s.explore.timeline.go(View(x="nonsense"))
        await s.press("z")
        assert s.app.screen is s.explore and any("nonsense" in note.text for note in s.app.said)


async def test_prominent_beside_a_filter_that_means_nothing_is_a_sentence(screen: Any) -> None:
    async with screen() as s:
        s.explore.timeline.go(View(filter="params_m >"))
        await s.press("asterisk")
        assert s.app.is_running and s.app.said[-1].severity == "error"


async def test_what_follows_an_applied_filter_is_for_the_table(catalogue: Any) -> None:
    async with catalogue() as s:
        packet(s, "slash", *_typed("params_m < 3"), "enter", "j", "j")
        await s.until(lambda: s.explore.shown.view.filter == "params_m < 3")
        await s.settle()
        assert s.explore.filter_bar.input.value == "params_m < 3" and s.app.focused is s.explore.table
        packet(s, "slash", "ctrl+u", *_typed("params_m >"), "enter")
        await s.until(lambda: s.explore.mistake.has_class("-shown"))
        assert s.app.focused is s.explore.filter_bar.input, "to mend it"
        assert s.explore.filter_bar.input.value == "params_m >"
        packet(s, *_typed(" 900"), "enter", "slash", "ctrl+u", *_typed("gmacs < 1"), "enter")
        await s.until(lambda: s.explore.shown.view.filter == "gmacs < 1")
        assert s.app.focused is s.explore.table


def _typed(text: str) -> list[str]:
    return ["space" if character == " " else character for character in text]


async def test_a_section_that_was_left_before_it_came_is_not_shown_in_its_place(screen: Any, shipped: Places) -> None:
    explorer = Slow(shipped)
    async with screen(explorer=explorer) as s:
        s.app.go(Place("page", of="family", name="ConvNeXt"))
        await s.until(lambda: isinstance(s.app.screen, PageScreen) and s.app.screen.table.listed is not None)
        here = s.app.screen
        await s.settle()
        explorer.plan = {"Opened": 0.2}
        packet(s, "tab", "shift+tab")
        await s.settle()
        assert here.section == 0 and here.opened.listing.kind == here.page.sections[0].title
        explorer.plan = {}
        for at in (1, 0, 1):
            await s.press("tab" if at else "shift+tab")
            assert here.section == at and here.opened.listing.kind == here.page.sections[at].title


@pytest.mark.parametrize("start", ["key", "configuration"])
async def test_a_place_wished_for_before_the_catalogue_is_open_is_gone_to_then(
    screen: Any, shipped: Places, start: str
) -> None:
    class Late(Slow):
        def answer(self, view: View) -> Any:
            time.sleep(0.5)
            return super().answer(view)

    explorer = Late(shipped)
    explorer.delay_s = 0.5
    async with screen(explorer=explorer) as s:
        if start == "key":
            packet(s, "5", "2", "5", "question_mark")
            await s.until(lambda: s.explore.shown is not None)
            await s.press("escape")
        else:
            s.app.configure(Config(start="views"), None)
            s.app._tell_problems()
        await s.until(lambda: isinstance(s.app.screen, ViewsScreen))
        assert s.app.trail.place == Place("views")
        await s.press("less_than_sign")
        assert isinstance(s.app.screen, ListScreen) if start == "key" else s.app.screen is s.explore


async def test_keys_before_a_slow_catalogue_is_open_are_no_bug(screen: Any) -> None:
    async with screen(explorer=slow(0.4, 100)) as s:
        packet(s, *"5432<>15<<>4*P1")
        await s.until(lambda: s.explore.shown is not None)
        await s.press("1")
        assert s.app.screen is s.explore and s.app._exception is None


async def test_two_models_are_removed_with_two_keys_and_the_reference_stays(screen: Any, shipped: Places) -> None:
    explorer = Slow(shipped)
    names = ("ConvNeXt-T", "Swin-T", "ResNet-50", "DeiT-S")
    async with screen(explorer=explorer) as s:
        s.app.go(Place("compare", names=names))
        await s.until(lambda: isinstance(s.app.screen, CompareScreen) and s.app.screen.comparison is not None)
        here = s.app.screen
        await s.press("l", "l", "f", "h", "h")
        explorer.plan = {"Comparison": 0.2}
        packet(s, "x", "x")
        await s.until(lambda: len(here.comparison.sides) == 2)
        assert here.names == names[2:] and here.comparison.sides[here.reference].asked == "ResNet-50"
        packet(s, "x")
        await s.settle()
        assert here.names == names[3:] and here.has_class("-nothing") and here.comparison is None


async def test_a_question_of_a_place_that_was_left_holds_nobody_up(catalogue: Any) -> None:
    async with catalogue() as s:
        s.app.go(Place("pick"))
        await s.settle()
        s.app.screen.ask(lambda connection: connection.execute(ENDLESS).fetchone(), lambda _: None, "endless")
        await s.until(lambda: s.explorer._lock.locked())
        s.app.go(Place("list", of="families"))
        await s.until(lambda: isinstance(s.app.screen, ListScreen) and s.app.screen.table.listed is not None)


async def test_a_place_that_was_searched_for_is_found_again_in_the_next_run(screen: Any, tmp_path: Path) -> None:
    state = tmp_path / "state.json"
    async with screen(state_path=state) as s:
        await s.press("ctrl+k", *"compare what is marked", "enter")
        await s.until(lambda: isinstance(s.app.screen, CompareScreen))
        await s.settle()
        assert [entry[:2] for entry in json.loads((tmp_path / "recent.json").read_text())] == [
            ["place", "Compare what is marked"]
        ]
    kept = json.loads((tmp_path / "recent.json").read_text())
    strange = [["place", "Compare what is marked", "visit('compare')", "", ""], ["x", "y", "no place", "", ""]]
    (tmp_path / "recent.json").write_text(json.dumps([*strange, *kept, ["page", "Swin", "page", "family", "Swin"]]))
    async with screen(state_path=state) as s:
        s.app.recent.read()
        assert [target.name for target in s.app.recent.targets] == ["Compare what is marked", "Swin"]
        await s.press("ctrl+k")
        await s.press("enter")
        assert isinstance(s.app.screen, CompareScreen)
        assert {path.name for path in tmp_path.iterdir()} <= {"recent.json", "state.json"}, "no draft stays"


async def test_a_huge_paste_is_not_kept(screen: Any, tmp_path: Path) -> None:
    from textual import events

    state = tmp_path / "state.json"
    async with screen(state_path=state) as s:
        await s.press("slash")
        s.explore.filter_bar.input.post_message(events.Paste("x" * 100_000))
        await s.settle()
        assert s.explore.filter_bar.input.value == "" and "at most 10,000" in s.app.said[-1].text
        s.app.notify("y" * 100_000)
        assert max(len(note.text) for note in s.app.said) < 10_000
        s.explore.filter_bar.keep("z" * 100_000)
        s.explore.timeline.go(View(filter="v" * 100_000))
        s.explore.shown = None
        s.app.keep_state()
        assert state.stat().st_size < 10_000


async def test_lines_that_are_pasted_are_one_filter(screen: Any) -> None:
    from textual import events

    async with screen() as s:
        await s.press("slash")
        s.explore.filter_bar.input.post_message(events.Paste("params_m < 30\nand top_1@imagenet-1k > 83\n"))
        await s.settle()
        assert s.explore.filter_bar.input.value == "params_m < 30 and top_1@imagenet-1k > 83"


async def test_after_a_reset_nothing_that_was_refused_is_typed_again(screen: Any) -> None:
    async with screen() as s:
        await s.press("slash", *"parms < 3", "escape", "escape")
        await s.press("R", "slash")
        assert s.explore.filter_bar.input.value == ""


async def test_a_row_without_a_checkpoint_has_its_backbones_name(catalogue: Any) -> None:
    view = View(filter="params_m < 60", sort=(Sort("box_ap@coco-val"),), y="box_ap@coco-val")
    async with catalogue(view=view) as s:
        rows, shown = s.explore.shown.answer.rows, s.explore.shown
        nameless = next(i for i, row in enumerate(rows.rows) if row[0] is None)
        assert shown.name(nameless) == rows.rows[nameless][[c.name for c in rows.columns].index("backbone")]
        s.explore.table.select(nameless)
        await s.settle()
        assert f"({shown.name(nameless)[:6]}" in s.text()


async def test_numbers_with_a_head_stand_beside_their_head() -> None:
    from backbones.tui.changes import picked

    assert picked(View(), "y", ("box_ap@coco-val",)).columns[:2] == ("checkpoint", "head")
    assert "head" not in picked(View(), "y", ("top_5@imagenet-1k",)).columns
