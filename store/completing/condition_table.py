"""Under which conditions the rows of one column stand, and how many rows are left when some of them are asked for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from backbones.store.references import RESULT_KEYS, SPEED_KEYS
from backbones.store.text import fold
from backbones.store.vocabulary import CONDITION_KEYS

NUMBER_KEYS: Final = frozenset({"resolution", "crop_size", "train_epochs", "batch_size"})
AMP: Final = ("amp_fp16", "amp_bf16")
"""What `precision=amp` takes beside rows that say no more than `amp`."""
_AMP_FORMS: Final = tuple(map(fold, AMP))
_PARTS: Final = frozenset(CONDITION_KEYS) | {"crop_size", "train_epochs"}
"""Where these are said, nobody wants all of them in one text."""
_FLAGS: Final = {"1": "yes", "true": "yes", "yes": "yes", "0": "no", "false": "no", "no": "no"}
_FORMATS: Final = {"nchw": "contiguous", "nhwc": "channelslast"}


def comparable(key: str, value: str) -> str:
    """The form in which two spellings of a condition's value are equal."""
    if key in NUMBER_KEYS:
        try:
            return f"{float(value):.12g}"
        except ValueError:
            return fold(value)
    folded = fold(value)
    return {"compiled": _FLAGS, "fused": _FLAGS, "memory_format": _FORMATS}.get(key, {}).get(folded, folded)


@dataclass(frozen=True, slots=True)
class Stand:
    """Rows that stand under the same conditions."""

    said: Mapping[str, Mapping[str, str]]
    """Of each key the values, comparable form -> as written; a row may say two things of one key."""
    rows: int = 0
    own: int = 0
    """Rows when the key `collection` is asked for: then a collection's own choice counts, not the best of all."""
    apart: frozenset[str] = frozenset()
    """Keys that have to be asked for before the rows answer, whatever their value."""
    members: frozenset[int] = frozenset()
    """Where rows stand under several conditions at once: which they are."""


class ConditionTable:
    """The rows of a metric on a data set, or of a speed on a device."""

    def __init__(
        self, stands: Iterable[Stand], defaults: Mapping[str, str], is_speed: bool, weights: Mapping[int, int] | None
    ) -> None:
        self.stands, self.defaults, self.weights = list(stands), defaults, weights
        self._not_predicted = [stand for stand in self.stands if "predicted" not in stand.said.get("origin", ())]
        self._apart: frozenset[str] = frozenset().union(*(stand.apart for stand in self.stands))
        self._allowed = SPEED_KEYS if is_speed else RESULT_KEYS
        self._telling: dict[tuple[tuple[str, str], ...], list[tuple[str, int, list[tuple[str, int]]]]] = {}

    def matching(self, keys: Mapping[str, str], free: str = "") -> list[Stand]:
        """Those under the conditions, of which `free` is left open. What is not said is at its default."""
        wanted = {key: comparable(key, value) for key, value in keys.items() if key != free}
        is_own = "collection" in wanted or free == "collection"
        for key, value in self.defaults.items():
            if key != free and key not in wanted and not (key == "protocol" and is_own):
                wanted[key] = comparable(key, value)
        stands = self.stands if "origin" in wanted or free == "origin" else self._not_predicted
        asked = wanted.keys() | {free}
        return [
            stand
            for stand in stands
            if stand.apart <= asked and all(_says(stand, key, value) for key, value in wanted.items())
        ]

    def count(self, keys: Mapping[str, str]) -> int:
        """How many rows stand under the conditions."""
        return self._rows(self.matching(keys), "collection" in keys)

    def values(self, key: str, keys: Mapping[str, str]) -> list[tuple[str, int]]:
        """The values that a key can have beside the other conditions, with their rows, the most frequent first."""
        return self._values(key, self.matching(keys, key), key == "collection" or "collection" in keys)

    def _values(self, key: str, stands: Iterable[Stand], is_own: bool) -> list[tuple[str, int]]:
        by_value: dict[str, tuple[str, list[Stand]]] = {}
        for stand in stands:
            for form, written in stand.said.get(key, {}).items():
                by_value.setdefault(form, (written, []))[1].append(stand)
                if key == "precision" and form in _AMP_FORMS:
                    by_value.setdefault("amp", ("amp", []))[1].append(stand)
        found = [(written, self._rows(stands, is_own)) for written, stands in by_value.values()]
        return sorted(((v, n) for v, n in found if n), key=lambda pair: (-pair[1], pair[0]))

    def telling(self, keys: Mapping[str, str]) -> list[tuple[str, int, list[tuple[str, int]]]]:
        """The keys in which the rows under these conditions differ: key, rows that say it, and its values."""
        known = tuple(keys.items())
        if known not in self._telling:
            self._telling[known] = self._told(keys)
        return self._telling[known]

    def _told(self, keys: Mapping[str, str]) -> list[tuple[str, int, list[tuple[str, int]]]]:
        found = []
        fixed = self.matching(keys)
        for key in self._allowed:
            if key in keys:
                continue
            is_own = key == "collection" or "collection" in keys
            stands = (
                self.matching(keys, key) if key in ("collection", "origin", *self.defaults, *self._apart) else fixed
            )
            saying = [stand for stand in stands if stand.said.get(key)]
            rows = self._rows(saying, is_own)
            if rows and (len({f for s in saying for f in s.said[key]}) > 1 or rows < self._rows(stands, is_own)):
                found.append((key, rows, self._values(key, saying, is_own)))
        has_parts = any(key in _PARTS for key, _, _ in found)
        return [each for each in found if not (each[0] == "conditions" and has_parts)]

    def _rows(self, stands: Iterable[Stand], is_own: bool) -> int:
        if self.weights is None:
            return sum(stand.own if is_own else stand.rows for stand in stands)
        members: set[int] = set().union(*(stand.members for stand in stands))
        return sum(self.weights[member] for member in members)


def _says(stand: Stand, key: str, value: str) -> bool:
    forms = stand.said.get(key, {})
    return value in forms or (key == "precision" and value == "amp" and any(v in forms for v in _AMP_FORMS))
