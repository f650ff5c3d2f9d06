"""Saved views: names, notes, files, and a disk that does not help."""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backbones.store.catalog import connect
from backbones.store.errors import BackbonesError, FileProblems, UnknownName
from backbones.store.named_view import NamedView, checked_name
from backbones.store.places import Places
from backbones.store.query import CatalogExplorer
from backbones.store.saved_views import (
    NameTaken,
    annotate,
    find_view,
    how_many,
    remove,
    rename,
    restore,
    save,
    saved_views,
)
from backbones.store.starting_points import STARTING_POINTS
from backbones.store.view import Sort, View
from backbones.store.view_file import check_view, parse_view, read_view, view_yaml

ANGRY = "x [/] y[a1] [bold red]"
FAST = View(filter="params_m < 30", x="gmacs", sort=(Sort("gmacs", False),), focus=("ViT", "Swin"), log_x=True, limit=7)


@pytest.fixture
def db(tmp_path: Path) -> Path:
    """Where measurements.db would be."""
    return tmp_path / "home" / "measurements.db"


@pytest.fixture(scope="module")
def explorer(shipped: Places) -> CatalogExplorer:
    """Over the shipped catalogue."""
    connection = connect(shipped)
    return CatalogExplorer(lambda: connection)


def test_without_a_file_there_are_no_views_and_none_is_made(db: Path) -> None:
    assert saved_views(db) == () and how_many(db) == 0
    assert not db.exists()


def test_a_view_comes_back_as_it_was_saved(db: Path) -> None:
    saved = save(db, f"  {ANGRY}\n", FAST, "for the\tlaptop")
    assert (saved.name, saved.note) == (ANGRY, "for the laptop")
    assert saved_views(db) == (saved,) and how_many(db) == 1
    assert saved.view == FAST and saved.datetime_utc.endswith("Z")


def test_the_file_keeps_what_else_is_in_it_and_has_no_wal(db: Path) -> None:
    save(db, "a", FAST)
    with sqlite3.connect(db) as connection:
        connection.execute("insert into model_call (datetime_utc, model_asked) values ('t', 'm')")
    save(db, "b", View())
    with sqlite3.connect(db) as connection:
        assert connection.execute("select count(*) from model_call").fetchone() == (1,)
        assert connection.execute("pragma journal_mode").fetchone() == ("delete",)
    assert sorted(os.listdir(db.parent)) == ["measurements.db"]


def test_a_name_is_found_in_any_spelling_and_taken_in_any(db: Path) -> None:
    save(db, "Fast on V100", FAST, "mine")
    assert find_view(db, "fast-on-v100").view == FAST
    with pytest.raises(NameTaken, match="'Fast on V100' already"):
        save(db, "FAST ON V100", View())
    assert save(db, "FAST ON V100", View(), replace=True).note == "mine"
    assert [v.name for v in saved_views(db)] == ["FAST ON V100"]


def test_own_views_come_before_starting_points_of_the_same_name(db: Path) -> None:
    assert find_view(db, "zero-shot") in STARTING_POINTS
    save(db, "zero shot", FAST)
    assert find_view(db, "Zero-shot").view == FAST


def test_rename_annotate_remove_and_restore(db: Path) -> None:
    saved = save(db, "a", FAST, "one")
    save(db, "b", View())
    with pytest.raises(NameTaken):
        rename(db, "a", "B")
    assert rename(db, "a", "A").name == "A"  # another spelling of itself
    assert annotate(db, "a", "two").note == "two"
    removed = remove(db, "a")
    assert removed.name == "A" and [v.name for v in saved_views(db)] == ["b"]
    restore(db, removed)
    assert saved_views(db)[0] == removed and removed.datetime_utc == saved.datetime_utc
    with pytest.raises(NameTaken):
        restore(db, removed)
    assert rename(db, "A", "b", replace=True).view == FAST
    assert [v.name for v in saved_views(db)] == ["b"]


def test_an_unknown_name_has_suggestions_and_a_starting_point_stays(db: Path) -> None:
    save(db, "small and fast", FAST)
    with pytest.raises(UnknownName, match="small and fast"):
        remove(db, "small and fst")
    with pytest.raises(BackbonesError, match="comes with the program"):
        remove(db, "COCO Mask R-CNN")


@pytest.mark.parametrize(
    ("name", "says"),
    [("", "needs a name"), ("  \n", "needs a name"), ("[/]", "letter or a digit"), ("-x", "option"), ("a.yaml", "file"),
     ("a" * 61, "60 characters"), ("\x1b\x07", "needs a name")],
)  # fmt: skip
def test_a_name_that_cannot_be_is_refused_with_a_sentence(name: str, says: str) -> None:
    with pytest.raises(BackbonesError, match=says):
        checked_name(name)


@pytest.mark.skipif(os.geteuid() == 0, reason="root writes everywhere")
def test_a_read_only_disk_is_a_sentence(db: Path) -> None:
    save(db, "a", FAST)
    db.chmod(0o444)
    db.parent.chmod(0o555)
    try:
        assert [v.name for v in saved_views(db)] == ["a"]
        with pytest.raises(BackbonesError, match="read-only"):
            save(db, "b", FAST)
    finally:
        db.parent.chmod(0o755)


def test_a_folder_that_cannot_be_made_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(BackbonesError, match="cannot be written"):
        save(tmp_path / "file" / "measurements.db", "a", FAST)


def test_a_database_that_is_none_is_a_sentence(db: Path) -> None:
    db.parent.mkdir()
    db.write_bytes(b"no database at all" * 100)
    assert how_many(db) == 0
    with pytest.raises(BackbonesError, match="cannot be read"):
        saved_views(db)
    with pytest.raises(BackbonesError, match="cannot be"):
        save(db, "a", FAST)


def test_another_writer_is_waited_for_and_then_said(db: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    save(db, "a", FAST)
    monkeypatch.setattr("backbones.store.saved_views.BUSY_S", 0.05)
    with sqlite3.connect(db) as other:
        other.execute("begin immediate")
        with pytest.raises(BackbonesError, match="another program"):
            save(db, "b", FAST)


def test_a_view_of_a_later_version_is_listed_with_its_problem(db: Path) -> None:
    save(db, "a", FAST)
    with sqlite3.connect(db) as connection:
        connection.execute("update saved_view set view = '{\"colour\": 1}'")
    (found,) = saved_views(db)
    assert "colour" in found.problem and found.view == View()


def test_every_starting_point_answers_with_a_picture(explorer: CatalogExplorer) -> None:
    from backbones.plot.picture import picture

    for named in STARTING_POINTS:
        check_view(explorer, named.view)
        answer = explorer.answer(named.view)
        assert answer.total >= 20, named.name
        assert len(picture(answer, named.view).points.x) >= 20, named.name
        assert checked_name(named.name) == named.name and named.note.endswith(".")


# Files

views = st.builds(
    View,
    filter=st.text(st.characters(exclude_categories=["C"]), max_size=30),
    columns=st.lists(st.sampled_from(["checkpoint", "params_m", "y", "top_1@x:a='b c'"]), min_size=1).map(tuple),
    sort=st.lists(st.builds(Sort, st.sampled_from(["params_m", "no"]), st.booleans())).map(tuple),
    limit=st.none() | st.integers(1, 10**9),
    pareto=st.booleans(),
    log_x=st.none() | st.booleans(),
    best_per=st.sampled_from([None, "family", "backbone"]),
    focus=st.lists(st.sampled_from(["ViT", "null", "1.0", "yes", "# x"])).map(tuple),
)


@given(views, st.text(st.characters(exclude_categories=["C"]), max_size=40))
def test_a_file_that_was_written_is_read_as_it_was(view: View, note: str) -> None:
    named = NamedView("n 1", view, " ".join(note.split()))
    assert parse_view(view_yaml(named)) == named


def test_every_mistake_in_a_file_is_named_with_its_place(tmp_path: Path) -> None:
    file = tmp_path / "v.yaml"
    file.write_text(
        "view: 3\ncolums: []\nlimit: -1\nbest_per: dog\nlog_x: maybe\npareto: 1\nx: 3\nsort: params_m\ncolumns: []\n"
    )
    with pytest.raises(FileProblems) as found:
        read_view(file)
    lines = found.value.problems
    assert len(lines) == 9 and all(line.startswith(f"{file}: ") for line in lines)
    assert f"{file}: colums: is no part of a view; did you mean 'columns'?" in lines


def test_unknown_references_are_explained(explorer: CatalogExplorer) -> None:
    view = View(filter="params_m <", columns=("checkpoint", "wheights"), x="top_1@imagnet-9", sort=(Sort("parms"),))
    with pytest.raises(FileProblems) as found:
        check_view(explorer, view, "v.yaml")
    text = "\n".join(found.value.problems)
    for part in (
        "v.yaml: columns: ",
        "did you mean weights",
        "v.yaml: x: ",
        "'imagnet-9'",
        "v.yaml: sort: ",
        "v.yaml: filter: ",
    ):
        assert part in text
    assert len(found.value.problems) == 4
    with pytest.raises(FileProblems) as found:
        check_view(explorer, View(x="published", x_range="2021-06..", y_range="9..3"))
    assert len(found.value.problems) == 1 and found.value.problems[0].startswith("y_range: ")


@pytest.mark.parametrize("text", ["", "a: 1", "[1]", "view: a\nview: b", "view: a\nx: &b c"])
def test_a_file_that_is_no_view_is_refused(text: str) -> None:
    with pytest.raises(FileProblems):
        parse_view(text, "f")


@pytest.mark.parametrize("text", ['sort: ["-"]', 'sort: ["+"]', 'sort: [params_m, "- "]', 'columns: [checkpoint, "-"]'])
def test_an_order_or_column_without_a_name_is_a_mistake(text: str) -> None:
    with pytest.raises(FileProblems, match="names no column"):
        parse_view(f"view: a\n{text}\n", "f")


def test_an_order_by_nothing_means_nothing_to_the_catalogue(shipped: Places) -> None:
    explorer = CatalogExplorer(lambda: connect(shipped))
    with pytest.raises(FileProblems, match="sort: an empty name names no column"):
        check_view(explorer, View(sort=(Sort(""),)))
    explorer.close()


def test_a_file_that_is_too_large_is_told_in_kilobytes(tmp_path: Path) -> None:
    (tmp_path / "v.yaml").write_text("view: a\n#" + "x" * 200_000)
    with pytest.raises(FileProblems, match=r"too large; a view may have 64 KB$"):
        read_view(tmp_path / "v.yaml")


def test_a_key_that_is_no_name_is_told_with_the_other_mistakes() -> None:
    text = "? [a, b]\n: 1\nview: a\nwheights: 3\n? {c: d}\n: [x]\nlimit: -1\n"
    with pytest.raises(FileProblems) as raised:
        parse_view(text, "f")
    said = raised.value.problems
    assert len(said) == 4
    assert said[:2] == ("f: line 1: a key has to be a name", "f: line 5: a key has to be a name")
    assert any(line.startswith("f: wheights: ") for line in said) and any("limit: " in line for line in said)
