"""What a report is made of."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from backbones.store.rows import Rows

PLAIN: Final = "Pictures are drawn plainly here: pip install 'backbones[export]' draws them as `backbones plot --save` does, with families in colour."


@dataclass(frozen=True, slots=True)
class Picture:
    """A drawing, as SVG text, and what it shows."""

    name: str
    """Of its file, without a suffix."""
    shows: str
    svg: str


@dataclass(frozen=True, slots=True)
class Part:
    """A titled piece of a report: sentences, a table, a picture; whatever it has."""

    title: str
    sentences: tuple[str, ...] = ()
    rows: Rows | None = None
    pictures: tuple[Picture, ...] = ()


@dataclass(frozen=True, slots=True)
class Report:
    """Everything about one data set."""

    title: str
    sentences: tuple[str, ...]
    parts: tuple[Part, ...] = field(default_factory=tuple)
