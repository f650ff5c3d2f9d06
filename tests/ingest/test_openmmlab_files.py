"""Which files of OpenMMLab's trees are read, and when they are the whole library: only then the shipped sheets' names."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from backbones.ingest.sheets import openmmlab_files
from backbones.ingest.sheets.openmmlab import read_with_notes
from backbones.ingest.sheets.openmmlab_files import metafiles
from backbones.ingest.sheets.openmmlab_notes import Notes
from backbones.ingest.sheets.openmmlab_yaml import MAX_BYTES
from backbones.store.errors import FileProblems

METAFILE = """
Models:
- Name: fovea_r101_fpn_4xb4-2x_coco
  In Collection: FoveaBox
  Weights: https://download.openmmlab.com/mmdetection/fovea.pth
  Results: [{Task: Object Detection, Dataset: COCO, Metrics: {box AP: 38.6}}]
"""


def put(path: Path, text: str = METAFILE) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def found(path: Path) -> tuple[list[str], list[str]]:
    """The names of the files that are read, and what is said about others."""
    notes = Notes()
    return [file.name for file in metafiles(path, notes)], notes.lines()


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("lib", "mmdet"),
        ("lib/model-index.yml", "mmdet"),
        ("lib/configs", "mmdet"),
        ("package", "mmdet"),
        ("package/.mim", "mmdet"),
        ("checkout", "mmdet"),
        ("lib/configs/fovea", "mmdet_fovea"),
        ("lib/configs/fovea/metafile.yml", "mmdet_fovea"),
        ("lib/configs/fovea/fovea++.yml", "mmdet_fovea_plus_plus"),
        ("lib/configs/v2.1", "mmdet_v2_1"),
        ("metafiles", "mmdet_metafiles"),
    ],
)
def test_only_a_whole_library_has_the_shipped_sheets_names(tmp_path: Path, path: str, name: str) -> None:
    for folder in (
        "lib/configs/fovea",
        "lib/configs/v2.1",
        "package/.mim/configs/fovea",
        "checkout/configs/fovea",
        "metafiles",
    ):
        put(tmp_path / folder / "metafile.yml")
    put(tmp_path / "lib/configs/fovea/fovea++.yml")
    for folder in ("lib", "package/.mim"):
        put(tmp_path / folder / "model-index.yml", "Import: [configs/fovea/metafile.yml]")
    assert [sheet.sheet for sheet in read_with_notes(tmp_path / path)[0]] == [name]


def test_a_folder_that_is_where_one_stands_is_named_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(put(tmp_path / "configs" / "fovea" / "metafile.yml").parent)
    for path in (".", "metafile.yml"):
        assert [sheet.sheet for sheet in read_with_notes(Path(path))[0]] == ["mmdet_fovea"]


@pytest.mark.parametrize("name", [r"configs/\0.yml", r"\0", "loop/a.yml", "a/" + "x" * 300 + "/b.yml"])
def test_what_is_no_path_is_a_sentence_or_a_note(tmp_path: Path, name: str) -> None:
    (tmp_path / "loop").symlink_to("loop")
    index = put(tmp_path / "model-index.yml", f'Import: ["{name}"]')
    with pytest.raises(FileProblems, match=r"no path|lists no model") as caught:
        read_with_notes(index)
    assert "\0" not in str(caught.value)


def test_an_index_reads_each_file_once_however_it_names_it(tmp_path: Path) -> None:
    put(tmp_path / "configs" / "a.yml")
    index = put(tmp_path / "model-index.yml", "Import: [configs/a.yml, ./configs/a.yml, configs/../configs//a.yml]")
    assert found(index) == (["a.yml"], [])
    assert found(tmp_path) == (["a.yml"], [])


def test_an_index_of_too_many_files_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(openmmlab_files, "MAX_FILES", 3)
    index = put(tmp_path / "model-index.yml", "Import: [a, b, c, d]")
    with pytest.raises(FileProblems, match="Import: 4 files; 3 are read at most"):
        found(index)


def test_a_tree_is_left_at_the_first_file_too_many(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = put(tmp_path / "a.yml")
    seen = 0

    def many(self: Path, pattern: str) -> Iterator[Path]:
        nonlocal seen
        while seen < 1000:
            seen += 1
            yield path

    monkeypatch.setattr(Path, "rglob", many)
    monkeypatch.setattr(openmmlab_files, "MAX_FILES", 10)
    with pytest.raises(FileProblems, match="more than 10 YAML files below it"):
        found(tmp_path)
    assert seen == 11


def test_a_file_of_a_tree_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    put(tmp_path / "good.yml")
    (tmp_path / "latin.yml").write_bytes(METAFILE.replace("Fovea", "Fovéa").encode("latin-1"))
    with open(put(tmp_path / "long.yml"), "ab") as file:
        file.truncate(MAX_BYTES + 1)
    put(tmp_path / "other.yml", "on: push")
    names, notes = found(tmp_path)
    assert names == ["good.yml"]
    left = "the file may be a metafile and is left out"
    assert [note.partition(": ")[2] for note in notes] == [
        f"{left}: byte 65: not UTF-8 text. Save it as UTF-8",
        f"{left}: too large; a metafile may have 4 MB. Split it",
    ]
    assert [Path(note.partition(": ")[0]).name for note in notes] == ["latin.yml", "long.yml"]
