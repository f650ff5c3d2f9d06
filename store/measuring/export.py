"""Measured rows as a sheet that others drop into their catalogue: what all rows share in its head, a line a row below."""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from typing import Any, Final

from backbones.store.errors import BackbonesError
from backbones.store.machine import host_id
from backbones.store.measuring.count import FUSED
from backbones.store.measuring.file import reading
from backbones.store.measuring.sent_back import OWN_SOURCE
from backbones.store.measuring.short_list import percent
from backbones.store.text import closest, fold, slug
from backbones.store.vocabulary import PRECISIONS

COLUMNS: Final = (
    "backbone", "resolution", "batch_size", "throughput_img_s", "latency_ms", "peak_memory_mib", "precision", "memory_format",
    "compiled", "mode", "setting", "device", "framework", "params_m", "printed", "convention", "source", "source_ref",
)  # fmt: skip
"""Of the sheet, as far as the rows differ in them."""
_OWN: Final = ("backbone", "throughput_img_s", "latency_ms", "peak_memory_mib", "params_m", "printed", "source_ref")
"""Never said of all rows at once, even where they are alike by chance."""

DISTURBED: Final = frozenset({
    "throttled", "shared_device", "busy_cpu", "wide_spread", "rounds_disagree", "unstable_warm_up", "page_faults", "few_steps", "outliers",
})  # fmt: skip
"""Cautions that say that another time the figure will be another; the others tell how to read it."""
_VENDORS: Final = ("NVIDIA", "AMD", "Intel", "Apple")

_SELECT: Final = """select m.* from measurement m
  where m.origin = 'measured' and (m.throughput_img_s is not null or m.latency_ms is not null) order by m.device, m.mode, m.quantity desc,
    m.throughput_img_s desc, m.backbone, m.resolution"""


def export_sheet(
    path: Path,
    device: str = "",
    every_host: bool = False,
    connection: sqlite3.Connection | None = None,
    without_disturbed: bool = False,
) -> dict[str, Any]:
    """What was measured on this machine (or on every one whose rows were merged) as the plain value of a sheet.

    `device` names one of several. A row without multiply-accumulates gets those that the catalogue behind `connection` counted of
    the same model, size and form. Predictions are never in it. `without_disturbed` leaves out what DISTURBED
    names. BackbonesError where nothing was measured, or nothing is left.
    """
    rows = _rows(path, every_host)
    devices = sorted({row["device"] for row in rows})
    if device:
        if not (chosen := [name for name in devices if fold(name) == fold(device)]):
            near = closest(device, devices) or devices
            raise BackbonesError(
                f"nothing was measured on {device!r}" + (f"; there is {', '.join(near)}" if near else "")
            )
        rows = [row for row in rows if row["device"] == chosen[0]]
    if not rows:
        raise BackbonesError("nothing was measured on this machine yet; `backbones probe NAME…` measures")
    if without_disturbed and not (rows := [row for row in rows if not DISTURBED & _cautions(row)]):
        raise BackbonesError("every row was disturbed while it was measured; measure again when the machine is quiet")
    return sheet_of(rows if connection is None else _with_counts(rows, connection))


def disturbed(path: Path, device: str = "", every_host: bool = False) -> tuple[int, list[tuple[str, int]]]:
    """How many of the rows that would be exported were disturbed, and by what, the most frequent first."""
    rows = [row for row in _rows(path, every_host) if not device or fold(row["device"]) == fold(device)]
    found = [names for row in rows if (names := DISTURBED & _cautions(row))]
    return len(found), Counter(name for names in found for name in sorted(names)).most_common()


def sheet_of(rows: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """The sheet of rows of the table `measurement`."""
    lines = [_line(row) for row in rows]
    shared = {name: lines[0][name] for name in COLUMNS if name not in _OWN and len({line[name] for line in lines}) == 1}
    columns = [name for name in COLUMNS if name not in shared and any(line[name] is not None for line in lines)]
    devices = sorted({row["device"] for row in rows})
    hosts = sorted({row["host"] for row in rows})
    return {
        "sheet": "_".join(["probe", *map(_plain, devices[:2]), *(host[:6] for host in hosts[:2])]),
        "kind": "throughput",
        "note": _note(rows),
        "collection": "probe",
        "sources": _sources(rows),
        **({"devices": told} if (told := _devices(rows)) else {}),
        "shared": {name: value for name, value in shared.items() if value is not None},
        "columns": columns,
        "rows": [[line[name] for name in columns] for line in lines],
    }


def _with_counts(rows: Sequence[dict[str, Any]], connection: sqlite3.Connection) -> list[dict[str, Any]]:
    from backbones.store.measuring.counts import shipped

    plain = shipped(connection)
    merged = plain | shipped(connection, fused=True)  # a form that costs the same is not counted twice
    found = []
    for row in rows:
        count = (merged if row["fused"] else plain).get(row["backbone"])
        fits = row["gmacs"] is None and count is not None and count.resolution == row["resolution"]
        found.append(row | {"gmacs": count.macs / 1e9} if fits and count else row)
    return found


def _rows(path: Path, every_host: bool) -> list[dict[str, Any]]:
    with reading(path) as connection:
        if connection is None:
            return []
        connection.row_factory = sqlite3.Row
        found = [dict(row) for row in connection.execute(_SELECT)]
    return [row for row in found if every_host or row["host"] == host_id()]


def _line(row: dict[str, Any]) -> dict[str, Any]:
    told = [row["key"] or f"row {row['id']}", str(row["datetime_utc"])[:10]]
    if row["rounds"] > 1:
        told.append(f"{row['rounds']} rounds, spread {percent(row['spread'])}")
    told += ["fused"] if row["fused"] else []
    told += [name.replace("_", " ") for name in row["cautions"].split(",") if name]
    gmacs = _rounded(row["gmacs"])
    return {
        "backbone": row["backbone"],
        "resolution": row["resolution"],
        "batch_size": row["batch_size"],
        "throughput_img_s": _rounded(row["throughput_img_s"]) if row["quantity"] != "latency" else None,
        "latency_ms": _rounded(row["latency_ms"]) if row["quantity"] in ("latency", "") else None,
        "peak_memory_mib": _rounded(row["peak_memory_mib"]),
        "precision": row["precision"] if row["precision"] in PRECISIONS else None,
        "memory_format": row["memory_format"],
        "compiled": None if row["compiled"] is None else bool(row["compiled"]),
        "mode": row["mode"],
        "setting": FUSED if row["fused"] else row["setting"],
        "device": row["device"],
        "framework": row["framework"] or None,
        "params_m": _rounded(row["params_m"]),
        "printed": gmacs,
        "convention": "macs" if gmacs is not None else None,
        "source": _source(row),
        "source_ref": ", ".join(told),
    }


def _source(row: dict[str, Any]) -> str:
    """One a host and fingerprint: rows of another driver are another source."""
    return f"{OWN_SOURCE}{row['host']}" + (f"/{row['fingerprint']}" if row["fingerprint"] else "")


def _cautions(row: dict[str, Any]) -> set[str]:
    return {name for name in row["cautions"].split(",") if name}


def _devices(rows: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """What is known of the devices, so that elsewhere they are no bare names."""
    found: dict[str, Any] = {}
    for row in rows:
        memory = row["device_memory_mib"]
        said = {
            "kind": row["device_kind"] or None,
            "vendor": next((name for name in _VENDORS if str(row["device"]).startswith(f"{name} ")), None),
            "memory_gib": round(memory / 1024, 1) if memory else None,
        }
        known = found.setdefault(row["device"], {})
        known |= {name: value for name, value in said.items() if value is not None and name not in known}
    return {name: said for name, said in found.items() if said}


def _sources(rows: Sequence[dict[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for row in rows:
        software = [row["torch"] and f"torch {row['torch']}", row["timm"] and f"timm {row['timm']}", row["accelerator"]]
        software += [row["driver"] and f"driver {row['driver']}", row["cudnn"] and f"cuDNN {row['cudnn']}"]
        software += [row["python"] and f"Python {row['python']}", row["protocol"] and f"protocol {row['protocol']}"]
        day = str(row["datetime_utc"])[:10]
        before = found.get(_source(row), {"retrieved": ""})
        found[_source(row)] = {
            "title": f"measured with `backbones probe` on {row['device']}"
            + _with_threads(row)
            + (f", {row['system']}" if row["system"] else ""),
            "kind": "measurement",
            **({"version": ", ".join(filter(None, software))[:200]} if any(software) else {}),
            "retrieved": max(before["retrieved"], day),
        }
    return found


def _with_threads(row: dict[str, Any]) -> str:
    """A CPU is as fast as it has threads."""
    if row["device_kind"] != "cpu" or not row["threads"]:
        return ""
    return f" with {row['threads']} thread{'' if row['threads'] == 1 else 's'}"


def _note(rows: Sequence[dict[str, Any]]) -> str:
    """What a sheet has no column for."""
    said = [
        f"{len(rows):,} measured rows; each is the median over rounds, source_ref tells them, their spread and cautions"
    ]
    if spreads := [row["spread"] for row in rows if row["rounds"] > 1]:
        said.append(f"median spread over rounds {percent(median(spreads))}")
    cautions = Counter(name for row in rows for name in row["cautions"].split(",") if name)
    if cautions:
        said.append("cautions: " + ", ".join(f"{name.replace('_', ' ')} {n}" for name, n in cautions.most_common()))
    return "; ".join(said)


def _rounded(value: float | None) -> float | None:
    """Six digits are more than a measurement has."""
    return None if value is None else float(f"{value:.6g}")


def _plain(name: str) -> str:
    return slug(name).replace("-", "_").replace(".", "_")
