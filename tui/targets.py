"""Everything that can be gone to or done: things of the catalogue, places, lists, saved views and commands."""

from __future__ import annotations

import contextlib
import json
import os
import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from backbones.store.text import fold
from backbones.store.view import View
from backbones.tui.navigation import SCREENS, Place

WORDS: Final = {"dataset": "data set", "collection": "collection"}
"""What a kind is called on the screen, where it is called otherwise."""
ENOUGH: Final = 50
RECENT: Final = 20
PER_KIND: Final = 6
"""So many things of a kind are listed beside other kinds."""
MANY: Final = 40
LOOKED_AT: Final = 200
"""So many hits are looked at, so that backbones of one family do not hide its checkpoints and weights."""
GOOD: Final = 90
"""Where a name is as like as this, nobody asks for two things together."""


@dataclass(frozen=True, slots=True)
class Target:
    """Something to go to or to do."""

    kind: str
    name: str
    what: Place | View | str
    """A place to go to, a view to show, or the action of a command."""
    note: str = ""
    """Behind the name: which other name matched, how much is known."""
    key: str = ""
    """The key that does the same."""
    score: int = 0


PLACES: Final = (
    Target("place", "Explore: filter, table and plot", Place(), key="1"),
    Target("place", "Lists of everything in the catalogue", Place("list"), key="2"),
    Target("place", "Compare what is marked", "visit('compare')", key="3"),
    Target("place", "Pick: the adviser", Place("pick"), key="4"),
    Target("place", "Saved views", Place("views"), key="5"),
)


def lists() -> list[Target]:
    """The lists of all things of a kind."""
    from backbones.store.listings.kinds import KINDS

    return [Target("list", f"All {name}", Place("list", of=name)) for name in KINDS]


def saved() -> list[Target]:
    """The saved views, and those to start from."""
    from backbones.store.errors import BackbonesError
    from backbones.store.places import places
    from backbones.store.saved_views import saved_views
    from backbones.store.starting_points import STARTING_POINTS

    try:
        own = saved_views(places().measurements)
    except BackbonesError:
        own = ()  # the screen of the saved views says why
    named = [v for v in own if not v.problem]
    return [Target("saved view", v.name, v.view, v.note) for v in named] + [
        Target("view", v.name, v.view, v.note) for v in STARTING_POINTS
    ]


def things(connection: sqlite3.Connection, text: str) -> list[Target]:
    """Things of the catalogue that may be meant, and models together with a head, data set or device."""
    from backbones.store.search import search
    from backbones.store.together import together

    hits = search(connection, text, limit=LOOKED_AT)
    found = [
        Target(
            WORDS.get(hit.kind, hit.kind),
            hit.name,
            Place("page", of=hit.kind, name=hit.name),
            hit.about or (hit.matched if fold(hit.matched) != fold(hit.name) else ""),
            score=hit.score,
        )
        for hit in hits
    ]
    if (not hits or hits[0].score < GOOD) and (both := together(connection, text)):
        rows = f"{both.rows:,} {'row' if both.rows == 1 else 'rows'}"
        found.insert(0, Target("filter", both.label, both.view, f"{rows}: {both.view.filter}", score=99))
        asked = both.label.removeprefix(both.hits[0].name).strip()
        for hit in both.hits:
            place = Place("page", of=hit.kind, name=hit.name)
            found = [target for target in found if target.what != place]
            found.append(Target(WORDS.get(hit.kind, hit.kind), hit.name, place, f"{hit.facts:,} {asked}", score=98))
    return found


def alike(targets: Iterable[Target], typed: str) -> list[Target]:
    """The targets that have every typed word, or one like it, with their scores."""
    wanted = [fold(word) for word in typed.split() if fold(word)]
    scored = [(score_of(target.name, wanted), target) for target in targets]
    return [
        Target(t.kind, t.name, t.what, t.note, t.key, score)
        for score, t in sorted(scored, key=lambda pair: -pair[0])
        if score >= ENOUGH
    ]


def score_of(name: str, wanted: Sequence[str]) -> int:
    """0 to 100: how well a sentence fits folded words."""
    if not wanted:
        return 0
    whole, has = fold(name), [fold(word) for word in name.split()]
    scores = []
    for word in wanted:
        if any(other.startswith(word) for other in has):
            scores.append(94)
        elif word in whole:
            scores.append(84)
        else:
            scores.append(_likeness(word, has))
        if not scores[-1]:
            return 0
    return round(sum(scores) / len(scores))


def _likeness(word: str, has: Sequence[str]) -> int:
    """How like a mistyped word is to the nearest word of a sentence, or to its beginning."""
    if len(word) < 4:
        return 0
    from rapidfuzz.distance import DamerauLevenshtein  # in a thread: 16 ms the first time

    near = max(
        DamerauLevenshtein.normalized_similarity(word, part)
        for other in has or [""]
        for part in (other, other[: len(word)])
    )
    return round(80 * near) if near >= 0.7 else 0


def grouped(targets: Iterable[Target], first: str = "") -> list[Target]:
    """The targets with those of a kind together: the kind of the best first, `first` before all others."""
    kinds: dict[str, list[Target]] = {}
    for target in sorted(targets, key=lambda t: -t.score):
        kinds.setdefault(target.kind, []).append(target)
    most = MANY if len(kinds) <= 2 else PER_KIND
    order = sorted(kinds, key=lambda kind: kind != first)
    return [target for kind in order for target in kinds[kind][: MANY if kind == first else most]]


# What was used last


def read_recent(path: Path | None) -> list[Target]:
    """What was chosen in former runs, the last first; nothing where that cannot be read."""
    if path is None:
        return []
    try:
        kept = json.loads(path.read_text(encoding="utf-8"))
        return [target for entry in kept[:RECENT] if (target := _recalled(*map(str, entry)))]
    except (OSError, ValueError, TypeError, AttributeError, RecursionError):
        return []


def write_recent(path: Path | None, recent: Sequence[Target]) -> None:
    """Keep pages and commands for the next run; where that cannot be done, it is not."""
    if path is None:
        return
    kept = [entry for target in recent if (entry := _kept(target))][:RECENT]
    draft = path.with_name(f"{path.name}.{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        draft.write_text(json.dumps(kept), encoding="utf-8")
        draft.replace(path)
    except OSError:
        with contextlib.suppress(OSError):
            draft.unlink()


def _kept(target: Target) -> list[str] | None:
    if target.kind == "place":
        return [target.kind, target.name, "", "", ""]
    if isinstance(target.what, Place):
        return [target.kind, target.name, target.what.kind, target.what.of, target.what.name]
    return None if isinstance(target.what, View) else [target.kind, target.name, target.what, "", ""]


def _recalled(kind: str, name: str, place: str, of: str, thing: str) -> Target | None:
    """What was kept; None for what this program does not know.

    Commands are known by what they do: their action is looked up among those of the screen, places among PLACES.
    """
    if kind == "command":
        return Target(kind, name, "")
    if kind == "place":
        return next((target for target in PLACES if target.name == name), None)
    return Target(kind, name, Place(place, of, thing)) if place in SCREENS or place == Place().kind else None
