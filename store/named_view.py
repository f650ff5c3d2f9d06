"""A view that has a name: saved by its user, sent by somebody, or one of those to start from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from backbones.store.errors import BackbonesError
from backbones.store.text import fold, printable
from backbones.store.view import View

LONGEST_NAME: Final = 60
LONGEST_NOTE: Final = 2_000
FILE_SUFFIXES: Final = (".yaml", ".yml")
"""A name never ends like the file of a view: `backbones tui NAME` takes either."""


@dataclass(frozen=True, slots=True)
class NamedView:
    """A view, what it is called, what its user says of it, and when it was saved."""

    name: str
    view: View
    note: str = ""
    datetime_utc: str = ""
    """When it was saved, as 2026-11-21T11:33:43Z; empty for one that was not."""
    problem: str = ""
    """Why it cannot be shown: it was saved by a later version, or somebody edited the database."""

    @property
    def subject(self) -> str:
        """What it shows: y by x."""
        return f"{self.view.y} by {self.view.x}" if self.view.x and self.view.y else ""

    def is_called(self, name: str) -> bool:
        """Whether that is its name in any spelling: case and punctuation do not count."""
        return fold(self.name) == fold(name)


def checked_name(text: str) -> str:
    """The name as it is kept, with single spaces; BackbonesError says what is wrong with one that cannot be."""
    name = " ".join(printable(text).split())
    if not fold(name):
        raise BackbonesError(f"a name needs a letter or a digit, not {name!r}" if name else "a view needs a name")
    if len(name) > LONGEST_NAME:
        raise BackbonesError(f"a name has at most {LONGEST_NAME} characters, not {len(name)}; the note takes the rest")
    if name.startswith("-"):
        raise BackbonesError(f"{name!r} would be read as an option; begin with another character")
    if name.lower().endswith(FILE_SUFFIXES):
        raise BackbonesError(f"{name!r} would be read as the name of a file; leave {name[name.rindex('.') :]} out")
    return name


def checked_note(text: str) -> str:
    """The note as it is kept: one paragraph."""
    note = " ".join(printable(text).split())
    if len(note) > LONGEST_NOTE:
        raise BackbonesError(f"a note has at most {LONGEST_NOTE:,} characters, not {len(note):,}")
    return note
