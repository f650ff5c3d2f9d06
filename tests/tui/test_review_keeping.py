"""The review of a draft: leaving and coming back, decisions that are kept, the file that is left."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from reviewed import DOUBTS, TOP, TOP_B, decisions, made, shown

from backbones.store.documents import read_yaml
from backbones.store.drafts import evidence_path, read_draft
from backbones.store.errors import BackbonesError
from backbones.tui.review import review
from backbones.tui.review_keeping import HERE, Keeper, keep
from backbones.tui.review_screen import ReviewScreen
from backbones.tui.review_session import Session
from backbones.tui.review_values import setting_of


@pytest.mark.asyncio
async def test_one_comes_back_to_the_value_that_was_left(tmp_path: Path) -> None:
    draft = made(tmp_path)
    async with shown(draft) as s:
        await s.press("a", "j", "x", *"jjj", "q")
    async with shown(read_draft(draft.path)) as s:
        assert s.screen.list.at == 4 and "2 of 8 decided" in s.text() and "1 rejected" in s.text()


@pytest.mark.asyncio
async def test_writing_asks_while_something_is_undecided_and_removes_the_mark_then(tmp_path: Path) -> None:
    draft = made(tmp_path, DOUBTS)
    async with shown(draft) as s:
        await s.press("A", "y", "n", "x", "w")
        assert "1 of 8 values are undecided, 1 of them doubtful" in " ".join(s.text().replace("│", " ").split())
        await s.press("n")
        assert read_yaml(draft.path)["draft"] is True and s.app.is_running
        await s.press("n", "c", *"85.2", "enter")
        assert "8 of 8 decided" in s.text() and "w writes the file" in s.text()
        await s.press("w")
        assert s.app.written == draft.path
    plain = read_yaml(draft.path)
    assert "draft" not in plain
    results = [backbone["checkpoints"][0]["results"][0]["values"] for backbone in plain["backbones"]]
    assert results == [{"top_5": 95.9}, {"top_1": 85.2, "top_5": 97.4}]


@pytest.mark.asyncio
async def test_another_file_is_replaced_only_when_that_is_confirmed(tmp_path: Path) -> None:
    draft, target = made(tmp_path), tmp_path / "family.yaml"
    target.write_text("family: mine\n")
    async with shown(draft, target=target) as s:
        await s.press("A", "y", "w")
        assert "exists already" in s.text() and target.read_text() == "family: mine\n"
        await s.press("n", "w", "y")
        assert s.app.written == target
    assert "draft" not in read_yaml(target) and read_yaml(draft.path)["draft"] is True


@pytest.mark.asyncio
async def test_what_cannot_be_accepted_is_said_and_nothing_is_written(tmp_path: Path) -> None:
    draft = made(tmp_path)
    async with shown(draft) as s:
        await s.press(*("x", "j") * 8, "w")
        assert "cannot be accepted" in s.text() and s.app.is_running and s.app.written is None
    assert read_yaml(draft.path)["draft"] is True


@pytest.mark.asyncio
async def test_what_somebody_wrote_into_the_yaml_meanwhile_is_not_lost(tmp_path: Path) -> None:
    draft = made(tmp_path)
    async with shown(draft) as s:
        await s.press("a")
        draft.path.write_text("# mine\n" + draft.path.read_text().replace("family: Arvo", "family: Arvo Two"))
        await s.press("j", "x")
        assert draft.path.read_text().startswith("# mine\n")
        await s.press("A", "y", "w")
    assert read_yaml(draft.path)["family"] == "Arvo Two"


@pytest.mark.asyncio
async def test_decisions_that_cannot_be_kept_are_told_and_leaving_asks_again(tmp_path: Path) -> None:
    draft = made(tmp_path)
    beside = evidence_path(draft.path)
    held = beside.read_text()
    async with shown(draft) as s:
        beside.write_text("{}")
        await s.press("a")
        assert "DECISIONS ARE NOT KEPT" in s.text()
        assert "cannot be read as evidence" in s.app.said[-1].text
        await s.press("j", "q")
        assert s.app.is_running and "again leaves without them" in s.app.said[-1].text
        beside.write_text(held)
        await s.press("a")
        assert decisions(draft)[:2] == ["accepted", "accepted"], "what waited is written with the next"
        assert "NOT KEPT" not in s.text()
        await s.press("q")
        assert not s.app.is_running or s.app._exit


def test_decisions_do_not_go_into_evidence_of_other_numbers(tmp_path: Path) -> None:
    draft = made(tmp_path)
    decided = draft.decide(TOP, "accepted").evidence[2]
    beside = json.loads(evidence_path(draft.path).read_text())
    beside["values"][2]["value"] = 70.0
    evidence_path(draft.path).write_text(json.dumps(beside))
    with pytest.raises(BackbonesError, match="written anew"):
        keep(draft.path, [decided], TOP)
    assert set(decisions(draft)) == {""}


def test_two_reviews_of_one_draft_keep_the_decisions_of_both(tmp_path: Path) -> None:
    draft = made(tmp_path)
    one, two = Keeper(draft.path), Keeper(draft.path)
    one.take([draft.decide(TOP, "accepted").evidence[2]])
    two.take([draft.decide(TOP_B, "rejected").evidence[6]])
    one.write()
    two.write()
    assert decisions(draft) == ["", "", "accepted", "", "", "", "rejected", ""]


def test_where_one_was_changes_nothing_else_of_the_file(tmp_path: Path) -> None:
    draft = made(tmp_path, DOUBTS)
    before = json.loads(evidence_path(draft.path).read_text())
    keeper = Keeper(draft.path)
    keeper.be_at(TOP)
    keeper.write()
    assert json.loads(evidence_path(draft.path).read_text()) == before | {HERE: TOP}
    assert read_draft(draft.path) == draft and Keeper(draft.path).here == TOP


def test_a_review_needs_a_draft_and_a_terminal(tmp_path: Path) -> None:
    draft = made(tmp_path)
    with pytest.raises(BackbonesError, match="terminal"):
        review(draft.path)
    with pytest.raises(BackbonesError, match="cannot be read"):
        review(tmp_path / "none.yaml")


def test_a_setting_is_told_from_any_file(tmp_path: Path) -> None:
    plain = made(tmp_path).plain
    plain["backbones"][0]["throughput"] = [
        {"device": "NVIDIA V100", "resolution": 224, "precision": "float16", "latency_ms": 1.0}
    ]
    assert setting_of(plain, "backbones.0.throughput.0.latency_ms") == "NVIDIA V100, 224 px, float16"
    assert setting_of(plain, "backbones.0.checkpoints.0.pretraining.epochs") == "pretraining, ImageNet-22k"
    assert (
        setting_of(plain, "backbones.0.params_m") == setting_of(plain, "backbones.9.x") == setting_of([], "a.b") == ""
    )


@pytest.mark.asyncio
async def test_every_key_is_told_and_has_an_id(tmp_path: Path) -> None:
    async with shown(made(tmp_path), (100, 60)) as s:
        await s.press("question_mark")
        for told in ("Accept all shown", "Take the last decision back", "Leave; what was decided is kept"):
            assert told in s.text()
    assert all(b.id and b.tooltip for b in ReviewScreen.BINDINGS)  # type: ignore[union-attr]


def test_a_session_counts_what_is_left(tmp_path: Path) -> None:
    session = Session(made(tmp_path, DOUBTS))
    session.decide(2, "corrected", 12.5)
    session.decide(3, "rejected")
    assert session.told() == ("2 of 8 decided", "1 doubtful left", "1 by hand", "1 rejected")
    assert session.decide(3, "rejected") is None, "the same again is no step"
