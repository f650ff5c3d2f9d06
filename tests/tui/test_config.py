"""The user's configuration: what is right is used, what is wrong is told, and the program starts either way."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from backbones.plot.palette import Look
from backbones.store.places import places
from backbones.tui import key_names
from backbones.tui.config import Config, load_config, read_config
from backbones.tui.navigation import Place
from backbones.tui.themes import in_ascii, look_of, prepare

EXAMPLE = """
theme = "light"
palette = "colour-blind"
ascii = true
mouse = false
start = "default"
colors = "16"

[keys]
"view.filter" = "/,f2"
table.sort = "o"
"""


def test_all_settings_are_read(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_text(EXAMPLE)
    keys = {"view.filter": "/,f2", "table.sort": "o"}
    assert load_config(path) == Config(keys, "light", "colour-blind", True, False, "default", "16")
    assert load_config(tmp_path / "none.toml") == load_config(None) == Config()


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("theme = 'drak'", "theme: 'drak' is not known; auto, dark, light are; did you mean 'dark'?"),
        ("thme = 'dark'", "'thme' is no setting; did you mean 'theme'?"),
        ("ascii = 1", "ascii: has to be true or false, not 1"),
        ("mouse = 'no'", "mouse: has to be true or false"),
        ("start = ''", "start: has to be a text"),
        ("keys = 3", "keys: has to be a table of texts"),
        ("[keys]\n'view.filter' = 2", "keys: has to be a table of texts"),
        ("theme = ", "the defaults are used"),
        ("theme = 'dark'\ntheme = 'light'", "the defaults are used"),
    ],
)
def test_a_mistake_is_a_sentence_that_names_the_file_and_the_rest_is_kept(tmp_path: Path, text: str, says: str) -> None:
    path = tmp_path / "x[1].toml"
    path.write_text(text)
    config = load_config(path)
    (problem,) = config.problems
    assert problem.startswith(str(path)) and says in problem
    assert config == Config(problems=config.problems)


def test_a_file_that_is_no_text_is_told(tmp_path: Path) -> None:
    (tmp_path / "a.toml").write_bytes(b"\xff\xfe\x00")
    assert len(load_config(tmp_path / "a.toml").problems) == 1
    assert "cannot be read" in load_config(tmp_path).problems[0]


def test_a_folder_that_may_not_be_looked_into_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    for name in ("stat", "exists", "read_bytes", "read_text", "open"):
        monkeypatch.setattr(Path, name, refuse)
    (problem,) = load_config(tmp_path / "config.toml").problems
    monkeypatch.undo()
    assert problem.endswith("config.toml cannot be read: Permission denied")


def test_one_mistake_leaves_the_other_settings() -> None:
    config = read_config({"theme": "dark", "palette": "pink"}, "f")
    assert config.theme == "dark" and config.palette == "default" and len(config.problems) == 1


def test_the_file_stands_at_the_configurations_place(tmp_path: Path) -> None:
    assert places(env={"BACKBONES_HOME": str(tmp_path)}).config == tmp_path / "config.toml"
    assert places(env={"BACKBONES_CONFIG": "/x/y.toml"}).config == Path("/x/y.toml")
    assert (places(env={}).config or Path()).parts[-2:] == ("backbones", "config.toml")


def test_the_look_and_the_colours_follow() -> None:
    config = read_config({"theme": "light", "palette": "colour-blind", "ascii": True, "colors": "16"}, "f")
    assert look_of(config, Look(8)) == Look(4, ascii=True, light=True, palette="colour-blind")
    assert look_of(Config(), Look(8, light=True)) == Look(8, light=True)
    env = {"NO_COLOR": "1"}
    prepare(config, env)
    assert env == {"TEXTUAL_COLOR_SYSTEM": "standard"}
    prepare(read_config({"colors": "none"}, "f"), env)
    assert env["NO_COLOR"] == "1"


# Keys


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("/", "slash"),
        ("slash", "slash"),
        ("f2", "f2"),
        ("K", "K"),
        (" ctrl+o ", "ctrl+o"),
        ("?", "question_mark"),
        ("ctrl+/", "ctrl+slash"),
        ("esc", "escape"),
        ("Esc", "escape"),
        ("return", "enter"),
        ("alt+ESC", "alt+escape"),
        ("PageUp", "pageup"),
        ("ä", "ä"),
        ("§", "section_sign"),
        ("-", "minus"),
    ],
)
def test_keys_may_be_written_as_they_are(text: str, key: str) -> None:
    assert key_names.key_of(text) == key


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("ctrl+m", "cannot be told from enter"),
        ("pagedwon", "did you mean 'pagedown'"),
        ("hyp+x", "no key"),
        ("", "no key"),
        ("ctrl+", "no key"),
        ("shift+a", "is written 'A'"),
        ("ctrl+A", "cannot be told from ctrl+a"),
        ("ctrl+shift+a", "cannot be told from ctrl+a"),
        ("latin_small_letter_a", "no key"),
        ("<any>", "no key"),
        ("ab", "no key"),
    ],
)
def test_what_is_no_key_is_told(text: str, says: str) -> None:
    with pytest.raises(ValueError, match=says.replace("+", r"\+")):
        key_names.key_of(text)


def test_a_keymap_is_checked_against_all_bindings() -> None:
    wanted = {
        "view.filter": "f2", "view.fliter": "o", "table.sort": "j", "app.quit": "Q", "view.x": "y", "view.y": "x", "help.down": "q", "view.undo": "q",
    }  # fmt: skip
    good, problems = key_names.checked(wanted, "my.toml")
    assert good == {"view.filter": "f2", "app.quit": "Q", "view.x": "y", "view.y": "x", "view.undo": "q"}
    assert len(problems) == 3 and all(problem.startswith("my.toml: keys: ") for problem in problems)
    assert "'view.fliter' is no id of a key; did you mean 'view.filter'?" in problems[0]
    assert any("table.sort: 'j' is the key of table.down" in problem for problem in problems)


@pytest.mark.parametrize("order", [("view.x", "view.y"), ("view.y", "view.x")])
def test_a_key_that_is_refused_takes_those_that_lean_on_it_along(order: tuple[str, str]) -> None:
    wanted = {"view.x": "y", "view.y": "j"}
    good, problems = key_names.checked({id: wanted[id] for id in order}, "f")
    assert good == {} and len(problems) == 2, "y stays at its key, so x cannot have it"


def test_every_id_is_listed_and_no_default_clashes() -> None:
    import tomllib

    known = key_names.bindings()
    listed = tomllib.loads("[keys]\n" + key_names.keys_text())["keys"]
    assert listed.keys() == known.keys() and len(known) > 80
    assert {"app.quit", "view.filter", "table.down", "plot.closer", "anywhere.accept"} <= known.keys()
    good, problems = key_names.checked(listed, "f")
    assert problems == [] and good.keys() == known.keys()


@pytest.mark.asyncio
async def test_remapped_keys_work_and_are_shown(screen: Any) -> None:
    async with screen(size=(140, 40)) as s:
        s.app.configure(Config({"view.filter": "f2", "table.sort": "o", "app.quitt": "x"}), Path("my.toml"))
        s.app._tell_problems()
        await s.settle()
        assert s.app.said[-1].text.startswith("my.toml: keys: 'app.quitt'")
        last = s.text().splitlines()[-1]
        s.app.action_help_quit()
        assert s.app.said[-1].text == "press q to quit"
        assert "^k search" in last and last.index("o sort") < last.index("f2 filter") < last.index("x y axes")
        await s.press("s", "slash")
        assert s.explore.table.has_focus
        await s.press("question_mark")
        assert re.search(r"f2 +Edit the filter", s.app.screen.text().plain)
        await s.press("escape", "f2")
        assert s.explore.filter_bar.input.has_focus


@pytest.mark.asyncio
async def test_sentences_name_the_keys_that_work_now(screen: Any) -> None:
    async with screen(size=(120, 40)) as s:
        keys = {"app.quit": "Q", "app.pick": "f4", "table.mark": "K", "view.filter": "f2", "app.messages": "f9"}
        s.app.configure(Config(keys, problems=("one", "two")), Path("my.toml"))
        s.app._tell_problems()
        await s.settle()
        assert s.app.said[-1].text == "one\nand 1 more: press f9 to read them"
        s.app.action_help_quit()
        assert s.app.said[-1].text == "press Q to quit"
        s.explore.filter_bar.keep("x > 1")
        assert s.app.said[-1].text == "x > 1\nis not applied; f2 shows it again"
        s.app.go(Place("compare"))
        await s.settle()
        assert "Mark them with K" in s.text() and "answers of the adviser (f4)" in s.text() and "press 3" in s.text()
        await s.pilot.resize_terminal(50, 12)
        await s.settle()
        assert "press Q to quit" in s.text()


def test_ascii_keeps_every_cell() -> None:
    from rich.cells import cell_len

    text = "╭─ Söme ● ▲ 模型 … × ‹a› ⠠ é ─╮"
    assert in_ascii(text).isascii() and cell_len(in_ascii(text)) == cell_len(text)
    assert in_ascii("╭─● é…") == "+-* e~" and in_ascii("abc\x1b[0m") == "abc\x1b[0m"
