"""A view as a small YAML file that people send each other: `view: NAME`, a note, and what differs from the view one starts with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from functools import partial
from pathlib import Path
from typing import Any, Final

import yaml

from backbones.store.bounded_yaml import BoundedLoader
from backbones.store.documents import MAX_DEPTH, dump_yaml, parse_yaml
from backbones.store.errors import BackbonesError, FileProblems, QueryError
from backbones.store.explorer import Explorer
from backbones.store.named_view import NamedView, checked_name, checked_note
from backbones.store.ranges import parse_range
from backbones.store.text import closest
from backbones.store.text_file import read_text
from backbones.store.view import View

LARGEST: Final = 64 * 1024
_HEAD: Final = "# A view: `backbones tui FILE` opens it, `backbones views import FILE` keeps it.\n"
_OF_REFERENCES: Final = ("columns", "sort", "x", "y", "group", "shape")
_CHOICES: Final = {"best_per": ("family", "backbone")}


def view_yaml(named: NamedView) -> str:
    """The file's text; reading it gives the same name, note and view."""
    head = {"view": named.name} | ({"note": named.note} if named.note else {})
    return _HEAD + dump_yaml(head | named.view.to_dict())


def read_view(path: Path) -> NamedView:
    """The view in a file; FileProblems lists every mistake as `file: key: sentence`."""
    return parse_view(read_text(path, LARGEST, "a view", cure=""), str(path))


def parse_view(text: str, file: str = "<text>") -> NamedView:
    """The same from a text."""
    text, problems = _with_plain_keys(text)
    plain = parse_yaml(text, file)
    if not isinstance(plain, dict) or "view" not in plain:
        raise FileProblems([f"{file}: is no view; one starts with `view: NAME`"])
    name, note = (_text(plain, key, check, problems) for key, check in (("view", checked_name), ("note", checked_note)))
    changes: dict[str, Any] = {}
    known = [field.name for field in fields(View)]
    for key, value in plain.items():
        if key in ("view", "note"):
            continue
        if key not in known:
            near = closest(str(key), known, 1)
            hint = f"; did you mean {near[0]!r}?" if near else f"; known are {', '.join(known)}"
            problems.append(f"{key}: is no part of a view{hint}")
        elif sentence := _wrong(str(key), value):
            problems.append(f"{key}: {sentence}")
        else:
            changes[str(key)] = value
    if problems:
        raise FileProblems([f"{file}: {problem}" for problem in problems])
    return NamedView(name, View.from_dict(changes), note)


def check_view(explorer: Explorer, view: View, place: str = "") -> None:
    """Ask the catalogue whether every reference and the filter mean something; FileProblems tells each that does not.

    `place` stands before each sentence: the file's name.
    """
    problems = []
    for key in _OF_REFERENCES:
        value = getattr(view, key, "")
        for reference in (value,) if isinstance(value, str) else [getattr(v, "reference", v) for v in value]:
            if not reference and not isinstance(value, str):
                problems.append(f"{key}: an empty name names no column")
            elif reference and (sentence := _meaningless(lambda r=reference: explorer.describe(r))):
                problems.append(f"{key}: {sentence}")
    for key, reference, log in (("x_range", view.x, view.log_x), ("y_range", view.y, view.log_y)):
        if sentence := _meaningless(partial(_read_range, explorer, getattr(view, key), reference, bool(log))):
            problems.append(f"{key}: {sentence}")
    only_filter = View(filter=view.filter, columns=("checkpoint",), sort=(), x="", y="", group="", limit=1)
    if sentence := _meaningless(lambda: explorer.answer(only_filter)):
        problems.append(f"filter: {sentence}")
    if problems:
        raise FileProblems([f"{place}: {problem}" if place else problem for problem in problems])


def _read_range(explorer: Explorer, text: str, reference: str, log: bool) -> None:
    if text and reference:
        is_date = explorer.describe(reference).kind == "date"
        parse_range(text, is_date, log, reference)


def _meaningless(question: Any) -> str:
    """Why the catalogue does not understand it, in one line."""
    while True:
        try:
            question()
        except InterruptedError:
            continue  # it was meant for another question
        except QueryError as error:
            hint = f"; did you mean {', '.join(error.suggestions)}?" if error.suggestions else ""
            said = f" in {error.text!r}" if error.text and error.text not in error.message else ""
            return f"{error.message}{said}{hint}"
        return ""


class _Keys(BoundedLoader):
    max_depth, max_nodes = MAX_DEPTH, LARGEST


def _with_plain_keys(text: str) -> tuple[str, list[str]]:
    """The text without the keys that are lists or mappings, which would end the reading, and a sentence for each."""
    if "[" not in text and "{" not in text and "?" not in text:
        return text, []
    try:
        node = yaml.compose(text, Loader=_Keys)
    except (yaml.YAMLError, ValueError, RecursionError):
        return text, []  # told with its place by who parses it
    if not isinstance(node, yaml.MappingNode):
        return text, []
    kept = [pair for pair in node.value if isinstance(pair[0], yaml.ScalarNode)]
    wrong = [key.start_mark.line + 1 for key, _ in node.value if not isinstance(key, yaml.ScalarNode)]
    if not wrong:
        return text, []
    node.value = kept
    return yaml.serialize(node), [f"line {line}: a key has to be a name" for line in wrong]


def _text(plain: Mapping[Any, Any], key: str, check: Any, problems: list[str]) -> str:
    value = plain.get(key, "")
    try:
        if not isinstance(value, str):
            raise BackbonesError(f"has to be a text, not {value!r}")
        return str(check(value))
    except BackbonesError as error:
        problems.append(f"{key}: {error}")
        return ""


def _wrong(key: str, value: Any) -> str:
    """What is wrong with the value of a known key, in a sentence."""
    default = next(field.default for field in fields(View) if field.name == key)
    if isinstance(default, tuple):
        is_list = isinstance(value, list) and all(isinstance(v, str) and v.strip() for v in value)
        if not is_list or (key == "columns" and not value):
            return "has to be a list of texts, as [checkpoint, params_m]"
        nameless = next((v for v in value if not v.strip().lstrip("+-").strip()), None)
        return f"{nameless!r} names no column" if nameless else ""
    if isinstance(default, str):
        return "" if isinstance(value, str) else f"has to be a text, not {value!r}; put it in quotes"
    if isinstance(default, bool) or key.startswith("log_"):
        return "" if isinstance(value, bool) or value is default else f"has to be true or false, not {value!r}"
    if key in _CHOICES:
        allowed = _CHOICES[key]
        return "" if value is None or value in allowed else f"has to be {' or '.join(allowed)}, not {value!r}"
    is_count = isinstance(value, int) and not isinstance(value, bool) and value > 0
    return "" if value is None or is_count else f"has to be a whole number above 0, not {value!r}"
