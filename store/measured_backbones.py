"""Of which architecture the user's own measurements and predictions are: they name a backbone in any spelling."""

from __future__ import annotations

import sqlite3
from typing import Final

from backbones.store.this_machine import own_devices

_NAMED: Final = """(select distinct m0.name, b0.architecture
  from (select distinct backbone as name from {table}) m0
  join main.alias l0 on l0.kind = 'backbone' and l0.folded = fold(m0.name) join main.backbone b0 on b0.id = l0.entity_id)"""
"""`distinct`, not `group by`: SQLite then makes an index of it once, and a question over 1,000 measured models takes a tenth."""

MEASURED: Final = _NAMED.format(table="measurements.measurement")
"""A table (name as measured, architecture) to join measurements with: each spelling is folded once, however many rows ask."""
PREDICTED: Final = _NAMED.format(table="probe_prediction")
"""The same for predictions."""


def device_here(connection: sqlite3.Connection) -> str | None:
    """Which device `here` is: of those measured on this machine its GPU, and of several the one with most measurements.

    None where nothing was measured on this machine, or measurements are not attached.
    """
    devices = own_devices(connection)
    return devices[0].device if devices else None
