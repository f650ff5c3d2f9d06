"""Metafiles may have aliases, but not so that a few lines stand for millions of values."""

from __future__ import annotations

from pathlib import Path

import pytest

from backbones.ingest.sheets.openmmlab import read_with_notes
from backbones.ingest.sheets.openmmlab_yaml import read_metafile
from backbones.store.errors import FileProblems


def put(folder: Path, text: str) -> Path:
    path = folder / "metafile.yml"
    path.write_text(text, encoding="utf-8")
    return path


def times(name: str) -> str:
    return ",".join([f"*{name}"] * 2000)


@pytest.mark.parametrize(
    "text",
    [
        f"r: &r {{Task: t, Metrics: {{AP: 1}}}}\nm: &m {{Name: a, Results: [{times('r')}]}}\nModels: [{times('m')}]",
        "\n".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9 if n else ['x'] * 9)}]" for n in range(9))
        + "\nModels: []",
        f"t: &t {'x' * 100_000}\nModels: [{','.join(['{Name: *t}'] * 2000)}]",
        f"a: &a {{b: 1}}\nModels: [{','.join(['*a'] * 200_000)}]",
        "Models: &m [{Name: a, Results: *m}]",
    ],
    ids=["results x models", "nine times nine", "a long text", "a flat list", "a list in itself"],
)
def test_aliases_count_as_what_they_stand_for(text: str, tmp_path: Path) -> None:
    path = put(tmp_path, text)
    with pytest.raises(FileProblems, match="more than 200,000 values when its aliases are written out") as caught:
        read_with_notes(path, "mmdet")
    assert f"{path}: line " in str(caught.value)


def test_aliases_are_read(tmp_path: Path) -> None:
    text = f"common: &c [1, {{a: b}}]\nModels: [{','.join(['*c'] * 1000)}]"
    assert read_metafile(put(tmp_path, text))["Models"] == [[1, {"a": "b"}]] * 1000


def test_a_name_that_no_sheet_could_hold_is_refused_before_it_is_taken_apart(tmp_path: Path) -> None:
    path = put(tmp_path, f"Models: [{{Name: {'a_' * 20_000}}}]")
    with pytest.raises(FileProblems, match=r"Models\.0: its Name has 40,000 characters; 200 at most"):
        read_with_notes(path, "mmpretrain")


@pytest.mark.parametrize("sides", ["[.inf, 1]", "[.nan, 2]", "'(1e3, 2)'", "[1, 2, 3]", "{a: 1, b: 2}", "12"])
def test_a_crop_that_is_no_pair_of_sides_is_left_out(sides: str, tmp_path: Path) -> None:
    text = f"""
- Name: ann_r50-d8_4xb2-40k_ade20k
  In Collection: ANN
  Metadata: {{crop size: {sides}}}
  Results: {{Task: Semantic Segmentation, Dataset: ADE20K, Metrics: {{mIoU: 40.5}}}}
"""
    (sheet,), _ = read_with_notes(put(tmp_path, text), "mmseg")
    assert "crop_size" not in {*sheet.columns, *sheet.shared}
