"""The parts of the screen that need no screen."""

from __future__ import annotations

import json
import random
import re
import subprocess
import sys
from pathlib import Path

import pytest
from fake import FakeExplorer

from backbones.plot.palette import Look
from backbones.store.errors import QueryError
from backbones.store.rows import Answer, Column, Rows
from backbones.store.view import Sort, View
from backbones.tui import changes
from backbones.tui.cells import formats
from backbones.tui.clipboard import copy
from backbones.tui.filter_bar import PROMPT, explained
from backbones.tui.frugal import Thrift
from backbones.tui.headings import heading
from backbones.tui.history import Timeline
from backbones.tui.picker import narrowed
from backbones.tui.shown import Shown, needs_an_answer, prepare
from backbones.tui.start import why_not
from backbones.tui.state import State, load_state, save_state

HEAVY = ("torch", "anthropic", "numpy", "pydantic", "yaml", "sqlite_utils", "click", "plotext", "altair", "markdown_it")


def test_importing_the_screen_loads_no_framework() -> None:
    code = f"import sys, backbones.tui.app; print(*sorted({set(HEAVY)!r} & set(sys.modules)))"
    environment = {"PYTHONPATH": ":".join(sys.path), "PATH": ""}
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env=environment, timeout=60, check=True
    )
    assert done.stdout.strip() == ""


def test_the_start_is_decided_before_textual_is_imported() -> None:
    code = "import sys, backbones.tui.start, backbones.tui.opening; print('textual' in sys.modules)"
    environment = {"PYTHONPATH": ":".join(sys.path), "PATH": ""}
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env=environment, timeout=60, check=True
    )
    assert done.stdout.strip() == "False"


def test_numbers_stand_on_their_decimal_point() -> None:
    rows = Rows((Column("x", "x", "number"),), ((1,), (22.5,), (333.25,), (None,), (-4.0,)))
    (cell,) = formats(rows, 1)
    texts = [cell.text(row[0]) for row in rows]
    assert texts == ["  1   ", " 22.5 ", "333.25", "      ", " -4   "]


def test_a_columns_decimals_are_respected_and_none_is_blank() -> None:
    rows = Rows(
        (Column("top_1", "top-1", "number", decimals=2), Column("f", "f", "flag")),
        ((80.376, 1), (9.0, 0), (None, None)),
    )
    number, flag = formats(rows, 2)
    assert [number.text(row[0]) for row in rows] == ["80.38", " 9.00", "     "]
    assert [flag.text(row[1]).strip() for row in rows] == ["yes", "no", ""]


def test_text_is_cut_by_cells_and_stripped_of_control_characters() -> None:
    rows = Rows((Column("name", "name"),), (("模型" * 40,), ("a\x1b[31mred\x07",)))
    (cell,) = formats(rows, 1)
    assert "\x1b" not in cell.text("a\x1b[31mred\x07") and cell.text("模型模型", 5).endswith("… "[0]) is not None
    assert cell.text("abc", 6) == "abc   "


def test_a_heading_breaks_at_a_blank() -> None:
    assert heading("top-1 ImageNet-1k", 12) == ("top-1", "ImageNet-1k")
    assert heading("params M", 8) == ("", "params M")


FOREIGN = (
    *("", "[]", "{", "null", '{"version": 2}', '{"version": 1, "layout": "x", "view": {}, "history": []}'),
    '{"version": 1, "layout": "both", "view": {"gone": 1}, "history": []}',
    '{"version": 1, "layout": "both", "view": {"limit": "many"}, "history": []}',
)


@pytest.mark.parametrize("kept", FOREIGN)
def test_a_state_that_cannot_be_read_is_a_fresh_start(tmp_path: Path, kept: str) -> None:
    path = tmp_path / "state.json"
    path.write_text(kept)
    assert load_state(path) == State()


def test_what_was_saved_is_read_back(tmp_path: Path) -> None:
    path = tmp_path / "a" / "state.json"
    state = State(View(filter="params_m < 30", focus=("ViT",), log_x=False), "plot", ("a", "b"))
    assert save_state(path, state) is None
    assert load_state(path) == state
    assert [p.name for p in path.parent.iterdir()] == ["state.json"]
    assert json.loads(path.read_text())["version"] == 1


def test_a_step_that_was_refused_never_happened() -> None:
    line = Timeline(View())
    good = View(x="gmacs")
    line.go(good)
    line.go(View(x="gmacs", filter="?"), "filter")
    line.take_back(good)
    assert line.view == good and line.undo() and line.view == View() and not line.undo()


def test_only_the_picture_changes_with_focus_and_labels() -> None:
    assert not needs_an_answer(View(), View(focus=("ViT",), labels=False, letters=True, log_x=True, log_y=True))
    assert needs_an_answer(View(), View(filter="x > 1")) and needs_an_answer(View(), View(group="head"))


def test_more_groups_in_focus_than_colours_are_no_crash() -> None:
    names = tuple(f"g{i}" for i in range(80))
    for letters in (False, True):
        assert prepare(FakeExplorer(50), View(focus=names, letters=letters), Look()).scatter is not None


def test_narrowing_finds_words_in_any_order_and_prefixes_first() -> None:
    choices = FakeExplorer(20).choices("column")
    assert narrowed(choices, "v2 top")[0].reference == "top_1@imagenet-v2"
    assert narrowed(choices, "fam")[0].reference == "family"
    assert narrowed(choices, "zzz") == []


def test_the_caret_stands_below_the_mistake() -> None:
    text = explained(QueryError("no column [/]", "parms", 2, ("params_m",)), "1 < parms").plain.splitlines()
    assert text[0].index("^") == len(" filter 1 < pa")
    assert text[1] == " no column [/]  did you mean params_m?"
    wide = explained(QueryError("no column", "名前 parms", 3, ()), "1 < 名前 parms").plain.splitlines()
    assert wide[0].index("^") == len(PROMPT) + len("1 < ") + 2 * len("名前") + 1, "cells, not characters"


def test_copying_goes_through_tmux_where_there_is_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fake_tmux = tmp_path / "tmux"
    fake_tmux.write_text(f'#!/bin/sh\n[ "$1 $2 $3" = "load-buffer -w -" ] && /bin/cat > {tmp_path}/copied\n')
    fake_tmux.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    written: list[str] = []
    assert "tmux" in copy("a b", {"TMUX": "x"}, written.append)
    assert (tmp_path / "copied").read_text() == "a b" and not written
    monkeypatch.setenv("PATH", "")
    assert "OSC 52" in copy("a b", {"TMUX": "x"}, written.append)
    assert written[0].startswith("\x1bPtmux;") and "\x1b]52;c;YSBi" in written[0]
    assert copy("x" * 100_000, {}, written.append).startswith("not copied")


def test_a_place_without_a_screen_is_named() -> None:
    assert why_not({"TERM": "xterm"}, True) is None
    assert "terminal" in (why_not({"TERM": "xterm"}, False) or "")
    assert "dumb" in (why_not({"TERM": "dumb"}, True) or "") and why_not({}, True)


class Emulator:
    """Just enough of a terminal: moves, attributes that add up, text, wide characters."""

    def __init__(self, width: int, height: int) -> None:
        self.cells = [[(" ", "")] * width for _ in range(height)]

    def feed(self, text: str) -> None:
        """Show what the text writes."""
        y = x = 0
        now: dict[str, str] = {}
        token = r"\x1b\[(\d+);(\d+)H|\x1b\[(\d*)C|\x1b\[([\d;]*)m|([^\x1b])"
        for match in re.finditer(token, text):
            move_y, move_x, right, sgr, char = match.groups()
            if move_y:
                y, x = int(move_y) - 1, int(move_x) - 1
            elif right is not None:
                x += int(right or 1)
            elif char == "\n":
                continue
            elif char is not None:
                row = self.cells[y]
                if row[x][0] == "" and x:
                    row[x - 1] = (" ", "")
                wide = char in "模型"
                if x + 1 + wide < len(row) and row[x + 1 + wide][0] == "":
                    row[x + 1 + wide] = (" ", "")
                style = ";".join(now[slot] for slot in sorted(now))
                row[x] = (char, style)
                if wide:
                    row[x + 1] = ("", style)
                x += 1 + wide
            else:
                for code in re.findall(r"[34]8;5;\d+|\d+", sgr or "0"):
                    if code == "0":
                        now.clear()
                    else:
                        now[code[:2] if ";" in code else code] = code
        self.cells = [[(c, self._on_blank(s) if c == " " else s) for c, s in row] for row in self.cells]

    @staticmethod
    def _on_blank(style: str) -> str:
        codes = re.findall(r"[34]8;5;\d+|\d+", style)
        return style if "7" in codes else ";".join(code for code in codes if code == "4" or code.startswith("48;"))


@pytest.mark.parametrize("seed", range(20))
def test_what_is_spared_makes_no_difference_on_the_screen(seed: int) -> None:
    dice = random.Random(seed)
    width, height = 40, 6
    thrift, whole, spared, sent = Thrift(), Emulator(width, height), Emulator(width, height), [0, 0]
    styles = ["", "", "1", "7", "38;5;208", "1;7", "38;5;33", "1;38;5;33", "48;5;20", "38;5;33;48;5;20", "4;38;5;33"]
    for _ in range(40):
        lines = []
        for y in sorted(dice.sample(range(1, height + 1), dice.randint(1, height))):
            x, line = dice.choice((0, 0, 11)), ""
            line = f"\x1b[{y};{x + 1}H"
            while x < width - 2 and dice.random() < 0.9:
                text = dice.choice(("ab", "  ", "    ", "xyz", "模", "a型", "·●"))
                text = text[: max(0, (width - x) // 2)]
                style = dice.choice(styles)
                line += f"\x1b[{style}m{text}\x1b[0m" if style else text
                x += sum(2 if c in "模型" else 1 for c in text)
            lines.append(line)
        frame = "\n".join(lines) + "\x1b[1;1H"
        rest = thrift.spared(frame)
        whole.feed(frame)
        spared.feed(rest)
        sent[0] += len(frame)
        sent[1] += len(rest)
        assert whole.cells == spared.cells
        again = thrift.spared(frame)
        assert again == "" or len(lines) == 0
    assert sent[1] < sent[0] * 1.2


def test_another_y_takes_the_old_ones_column_and_place_in_the_order() -> None:
    view = changes.picked(View(), "y", ("mce@imagenet-c",))
    assert view.y == "mce@imagenet-c"
    assert view.columns.index("mce@imagenet-c") == View().columns.index("top_1@imagenet-1k")
    assert "top_1@imagenet-1k" not in view.columns
    assert view.sort == (Sort("mce@imagenet-c", descending=False),)
    assert changes.picked(View(), "y", ("nonsense(",)).y == "nonsense(", (
        "what cannot be read is refused by the answer, not here"
    )


def test_files_of_one_backbone_have_names_of_their_own() -> None:
    names = ("checkpoint", "weights", "backbone")
    rows = (
        (None, "vit_tiny (file 0123456789abcdef)", "ViT-Ti"),
        (None, None, "ViT-Ti"),
        ("ViT-Ti IN-1k", "vit_tiny.in1k", "ViT-Ti"),
    )
    answer = Answer(Rows(tuple(Column(name, name) for name in names), rows), 3, 3)
    shown = Shown(View(columns=names), answer, ())
    assert [shown.name(row) for row in range(3)] == [rows[0][1], "ViT-Ti", "ViT-Ti IN-1k"]
