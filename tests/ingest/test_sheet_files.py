"""The file of a sheet is found by its name as YAML has it, and new files are put in place all together or not at all."""

from __future__ import annotations

import errno
import os
from pathlib import Path
from typing import Any

import pytest

from backbones.ingest.sheets.folder import present_sheets, write_sheets
from backbones.ingest.sheets.slug import slug
from backbones.store.errors import BackbonesError
from backbones.store.places import Places
from backbones.store.sheet import Sheet

BODY = "kind: devices\ncolumns: [device]\nrows: [[x]]\n"


def sheet(name: str, device: str = "y") -> Sheet:
    return Sheet.model_validate({"sheet": name, "kind": "devices", "columns": ["device"], "rows": [[device]]})


@pytest.fixture
def own(tmp_path: Path) -> Path:
    """The user's folder of sheets."""
    folder = tmp_path / "home" / "sheets"
    folder.mkdir(parents=True)
    return folder


def present(own: Path, name: str = "mine") -> list[str]:
    """The files that are found for a sheet's name."""
    places = Places(own / "c.db", own / "m.db", (own.parent,), own / "s.json", own.parent / "shipped")
    return [path.name for _, path in present_sheets(places, [name]).values()]


@pytest.mark.parametrize(
    "text",
    [
        "sheet: mine\n" + BODY,
        "# " + "a long licence " * 60 + "\n# sheet: other\nsheet: mine\n" + BODY,
        "sheet: mine # my own\n" + BODY,
        "sheet: 'mine' # my own\n" + BODY,
        '"sheet" : "mine"\n' + BODY,
        "note: |\n  sheet: other\nsheet: mine\n" + BODY,
        BODY + "sheet: mine\n",
        "{sheet: mine, kind: devices, columns: [device], rows: [[x]]}\n",
        "shared: {vendor: sheet}\nsheet: mine\n" + BODY,
        "sheet: Mine\n" + BODY,
    ],
)
def test_the_name_of_a_sheet_is_read_as_yaml_has_it(own: Path, text: str) -> None:
    (own / "some.yaml").write_text(text, encoding="utf-8")
    assert present(own) == ["some.yaml"]


@pytest.mark.parametrize(
    "text",
    [
        "sheet: other\nnote: |\n  sheet: mine\n" + BODY,
        "sheet: mine_too\n" + BODY,
        "sheet: other # sheet: mine\n" + BODY,
        "family: F\nsheet: mine\n",
        "note: sheet\nmine: 1\n",
        "[sheet, mine]",
        "- sheet: mine",
        "a: {sheet: mine}",
        "sheet: [mine]",
        "? sheet",
        "sheet",
        "",
        "sheet: 'mine",
    ],
)
def test_what_only_looks_like_the_name_is_none(own: Path, text: str) -> None:
    (own / "some.yaml").write_text(text, encoding="utf-8")
    assert present(own) == []
    (own / "mine.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(BackbonesError, match="holds something else"):
        write_sheets([sheet("mine")], own, {})


def test_a_damaged_file_of_the_sheet_is_replaced(own: Path) -> None:
    (own / "mine.yaml").write_text("sheet: mine\nkind: [", encoding="utf-8")
    assert write_sheets([sheet("mine")], own, {}) == [own / "mine.yaml"]


def fail_at(monkeypatch: pytest.MonkeyPatch, name: str, number: int) -> None:
    """Let the function of `os` fail at one call."""
    real, calls = getattr(os, name), 0

    def failing(*arguments: Any, **options: Any) -> Any:
        nonlocal calls
        calls += 1
        if calls == number:
            raise OSError(errno.EIO, "input/output error")
        return real(*arguments, **options)

    monkeypatch.setattr(os, name, failing)


@pytest.mark.parametrize("number", [1, 2, 3])
def test_if_one_sheet_cannot_be_put_in_place_the_others_are_as_they_were(
    own: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    write_sheets([sheet("a", "old"), sheet("c", "old")], own, {})
    before = {path.name: path.read_bytes() for path in own.iterdir()}
    fail_at(monkeypatch, "replace", number)
    with pytest.raises(BackbonesError, match="cannot be written: input/output error"):
        write_sheets([sheet(name, "new") for name in "abc"], own, {})
    assert {path.name: path.read_bytes() for path in own.iterdir()} == before


def test_written_sheets_leave_nothing_else_behind(own: Path) -> None:
    for device in ("old", "new"):
        targets = write_sheets([sheet("a", device), sheet("b", device)], own, {})
    assert sorted(own.iterdir()) == sorted(targets)
    assert "new" in targets[0].read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("name", "file"),
    [("ViT-B/16+", "vit_b_16_plus"), ("../Etc", "etc"), ("timm_imagenet", "timm_imagenet"), ("表", "none")],
)
def test_a_slug_is_safe_in_a_file_name(name: str, file: str) -> None:
    assert slug(name, empty="none") == file
