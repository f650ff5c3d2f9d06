"""What to say where a question is about this machine: what its numbers are, and what to run where there are none."""

from __future__ import annotations

import shlex
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from backbones.store.filters import Comparison, Every, Filter, Some, references_of
from backbones.store.measuring.visit import PRECISIONS
from backbones.store.own_speeds import current, of_measured
from backbones.store.references import SPEEDS, Reference
from backbones.store.text import fold
from backbones.store.this_machine import HERE, OwnDevice, is_here, many, own_devices, predicted_here
from backbones.store.vocabulary import METRICS

if TYPE_CHECKING:
    from backbones.store.compile import Compiler

BY_NAME: Final = "`backbones probe NAME…` measures models by name or pattern"
_CHOSEN: Final = ("precision", "memory_format", "compiled")
"""Conditions that `backbones probe --answer` measures in."""
LATEST_COUNT: Final = "of a setting measured under several conditions (driver, versions, card) the latest count"
_BEST: Final = {"throughput": "highest", "latency": "lowest", "peak_memory": "least"}
_MOST: Final = 6
"""So many settings are named."""


def here_of(references: Iterable[Reference]) -> tuple[Reference, ...]:
    """Those of the references that are speeds of this machine."""
    return tuple(dict.fromkeys(r for r in references if r.is_speed and is_here(r.where)))


# What its numbers are


def explained(compiler: Compiler, reference: Reference) -> list[str]:
    """What a speed rests on, where measurements of one's own are among it: whose, in which settings, and which of them counts."""
    device = compiler.place("device", reference)
    origin = compiler.origin(reference)
    lines = []
    if device == HERE:
        devices = own_devices(compiler.connection)
        if not devices:
            return [f"{reference}: nothing was measured on this machine yet; {BY_NAME}"]
        lines.append(f"{reference}: {said_of_here(devices, reference.name)}")
    if origin == "predicted":
        return [*lines, f"{reference}: predicted from measured models, nothing of it was measured"]
    if origin == "reported" or not compiler.measured:
        return lines
    if found := settings(compiler, reference):
        named = "; ".join(found[:_MOST]) + (f"; {len(found) - _MOST} more" if len(found) > _MOST else "")
        which = "all" if len(found) == 1 else f"a row takes the {_BEST[reference.name]} of its own in"
        lines.append(f"{reference}: measured, {which} {named}")
        if len(found) > 1:
            lines.append(f"{reference}: precision=, memory_format=, compiled=, fused= or batch_size= fix one setting")
        if conditions := _superseded(compiler, reference):
            lines.append(f"{reference}: {LATEST_COUNT}; {many(conditions, 'earlier measurement')} left out")
    elif device == HERE:
        lines.append(f"{reference}: nothing was measured under these conditions")
    if merged := _with_merged_branches(compiler, reference):
        lines.append(f"{reference}: fused=yes asks for the {many(merged, 'model')} measured with merged branches")
    return lines


def said_of_here(devices: Sequence[OwnDevice], name: str = "throughput") -> str:
    """Which device `here` is, and how the others are asked for."""
    first, *others = devices
    text = (
        f"here is {first.device}, {many(first.measurements, 'measurement')} of {many(first.backbones, 'model')}, the last of "
        f"{first.latest[:10]}"
    )
    if others:
        named = ", ".join(device.reference(name) for device in others)
        text += f"; the other device{'s' if len(others) > 1 else ''} of this machine by name: {named}"
    return text


def settings(compiler: Compiler, reference: Reference) -> list[str]:
    """The settings in which the measurements behind a reference were taken, with the models of each, the most first."""
    where, place, given = _of_own(compiler, reference)
    rows = compiler.connection.execute(
        f"""select x.precision, x.memory_format, x.compiled, x.fused, min(x.batch_size), max(x.batch_size), count(distinct x.backbone)
        from {current(where)} x where {place} and {where} and x.origin = 'measured' and x.{SPEEDS[reference.name]} is not null
        group by 1, 2, 3, 4 order by 7 desc, 1, 2, 3, 4""",
        given,
    )
    return [_setting(*row) for row in rows]


def _superseded(compiler: Compiler, reference: Reference) -> int:
    """How many measurements under these conditions do not count, because the setting was measured again under other ones."""
    where, place, given = _of_own(compiler, reference)
    (count,) = compiler.connection.execute(
        f"select count(*) from probe_measurement x where {place} and {where} and x.origin = 'measured' "
        f"and x.id not in (select id from {current(where)})",
        given,
    ).fetchone()
    return int(count)


def _with_merged_branches(compiler: Compiler, reference: Reference) -> int:
    """How many models were measured in the form that counts only where it is asked for."""
    if "fused" in dict(reference.keys):
        return 0
    where, place, given = _of_own(compiler, replace(reference, keys=(*reference.keys, ("fused", "yes"))))
    (count,) = compiler.connection.execute(
        f"select count(distinct x.backbone) from {current(where)} x where {place} and {where} and x.origin = 'measured' "
        f"and x.{SPEEDS[reference.name]} is not null",
        given,
    ).fetchone()
    return int(count)


def _of_own(compiler: Compiler, reference: Reference) -> tuple[str, str, list[Any]]:
    """The test of a row `x` of measurements: its conditions, its device, and the parameters of device and conditions."""
    conditions, parameters = compiler._speed_conditions(reference)
    place, given = compiler.own.of_device(compiler.place("device", reference))
    return of_measured(" and ".join(conditions)), place, [*given, *parameters]


def _setting(
    precision: str | None, layout: str | None, compiled: int | None, fused: int, least: int | None, most: int | None, models: int
) -> str:  # fmt: skip
    batch = "" if least is None else f"batch {least}" if least == most else f"batches {least} to {most}"
    said = (precision, layout, "compiled" if compiled else None, "branches merged" if fused else None, batch)
    return f"{' '.join(s for s in said if s) or 'unknown conditions'} ({many(models, 'model')})"


# What to run


def nothing_here(
    connection: sqlite3.Connection, references: Iterable[Reference], anchor: Reference, tree: Filter | None = None
) -> tuple[str, ...]:
    """Sentences for an answer that is empty, or a column that is: why, and what to run. () where this machine was not asked for.

    `anchor` is the metric that decides which rows there are, `tree` the filter.
    """
    asked = here_of(references)
    if not asked:
        return ()
    named = " and ".join(map(str, asked))
    if not METRICS[anchor.name].is_classification:
        return (
            f"{named}: the probe measures bare backbones, rows of {anchor} have a head; pick by a metric without one",
        )
    devices = own_devices(connection)
    predicted = predicted_here(connection, devices[0].device) if devices else 0
    told = [_what_there_is(asked, devices, predicted)]
    command = answer_command(anchor, tree)
    if command:
        told.append(f"`{command}` measures the few models that the answer needs")
    if not devices or not command:
        told.append(f"`{measure_command(tree, asked)}` measures those that pass the rest" if _rest(tree) else BY_NAME)
    if predicted and not any(_is_of_predictions(r) for r in asked):
        told.append(f"predicted of it: {many(predicted, 'speed')}; throughput@here:origin=predicted asks for them")
    return tuple(told)


def with_here(
    found: tuple[str, ...], connection: sqlite3.Connection, references: Iterable[Reference], anchor: Reference, tree: Filter | None
) -> tuple[str, ...]:  # fmt: skip
    """Why an answer is empty, with what there is to say of this machine: before all else where nothing was measured on it."""
    about = nothing_here(connection, references, anchor, tree)
    return (*found[:1], *about, *found[1:]) if about and own_devices(connection) else (*about, *found)


def _what_there_is(asked: Sequence[Reference], devices: Sequence[OwnDevice], predicted: int) -> str:
    named = " and ".join(map(str, asked))
    if not devices:
        return f"nothing was measured on this machine yet: {named} {'is' if len(asked) == 1 else 'are'} empty"
    if all(map(_is_of_predictions, asked)):
        return f"predicted for this machine ({devices[0].device}): {many(predicted, 'speed') if predicted else 'nothing yet'}"
    return f"{named}: {said_of_here(devices)}"


def _is_of_predictions(reference: Reference) -> bool:
    return fold(dict(reference.keys).get("origin", "")) == "predicted"


def answer_command(objective: Reference, tree: Filter | None) -> str | None:
    """The command line that measures just what a question needs; None where `backbones probe --answer` cannot ask it."""
    if not objective.is_metric or not METRICS[objective.name].is_classification:
        return None
    clauses: list[str] = []
    said: dict[str, str] = {}
    is_limited = False
    for part in parts(tree):
        if not here_of(references_of(part)):
            clauses.append(f"({part.text})" if isinstance(part, Some) else part.text)
            continue
        if not isinstance(part, Comparison) or part.operator not in ("<", "<=", ">", ">="):
            return None
        keys = {key: value for key, value in part.reference.keys if key != "origin"}
        if part.reference.name != "throughput" or not set(keys) <= set(_CHOSEN):
            return None
        if "precision" in keys:
            keys["precision"] = {"amp": "amp_fp16"}.get(fold(keys["precision"]), keys["precision"])
            if fold(keys["precision"]) not in map(fold, PRECISIONS):
                return None
        if any(fold(said.setdefault(key, value)) != fold(value) for key, value in keys.items()):
            return None
        is_limited = True
        reference = replace(part.reference, where="here", keys=tuple(keys.items()))
        clauses.append(f"{reference} {part.operator} {part.values[0]}")
    if not is_limited:
        return None
    return shlex.join(["backbones", "probe", "--answer", f"{objective} where {' and '.join(clauses)}"])


def measure_command(tree: Filter | None, asked: Sequence[Reference]) -> str:
    """The command line that measures all models that pass the rest of a filter, under the conditions asked for."""
    words = ["backbones", "probe"]
    rest = _rest(tree)
    words += ["--where", rest] if rest else ["NAME…"]
    keys = {key: fold(value) for reference in asked for key, value in reference.keys}
    precision = {"amp": "ampfp16"}.get(keys.get("precision", ""), keys.get("precision"))
    words += [word for known in PRECISIONS if fold(known) == precision for word in ("--precision", known)]
    words += ["--memory-format", "channels_last"] if keys.get("memory_format") in ("channelslast", "nhwc") else []
    words += ["--compile"] if keys.get("compiled") in ("1", "yes", "true") else []
    words += ["--fused"] if keys.get("fused") in ("1", "yes", "true") else []
    words += ["--train"] if keys.get("mode") == "training" else []
    return " ".join(word if word == "NAME…" else shlex.quote(word) for word in words)


def parts(tree: Filter | None) -> Iterator[Filter]:
    """The clauses that all have to hold, whatever parentheses are around them."""
    if isinstance(tree, Every):
        for part in tree.parts:
            yield from parts(part)
    elif tree is not None:
        yield tree


def _rest(tree: Filter | None) -> str:
    """What a filter asks for besides this machine's speeds."""
    others = [part for part in parts(tree) if not here_of(references_of(part))]
    return " and ".join(f"({part.text})" if isinstance(part, Some) else part.text for part in others)
