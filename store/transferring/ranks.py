"""Which of the user's own results answer when nothing more is said: those of real weights on all training images.

Those that answer only where they are asked for have a rank below 1, where the chosen value of a setting has rank 1. Own results
on a data set of the catalogue's never answer beside the papers': only where `collection=probe` or `origin = measured` is asked for.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

COLLECTION: Final = "probe"
"""Of own results."""
THINNED: Final = frozenset(("shots", "images", "train_images"))
"""Conditions that say that there were fewer images of a class: to train on; everywhere; to train and choose on, under a time budget."""
FEW: Final = 0
"""The rank of a result of few training images: an answer where one of `THINNED` is asked for, and in best_results."""
RANDOM: Final = -1
"""The rank of a result of random weights: an answer where `weights=random` is asked for, and nowhere else."""
RANDOM_FEW: Final = -2
FEW_BESIDE: Final = -3
"""FEW on a data set of the catalogue's: `collection=probe` has to be asked for, too. The next two follow."""
RANDOM_BESIDE: Final = -4
RANDOM_FEW_BESIDE: Final = -5
LOWEST: Final = RANDOM_FEW_BESIDE
"""Below it are further runs of the same."""
BESIDE: Final = 1001
"""The rank of the chosen result on a data set of the catalogue's; its further runs follow."""

_BESIDE: Final = {1: BESIDE, FEW: FEW_BESIDE, RANDOM: RANDOM_BESIDE, RANDOM_FEW: RANDOM_FEW_BESIDE}


def rank_of(conditions: Mapping[str, str], has_more: bool = False) -> int:
    """The rank of the best results under conditions; `has_more`: the same was evaluated with more images."""
    is_random, is_few = conditions.get("weights") == "random", "shots" in conditions or has_more
    return RANDOM_FEW if is_random and is_few else RANDOM if is_random else FEW if is_few else 1


def beside_reported(rank: int) -> int:
    """The rank of the same result on a data set of the catalogue's."""
    return _BESIDE[rank]


def rank_of_run(best: int, place: int) -> int:
    """The rank of a setting's run, whose best run has rank `best`, by its place among the runs; 0: the best."""
    return best + place if best > 0 else best - 10 * place


def ranks_asked(keys: Iterable[str]) -> tuple[int, ...]:
    """The ranks that answer under the keys of a reference; those from BESIDE on answer by their collection alone."""
    said = set(keys)
    is_few, is_random, is_own = bool(THINNED & said), "weights" in said, "collection" in said
    plain = (1, *(FEW,) * is_few, *(RANDOM,) * is_random, *(RANDOM_FEW,) * (is_few and is_random))
    return plain + tuple(_BESIDE[rank] for rank in plain if rank < 1 and is_own)


def apart(conditions: Iterable[str], rank: int) -> frozenset[str]:
    """The keys of conditions that have to be asked for before results of that rank answer."""
    if rank > 0:
        return frozenset()
    plain = {beside: rank for rank, beside in _BESIDE.items()}.get(rank, rank)
    keys = frozenset(key for key in conditions if key in THINNED or (key == "weights" and plain < FEW))
    return keys | {"collection"} if plain != rank else keys


def why_apart(rank: int) -> str | None:
    """Why a result of that rank is not chosen; None of one that is like all others. Further runs have 10 less each."""
    rank = rank if rank > 0 else -(-rank % 10)
    if rank in (RANDOM, RANDOM_FEW, RANDOM_BESIDE, RANDOM_FEW_BESIDE):
        return "random weights: only where weights=random is asked for"
    return (
        "few training images: where shots=, images= or train_images= is asked for"
        if rank in (FEW, FEW_BESIDE)
        else None
    )


def why_own(rank: int, runs: int) -> str | None:
    """Why one of the user's own results is chosen or not, of so many runs of its setting; None of the only one."""
    if (reason := why_apart(rank)) is not None:
        return reason
    beside = "beside what is reported: where collection=probe is asked for" if rank >= BESIDE else ""
    if runs < 2:
        return beside or None
    run = f"the median of {runs} runs" if rank in (1, BESIDE) else f"not the median of {runs} runs"
    return f"{run}; {beside}" if beside else run
