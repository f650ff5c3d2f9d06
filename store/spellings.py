"""Data sets, devices and heads under one name each: facts are respelled, and what they said is kept.

Facts hold the catalogue's name, because questions ask by it; the table `spelling` holds what the file says. An alias that comes
or goes gives all facts back their spelling and begins anew; otherwise only new facts are looked at.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from backbones.store.identity import Identity
from backbones.store.records import CONDITION
from backbones.store.tables import FACTS, Writer

_HEAD: Final = CONDITION.index("head")
_NO_KIND: Final = "source"
"""The last word of a place (`result.source`) that is never respelled."""


def respell(writer: Writer, identity: Identity) -> bool:
    """Give facts the catalogue's names. Returns whether facts of earlier builds have other names than before."""
    known = writer.connection.execute("select place, name, canonical from file_name").fetchall()
    used = {(place, name) for place, name, _ in known} | {(place, name) for _, place, name in writer.names}
    canonical = _canonical(identity, used)
    changed = any(canonical[place, name] != former for place, name, former in known)
    if changed:
        _restore(writer)
        writer.connection.executemany(
            "update file_name set canonical = ? where place = ? and name = ?",
            [(canonical[key], *key) for key in {(place, name) for place, name, _ in known}],
        )
    rows = [(file, place, name, canonical[place, name]) for file, place, name in writer.names]
    writer.insert("file_name", rows)
    first = dict.fromkeys(FACTS, 0) if changed else writer.first_new
    for place, name in sorted(used if changed else {(place, name) for _, place, name in writer.names}):
        if (other := canonical[place, name]) != name:
            _respell(writer, place, name, other, first)
    return changed


def _canonical(identity: Identity, used: Iterable[tuple[str, str]]) -> dict[tuple[str, str], str]:
    """Place and name -> the catalogue's name. A thing that nothing declares is called as the first of its names by alphabet."""
    found = {}
    for place, name in sorted(used, key=lambda said: (said[1], said[0])):
        kind = place.rpartition(".")[2]
        found[place, name] = name if kind == _NO_KIND else identity.others[kind].ensure(name).name
    return found


def _respell(writer: Writer, place: str, said: str, canonical: str, first: Mapping[str, int]) -> None:
    table, column = place.split(".")
    if table != "condition":
        _change(writer, table, column, said, canonical, first[table])
        return
    for condition, number in [(c, n) for c, n in writer.conditions.items() if c[_HEAD] == said]:
        other = writer.condition((*condition[:_HEAD], canonical, *condition[_HEAD + 1 :]))
        _change(writer, "result", "condition", number, other, first["result"])


def _change(writer: Writer, table: str, column: str, said: str | int, canonical: str | int, first: int) -> None:
    connection, where = writer.connection, f"id >= ? and {column} = ?"
    connection.execute(
        f"insert into spelling select ?, id, {column} from {table} where {where}", [f"{table}.{column}", first, said]
    )
    if table == "speed":
        connection.execute(f"insert into moved select distinct mention from speed where {where}", [first, said])
    connection.execute(f"update {table} set {column} = ? where {where}", [canonical, first, said])


def _restore(writer: Writer) -> None:
    """Facts say what their files say."""
    connection = writer.connection
    for (place,) in connection.execute("select distinct place from spelling").fetchall():
        table, column = place.split(".")
        if table == "speed":
            connection.execute(
                "insert into moved select mention from speed where id in (select fact from spelling where place = ?)",
                [place],
            )
        connection.execute(
            f"update {table} set {column} = s.said from spelling s where s.place = ? and s.fact = {table}.id", [place]
        )
    connection.execute("delete from spelling")


def used_conditions(writer: Writer) -> set[int]:
    """The conditions that results are under, once they are respelled. All others are forgotten."""
    connection = writer.connection
    said = {number for (number,) in connection.execute("select distinct condition from file_condition")}
    names = dict(connection.execute("select distinct name, canonical from file_name where place = 'condition.head'"))
    used = set()
    for condition, number in list(writer.conditions.items()):
        if number in said:
            head = condition[_HEAD]
            used.add(writer.condition((*condition[:_HEAD], names.get(head, head), *condition[_HEAD + 1 :])))
    for condition, number in list(writer.conditions.items()):
        if number not in used and number not in said:
            del writer.conditions[condition]
            connection.execute("delete from condition where id = ?", [number])
    return used
