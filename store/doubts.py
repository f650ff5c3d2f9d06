"""Which values of an answer are doubted: a suspect of the catalogue names the fact they were read from."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from typing import Final

_DOUBTED: Final = "select r.id from result r where exists (select 1 from suspect x where x.fact = r.collection || ' ' || r.source_ref)"
_AT_ONCE: Final = 500


def doubted(connection: sqlite3.Connection, keys: Iterable[int] | None = None) -> frozenset[int]:
    """Those of the rows' keys (None: of all, 40 ms) whose own value is suspected to be wrong."""
    if keys is None:
        return frozenset(key for (key,) in connection.execute(_DOUBTED))
    wanted, found = list(keys), set[int]()
    for start in range(0, len(wanted), _AT_ONCE):
        some = wanted[start : start + _AT_ONCE]
        rows = connection.execute(f"{_DOUBTED} and r.id in ({','.join('?' * len(some))})", some)
        found.update(key for (key,) in rows)
    return frozenset(found)
