"""What was read of images is remembered, as long as the files are the same."""

from __future__ import annotations

import os
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

pytest.importorskip("PIL", reason="reads images by Pillow")
from PIL import Image as Picture

from backbones.probe.transfer import contents
from backbones.probe.transfer.images import load_data


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
