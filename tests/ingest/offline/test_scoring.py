"""The bench: field tuples against a reference."""

from __future__ import annotations

from typing import Any

from backbones.ingest.scoring import score
from backbones.store.family_file import FamilyFile


def file(values: dict[str, float], backbone: str = "Arvo-T", **setting: Any) -> FamilyFile:
    result = {"task": "classification", "dataset": "ImageNet-1k", "values": values} | setting
    checkpoint = {"checkpoint": "c", "pretraining": {"dataset": "ImageNet-1k"}, "results": [result]}
    return FamilyFile.model_validate(
        {"family": "Arvo", "source": "s", "backbones": [{"backbone": backbone, "checkpoints": [checkpoint]}]}
    )


def test_equal_files_score_full_marks() -> None:
    one = file({"top_1": 82.1, "top_5": 95.9}, resolution=224, printed=4.5)
    total = score(one, one).total
    assert (total.right, total.wrong, total.missed, total.strict_precision, total.recall, total.f1) == (
        3,
        0,
        0,
        1,
        1,
        1,
    )


def test_a_setting_that_one_side_leaves_open_matches() -> None:
    assert score(file({"top_1": 82.1}), file({"top_1": 82.1}, resolution=224)).total.right == 1
    assert score(file({"top_1": 82.1}, resolution=384), file({"top_1": 82.1}, resolution=224)).total.right == 0


def test_another_value_for_the_same_question_is_wrong_and_the_references_is_missed() -> None:
    total = score(file({"top_1": 82.2}), file({"top_1": 82.1})).total
    assert (total.right, total.wrong, total.missed) == (0, 1, 1)


def test_accuracies_are_compared_to_the_tenth_and_costs_may_be_rounded() -> None:
    assert score(file({"top_1": 82.4}), file({"top_1": 82})).total.wrong == 1
    assert score(file({"top_1": 82.13}), file({"top_1": 82.1})).total.right == 1
    assert (
        score(
            file({"top_1": 82}, params_m=28.6, printed=4.47), file({"top_1": 82}, params_m=29, printed=4.5)
        ).total.wrong
        == 0
    )


def test_what_the_reference_lacks_counts_apart_where_the_paper_bears_it_out() -> None:
    produced, reference = file({"top_1": 82.1, "top_5": 95.9}), file({"top_1": 82.1})
    path = "backbones.0.checkpoints.0.results.0.values.top_5"
    assert score(produced, reference, borne_out={path}).total.true_besides == 1
    unknown = score(produced, reference, borne_out=set()).total
    assert (unknown.true_besides, unknown.unknown, unknown.precision) == (0, 1, 0.5)


def test_only_what_the_paper_prints_can_be_missed() -> None:
    reference = file({"top_1": 82.1, "top_5": 95.9})
    assert score(file({"top_1": 82.1}), reference, paper_values=[82.1]).total.missed == 0
    assert score(file({"top_1": 82.1}), reference, paper_values=[82.1, 95.9]).total.missed == 1


def test_kinds_are_counted_apart() -> None:
    scores = score(file({"top_1": 82.1}, printed=4.5), file({"top_1": 81.0}, printed=4.5)).by_kind
    assert (scores["compute"].right, scores["classification"].wrong) == (1, 1)
