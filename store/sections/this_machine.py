"""This machine on pages: which of its devices were measured, with what, how each is asked for, and how to measure more."""

from __future__ import annotations

import platform
import sqlite3
from typing import Final

from backbones.store.machine import host_id
from backbones.store.page import Page, Section
from backbones.store.rows import Value
from backbones.store.sections.tables import Facts, one, table
from backbones.store.this_machine import HERE, many, own_devices, predicted_here

IN_THE_APP: Final = "M measures the row, or the rows marked with space"
_COMMANDS: Final = (
    ("measure models", "backbones probe resnet50 'convnext_*'"),
    ("measure what a filter leaves", "backbones probe --where 'params_m < 30 and top_1@imagenet-1k > 80' --budget 30m"),
    ("measure only what an answer needs", "backbones probe --answer 'top_1@imagenet-1k where throughput@here > 1000'"),
    ("every device of it", "backbones probe resnet50 --devices all"),
    ("in the app", IN_THE_APP),
)
_LATEST: Final = """
  select nullif(driver, ''), nullif(accelerator, ''), nullif(cudnn, ''), nullif(torch, ''), nullif(timm, ''), nullif(python, ''),
    nullif(system, ''), nullif(threads, 0), device_kind
  from probe_measurement where host = ? and device = ? and origin = 'measured' order by rtrim(datetime_utc, 'Z') desc, id desc limit 1"""
_UNITS: Final = """
  select count(distinct json_extract(details, '$.extra.uuid')) from probe_measurement
  where host = ? and device = ? and json_valid(details)"""


def unmeasured_page(connection: sqlite3.Connection) -> Page:
    """The page of this machine as long as nothing was measured on it: how to measure, and what will stand here then."""
    facts = Facts().add("measured", f"nothing was measured on {HERE} yet: throughput@here is empty")
    facts.add("host", host_id()).add("system", f"{platform.system()} {platform.release()} {platform.machine()}")
    for label, command in _COMMANDS:
        facts.add(label, command)
    facts.add("what can be measured on it", "backbones doctor")
    note = "Speeds, latencies and memory of this machine stand here once something was measured, beside what is reported of other devices."
    return Page("device", HERE, "device, not measured yet", (facts.section(note=note),))


def add_this_machine(connection: sqlite3.Connection, facts: Facts, name: str) -> None:
    """What makes a device one of this machine: whether it is `@here`, host, driver and versions; nothing for any other device."""
    devices = own_devices(connection)
    own = next((device for device in devices if device.device == name), None)
    if own is None:
        return
    if own is devices[0]:
        facts.add(HERE, "@here is this device" + _because(len(devices)))
    else:
        facts.add(
            HERE, f"{own.reference()}; @here is another device of it, its accelerator or the one with most measurements"
        )
        facts.add("@here", devices[0].device, "device")
    counts = f"{many(own.measurements, 'measurement')} of {many(own.backbones, 'model')}"
    facts.add("measured here", f"{counts}, the last on {own.latest[:10]}")
    facts.add("host", host_id())
    row = connection.execute(_LATEST, [host_id(), name]).fetchone()
    driver, accelerator, cudnn, torch, timm, python, system, threads, kind = row
    facts.add("driver", driver).add("accelerator", accelerator).add("cuDNN", cudnn).add("PyTorch", torch).add(
        "timm", timm
    )
    facts.add("Python", python).add("system", system).add("threads", threads if kind == "cpu" else None)
    units = one(connection, _UNITS, [host_id(), name])
    facts.add("units", f"{units} of this name were measured; their rows are told by uuid only" if units > 1 else None)


def _because(count: int) -> str:
    return (
        ""
        if count == 1
        else f": of the {count} devices measured on this machine, GPUs first, then the one with most measurements"
    )


def devices_of_this_machine(connection: sqlite3.Connection, name: str) -> list[Section]:
    """All devices of this machine and how each is asked for, where the page is of one of them and there are several."""
    devices = own_devices(connection)
    if len(devices) < 2 or name not in [device.device for device in devices]:
        return []
    rows: list[tuple[Value, ...]] = []
    for place, device in enumerate(devices):
        asked = device.reference() if place else "throughput@here"
        known = device.measurements, predicted_here(connection, device.device)
        rows.append((device.device, device.kind or None, asked, *known, device.latest[:10]))
    names = ("device", "kind", "column", "measurements", "predicted", "latest")
    note = "@here is the first of them. By its name a device has also what others report of it; origin=measured leaves that out."
    return table("devices of this machine", names, rows, note=note)
