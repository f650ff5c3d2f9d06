"""What a folder of images becomes: classes, splits that share nothing, and few of each class."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

pytest.importorskip("PIL", reason="reads images by Pillow")
from looked_through import Draw, refused, told

from backbones.probe.transfer.images import few, load_data


def test_class_folders_are_split_in_the_same_shares(folder: Path) -> None:
    data = load_data(folder, test=0.2, val=0.1)
    assert (data.name, data.classes, data.findings, data.is_given) == ("pets", ("cat", "dog"), (), False)
    for label in (0, 1):
        assert [sum(i.label == label for i in images) for images in (data.train, data.val, data.test)] == [7, 1, 2]
    assert {(i.width, i.height) for i in data.train} == {(12, 13)}
    assert len({i.content for i in data.train + data.val + data.test}) == 20
    assert all(len(i.content) == 16 for i in data.train)


def test_the_draw_goes_by_content_and_seed_not_by_names_or_order(folder: Path, tmp_path: Path) -> None:
    other = tmp_path / "elsewhere"
    for position, path in enumerate(sorted(folder.rglob("*.png"), reverse=True)):
        target = other / path.parent.name / "deep" / f"{position} é.PNG"
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, target)
    one, same, another = load_data(folder, seed=1), load_data(other, seed=1), load_data(folder, seed=2)
    assert [i.content for i in one.train] == [i.content for i in same.train]
    assert one.data_hash == same.data_hash != another.data_hash
    assert one.images_hash == same.images_hash == another.images_hash  # another split of the same images
    next(folder.rglob("*.png")).unlink()
    assert load_data(folder, seed=1).images_hash != one.images_hash


def test_given_splits_are_kept_and_val_alone_is_the_test_set(draw: Draw, tmp_path: Path) -> None:
    for number in range(12):
        draw(f"data/{'train' if number < 8 else 'Val'}/{'ab'[number % 2]}/{number}.jpg", number)
    data = load_data(tmp_path / "data")
    assert (len(data.train), len(data.val), len(data.test), data.is_given) == (8, 0, 4, True)
    assert not data.is_val_given
    assert "no test/: Val/ is the test set" in told(data)
    drawn = load_data(tmp_path / "data", val=0.25)
    assert (len(drawn.val), drawn.is_val_given) == (2, False)
    for number in range(20, 24):
        draw(f"data/test/{'ab'[number % 2]}/{number}.jpg", number)
    data = load_data(tmp_path / "data")
    assert (len(data.train), len(data.val), len(data.test), data.findings) == (8, 4, 4, ())
    assert data.is_val_given and load_data(tmp_path / "data", val=0.25) == data


def test_images_of_a_split_without_class_folders_are_left_out(draw: Draw, tmp_path: Path) -> None:
    for number in range(12):
        draw(f"data/train/{'ab'[number % 2]}/{number}.png", number)
        draw(f"data/val/ILSVRC2012_val_{number:08d}.JPEG", 20 + number)
    data = load_data(tmp_path / "data", test=0.5)
    assert (len(data.train), len(data.test), data.is_given) == (6, 6, False)
    assert "12 images directly in val/ left out: nothing says what they show; `backbones imagenet-val` sorts" in told(
        data
    )
    assert "train/ alone has classes: test images are drawn from it" in told(data)
    shutil.move(tmp_path / "data/train/a", tmp_path / "data/train/b/deeper")
    assert "one class only, 'b'" in refused(tmp_path / "data")


def test_train_may_be_a_class_of_vehicles(draw: Draw, tmp_path: Path) -> None:
    for number in range(12):
        draw(f"data/{('bus', 'train', 'test')[number % 3]}/{number}.png", number)
    assert load_data(tmp_path / "data").classes == ("bus", "test", "train")
    for number in range(20, 28):
        draw(f"data/train/side/{number}.png", number)
    assert load_data(tmp_path / "data").classes == ("bus", "test", "train")


def test_no_content_is_in_two_splits_and_test_keeps_its_copy(draw: Draw, tmp_path: Path) -> None:
    for number in range(12):
        draw(f"data/{'train' if number < 8 else 'test'}/{'ab'[number % 2]}/{number}.png", number)
    shutil.copy(tmp_path / "data/test/a/8.png", tmp_path / "data/train/a/again.png")
    shutil.copy(tmp_path / "data/test/a/8.png", tmp_path / "data/train/b/wrong.png")
    data = load_data(tmp_path / "data")
    assert not {i.content for i in data.train} & {i.content for i in data.test}
    assert (len(data.train), len(data.test), data.left_out, data.unreadable) == (8, 4, 2, 0)
    assert "2 images of train are in test too and left out of train: train/a/again.png, train/b/wrong.png" in told(data)
    assert (
        "1 image is in more than one class, so no model gets all of them right: test/a/8.png and train/b/wrong.png"
        in told(data)
    )


def test_copies_of_one_class_stay_in_one_split(draw: Draw, tmp_path: Path) -> None:
    for number in range(10):
        for copy in range(3):
            draw(f"data/{'ab'[number % 2]}/{number}-{copy}.png", number)
    for seed in range(8):
        data = load_data(tmp_path / "data", test=0.3, val=0.2, seed=seed)
        splits = [{i.content for i in images} for images in (data.train, data.val, data.test)]
        assert sum(map(len, splits)) == 10 and all(splits)
    assert "20 images are copies of others of the same class" in told(data)


def test_names_of_any_kind_are_names(draw: Draw, tmp_path: Path) -> None:
    for number, name in enumerate(("a b", "🐈", "two\nlines", "[red]", os.fsdecode(b"caf\xe9"))):
        for copy in range(2):
            draw(f"data/{name}/x {number}{copy}.PnG", 10 * number + copy)
    data = load_data(tmp_path / "data")
    assert len(data.classes) == 5 and len(data.test) == 5
    assert load_data(tmp_path / "data").data_hash == data.data_hash


def test_a_mac_and_linux_spell_a_class_alike(draw: Draw, tmp_path: Path) -> None:
    for number in range(8):
        name = ("cafe\u0301" if number < 4 else "café") if number % 2 else "bar"
        draw(f"data/{'train' if number < 4 else 'test'}/{name}/{number}.png", number)
    assert load_data(tmp_path / "data").classes == ("bar", "café")


def test_a_class_of_one_image_is_trained_on_and_said(folder: Path, draw: Draw) -> None:
    draw("pets/axolotl/1.png", 99)
    data = load_data(folder)
    assert [i.label for i in data.train].count(0) == 1 and 0 not in {i.label for i in data.test}
    assert "class 'axolotl' has 1 image: it is trained on, and the class is never tested" in told(data)


def test_few_shots_are_nested_and_the_same_for_a_seed(folder: Path) -> None:
    data = load_data(folder)
    drawn = [set(few(data.train, shots, 7)) for shots in (1, 3, 5)]
    assert [len(d) for d in drawn] == [2, 6, 10] and drawn[0] < drawn[1] < drawn[2]
    assert few(data.train, 3, 7) == few(tuple(reversed(data.train)), 3, 7) != few(data.train, 3, 8)
    assert few(data.train, 0, 7) == data.train and len(few(data.train, 100, 7)) == len(data.train)


def test_few_shots_take_copies_last(draw: Draw, tmp_path: Path) -> None:
    for number in range(12):
        for copy in range(3):
            draw(f"data/{'ab'[number % 2]}/{number}-{copy}.png", number)
    shots = few(load_data(tmp_path / "data").train, 4, 0)
    assert len({i.content for i in shots}) == 8
