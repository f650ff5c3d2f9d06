"""What a picker finds beyond its list: completions of a reference, what is nearly what was typed, and what is wrong."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Final

from backbones.store.choices import points
from backbones.store.completing.nearness import near_inside
from backbones.store.completion import Completion, Completions, complete
from backbones.store.errors import BackbonesError, QueryError
from backbones.store.explorer import Choice, ChoiceKind, Explorer
from backbones.tui.picker import CONTINUED, narrowed

COUNTED: Final = 12
"""So many completions are counted against the other axis (5-20 ms each, once)."""


@dataclass(frozen=True, slots=True)
class Found:
    """What belongs to a typed text."""

    typed: str
    completed: tuple[Choice, ...] = ()
    near: tuple[Choice, ...] = ()
    error: BackbonesError | None = None
    """What is wrong with the text, where nothing matches it."""


def found_for(
    explorer: Explorer,
    typed: str,
    cursor: int,
    kind: ChoiceKind,
    anchor: str,
    choices: Sequence[Choice],
    is_beside: bool,
) -> Found:
    """Completions of the text at the cursor; the choices that are near it; else its mistake."""
    completed = _completed(explorer, typed, cursor, kind, anchor) if "@" in typed else ()
    if is_beside and completed:
        completed = _with_points(explorer, completed, anchor, choices)
    if completed or narrowed(choices, typed):
        return Found(typed, completed)
    named = [Completion(choice.reference, choice.label) for choice in choices]
    by_reference = {choice.reference: choice for choice in choices}
    near = tuple(by_reference[each.text] for each in near_inside(typed, named))
    if near:
        return Found(typed, near=near)
    try:
        explorer.describe(typed)
    except QueryError as error:
        return Found(typed, error=error)
    return Found(typed)


def _completed(explorer: Explorer, typed: str, cursor: int, kind: ChoiceKind, anchor: str) -> tuple[Choice, ...]:
    try:
        found: Completions = explorer.ask(partial(complete, text=typed, cursor=cursor, kind=kind, anchor=anchor))
    except BackbonesError:
        return ()
    return tuple(
        Choice(typed[: found.start] + item.text + typed[found.end :], item.label, item.count or 0)
        for item in found.items
        if item.text
    )


def _with_points(
    explorer: Explorer, completed: tuple[Choice, ...], anchor: str, choices: Sequence[Choice]
) -> tuple[Choice, ...]:
    """The first of them with the rows that have both axes; those that have none are no choice."""
    known = {choice.reference: choice.count for choice in choices}
    whole = [c.reference for c in completed if c.reference[-1:] not in CONTINUED and c.reference not in known]
    counted = known | explorer.ask(partial(points, references=tuple(whole[:COUNTED]), anchor=anchor))
    found = []
    for choice in completed:
        if choice.reference[-1:] in CONTINUED:
            found.append(replace(choice, count=0))  # not known before it is whole
        elif counted.get(choice.reference):
            found.append(replace(choice, count=counted[choice.reference]))
    return tuple(found)
