"""Which pictures can be read, and what is said of those and of folders that cannot."""

from __future__ import annotations

import os
import shutil
import struct
import zlib
from pathlib import Path

import pytest

pytest.importorskip("PIL", reason="reads images by Pillow")
from looked_through import Draw, refused, told
from PIL import Image as Picture

from backbones.probe.transfer.decoding import decoded
from backbones.probe.transfer.images import load_data


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
