"""The review of a draft: another number, typed or taken from the table."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from quiet import rest
from reviewed import cell, decisions, made, shown
from textual import events
from textual.widgets import Static

from backbones.store.drafts import Grid, evidence_path, read_draft, write_draft
from backbones.store.errors import BackbonesError
from backbones.tui.review_cell import CellPane
from backbones.tui.review_printed import first_number, numbers_in, place_in, typed_number, where_printed
from backbones.tui.review_values import noted


@pytest.mark.asyncio
async def test_a_correction_says_where_it_stands_and_one_that_stands_nowhere_is_by_hand(tmp_path: Path) -> None:
    draft = made(tmp_path)
    async with shown(draft) as s:
        await s.press("j", "j", "c", *"81.3")
        said = str(s.app.screen.query_one("#prompt-said", Static).content)
        assert "it stands in table 3, page 6, row 1 (Swin-T), column top-1: that is another row" in said
        await s.press("enter")
        kept = read_draft(draft.path).evidence[2]
        assert (kept.decision, kept.corrected, kept.how) == ("corrected", 81.3, "")
        await s.press("c", *"82.15")
        assert "by hand" in s.text()
        await s.press("enter")
        kept = read_draft(draft.path).evidence[2]
        assert (kept.corrected, kept.how) == (82.15, "by hand") and "82.1 -> 82.15" in s.pane
        await s.press("u", "u")
        assert read_draft(draft.path).evidence[2] == draft.evidence[2]


@pytest.mark.asyncio
async def test_what_is_no_number_is_refused_where_it_is_typed(tmp_path: Path) -> None:
    draft = made(tmp_path)
    async with shown(draft) as s:
        for typed, said in (("8x", "no number"), ("182", "percentage from 0 to 100"), ("nan", "finite")):
            await s.press("j", "j", "c", *typed, "enter")
            assert said in s.text()
            await s.press("escape", "g")
        assert set(decisions(draft)) == {""}


@pytest.mark.asyncio
async def test_another_cell_of_the_table_can_be_taken(tmp_path: Path) -> None:
    draft = made(tmp_path)
    async with shown(draft) as s:
        await s.press("j", "j", "enter", "k", "l")
        assert isinstance(s.screen.focused, CellPane)
        await s.press("enter", "enter")
        kept = read_draft(draft.path).evidence[2]
        assert (kept.corrected, kept.how) == (95.5, "") and s.screen.focused is s.screen.list


@pytest.mark.asyncio
@pytest.mark.parametrize("size", [(80, 24), (180, 40)])
async def test_a_cell_can_be_taken_with_the_mouse(tmp_path: Path, size: tuple[int, int]) -> None:
    async with shown(made(tmp_path), size) as s:
        await s.press("j", "j")
        lines = s.text().splitlines()
        y = next(y for y, line in enumerate(lines) if "1.2B" in line)
        x = lines[y].index("85.1")
        driver = s.app._driver
        for _ in range(2):
            for kind in (events.MouseDown, events.MouseUp):
                driver.send_message(kind(None, x, y, 0, 0, 1, False, False, False, screen_x=x, screen_y=y))
        await rest(s.app)
        assert (s.screen.cell.row, s.screen.cell.column) == (2, 3)
        await s.press("enter")
        assert read_draft(s.screen.session.draft.path).evidence[2].corrected == 85.1


@pytest.mark.asyncio
async def test_the_table_moves_no_further_than_the_cursor_needs(tmp_path: Path) -> None:
    async with shown(made(tmp_path, copies=20), (80, 24)) as s:
        await s.press("tab", "G")
        below = s.pane
        await s.press("k")
        assert s.pane == below


@pytest.mark.asyncio
async def test_a_number_of_a_long_sentence_is_seen_in_it(tmp_path: Path) -> None:
    draft = made(tmp_path)
    told = "It was trained. " * 30 + "We report at 224 px." + " And more." * 30
    beside = json.loads(evidence_path(draft.path).read_text())
    beside["values"][1] |= {"row": -1, "column": -1, "printed": told}
    evidence_path(draft.path).write_text(json.dumps(beside))
    async with shown(read_draft(draft.path), (80, 24)) as s:
        await s.press("j")
        assert "…" in s.pane and "We report at 224 px." in " ".join(s.pane.split())
        assert place_in(told, 224) == (493, 496) and place_in(told, 225) is None


@pytest.mark.asyncio
async def test_a_number_that_cannot_stand_in_the_file_is_refused(tmp_path: Path) -> None:
    draft = made(tmp_path)
    async with shown(draft) as s:
        await s.press("j", "c", *"83.5", "enter")
        assert "a whole number" in s.text()
        await s.press("escape", "c", *"70000", "enter")
        assert "70000 cannot stand there: Input should be less than or equal to 65536" in s.text()
        await s.press("escape")
        assert set(decisions(draft)) == {""}


@pytest.mark.asyncio
async def test_a_draft_without_evidence_is_written_only_when_that_is_confirmed(tmp_path: Path) -> None:
    draft = replace(made(tmp_path), evidence=())
    write_draft(draft, replace_files=True)
    async with shown(draft) as s:
        await s.press(*"acxnNuUAj", "enter", "tab", "w")
        assert "no number that says where" in s.text() and s.app.written is None
        await s.press("y")
        assert s.app.written == draft.path


@pytest.mark.asyncio
async def test_correcting_to_what_was_read_accepts_it(tmp_path: Path) -> None:
    draft = made(tmp_path)
    async with shown(draft) as s:
        await s.press("c", "enter")
        assert decisions(draft)[0] == "accepted"


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("84.9 (+1.1)", [84.9]), ("224^2", [224]), ("1,170G", [1170]), ("52.3 ± 0.2", [52.3]), ("84.1 (−0.3)", [84.1]), ("45.2/68.1", [45.2, 68.1]),
        ("ResNet-50", []), ("V2-B", []), ("−", []), ("-3.5", [-3.5]), (".55", [0.55]), ("", []), ("Swin-B‡", []),
    ],
)  # fmt: skip
def test_numbers_of_a_cell_are_those_that_it_states(text: str, numbers: list[float]) -> None:
    assert [number for number, _ in numbers_in(text)] == numbers


def test_units_and_errors_count_as_printed(tmp_path: Path) -> None:
    grid = Grid(
        "p1.t1", 1, "1", "", ("model", "params", "top-1 err."), (("A", "1.2B", "24.4"), ("B", "1.2B", "30.0")), ()
    )
    near = cell("backbones.1.params_m", 1200, 1, 1, "params_m", table="p1.t1")
    assert first_number("1.2B") == 1200
    place = where_printed((grid,), 1200, near)
    assert place is not None and place.row == 1, "the cell of the same row is nearer"
    assert where_printed((grid,), 75.6) is not None and where_printed((grid,), 75.7) is None


def test_typed_numbers_may_have_thousands_and_a_percent_sign() -> None:
    assert (typed_number(" 1,170 ", "compute"), typed_number("84.9 %", "top_1")) == (1170, 84.9)
    for typed, quantity in (("1,2", "compute"), ("0", "params_m"), ("-1", "top_1"), ("inf", "compute"), ("", "top_1")):
        with pytest.raises(BackbonesError):
            typed_number(typed, quantity)


def test_the_note_by_hand_keeps_what_was_noted_before() -> None:
    assert noted("100 - 24.4", True) == "100 - 24.4; by hand" and noted("100 - 24.4; by hand", False) == "100 - 24.4"
    assert noted("", True) == "by hand" and noted("by hand", False) == "" and noted("by hand", True) == "by hand"
