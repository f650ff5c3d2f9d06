"""Of which architecture the user's own measurements and predictions are: they name a backbone in any spelling."""

from __future__ import annotations

import sqlite3
from typing import Final

_NAMED: Final = """(select m0.name, b0.architecture
  from (select distinct backbone as name from {table}) m0
  join main.alias l0 on l0.kind = 'backbone' and l0.folded = fold(m0.name) join main.backbone b0 on b0.id = l0.entity_id
  group by m0.name, b0.architecture)"""

MEASURED: Final = _NAMED.format(table="measurements.measurement")
"""A table (name as measured, architecture) to join measurements with: each spelling is folded once, however many rows ask."""
PREDICTED: Final = _NAMED.format(table="probe_prediction")
"""The same for predictions."""


def device_here(connection: sqlite3.Connection) -> str | None:
    """Which device `here` is: of those measured on this machine its GPU, and of several the one with most measurements.

    None where nothing was measured on this machine, or measurements are not attached.
    """
    from backbones.store.machine import host_id

    if "measurements" not in [row[1] for row in connection.execute("pragma database_list")]:
        return None
    row = connection.execute(
        """select m.device, coalesce(nullif(max(m.device_kind), ''), max(d.kind), '') as sort from probe_measurement m
        left join main.device d on d.device = m.device where m.host = ?
        group by m.device order by sort = 'cpu', count(*) desc, m.device limit 1""",
        [host_id()],
    ).fetchone()
    return None if row is None else str(row[0])
