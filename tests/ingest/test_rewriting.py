"""A draft where one was written before."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from backbones.ingest.rewriting import write_drafts
from backbones.store.drafts import Draft, Evidence, accept, evidence_path, read_draft, write_draft
from backbones.store.errors import BackbonesError

FIRST, SECOND = "backbones.0.params_m", "backbones.1.params_m"


def evidence(path: str, value: float, row: int, backbone: str) -> Evidence:
    return Evidence(
        path,
        value,
        f"{value:g}M",
        1,
        "p1.t1",
        "1",
        row,
        1,
        (0, 0, 9, 9),
        backbone,
        "#param.",
        "",
        "offline",
        "params_m",
        backbone,
    )


@pytest.fixture
def draft(tmp_path: Path) -> Draft:
    sizes = [{"backbone": "Arvo-T", "params_m": 28.0}, {"backbone": "Arvo-S", "params_m": 50.0}]
    plain = {"family": "Arvo", "source": "arxiv:2401.00001", "backbones": sizes}
    values = (evidence(FIRST, 28.0, 0, "Arvo-T"), evidence(SECOND, 50.0, 1, "Arvo-S"))
    return Draft(tmp_path / "deep" / "arvo.yaml", plain, "a.pdf", "0" * 64, "Arvo", values)


def turned(draft: Draft) -> Draft:
    """The same numbers in another order, as another plan may give them."""
    one, two = draft.evidence
    plain = {**draft.plain, "backbones": draft.plain["backbones"][::-1]}
    return replace(draft, plain=plain, evidence=(replace(two, path=FIRST), replace(one, path=SECOND)))


def test_both_files_are_written_into_a_new_folder(draft: Draft) -> None:
    assert write_drafts([draft]) == (draft,)
    assert read_draft(draft.path) == draft


def test_decisions_follow_their_numbers(draft: Draft) -> None:
    write_drafts([draft])
    write_draft(draft.decide(FIRST, "corrected", 28.6).decide(SECOND, "accepted"), replace_files=True)
    (kept,) = write_drafts([turned(draft)])
    assert [(e.backbone, e.decision, e.corrected) for e in read_draft(draft.path).evidence] == [
        ("Arvo-S", "accepted", None),
        ("Arvo-T", "corrected", 28.6),
    ]
    assert kept == read_draft(draft.path)


def test_decisions_that_would_be_lost_stop_it_unless_forced(draft: Draft) -> None:
    write_drafts([draft])
    write_draft(draft.decide(SECOND, "rejected"), replace_files=True)
    new = replace(draft, plain={**draft.plain, "backbones": draft.plain["backbones"][:1]}, evidence=draft.evidence[:1])
    with pytest.raises(BackbonesError, match=r"holds 1 decision .* --force"):
        write_drafts([new])
    assert read_draft(draft.path).evidence[1].decision == "rejected"
    write_drafts([new], is_forced=True)
    assert len(read_draft(draft.path).evidence) == 1


def test_another_version_of_the_paper_decides_nothing(draft: Draft) -> None:
    write_drafts([draft])
    write_draft(draft.decide(FIRST, "accepted"), replace_files=True)
    other = replace(draft, sha256="1" * 64, paper="b.pdf")
    with pytest.raises(BackbonesError, match=r"is the draft of another paper \(a.pdf\)"):
        write_drafts([other])
    (kept,) = write_drafts([other], is_forced=True)
    assert not any(one.decision for one in kept.evidence)
    assert read_draft(draft.path) == kept and draft.path.with_name("arvo.yaml.bak").exists()


def test_a_draft_that_was_edited_by_hand_is_not_overwritten(draft: Draft) -> None:
    write_drafts([draft])
    draft.path.write_text(draft.path.read_text().replace("28.0", "28.6"))
    with pytest.raises(BackbonesError, match="was edited by hand"):
        write_drafts([draft])
    assert "28.6" in draft.path.read_text()


def test_an_accepted_file_or_a_file_of_the_users_is_not_overwritten(draft: Draft) -> None:
    write_drafts([draft])
    accept(draft)
    with pytest.raises(
        BackbonesError, match=r"is no draft(.|\n)*is not overwritten; name another --output, or say --force"
    ):
        write_drafts([draft])
    draft.path.write_text("family: mine\n")
    evidence_path(draft.path).unlink()
    with pytest.raises(BackbonesError, match="is not overwritten"):
        write_drafts([draft])
    assert draft.path.read_text() == "family: mine\n"
    write_drafts([draft], is_forced=True)
    assert read_draft(draft.path) == draft


def test_of_several_drafts_all_are_written_or_none(draft: Draft) -> None:
    other = replace(draft, path=draft.path.with_name("birk.yaml"))
    other.path.parent.mkdir(parents=True)
    other.path.write_text("family: mine\n")
    with pytest.raises(BackbonesError, match="birk"):
        write_drafts([draft, other])
    assert not draft.path.exists()


def test_a_folder_that_cannot_be_made_is_a_sentence(draft: Draft, tmp_path: Path) -> None:
    (tmp_path / "deep").write_text("a file")
    with pytest.raises(BackbonesError, match="--output"):
        write_drafts([draft])
