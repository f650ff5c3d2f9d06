"""The draw: stratified, nothing of a group in two splits, every class trained on and tested where it can be."""

from __future__ import annotations

import random
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backbones.probe.transfer.splitting import assigned
from backbones.store.errors import BackbonesError


def counted(labels: list[str], splits: list[str]) -> dict[tuple[str, str], int]:
    return dict(Counter(zip(labels, splits, strict=True)))


def test_each_class_has_its_shares() -> None:
    labels = ["a"] * 100 + ["b"] * 10
    splits = assigned(labels, [str(i) for i in range(110)], val=0.1, test=0.2, seed=42)
    assert counted(labels, splits) == {
        ("a", "test"): 20, ("a", "val"): 10, ("a", "train"): 70, ("b", "test"): 2, ("b", "val"): 1, ("b", "train"): 7,
    }  # fmt: skip


def test_the_same_images_are_drawn_on_every_machine() -> None:
    splits = assigned(["a"] * 10, [f"{i:016x}" for i in range(10)], test=0.3, seed=42)
    assert [i for i, split in enumerate(splits) if split == "test"] == [4, 5, 8]  # SHA-256 of "42:000…4" and so on


def test_test_images_stay_when_validation_is_asked_for() -> None:
    groups = [str(i) for i in range(50)]
    without, with_val = (assigned(["a"] * 50, groups, val=val, test=0.2, seed=3) for val in (0, 0.3))
    assert [s == "test" for s in without] == [s == "test" for s in with_val]


def test_an_image_more_changes_few_others() -> None:
    groups = [str(i) for i in range(1000)]
    before = assigned(["a"] * 1000, groups, seed=3)
    after = assigned(["a"] * 1001, [*groups, "new"], seed=3)
    assert sum(b != a for b, a in zip(before, after, strict=False)) <= 2


@pytest.mark.parametrize(
    ("size", "test", "expected"), [(1, 0.2, 0), (2, 0.2, 1), (2, 0.9, 1), (3, 0.9, 2), (7, 0.2, 1), (8, 0.2, 2)]
)
def test_small_classes_are_trained_on_and_tested(size: int, test: float, expected: int) -> None:
    assert assigned(["a"] * size, [str(i) for i in range(size)], test=test).count("test") == expected


def test_a_class_of_large_groups_is_tested_all_the_same() -> None:
    splits = assigned(["a"] * 20, ["x"] * 10 + ["y"] * 7 + ["z"] * 3, test=0.1)
    assert splits == ["train"] * 17 + ["test"] * 3


@given(
    st.lists(st.tuples(st.sampled_from("abc"), st.integers(0, 30)), min_size=1, max_size=120),
    st.sampled_from([0, 0.1, 0.3]),
    st.sampled_from([0, 0.2, 0.5]),
    st.integers(0, 5),
)
def test_whatever_the_groups_none_is_torn_and_every_class_is_trained_on(
    images: list[tuple[str, int]], val: float, test: float, seed: int
) -> None:
    labels, groups = [label for label, _ in images], [str(group) for _, group in images]
    splits = assigned(labels, groups, val=val, test=test, seed=seed)
    where: dict[str, set[str]] = {}
    for group, split in zip(groups, splits, strict=True):
        where.setdefault(group, set()).add(split)
    assert all(len(found) == 1 for found in where.values())
    assert set(labels) == {label for label, split in zip(labels, splits, strict=True) if split == "train"}
    shuffled = list(zip(labels, groups, splits, strict=True))
    random.Random(0).shuffle(shuffled)
    again = assigned([s[0] for s in shuffled], [s[1] for s in shuffled], val=val, test=test, seed=seed)
    assert again == [s[2] for s in shuffled]


@pytest.mark.parametrize(("val", "test"), [(0, 1), (-0.1, 0.2), (0.5, 0.5), (float("nan"), 0.2)])
def test_shares_that_leave_nothing_are_refused(val: float, test: float) -> None:
    with pytest.raises(BackbonesError):
        assigned(["a"], ["x"], val=val, test=test)
