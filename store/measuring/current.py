"""Which measurements are a machine's speeds today: of each model and setting those under the conditions it was last measured in.

A new driver, another version of torch or another card make another row of the same setting; what was measured before stays for
comparing, but is no longer how fast the machine is.
"""

from __future__ import annotations

import sqlite3
from typing import Final

from backbones.store.measurements import CONDITIONS, MAYBE_UNKNOWN, SPEED_COLUMNS

CURRENT: Final = "current_measurement"
"""TEMP view: the rows of `probe_measurement` that count today. A throughput is none that was timed for its latency, nor the reverse."""
CURRENT_OF_FRAMEWORK: Final = "current_measurement_of_framework"
"""The same for each version of the framework, for who asks for one."""

_COLUMNS: Final = (
    "id", "datetime_utc", "host", "origin", *SPEED_COLUMNS, "details", "key", *CONDITIONS, *MAYBE_UNKNOWN,
)  # fmt: skip
_OF_ITS_QUANTITY: Final = {
    "throughput_img_s": "case when m.quantity <> 'latency' then m.throughput_img_s end as throughput_img_s",
    "latency_ms": "case when m.quantity in ('latency', '') then m.latency_ms end as latency_ms",
}
_SETTING: Final = (
    "y.backbone = m.backbone", "y.device = m.device", "y.resolution is m.resolution", "y.host = m.host", "y.mode = m.mode",
    "y.quantity = m.quantity", "y.precision is m.precision", "y.memory_format is m.memory_format", "y.compiled is m.compiled",
    "y.fused = m.fused", "y.head is m.head", "y.origin = m.origin",
)  # fmt: skip
"""What two rows share that are of one setting; the first three are found by index."""


def lay_current(connection: sqlite3.Connection) -> None:
    """Lay both views over `probe_measurement`."""
    columns = ", ".join(_OF_ITS_QUANTITY.get(name, f"m.{name}") for name in _COLUMNS)
    for view, more in ((CURRENT, ()), (CURRENT_OF_FRAMEWORK, ("y.framework is m.framework",))):
        connection.execute(f"""
            create temp view {view} as select {columns} from probe_measurement m where m.fingerprint = (
              select y.fingerprint from probe_measurement y where {" and ".join((*_SETTING, *more))}
              order by rtrim(y.datetime_utc, 'Z') desc, y.id desc limit 1)""")
