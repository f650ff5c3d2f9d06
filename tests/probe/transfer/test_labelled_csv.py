"""A CSV of path,label[,split]: how people write it, and what is said where it cannot be read."""

from __future__ import annotations

from pathlib import Path

import pytest

from backbones.probe.transfer.labelled_csv import layout_of_csv
from backbones.store.errors import BackbonesError


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Files that are there; what is in them does not matter here."""
    (tmp_path / "im").mkdir()
    for name in ("a.png", "b.png", "c, d.png", "e.png"):
        (tmp_path / "im" / name).touch()
    return tmp_path


def written(folder: Path, text: str | bytes) -> Path:
    file = folder / "list.csv"
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    return file


def refused(file: Path) -> str:
    with pytest.raises(BackbonesError) as error:
        layout_of_csv(file)
    return str(error.value)


def test_images_that_are_not_there_are_named_where_nothing_is_left_to_train_on(folder: Path) -> None:
    said = refused(written(folder, "path,label,split\nim/nope.png,cat,train\nim/a.png,cat,test\n"))
    assert "no image whose split is train" in said and "not there and left out: im/nope.png" in said


@pytest.mark.parametrize(
    "text",
    [
        'path,label\nim/a.png,cat\n"im/c, d.png","dog"\n',
        '\ufeffPath , LABEL\r\nim/a.png, cat\r\n\r\n"im/c, d.png",dog\r\n',
        'label;path\ncat;im/a.png\ndog;"im/c, d.png"\n',
        'path\tlabel\nim\\a.png\tcat\nim/c, d.png\tdog',
    ],
)  # fmt: skip
def test_people_write_it_in_many_ways(folder: Path, text: str) -> None:
    layout = layout_of_csv(written(folder, text))
    assert [(f.path, f.label, f.split) for f in layout.found] == [
        (folder / "im/a.png", "cat", None), (folder / "im/c, d.png", "dog", None),
    ]  # fmt: skip
    assert not layout.is_split and not layout.findings


def test_splits_have_other_names_too(folder: Path) -> None:
    text = "path,label,split\nim/a.png,x,Training\nim/b.png,x,valid\nim/e.png,y,test\n"
    assert [f.split for f in layout_of_csv(written(folder, text)).found] == ["train", "val", "test"]
    layout = layout_of_csv(written(folder, "path,label,split\nim/a.png,x,train\nim/b.png,x,val\n"))
    assert [f.split for f in layout.found] == ["train", "test"] and "those of val are the test set" in layout.findings[
        0
    ]
    layout = layout_of_csv(written(folder, "path,label,split\nim/a.png,x,train\nim/b.png,x,train\n"))
    assert not layout.is_split and {f.split for f in layout.found} == {None}


def test_what_is_missing_or_said_twice_is_counted(folder: Path) -> None:
    text = "path,label\nim/a.png,x\nim/a.png,x\nim/no.png,y\n,y\nim/b.png,\nim/e.png,y\n"
    layout = layout_of_csv(written(folder, text))
    assert [f.path.name for f in layout.found] == ["a.png", "e.png"]
    assert layout.findings == [
        "1 line said before and passed by", "2 lines without a path or label left out: 5, 6",
        "1 image of the CSV not there and left out: im/no.png",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "is empty; expected a first line path,label"),
        ("path,label\n", "has a header but no images"),
        ("filename,class\nim/a.png,x\n", "rename filename to path, class to label"),
        ("path,label,Set,label\nim/a.png,x,train,y\n", "has 2 columns called label"),
        ("im/a.png,cat\nim/b.png,dog\n", "has no first line with names; put path,label above the first image"),
        ("path,label\nim/c, d.png,dog\n", "line 2 has 3 values, the first line has 2; put a value with a comma in quotes"),
        ("path,label\nim/a.png,x\nim/a.png,y\n", "line 3 says 'y' of 'im/a.png', an earlier line 'x'"),
        ("path,label,split\nim/a.png,x,holdout\n", "line 2 has the split 'holdout'; known are train, val and test"),
        ("path,label,split\nim/a.png,x,train\nim/b.png,x,\n", "line 3 has no split"),
        ("path,label,split\nim/a.png,x,test\n", "nothing to train on"),
        ("path,label\nno/a.png,x\nno/b.png,x\n", "none of the 2 images of the CSV is there; the first would be"),
        ('path,label\n"im/a.png,x\n', "is no CSV that can be read"),
        ("path,label\nim/ü.png,x\n".encode("utf-16"), "is no UTF-8 text"),
        ("path,label\nim/\0.png,x\n", "none of the 1 images"),
    ],
)  # fmt: skip
def test_a_mistake_is_a_sentence_with_its_line(folder: Path, text: str | bytes, said: str) -> None:
    assert said in refused(written(folder, text))
