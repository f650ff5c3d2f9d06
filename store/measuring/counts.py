"""Counts of models: the shipped ones in the catalogue, and the user's own in measurements.db, which the public views add."""

from __future__ import annotations

import contextlib
import datetime as dt
import json
import sqlite3
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from backbones.store.measuring.count import COLLECTION, FUSED, Count, FeatureMap
from backbones.store.measuring.file import reading, writing
from backbones.store.text import fold

if TYPE_CHECKING:
    from sqlite_utils import Database

_COLUMNS: Final = (
    "model", "height", "width", "fused", "is_own_size", "params", "macs", "activations", "feature_channels",
    "feature_strides", "feature_sizes", "uncounted", "timm", "torch",
)  # fmt: skip
_KEY: Final = ("model", "height", "width", "fused", "timm")
_SOURCE: Final = "package:timm"


# ---- the user's own


def keep(path: Path, counts: Iterable[Count]) -> None:
    """Keep counts in that measurements.db; one of the same model, size, form and timm takes the place of the former.

    BackbonesError where the file cannot be written.
    """
    _migrate(path)
    now = dt.datetime.now(dt.UTC).isoformat(timespec="seconds")
    with writing(path) as connection:
        marks = ", ".join("?" * (len(_COLUMNS) + 1))
        connection.executemany(
            f"insert or replace into count (datetime_utc, {', '.join(_COLUMNS)}) values ({marks})",
            [(now, *_row(count)) for count in counts],
        )


def kept(path: Path, timm: str, resolution: int | None = None, fused: bool = False) -> dict[str, Count]:
    """What was counted with that version of timm at that resolution (each model's own where None), by model."""
    size, given = ("is_own_size", []) if resolution is None else ("height = ? and width = ?", [resolution, resolution])
    with reading(path) as connection:
        if connection is None or not _knows(connection, "main"):
            return {}
        rows = connection.execute(
            f"select {', '.join(_COLUMNS)} from count where timm = ? and fused = ? and {size}", [timm, fused, *given]
        ).fetchall()
    return {row[0]: _count(row) for row in rows}


def _migrate(path: Path) -> None:
    """Bring measurements.db up to date, and the table of counts in it."""
    with reading(path) as connection:
        if connection is not None and _knows(connection, "main"):
            return
    import sqlite_utils

    with writing(path):  # makes the file, or brings it up to date
        pass
    with contextlib.closing(sqlite3.connect(path, timeout=30)) as connection:
        connection.execute("begin immediate")  # several programs may find the table missing at once
        migrations().apply(sqlite_utils.Database(connection))
        connection.commit()


def migrations() -> Any:
    """The steps of this table from nothing to the present; a step is never changed, only followed by another."""
    from sqlite_utils import Migrations

    steps = Migrations("counts")

    @steps()
    def create_count(db: Database) -> None:
        types: dict[str, type] = dict.fromkeys(_COLUMNS, int)
        types |= dict.fromkeys(
            ("model", "feature_channels", "feature_strides", "feature_sizes", "uncounted", "timm", "torch"), str
        )
        needed = {"datetime_utc", *_COLUMNS} - {"feature_channels", "feature_strides", "feature_sizes"}
        table = db.table("count")
        table.create({"id": int, "datetime_utc": str, **types}, pk="id", not_null=needed)
        table.create_index(list(_KEY), unique=True)

    return steps


def _knows(connection: sqlite3.Connection, schema: str) -> bool:
    sql = f"select 1 from {schema}.sqlite_master where type = 'table' and name = 'count'"
    return connection.execute(sql).fetchone() is not None


def _row(count: Count) -> tuple[Any, ...]:
    maps = count.feature_maps
    channels, strides, sizes = (
        (None, None, None)
        if maps is None
        else (
            " ".join(str(m.channels) for m in maps),
            " ".join(str(m.stride) for m in maps),
            " ".join(f"{m.height}x{m.width}" if m.height else "?" for m in maps),
        )
    )
    return (
        count.model, count.height, count.width, count.fused, count.is_own_size, count.params, count.macs, count.activations,
        channels, strides, sizes, json.dumps(count.uncounted), count.timm, count.torch,
    )  # fmt: skip


def _count(row: Sequence[Any]) -> Count:
    model, height, width, fused, is_own, params, macs, activations, channels, strides, sizes, uncounted, timm, torch = (
        row
    )
    return Count(
        model, height, width, params, macs, activations, bool(fused), bool(is_own), _maps(channels, strides, sizes),
        tuple(json.loads(uncounted)), timm, torch,
    )  # fmt: skip


def _maps(channels: str | None, strides: str | None, sizes: str | None = None) -> tuple[FeatureMap, ...] | None:
    if channels is None or strides is None:
        return None
    found = []
    each = sizes.split() if sizes is not None else ["?"] * len(channels.split())
    for channel, stride, size in zip(channels.split(), strides.split(), each, strict=True):
        height, _, width = size.partition("x")
        found.append(
            FeatureMap(int(channel), int(stride), int(height) if width else None, int(width) if width else None)
        )
    return tuple(found)


# ---- the shipped ones


def shipped_version(connection: sqlite3.Connection) -> str | None:
    """The timm whose models the catalogue has counts of."""
    row = connection.execute("select version from source where source = ?", [_SOURCE]).fetchone()
    return row[0] if row else None


def shipped(connection: sqlite3.Connection, fused: bool = False) -> dict[str, Count]:
    """The catalogue's counts, each at the model's own size, by timm's name."""
    timm = shipped_version(connection) or ""
    rows = connection.execute(
        "select m.backbone, f.resolution, f.setting, f.params_m, f.gmacs, f.activations_m, f.feature_channels, f.feature_strides "
        "from main.cost f join main.mention m on m.id = f.mention where f.collection = ? and f.gmacs is not null "
        "and f.params_m is not null and f.activations_m is not null and m.backbone is not null order by m.backbone, f.id",
        [COLLECTION],
    )
    found = {}
    for model, resolution, setting, params_m, gmacs, activations_m, channels, strides in rows:
        form, _, size = (setting or "").rpartition(", ")
        if not form and size == FUSED:
            form, size = FUSED, ""
        if (form == FUSED) is not fused or not (resolution or size):
            continue
        height, width = (resolution, resolution) if resolution else map(int, size.split("x"))
        found[model] = Count(
            model, height, width, round(params_m * 1e6), round(gmacs * 1e9), round(activations_m * 1e6), fused,
            feature_maps=_maps(channels, strides), timm=timm,
        )  # fmt: skip
    return found


def models_of(connection: sqlite3.Connection, name: str) -> list[str]:
    """timm's names, among those counted, of the backbone that the catalogue knows by that name."""
    rows = connection.execute(
        "select distinct m.backbone from alias a join subject s on s.backbone_id = a.entity_id join mention m on m.id = s.id "
        "join cost f on f.mention = m.id where a.kind = 'backbone' and a.folded = ? and f.collection = ? order by 1",
        [fold(name), COLLECTION],
    )
    return [model for (model,) in rows]


# ---- both in the public views


def lay_over(connection: sqlite3.Connection) -> None:
    """Lay TEMP views over the catalogue's `costs` and `feature_maps` that add the counts of the attached `measurements`.

    A model that was counted again, at the same size, in the same form and with the same timm, stands there once: as counted here.
    """
    if not _knows(connection, "measurements"):
        return
    connection.execute(f"""
        create temp view own_count as
        select a.family, b.id as backbone_id, coalesce(b.backbone, m.model) as backbone, nullif(m.height, case when m.height = m.width
            then 0 else m.height end) as resolution, m.params / 1e6 as params_m, m.macs / 1e9 as gmacs,
          m.activations / 1e6 as activations_m, nullif(trim(case when m.fused then '{FUSED}' else '' end || case when m.height = m.width
            then '' else ', ' || m.height || 'x' || m.width end, ', '), '') as setting,
          m.feature_channels, m.feature_strides, 'timm ' || m.timm || ' ' || m.model as source_ref
        from measurements.count m
        left join main.backbone b on b.id = (select l.entity_id from main.alias l
          where l.kind = 'backbone' and l.folded = fold(m.model) limit 1)
        left join main.family a on a.id = b.family_id""")
    connection.execute(f"""
        create temp view costs as select * from main.costs t where t.collection is not '{COLLECTION}'
          or t.source_ref || coalesce('|' || t.resolution, '') || coalesce('|' || t.setting, '') not in (
            select source_ref || coalesce('|' || resolution, '') || coalesce('|' || setting, '') from own_count) union all
        select family, backbone, null, null, null, null, null, resolution, params_m, gmacs, gmacs, 'macs', activations_m, null, null,
          'measured', '{COLLECTION}', '{_SOURCE}', source_ref, setting from own_count""")
    connection.execute(f"""
        create temp view feature_maps as select * from main.feature_maps t where t.collection is not '{COLLECTION}'
          or t.backbone not in (select backbone from own_count where feature_channels is not null) union all
        select distinct c.family, c.backbone, h.key + 1, h.value, t.value, 'measured', '{COLLECTION}', '{_SOURCE}' from own_count c
        join json_each('[' || replace(c.feature_channels, ' ', ',') || ']') h
        join json_each('[' || replace(c.feature_strides, ' ', ',') || ']') t on t.key = h.key
        where c.feature_channels is not null""")
