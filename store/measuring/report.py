"""What a run of the probe found, as rows to print: throughput, latency and memory of one model and setting in one line."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final

from backbones.store.measuring.cautions import CAUTIONS
from backbones.store.measuring.file import reading
from backbones.store.rows import Column, Row, Rows, Value

_COLUMNS: Final = (
    Column("model", "model"), Column("resolution", "res", "number", "px", decimals=0), Column("device", "device"),
    Column("card", "card"),
    Column("precision", "precision"), Column("memory_format", "layout"), Column("compiled", "compiled", "flag"),
    Column("fused", "fused", "flag"), Column("batch_size", "batch", "number", decimals=0),
    Column("throughput_img_s", "img/s", "number", "img/s", True, 1),
    Column("uncertainty_percent", "± %", "number", "percent", False, 1), Column("rounds", "rounds", "number", decimals=0),
    Column("latency_ms", "p50 ms", "number", "ms", False, 2), Column("latency_p90_ms", "p90 ms", "number", "ms", False, 2),
    Column("training_img_s", "training img/s", "number", "img/s", True, 1),
    Column("training_batch_size", "training batch", "number", decimals=0),
    Column("peak_memory_mib", "MiB", "number", "MiB", False, 0),
    Column("energy_j_per_image", "J/image", "number", "J", False, 3), Column("cautions", "cautions"),
)  # fmt: skip
_MAY_BE_SILENT: Final = frozenset({
    "device", "card", "precision", "memory_format", "compiled", "fused", "latency_ms", "latency_p90_ms", "training_img_s", "training_batch_size",
    "peak_memory_mib", "energy_j_per_image", "cautions",
})  # fmt: skip
"""Columns that a table leaves out where they say nothing, or the same of all."""
_SQL: Final = """select (select json_extract(v.facts, '$.task.device') from visit v where v.key = m.key order by v.id desc limit 1), backbone,
  resolution, device, precision, memory_format, compiled, fused, quantity, batch_size, throughput_img_s,
  case when rounds > 1 then 50 * spread else 100 * ci end, rounds, latency_ms, latency_p90_ms, peak_memory_mib, energy_j_per_image, cautions
  from measurement m where key in (select value from json_each(?))"""


def report(path: Path, keys: Iterable[str]) -> Rows:
    """What is measured under these keys, the fastest first; keys that nothing was measured for have no line.

    `card` is what torch calls the device, where one name stands for several.
    `uncertainty_percent` is half the range over rounds, of a single visit half the interval of its median.
    """
    with reading(path) as connection:
        found = connection.execute(_SQL, [json.dumps(list(keys))]).fetchall() if connection else []
    lines: dict[tuple[Any, ...], dict[str, Value]] = defaultdict(dict)
    for (
        card,
        model,
        resolution,
        device,
        precision,
        layout,
        compiled,
        fused,
        quantity,
        batch,
        speed,
        plus_minus,
        rounds,
        *rest,
    ) in found:
        latency, p90, memory, energy, cautions = rest
        line = lines[(model, resolution, device, card, precision, layout, compiled, fused)]
        line["cautions"] = _joined(line.get("cautions"), cautions)
        if quantity == "latency":
            line |= {"latency_ms": latency, "latency_p90_ms": p90}
        elif quantity == "training":
            line |= {"training_img_s": speed, "training_batch_size": batch}
        elif (line.get("throughput_img_s") or 0) < speed:
            line |= {
                "batch_size": batch, "throughput_img_s": speed, "uncertainty_percent": plus_minus, "rounds": rounds,
                "energy_j_per_image": energy, "peak_memory_mib": memory,
            }  # fmt: skip
        if "throughput_img_s" not in line:
            line |= {"peak_memory_mib": memory, "rounds": rounds}
    names = ("model", "resolution", "device", "card", "precision", "memory_format", "compiled", "fused")
    cards: dict[Any, set[Any]] = defaultdict(set)
    for _, _, device, card, *_ in lines:
        cards[device].add(card)
    made = [dict(zip(names, of, strict=True)) | line for of, line in lines.items()]
    for line in made:
        line["card"] = line["card"] if len(cards[line["device"]]) > 1 else None
    made.sort(
        key=lambda line: (
            -_number(line.get("throughput_img_s")),
            str(line["model"]),
            _number(line["resolution"]),
            str(line["card"]),
        )
    )
    return Rows(_COLUMNS, tuple(_row(line) for line in made))


def telling(rows: Rows) -> Rows:
    """For a table: without columns that say the same of all or nothing, and without the names of cautions, which are said below."""
    kept = [
        place
        for place, column in enumerate(rows.columns)
        if column.name != "cautions"
        and not (column.name in _MAY_BE_SILENT and _is_silent(column.name, {row[place] for row in rows}))
    ]
    return Rows(tuple(rows.columns[i] for i in kept), tuple(tuple(row[i] for i in kept) for row in rows))


def caution_sentences(rows: Rows) -> list[str]:
    """What is to be said of these rows, each caution once with the models that it is about."""
    about: dict[str, list[str]] = defaultdict(list)
    for model, names in zip(rows.values("model"), rows.values("cautions"), strict=True):
        for name in str(names or "").split(","):
            if name in CAUTIONS and str(model) not in about[name]:
                about[name].append(str(model))
    return [f"{_models(about[name])}: {sentence}" for name, sentence in CAUTIONS.items() if about.get(name)]


def _models(names: list[str]) -> str:
    return ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")


def _is_silent(name: str, values: set[Value]) -> bool:
    """Numbers are silent where there are none; what is the same of all rows is said before the run."""
    return values <= {None, ""} or (
        len(values) == 1 and name in ("device", "precision", "memory_format", "compiled", "fused")
    )


def _joined(before: Value, names: str) -> Value:
    said = [*str(before or "").split(","), *names.split(",")]
    return ",".join(name for name in CAUTIONS if name in said) or None


def _number(value: Value) -> float:
    return float(value) if isinstance(value, int | float) else 0.0


def _row(line: dict[str, Value]) -> Row:
    return tuple(line.get(column.name) for column in _COLUMNS)
