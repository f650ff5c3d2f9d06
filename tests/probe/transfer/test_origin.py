"""How fast features came, of extractions in one go and in parts."""

from __future__ import annotations

from dataclasses import replace

import pytest

from backbones.probe.transfer.origin import Origin, added_up, origin_of, seconds_of

LARGE = Origin("EPYC", "2.9", "1.0", "flowers", 960, 40.0, 928, 20.0, 500.0, 32)
TAIL = replace(LARGE, images=40, seconds=8.0, model_images=8, model_s=2.0, peak_memory_mib=300.0, part="tail")


def test_parts_under_the_same_conditions_add_up() -> None:
    (whole,) = added_up([LARGE, TAIL])
    assert (whole.images, whole.seconds, whole.model_images, whole.model_s) == (1000, 48.0, 936, 22.0)
    assert (whole.peak_memory_mib, whole.part) == (500.0, "")
    assert added_up([TAIL, LARGE])[0].img_s == whole.img_s


@pytest.mark.parametrize(
    "other",
    [{"device": "Xeon"}, {"torch": "2.10"}, {"data": "birds"}, {"batch_size": 16}, {"channels_last": True}],
    ids=lambda other: next(iter(other)),
)
def test_parts_under_other_conditions_do_not(other: dict[str, object]) -> None:
    assert len(added_up([LARGE, replace(TAIL, **other)])) == 2  # type: ignore[arg-type]


def test_one_new_image_does_not_make_a_model_slow() -> None:
    grown = replace(
        LARGE, data="flowers and one", images=1, seconds=3.0, model_images=1, model_s=2.0, peak_memory_mib=100.0
    )
    found = origin_of([LARGE, grown], 961, "EPYC", "flowers and one")
    assert found.img_s == pytest.approx(961 / 43)
    assert (found.model_img_s, found.peak_memory_mib) == (LARGE.model_img_s, 500.0)
    assert found.seconds == seconds_of([LARGE, grown], 961, "EPYC", "flowers and one")


def test_most_of_the_images_tell_for_all_and_none_for_other_images() -> None:
    half = replace(LARGE, data="birds", images=500, seconds=50.0, model_s=10.0)
    assert origin_of([LARGE, half], 960, "EPYC", "birds") == half
    assert origin_of([LARGE], 960, "EPYC", "birds").img_s is None
    assert origin_of([], 960, "EPYC", "birds") == Origin()
