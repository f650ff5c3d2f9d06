"""Sheets that this machine exported and that were added here again: what stands in measurements.db is not reported besides."""

from __future__ import annotations

import sqlite3
from typing import Final

from backbones.store.machine import host_id

OWN_SOURCE: Final = "probe:"
"""Sources of exported rows begin so; the host and the fingerprint follow."""

NOT_SENT_BACK: Final = """
  not exists (select 1 from temp.sent_back k where k.source = t.source and k.source_ref is t.source_ref)"""
"""Of a row `t` of the public view `throughput`."""


def hide_sent_back(connection: sqlite3.Connection) -> bool:
    """Hide such rows behind a TEMP view `speed` and a TEMP table `fastest`, which are read in place of the catalogue's; whether
    there are any.

    A row is hidden where anything that was measured on this machine stands in the file (what is measured later does not
    reach the sheet), and one of another machine where that very measurement was merged. Who has no such sheet pays nothing.
    """
    own = f"{OWN_SOURCE}{host_id()}"
    if not _one(connection, "select 1 from main.source where source glob ? limit 1", f"{OWN_SOURCE}*"):
        return False
    is_own_known = _one(connection, "select 1 from probe_measurement where host = ? limit 1", host_id())
    connection.execute(
        "create temp table sent_back as select f.id, f.mention, f.source, f.source_ref from main.speed f where f.source glob ? and "
        "((? and (f.source = ? or f.source glob ?)) or exists (select 1 from probe_measurement o where o.key <> '' and "
        "o.key = substr(f.source_ref, 1, 16)))",
        [f"{OWN_SOURCE}*", is_own_known, own, f"{own}/*"],
    )
    if not _one(connection, "select 1 from temp.sent_back limit 1"):
        return False
    connection.execute("create index temp.idx_sent_back on sent_back (source, source_ref)")
    connection.execute(
        "create temp view speed as select * from main.speed where id not in (select id from temp.sent_back)"
    )
    connection.execute(
        "create temp table fastest as select * from main.fastest where mention not in (select mention from temp.sent_back)"
    )
    connection.execute("""
        insert into temp.fastest select mention, device, mode, resolution, precision, max(throughput_img_s), min(latency_ms),
          min(peak_memory_mib) from temp.speed
        where mention in (select mention from temp.sent_back) and head is null and setting is not 'fused' group by 1, 2, 3, 4, 5""")
    connection.execute("create index temp.idx_fastest on fastest (mention, device, resolution)")
    return True


def _one(connection: sqlite3.Connection, sql: str, *given: object) -> bool:
    return connection.execute(sql, given).fetchone() is not None
