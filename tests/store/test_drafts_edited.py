"""A draft that somebody edits in between: evidence follows its numbers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from backbones.store.documents import dump_yaml, read_yaml
from backbones.store.drafts import Draft, Evidence, Finding, accept, read_draft, settle, write_draft
from backbones.store.drafts.anchoring import BY_HAND, places


def result(dataset: str, value: float, metric: str = "top_1") -> dict[str, Any]:
    return {
        "task": "classification",
        "dataset": dataset,
        "resolution": 224,
        "values": {metric: value},
        "ref": "Table 1, row 2",
    }


PLAIN: dict[str, Any] = {
    "family": "Tern",
    "source": "arxiv:2401.00001",
    "backbones": [
        {
            "backbone": name,
            "params_m": params,
            "checkpoints": [{"checkpoint": f"{name} IN-1k", "results": [result("ImageNet-1k", top), result("ImageNet-V2", top - 10)]}],
        }
        for name, params, top in (("Tern-T", 28.0, 81.3), ("Tern-B", 88.0, 83.5))
    ],
}  # fmt: skip


def evidence(path: str, value: float) -> Evidence:
    return Evidence(path, value, f"{value:g}", 1, "p1.t1", "1", 0, 1, None, "Tern", "top-1", "", "offline")


def numbers(plain: Any, path: str = "") -> list[tuple[str, float]]:
    if isinstance(plain, dict):
        return [pair for key, held in plain.items() for pair in numbers(held, f"{path}.{key}".lstrip("."))]
    if isinstance(plain, list):
        return [pair for at, held in enumerate(plain) for pair in numbers(held, f"{path}.{at}")]
    return [(path, plain)] if isinstance(plain, float) else []


@pytest.fixture
def path(tmp_path: Path) -> Path:
    told = (
        Finding("error", "row", "look", "backbones.1.checkpoints.0.results.1.values.top_1"),
        Finding("note", "plan", "x"),
    )
    found = tuple(evidence(*pair) for pair in numbers(PLAIN))
    write_draft(Draft(tmp_path / "tern.yaml", PLAIN, "t.pdf", "0" * 64, "Tern", found, told))
    return tmp_path / "tern.yaml"


def edit(path: Path, change: Any) -> Draft:
    plain = read_yaml(path)
    change(plain)
    path.write_text(dump_yaml(plain), encoding="utf-8")
    return read_draft(path)


def values(draft: Draft) -> dict[str, float]:
    return {one.path: one.value for one in draft.evidence}


def test_nothing_moves_in_a_draft_that_nobody_edited(path: Path) -> None:
    draft = read_draft(path)
    assert values(draft) == dict(numbers(PLAIN)) and draft.gone == 0


def test_evidence_follows_when_a_result_before_it_is_deleted(path: Path) -> None:
    draft = edit(path, lambda plain: plain["backbones"][1]["checkpoints"][0]["results"].pop(0))
    assert draft.gone == 1
    assert values(draft)["backbones.1.checkpoints.0.results.0.values.top_1"] == 73.5
    assert all(value == dict(numbers(draft.plain))[where] for where, value in values(draft).items())
    assert [f.path for f in draft.findings] == ["backbones.1.checkpoints.0.results.0.values.top_1", ""]
    rejected = draft.decide("backbones.1.checkpoints.0.results.0.values.top_1", "rejected")
    kept = read_yaml(accept(rejected, path.parent / "out.yaml"))
    assert [r["dataset"] for b in kept["backbones"] for c in b.get("checkpoints", []) for r in c["results"]] == [
        "ImageNet-1k",
        "ImageNet-V2",
    ]


def test_evidence_follows_a_backbone_that_is_moved(path: Path) -> None:
    draft = edit(path, lambda plain: plain["backbones"].reverse())
    assert draft.gone == 0 and all(v == dict(numbers(draft.plain))[where] for where, v in values(draft).items())


def test_a_number_that_was_changed_in_the_file_is_a_correction(path: Path) -> None:
    draft = edit(path, lambda plain: plain["backbones"][0].update(params_m=28.3))
    (one,) = [e for e in draft.evidence if e.path == "backbones.0.params_m"]
    assert (one.value, one.decision, one.corrected) == (28.0, "corrected", 28.3) and BY_HAND in one.how
    again = settle(path)
    assert read_draft(path).evidence == again.evidence == draft.evidence
    assert read_yaml(accept(again, path.parent / "out.yaml"))["backbones"][0]["params_m"] == 28.3


def test_a_number_under_another_key_has_no_evidence(path: Path) -> None:
    def change(plain: Any) -> None:
        held = plain["backbones"][0]["checkpoints"][0]["results"][0]
        held["values"] = {"top_5": held["values"]["top_1"]}

    draft = edit(path, change)
    assert draft.gone == 1 and not any(
        "results.0.values" in one.path and "backbones.0" in one.path for one in draft.evidence
    )


def test_what_was_settled_stays_settled_and_decisions_too(path: Path) -> None:
    edit(path, lambda plain: plain["backbones"][0]["checkpoints"][0]["results"].pop(0))
    draft = settle(path)
    assert (draft.gone, read_draft(path).gone, read_draft(path).evidence) == (1, 0, draft.evidence)


def test_a_corrected_number_says_so_in_its_reference(path: Path) -> None:
    where = "backbones.0.checkpoints.0.results.0.values.top_1"
    plain = read_yaml(accept(read_draft(path).decide(where, "corrected", 82.0), path.parent / "out.yaml"))
    first, second = plain["backbones"][0]["checkpoints"][0]["results"]
    assert first["ref"] == "Table 1, row 2; top_1 corrected by hand" and second["ref"] == "Table 1, row 2"


@pytest.mark.parametrize(
    ("old", "new"), [({"a": [1]}, {"a": {"0": 1}}), ({"a": 1}, {"a": [1]}), ([1], {"0": 1}), (1, [])]
)
def test_what_changed_its_shape_is_gone(old: Any, new: Any) -> None:
    assert places(old, new) == {}
