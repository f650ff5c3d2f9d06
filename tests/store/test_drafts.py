"""Drafts: both files, decisions, acceptance."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from backbones.store.documents import read_yaml
from backbones.store.drafts import (
    Draft,
    Evidence,
    Finding,
    Grid,
    accept,
    accepted,
    draft_path,
    evidence_path,
    read_draft,
    write_draft,
)
from backbones.store.errors import BackbonesError, FileProblems
from backbones.store.output_file import FileExists

TOP = "backbones.0.checkpoints.0.results.0.values.top_1"
SIDE = "backbones.0.checkpoints.0.results.0.resolution"
SPEED = "backbones.0.throughput.0.throughput_img_s"
LARGE = "backbones.1.params_m"


def evidence(path: str, value: float, **changes: Any) -> Evidence:
    one = Evidence(
        path,
        value,
        f"{value:g}",
        6,
        "p6.t1",
        "1a",
        3,
        2,
        (1.0, 2.0, 3.0, 4.0),
        "Arvo-T",
        "top-1",
        "Table 1.",
        "offline",
    )
    return replace(one, **changes)


@pytest.fixture
def draft(tmp_path: Path) -> Draft:
    plain = {
        "family": "Arvo",
        "source": "arxiv:2401.00001",
        "backbones": [
            {
                "backbone": "Arvo-T",
                "checkpoints": [
                    {
                        "checkpoint": "Arvo-T IN-1k",
                        "results": [
                            {
                                "task": "classification",
                                "dataset": "ImageNet-1k",
                                "resolution": 224,
                                "values": {"top_1": 82.1},
                            }
                        ],
                    }
                ],
                "throughput": [{"device": "NVIDIA V100", "throughput_img_s": 774.7}],
            },
            {"backbone": "Arvo-B", "params_m": 89.0},
        ],
    }
    found = (evidence(TOP, 82.1), evidence(SIDE, 224), evidence(SPEED, 774.7), evidence(LARGE, 89))
    findings = (Finding("warning", "range", "look", SPEED), Finding("note", "name", "spelling", TOP))
    grid = Grid("p6.t1", 6, "1a", "Table 1.", ("model", "top-1"), (("Arvo-T", "82.1"),), ("",))
    return Draft(tmp_path / "arvo.yaml", plain, "a.pdf", "0" * 64, "Arvo", found, findings, (grid,))


def test_a_draft_is_read_as_it_was_written(draft: Draft) -> None:
    write_draft(draft)
    assert read_draft(draft.path) == draft


def test_its_yaml_says_that_it_is_a_draft_in_the_first_line(draft: Draft) -> None:
    write_draft(draft)
    assert draft.path.read_text().splitlines()[0] == "draft: true"


def test_nothing_is_overwritten_unasked(draft: Draft) -> None:
    write_draft(draft)
    with pytest.raises(FileExists):
        write_draft(draft)
    write_draft(draft, replace_files=True)


def test_decisions_are_kept_and_can_be_taken_back(draft: Draft) -> None:
    decided = draft.decide(TOP, "corrected", 82.3).decide(SPEED, "rejected")
    write_draft(decided)
    again = read_draft(draft.path)
    assert [one.decision for one in again.evidence] == ["corrected", "", "rejected", ""]
    assert [one.path for one in again.undecided] == [SIDE, LARGE]
    assert again.decide(TOP, "").decide(SPEED, "") == draft


def test_the_next_doubtful_number_is_one_with_a_warning_that_nobody_decided(draft: Draft) -> None:
    doubtful = draft.next_doubtful()
    assert doubtful is not None and doubtful.path == SPEED
    assert draft.decide(SPEED, "accepted").next_doubtful() is None


def test_accepting_puts_corrections_in_and_takes_the_rejected_out(draft: Draft) -> None:
    decided = draft.decide(TOP, "corrected", 82.3).decide(SPEED, "rejected").decide(LARGE, "rejected")
    family, _ = accepted(decided)
    (backbone,) = family.backbones
    assert backbone.checkpoints[0].results[0].values == {"top_1": 82.3}
    assert backbone.throughput == []


def test_a_result_without_values_goes_with_its_setting(draft: Draft) -> None:
    family, _ = accepted(draft.decide(TOP, "rejected"))
    assert [b.checkpoints for b in family.backbones] == [[], []]


def test_a_corrected_resolution_stays_whole(draft: Draft) -> None:
    family, plain = accepted(draft.decide(SIDE, "corrected", 256.0))
    assert family.backbones[0].checkpoints[0].results[0].resolution == 256
    assert "'resolution': 256," in str(plain)


def test_rejecting_everything_cannot_be_accepted(draft: Draft) -> None:
    for one in draft.evidence:
        draft = draft.decide(one.path, "rejected")
    with pytest.raises(BackbonesError, match="cannot be accepted"):
        accepted(draft)


def test_an_impossible_correction_cannot_be_accepted(draft: Draft) -> None:
    with pytest.raises(BackbonesError, match="percentage"):
        accepted(draft.decide(TOP, "corrected", 182.0))


def test_accepting_writes_the_file_without_its_mark(draft: Draft, tmp_path: Path) -> None:
    write_draft(draft)
    target = accept(draft, tmp_path / "family.yaml")
    assert "draft" not in read_yaml(target)
    with pytest.raises(FileExists):
        accept(draft, target)
    accept(draft)
    with pytest.raises(FileProblems, match="no draft"):
        read_draft(draft.path)


@pytest.mark.parametrize(("decision", "value"), [("corrected", None), ("accepted", 1.0), ("maybe", None)])
def test_a_decision_that_makes_no_sense_is_refused(draft: Draft, decision: Any, value: float | None) -> None:
    with pytest.raises(BackbonesError):
        draft.decide(TOP, decision, value)


def test_a_number_that_the_draft_does_not_have_cannot_be_decided_on(draft: Draft) -> None:
    with pytest.raises(BackbonesError, match=r"backbones\.9"):
        draft.decide("backbones.9", "accepted")


@pytest.mark.parametrize(
    "damage",
    [
        lambda held: held.update(version=9), lambda held: held.pop("paper"), lambda held: held["values"][0].pop("printed"),
        lambda held: held["values"][0].update(extra=1), lambda held: held["values"][0].update(value="82"),
        lambda held: held["values"][0].update(box=[1]),
        lambda held: held["values"][0].update(decision="perhaps"), lambda held: held["findings"][0].update(severity="dire"),
        lambda held: held["tables"][0].update(rows=[[1]]),
        lambda held: held.update(values=3),
    ],
)  # fmt: skip
def test_damaged_evidence_ends_in_a_sentence(draft: Draft, damage: Any) -> None:
    write_draft(draft)
    beside = evidence_path(draft.path)
    held = json.loads(beside.read_text())
    damage(held)
    beside.write_text(json.dumps(held))
    with pytest.raises(FileProblems, match=r"evidence\.json: .*ingest"):
        read_draft(draft.path)


def test_yaml_that_was_edited_under_its_evidence_is_told(draft: Draft) -> None:
    edited = replace(draft.decide(SPEED, "rejected"), plain={**draft.plain, "backbones": draft.plain["backbones"][1:]})
    with pytest.raises(BackbonesError, match="edited"):
        accepted(edited)


def test_control_characters_in_evidence_are_not_read(draft: Draft) -> None:
    write_draft(replace(draft, evidence=(evidence(TOP, 82.1, printed="82.1\x1b[2J"), *draft.evidence[1:])))
    assert read_draft(draft.path).evidence[0].printed == "82.1[2J"


def test_a_draft_lies_in_a_file_of_its_family_and_nowhere_else(tmp_path: Path) -> None:
    assert draft_path(tmp_path, "ConvNeXt V2") == tmp_path / "convnext_v2.yaml"
    assert draft_path(tmp_path, "../../etc/x\x1b").parent == tmp_path
