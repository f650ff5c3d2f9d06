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
        4,
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


def test_a_wrong_value_counts_even_beside_the_right_one() -> None:
    plain = file({"top_1": 82.1}).model_dump(exclude_unset=True)
    results = plain["backbones"][0]["checkpoints"][0]["results"]
    results.append({"task": "classification", "dataset": "ImageNet-1k", "values": {"top_1": 80.0}})
    total = score(FamilyFile.model_validate(plain), file({"top_1": 82.1})).by_kind["classification"]
    assert (total.right, total.wrong, total.found, total.missed) == (1, 1, 1, 0)


def test_another_recipe_answers_another_question() -> None:
    def trained(value: float, epochs: int) -> FamilyFile:
        return file({"box_ap": value}, task="detection", dataset="COCO val", head="Mask R-CNN", train_epochs=epochs)

    assert score(trained(46.0, 12), trained(46.0, 12)).total.right == 1
    apart = score(trained(46.0, 12), trained(48.0, 36)).total
    assert (apart.right, apart.wrong, apart.true_besides, apart.missed) == (0, 0, 1, 1)


def test_a_test_at_one_scale_is_what_nothing_said_means() -> None:
    dense = {"task": "semantic segmentation", "dataset": "ADE20K val", "head": "UPerNet"}
    plain = file({"miou_ss": 46.1}, **dense)
    assert score(plain, file({"miou_ss": 44.5}, test_aug="single-scale", **dense)).total.wrong == 1
    assert score(plain, file({"miou_ss": 47.5}, test_aug="multi-scale", **dense)).total.wrong == 0


def test_a_rounded_value_stands_for_one_printed_value_only() -> None:
    plain = file({"top_1": 82.1}, resolution=224, printed=4.46).model_dump(exclude_unset=True)
    results = plain["backbones"][0]["checkpoints"][0]["results"]
    results.append(results[0] | {"values": {"top_5": 95.9}, "printed": 4.54})
    reference = FamilyFile.model_validate(plain)
    rounded = score(file({"top_1": 82.1}, resolution=224, printed=4.5), reference).by_kind["compute"]
    assert (rounded.found, rounded.missed) == (1, 1)
    assert score(reference, reference).by_kind["compute"].found == 2


def test_a_resolution_is_a_field_of_its_own() -> None:
    def side(made: int | None, wanted: int | None) -> tuple[int, int, int, int]:
        count = score(file({"top_1": 82.1}, resolution=made), file({"top_1": 82.1}, resolution=wanted)).by_kind[
            "resolution"
        ]
        return count.right, count.wrong, count.missed, count.unknown

    assert side(224, 224) == (1, 0, 0, 0)
    assert side(224, 380) == (0, 1, 1, 0)
    assert side(None, 380) == (0, 0, 1, 0)
    assert side(224, None) == (0, 0, 0, 1)
    assert side(None, None) == (0, 0, 0, 0)


def test_parameters_of_a_result_are_compared() -> None:
    boxes = {"task": "detection", "dataset": "COCO val", "head": "Mask R-CNN"}
    made, wanted = file({"box_ap": 46.0}, params_m=48.0, **boxes), file({"box_ap": 46.0}, params_m=47.0, **boxes)
    assert score(made, wanted).by_kind["params"].wrong == 1
    assert score(made, made).by_kind["params"].right == 1


def test_kinds_are_counted_apart() -> None:
    scores = score(file({"top_1": 82.1}, printed=4.5), file({"top_1": 81.0}, printed=4.5)).by_kind
    assert (scores["compute"].right, scores["classification"].wrong) == (1, 1)
