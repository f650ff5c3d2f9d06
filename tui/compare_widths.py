"""How a comparison divides the width of a terminal: names of lines, columns of models, and what stands in them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence

from backbones.store.compare import Comparison, Line
from backbones.store.comparing.table import cell
from backbones.store.text import printable
from backbones.tui.cells import padded

GAP = 2
MARGIN = 1  # for the sign that there are more models
NAME_NARROWEST = 20
NARROWEST, TEXT_NARROWEST = 10, 14


def name_of(line: Line) -> str:
    """`top-1 ImageNet-1k · 224 px`"""
    return printable(line.label + (f" · {line.setting}" if line.setting else ""))


def names_of(lines: Sequence[Line], width: int) -> list[str]:
    """The names in at most `width` cells: with the setting where it fits, or where it alone tells two lines apart."""
    labels = Counter(line.label for line in lines)
    found = []
    for line in lines:
        whole, label = name_of(line), printable(line.label)
        found.append(shortened(whole if len(whole) <= width or labels[line.label] > 1 else label, width))
    return found


def shortened(text: str, width: int) -> str:
    """The text in at most `width` characters: its last word stays, because names often differ there."""
    if len(text) <= width:
        return text
    tail = text[text.rfind(" ") :] if " " in text else ""
    if not tail or len(tail) > width // 2:
        return padded(text, width).rstrip()
    return text[: width - len(tail) - 1].rstrip() + "…" + tail


def divided(comparison: Comparison, lines: Sequence[Line], width: int, beside: Callable[[int], int]) -> list[int]:
    """The width of the names, then of each model's column; `beside` tells what stands behind that column.

    Names have a third of the screen until all columns are as wide as they want to be, then what is left. Where not even
    narrow columns fit, the columns are such that those on the screen fill it.
    """
    longest = max((len(name_of(line)) for line in lines), default=NAME_NARROWEST)
    name = min(longest, max(NAME_NARROWEST, width // 3))
    count = len(comparison.sides)
    least = [_least(lines, at) for at in range(count)]
    wanted = [max(least[at], _wanted(comparison, lines, at)) for at in range(count)]
    fixed = sum(GAP + beside(at) for at in range(count))
    room = width - MARGIN - name - fixed

    def capped(cap: int) -> list[int]:
        return [max(low, min(want, cap)) for low, want in zip(least, wanted, strict=True)]

    fitting = next((c for cap in range(max(wanted), TEXT_NARROWEST - 1, -1) if sum(c := capped(cap)) <= room), None)
    if fitting is None:
        visible = max(1, min(count, (width - MARGIN - name) // (TEXT_NARROWEST + fixed // count)))
        return [name, *capped(max(TEXT_NARROWEST, (width - MARGIN - name) // visible - fixed // count))]
    return [max(name, min(longest, name + room - sum(fitting))), *fitting]


def _least(lines: Sequence[Line], at: int) -> int:
    """Numbers are never cut: the number, a star before it and a sign behind it."""
    return max([NARROWEST, *(len(cell(line, at)) + 2 for line in lines if line.column.kind == "number")])


def _wanted(comparison: Comparison, lines: Sequence[Line], at: int) -> int:
    """All that stands in the column; the heading may be broken in two."""
    heading = len(printable(comparison.sides[at].label)) * 5 // 9 + 2
    return max([heading, *(len(cell(line, at)) + 2 for line in lines)])


def broken(label: str, width: int) -> tuple[str, str]:
    """A label in two lines of at most `width` cells, the lower one filled first."""
    label = printable(label)
    if len(label) <= width:
        return "", label
    cut = max((i + 1 for i, c in enumerate(label[:width]) if c in " ._-/:"), default=0) or width
    return label[:cut].rstrip(), padded(label[cut:].strip(), width).rstrip()
