"""What was measured on this machine, said either way."""

from __future__ import annotations

import shlex
import sqlite3
from typing import Final

from backbones.store.catalog import has_measurements
from backbones.store.machine import host_id
from backbones.store.page import Section
from backbones.store.rows import Rows
from backbones.store.sections.measured import in_tenths
from backbones.store.sections.own_images import own_images
from backbones.store.sections.owner import Owner
from backbones.store.sections.tables import Facts, asked, one, section

_SQL = """
  select m.device, m.precision, m.mode, m.resolution, m.head, m.batch_size, m.throughput_img_s, m.latency_ms, m.peak_memory_mib,
    m.energy_j_per_image, nullif(m.rounds, 0) as rounds, case when m.rounds > 1 then 100 * m.spread end as spread_percent,
    nullif(replace(m.cautions, '_', ' '), '') as cautions, m.memory_format, m.compiled, m.framework, m.origin, substr(m.datetime_utc, 1, 10) as day
  from probe_measurement m where m.host = ? and exists (
    select 1 from main.alias l join main.backbone b on b.id = l.entity_id
    where l.kind = 'backbone' and l.folded = fold(m.backbone) and b.architecture = ?)
  order by m.device, m.precision, m.resolution, m.datetime_utc"""


_KNOWN: Final = {"checkpoint": ("backbone", "checkpoint"), "weights": ("backbone", "checkpoint", "weights")}
"""Columns that say nothing on a page of that kind."""


def measured_here(
    connection: sqlite3.Connection, facts: Facts, architecture: int | None, owner: Owner | None = None
) -> list[Section]:
    """Measurements of an architecture on this machine; a fact says how many there are, or how to take them.

    With the results on the user's own images: of the architecture, or those of a checkpoint or released file alone.
    """
    rows = Rows((), ())
    if architecture is not None and has_measurements(connection):
        rows = in_tenths(asked(connection, _SQL, [host_id(), architecture]))
    count = len(rows)
    facts.add(
        "on this machine",
        f"{count} measurement{'s' if count != 1 else ''}" if count else _todo(connection, architecture),
    )
    images = _own_images(connection, facts, architecture, owner)
    speeds = section(
        "measured here",
        rows,
        note="The median over rounds; a row for each setting. throughput@here takes the best of what was measured last in each.",
    )
    return [*speeds, *images]


def _own_images(
    connection: sqlite3.Connection, facts: Facts, architecture: int | None, owner: Owner | None
) -> list[Section]:
    if owner is not None:
        return own_images(connection, facts, owner.settings, owner.parameters, _KNOWN[owner.kind])
    return own_images(connection, facts, "t.architecture = ?", [architecture]) if architecture is not None else []


def _todo(connection: sqlite3.Connection, architecture: int | None) -> str:
    """How to measure it, where timm has it."""
    sql = "select min(timm_name) from backbone where architecture = ? and timm_name is not null"
    name = one(connection, sql, [architecture])
    return "nothing of it was measured" + (f": backbones probe {shlex.quote(name)}" if name else "")
