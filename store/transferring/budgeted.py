"""Outcomes that a time budget left images out for: which of them stand in a ranking, and which are compared with each other."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from backbones.store.transferring.ranking import Ranked
from backbones.store.transferring.thinned import Thinned, thinned
from backbones.store.vocabulary import conditions_of


def with_most_images(found: Iterable[Ranked]) -> list[Ranked]:
    """Without those that were evaluated with more images as well, as a time budget makes them."""
    most: dict[tuple[object, ...], Thinned] = {}
    every = [(_alike(one), one.images, one) for one in found]
    for alike, images, _ in every:
        most[alike] = max(images, most.get(alike, images))
    return [one for alike, images, one in every if images >= most[alike]]


def _alike(one: Ranked) -> tuple[object, ...]:
    asked = one.outcome.evaluation
    rest = tuple(thinned(conditions_of(asked.details))[1].items())
    return (
        asked.model,
        asked.weights,
        asked.protocol,
        asked.resolution,
        asked.precision,
        asked.shots,
        asked.recipe,
        rest,
    )


def is_halved(found: Iterable[Ranked]) -> bool:
    """Whether a time budget left images out for some."""
    return any(not one.images.is_whole for one in found)


def furthest(found: Iterable[Ranked]) -> list[Ranked]:
    """Of each model what a budget got furthest with, `by_how_far`."""
    best: dict[str, Ranked] = {}
    for one in found:
        if one.name not in best or one.got_to > best[one.name].got_to:
            best[one.name] = one
    return by_how_far(best.values())


def side_by_side(found: Iterable[Ranked]) -> list[Ranked]:
    """What was evaluated on all images in any way, and what a budget got furthest with of each model; in the order given."""
    every = list(found)
    best = {one.name: one for one in furthest(every)}
    return [one for one in every if one.images.is_whole or one is best[one.name]]


def by_how_far(found: Iterable[Ranked]) -> list[Ranked]:
    """Those first that got further, within that the best. Random weights come last.

    Numbers of fewer images are of other test images: they cannot be compared with those of more.
    """
    last = sorted(found, key=lambda one: (-one.scores.top_1, one.name))
    last.sort(key=lambda one: one.got_to, reverse=True)
    return sorted(last, key=lambda one: one.is_random)


def comparable(found: Iterable[Ranked]) -> tuple[list[Ranked], int]:
    """The largest group of models that saw equally many images and were chosen on the same, and how many models are in no such group.

    Of equally large groups the one with more images. For outcomes of one protocol.
    """
    groups: dict[tuple[Thinned, str], dict[str, Ranked]] = defaultdict(dict)
    every = list(found)
    for one in every:
        groups[one.images, one.validation].setdefault(one.name, one)
    if not groups:
        return [], 0
    chosen = groups[max(groups, key=lambda group: (len(groups[group]), *group))]
    return list(chosen.values()), len({one.name for one in every} - chosen.keys())
