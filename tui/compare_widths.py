"""How a comparison divides the width of a terminal: names of lines, columns of models, and what stands in them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

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
    """The names in at most `width` cells: as many parts of the setting as fit, or that which tells two lines apart."""
    alike: dict[str, list[list[str]]] = {}
    for line in lines:
        alike.setdefault(line.label, []).append(line.setting.split(", "))
    found = []
    for line in lines:
        parts, label = line.setting.split(", "), printable(line.label)
        own = _telling(parts, alike[line.label])
        leading = [name_of(replace(line, setting=", ".join(parts[:count]))) for count in range(len(parts), 0, -1)]
        whole = next((name for name in leading if len(name) <= width), "")
        if whole and (not own or whole == leading[0]):
            found.append(whole)
        else:
            found.append(shortened(label, width, f" · {printable(own)}" if own else ""))
    return found


def _telling(own: list[str], alike: list[list[str]]) -> str:
    """The first parts of a setting that are not those of all lines of its name, as many as tell it from the others."""
    if len(alike) < 2:
        return ""
    telling = [[part for part in parts if not all(part in other for other in alike)] for parts in alike]
    mine = telling[alike.index(own)]
    for count in range(1, len(mine) + 1):
        if sum(parts[:count] == mine[:count] for parts in telling) == 1:
            return ", ".join(mine[:count])
    return ", ".join(mine)


def shortened(text: str, width: int, tail: str = "") -> str:
    """Text and tail in at most `width` cells; the tail stays, else the last word, because names often differ there."""
    if len(text) + len(tail) <= width:
        return text + tail
    end = tail or (text[text.rfind(" ") :] if " " in text else "")
    if not end or len(end) > width * 2 // 3:
        return padded(text + tail, width).rstrip()
    kept = text if tail else text[: -len(end)]
    return padded(kept, width - len(end) - 1).rstrip().rstrip("…").rstrip() + "…" + end


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

    narrowest = sum(capped(TEXT_NARROWEST))
    if 0 < narrowest - room <= name - NAME_NARROWEST:  # shorter names let all models be on the screen
        name, room = name - (narrowest - room), narrowest
    if narrowest <= room:
        caps = range(max(TEXT_NARROWEST, *wanted), TEXT_NARROWEST - 1, -1)
        fitting = next(found for cap in caps if sum(found := capped(cap)) <= room)
        return [max(name, min(longest, name + room - sum(fitting))), *fitting]
    room = width - MARGIN - name
    visible = max(1, min(count, room // (TEXT_NARROWEST + fixed // count)))
    widths = capped(max(TEXT_NARROWEST, room // visible - fixed // count))
    left = room - visible * (max(widths) + GAP + max(map(beside, range(count))))
    return [max(name, min(longest, name + left)), *widths]


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


def with_reference(label: str, width: int) -> tuple[str, str]:
    """A label in two lines, and that the others are compared with this one."""
    upper, lower = broken(label, width)
    if not upper:
        return "(ref)", lower
    return upper, f"{padded(lower, min(len(lower), width - 6)).rstrip()} (ref)"
