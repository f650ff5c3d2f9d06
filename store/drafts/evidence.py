"""Where a number of a draft stands in its paper, and what a person decided about it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any, Final, Literal

from backbones.store.text import printable

Decision = Literal["", "accepted", "corrected", "rejected"]
DECISIONS: Final[tuple[Decision, ...]] = ("", "accepted", "corrected", "rejected")
"""Empty: nobody has looked at it."""

Severity = Literal["error", "warning", "note"]
SEVERITIES: Final[tuple[Severity, ...]] = ("error", "warning", "note")
"""`error`: it cannot stay as it is; `warning`: a person should look; `note`: worth knowing."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """One number: where it goes, and the cell or the sentence that it was copied from."""

    path: str
    """In the YAML, places of lists from 0: `backbones.0.checkpoints.1.results.2.values.top_1`."""
    value: float
    printed: str
    """The cell's text; for a number from a sentence, a caption or a header, the words that hold it."""
    page: int
    table: str
    """Its id, `p7.t2`; empty for a number from a sentence."""
    number: str
    """As the caption has it: `3b`."""
    row: int
    """From 0; -1: not in a cell."""
    column: int
    box: tuple[float, float, float, float] | None
    """Of the cell, in points from the page's top left; None: not in a cell."""
    row_label: str
    header: str
    caption: str
    origin: str
    """What said what the row and the column mean: a model's name, or `offline`."""
    quantity: str = ""
    backbone: str = ""
    how: str = ""
    """How the value came from what is printed, where it is not the same: `100 - 24.4`."""
    decision: Decision = ""
    corrected: float | None = None
    """The value that a person put in its place."""

    def to_json(self) -> dict[str, Any]:
        """Plain values for `json.dumps`."""
        return asdict(self)

    @classmethod
    def from_json(cls, plain: Any) -> Evidence:
        """Of `to_json`; ValueError says what is wrong with it."""
        known = _checked(plain, cls, "evidence")
        box = known.get("box")
        if box is not None and (not isinstance(box, list) or len(box) != 4):
            raise ValueError(f"box {box!r} is no [x0, top, x1, bottom]")
        found = cls(**known | {"box": None if box is None else tuple(float(edge) for edge in box)})
        if found.decision not in DECISIONS:
            raise ValueError(f"{found.decision!r} is no decision; known: {', '.join(d for d in DECISIONS if d)}")
        return found


@dataclass(frozen=True, slots=True)
class Finding:
    """What a check says of a draft."""

    severity: Severity
    kind: str
    """`row`, `header`, `range`, `order`, `duplicate`, `name`, `catalogue`, `missing`, `quote`, `plan`, `reading`, `setting`."""
    text: str
    """A sentence: what is wrong, where, what to do."""
    path: str = ""
    """Of the number that it is about; empty: of the whole."""
    page: int = 0
    table: str = ""

    def to_json(self) -> dict[str, Any]:
        """Plain values for `json.dumps`."""
        return asdict(self)

    @classmethod
    def from_json(cls, plain: Any) -> Finding:
        """Of `to_json`; ValueError says what is wrong with it."""
        found = cls(**_checked(plain, cls, "finding"))
        if found.severity not in SEVERITIES:
            raise ValueError(f"{found.severity!r} is no severity; known: {', '.join(SEVERITIES)}")
        return found


@dataclass(frozen=True, slots=True)
class Grid:
    """A table as text, for whoever looks at a value beside its row and column."""

    id: str
    page: int
    number: str
    caption: str
    headers: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    sections: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        """Plain values for `json.dumps`."""
        return asdict(self)

    @classmethod
    def from_json(cls, plain: Any) -> Grid:
        """Of `to_json`; ValueError says what is wrong with it."""
        known = _checked(plain, cls, "table")
        try:
            return cls(
                **known
                | {
                    "headers": tuple(_text(h) for h in known["headers"]),
                    "rows": tuple(tuple(_text(c) for c in row) for row in known["rows"]),
                    "sections": tuple(_text(s) for s in known["sections"]),
                }
            )
        except (KeyError, TypeError) as error:
            raise ValueError(f"a table lacks {error}") from None


_TYPES: Final[Mapping[str, tuple[type, ...]]] = {
    "str": (str,), "Decision": (str,), "Severity": (str,), "int": (int,), "float": (int, float), "float | None": (int, float, type(None)),
}  # fmt: skip


def _checked(plain: Any, cls: type, what: str) -> dict[str, Any]:
    """The mapping with printable texts; ValueError for an unknown key, a missing one or a wrong type."""
    if not isinstance(plain, dict):
        raise ValueError(f"{what} is no mapping: {plain!r}"[:200])
    known = {field.name: str(field.type) for field in fields(cls)}
    if unknown := sorted(set(plain) - set(known)):
        raise ValueError(f"{what} has an unknown key {unknown[0]!r}")
    for key, value in plain.items():
        expected = _TYPES.get(known[key])
        if expected and (not isinstance(value, expected) or isinstance(value, bool)):
            raise ValueError(f"{key} of {what} is {value!r}, not {known[key]}"[:200])
    missing = [
        name
        for name in known
        if name not in plain
        and name not in ("quantity", "backbone", "how", "decision", "corrected", "path", "page", "table")
    ]
    if missing:
        raise ValueError(f"{what} lacks {missing[0]!r}")
    return {key: printable(value) if isinstance(value, str) else value for key, value in plain.items()}


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError(f"{value!r} is no text"[:200])
    return printable(value)
