"""Text of a paper inside a prompt: one line each, and no angle bracket that could close the delimiters around it."""

from __future__ import annotations

from typing import Final

from backbones.store.text import printable

_HARMLESS: Final = str.maketrans({"<": "‹", ">": "›"})


def line(text: str, most: int) -> str:
    """The text on one line of at most `most` characters, without control characters and angle brackets."""
    one = " ".join(printable(text[: 4 * most]).translate(_HARMLESS).split())
    return one if len(one) <= most else one[: most - 1] + "…"


def block(name: str, attributes: str, lines: list[str]) -> str:
    """Lines between `<name …>` and `</name>`; each line has been through `line`."""
    opening = f"<{name} {attributes}>" if attributes else f"<{name}>"
    return "\n".join([opening, *lines, f"</{name}>"])
