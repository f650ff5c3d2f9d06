"""How much the catalogue holds, how complete and how fresh it is, and how far its sources disagree."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from statistics import median
from typing import Any, Final, NamedTuple

from backbones.store.rows import Column, Rows
from backbones.store.tolerances import ACCURACY_WITHIN


class Figure(NamedTuple):
    """One line of the statistics."""

    section: str
    what: str
    value: float | str | None
    of: int | None = None
    """The whole that `value` is a part of."""
    unit: str = ""


_FACTS: Final = ("result", "speed", "cost")
_NAMES: Final = {"result": "results", "speed": "throughput", "cost": "costs"}

_THINGS: Final = (
    ("families", "select count(*) from family where id in (select family_id from backbone)"),
    ("backbones", "select count(*) from backbone"),
    ("checkpoints", "select count(*) from checkpoint"),
    ("weights", "select count(*) from released"),
    ("data sets", "select count(*) from dataset where dataset in (select dataset from result)"),
    ("heads", "select count(*) from head"),
    ("devices", "select count(*) from device"),
    ("sources", "select count(*) from source"),
)
_KNOWN: Final = (
    ("family", "published", "published is not null"), ("family", "token mixer", "token_mixer is not null"),
    ("family", "hierarchical", "hierarchical is not null"), ("family", "paper", "paper is not null"),
    ("family", "code", "code is not null"), ("backbone", "parameters", "params_m is not null"),
    ("backbone", "GMACs", "architecture in (select architecture from compute)"),
    ("backbone", "throughput", "id in (select backbone_id from timed)"),
    ("released", "licence", "coalesce(licence_class, 'unknown') <> 'unknown'"),
    ("released", "whether installable", "installable is not null"),
    ("checkpoint", "pretraining data", "pretraining_dataset is not null"),
    ("checkpoint", "pretraining method", "pretraining_method is not null"),
)  # fmt: skip
_PLURAL: Final = {"family": "families", "backbone": "backbones", "released": "weights", "checkpoint": "checkpoints"}


def figures(connection: sqlite3.Connection) -> list[Figure]:
    """All figures, section by section: things, facts, coverage, provenance, doubts, disagreement, freshness."""
    return [
        *_things(connection), *_facts(connection), *_coverage(connection), *_provenance(connection), *_doubts(connection),
        *_disagreement(connection), *_freshness(connection),
    ]  # fmt: skip


def _one(connection: sqlite3.Connection, sql: str) -> Any:
    return connection.execute(sql).fetchone()[0]


def _things(connection: sqlite3.Connection) -> Iterator[Figure]:
    for what, sql in _THINGS:
        yield Figure("things", what, _one(connection, sql))


def _facts(connection: sqlite3.Connection) -> Iterator[Figure]:
    total = 0
    for table, name in _NAMES.items():
        count = _one(connection, f"select count(*) from {table}")
        total += count
        yield Figure("facts", name, count)
    ranks = _one(connection, "select count(*) from ranking")
    yield Figure("facts", "rankings", ranks)
    yield Figure("facts", "all", total + ranks)
    union = " union all ".join(f"select '{name}' as kind, task, collection from {t}" for t, name in _NAMES.items())
    for section, column in (("facts by task", "task"), ("facts by collection", "collection")):
        rows = connection.execute(f"select coalesce({column}, 'none'), kind, count(*) from ({union}) group by 1, 2")
        counts: dict[str, dict[str, int]] = {}
        for name, kind, count in rows:
            counts.setdefault(name, {})[kind] = count
        for name, kinds in sorted(counts.items(), key=lambda item: (-sum(item[1].values()), item[0])):
            for kind in _NAMES.values():
                if kind in kinds:
                    yield Figure(section, f"{name}: {kind}", kinds[kind])


def _coverage(connection: sqlite3.Connection) -> Iterator[Figure]:
    for table, what, known in _KNOWN:
        used = " where id in (select family_id from backbone)" if table == "family" else ""
        both = f"{used} and {known}" if used else f" where {known}"
        count, whole = (_one(connection, f"select count(*) from {table}{w}") for w in (both, used))
        yield Figure("known", f"{_PLURAL[table]}: {what}", count, whole)


def _provenance(connection: sqlite3.Connection) -> Iterator[Figure]:
    for what, column in (("with a source", "source"), ("with a row or line of it", "source_ref")):
        counts = [connection.execute(f"select count({column}), count(*) from {table}").fetchone() for table in _FACTS]
        yield Figure("provenance", what, sum(n for n, _ in counts), sum(whole for _, whole in counts))


def _doubts(connection: sqlite3.Connection) -> Iterator[Figure]:
    yield Figure("doubts", "suspects", _one(connection, "select count(*) from suspect"))
    yield Figure("doubts", "suspects, sure", _one(connection, "select count(*) from suspect where confidence = 'sure'"))
    yield Figure("doubts", "corrections applied", _one(connection, "select count(*) from correction where applied"))
    doubtful = "select count(*) from (select distinct kind, name from match where verdict = 'doubtful')"
    yield Figure("doubts", "doubtful names", _one(connection, doubtful))


def _disagreement(connection: sqlite3.Connection) -> Iterator[Figure]:
    whole, several = connection.execute(
        "select count(*), coalesce(sum(n_sources > 1), 0) from placement where rank = 1"
    ).fetchone()
    spreads = [
        spread
        for (spread,) in connection.execute(
            "select spread from placement p join metric m on m.metric = p.metric where rank = 1 and n_sources > 1 and m.unit = 'percent'"
        )
    ]
    yield Figure("disagreement", "results with several sources", several, whole)
    yield Figure("disagreement", "median spread of them", round(median(spreads), 3) if spreads else None, unit="points")
    above = sum(s > ACCURACY_WITHIN for s in spreads)
    yield Figure("disagreement", f"spread above {ACCURACY_WITHIN:g} points", above, len(spreads))


def _freshness(connection: sqlite3.Connection) -> Iterator[Figure]:
    yield Figure("freshness", "newest family", _one(connection, "select max(published) from family"))
    yield Figure("freshness", "newest retrieval of a source", _one(connection, "select max(retrieved) from source"))
    used = " union ".join(f"select source from {table}" for table in _FACTS)
    oldest = _one(connection, f"select min(retrieved) from source where source in ({used})")
    yield Figure("freshness", "oldest retrieval of a source", oldest)


def shown(figure: Figure) -> str:
    """A figure as a reader sees it: `1,266 of 1,606 (79 %)`."""
    if figure.value is None:
        return "unknown"
    if isinstance(figure.value, str):
        return figure.value
    text = f"{figure.value:,}" if isinstance(figure.value, int) else f"{figure.value:g}"
    if figure.of is not None:
        share = f" ({100 * figure.value / figure.of:.0f} %)" if figure.of else ""
        return f"{text} of {figure.of:,}{share}"
    return f"{text} {figure.unit}".rstrip()


def rows_of(found: list[Figure]) -> Rows:
    """The figures as a table: section, what, value, of, share (percent), unit."""
    columns = (
        Column("section", "section"), Column("what", "what"), Column("value", "value"), Column("of", "of", "number", decimals=0),
        Column("share", "share %", "number", "percent", decimals=1), Column("unit", "unit"),
    )  # fmt: skip
    return Rows(
        columns,
        tuple(
            (f.section, f.what, f.value, f.of,
             round(100 * f.value / f.of, 2) if f.of and isinstance(f.value, int | float) else None, f.unit or None)
            for f in found
        ),
    )  # fmt: skip


def lines(found: list[Figure]) -> list[tuple[str, str]]:
    """Heading lines (with an empty text) and `what`, `value` pairs, to be set in two columns."""
    told: list[tuple[str, str]] = []
    for figure in found:
        if (figure.section, "") not in told:
            told.append((figure.section, ""))
        told.append((f"  {figure.what}", shown(figure)))
    return told


def markdown(found: list[Figure]) -> str:
    """The compact table of the front page."""
    by = {(f.section, f.what): f for f in found}

    def say(section: str, *names: str) -> str:
        return " · ".join(f"{shown(by[section, name])} {name}" for name in names if (section, name) in by)

    def parts(section: str, *names: str) -> str:
        return " · ".join(f"{name.partition(': ')[2] or name} {shown(by[section, name])}" for name in names)

    table = [
        ("things", say("things", *(what for what, _ in _THINGS))),
        ("facts", say("facts", *_NAMES.values(), "rankings")),
        ("families that say", parts("known", *(f"families: {w}" for t, w, _ in _KNOWN if t == "family"))),
        ("backbones that say", parts("known", *(f"backbones: {w}" for t, w, _ in _KNOWN if t == "backbone"))),
        ("weights, checkpoints that say", parts("known", "weights: licence", "checkpoints: pretraining data")),
        ("provenance", say("provenance", "with a source", "with a row or line of it")),
        ("doubts", say("doubts", "suspects", "corrections applied")),
        ("disagreement", parts("disagreement", *(f.what for f in found if f.section == "disagreement"))),
        ("freshness", parts("freshness", "newest family", "newest retrieval of a source")),
    ]
    return "\n".join(["| | |", "|---|---|", *(f"| {what} | {text} |" for what, text in table)])
