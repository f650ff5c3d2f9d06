"""Names that a person may have meant: tolerant of prefixes, typing mistakes, other spellings and the order of words.

A word that no name begins with is replaced by its nearest words among those of all names (rapidfuzz, 10 ms of 10,000 names):
for `convnxt tiny 22k`, rapidfuzz over whole names (4 ms) puts ConvNeXt-S before convnext_tiny.fb_in22k, and trigrams (2 ms) put
plain convnext_tiny first. FTS5 then finds the candidates, and their words, one spelling each, are compared with those asked for.
Collections and sources, which are few, are found by name and title too, devices by their kind.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Final, NamedTuple

from backbones.store.naming import DATA, DEPTHS, NICKNAMES, PATCHES, PLUS, SIZES, is_number, weight, words
from backbones.store.search_here import own_names
from backbones.store.text import fold
from backbones.store.vocabulary import TASKS

KINDS: Final = ("family", "backbone", "checkpoint", "weights", "dataset", "head", "device", "collection", "source")
"""What has names here; of two hits as good, the kind that stands first comes first."""

CANDIDATES: Final = 300
"""So many names are compared word by word (20 us each); FTS5 puts short names with rare words first."""
FEW: Final = 10
"""Where fewer names have all words, those that have some are looked at too."""
NEAR: Final = 0.7
"""Typing mistakes: at most 3 of 10 letters wrong, missing or swapped."""
ENOUGH: Final = 50
"""Hits below this score are no hits."""

FILLERS: Final = frozenset(" ".join(TASKS).split()) | {
    "keypoint", "pose", "detector", "segmenter", "classifier", "model", "transformer", "pretrained",
}  # fmt: skip
"""Words of tasks and the like: `hrnet keypoint` means HRNet where no name has both."""
_FILLER_WEIGHT: Final = 0.5
"""Of a word that may be left out."""
_TITLE, _KIND = 0.75, 0.95
"""What a title, or a device's kind, says next to a name."""

_EXACT, _SAME_NAME, _BEST_OTHER = 100, 99, 95
"""Letter by letter; with other punctuation or other words for the same; anything else."""
_PER_EXTRA, _PER_EXTRA_OF_TITLE = 0.06, 0.02
"""What a name, or a title, loses for each unit of weight that nobody asked for."""
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
    about: str | None = None
    """What matched where that is no name: a title, a device's kind, a condition of a collection's numbers."""


class _Candidate(NamedTuple):
    kind: str
    number: int
    entity: str
    name: str
    folded: str
    worth: float = 1.0
    """Below 1 for what is no name but says something of the thing."""


def search(connection: sqlite3.Connection, text: str, kind: str | None = None, limit: int = 20) -> list[Hit]:
    """Up to `limit` things whose names are like `text`, the best first; of one `kind` (one of KINDS) if given."""
    question = _Question(connection, text)
    best: dict[tuple[str, int], Hit] = {}
    for found in _candidates(connection, question, kind) if question.folded else ():
        score = question.score(found)
        known = best.get((found.kind, found.number))
        is_own = found.name == found.entity
        if score >= ENOUGH and (known is None or (score, is_own) > (known.score, known.matched == known.name)):
            name, about = (found.name, None) if found.worth == 1 else (found.entity, found.name)
            best[found.kind, found.number] = Hit(found.kind, found.entity, name, score, 0, found.number, about)
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
    for start in dict.fromkeys((question.folded, "".join(question.words) or question.folded)):  # `R50`, resnet50
        for row in connection.execute(
            f"select {columns} where a.folded >= ? and a.folded < ? {of_kind} order by length(a.folded), a.name <> a.entity limit ?",
            [start, start + "\uffff", *kinds, CANDIDATES],
        ):
            yield _Candidate(*row)
    yield from (found for found in question.about if kind in (None, found.kind))
    strict, loose = question.terms()
    seen: dict[_Candidate, None] = {}
    for terms in (*strict, *loose):
        found = connection.execute(
            f"select {columns} join alias_fts on alias_fts.rowid = a.id where alias_fts match ? {of_kind} "
            "order by alias_fts.rank limit ?",
            [terms, *kinds, CANDIDATES],
        ).fetchall()
        new = dict.fromkeys(each for row in found if (each := _Candidate(*row)) not in seen)
        seen |= new
        yield from new
        if len(seen) >= FEW and terms == strict[-1]:
            return


def _about(connection: sqlite3.Connection) -> list[_Candidate]:
    """What is said of the few things that have no other names: collections, sources and their titles, kinds of devices, this machine."""
    found = [_Candidate("device", *named, fold(named[2])) for named in own_names(connection)]
    for kind, number, name, title in connection.execute(
        "select 'collection', id, collection, title from collection union all select 'source', id, source, title from source "
        "union all select 'device', id, device, kind from device"
    ):
        if kind == "device":
            texts = {title: _KIND}
        else:
            last = name.rpartition("/")[2].rpartition(":")[2] if kind == "source" else name
            texts = {title: _TITLE, last: _TITLE, name: 1.0}
        found += [_Candidate(kind, number, name, text, fold(text), worth) for text, worth in texts.items() if text]
    return found


def _under_conditions(connection: sqlite3.Connection, word: str, about: Sequence[_Candidate]) -> list[_Candidate]:
    """Collections whose numbers were taken under a condition that is called so: `autoattack`."""
    parts = {
        number: part
        for number, conditions in connection.execute(
            "select id, conditions from condition where conditions like ?", [f"%{word}%"]
        )
        for part in conditions.split(",")
        if word in words(part)
    }
    if not parts:
        return []
    ids = ",".join(map(str, parts))
    rows = connection.execute(  # 7 ms: results are not sorted by condition
        f"select collection, max(condition) from result where condition in ({ids}) group by collection"
    ).fetchall()
    said = {collection: parts[number] for collection, number in rows}
    return [
        _Candidate(each.kind, each.number, each.entity, said[each.entity], fold(said[each.entity]), _TITLE)
        for each in about
        if each.kind == "collection" and each.name == each.entity and each.entity in said
    ]


class _Question:
    """What was typed: its words, and for those that no name begins with the nearest words of names."""

    def __init__(self, connection: sqlite3.Connection, text: str) -> None:
        self.text, self.words, self.folded = text.strip().casefold(), words(text), fold(text)
        self.near: dict[str, dict[str, float]] = {}
        self.about: list[_Candidate] = []
        """What is said of collections, sources and devices that has to do with what was typed."""
        strange = _not_in_names(connection, self.words) if self.folded and not self._is_known(connection) else []
        if self.folded:
            self._look_elsewhere(connection, strange)
        fillers = {word for word in self.words if word in FILLERS or (word in strange and not self.near.get(word))}
        self._fillers = fillers if fillers < set(self.words) else set()
        """What may be left out; where nothing else was typed, nothing may."""
        self._weights = [_FILLER_WEIGHT if word in self._fillers else weight(word) for word in self.words]
        self._weight = sum(self._weights)
        self._likeness: list[dict[str, float]] = [{} for _ in self.words]
        """For each word, how like the words met so far are to it."""

    def _look_elsewhere(self, connection: sqlite3.Connection, strange: Sequence[str]) -> None:
        """Titles and conditions that were meant, and the nearest words for those that are in none of them."""
        about, under = _about(connection), []
        told = {word for each in about for word in words(each.name)} if strange else set()
        unknown = []
        for word in strange:
            if not any(other.startswith(word) for other in told):
                found = _under_conditions(connection, word, about)
                under += found
                unknown += [] if found else [word]
        self.near = _nearest(connection, unknown, told) if unknown else {}
        near = {other for others in self.near.values() for other in others}
        asked = [a for a in {*self.text.split(), *self.words, *near} - FILLERS if len(a) > 1]
        self.about = [c for c in about if c.folded == self.folded or any(a in c.name.casefold() for a in asked)] + under

    def _is_known(self, connection: sqlite3.Connection) -> bool:
        return connection.execute("select 1 from alias where folded = ? limit 1", [self.folded]).fetchone() is not None

    def terms(self) -> tuple[list[str], list[str]]:
        """What to ask FTS5 for: all words, and all that must not be left out; then, where that finds few, any word."""
        groups = {  # of `DeepLabV3+` FTS5 knows only deeplabv3
            at: f"({' OR '.join(self.spellings(at))})"
            for at, word in enumerate(self.words)
            if word != PLUS or len(self.words) == 1
        }
        needed = [group for at, group in groups.items() if self.words[at] not in self._fillers]
        strict = [terms for terms in dict.fromkeys((" AND ".join(groups.values()), " AND ".join(needed))) if terms]
        return strict, [" OR ".join(groups.values())] if len(groups) > 1 else []

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
            starts += [word, *self.near.get(word, ()), *_nicknames(word)]
            after = self.words[at + 1] if at + 1 < len(self.words) else ""
            exact += [f"r{after}"] if word == "resnet" and after in DEPTHS else []
        if before and word not in SIZES and word not in DATA:
            starts += [old + word for old in (before, *self.near.get(before, ()), *_nicknames(before))]
            exact += [f"r{word}"] if before == "resnet" and word in DEPTHS else []
        return [f'"{term}"' for term in dict.fromkeys(exact)] + [f'"{term}"*' for term in dict.fromkeys(starts)]

    def score(self, found: _Candidate) -> int:
        """0 to 100: how near a name, or what is said of a thing, is to what was typed."""
        return round(self._score(found) * found.worth)

    def _score(self, found: _Candidate) -> int:
        if found.name.casefold() == self.text:
            return _EXACT
        has = words(found.name)
        if found.folded == self.folded or has == self.words:
            return _SAME_NAME
        score = self._agreement(has, _PER_EXTRA if found.worth == 1 else _PER_EXTRA_OF_TITLE)
        if has[: len(self.words)] == self.words:
            score = max(score, _BEGUN)
        elif found.folded.startswith(self.folded):
            score = max(score, 0.99 - _PER_EXTRA * min(len(has), 5))
        return round(score * _BEST_OTHER)

    def _agreement(self, has: Sequence[str], per_extra: float) -> float:
        """The share of what was asked for that a name has, less what else it has."""
        used: set[int] = set()
        gained = 0.0
        for at, word in enumerate(self.words):
            if word in has:
                gained += self._weights[at]
                used.add(has.index(word))
            else:
                gained += self._weights[at] * self._near_place(at, has, used)
        extra = sum(weight(word) for place, word in enumerate(has) if place not in used)
        late = 0.05 if 0 not in used else 0.0
        return gained / self._weight - min(per_extra * extra, 0.35) - late if self._weight else 0.0

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


@cache
def _nicknames(word: str) -> tuple[str, ...]:
    """Shorter spellings of which a word is a part: `wrn` of resnet."""
    return tuple(nick for nick, meant in NICKNAMES.items() if word in meant.split())


def _not_in_names(connection: sqlite3.Connection, wanted: Sequence[str]) -> list[str]:
    """The long words that no name begins a word with."""
    return [
        word
        for word in wanted
        if len(word) >= 3 and word.isalpha() and word not in SIZES and word != PLUS
        and not any(
            connection.execute("select 1 from alias_fts where alias_fts match ? limit 1", [f'"{each}"*']).fetchone()
            for each in (word, *_nicknames(word))
        )
    ]  # fmt: skip


def _nearest(connection: sqlite3.Connection, unknown: Sequence[str], told: set[str]) -> dict[str, dict[str, float]]:
    """For each unknown word: the nearest words of names, and of what is told of things, with their similarity."""
    from rapidfuzz import process  # 16 ms, and only for a mistake
    from rapidfuzz.distance import DamerauLevenshtein

    names = connection.execute("select group_concat(name, ' ') from alias").fetchone()[0] or ""
    parts = {w.decode() for w in names.encode().translate(_LETTERS).split() if len(w) >= 3}
    known = sorted(parts | {word for word in told if len(word) >= 3 and word.isalpha()})
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
    "collection": """with first as materialized (
          select f.id, r.collection from file f cross join {fact} r where r.id = (select min(id) from {fact} where file = f.id))
        select c.id, count(*) from collection c cross join first f on f.collection = c.collection cross join {fact} r on r.file = f.id
        where c.id in ({ids}) group by 1""",
    "source": """select s.id, n from source s join (select source, count(*) as n from {fact}
          where source in (select source from source where id in ({ids})) group by 1) f on f.source = s.source""",
}  # fmt: skip
"""How many facts are about things of a kind; a plain join of heads takes 70 ms instead of 2.

A file is of one collection: the first fact tells it for all, 1 ms instead of 20.
"""
_TABLES: Final = ("result", "speed", "cost")


def _with_facts(connection: sqlite3.Connection, hits: list[Hit]) -> list[Hit]:
    """The hits with how much is known of each."""
    counts: dict[tuple[str, int], int] = {}
    for kind in {hit.kind for hit in hits}:
        ids = ",".join(str(hit.id) for hit in hits if hit.kind == kind)
        for statement in _statements(kind):
            for number, count in connection.execute(statement.replace("{ids}", ids)):
                counts[kind, number] = counts.get((kind, number), 0) + count
    return [replace(hit, facts=counts.get((hit.kind, hit.id), 0)) for hit in hits]


def _statements(kind: str) -> list[str]:
    if kind in _FACTS:
        return list(dict.fromkeys(_FACTS[kind].replace("{fact}", fact) for fact in _TABLES))
    owner = _OF_SUBJECT[kind]
    return [
        f"select {owner}, count(*) from subject s join {fact} f on f.mention = s.id where {owner} in ({{ids}}) group by 1"
        for fact in _TABLES
    ]
