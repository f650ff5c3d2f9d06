"""Cells as papers print them."""

from __future__ import annotations

import math

import pytest

from backbones.ingest.meaning.numbers import NOTHING, is_difference, marks_of, numbers_of, side_of, sides_in


@pytest.mark.parametrize(
    ("printed", "value", "unit"),
    [
        ("89M", 89, "M"), ("15.4G", 15.4, "G"), ("0.39B", 0.39, "B"), ("1,156.7", 1156.7, ""), ("25,557,032", 25557032, ""),
        ("83.9 (+1.0)", 83.9, ""), ("83.5_(+0.3)", 83.5, ""), ("82.1 ↑0.5", 82.1, ""), ("47.5^{+0.3}", 47.5, ""),
        ("8.43†", 8.43, ""), ("36.2*", 36.2, ""), ("79.3 [12]", 79.3, ""), ("85.2%", 85.2, "%"), ("~30", 30, ""),
        ("12.5 ms", 12.5, "ms"), ("6.43 (6.61 ± 0.16)", 6.43, ""), ("295.5 img/s", 295.5, "img/s"), ("8.43(cid:5)", 8.43, ""),
    ],
)  # fmt: skip
def test_a_cell_gives_its_number_without_what_hangs_on_it(printed: str, value: float, unit: str) -> None:
    (number,) = numbers_of(printed)
    assert (number.value, number.unit) == (value, unit)


@pytest.mark.parametrize(
    "printed",
    [
        "−",
        "-",
        "–",
        "N/A",
        "✓",
        "(+0.5)",
        "(7.72 ± 0.16)",
        "10^−5",
        "3 × 3, stride 1",
        "800×1333",
        "",
        "Swin-T",
        "<30",
        "[12]",
    ],
)
def test_what_is_no_number_gives_none(printed: str) -> None:
    assert numbers_of(printed) == ()


def test_a_spread_is_kept_apart_from_the_value() -> None:
    (number,) = numbers_of("81.8 ± 0.2")
    assert (number.value, number.spread) == (81.8, 0.2)


def test_parts_of_a_cell_keep_their_places_and_a_dash_holds_one() -> None:
    assert [n.value for n in numbers_of("81.3/95.5")] == [81.3, 95.5]
    first, second = numbers_of("46.1/-")
    assert first.value == 46.1
    assert second is NOTHING and math.isnan(second.value)


@pytest.mark.parametrize("printed", ["224^2", "224 × 224", "224²", "(224 × 224)", "224x224", "224×224×3"])
def test_a_square_is_a_resolution_and_never_2242(printed: str) -> None:
    assert side_of(printed) == 224
    assert numbers_of(printed)[0].value == 224


def test_only_squares_are_sides() -> None:
    assert sides_in("inputs of 2048 × 512, crops of 640 × 640, kernels of 3 × 3") == [640]


def test_marks_are_found_in_order() -> None:
    assert marks_of("Swin-B‡ *(cid:5)") == ("‡", "*", "(cid:5)")


def test_a_difference_is_no_unread_number() -> None:
    assert is_difference("(+0.5)")
    assert not is_difference("83.5 (+0.5)")


def test_control_characters_in_a_cell_change_nothing() -> None:
    assert numbers_of("8\x1b3.5")[0].value == 83.5


@pytest.mark.parametrize(
    "text",
    [
        "at 224 pixels",
        "at 224x224 pixels",
        "at 224^2.",
        "a resolution of 224",
        "at resolution 224.",
        "224-px inputs",
        "input size 224",
    ],
)
def test_a_side_in_words_is_read(text: str) -> None:
    assert sides_in(text) == [224]


@pytest.mark.parametrize(
    "text",
    [
        "800 x 1333 pixels",
        "resolution 800 x 1333",
        "12 pixels",
        "with 384 images",
        "resolution 22.4",
        "3072 pixels",
        "resolution 50%",
    ],
)
def test_what_is_no_square_side_is_none(text: str) -> None:
    assert sides_in(text) == []
