"""What an advice says of this machine: what is measured, how many candidates never were, and the command that settles it."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from typing import TYPE_CHECKING

from backbones.store.catalog import has_measurements
from backbones.store.explorer import Choice
from backbones.store.filters import parse_filter
from backbones.store.machine import host_id
from backbones.store.measured_backbones import device_here
from backbones.store.measuring.here import BY_NAME, answer_command, here_of, measure_command, said_of_here
from backbones.store.references import Reference
from backbones.store.text import fold
from backbones.store.this_machine import HERE, own_devices, predicted_here
from backbones.store.vocabulary import METRICS

if TYPE_CHECKING:
    from backbones.store.advising.limits import Candidate, Question


def about_here(question: Question, candidates: Sequence[Candidate]) -> list[str]:
    """Notes on the speeds of this machine that a question asks for; none where it asks for none."""
    asked = here_of(question.names)
    if not asked:
        return []
    anchor = question.compiler.anchor
    told = [_what_is_known(question.connection, question.measured)]
    if not METRICS[anchor.name].is_classification:
        return [*told, "the probe measures bare backbones: a backbone with a head has no speed of this machine"]
    measured = [r for r in asked if fold(dict(r.keys).get("origin", "")) != "predicted"]
    never = _never_measured(question, candidates, measured)
    text = " and ".join(clause for clause in (question.wish.filter, question.scope.clause) if clause)
    tree = parse_filter(text)
    if not never and measured:
        return told
    command = answer_command(anchor, tree)
    count, of = never or (0, 0)
    if count:
        told.append(
            f"{count:,} of {of:,} backbones that may meet the limits were never measured here"
            + (" under these conditions" if any(r.keys for r in measured) else "")
        )
    if command:
        left_out = "" if question.wish.max_memory_mib is None else " (leaving out the limit on the memory)"
        told.append(f"`{command}` measures just those that decide{left_out}")
    else:
        words = measure_command(tree, asked)
        told.append(BY_NAME if words.endswith("NAME…") else f"`{words}` measures them")
    return told


def _never_measured(
    question: Question, candidates: Sequence[Candidate], asked: Sequence[Reference]
) -> tuple[int, int] | None:
    """Of the backbones that may meet the limits: how many have none of these values, and how many there are; None: none such."""
    at = [question.references.index(r) for r in asked if r in question.references]
    if not at:
        return None
    known: dict[object, bool] = {}
    for row in candidates:
        if row.may_meet:
            known[row.owner] = known.get(row.owner, False) or any(row.values[i] is not None for i in at)
    count = sum(not is_known for is_known in known.values())
    return (count, len(known)) if count else None


def _what_is_known(connection: sqlite3.Connection, measured: bool) -> str:
    devices = own_devices(connection) if measured else ()
    if not devices:
        return (
            "nothing was measured on this machine yet, and nothing is predicted for it: every limit on @here is unknown"
        )
    first = devices[0]
    are = "speeds of this machine are" if first.measurements != 1 else "speed of this machine is"
    told = f"{first.measurements:,} {are} measured, on {first.device}"
    if predicted := predicted_here(connection, first.device):
        told += f"; {predicted:,} are predicted; they count only where throughput@here:origin=predicted is asked for"
    if len(devices) > 1:
        told += f"; {said_of_here(devices).partition('; ')[2]}"
    return told


# What a wish can be made of


def own_devices_of(connection: sqlite3.Connection) -> tuple[Choice, ...]:
    """`here` and the other devices of this machine by name, with the models that were measured on each."""
    found = own_devices(connection)
    first = [Choice("here", f"{HERE} ({device.device})", device.backbones) for device in found[:1]]
    return (*first, *(Choice(device.typed, device.device, device.backbones) for device in found[1:]))


def own_precisions(connection: sqlite3.Connection, device: str) -> tuple[Choice, ...]:
    """The precisions in which a device was measured, with the models of each; those of this machine where it is `HERE`."""
    if not has_measurements(connection):
        return ()
    place, given = "device = ?", [device]
    if device == HERE:
        place, given = "host = ? and device = ?", [host_id(), device_here(connection) or ""]
    rows = connection.execute(
        f"select precision, count(distinct backbone) as n from probe_measurement where {place} and origin = 'measured' "
        "and mode = 'inference' and precision is not null group by 1 order by n desc, 1",
        given,
    )
    return tuple(Choice(name, name, n) for name, n in rows)
