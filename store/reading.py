"""A YAML file becomes a checked document, or all that is wrong with it."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

from pydantic import ValidationError

from backbones.store.documents import dump_yaml, parse_yaml, read_yaml
from backbones.store.errors import FileProblems
from backbones.store.family_file import FamilyFile
from backbones.store.fields import Record
from backbones.store.sheet import Sheet, sentence
from backbones.store.text import closest

Document = FamilyFile | Sheet

MOST_LINES: Final = 100
"""Mistakes of one file that are told one by one."""


def read_document(path: Path) -> Document:
    """A family file or a sheet; FileProblems lists every mistake as `file: key.path: sentence`."""
    return _checked(read_yaml(path), str(path))


def parse_document(text: str, name: str = "<text>") -> Document:
    """The same from a text."""
    return _checked(parse_yaml(text, name), name)


def write_document(document: Document, schema: str | None = None) -> str:
    """The file's text; reading it gives the same document."""
    if schema is None:
        schema = "family.schema.json" if isinstance(document, FamilyFile) else "../sheet.schema.json"
    return dump_yaml(document.to_plain(), schema)


def _checked(plain: Any, name: str) -> Document:
    if not isinstance(plain, dict):
        raise FileProblems(
            [f"{name}: is no mapping; a family file starts with `family: NAME`, a sheet with `sheet: NAME`"]
        )
    if "view" in plain and "family" not in plain and "sheet" not in plain:
        raise FileProblems(
            [f"{name}: is a view: `backbones views import FILE` keeps it, `backbones tui FILE` opens it"]
        )
    if "family" not in plain and "sheet" not in plain:
        raise FileProblems([f"{name}: says neither `family:` nor `sheet:`; one of them names what the file is"])
    model = Sheet if "sheet" in plain else FamilyFile
    try:
        return model.model_validate(plain)
    except ValidationError as error:
        raise FileProblems(_lines(error, name, model)) from None


def _lines(error: ValidationError, name: str, model: type[Document]) -> list[str]:
    found: dict[str, None] = {}
    for problem in error.errors():
        place = ".".join(str(p) for p in problem["loc"] if not _is_type_name(p))
        for line in (sentence(problem) + _meant(problem, model, len(found))).split("\n"):
            found[f"{name}: {place + ': ' if place else ''}{line}"] = None
    lines = list(found)
    return (
        lines
        if len(lines) <= MOST_LINES
        else [*lines[:MOST_LINES], f"{name}: and {len(lines) - MOST_LINES:,} more mistakes"]
    )


def _meant(problem: Any, model: type[Document], before: int) -> str:
    """The key that an unknown one may stand for, while mistakes are told one by one."""
    if problem["type"] != "extra_forbidden" or before >= MOST_LINES:
        return ""
    models = [Sheet] if model is Sheet else [m for m in Record.__subclasses__() if m is not Sheet]
    near = closest(str(problem["loc"][-1]), {key for m in models for key in m.model_fields}, 1)
    return f"; did you mean {near[0]!r}?" if near else ""


def _is_type_name(part: str | int) -> bool:
    """pydantic names the member of a union in the path; a person's file has no such key."""
    return isinstance(part, str) and (part in ("Weights",) or "[" in part)
