"""Which protocol a metric on a data set is of where a reference does not say it."""

from __future__ import annotations

import sqlite3

from backbones.store.transferring.ranks import BESIDE, COLLECTION
from backbones.store.vocabulary import PROTOCOLS

_DEAREST_FIRST = ("supervised", "linear probing", "k-NN")


def usual_protocol(connection: sqlite3.Connection, dataset: str, metric: str) -> str:
    """`supervised` where anything is, else what most results are: of those that are reported, whatever was measured beside them.

    On the user's own data it is what most models were evaluated by; of equally many the dearest.
    """
    sql = f"select protocol from placement where dataset = ? and metric = ? and collection <> '{COLLECTION}'"
    of = [dataset, metric]
    row = (
        connection.execute(f"{sql} and protocol = 'supervised' limit 1", of).fetchone()
        or connection.execute(f"{sql} group by 1 order by count(*) desc, 1 limit 1", of).fetchone()
    )
    if row is not None:
        return str(row[0])
    own = connection.execute(
        f"select protocol, sum(rank in (1, {BESIDE})) from placement where dataset = ? and metric = ? group by 1", of
    ).fetchall()
    order = {protocol: -place for place, protocol in enumerate(_DEAREST_FIRST)}
    chosen = max(own, key=lambda pair: (pair[1], order.get(pair[0], -len(order)), pair[0]), default=(PROTOCOLS[0], 0))
    return str(chosen[0])
