"""What stands behind an answer: where its numbers come from, how far sources disagree, what is doubted, how to load it."""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import count
from typing import Any, Final, NamedTuple

from backbones.store.catalog import has_measurements
from backbones.store.compile import Compiler
from backbones.store.findings import DOUBT
from backbones.store.machine import host_id
from backbones.store.measured_backbones import MEASURED, PREDICTED, device_here
from backbones.store.measurements import PREDICTED_FROM
from backbones.store.measuring.cautions import CAUTIONS
from backbones.store.own_speeds import current, of_measured, of_predicted, of_reported
from backbones.store.references import SPEEDS, Reference
from backbones.store.sections.loading import Released, load_call
from backbones.store.spread import Spread
from backbones.store.this_machine import HERE

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
    found = None
    if reference.is_speed or reference.name == "memory_mib":
        ask = (_reported_speed, _measured_speed, _predicted_speed)
        found = next((told for f in ask if (told := f(connection, row, reference, value))), None)
    if found is None and reference.name in ("memory_mib", "peak_memory"):
        found = _reported_memory(connection, row, value)
    return found or ("", None)


class _Meant(NamedTuple):
    """What a speed was asked for, as SQL over a row `x`."""

    column: str
    device: str | None
    """None: any."""
    conditions: tuple[str, ...]
    parameters: tuple[Any, ...]
    origin: str | None = None

    def of_device(self) -> list[str]:
        """The test for a measurement or prediction to be of that device."""
        if self.device is None:
            return []
        return ["x.device = :device", "x.host = :host"] if self.device == HERE else ["x.device = :device"]

    @classmethod
    def by(cls, connection: sqlite3.Connection, reference: Reference) -> _Meant:
        """Device, mode, precision and all else that a reference fixes; `memory_mib` is that of inference on any device."""
        if reference.where is None:
            return cls(SPEEDS["peak_memory"], None, ("x.mode = 'inference'",), ())
        compiler = Compiler(connection, reference, has_measurements(connection))
        conditions, parameters = compiler._speed_conditions(reference)
        device, origin = compiler.place("device", reference), compiler.origin(reference)
        return cls(SPEEDS[reference.name], device, tuple(conditions), tuple(parameters), origin)


def _at_its_resolution(reference: Reference) -> list[str]:
    return [] if "resolution" in dict(reference.keys) else ["x.resolution is :resolution"]


def _reported_speed(
    connection: sqlite3.Connection, row: dict[str, Any], reference: Reference, value: float
) -> tuple[str, str | None] | None:
    """The speed's own row, found as the answer finds it (backbones.store.compile), with that value."""
    meant = _Meant.by(connection, reference)
    if meant.device == HERE or meant.origin not in (None, "reported"):
        return None
    where = [
        *map(of_reported, _numbered(meant.conditions)),
        f"x.{meant.column} = :value",
        "u.backbone_id = :backbone_id",
    ]
    if meant.device is not None:
        where.append("x.device = :device")
    if row["head"] is None:
        own = ["x.head is null", *_at_its_resolution(reference)]
        own += ["u.checkpoint_id is :checkpoint_id"] if len(own) == 2 and row["resolution"] is None else []
    else:
        own = [
            "x.head = :head", "x.collection = :collection", "(x.setting is :setting or x.source_ref = :source_ref)",
            "(u.checkpoint_id is null or u.checkpoint_id is :checkpoint_id)",
        ]  # fmt: skip
    rows = _records(
        connection,
        f"""select x.source, x.source_ref, x.collection, x.precision, x.framework, x.batch_size, {DOUBT.format(t="x")} as doubt
        from timed u join speed x on x.mention = u.mention where {" and ".join([*where, *own])} order by x.id limit 1""",
        _named(connection, row, meant, value),
    )
    if not rows:
        return None
    return f"{_where(rows[0])}; {_how(rows[0])}".rstrip("; "), rows[0]["doubt"]


def _measured_speed(
    connection: sqlite3.Connection, row: dict[str, Any], reference: Reference, value: float
) -> tuple[str, str | None] | None:
    """The measurement that the answer shows: of that architecture, head and resolution, on that device or this machine."""
    if not has_measurements(connection):
        return None
    meant = _Meant.by(connection, reference)
    if meant.origin not in (None, "measured"):
        return None
    where = [f"x.{meant.column} = :value", "x.head is :head", *_at_its_resolution(reference), *meant.of_device()]
    kept = " and ".join([*_numbered(meant.conditions), *where])
    rows = _records(
        connection,
        f"""select x.origin, x.datetime_utc, x.precision, x.framework, x.batch_size, x.rounds, x.spread, x.cautions, x.memory_format,
          x.compiled, x.fused, x.host
        from {current(kept)} x join {MEASURED} o on o.name = x.backbone
        where o.architecture = (select architecture from backbone where id = :backbone_id) and {of_measured(kept)}
        order by x.id desc limit 1""",
        _named(connection, row, meant, value),
    )
    if not rows:
        return None
    told = rows[0]
    rounds = f"{told['rounds']} rounds, spread {100 * told['spread']:.1f} %" if told["rounds"] > 1 else ""
    said = (
        told["memory_format"],
        "compiled" if told["compiled"] else None,
        "branches merged" if told["fused"] else None,
    )
    machine = "on this machine" if told["host"] == host_id() else f"on machine {told['host']}"
    measured = f"{told['origin']} {told['datetime_utc']}"
    parts = (measured, _how(told), ", ".join(s for s in said if s), rounds, machine)
    return "; ".join(part for part in parts if part), _cautions(told["cautions"])


def _cautions(names: str) -> str | None:
    """The sentences of cautions, as a doubt."""
    return " ".join(CAUTIONS.get(name, name) for name in names.split(",")) if names else None


def _predicted_speed(
    connection: sqlite3.Connection, row: dict[str, Any], reference: Reference, value: float
) -> tuple[str, str | None] | None:
    """The prediction that the answer shows, where one was asked for."""
    if reference.where is None or not has_measurements(connection):
        return None
    meant = _Meant.by(connection, reference)
    if meant.origin != "predicted":
        return None
    where = [f"m.{meant.column} = :value", *_at_its_resolution(reference), *meant.of_device()]
    kept = of_predicted(" and ".join([*_numbered(meant.conditions), *where])).replace("x.", "m.")
    rows = _records(
        connection,
        f"""select m.datetime_utc, m.precision, {PREDICTED_FROM} as how
        from probe_prediction m join {PREDICTED} o on o.name = m.backbone
        where o.architecture = (select architecture from backbone where id = :backbone_id) and {kept} limit 1""",
        _named(connection, row, meant, value),
    )
    return (f"predicted {rows[0]['datetime_utc']}; {rows[0]['precision']}; {rows[0]['how']}", None) if rows else None


def _numbered(conditions: Sequence[str]) -> list[str]:
    """The conditions with a name for each question mark, in their order."""
    numbers = count()
    return [re.sub(r"\?", lambda _: f":given{next(numbers)}", condition) for condition in conditions]


def _named(connection: sqlite3.Connection, row: dict[str, Any], meant: _Meant, value: float) -> dict[str, Any]:
    given = {f"given{i}": parameter for i, parameter in enumerate(meant.parameters)}
    device = device_here(connection) if meant.device == HERE else meant.device
    return {**row, **given, "device": device, "host": host_id(), "value": value}


def _how(row: dict[str, Any]) -> str:
    said = (row["precision"], row["framework"], f"batch {row['batch_size']}" if row["batch_size"] else None)
    return ", ".join(s for s in said if s)


def _reported_memory(
    connection: sqlite3.Connection, row: dict[str, Any], value: float
) -> tuple[str, str | None] | None:
    """The memory that the row's own source reports."""
    rows = _records(
        connection,
        f"""select x.source, x.source_ref, x.collection, {DOUBT.format(t="x")} as doubt from result r join cost x on x.mention = r.mention
        where r.id = ? and x.memory_mib = ? and x.collection = r.collection and x.head is ?
          and (x.setting is ? or x.source_ref = r.source_ref) order by x.source_ref = r.source_ref desc limit 1""",
        [row["key"], value, row["head"], row["setting"]],
    )
    return (_where(rows[0]), rows[0]["doubt"]) if rows else None


def _records(
    connection: sqlite3.Connection, sql: str, parameters: Sequence[Any] | dict[str, Any]
) -> list[dict[str, Any]]:
    cursor = connection.execute(sql, parameters)
    names = [d[0] for d in cursor.description]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
