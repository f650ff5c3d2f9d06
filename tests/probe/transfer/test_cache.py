"""Features on disk: parts, interrupts, damage, and room."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest

pytest.importorskip("numpy", reason="numpy is not installed (extra `transfer`)")

import numpy as np

from backbones.probe.transfer.cache import Origin, Space, Store, prune
from backbones.probe.transfer.preparation import Preparation

PREPARED = Preparation(224, "bicubic", 0.9, "center", (0.5, 0.5, 0.5), (0.5, 0.5, 0.5))
SPACE = Space("resnet50.a1_in1k", "pretrained", PREPARED, "fp32", "1.0.31")
NAMES = [f"{n:016x}" for n in range(20)]
VALUES = np.arange(20 * 3, dtype=np.float32).reshape(20, 3)


def test_what_was_added_is_there_for_the_next_run(tmp_path: Path) -> None:
    store = Store.open(tmp_path, SPACE)
    store.add(NAMES[:5], VALUES[:5])
    store.add(NAMES[5:8], VALUES[5:8])
    again = Store.open(tmp_path, SPACE)
    assert again.missing(NAMES[:10]) == NAMES[8:10]
    assert np.array_equal(again.values([NAMES[7], NAMES[0], NAMES[7]]), VALUES[[7, 0, 7]])
    assert again.values([NAMES[7]]).dtype == np.float32


def test_parts_become_one_file(tmp_path: Path) -> None:
    store = Store.open(tmp_path, SPACE)
    for start in range(0, 20, 5):
        store.add(NAMES[start : start + 5], VALUES[start : start + 5])
    store.tidy()
    assert len(list(store.folder.glob("*.npz"))) == 1
    assert np.array_equal(Store.open(tmp_path, SPACE).values(NAMES), VALUES)


def test_two_programs_do_not_disturb_each_other(tmp_path: Path) -> None:
    one, other = Store.open(tmp_path, SPACE), Store.open(tmp_path, SPACE)
    one.add(NAMES[:6], VALUES[:6])
    other.add(NAMES[4:10], VALUES[4:10])
    other.add(NAMES[10:12], VALUES[10:12])
    other.tidy()
    one.add(NAMES[12:14], VALUES[12:14])
    one.tidy()
    assert np.array_equal(Store.open(tmp_path, SPACE).values(NAMES[:14]), VALUES[:14])


@pytest.mark.parametrize("damage", [b"", b"PK\x03\x04 nothing", None])
def test_a_damaged_part_is_made_anew(tmp_path: Path, damage: bytes | None) -> None:
    store = Store.open(tmp_path, SPACE)
    store.add(NAMES[:5], VALUES[:5])
    store.add(NAMES[5:9], VALUES[5:9])
    last = sorted(store.folder.glob("*.npz"))[-1]
    last.write_bytes(last.read_bytes()[:-40] if damage is None else damage)
    again = Store.open(tmp_path, SPACE)
    assert again.missing(NAMES[:9]) == NAMES[5:9]
    assert not last.exists()


def test_everything_that_changes_features_has_a_folder_of_its_own(tmp_path: Path) -> None:
    others = [
        replace(SPACE, model="resnet50.a2_in1k"),
        replace(SPACE, weights="0123456789abcdef"),
        replace(SPACE, precision="amp_fp16"),
        replace(SPACE, timm="1.0.32"),
        replace(SPACE, preparation=PREPARED.at(288)),
        replace(SPACE, preparation=replace(PREPARED, crop_pct=0.95)),
        replace(SPACE, preparation=replace(PREPARED, mean=(0.4, 0.5, 0.5))),
    ]
    assert len({one.name for one in [SPACE, *others]}) == len(others) + 1
    assert (
        Space(
            **{
                **{"model": "resnet50.a1_in1k", "weights": "pretrained"},
                "preparation": PREPARED,
                "precision": "fp32",
                "timm": "1.0.31",
            }
        ).name
        == SPACE.name
    )


def test_how_features_came_about_is_added_up(tmp_path: Path) -> None:
    store = Store.open(tmp_path, SPACE)
    assert store.origin.img_s is None
    store.note_origin(
        Origin("NVIDIA H200", "2.9", "1.0", images=100, seconds=2.0, peak_memory_mib=500.0, decoding_share=0.5)
    )
    store.note_origin(
        Origin("NVIDIA H200", "2.9", "1.0", images=300, seconds=2.0, peak_memory_mib=400.0, decoding_share=0.0)
    )
    assert (store.origin.img_s, store.origin.peak_memory_mib, store.origin.decoding_share) == (100.0, 500.0, 0.25)


def test_what_was_not_used_for_longest_makes_room(tmp_path: Path) -> None:
    for age, name in enumerate(("new", "old", "oldest")):
        store = Store.open(tmp_path, replace(SPACE, model=name))
        store.add(NAMES, VALUES)
        os.utime(store.folder, (1e9 - age, 1e9 - age))
    size = sum(file.stat().st_size for file in store.folder.iterdir())
    assert prune(tmp_path, 2.5 * size / 2**30) == 1
    assert sorted(folder.name.partition("-")[0] for folder in tmp_path.iterdir()) == ["new", "old"]
    assert prune(tmp_path / "nowhere") == 0
