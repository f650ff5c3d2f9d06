"""Answers that were paid for, one JSON file each, named by what was asked. A damaged file is as good as none."""

from __future__ import annotations

import json
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

VERSION: Final = 1
LARGEST_BYTES: Final = 4_000_000


@dataclass(frozen=True, slots=True)
class Kept:
    """An answer of the cache and the model that gave it."""

    answered_by: str
    answer: Any


class AnswerCache:
    """A folder of answers; without a folder nothing is kept."""

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder / "answers" if folder is not None else None

    def read(self, key: str) -> Kept | None:
        """The answer of that key; None where there is none or the file is damaged."""
        if self._folder is None:
            return None
        try:
            with (self._folder / f"{key}.json").open("rb") as file:
                content = file.read(LARGEST_BYTES + 1)
            plain = json.loads(content) if len(content) <= LARGEST_BYTES else {}
            if plain["version"] != VERSION or plain["key"] != key:
                return None
            return Kept(str(plain["answered_by"]), plain["answer"])
        except (OSError, ValueError, KeyError, TypeError, RecursionError):
            return None

    def write(self, key: str, kept: Kept) -> bool:
        """Keep an answer, in one rename. False where the folder cannot be written: that is no error of the run."""
        if self._folder is None:
            return False
        plain = {"version": VERSION, "key": key, "answered_by": kept.answered_by, "answer": kept.answer}
        draft = None
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            with tempfile.NamedTemporaryFile("w", dir=self._folder, prefix=".", suffix=".part", delete=False) as file:
                draft = Path(file.name)
                json.dump(plain, file)
            os.replace(draft, self._folder / f"{key}.json")
        except OSError:
            return False
        finally:
            if draft is not None:
                draft.unlink(missing_ok=True)
        return True
