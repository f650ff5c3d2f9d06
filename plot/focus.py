"""Which groups of points get a colour, which values of a second attribute a shape, and what stays grey."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from backbones.plot.palette import FOCUS_LIMIT, GLYPHS, LETTERS, Look
from backbones.plot.spec import Group, Shape

OTHERS = "others"
DOT, ASCII_DOT = "•", ","  # the shape of values that got none of their own


def largest(groups: Sequence[str | None], most: int) -> tuple[str, ...]:
    """The names of the groups with the most points, the largest first, equal ones by name."""
    count = Counter(name for name in groups if name is not None)
    return tuple(sorted(count, key=lambda name: (-count[name], name))[:most])


def grouped(
    groups: Sequence[str | None], focus: Sequence[str] | None, letters: bool, look: Look
) -> tuple[tuple[Group, ...], list[int]]:
    """The groups to draw, grey others first and then small over large, and the group of every point.

    A name's colour and shape follow from its place in `focus`, so they stay when the points change.
    Raises ValueError for more names in focus than there are colours.
    """
    most = len(LETTERS) if letters else FOCUS_LIMIT
    chosen = largest(groups, most) if focus is None else tuple(dict.fromkeys(focus))
    if len(chosen) > most:
        raise ValueError(f"at most {most} groups can be in focus, got {len(chosen)}: leave out {chosen[most]!r}")
    glyphs = LETTERS if letters else _initials(chosen) if look.ascii else GLYPHS
    inks = look.group_inks()
    slots = {name: k for k, name in enumerate(chosen)}
    order = [name for name in largest(groups, len(groups)) if name in slots]
    shown = [Group(name, inks[slots[name] % len(inks)], glyphs[slots[name]], slots[name]) for name in order]
    place = {name: k for k, name in enumerate(order, 1)}
    return (Group(OTHERS, look.others_ink()), *shown), [place.get(name, 0) if name else 0 for name in groups]


def shaped(values: Sequence[str | None], group: Sequence[int], look: Look) -> tuple[tuple[Shape, ...], list[int]]:
    """The shapes of the values that are most common among points in colour, and the shape of every point.

    `group` is 0 for grey points, which do not count: a legend of shapes that nobody sees tells nothing. Rarer values
    and missing ones share the last shape, a dot.
    """
    in_colour = [value for value, g in zip(values, group, strict=True) if g]
    chosen = largest(in_colour, len(GLYPHS))
    glyphs = _initials(chosen) if look.ascii else GLYPHS
    shapes = tuple(Shape(name, glyph) for name, glyph in zip(chosen, glyphs, strict=False))
    place = {name: k for k, name in enumerate(chosen)}
    rest = Shape(OTHERS, ASCII_DOT if look.ascii else DOT)
    return (*shapes, rest), [place.get(v, len(chosen)) if v is not None else len(chosen) for v in values]


def _initials(names: Sequence[str]) -> str:
    """One capital per name: its first letter that no name before it took, else any free one."""
    taken = ""
    for name in names:
        own = [c for c in name.upper() if c in LETTERS[:26]]
        taken += next(c for c in (*own, *LETTERS) if c not in taken)
    return taken
