"""Grounds, palettes and characters: what the configuration asks for, and changing them while the program runs."""

from __future__ import annotations

from collections.abc import Mapping, MutableMapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from rich.cells import cell_len

from backbones.plot.palette import Look

if TYPE_CHECKING:
    from backbones.tui.app import BackbonesApp
    from backbones.tui.config import Config

LOOKS: Final[Mapping[str, Mapping[str, Any]]] = {
    "Theme: for a dark ground": {"light": False, "palette": "default"},
    "Theme: for a light ground": {"light": True, "palette": "default"},
    "Theme: for a dark ground, colour-blind": {"light": False, "palette": "colour-blind"},
    "Theme: for a light ground, colour-blind": {"light": True, "palette": "colour-blind"},
    "Characters: ASCII only": {"ascii": True},
    "Characters: all that the terminal has": {"ascii": False},
}
"""What can be chosen while the program runs."""


def look_of(config: Config, look: Look) -> Look:
    """What the environment can show, with what the user wants instead."""
    changes: dict[str, Any] = {"palette": config.palette}
    if config.theme != "auto":
        changes["light"] = config.theme == "light"
    if config.ascii is not None:
        changes["ascii"] = config.ascii
    if config.colors != "auto":
        changes["depth"] = {"none": 0, "16": 4, "256": 8, "true": 24}[config.colors]
    return changed(look, changes)


def prepare(config: Config, env: MutableMapping[str, str]) -> None:
    """Tell Textual, which reads the environment when it is imported, how many colours to use."""
    if config.colors == "none":
        env["NO_COLOR"] = "1"
    elif config.colors != "auto":
        env.pop("NO_COLOR", None)
        env["TEXTUAL_COLOR_SYSTEM"] = {"16": "standard", "256": "256", "true": "truecolor"}[config.colors]


def changed(look: Look, changes: Mapping[str, Any]) -> Look:
    """Another look."""
    return replace(look, **changes)


def textual_theme(look: Look) -> str:
    """The theme of Textual that leaves ground and text in the terminal's own colours."""
    return "ansi-light" if look.light else "ansi-dark"


def wear(app: BackbonesApp, look: Look) -> None:
    """Show everything in another look; the screen that one sees is made anew, where one was on it."""
    app.look = look
    app.theme = textual_theme(look)
    explore = app.explore
    explore._look = explore.inquiry._look = explore.plot.look = look
    explore.request()
    app.come_back()
    app.action_redraw()


_LIKE: Final = {
    "+": "◆✚┌┐└┘├┤┬┴┼┏┓┗┛┣┫┳┻╋╔╗╚╝╠╣╦╩╬╭╮╰╯╴╵╶╷╸╹╺╻", "-": "−–—─━┄┅┈┉═╌╍▁▔✗", "|": "│┃┆┇┊┋║╎╏▏▎▍▌▐▕", "#": "■□█▉▊▋▀▄▂▃▅▆▇≠", "*": "•●★✱", "o": "○◦°",
    "^": "▲△↑", "v": "▼▽↓▾", "<": "‹«←◀≤", ">": "›»→▸▶≥", "~": "…≈±", ".": "·░", ":": "▒", "%": "▓", "x": "×✓✔", "u": "µ", "S": "§",
    "'": "\u2018\u2019", '"': "\u201c\u201d", " ": "\u00a0",
}  # fmt: skip
_ASCII: Final = str.maketrans({like: plain for plain, many in _LIKE.items() for like in many})
"""One character for one cell, so that nothing moves."""


def in_ascii(text: str) -> str:
    """The text with as many cells, in ASCII: `?` for each cell of a letter that has no likeness."""
    if text.isascii():
        return text
    text = text.translate(_ASCII)
    if text.isascii():
        return text
    return "".join(c if c.isascii() else _letter(c) for c in text)


def _letter(character: str) -> str:
    import unicodedata  # of a name with an accent, the letter

    plain = unicodedata.normalize("NFKD", character)[0]
    return plain if plain.isascii() and plain.isprintable() and cell_len(character) == 1 else "?" * cell_len(character)
