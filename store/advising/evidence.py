"""What stands behind an answer: where its numbers come from, how far sources disagree, what is doubted, how to load it."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from backbones.store.catalog import has_measurements
from backbones.store.compile import Compiler
from backbones.store.findings import DOUBT
from backbones.store.references import SPEEDS, Reference
from backbones.store.sections.loading import Released, load_call
from backbones.store.spread import Spread
from backbones.store.text import fold

OF_THE_BACKBONE: Final = "the backbone's own"


@dataclass(frozen=True, slots=True)
class Evidence:
    """Of one row of an advice."""

    name: str
    family: str | None
    backbone: str | None
    checkpoint: str | None
    weights: str | None
    """Those that were measured; else released ones of the same checkpoint."""
    setting: str
    """Resolution, head, schedule and conditions, in words."""
    spread: Spread
    """How far the sources of the maximised metric disagree."""
    sources: tuple[str, ...]
    """Where each value comes from, in the order of the columns; empty where there is none."""
    doubts: tuple[str, ...]
    licence: str | None
    licence_class: str | None
    load: str
    """The Python call that loads the weights; empty where none is known."""
    why_not: str | None
    """Why the weights cannot be installed."""


_ROW: Final = f"""
select p.result as key, t.family, t.backbone, t.checkpoint, t.weights, t.resolution, p.head, k.train_epochs, k.crop_size,
  k.conditions, k.setting, r.source, r.source_ref, r.collection, r.params_m, r.gmacs, p.n_sources, p.spread,
  t.backbone_id, t.checkpoint_id, t.weights_id, {DOUBT.format(t="r")} as doubt
from placement p join setting t on t.id = p.setting join result r on r.id = p.result join condition k on k.id = r.condition
where p.result in (select value from json_each(?))"""

_FILE: Final = """
select weights, library, loader, hub_id, licence, licence_class, installable, why_not from released
where id = ? or (? is null and checkpoint_id = ?)
order by installable desc, library = 'timm' desc, id limit 1"""


def evidence_of(
    connection: sqlite3.Connection,
    keys: Sequence[int],
    references: Sequence[Reference],
    values: Sequence[Sequence[Any]],
) -> list[Evidence]:
    """The evidence of rows by their keys; `values[i]` are what row i has of the references, the maximised metric first."""
    rows = _records(connection, _ROW, [json.dumps(list(keys))])
    by_key = {row["key"]: row for row in rows}
    return [_evidence(connection, by_key[key], references, own) for key, own in zip(keys, values, strict=True)]


def _evidence(
    connection: sqlite3.Connection, row: dict[str, Any], references: Sequence[Reference], values: Sequence[Any]
) -> Evidence:
    file = next(iter(_records(connection, _FILE, [row["weights_id"], row["weights_id"], row["checkpoint_id"]])), {})
    doubts = [row["doubt"]]
    sources = [_where(row)]
    for reference, value in zip(references[1:], values[1:], strict=True):
        source, doubt = _behind(connection, row, reference, value)
        sources.append(source)
        doubts.append(doubt)
    name = row["checkpoint"] or row["backbone"] or row["family"] or f"row {row['key']}"
    load = load_call(Released(file["weights"], file["library"], file["loader"], file["hub_id"])) if file else None
    return Evidence(
        str(name), row["family"], row["backbone"], row["checkpoint"], row["weights"] or file.get("weights"), _setting(row),
        Spread(row["spread"], row["n_sources"]), tuple(sources), tuple(dict.fromkeys(d for d in doubts if d)),
        file.get("licence"), file.get("licence_class"), load or "", file.get("why_not"),
    )  # fmt: skip


def _setting(row: dict[str, Any]) -> str:
    said = (
        f"{row['resolution']} px" if row["resolution"] else "",
        row["head"] or "",
        f"{row['train_epochs']:g} epochs" if row["head"] and row["train_epochs"] else "",
        f"crop {row['crop_size']}" if row["crop_size"] else "",
        row["conditions"] or "",
        row["setting"] or "",
    )
    return ", ".join(part for part in said if part)


def _where(row: dict[str, Any]) -> str:
    place = f"{row['source']}, {row['source_ref']}" if row["source_ref"] else str(row["source"])
    return f"{place} (via {row['collection']})"


def _behind(
    connection: sqlite3.Connection, row: dict[str, Any], reference: Reference, value: Any
) -> tuple[str, str | None]:
    """Source and doubt of one cost."""
    if value is None:
        return "", None
    if reference.name in ("params_m", "gmacs"):
        return (_where(row) if row[reference.name] is not None else OF_THE_BACKBONE), None
    if reference.is_speed:
        found = _reported_speed(connection, row, reference, value) or _measured_speed(connection, row, reference, value)
    else:
        found = _memory(connection, row, value)
    return found or ("", None)


def _reported_speed(
    connection: sqlite3.Connection, row: dict[str, Any], reference: Reference, value: float
) -> tuple[str, str | None] | None:
    """The speed's own row: of that backbone on that device with that value."""
    if fold(reference.where or "") == "here":
        return None
    device = Compiler(connection, reference, has_measurements(connection)).place("device", reference)
    rows = _records(
        connection,
        f"""select x.source, x.source_ref, x.collection, x.precision, x.framework, x.batch_size, {DOUBT.format(t="x")} as doubt
        from timed u join speed x on x.mention = u.mention
        where u.backbone_id = ? and x.device = ? and x.{SPEEDS[reference.name]} = ? and (x.head is null) = (? is null)
        order by x.resolution is ? desc, x.id limit 1""",
        [row["backbone_id"], device, value, row["head"], row["resolution"]],
    )
    if not rows:
        return None
    x = rows[0]
    said = [x["precision"], x["framework"], f"batch {x['batch_size']}" if x["batch_size"] else None]
    return "; ".join([_where(x), ", ".join(s for s in said if s)]).rstrip("; "), x["doubt"]


def _measured_speed(
    connection: sqlite3.Connection, row: dict[str, Any], reference: Reference, value: float
) -> tuple[str, str | None] | None:
    if not has_measurements(connection):
        return None
    rows = _records(
        connection,
        f"""select m.origin, m.datetime_utc, m.precision, m.framework, m.batch_size from measurements.measurement m
        join alias l on l.kind = 'backbone' and l.name = m.backbone join backbone y on y.id = l.entity_id
        where y.architecture = (select architecture from backbone where id = ?) and m.{SPEEDS[reference.name]} = ?
        order by m.id desc limit 1""",
        [row["backbone_id"], value],
    )
    if not rows:
        return None
    m = rows[0]
    said = [m["precision"], m["framework"], f"batch {m['batch_size']}" if m["batch_size"] else None]
    return f"{m['origin']} {m['datetime_utc']}; {', '.join(s for s in said if s)}".rstrip("; "), None


def _memory(connection: sqlite3.Connection, row: dict[str, Any], value: float) -> tuple[str, str | None] | None:
    if measured := _measured_speed(connection, row, Reference("peak_memory", "here"), value):
        return measured
    rows = _records(
        connection,
        f"""select x.source, x.source_ref, x.collection, {DOUBT.format(t="x")} as doubt from result r join cost x on x.mention = r.mention
        where r.id = ? and x.memory_mib = ? order by x.source_ref = r.source_ref desc limit 1""",
        [row["key"], value],
    )
    return (_where(rows[0]), rows[0]["doubt"]) if rows else None


def _records(connection: sqlite3.Connection, sql: str, parameters: Sequence[Any]) -> list[dict[str, Any]]:
    cursor = connection.execute(sql, parameters)
    names = [d[0] for d in cursor.description]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
