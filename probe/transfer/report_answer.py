"""The first sentences of a report: which model is best in each way of evaluating, and which cannot be told from it or from guessing."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from backbones.store.text import printable
from backbones.store.transferring.ranking import Ranked, Way

MOST_NAMED: Final = 6
"""Models in a sentence."""


def answer(shown: Sequence[Ranked], budgeted: bool) -> Iterable[str]:
    """On the models of the ranking, in its order; only those with real weights can be best.

    Only models that were evaluated in the same way are compared; with a time budget by the way of those that got furthest, and by each
    that some were evaluated in on all images.
    """
    found = [r for r in shown if not r.is_random]
    if not found:
        yield "No model with real weights was evaluated to the end: there is no answer yet."
        yield from _guessing(shown)
        return
    ways: dict[Way, list[Ranked]] = {}
    for one in found:
        ways.setdefault(one.way, []).append(one)
    every = list(ways.values())
    told = (
        [each for each in every if each is every[0] or any(one.images.is_whole for one in each)] if budgeted else every
    )
    for group in told:
        yield from _of_one_way(group, group[0].way.told(ways), is_only=len(told) == 1)
    if behind := len({one.name for one in found} - {one.name for each in told for one in each}):
        yield f"{behind:,} other{'s' * (behind != 1)} got less far within the time budget, and stand below whatever their top-1."
    if len(told) > 1:
        yield "Compare models within one of these ways only: a model that was fine-tuned is better than others for that alone."
    scores = found[0].scores
    if elsewhere := [r.name for r in found if r.scores.images != scores.images]:
        yield (
            f"{len(elsewhere):,} of {len(found):,} lines are of other numbers of test images: their top-1 cannot be compared with these "
            f"({_listed(elsewhere)})."
        )
    yield from _guessing(found)


def _of_one_way(group: Sequence[Ranked], way: str, is_only: bool) -> Iterable[str]:
    best, scores = group[0], group[0].scores
    is_best = "is best" if len(group) > 1 or is_only else "was evaluated alone"
    yield (
        f"{best.name} {is_best}: {scores.top_1:.2f} % top-1 ({scores.top_1_low:.2f} to {scores.top_1_high:.2f}) by "
        f"{way}, on {scores.images:,} test images."
    )
    equal = list(dict.fromkeys(r.name for r in group if r.name != best.name and r.is_as_good(best)))
    if equal:
        yield f"As good, as far as {scores.images:,} test images can tell: {_listed(equal)}."


def _guessing(found: Sequence[Ranked]) -> Iterable[str]:
    """Whose interval does not lie above the share of the most frequent class."""
    not_above = [r for r in found if not r.beats_most_frequent]
    if not not_above:
        return
    name, share = found[0].most_frequent
    always = f"always answering {printable(name)}, the most frequent class ({share:.2f} % of the test images)"
    if len(not_above) == len(found):
        yield f"No model is certainly better than {always}."
    else:
        lines = [f"{r.name} by {r.way.told(one.way for one in found)}" for r in not_above]
        yield f"{len(lines):,} of {len(found):,} lines are not certainly better than {always}: {_listed(lines)}."


def _listed(names: Sequence[str]) -> str:
    more = f" and {len(names) - MOST_NAMED:,} more" if len(names) > MOST_NAMED else ""
    return f"{', '.join(names[:MOST_NAMED])}{more}"
