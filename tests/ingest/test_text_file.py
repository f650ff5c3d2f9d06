"""What is no regular file, or a larger one than the bound, is refused by every reader and never waited for."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from backbones.ingest.sheets import open_clip, openmmlab, table, timm
from backbones.store.errors import FileProblems
from backbones.store.text_file import read_text

READERS = {
    "a.csv": lambda path: table.read_with_notes(path, None, path.parent / "map.yaml"),
    "map.yaml": lambda path: table.read_with_notes(path.parent / "a.csv", None, path),
    "results-imagenet.csv": timm.read_with_notes,
    "openclip_results.csv": open_clip.read_with_notes,
    "metafile.yml": openmmlab.read_with_notes,
    "model-index.yml": openmmlab.read_with_notes,
}


@pytest.fixture(params=READERS)
def given(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[Path, Callable[[Path], Any]]:
    """A path that is not there yet, beside all that its reader needs too, and that reader."""
    (tmp_path / "a.csv").write_text("who,acc\nx,1\n", encoding="utf-8")
    mapping = "sheet: a\nkind: results\ncollection: c\nshared: {dataset: d, source: s}\ncolumns: {backbone: who, top_1: acc}\n"
    (tmp_path / "map.yaml").write_text(mapping, encoding="utf-8")
    path = tmp_path / request.param
    path.unlink(missing_ok=True)
    return path, READERS[request.param]


@pytest.mark.skipif(not Path("/dev/zero").exists(), reason="needs a device that never ends")
def test_a_device_is_refused(given: tuple[Path, Callable[[Path], Any]]) -> None:
    path, read = given
    path.symlink_to("/dev/zero")
    with pytest.raises(FileProblems, match="is no regular file"):
        read(path)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
def test_a_pipe_is_refused_and_not_waited_for(given: tuple[Path, Callable[[Path], Any]]) -> None:
    path, read = given
    os.mkfifo(path)
    with pytest.raises(FileProblems, match="is no regular file"):
        read(path)


def test_a_larger_file_is_refused_by_every_reader(given: tuple[Path, Callable[[Path], Any]]) -> None:
    path, read = given
    with open(path, "wb") as file:
        file.truncate(40 * 2**20)
    with pytest.raises(FileProblems, match=r"too large; a \w+ may have \d+ MB"):
        read(path)


def test_a_file_of_just_the_bound_is_read(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("\ufeff" + "x" * 97, encoding="utf-8")
    assert read_text(path, 100, "a text") == "x" * 97
    with pytest.raises(FileProblems, match="too large"):
        read_text(path, 99, "a text")


@pytest.mark.parametrize(
    ("name", "says"), [("a\0b", "null"), ("nowhere", "No such file"), ("x" * 5000, "cannot be read")]
)
def test_a_path_that_cannot_be_opened_is_a_sentence(tmp_path: Path, name: str, says: str) -> None:
    with pytest.raises(FileProblems, match=says):
        read_text(tmp_path / name, 100, "a text")


def test_a_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FileProblems, match="cannot be read"):
        read_text(tmp_path, 100, "a text")
