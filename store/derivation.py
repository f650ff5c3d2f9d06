"""Everything in a catalogue that depends on more than one file, after some files came, changed or went.

Names are resolved for the whole catalogue each time, which is cheap: they are few, and one alias may move any of them. What
is costly is to place the results, so that is done only for what the change reaches: facts that came or went, mentions that
mean something else now, things of which something else is known, and all that shares a checkpoint or GMACs with these.
The public views are then the same as those of a catalogue built from nothing.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, Final

from backbones.store import entities, schema
from backbones.store.corrections import correct
from backbones.store.entities import Former, rows_of
from backbones.store.identity import Identity
from backbones.store.placement import clear, place_results, place_settings, place_speeds, place_times, reckon
from backbones.store.prominence import judge
from backbones.store.records import CONDITION, Mention, Plain
from backbones.store.scope import Subjects
from backbones.store.spellings import respell, used_conditions
from backbones.store.tables import FACTS, Writer

SHARE: Final = 0.5
"""Where more than this share of the mentions is reached, placing all of them is faster."""


def derive(writer: Writer, order: Sequence[str]) -> None:
    """Complete the catalogue and commit it. `order`: the paths of all files, the most trusted first."""
    connection = writer.connection
    _read_through(writer)
    everything = writer.fresh or _is_reordered(writer, order)
    _rank(writer, order)
    preferences = _preferences(writer)
    former, subjects_before = Former(connection), rows_of(connection, "subject")
    declared = _declarations(writer)
    live = _live_mentions(writer)
    identity = Identity(declared, live.values(), former.ids())
    everything |= respell(writer, identity)
    changed = _store_entities(writer, identity, former)
    _store_declared(writer, declared)
    everything |= preferences != _preferences(writer)

    rows = [(n, s.family, s.backbone, s.architecture, s.checkpoint, s.weights) for n, s in _subjects(identity, live)]
    entities.replace(connection, "subject", rows, subjects_before)
    subjects = Subjects(subjects_before, {row[0]: row for row in rows})
    touched = writer.touched | subjects.changed(changed) | _pair_conditions(writer)
    touched |= correct(
        connection,
        [body for kind, body in declared if kind == "correction"],
        identity.others["dataset"].canonical,
        None if everything else writer.first_new,
    )
    _place(writer, subjects, list(live), touched, everything)


def _place(writer: Writer, subjects: Subjects, live: list[int], touched: set[int], everything: bool) -> None:
    connection = writer.connection
    architectures = reckon(connection, None if everything else subjects.architectures(touched))
    scope = set(live) if everything else subjects.around(touched, architectures)
    if len(scope) > SHARE * len(live):
        scope, everything = set(live), True
    connection.execute("create temp table scope (mention integer primary key, place integer)")
    place = {mention: at for at, mention in enumerate(live)}
    writer.insert("temp.scope", [(mention, place.get(mention)) for mention in sorted(scope)])
    connection.execute("create index temp.scope_place on scope (place)")
    if everything and not writer.fresh:
        _drop_indexes(writer)
    clear(connection, everything)
    place_settings(connection, everything)
    place_results(connection)
    place_times(connection)
    place_speeds(connection)
    judge(connection)
    if everything:
        _index(writer)
    connection.execute("commit")
    if everything:
        connection.execute("pragma analysis_limit = 400")  # a tenth of the time, and plans as good
        connection.execute("analyze")


def _read_through(writer: Writer) -> None:
    """A damaged page of the copied catalogue is found (sqlite3.DatabaseError) and not carried from build to build."""
    for table in () if writer.fresh else (*FACTS, "setting", "placement"):
        last = list(schema.TABLES[table])[-1]
        writer.connection.execute(f"select max({last}) from {table} not indexed").fetchone()


# ---- what the files say


def _is_reordered(writer: Writer, order: Sequence[str]) -> bool:
    """Whether files of the earlier build trust each other otherwise than before: the user's folders may have changed places."""
    former = dict(writer.connection.execute("select path, rank from file where rank is not null"))
    ranks = [former[path] for path in order if path in former]
    return ranks != sorted(ranks)


def _rank(writer: Writer, order: Sequence[str]) -> None:
    numbers = dict(writer.connection.execute("select path, id from file"))
    writer.connection.executemany(
        "update file set rank = ? where id = ?", [(rank, numbers[path]) for rank, path in enumerate(order)]
    )


def _preferences(writer: Writer) -> dict[str, int]:
    return dict(writer.connection.execute("select collection, preference from collection where preference is not null"))


def _declarations(writer: Writer) -> list[tuple[str, Plain]]:
    bodies = writer.connection.execute("select d.body from declaration d join file f on f.id = d.file order by f.rank")
    return [(kind, body) for (text,) in bodies.fetchall() for kind, body in json.loads(text)]


def _live_mentions(writer: Writer) -> dict[int, Mention]:
    """Each mention that a fact has, once, in the order of the files, whenever they were read. All others are forgotten."""
    connection = writer.connection
    met = connection.execute(
        "select m.mention from file_mention m join file f on f.id = m.file order by f.rank, m.place"
    )
    numbers = dict.fromkeys(number for (number,) in met)
    by_number = {number: mention for mention, number in writer.mentions.items()}
    for number in by_number.keys() - numbers.keys():
        del writer.mentions[by_number[number]]
        connection.execute("delete from mention where id = ?", [number])
    return {number: by_number[number] for number in numbers}


def _subjects(identity: Identity, live: dict[int, Mention]) -> list[tuple[int, Any]]:
    return [(number, identity.subject(mention)) for number, mention in live.items()]


# ---- what is stored


def _store_entities(writer: Writer, identity: Identity, former: Former) -> dict[str, set[int]]:
    """Returns table -> ids of the rows that are new, other or gone."""
    connection = writer.connection
    changed = {
        table: entities.replace(connection, table, rows, former.rows.get(table))
        for table, rows in identity.rows().items()
    }
    entities.replace_aliases(connection, identity.alias_rows(), indexed=not writer.fresh)
    entities.name_sources(connection)
    at = list(schema.TABLES["released"]).index("copy_of")
    copies = connection.execute("select * from released where copy_of is not null").fetchall()
    changed["released"] |= {row[0] for row in copies if row[at] in changed["released"]}
    return changed


def _store_declared(writer: Writer, declared: list[tuple[str, Plain]]) -> None:
    """Suspects, rankings and reasoned aliases need no identity: they are shown as they are said."""
    said = declared + [
        ("match", {"verdict": "same"} | body) for kind, body in declared if kind == "alias" and _is_reasoned(body)
    ]
    for table in ("suspect", "ranking", "match"):
        keys = list(schema.TABLES[table])[1:]
        bodies = [body for kind, body in said if kind == table]
        entities.replace(writer.connection, table, [(i, *map(body.get, keys)) for i, body in enumerate(bodies, 1)])


def _is_reasoned(alias: Plain) -> bool:
    """Whether an alias says how it was found, or that it is none."""
    return alias.get("verdict", "same") != "same" or bool(alias.get("rule") or alias.get("evidence"))


def _pair_conditions(writer: Writer) -> set[int]:
    """Fill `bare` and `staged`: conditions that differ in their stages of fine-tuning only, where both are used.

    `bare`: a condition with one stage, and the same without it. `staged`: a condition without stages, and the same with them.
    Returns the mentions whose results are under a condition that has other partners than before.
    """
    tuned, between = CONDITION.index("fine_tuning_dataset"), CONDITION.index("intermediate_dataset")
    used = used_conditions(writer)
    bare, staged = set(), set()
    for condition, number in writer.conditions.items():
        if number not in used or condition[tuned] is None:
            continue
        plain = list(condition)
        plain[tuned] = plain[between] = None
        other = writer.conditions.get(tuple(plain))
        if other in used:
            staged.add((other, condition[between], condition[tuned], number))
            if condition[between] is None:
                bare.add((number, condition[tuned], other))
    changed = _pairs(writer, "bare", bare) | _pairs(writer, "staged", staged)
    if writer.fresh or not changed:
        return set()
    marks = ",".join("?" * len(changed))
    found = writer.connection.execute(
        f"select distinct mention from result where condition in ({marks})", sorted(changed)
    )
    return {mention for (mention,) in found}


def _pairs(writer: Writer, table: str, now: set[tuple[Any, ...]]) -> set[int]:
    """Store the pairs; the conditions whose pairs changed."""
    before = set(writer.connection.execute(f"select * from {table}"))
    others = {row[0] for row in before ^ now}
    writer.connection.executemany(f"delete from {table} where condition = ?", [(number,) for number in others])
    writer.insert(table, sorted((row for row in now if row[0] in others), key=repr))
    return others


# ---- indexes


def _drop_indexes(writer: Writer) -> None:
    for table in schema.PLACED:
        for columns in schema.INDEXES.get(table, ()):
            writer.connection.execute(f"drop index if exists {_index_name(table, columns)}")


def _index(writer: Writer) -> None:
    """Indexes are made after the rows: three times as fast as keeping them up to date."""
    for table, indexes in schema.INDEXES.items():
        for columns in indexes if writer.fresh or table in schema.PLACED else ():
            writer.database.table(table).create_index(list(columns), _index_name(table, columns))
    if writer.fresh:
        writer.database.table("alias").enable_fts(["name"], tokenize="unicode61")


def _index_name(table: str, columns: tuple[str, ...]) -> str:
    return f"{table}_by_{'_'.join(columns)}"
