"""Names that a person may have meant: tolerant of prefixes, typing mistakes, other spellings and the order of words.

A word that no name begins with is replaced by its nearest words among those of all names (rapidfuzz, 10 ms of 10,000 names):
for `convnxt tiny 22k`, rapidfuzz over whole names (4 ms) puts ConvNeXt-S before convnext_tiny.fb_in22k, and trigrams (2 ms) put
plain convnext_tiny first. FTS5 then finds the candidates, and their words, one spelling each, are compared with those asked for.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final, NamedTuple

from backbones.store.naming import DATA, NICKNAMES, PATCHES, SIZES, is_number, weight, words
from backbones.store.text import fold

KINDS: Final = ("family", "backbone", "checkpoint", "weights", "dataset", "head", "device")
"""What has names here; of two hits as good, the kind that stands first comes first."""

CANDIDATES: Final = 300
"""So many names are compared word by word (20 us each); FTS5 puts short names with rare words first."""
FEW: Final = 10
"""Where fewer names have all words, those that have some are looked at too."""
NEAR: Final = 0.7
"""Typing mistakes: at most 3 of 10 letters wrong, missing or swapped."""
ENOUGH: Final = 50
"""Hits below this score are no hits."""

_EXACT, _SAME_NAME, _BEST_OTHER = 100, 99, 95
"""Letter by letter; with other punctuation or other words for the same; anything else."""
_PER_EXTRA: Final = 0.06
"""What a name loses for each unit of weight that nobody asked for."""
_BEGUN: Final = 0.93
"""A name whose first words are all that was asked for, whatever follows: kind and facts decide among those."""
_LETTERS: Final = bytes(c | 32 if 65 <= c <= 90 else c if 97 <= c <= 122 else 32 for c in range(256))
"""Translates to lower case and everything but letters to spaces; half the time of a regular expression."""


@dataclass(frozen=True, slots=True)
class Hit:
    """A thing that may have been meant."""

    kind: str
    name: str
    """The thing's own name."""
    matched: str
    """That of its names that matched, as written."""
    score: int
    """100: the same name; 0: nothing in common."""
    facts: int
    """Results, speeds and costs that are known of it."""
    id: int


class _Candidate(NamedTuple):
    kind: str
    number: int
    entity: str
    name: str
    folded: str


def search(connection: sqlite3.Connection, text: str, kind: str | None = None, limit: int = 20) -> list[Hit]:
    """Up to `limit` things whose names are like `text`, the best first; of one `kind` (one of KINDS) if given."""
    question = _Question(connection, text)
    best: dict[tuple[str, int], Hit] = {}
    for found in _candidates(connection, question, kind) if question.folded else ():
        score = question.score(found)
        known = best.get((found.kind, found.number))
        is_own = found.name == found.entity
        if score >= ENOUGH and (known is None or (score, is_own) > (known.score, known.matched == known.name)):
            best[found.kind, found.number] = Hit(found.kind, found.entity, found.name, score, 0, found.number)
    ranked = sorted(best.values(), key=_order)
    if len(ranked) > limit > 0:  # facts decide among those as good as the last; those behind need no counting
        ranked = [hit for hit in ranked if _order(hit) <= _order(ranked[limit - 1])]
    ranked = _with_facts(connection, ranked)
    ranked.sort(key=lambda hit: (*_order(hit), -hit.facts, len(hit.name), hit.name))
    return ranked[:limit]


def _order(hit: Hit) -> tuple[int, int]:
    return -hit.score, KINDS.index(hit.kind)


def _candidates(connection: sqlite3.Connection, question: _Question, kind: str | None) -> Iterator[_Candidate]:
    columns = "a.kind, a.entity_id, a.entity, a.name, a.folded from alias a"
    of_kind, kinds = ("and a.kind = ?", [kind]) if kind else ("", [])
    for row in connection.execute(
        f"select {columns} where a.folded >= ? and a.folded < ? {of_kind} order by length(a.folded), a.name <> a.entity limit ?",
        [question.folded, question.folded + "\uffff", *kinds, CANDIDATES],
    ):
        yield _Candidate(*row)
    groups = [f"({' OR '.join(question.spellings(at))})" for at in range(len(question.words))]
    for join in (" AND ", " OR ") if groups else ():
        found = connection.execute(
            f"select {columns} join alias_fts on alias_fts.rowid = a.id where alias_fts match ? {of_kind} "
            "order by alias_fts.rank limit ?",
            [join.join(groups), *kinds, CANDIDATES],
        ).fetchall()
        yield from (_Candidate(*row) for row in found)
        if len(found) >= FEW:
            return


class _Question:
    """What was typed: its words, and for those that no name begins with the nearest words of names."""

    def __init__(self, connection: sqlite3.Connection, text: str) -> None:
        self.text, self.words, self.folded = text.strip().casefold(), words(text), fold(text)
        self.near = {} if self._is_known(connection) else _nearest(connection, self.words)
        self._weight = sum(map(weight, self.words))
        self._likeness: list[dict[str, float]] = [{} for _ in self.words]
        """For each word, how like the words met so far are to it."""

    def _is_known(self, connection: sqlite3.Connection) -> bool:
        return connection.execute("select 1 from alias where folded = ? limit 1", [self.folded]).fetchone() is not None

    def spellings(self, at: int) -> list[str]:
        """How names may write a word, as terms for FTS5: other spellings, glued to the word before, mistakes put right."""
        word, before = self.words[at], self.words[at - 1] if at else ""
        exact: list[str] = []
        starts: list[str] = []
        if word in SIZES:
            exact += [word, *SIZES[word]]
            exact += [short + side for short in SIZES[word] for side in PATCHES]
        elif word in DATA:
            for short in (word, *DATA[word]):
                stem = short.removeprefix("in").removesuffix("k")
                starts += [f"in{stem}", f"{stem}k", f"imagenet{stem}"]
                exact += [f"{old}ft{stem}k" for old in ("in22", "in21", "22k", "21k")]
        elif is_number(word):
            side = word.removeprefix("w")
            exact += [f"patch{side}", f"window{side}", word, *(short + side for short in SIZES.get(before, ()))]
            starts += [word] if at == len(self.words) - 1 else []
            exact += ["i" * int(word)] if word in ("2", "3") else []
        else:
            starts += [word, *self.near.get(word, ()), *(nick for nick, meant in NICKNAMES.items() if meant == word)]
        if before and word not in SIZES and word not in DATA:
            starts += [old + word for old in (before, *self.near.get(before, ()))]
        return [f'"{term}"' for term in dict.fromkeys(exact)] + [f'"{term}"*' for term in dict.fromkeys(starts)]

    def score(self, found: _Candidate) -> int:
        """0 to 100: how near a name is to what was typed."""
        if found.name.casefold() == self.text:
            return _EXACT
        has = words(found.name)
        if found.folded == self.folded or has == self.words:
            return _SAME_NAME
        score = self._agreement(has)
        if has[: len(self.words)] == self.words:
            score = max(score, _BEGUN)
        elif found.folded.startswith(self.folded):
            score = max(score, 0.99 - _PER_EXTRA * min(len(has), 5))
        return round(score * _BEST_OTHER)

    def _agreement(self, has: Sequence[str]) -> float:
        """The share of what was asked for that a name has, less what else it has."""
        used: set[int] = set()
        gained = 0.0
        for at, word in enumerate(self.words):
            if word in has:
                gained += weight(word)
                used.add(has.index(word))
            else:
                gained += weight(word) * self._near_place(at, has, used)
        extra = sum(weight(word) for place, word in enumerate(has) if place not in used)
        late = 0.05 if 0 not in used else 0.0
        return gained / self._weight - min(_PER_EXTRA * extra, 0.35) - late if self._weight else 0.0

    def _near_place(self, at: int, has: Sequence[str], used: set[int]) -> float:
        """How like a word is to the nearest word of a name; adds where that stands to `used`."""
        known = self._likeness[at]
        best, places = 0.0, ()  # type: float, tuple[int, ...]
        for place, other in enumerate(has):
            likeness = known.get(other)
            if likeness is None:
                likeness = known[other] = self._likeness_of(at, other)
            if likeness > best:
                best, places = likeness, (place,)
            if best < 1 and place + 1 < len(has) and self.words[at] == other + has[place + 1]:
                best, places = 1.0, (place, place + 1)
        used.update(places)
        return best

    def _likeness_of(self, at: int, other: str) -> float:
        word, is_last = self.words[at], at == len(self.words) - 1
        if other in (self.words[at - 1] + word if at else "", word if is_last else word + self.words[at + 1]):
            return 1.0  # `conv next` is convnext
        if word in SIZES or word in DATA or (word[0].isdigit() and not is_last):
            return 0.0
        if len(word) >= 2 and other.startswith(word):
            return 0.85 + 0.1 * len(word) / len(other)
        return max((0.8 * s for start, s in self.near.get(word, {}).items() if other.startswith(start)), default=0.0)


def _nearest(connection: sqlite3.Connection, wanted: Sequence[str]) -> dict[str, dict[str, float]]:
    """For each word that no name begins with: the nearest words of names, with their similarity."""
    unknown = [
        word
        for word in wanted
        if len(word) >= 3 and word.isalpha() and word not in SIZES
        and not connection.execute("select 1 from alias_fts where alias_fts match ? limit 1", [f'"{word}"*']).fetchone()
    ]  # fmt: skip
    if not unknown:
        return {}
    from rapidfuzz import process  # 16 ms, and only for a mistake
    from rapidfuzz.distance import DamerauLevenshtein

    names = connection.execute("select group_concat(name, ' ') from alias").fetchone()[0] or ""
    known = sorted({w.decode() for w in names.encode().translate(_LETTERS).split() if len(w) >= 3})
    alike = DamerauLevenshtein.normalized_similarity
    return {
        word: {near: score for near, score, _ in process.extract(word, known, scorer=alike, score_cutoff=NEAR, limit=5)}
        for word in unknown
    }


_OF_SUBJECT: Final = {
    "family": "family_id",
    "backbone": "backbone_id",
    "checkpoint": "checkpoint_id",
    "weights": "weights_id",
}
_FACTS: Final = {
    "dataset": "select d.id, (select count(*) from placement p where p.dataset = d.dataset) from dataset d where d.id in ({ids})",
    "head": """with met as materialized (
          select t.id, h.id as head from setting t join condition k on k.id = t.condition join head h on h.head = k.head where h.id in ({ids}))
        select m.head, count(*) from met m cross join placement p on p.setting = m.id group by 1""",
    "device": "select d.id, (select count(*) from speed x where x.device = d.device) from device d where d.id in ({ids})",
}  # fmt: skip
"""How many facts are about things of a kind; a plain join of heads takes 70 ms instead of 2."""


def _with_facts(connection: sqlite3.Connection, hits: list[Hit]) -> list[Hit]:
    """The hits with how much is known of each."""
    counts: dict[tuple[str, int], int] = {}
    for kind in {hit.kind for hit in hits}:
        ids = ",".join(str(hit.id) for hit in hits if hit.kind == kind)
        for statement in _statements(kind):
            for number, count in connection.execute(statement.format(ids=ids)):
                counts[kind, number] = counts.get((kind, number), 0) + count
    return [replace(hit, facts=counts.get((hit.kind, hit.id), 0)) for hit in hits]


def _statements(kind: str) -> list[str]:
    if kind in _FACTS:
        return [_FACTS[kind]]
    owner = _OF_SUBJECT[kind]
    return [
        f"select {owner}, count(*) from subject s join {fact} f on f.mention = s.id where {owner} in ({{ids}}) group by 1"
        for fact in ("result", "speed", "cost")
    ]
