"""What a column of this machine's speeds is made of, where it is more than one thing: several precisions, or predictions."""

from __future__ import annotations

import json
import sqlite3
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from statistics import median
from typing import TYPE_CHECKING, Any, Final

from backbones.store.catalog import has_measurements
from backbones.store.measured_backbones import MEASURED, PREDICTED
from backbones.store.measuring.here import here_of
from backbones.store.own_speeds import current, of_measured, of_predicted
from backbones.store.references import SPEEDS, Reference

if TYPE_CHECKING:
    from backbones.store.compile import Compiler

_BEST: Final = {"throughput": "fastest", "latency": "fastest", "peak_memory": "least"}
_OF_ROWS: Final = """(select distinct u.architecture, k.resolution from result r join subject u on u.id = r.mention
  join condition k on k.id = r.condition where r.id in (select value from json_each(?)))"""
"""The architectures and resolutions of an answer's rows."""


def told_of(
    connection: sqlite3.Connection, references: Iterable[Reference], anchor: Reference, keys: Sequence[int]
) -> tuple[str, ...]:
    """A sentence for each speed of this machine whose values in these rows are of several settings, or predicted."""
    asked = here_of(references)
    if not asked or not keys or not has_measurements(connection):
        return ()
    from backbones.store.compile import Compiler

    compiler = Compiler(connection, anchor, measured=True)
    found: list[str] = []
    for reference in asked:
        origin = compiler.origin(reference)
        if origin == "predicted":
            found += _of_predictions(compiler, reference, keys)
        elif origin != "reported":
            found += _of_settings(compiler, reference, keys)
    return tuple(found)


def _of_settings(compiler: Compiler, reference: Reference, keys: Sequence[int]) -> list[str]:
    where, place, given = _conditions(compiler, reference)
    at = "" if "resolution" in dict(reference.keys) else "and x.resolution = a.resolution"
    rows = compiler.connection.execute(
        f"""select x.precision, x.memory_format, x.compiled, x.framework from {_OF_ROWS} a join {MEASURED} o on o.architecture = a.architecture
          join {current(of_measured(where))} x on x.backbone = o.name {at}
        where x.head is null and x.origin = 'measured' and {place} and {of_measured(where)} and x.{SPEEDS[reference.name]} is not null""",
        [json.dumps(list(keys)), *given],
    ).fetchall()
    for position, key in enumerate(("precision", "memory_format", "compiled", "framework")):
        counted = Counter(_named(key, row[position]) for row in rows if row[position] is not None)
        if len(counted) > 1 and key not in dict(reference.keys):
            first = counted.most_common(1)[0][0]
            one = replace(reference, keys=(*reference.keys, (key, first)))
            of = key.replace("_", " ") + " " if key == "compiled" else ""
            return [
                f"{reference}: the {_BEST[reference.name]} of {of}{', '.join(sorted(counted))}; {one} is one of them"
            ]
    return []


def _of_predictions(compiler: Compiler, reference: Reference, keys: Sequence[int]) -> list[str]:
    if not compiler.knows_predictions(reference):
        return []
    where, place, given = _conditions(compiler, reference)
    at = "" if "resolution" in dict(reference.keys) else "and x.resolution = a.resolution"
    rows = compiler.connection.execute(
        f"""select x.confidence, x.low / x.throughput_img_s, x.high / x.throughput_img_s
        from {_OF_ROWS} a join {PREDICTED} o on o.architecture = a.architecture join probe_prediction x on x.backbone = o.name {at}
        where {place} and {of_predicted(where)} and x.throughput_img_s > 0""",
        [json.dumps(list(keys)), *given],
    ).fetchall()
    if not rows:
        return []
    confidence, low, high = (median(row[i] for row in rows) for i in range(3))
    return [
        f"{reference}: not measured but predicted; {100 * confidence:g} % are expected within {100 * (low - 1):+.0f} % to "
        f"{100 * (high - 1):+.0f} % (median); `backbones values NAME {reference}` has the interval of each"
    ]


def _conditions(compiler: Compiler, reference: Reference) -> tuple[str, str, list[Any]]:
    conditions, parameters = compiler._speed_conditions(reference)
    place, given = compiler.own.of_device(compiler.place("device", reference))
    return " and ".join(conditions) or "1", place, [*given, *parameters]


def _named(key: str, value: Any) -> str:
    return ("yes" if value else "no") if key == "compiled" else str(value)
