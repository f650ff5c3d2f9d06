"""Files that a user names: nothing is overwritten unasked, nothing is left half written."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from backbones.store.errors import BackbonesError
from backbones.store.output_file import FileExists, expanded, free_name, write_file, write_text


def test_a_file_is_overwritten_only_when_that_is_said(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    write_text(path, ["a\n", "b\n"])
    with pytest.raises(FileExists, match="exists already"):
        write_text(path, ["c"])
    assert path.read_text() == "a\nb\n"
    write_text(path, ["c"], replace=True)
    assert path.read_text() == "c"


def test_what_fails_half_way_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("old")

    def parts() -> Iterator[str]:
        yield "new"
        raise BackbonesError("the catalogue is gone")

    with pytest.raises(BackbonesError, match="gone"):
        write_text(path, parts(), replace=True)
    assert path.read_text() == "old" and [p.name for p in tmp_path.iterdir()] == ["a.csv"]


def test_a_link_is_followed(tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    real, link = tmp_path / "sub" / "real.txt", tmp_path / "link.txt"
    real.write_text("old")
    link.symlink_to(real)
    write_text(link, ["new"], replace=True)
    assert real.read_text() == "new" and link.is_symlink()


def test_mistakes_are_sentences(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    assert expanded(" ~/a.csv ") == tmp_path / "a.csv"
    for typed, says in (("", "name a file"), (str(tmp_path), "is a folder"), ("~nobody-of-that-name/x", "nobody")):
        with pytest.raises(BackbonesError, match=says):
            expanded(typed)
    with pytest.raises(BackbonesError, match=f"there is no folder {tmp_path / 'no'}"):
        write_text(tmp_path / "no" / "a.csv", ["a"])
    with pytest.raises(BackbonesError, match="no regular file"):
        write_text(Path("/dev/null"), ["a"], replace=True)


def test_the_draft_has_the_suffix_of_the_file(tmp_path: Path) -> None:
    seen: list[Path] = []

    def write(draft: Path) -> None:
        seen.append(draft)
        draft.write_bytes(b"x")

    write_file(tmp_path / "a.png", write)
    assert seen[0].suffix == ".png" and not seen[0].exists() and (tmp_path / "a.png").read_bytes() == b"x"


def test_a_name_is_one_that_no_file_has(tmp_path: Path) -> None:
    assert free_name("top-1 [/] x/y", ".csv", tmp_path) == "top-1-x-y.csv"
    (tmp_path / "a.csv").write_text("")
    (tmp_path / "a-2.csv").write_text("")
    assert free_name("a", ".csv", tmp_path) == "a-3.csv"
    assert free_name("[/]", ".csv", tmp_path) == "backbones.csv"
