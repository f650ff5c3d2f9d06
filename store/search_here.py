"""This machine, and devices that only measurements know: found by name as those of the catalogue are."""

from __future__ import annotations

import sqlite3

from backbones.store.catalog import has_measurements
from backbones.store.measured_backbones import device_here
from backbones.store.text import fold
from backbones.store.this_machine import HERE

Named = tuple[int, str, str]
"""Id (below 0: not of the catalogue), own name, name that leads to it."""


def own_names(connection: sqlite3.Connection) -> list[Named]:
    """Names of devices that the catalogue's table of names has not: `here` and `this machine`, and what was measured."""
    found: list[Named] = []
    known = {fold(name): (number, name) for number, name in connection.execute("select id, device from device")}
    if has_measurements(connection):
        rows = connection.execute("select distinct device from measurements.measurement order by 1").fetchall()
        for place, (name,) in enumerate(rows, 1):
            if fold(name) not in known:
                known[fold(name)] = (-place, name)
                found.append((-place, name, name))
    device = device_here(connection)
    number, name = known[fold(device)] if device else (-len(known) - 1, HERE)
    return [*found, (number, name, HERE), (number, name, "here")]
