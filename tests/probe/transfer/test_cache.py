"""Features on disk: parts, interrupts, damage, and room."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import asdict, replace
from pathlib import Path

import pytest

pytest.importorskip("numpy", reason="numpy is not installed (extra `transfer`)")

import numpy as np

from backbones.probe.transfer import cache
from backbones.probe.transfer.cache import Space, Store, prune
from backbones.probe.transfer.origin import Origin
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
        replace(SPACE, device="cuda"),
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


def test_each_device_and_data_set_has_its_own_speed(tmp_path: Path) -> None:
    store = Store.open(tmp_path, SPACE)
    assert store.origin(300, "", "flowers").img_s is None
    store.note_origin(Origin("EPYC", "2.9", "1.0", "flowers", 300, 6.0, 250, 2.5, 500.0, 32))
    store.note_origin(Origin("EPYC", "2.9", "1.0", "a few flowers", 10, 5.0, 10, 1.0, 200.0, 32))
    again = Store.open(tmp_path, SPACE)
    found = again.origin(300, "EPYC", "flowers")
    assert (found.img_s, found.model_img_s, found.peak_memory_mib) == (50, 100, 500)
    other = again.origin(300, "EPYC", "birds")
    assert (other.img_s, other.model_img_s) == (None, 100), "how fast images are decoded depends on them"
    elsewhere = again.origin(300, "Xeon", "flowers")
    assert (elsewhere.img_s, elsewhere.model_img_s, elsewhere.peak_memory_mib) == (None, None, None)


def test_what_an_interrupt_left_and_what_came_later_are_one_extraction(tmp_path: Path) -> None:
    first = Origin("EPYC", "2.9", "1.0", "flowers", 100, 5.0, part="first")
    store = Store.open(tmp_path, SPACE)
    store.note_origin(first)
    store.note_origin(replace(first, images=960, seconds=40.0))  # the same part, further on
    for part in ("second", "third"):
        store = Store.open(tmp_path, SPACE)
        store.note_origin(replace(first, images=20, seconds=10.0, part=part))
        assert store.last is not None and store.last.images == 20
    again = Store.open(tmp_path, SPACE)
    assert again.last is None and again.origin(1000, "EPYC", "flowers").img_s == 1000 / 60
    assert again.seconds(1000, "EPYC", "flowers") == pytest.approx(60.0)


def test_features_cost_what_their_images_took_and_the_rest_by_the_largest_extraction(tmp_path: Path) -> None:
    store = Store.open(tmp_path, SPACE)
    assert store.seconds(10, "", "flowers") is None
    store.note_origin(Origin("EPYC", "2.9", "1.0", "flowers", 300, 6.0))
    again = Store.open(tmp_path, SPACE)
    assert (again.seconds(300, "EPYC", "flowers"), again.seconds(30, "EPYC", "flowers")) == (6.0, 0.6)
    assert again.seconds(300, "EPYC", "birds") == 6.0, "they are here, so they were made once"
    assert again.seconds(300, "Xeon", "flowers") is None
    again.note_origin(Origin("EPYC", "2.9", "1.0", "more flowers", 10, 5.0))
    assert again.seconds(310, "EPYC", "more flowers") == 11.0, "ten were new, and slow as few images are"


def test_what_was_not_used_for_longest_makes_room(tmp_path: Path) -> None:
    size = max(used(tmp_path, name, age) for age, name in enumerate(("new", "old", "oldest")))
    assert prune(tmp_path, 2.5 * size / 2**30) == 1
    assert names(tmp_path) == ["new", "old"]
    assert prune(tmp_path / "nowhere") == 0


def test_what_another_program_uses_is_not_removed(tmp_path: Path) -> None:
    size = max(used(tmp_path, name, age) for age, name in enumerate(("new", "old", "oldest")))
    folder = next(folder for folder in tmp_path.iterdir() if folder.name.startswith("oldest"))
    script = f"""
from pathlib import Path
from backbones.probe.transfer.cache import Space, Store
from backbones.probe.transfer.preparation import Preparation
store = Store.open(Path({str(tmp_path)!r}), Space(**{{**{asdict(SPACE)!r}, "model": "oldest", "preparation": Preparation(**{asdict(PREPARED)!r})}}))
print(len(store.missing([{NAMES[0]!r}])), flush=True)
input()
"""
    with subprocess.Popen(
        [sys.executable, "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as other:
        assert other.stdout is not None and other.stdout.readline() == "0\n"
        os.utime(folder, (1e9 - 2, 1e9 - 2))
        assert prune(tmp_path, 2.5 * size / 2**30) == 1
        assert names(tmp_path) == ["new", "oldest"]
        other.communicate("\n")
    os.utime(folder, (1e9 - 2, 1e9 - 2))
    assert prune(tmp_path, 1.5 * size / 2**30) == 1
    assert names(tmp_path) == ["new"]


def test_what_cannot_be_read_now_is_not_deleted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Store.open(tmp_path, SPACE).add(NAMES, VALUES)

    def too_many(part: Path) -> tuple[list[str], np.ndarray]:
        raise OSError(24, "Too many open files")

    with monkeypatch.context() as short:
        short.setattr(cache, "_read_part", too_many)
        assert Store.open(tmp_path, SPACE).missing(NAMES) == NAMES
    assert np.array_equal(Store.open(tmp_path, SPACE).values(NAMES), VALUES)


def test_what_a_killed_writer_left_is_removed_and_what_is_being_written_is_not(tmp_path: Path) -> None:
    folder = Store.open(tmp_path, SPACE).folder
    dead, alive = folder / "1-0.tmp", folder / "2-0.tmp"
    for file in (dead, alive):
        file.write_bytes(b"half")
    os.utime(dead, (1e9, 1e9))
    Store.open(tmp_path, SPACE)
    assert not dead.exists() and alive.exists()


def test_a_content_that_cannot_be_decoded_is_not_missing_until_pillow_changes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Store.open(tmp_path, SPACE).note_unreadable({NAMES[3]: "is cut off"})
    assert Store.open(tmp_path, SPACE).missing(NAMES[:5]) == [*NAMES[:3], NAMES[4]]
    assert NAMES[3] not in Store.open(tmp_path, SPACE)
    monkeypatch.setattr(cache, "installed_version", lambda package: "99.0")
    assert Store.open(tmp_path, SPACE).missing(NAMES[:5]) == NAMES[:5]


def used(root: Path, name: str, age: int) -> int:
    """Features of a model that were used so many seconds before others; how many bytes they are."""
    store = Store.open(root, replace(SPACE, model=name))
    store.add(NAMES, VALUES)
    os.utime(store.folder, (1e9 - age, 1e9 - age))
    return sum(file.stat().st_size for file in store.folder.iterdir())


def names(root: Path) -> list[str]:
    return sorted(folder.name.partition("-")[0] for folder in root.iterdir())
