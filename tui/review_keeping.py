"""Decisions are kept as soon as they are made: written into the evidence beside the draft, in one step, in a thread."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from backbones.store.drafts import Evidence, evidence_path
from backbones.store.errors import BackbonesError, FileProblems
from backbones.store.output_file import write_text
from backbones.store.text import printable
from backbones.store.text_file import read_text

MAX_BYTES = 32 * 2**20
HERE = "reviewed_at"
"""Key of the path of the value that one was at."""


def read_evidence(path: Path) -> dict[str, Any]:
    """The evidence file of a draft as it is; FileProblems where it is none."""
    beside = evidence_path(path)
    try:
        held = json.loads(read_text(beside, MAX_BYTES, "the evidence of a draft"))
        if isinstance(held, dict) and isinstance(held["values"], list):
            return held
    except (ValueError, KeyError, RecursionError):
        pass
    raise FileProblems([f"{beside}: cannot be read as evidence. Run `backbones ingest` again"])


def last_place(path: Path) -> str:
    """The path of the value that one was at when the review was left; empty: it was not begun."""
    try:
        here = read_evidence(path).get(HERE, "")
    except FileProblems:
        return ""
    return here if isinstance(here, str) else ""


def keep(path: Path, decided: Iterable[Evidence], here: str) -> None:
    """Write decisions into the evidence of the draft at `path`; whatever else is in that file stays as it is.

    BackbonesError where it cannot be written, or was written anew meanwhile and no longer has these values.
    """
    held = read_evidence(path)
    values = {str(one.get("path")): one for one in held["values"] if isinstance(one, dict)}
    for one in decided:
        if (value := values.get(one.path)) is None or value.get("value") != one.value:
            raise BackbonesError(
                f"{evidence_path(path)} was written anew meanwhile: it has no {one.value:g} at {printable(one.path)}. "
                "Leave and review it again"
            )
        value |= {"decision": one.decision, "corrected": one.corrected, "how": one.how}
    held[HERE] = here
    text = json.dumps(held, ensure_ascii=False, indent=1, allow_nan=False)
    write_text(evidence_path(path), [text, "\n"], replace=True)


class Keeper:
    """What is not written yet; one thread writes at a time, all that has gathered by then."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._here = self._kept_here = last_place(path)
        self._waiting: dict[str, Evidence] = {}
        self._new, self._writing = threading.Lock(), threading.Lock()

    @property
    def here(self) -> str:
        """The path of the value that one is at."""
        return self._here

    def take(self, decided: Iterable[Evidence]) -> None:
        """These are to be written."""
        with self._new:
            self._waiting |= {one.path: one for one in decided}

    def be_at(self, path: str) -> None:
        """The cursor is there; written with the next decision, or at the end."""
        self._here = path

    def write(self) -> None:
        """Write what waits; BackbonesError says why that cannot be done, and it goes on waiting."""
        with self._writing:
            with self._new:
                batch, self._waiting = self._waiting, {}
                here = self._here
            if not batch and here == self._kept_here:
                return
            try:
                keep(self._path, batch.values(), here)
            except BaseException:
                with self._new:
                    self._waiting = batch | self._waiting
                raise
            self._kept_here = here
