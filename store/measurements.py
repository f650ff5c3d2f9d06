"""measurements.db: what this user measured, asked and saved. Grows, is migrated, is never rebuilt."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from sqlite_utils import Database

SPEED_COLUMNS: Final = (
    "family", "backbone", "checkpoint", "weights", "task", "dataset", "head", "resolution", "crop_size", "setting", "device",
    "precision", "framework", "memory_format", "compiled", "mode", "batch_size", "throughput_img_s", "latency_ms",
    "peak_memory_mib", "gmacs", "params_m",
)  # fmt: skip
"""The columns that a measurement shares with the public view `throughput`."""


def migrate(path: Path) -> None:
    """Create the file or bring an older one up to date; the rows stay. Safe on a network home: no WAL."""
    import sqlite_utils

    path.parent.mkdir(parents=True, exist_ok=True)
    connection = sqlite3.connect(path, timeout=30)
    try:
        connection.execute("pragma journal_mode=delete")
        database = sqlite_utils.Database(connection)
        migrations().apply(database)
        connection.commit()
    finally:
        connection.close()


def migrations() -> Any:
    """All steps from an empty file to the present schema; a step is never changed, only followed by another."""
    from sqlite_utils import Migrations

    steps = Migrations("measurements")

    @steps()
    def create_measurement(db: Database) -> None:
        types: dict[str, type] = dict.fromkeys(SPEED_COLUMNS, str)
        types |= dict.fromkeys(("resolution", "crop_size", "compiled", "batch_size"), int)
        types |= dict.fromkeys(("throughput_img_s", "latency_ms", "peak_memory_mib", "gmacs", "params_m"), float)
        db.table("measurement").create(
            {"id": int, "datetime_utc": str, "host": str, "origin": str, **types, "details": str}, pk="id",
            not_null={"datetime_utc", "host", "origin", "backbone", "device", "mode"}, defaults={"origin": "measured"},
        )  # fmt: skip
        db.table("measurement").create_index(["backbone", "device", "resolution"])

    @steps()
    def create_measured_result(db: Database) -> None:
        db.table("measured_result").create(
            {"id": int, "datetime_utc": str, "backbone": str, "checkpoint": str, "weights": str, "task": str, "dataset": str,
             "protocol": str, "metric": str, "value": float, "resolution": int, "conditions": str, "details": str},
            pk="id", not_null={"datetime_utc", "backbone", "task", "dataset", "protocol", "metric", "value"},
        )  # fmt: skip

    @steps()
    def create_model_call(db: Database) -> None:
        db.table("model_call").create(
            {"id": int, "datetime_utc": str, "model_asked": str, "model_answered": str, "prompt_sha256": str,
             "input_tokens": int, "output_tokens": int, "cost_usd": float, "duration_ms": float, "purpose": str},
            pk="id", not_null={"datetime_utc", "model_asked"},
        )  # fmt: skip

    @steps()
    def create_saved_view(db: Database) -> None:
        db.table("saved_view").create(
            {"name": str, "view": str, "note": str, "datetime_utc": str}, pk="name", not_null={"view"}
        )
        db.table("note").create({"id": int, "entity": str, "kind": str, "text": str, "datetime_utc": str}, pk="id")

    return steps


_NAMES: Final = """
  left join {catalog}.backbone b on b.id =
    (select l.entity_id from {catalog}.alias l where l.kind = 'backbone' and l.folded = fold(m.backbone) limit 1)
  left join {catalog}.family a on a.id = b.family_id"""


def overlay(connection: sqlite3.Connection) -> None:
    """Lay TEMP views over the catalogue's public ones that add the rows of the attached `measurements`."""
    names = _NAMES.format(catalog="main")
    shared = [c for c in SPEED_COLUMNS if c not in ("family", "backbone", "params_m")]
    measured = ", ".join(f"m.{c}" for c in shared[:-1])
    connection.execute(f"""
        create temp view throughput as select * from main.throughput union all
        select coalesce(a.family, m.family), coalesce(b.backbone, m.backbone), {measured}, m.gmacs,
          coalesce(m.params_m, b.params_m), m.origin, 'probe', 'probe:' || m.host, m.id
        from measurements.measurement m {names}""")
    result = f"""
        select a.family, coalesce(b.backbone, m.backbone), m.checkpoint, m.weights, m.task, m.dataset, m.protocol, m.metric,
          m.value, (select unit from main.metric where metric = m.metric),
          (select higher_is_better from main.metric where metric = m.metric), null, m.resolution, null, null, null, null,
          null, null, null, null, m.conditions, null, null, b.params_m, null, null, 'measured', 'probe', 'transfer', m.id,
          a.published {{extra}} from measurements.measured_result m {names}"""
    connection.execute("create temp view results as select * from main.results union all " + result.format(extra=""))
    connection.execute(
        "create temp view best_results as select * from main.best_results union all " + result.format(extra=", 1, 0.0")
    )
    connection.execute("""
        create temp view devices as select * from main.devices union all
        select distinct m.device, null, null, null from measurements.measurement m
        where m.device not in (select device from main.device)""")
