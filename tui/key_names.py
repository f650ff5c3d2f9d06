"""Every binding by its id, and whether the keys that a user wants instead can work."""

from __future__ import annotations

import pkgutil
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import Final

from textual.app import App
from textual.binding import Binding
from textual.dom import DOMNode
from textual.keys import Keys, _character_to_key
from textual.screen import ModalScreen, Screen

from backbones.store.text import closest

_CHARACTERS: Final = {_character_to_key(chr(code)) for code in range(33, 127)}
_NAMED: Final = {key.value for key in Keys if key.value[0] != "<"} - {"return", "ctrl-at"} | _CHARACTERS
_ALSO: Final = {
    "esc": "escape",
    "return": "enter",
    "ret": "enter",
    "pgup": "pageup",
    "pgdn": "pagedown",
    "del": "delete",
}
"""What keys are called, too."""
_SAME_AS: Final = {"ctrl+m": "enter", "ctrl+i": "tab", "ctrl+j": "enter", "ctrl+left_square_bracket": "escape"}
"""What a terminal sends for them cannot be told from another key."""
_MODIFIERS: Final = ("ctrl", "alt", "shift", "super", "hyper", "meta")


@dataclass(frozen=True, slots=True)
class Bound:
    """Something that keys do."""

    id: str
    keys: tuple[str, ...]
    meaning: str
    owner: type[DOMNode]


def bindings() -> dict[str, Bound]:
    """All bindings that can be remapped; imports every screen, so that none is forgotten."""
    import backbones.tui as package

    for module in pkgutil.iter_modules(package.__path__):
        import_module(f"backbones.tui.{module.name}")
    found: dict[str, Bound] = {}
    for owner in sorted(_classes(DOMNode), key=lambda c: (c.__module__, c.__qualname__)):
        for binding in vars(owner).get("BINDINGS", ()):
            if isinstance(binding, Binding) and binding.id and binding.tooltip:
                keys = tuple(key.strip() for key in binding.key.split(","))
                before = found.get(binding.id)
                if before is None or issubclass(before.owner, owner):
                    found[binding.id] = Bound(binding.id, keys, binding.tooltip, owner)
    return found


def _classes(base: type[DOMNode]) -> Iterator[type[DOMNode]]:
    for each in base.__subclasses__():
        if each.__module__.startswith("backbones.tui."):
            yield each
        yield from _classes(each)


def keys_text() -> str:
    """All ids with their keys and what they do, ready to be pasted below `[keys]`."""
    found = sorted(bindings().values(), key=lambda bound: (bound.id.partition(".")[0] != "app", bound.id))
    left = [f'"{bound.id}" = "{",".join(bound.keys)}"' for bound in found]
    width = max(map(len, left))
    return "\n".join(f"{text:<{width}}  # {bound.meaning}" for text, bound in zip(left, found, strict=True))


def checked(wanted: Mapping[str, str], file: str) -> tuple[dict[str, str], list[str]]:
    """The part of a keymap that works, in Textual's words, and a sentence for each entry that does not."""
    known = bindings()
    good: dict[str, str] = {}
    problems: list[str] = []
    for id, text in wanted.items():
        if id not in known:
            near = closest(id, known, 1)
            hint = f"; did you mean {near[0]!r}?" if near else ""
            problems.append(f"{file}: keys: {id!r} is no id of a key{hint} (`backbones tui --print-keys` lists them)")
            continue
        try:
            good[id] = ",".join(key_of(part) for part in text.split(",")) if text.strip() != "," else "comma"
        except ValueError as error:
            problems.append(f"{file}: keys: {id}: {error}")
    while clash := _first_clash(known, good):  # what is refused keeps its key, which another may have been given
        id, key, other = clash
        problems.append(
            f"{file}: keys: {id}: {key!r} is the key of {other} ({known[other].meaning}); {id} keeps "
            f"{', '.join(known[id].keys)}. Give {other} another key too"
        )
        del good[id]
    return good, problems


def _first_clash(known: Mapping[str, Bound], wanted: Mapping[str, str]) -> tuple[str, str, str] | None:
    """An id, a key wanted for it, and what else has that key."""
    for id, keys in wanted.items():
        for key in keys.split(","):
            if other := _clash(known, wanted, id, key):
                return id, key, other
    return None


def key_of(text: str) -> str:
    """A key as Textual calls it: `/` is `slash`; ValueError for what is no key, or one that no terminal sends."""
    text = text.strip()
    *modifiers, last = text.split("+") if text not in ("+", "ctrl++") else [*text.split("+")[:-2], "+"]
    if len(last) == 1:
        last = _character_to_key(last)
    else:
        last = _ALSO.get(last.lower(), last)
        last = last.lower() if last.lower() in _NAMED else last
    is_letter = len(last) == 1 and last.isalpha()
    if not last or any(m not in _MODIFIERS for m in modifiers) or not _is_key(last):
        near = closest(text, _NAMED, 1)
        raise ValueError(f"{text!r} is no key" + (f"; did you mean {near[0]!r}?" if near else ""))
    if is_letter and modifiers == ["shift"]:
        raise ValueError(f"{text!r} is written {last.upper()!r}")
    if is_letter and modifiers and ("shift" in modifiers or ("ctrl" in modifiers and last != last.lower())):
        plain = "+".join(part for part in [*modifiers, last.lower()] if part != "shift")
        raise ValueError(f"{text!r} cannot be told from {plain} by a terminal")
    key = "+".join([*modifiers, last])
    if same := _SAME_AS.get(key):
        raise ValueError(f"{text!r} cannot be told from {same} by a terminal")
    return key


def _is_key(name: str) -> bool:
    """One of the keys with a name, or a character: `ä` and whatever else a keyboard has, as Textual calls it."""
    if name in _NAMED or len(name) == 1:
        return True
    try:
        character = unicodedata.lookup(name.replace("_", " ").upper())
    except KeyError:
        return False
    return _character_to_key(character) == name


def _clash(known: Mapping[str, Bound], wanted: Mapping[str, str], id: str, key: str) -> str | None:
    """What else has that key where `id` works."""
    for other, bound in known.items():
        if other == id or not _work_together(known[id].owner, bound.owner):
            continue
        keys = wanted[other].split(",") if other in wanted else bound.keys
        if key in keys and not set(known[id].keys) & set(bound.keys):
            return other
    return None


def _work_together(a: type[DOMNode], b: type[DOMNode]) -> bool:
    """Whether keys of both work at a time: on one node, everywhere, or on the first screen and its panes."""
    if a is b:
        return True
    if any(issubclass(c, ModalScreen) for c in (a, b)):
        return issubclass(a, b) or issubclass(b, a)
    if any(issubclass(c, App) for c in (a, b)):
        return True
    if not any(issubclass(c, Screen) for c in (a, b)):
        return issubclass(a, b) or issubclass(b, a)  # of two panes the focused one has the keys
    if all(issubclass(c, Screen) for c in (a, b)):
        return issubclass(a, b) or issubclass(b, a) or (_is_of_the_first_screen(a) and _is_of_the_first_screen(b))
    return _is_of_the_first_screen(a) and _is_of_the_first_screen(b)


def _is_of_the_first_screen(owner: type[DOMNode]) -> bool:
    from backbones.tui.explore import ExploreScreen
    from backbones.tui.plot import ScatterPlot
    from backbones.tui.table import ResultsTable

    return any(issubclass(whole, owner) for whole in (ExploreScreen, ResultsTable, ScatterPlot))
