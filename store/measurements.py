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

CONDITIONS_BEFORE: Final = (
    "precision", "framework", "memory_format", "compiled", "batch_size", "resolution", "details",
)  # fmt: skip
"""Columns that once might be empty and that every measurement of today tells."""

CONDITIONS: Final[dict[str, str]] = {
    "quantity": "text", "fused": "integer", "device_kind": "text", "device_memory_mib": "integer", "driver": "text",
    "accelerator": "text", "cudnn": "text", "torch": "text", "timm": "text", "python": "text", "system": "text",
    "threads": "integer", "tf32": "integer", "cudnn_benchmark": "integer", "allocator": "text", "fingerprint": "text",
    "protocol": "integer", "rounds": "integer", "spread": "real", "ci": "real", "blocks": "integer", "blocks_set_aside": "integer",
    "steps_a_block": "integer", "first_call_s": "real", "compile_s": "real", "warm_up_s": "real", "is_stable": "integer",
    "wall_over_device": "real", "page_faults_a_step": "real", "other_processes": "integer", "waiting_share": "real",
    "cautions": "text",
}  # fmt: skip
"""Under which conditions a measurement came about, and how far it is to be trusted: empty or 0 where there is no such thing."""

OUTCOME_COLUMNS: Final = (
    "key", "started", "status", "version", "host", "device", "model", "weights", "data", "data_hash", "protocol", "resolution",
    "precision", "shots", "seed", "recipe", "facts", "tables",
)  # fmt: skip
"""Of the table `outcome`: what one evaluation on the user's own images gave."""

_EMPTY: Final = {"text": "''", "integer": "0", "real": "0.0"}

MAYBE_UNKNOWN: Final = ("clock_mhz", "throttled_ms", "energy_j_per_image", "latency_p90_ms", "latency_p99_ms")
"""What not every device tells, and percentiles that need more steps than were taken."""

_OF_THE_PREDICTION: Final = (
    "host", "device", "precision", "memory_format", "compiled", "backbone", "resolution", "throughput_img_s", "low", "high",
    "confidence", "anchors", "datetime_utc",
)  # fmt: skip


def migrate(path: Path) -> None:
    """Create the file or bring an older one up to date; the rows stay. Safe on a network home: no WAL."""
    import sqlite_utils

    path.parent.mkdir(parents=True, exist_ok=True)
    connection = sqlite3.connect(path, timeout=30)
    try:
        connection.execute("pragma journal_mode=delete")
        connection.execute("begin immediate")  # several programs may find the same old file at once
        migrations().apply(sqlite_utils.Database(connection))
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

    @steps()
    def create_visit(db: Database) -> None:
        db.table("visit").create(
            {"id": int, "key": str, "round": int, "started": str, "status": str, "protocol": int, "host": str, "device": str,
             "model": str, "quantity": str, "fingerprint": str, "facts": str, "samples": bytes}, pk="id",
            not_null={"key", "round", "started", "status", "protocol", "host", "device", "model", "quantity", "fingerprint", "facts"},
        )  # fmt: skip
        db.table("visit").create_index(["key", "round", "started"], unique=True)

    @steps()
    def add_conditions_of_measurement(db: Database) -> None:
        # SQLite cannot make an old column NOT NULL: a row that the probe summed up has a key, and with it all conditions.
        told = " and ".join(f"{name} is not null" for name in CONDITIONS_BEFORE)
        db.execute(f"alter table measurement add column key text not null default '' check (key = '' or ({told}))")
        for name, kind in CONDITIONS.items():
            db.execute(f"alter table measurement add column {name} {kind} not null default {_EMPTY[kind]}")
        for name in MAYBE_UNKNOWN:
            db.execute(f"alter table measurement add column {name} real")
        db.execute("create unique index idx_measurement_key on measurement (key) where key <> ''")

    @steps()
    def create_prediction(db: Database) -> None:
        db.table("prediction").create(
            {"id": int, "host": str, "device": str, "precision": str, "memory_format": str, "compiled": int, "backbone": str,
             "resolution": int, "throughput_img_s": float, "low": float, "high": float, "confidence": float, "anchors": int,
             "datetime_utc": str, "details": str}, pk="id",
            not_null={"host", "device", "precision", "memory_format", "compiled", "backbone", "resolution", "throughput_img_s", "low",
                      "high", "confidence", "anchors", "datetime_utc"},
        )  # fmt: skip
        db.table("prediction").create_index(
            ["host", "device", "precision", "memory_format", "compiled", "backbone", "resolution"], unique=True
        )
        db.table("prediction").create_index(["backbone", "device", "resolution"])

    @steps()
    def index_measurement_by_setting(db: Database) -> None:
        # `current_measurement` looks up what was measured last in a setting, for each row of each answer: the index alone tells.
        db.execute("drop index if exists idx_measurement_backbone_device_resolution")
        db.table("measurement").create_index(
            ["backbone", "device", "resolution", "quantity", "mode", "precision", "memory_format", "compiled", "fused", "host", "head",
             "origin", "fingerprint", "datetime_utc"], index_name="idx_measurement_setting",
        )  # fmt: skip

    @steps()
    def create_outcome(db: Database) -> None:
        types: dict[str, type] = dict.fromkeys(OUTCOME_COLUMNS, str) | {"tables": bytes}
        types |= dict.fromkeys(("version", "resolution", "shots", "seed"), int)
        db.table("outcome").create({"id": int, **types}, pk="id", not_null=set(OUTCOME_COLUMNS) - {"tables"})
        db.table("outcome").create_index(["key", "started"], unique=True)
        db.table("outcome").create_index(["data", "model"])
        for name, kind in (("key", "text"), ("host", "text"), ("data_hash", "text"), ("low", "real"), ("high", "real")):
            db.execute(f"alter table measured_result add column {name} {kind}")
        db.table("measured_result").create_index(["key"])
        db.table("result_state").create({"state": int})
        db.execute("insert into result_state select abs(random() % 1000000000000)")  # no two files count alike
        for change in ("insert", "update", "delete"):
            db.execute(
                f"create trigger measured_result_{change} after {change} on measured_result "
                "begin update result_state set state = state + 1; end"
            )

    @steps()
    def create_own_data(db: Database) -> None:
        columns = ("data", "data_hash", "images_hash", "dataset", "asked")
        db.table("own_data").create(dict.fromkeys(columns, str), pk=("data", "data_hash"), not_null=set(columns))
        for change in ("insert", "update", "delete"):  # names of results follow from it
            db.execute(
                f"create trigger own_data_{change} after {change} on own_data "
                "begin update result_state set state = state + 1; end"
            )

    @steps()
    def add_split_of_own_data(db: Database) -> None:
        for column in ("train_images int", "val_images int", "split text"):  # unknown of what was asked for before
            db.execute(f"alter table own_data add column {column}")

    return steps


def recover(path: Path) -> None:
    """Take back what a program that was killed left half written: whoever opens the file read-only cannot, nor read it."""
    if not Path(f"{path}-journal").exists():
        return
    connection = sqlite3.connect(path, timeout=30)
    try:
        connection.execute("select 1 from sqlite_master limit 1").fetchone()
    finally:
        connection.close()


def is_up_to_date(connection: sqlite3.Connection, schema: str = "main") -> bool:
    """Whether that file knows visits, the conditions of measurements and predictions: only indexes came later."""
    return connection.execute(f"select 1 from {schema}.sqlite_master where name = 'prediction'").fetchone() is not None


def knows_outcomes(connection: sqlite3.Connection, schema: str = "main") -> bool:
    """Whether that file keeps outcomes on the user's own images; older ones do not."""
    return (
        connection.execute(f"select 1 from {schema}.sqlite_master where name = 'result_state'").fetchone() is not None
    )


def knows_own_data(connection: sqlite3.Connection, schema: str = "main") -> bool:
    """Whether that file keeps what the user's data sets are; older ones do not."""
    return connection.execute(f"select 1 from {schema}.sqlite_master where name = 'own_data'").fetchone() is not None


def knows_own_splits(connection: sqlite3.Connection, schema: str = "main") -> bool:
    """Whether it also keeps how the images of each are split; older ones do not."""
    return bool(
        connection.execute(f"select 1 from pragma_table_info('own_data', '{schema}') where name = 'split'").fetchone()
    )


def why_not_written(error: sqlite3.Error) -> str:
    """What hinders writing into the file, and what to do."""
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        return "another program is writing into it; try again"
    if code in (sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN):
        return "the disk or the file is read-only; BACKBONES_HOME names another folder"
    if code == sqlite3.SQLITE_FULL:
        return "the disk is full"
    return str(error)


_NAMES: Final = """
  left join {catalog}.backbone b on b.id =
    (select l.entity_id from {catalog}.alias l where l.kind = 'backbone' and l.folded = fold(m.backbone) limit 1)
  left join {catalog}.family a on a.id = b.family_id"""


def overlay(connection: sqlite3.Connection) -> None:
    """Lay TEMP views over the catalogue's public ones that add the rows of the attached `measurements`.

    `probe_measurement` and `probe_prediction` are what stands in that file, the same columns in an older one. What the catalogue
    has of the same measurements by way of a sheet is hidden wherever speeds are read.
    """
    from backbones.store.measuring.counts import lay_over
    from backbones.store.measuring.current import lay_current
    from backbones.store.measuring.sent_back import NOT_SENT_BACK, hide_sent_back

    _lay_probe_views(connection)
    lay_current(connection)
    reported = f"main.throughput t where {NOT_SENT_BACK}" if hide_sent_back(connection) else "main.throughput"
    lay_over(connection)
    names = _NAMES.format(catalog="main")
    shared = [c for c in SPEED_COLUMNS if c not in ("family", "backbone", "params_m", "gmacs")]
    measured = ", ".join(f"m.{c}" for c in shared)
    told = {c: f"m.{c}" for c in ("resolution", "device", "precision", "memory_format", "compiled", "throughput_img_s")}
    predicted = ", ".join((told | {"mode": "'inference'"}).get(c, "null") for c in shared)
    connection.execute(f"""
        create temp view throughput as select * from {reported} union all
        select coalesce(a.family, m.family), coalesce(b.backbone, m.backbone), {measured}, {COUNTED_GMACS},
          coalesce(m.params_m, b.params_m), m.origin, 'probe', 'probe:' || m.host, case m.key when '' then m.id else m.key end
        from probe_measurement m {names} union all
        select a.family, coalesce(b.backbone, m.backbone), {predicted}, null, b.params_m, 'predicted', 'probe', 'probe:' || m.host,
          {PREDICTED_FROM} from probe_prediction m {names}""")
    _lay_results(connection, names)
    connection.execute("""
        create temp view devices as select * from main.devices union all
        select m.device, nullif(max(m.device_kind), ''),
          case when m.device glob 'NVIDIA *' or m.device glob 'AMD *' or m.device glob 'Intel *' or m.device glob 'Apple *'
            then substr(m.device, 1, instr(m.device, ' ') - 1) end,
          round(nullif(max(m.device_memory_mib), 0) / 1024.0, 1)
        from probe_measurement m where m.device not in (select device from main.device) group by m.device""")


OF_THE_USER: Final = " (yours)"
"""Stands after the name of a user's data set where the catalogue has one of that name."""


def _lay_results(connection: sqlite3.Connection, names: str) -> None:
    """The user's own results: they are in the catalogue already where a copy of it that holds them could be made."""
    if connection.execute("select 1 from main.sqlite_master where name = 'own_state'").fetchone() is not None:
        for view in ("results", "best_results"):
            connection.execute(f"create temp view {view} as select * from main.{view}")
        return
    dataset = f"""m.dataset || case when exists (select 1 from main.alias l where l.kind = 'dataset' and l.folded = fold(m.dataset))
          then '{OF_THE_USER}' else '' end"""
    result = f"""
        select a.family, coalesce(b.backbone, m.backbone), m.checkpoint, m.weights, m.task, {dataset}, m.protocol, m.metric,
          m.value, (select unit from main.metric where metric = m.metric),
          (select higher_is_better from main.metric where metric = m.metric), null, m.resolution, null, null, null, null,
          null, null, null, null, m.conditions, null, null, b.params_m, null, null, 'measured', 'probe', 'transfer', m.id,
          a.published {{extra}} from measurements.measured_result m {names}"""
    connection.execute("create temp view results as select * from main.results union all " + result.format(extra=""))
    connection.execute(
        "create temp view best_results as select * from main.best_results union all "
        + result.format(extra=", 1, 0.0")
        + " where coalesce(m.conditions, '') not like '%weights=random%'"
    )


COUNTED_GMACS: Final = """
          coalesce(m.gmacs, (select f.gmacs from main.subject s join main.cost f on f.mention = s.id where s.architecture = b.architecture
            and f.collection = 'counted' and f.resolution = m.resolution
            and (f.setting is null or (m.fused and f.setting = 'fused')) order by f.setting is null, f.id limit 1))"""
"""Multiply-accumulates of a measurement `m` of a backbone `b`: its own, else those counted of the same size and form (a merged form
that is not counted apart costs the same)."""

PREDICTED_FROM: Final = (
    "printf('%g %% between %.6g and %.6g, from %d measured models', 100 * m.confidence, m.low, m.high, m.anchors)"
)
"""What a prediction `m` rests on, in words."""


def _lay_probe_views(connection: sqlite3.Connection) -> None:
    if is_up_to_date(connection, "measurements"):
        connection.execute("create temp view probe_measurement as select * from measurements.measurement")
        connection.execute("create temp view probe_prediction as select * from measurements.prediction")
        return
    nothing = ", ".join(f"{_EMPTY[kind]} as {name}" for name, kind in {"key": "text", **CONDITIONS}.items())
    unknown = ", ".join(f"null as {name}" for name in MAYBE_UNKNOWN)
    connection.execute(
        f"create temp view probe_measurement as select *, {nothing}, {unknown} from measurements.measurement"
    )
    columns = ", ".join(f"null as {name}" for name in ("id", *_OF_THE_PREDICTION, "details"))
    connection.execute(f"create temp view probe_prediction as select {columns} where 0")
