from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backbones.plot.cells import cells, fitted


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("vit", ("v", "i", "t")),
        ("日本", ("日", "", "本", "")),
        ("e\u0301", ("é",)),
        ("x\u0323\u0301", ("x\u0323\u0301",)),
        ("\x1b[2J\n", ("?", "[", "2", "J", "?")),
        ("a\u202eb\u200dc", ("a", "?", "b", "?", "c")),
        ("\u0301", ()),
        ("👍🏽", ("👍", "", "?")),
    ],
)
def test_text_becomes_cells(text: str, expected: tuple[str, ...]) -> None:
    assert cells(text) == expected


def test_ascii_keeps_the_letter_below_an_accent() -> None:
    assert cells("Café 日", ascii=True) == tuple("Cafe ?")


@pytest.mark.parametrize(
    ("text", "room", "expected"),
    [
        ("convnext", 5, "conv…"),
        ("convnext", 8, "convnext"),
        ("日本語", 4, "日 …"),
        ("日本語", 5, "日本…"),
        ("ab", 0, ""),
    ],
)
def test_a_long_text_is_cut_to_its_room(text: str, room: int, expected: str) -> None:
    assert "".join(fitted(text, room)) == expected and len(fitted(text, room)) <= room


def test_an_ascii_cut_is_ascii() -> None:
    assert "".join(fitted("convnext", 5, ascii=True)) == "conv~"


def test_every_character_has_the_width_that_the_screen_gives_it() -> None:
    cell_len = pytest.importorskip("rich.cells").cell_len
    nobodys = [code for code in range(0x110000) if unicodedata.category(chr(code)) in ("Cn", "Co")]
    codes = set(range(0x110000)) - set(nobodys) | set(nobodys[::16])  # a million are no characters or private
    wrong = [code for code in sorted(codes) if cell_len("".join(row := cells(f"a{chr(code)}"))) != len(row)]
    assert len(codes) > 150_000 and wrong == []


@given(st.text(max_size=30), st.booleans())
def test_no_text_brings_a_control_character_and_all_agree_on_its_width(text: str, ascii: bool) -> None:
    row = cells(text, ascii)
    joined = "".join(row)
    assert not any(unicodedata.category(c) in ("Cc", "Cf", "Cs", "Zl", "Zp") for c in joined)
    assert not ascii or joined.isascii()
    rich_cells = pytest.importorskip("rich.cells")
    assert rich_cells.cell_len(joined) == len(row)
