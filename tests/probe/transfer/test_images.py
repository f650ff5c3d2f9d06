"""What a folder or CSV of images becomes: classes, splits that share nothing, and sentences on all that is odd."""

from __future__ import annotations

import os
import shutil
import sqlite3
import struct
import zlib
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

pytest.importorskip("PIL", reason="reads images by Pillow")

from PIL import Image as Picture

from backbones.probe.transfer import contents
from backbones.probe.transfer.decoding import decoded
from backbones.probe.transfer.images import ImageData, few, load_data
from backbones.store.errors import BackbonesError

Draw = Callable[..., Path]


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """What is remembered of images goes into a folder of the test's own."""
    home = tmp_path / "home"
    monkeypatch.setenv("BACKBONES_HOME", str(home))
    return home


@pytest.fixture
def draw(tmp_path: Path) -> Draw:
    """Draws an image of its own for each number into tmp_path."""

    def one(name: str, number: int, side: int = 12) -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        colour = (number * 37 % 256, number * 91 % 256, number % 256)
        picture = Picture.new("RGB", (side, side + 1), colour)
        picture.putpixel((number % side, number // side % side), (255, 255, 255))
        picture.save(path)
        return path

    return one


@pytest.fixture
def folder(tmp_path: Path, draw: Draw) -> Path:
    """Two classes of ten."""
    for number in range(20):
        draw(f"pets/{'cat' if number % 2 else 'dog'}/{number}.png", number)
    return tmp_path / "pets"


def told(data: ImageData) -> str:
    return "\n".join(data.findings)


def refused(path: Path, **options: float) -> str:
    with pytest.raises(BackbonesError) as error:
        load_data(path, **options)  # type: ignore[arg-type]
    return str(error.value)


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
    assert "no test/: Val/ is the test set" in told(data)
    assert len(load_data(tmp_path / "data", val=0.25).val) == 2
    for number in range(20, 24):
        draw(f"data/test/{'ab'[number % 2]}/{number}.jpg", number)
    data = load_data(tmp_path / "data")
    assert (len(data.train), len(data.val), len(data.test), data.findings) == (8, 4, 4, ())


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


def test_a_refusal_names_the_images_whose_absence_is_its_cause(draw: Draw, tmp_path: Path) -> None:
    draw("a.png", 1), draw("b.png", 2)
    (tmp_path / "bad.csv").write_text("path,label\na.png,r\nb.png,r\nnope.png,g\n")
    said = refused(tmp_path / "bad.csv")
    assert "images of one class only, 'r'" in said and said.endswith("not there and left out: nope.png")


def test_everything_unreadable_is_left_out_and_named(folder: Path, tmp_path: Path, draw: Draw) -> None:
    cats = folder / "cat"
    (cats / "empty.jpg").touch()
    (cats / "text.JPG").write_text("no image")
    noise = Picture.effect_noise((90, 90), 50)
    noise.save(cats / "whole.jpg")
    for name in ("cut.jpg", "cut.png", "cut.gif", "cut.webp", "cut.tif"):
        noise.save(cats / name)
        (cats / name).write_bytes((cats / name).read_bytes()[:-300])
    flipped = bytearray((cats / "1.png").read_bytes())
    flipped[60] ^= 255
    (cats / "flipped.png").write_bytes(flipped)
    (cats / "bomb.png").write_bytes(_bomb(60_000))
    (cats / "notes.txt").write_text("x")
    (cats / "._1.png").write_text("x")
    (cats / "Thumbs.db").write_text("x")
    os.symlink("nowhere.png", cats / "gone.png")
    os.symlink(folder, cats / "loop")
    os.mkfifo(cats / "pipe.png")
    (folder / "bare").mkdir()
    data = load_data(folder)
    assert (len(data.train) + len(data.test), data.left_out, data.unreadable) == (21, 9, 9)
    said = told(data)
    for sentence in (
        "1 image left out, because it is empty: cat/empty.jpg",
        "1 image left out, because it is no image that Pillow can read: cat/text.JPG",
        "is cut off: cat/cut.gif, cat/cut.jpg, cat/cut.png", "cat/flipped.png",
        "because it has more than 178,956,970 pixels, the most that Pillow decodes: cat/bomb.png",
        "2 files of no image format left out: ", "1 hidden image left out",
        "2 images left out that are a link to nothing or no file: cat/gone.png, cat/pipe.png",
        "1 link to a folder above passed by", "1 folder without images is no class: bare/",
    ):  # fmt: skip
        assert sentence in said, sentence


def _bomb(side: int) -> bytes:
    def chunk(kind: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    head = chunk(b"IHDR", struct.pack(">IIBBBBB", side, side, 1, 0, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + chunk(b"IDAT", zlib.compress(b"")) + chunk(b"IEND", b"")


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


@pytest.mark.parametrize("mode", ["CMYK", "I;16", "I", "F", "1", "L", "LA", "P", "RGBA", "YCbCr"])
def test_every_kind_of_picture_is_rgb_of_eight_bits(tmp_path: Path, mode: str) -> None:
    path = tmp_path / ("x.png" if mode in ("I;16", "1", "L", "LA", "P", "RGBA") else "x.tif")
    grey = {"I;16": 32768, "I": 32768, "F": 0.5}
    picture = Picture.new(mode, (4, 3), grey[mode]) if mode in grey else Picture.new("RGB", (4, 3), (128, 128, 128))
    if mode not in grey:
        picture = picture.quantize(2) if mode == "P" else picture.convert(mode)
    picture.save(path, **({"transparency": bytes([0, 9])} if mode == "P" else {}))
    rgb = decoded(path)
    assert (rgb.mode, rgb.size) == ("RGB", (4, 3))
    pixel = rgb.getpixel((0, 0))
    assert isinstance(pixel, tuple)
    assert all(abs(v - 128) <= 3 or mode == "1" for v in pixel)


def test_the_first_frame_of_an_animation_counts(tmp_path: Path) -> None:
    frames = [Picture.new("RGB", (5, 5), colour) for colour in ("red", "blue")]
    frames[0].save(tmp_path / "x.gif", save_all=True, append_images=frames[1:])
    assert decoded(tmp_path / "x.gif").getpixel((2, 2)) == (255, 0, 0)


def test_a_class_of_one_image_is_trained_on_and_said(folder: Path, draw: Draw) -> None:
    draw("pets/axolotl/1.png", 99)
    data = load_data(folder)
    assert [i.label for i in data.train].count(0) == 1 and 0 not in {i.label for i in data.test}
    assert "class 'axolotl' has 1 image: it is trained on, and the class is never tested" in told(data)


def test_what_cannot_be_evaluated_is_refused_in_a_sentence(folder: Path, tmp_path: Path, draw: Draw) -> None:
    assert "is not there; expected DATA/CLASS/" in refused(tmp_path / "nothing")
    assert "one class only, 'dog'" in refused(_moved(folder, "cat", tmp_path))
    assert "no class folders" in refused(folder / "dog")
    draw("wrap/2750/Forest/1.png", 1)
    draw("wrap/2750/River/2.png", 2)
    assert f"name {tmp_path / 'wrap/2750'}" in refused(tmp_path / "wrap")
    draw("late/train/a/1.png", 1)
    draw("late/train/b/2.png", 2)
    draw("late/val/C/3.png", 3)
    assert "class 'C' of test has no training images" in refused(tmp_path / "late")
    draw("late/val/B/3.png", 3)
    shutil.rmtree(tmp_path / "late/val/C")
    assert "spelt alike" in refused(tmp_path / "late")
    draw("only/val/a/1.png", 1)
    assert "no train/" in refused(tmp_path / "only")
    (tmp_path / "none").mkdir()
    assert "has no images" in refused(tmp_path / "none")
    (tmp_path / "x.zip").touch()
    assert "unpack it" in refused(tmp_path / "x.zip")
    draw("singles/a/1.png", 1)
    draw("singles/b/2.png", 2)
    assert "nothing is left to test on" in refused(tmp_path / "singles")
    assert "is no share" in refused(folder, test=1.5)
    assert "leave nothing to train on" in refused(folder, test=0.6, val=0.4)


def _moved(folder: Path, name: str, to: Path) -> Path:
    shutil.move(folder / name, to / f"moved-{name}")
    return folder


def test_a_second_start_reads_no_file_again(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(contents, "_TICK_NS", 0)
    for path in folder.rglob("*.png"):
        os.utime(path, (1_000_000_000, 1_000_000_000))
    first = load_data(folder)
    read: list[Path] = []
    look = contents._content
    monkeypatch.setattr(contents, "_content", lambda path, state: (read.append(path), look(path, state))[1])
    assert load_data(folder) == first and not read
    changed = folder / "cat" / "1.png"
    Picture.new("RGB", (12, 13)).save(changed)
    assert load_data(folder).data_hash != first.data_hash and read == [changed]
    load_data(folder)
    assert read == [changed, changed], "a file written a moment ago may be written again in the same tick"


@pytest.mark.parametrize("how", ["in place", "another file"])
def test_a_file_that_was_changed_and_its_time_set_back_is_read_again(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    monkeypatch.setattr(contents, "_TICK_NS", 0)
    changed, then = folder / "cat" / "1.png", (1_000_000_000, 1_000_000_000)
    for path in folder.rglob("*.png"):
        os.utime(path, then)
    first = load_data(folder)
    other = changed.read_bytes() + b"another comment at the end"
    longer = tmp_path / "longer.png"
    longer.write_bytes(changed.read_bytes() + b"a comment after the image")
    shutil.move(longer, changed)
    changed.write_bytes(other[:-1] + b"!")
    os.utime(changed, then)
    second = load_data(folder)
    size = changed.stat().st_size
    if how == "in place":
        changed.write_bytes(other)
    else:
        longer.write_bytes(other)
        longer.replace(changed)
    os.utime(changed, then)
    assert changed.stat().st_size == size
    assert len({first.data_hash, second.data_hash, load_data(folder).data_hash}) == 3


def test_what_an_older_version_remembered_is_replaced(
    folder: Path, own_cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(contents, "_TICK_NS", 0)
    for path in folder.rglob("*.png"):
        os.utime(path, (1_000_000_000, 1_000_000_000))
    own_cache.mkdir(exist_ok=True)
    with closing(sqlite3.connect(own_cache / "images.db")) as older:
        older.executescript(
            "create table file (path blob primary key, size integer, mtime_ns integer, digest text, width integer, height integer, "
            "problem text, day integer) without rowid; create table look (digest text primary key, pixels blob, day integer) "
            "without rowid; pragma user_version = 1"
        )
    first = load_data(folder)
    monkeypatch.setattr(contents, "_content", lambda path, state: pytest.fail(f"{path} is read again"))
    assert load_data(folder) == first


def test_what_is_remembered_may_be_damaged(folder: Path, own_cache: Path) -> None:
    first = load_data(folder)
    own_cache.mkdir(exist_ok=True)
    (own_cache / "images.db").write_bytes(b"no database" * 999)
    assert load_data(folder) == first


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
