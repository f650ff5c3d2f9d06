"""Days as people type them: `today`, `yesterday`, `2026-11-20`, a month of it, or a time of it; all in UTC, as visits are kept."""

from __future__ import annotations

import datetime as dt
import re
from typing import Final

from backbones.store.errors import BackbonesError
from backbones.store.text import fold

_DATE: Final = re.compile(r"(\d{4}-\d\d)(-\d\d)?(?:(?<=-\d\d-\d\d)T(\d\d)(?::(\d\d)(?::(\d\d)(?:\.\d+)?)?)?Z?)?")
_DAYS: Final = {"today": 0, "yesterday": 1}


def beginning(text: str) -> str | None:
    """How the start of every visit of that day, month, hour or minute begins; None for a text that names none.

    BackbonesError for a date that there is not.
    """
    said = text.strip()
    if fold(said) in _DAYS:
        return (dt.datetime.now(dt.UTC).date() - dt.timedelta(days=_DAYS[fold(said)])).isoformat()
    if not (found := _DATE.fullmatch(re.sub(r"(?<=\d)[ t](?=\d)", "T", said))):
        return None
    month, day, hour, minute, second = found.groups()
    try:
        dt.datetime.fromisoformat(f"{month}{day or '-01'}T{hour or '00'}:{minute or '00'}:{second or '00'}")
    except ValueError:
        raise BackbonesError(f"there is no {said!r}; write a date as 2026-11-20") from None
    return found[0].removesuffix("Z")


def before_what(text: str) -> str:
    """The text that every earlier visit's start is smaller than; BackbonesError for one that names no day."""
    if (found := beginning(text)) is None:
        raise BackbonesError(f"{text.strip()!r} is no day; write today, yesterday or a date as 2026-11-20")
    return found
