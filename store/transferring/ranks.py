"""Which of the user's own results answer when nothing more is said: those of real weights on all training images.

Those that answer only where they are asked for have a rank below 1, where the chosen value of a setting has rank 1.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

COLLECTION: Final = "probe"
"""Of own results."""
FEW: Final = 0
"""The rank of a result of few training images: an answer where `shots=` or `images=` is asked for, and in best_results."""
RANDOM: Final = -1
"""The rank of a result of random weights: an answer where `weights=random` is asked for, and nowhere else."""
RANDOM_FEW: Final = -2


def rank_of(conditions: Mapping[str, str], has_more: bool = False) -> int:
    """The rank of the best results under conditions; `has_more`: the same was evaluated with more images."""
    is_random, is_few = conditions.get("weights") == "random", "shots" in conditions or has_more
    return RANDOM_FEW if is_random and is_few else RANDOM if is_random else FEW if is_few else 1


def ranks_asked(keys: Iterable[str]) -> tuple[int, ...]:
    """The ranks that answer under the keys of a reference."""
    said = set(keys)
    few = (FEW,) if {"shots", "images"} & said else ()
    random = (RANDOM, *((RANDOM_FEW,) if few else ())) if "weights" in said else ()
    return (1, *few, *random)


def apart(conditions: Iterable[str], rank: int) -> frozenset[str]:
    """The keys of conditions that have to be asked for before results of that rank answer."""
    if rank > 0:
        return frozenset()
    return frozenset(key for key in conditions if key in ("shots", "images") or (key == "weights" and rank < FEW))


def why_apart(rank: int) -> str | None:
    """Why a result of that rank is not chosen; None of one that is like all others. Further runs have 10 less each."""
    rank = rank if rank > 0 else -(-rank % 10)
    if rank in (RANDOM, RANDOM_FEW):
        return "random weights: only where weights=random is asked for"
    return "few training images: where shots= or images= is asked for" if rank == FEW else None


def why_own(rank: int, runs: int) -> str | None:
    """Why one of the user's own results is chosen or not, of so many runs of its setting; None of the only one."""
    if (reason := why_apart(rank)) is not None:
        return reason
    if runs < 2:
        return None
    return f"the median of {runs} runs" if rank == 1 else f"not the median of {runs} runs"
