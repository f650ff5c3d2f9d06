"""Who is on the Pareto front over one gain and several costs, and a short list that spreads over it."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from math import inf
from typing import Final

LADDERS: Final[dict[int, tuple[float, ...]]] = {1: (1,), 2: (0.5, 2), 3: (0.5, 1, 3), 4: (0.5, 1, 2, 4)}
"""How far below the best a cheaper answer may lie, by the number of steps there is room for."""
LONGEST: Final = (0.5, 1, 2, 4, 8, 16, 32)

Point = tuple[float, ...]
"""The gain first, then the costs, all so that smaller is better; what is unknown is infinite."""


@dataclass(frozen=True, slots=True)
class Seat:
    """A place on the short list: which point, and why it is there."""

    index: int
    kind: str
    """`best`; `within`: the least of a cost among those within `amount` of the best; `least`: the least of a cost among those
    that are as good; `trade`: nothing is as good in everything."""
    cost: int = 0
    """Which coordinate of the point."""
    amount: float = 0.0


def point(gain: float | None, costs: Sequence[float | None], directions: Sequence[bool]) -> Point:
    """Coordinates in which smaller is better; `directions`: whether more is better, of the gain and of each cost."""
    values = (gain, *costs)
    return tuple(
        inf if v is None else -v if more_is_better else v for v, more_is_better in zip(values, directions, strict=True)
    )


def dominates(a: Point, b: Point) -> bool:
    """As good in everything, and better in something."""
    return a != b and all(x <= y for x, y in zip(a, b, strict=True))


def front(points: Sequence[Point]) -> list[int]:
    """Positions of the points that no other dominates, best gain first; equal points are all there."""
    found: list[int] = []
    kept: list[Point] = []
    for i in sorted(range(len(points)), key=points.__getitem__):  # what comes later dominates nothing before it
        costs = points[i][1:]
        for at, other in enumerate(kept):
            if other != points[i] and all(x <= y for x, y in zip(other[1:], costs, strict=True)):
                if at:  # who beat one beats the next: half the time
                    kept.insert(0, kept.pop(at))
                break
        else:
            found.append(i)
            kept.append(points[i])
    return found


def short_list(
    points: Sequence[Point], found: Sequence[int], owners: Sequence[Hashable], room: int, ladder_unit: float = 1.0
) -> list[Seat]:
    """At most `room` seats for the front `found`, best gain first; each owner has one, the best that is asked for first.

    The best gain; then for growing distances from it (`LADDERS`, times `ladder_unit`) the cheapest within that distance, by
    each cost in turn, and on to `LONGEST`; what room is left goes to those of the front that lie farthest from the ones chosen.
    """
    if not found or room < 1:
        return []
    costs = range(1, len(points[0]))
    seats: dict[int, Seat] = {found[0]: Seat(found[0], "best")}
    taken = {owners[found[0]]}

    def seat(new: Seat) -> None:
        if len(seats) < room and new.index not in seats and owners[new.index] not in taken:
            seats[new.index] = new
            taken.add(owners[new.index])

    if len({owners[i] for i in found}) > room:
        steps = -(-(room - 1) // max(len(costs), 1))
        for amount in dict.fromkeys((*LADDERS.get(steps, ()), *LONGEST)):
            for cost in costs:
                within = [i for i in found if points[i][0] <= points[found[0]][0] + amount * ladder_unit]
                if points[least := _least(points, within, cost)][cost] < inf:
                    seat(Seat(least, "within", cost, amount * ladder_unit))
    place = {i: n for n, i in enumerate(found)}
    far = _distances([points[i] for i in found])
    distance = {i: min(far(place[i], place[j]) for j in seats) for i in found}
    while len(seats) < room:
        left = [i for i in found if i not in seats and owners[i] not in taken]
        if not left:
            break
        farthest = max(left, key=lambda i: (distance[i], -place[i]))
        seat(_reason(points, found, farthest))
        for i in left:
            distance[i] = min(distance[i], far(place[i], place[farthest]))
    return sorted(seats.values(), key=lambda s: place[s.index])


def _least(points: Sequence[Point], among: Sequence[int], cost: int) -> int:
    return min(among, key=lambda i: (points[i][cost], points[i]))


def _reason(points: Sequence[Point], found: Sequence[int], i: int) -> Seat:
    """Of all that are as good it has the least of some cost; with several costs that need not be so."""
    as_good = [j for j in found if points[j][0] <= points[i][0]]
    for cost in range(1, len(points[i])):
        if points[i][cost] < inf and points[i][cost] == min(points[j][cost] for j in as_good):
            return Seat(i, "least", cost)
    return Seat(i, "trade")


def _distances(points: Sequence[Point]) -> Callable[[int, int], float]:
    """How far two points lie apart in ranks: costs span many orders of magnitude."""
    ranks = []
    for values in zip(*points, strict=True):
        place = {value: rank for rank, value in enumerate(sorted(set(values)))}
        ranks.append([place[v] / max(len(place) - 1, 1) for v in values])

    def far(a: int, b: int) -> float:
        return max(abs(rank[a] - rank[b]) for rank in ranks)

    return far
