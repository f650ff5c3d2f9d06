"""Text as terminal cells: what each cell holds, with nothing in it that could move the cursor or break a column."""

from __future__ import annotations

import unicodedata
from functools import lru_cache

REPLACEMENT = "?"
MARKS_PER_CELL = 2
DISPUTED = (
    (0x1160, 0x11FF),  # Hangul vowels and final consonants: no cell of their own after a consonant
    (0xD7B0, 0xD7FF),
    (0x3164, 0x3164),  # Hangul fillers
    (0xFFA0, 0xFFA0),
    (0x2630, 0x2637),  # narrow until Unicode 16, wide since
    (0x268A, 0x268F),
    (0x4DC0, 0x4DFF),
    (0x1D300, 0x1D376),
    (0x1F1E6, 0x1F1FF),  # flags and skin tones: two characters, one picture
    (0x1F3FB, 0x1F3FF),
)


@lru_cache(maxsize=8192)
def cells(text: str, ascii: bool = False) -> tuple[str, ...]:
    """One string per cell; a wide character is followed by an empty string, a combining mark joins its base."""
    if text.isascii() and text.isprintable():
        return tuple(text)
    out: list[str] = []
    for char in unicodedata.normalize("NFKD" if ascii else "NFC", text):
        width = _width(char)
        if width == 0:
            if not ascii and out and out[-1] not in ("", " ") and len(out[-1]) <= MARKS_PER_CELL:
                out[-1] += char
        elif width < 0 or (ascii and not char.isascii()):
            out.append(REPLACEMENT)
        else:
            out += [char, ""][:width]
    return tuple(out)


def fitted(text: str, room: int, ascii: bool = False) -> tuple[str, ...]:
    """The cells of a text, cut to at most `room` cells; a cut shows as an ellipsis (`~` in ASCII)."""
    whole = cells(text, ascii)
    if len(whole) <= room:
        return whole
    if room <= 0:
        return ()
    kept = whole[: room - 1]
    if whole[room - 1] == "" and kept:  # the second half of a wide character was cut off
        kept = (*kept[:-1], " ")
    return (*kept, "~" if ascii else "…")


@lru_cache(maxsize=4096)
def _width(char: str) -> int:
    """Cells that terminals agree on: 1, 2, 0 for a combining mark, -1 where they do not agree or must not see it."""
    if char == " " or (char.isalnum() and char.isascii()):
        return 1
    kind, code = unicodedata.category(char), ord(char)
    if kind in ("Mn", "Me"):
        return -1 if 0xFE00 <= code <= 0xFE0F or code >= 0xE0100 or not unicodedata.combining(char) else 0
    if kind[0] in "CZ" or kind == "Mc" or any(first <= code <= last for first, last in DISPUTED):
        return -1
    return 2 if unicodedata.east_asian_width(char) in "WF" else 1
