"""The review of a draft: each number beside its cell, and decisions on them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from quiet import hurry
from reviewed import DOUBTS, RESULT, TOP, TOP_B, cell, decisions, made, shown

from backbones.plot.palette import Look
from backbones.store.drafts import evidence_path, read_draft


@pytest.mark.asyncio
@pytest.mark.parametrize("size", [(120, 40), (80, 24), (60, 15)])
@pytest.mark.parametrize("depth", [0, 4])
async def test_a_value_stands_beside_its_cell_whose_row_and_column_are_marked(
    tmp_path: Path, size: Any, depth: Any
) -> None:
    async with shown(made(tmp_path, DOUBTS), size, look=Look(depth)) as s:
        await s.press("n")
        assert s.here == TOP
        lines = s.text().splitlines()
        row = next(line for line in lines if "[82.1 (+0.8)]" in line)
        assert ">" in row[: row.index("x[/]y[a1]", row.index(">"))] and "29M" in row
        sign = next(line for line in lines if "vvvv" in line)
        assert sign.index("vvvv") >= row.index("[82.1") - 1
        assert "page 6" in s.text() and "undecided" in s.text() and "top-1 82.1" in s.text()


@pytest.mark.asyncio
async def test_the_wide_screen_shows_list_and_cell_side_by_side_and_the_narrow_one_above_each_other(
    tmp_path: Path,
) -> None:
    for size, is_beside in (((180, 40), True), ((120, 40), False), ((80, 24), False)):
        async with shown(made(tmp_path), size) as s:
            left, right = s.screen.list.region, s.screen.cell.region
            assert (left.y == right.y, left.x == right.x) == (is_beside, not is_beside)


@pytest.mark.asyncio
async def test_the_printed_text_the_setting_the_findings_and_the_caption_are_shown_as_they_are(tmp_path: Path) -> None:
    async with shown(made(tmp_path, DOUBTS)) as s:
        await s.press("n")
        text = " ".join(s.pane.split())
        assert 'printed "82.1 (+0.8)"' in text and "column top-1" in text and "row 2" in text
        assert "ImageNet-1k, 224 px, after ImageNet-22k" in text
        assert "error: top-1 82.1 stands in the row of [bold]Swin-T[/]; look at row 1" in text
        assert "Table 3. Results of [bold red]Arvo[/]" in text
        await s.press("n")
        assert "around it: warning: no data set is called ImageNet-1q" in " ".join(s.pane.split())
        await s.press("i")
        assert "Table 9 has a caption and no cells" in s.text() and "Arvo, a [b]title[/]" in s.text()


@pytest.mark.asyncio
async def test_a_number_from_a_sentence_shows_its_words_and_no_table(tmp_path: Path) -> None:
    draft = made(tmp_path)
    side = cell(RESULT.format(b=0) + ".resolution", 224, -1, -1, "resolution", backbone="Arvo-T")
    beside = json.loads(evidence_path(draft.path).read_text())
    beside["values"][1] = side.to_json()
    evidence_path(draft.path).write_text(json.dumps(beside))
    async with shown(read_draft(draft.path)) as s:
        await s.press("j")
        assert 'printed "at 224 px"' in s.pane and "in a sentence" in s.pane and "vvv" not in s.pane
        await s.press("enter", "a")
        assert decisions(draft)[1] == "accepted"


@pytest.mark.asyncio
async def test_a_place_that_the_table_does_not_have_breaks_nothing(tmp_path: Path) -> None:
    draft = made(tmp_path)
    beside = json.loads(evidence_path(draft.path).read_text())
    beside["values"][0] |= {"row": 99, "column": 99}
    beside["tables"][0] |= {"rows": [["x"], []], "sections": []}
    evidence_path(draft.path).write_text(json.dumps(beside))
    async with shown(read_draft(draft.path)) as s:
        await s.press("tab", "l", "G", "g", "enter", "escape", "j", "enter", "enter", "escape")
        assert s.app.is_running and "params" in s.text()


@pytest.mark.asyncio
async def test_control_characters_of_the_paper_never_reach_the_screen(tmp_path: Path) -> None:
    draft = made(tmp_path)
    beside = json.loads(evidence_path(draft.path).read_text())
    beside["values"][0] |= {"printed": "29M\x1b[2J\x9b", "caption": "a\x1b]0;b\x07", "backbone": "B\x1b[31m"}
    beside["tables"][0]["rows"][1][0] = "\x1b[2Jgone"
    evidence_path(draft.path).write_text(json.dumps(beside))
    async with shown(read_draft(draft.path)) as s:
        assert not set("\x1b\x07\x9b") & set(s.text()) and "B[31m" in s.text()


@pytest.mark.asyncio
async def test_a_long_table_shows_the_row_of_the_value_and_how_much_there_is_besides(tmp_path: Path) -> None:
    async with shown(made(tmp_path, copies=200), (80, 24)) as s:
        assert "> x[/]y[a1]" in s.pane and " more" in s.pane
        await s.press("tab", "G")
        assert "600" not in s.pane and "above" in s.pane and s.screen.cell.row == 599


# Deciding


@pytest.mark.asyncio
async def test_every_decision_is_in_the_file_at_once(tmp_path: Path) -> None:
    draft = made(tmp_path)
    async with shown(draft) as s:
        await s.press("a")
        assert decisions(draft)[0] == "accepted"
        await s.press("j", "x")
        assert decisions(draft)[:2] == ["accepted", "rejected"]
        await s.press("space", "space")
        assert decisions(draft)[:4] == ["accepted", "accepted", "accepted", ""] and s.here.endswith("top_5")
        await s.press("k", "backspace")
        assert decisions(draft)[:4] == ["accepted", "accepted", "", ""]
        assert [p.name for p in tmp_path.iterdir() if p.name.startswith(".")] == []


@pytest.mark.asyncio
async def test_keys_in_one_packet_act_in_their_order(tmp_path: Path) -> None:
    draft = made(tmp_path)
    async with shown(draft) as s:
        await hurry(s.app, "j", "j", "c", *"82.6", "enter", "j", "x", "slash", *"arvo-b", "enter", "a")
        kept = read_draft(draft.path).evidence
        assert [e.decision for e in kept] == ["", "", "corrected", "rejected", "accepted", "", "", ""]
        assert kept[2].corrected == 82.6


@pytest.mark.asyncio
async def test_next_doubtful_goes_round_and_falls_back_to_the_undecided(tmp_path: Path) -> None:
    draft = made(tmp_path, DOUBTS)
    async with shown(draft) as s:
        visited = []
        for key in ("n", "n", "n", "N"):
            await s.press(key)
            visited.append(s.here)
        assert visited == [TOP, TOP_B, TOP, TOP_B]
        await s.press("a", "n", "x", "n")
        assert s.here == RESULT.format(b=0) + ".values.top_5" and "no value is doubtful any more" in s.text()


@pytest.mark.asyncio
async def test_undo_and_redo_go_to_what_they_change(tmp_path: Path) -> None:
    draft = made(tmp_path)
    async with shown(draft) as s:
        await s.press("a", "j", "x", "G", "slash", *"arvo-b", "enter", "u")
        assert decisions(draft)[:2] == ["accepted", ""] and s.screen.list.at == 1
        await s.press("u", "u")
        assert set(decisions(draft)) == {""} and "nothing to take back" in s.text()
        await s.press("U", "U")
        assert decisions(draft)[:2] == ["accepted", "rejected"]
        await s.press("u", "x", "U")
        assert "nothing was taken back" in s.text(), "another decision forgets what was undone"


@pytest.mark.asyncio
async def test_all_without_doubts_are_accepted_when_that_is_confirmed_and_undone_in_one_step(tmp_path: Path) -> None:
    draft = made(tmp_path, DOUBTS)
    async with shown(draft) as s:
        await s.press("A")
        assert "Accept 6 undecided values" in " ".join(s.text().split())
        await s.press("n")
        assert set(decisions(draft)) == {""}
        await s.press("A", "y")
        assert decisions(draft).count("accepted") == 6 and "w writes the file" not in s.text()
        assert [e.path for e in read_draft(draft.path).undecided] == [TOP, TOP_B]
        await s.press("u")
        assert set(decisions(draft)) == {""}


@pytest.mark.asyncio
async def test_accepting_all_takes_only_what_is_shown(tmp_path: Path) -> None:
    draft = made(tmp_path)
    async with shown(draft) as s:
        await s.press("slash", *"top-1", "enter", "A")
        assert "Accept 2 shown values" in s.text()
        await s.press("y")
        assert [e.path for e in read_draft(draft.path).evidence if e.decision] == [TOP, TOP_B]
