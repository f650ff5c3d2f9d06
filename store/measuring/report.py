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
    Column("lowest_img_s", "lowest img/s", "number", "img/s", True, 1), Column("highest_img_s", "highest img/s", "number", "img/s", True, 1),
    Column("lowest_ms", "lowest ms", "number", "ms", False, 2), Column("highest_ms", "highest ms", "number", "ms", False, 2),
    Column("waiting_percent", "waiting %", "number", "percent", False, 0), Column("other_cpus", "other CPUs", "number", decimals=0),
    Column("threads", "threads", "number", decimals=0),
)  # fmt: skip
_MAY_BE_SILENT: Final = frozenset({
    "device", "card", "precision", "memory_format", "compiled", "fused", "latency_ms", "latency_p90_ms", "training_img_s", "training_batch_size",
    "peak_memory_mib", "energy_j_per_image", "cautions",
})  # fmt: skip
"""Columns that a table leaves out where they say nothing, or the same of all."""
_BELOW: Final = frozenset({
    "cautions", "lowest_img_s", "highest_img_s", "lowest_ms", "highest_ms", "waiting_percent", "other_cpus", "threads",
})  # fmt: skip
"""Columns of which sentences below a table tell what matters."""
_FAR_APART: Final = 1.5
"""The highest visit over the lowest from which their median says nothing."""
_MUCH_WAITING: Final = 25.0
_UNKNOWN: Final = 100.0
"""Percent of uncertainty from which it is no use as a number."""
_SENTENCES_AT_MOST: Final = 3
_VISITS: Final = """(select {}(json_extract(v.facts, '$.seen.' || case m.quantity when 'latency' then 'latency_ms' else 'throughput_img_s' end))
  from visit v where v.key = m.key and v.status = 'ok' and json_extract(v.facts, '$.seen.batch_size') = m.batch_size
  and json_extract(v.facts, '$.seen.resolution') = m.resolution)"""
_SQL: Final = f"""select (select json_extract(v.facts, '$.task.device') from visit v where v.key = m.key order by v.id desc limit 1), backbone,
  resolution, device, precision, memory_format, compiled, fused, quantity, batch_size, throughput_img_s,
  case when rounds > 1 then 50 * spread else 100 * ci end, rounds, latency_ms, latency_p90_ms, peak_memory_mib, energy_j_per_image, cautions,
  {_VISITS.format("min")}, {_VISITS.format("max")},
  100 * waiting_share / case device_kind when 'cpu' then max(1, threads) else 1 end, case device_kind when 'cpu' then other_processes end,
  case device_kind when 'cpu' then threads end
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
        latency, p90, memory, energy, cautions, low, high, waiting, others, threads = rest
        line = lines[(model, resolution, device, card, precision, layout, compiled, fused)]
        line["cautions"] = _joined(line.get("cautions"), cautions)
        line["waiting_percent"] = max(_number(line.get("waiting_percent")), waiting or 0.0)
        if threads is not None:
            line |= {"threads": threads, "other_cpus": max(int(_number(line.get("other_cpus"))), others or 0)}
        if quantity == "latency":
            line |= {"latency_ms": latency, "latency_p90_ms": p90, "lowest_ms": low, "highest_ms": high}
        elif quantity == "training":
            line |= {"training_img_s": speed, "training_batch_size": batch}
        elif (line.get("throughput_img_s") or 0) < speed:
            line |= {
                "batch_size": batch, "throughput_img_s": speed, "uncertainty_percent": plus_minus, "rounds": rounds,
                "energy_j_per_image": energy, "peak_memory_mib": memory, "lowest_img_s": low, "highest_img_s": high,
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
    """For a table: without columns that say the same of all or nothing, and without what sentences below it say.

    An uncertainty of more than 100 % is `?`.
    """
    kept = [
        place
        for place, column in enumerate(rows.columns)
        if column.name not in _BELOW
        and not (column.name in _MAY_BE_SILENT and _is_silent(column.name, {row[place] for row in rows}))
    ]
    told = Rows(tuple(rows.columns[i] for i in kept), tuple(tuple(row[i] for i in kept) for row in rows))
    return _without_wild(told)


def _without_wild(rows: Rows) -> Rows:
    place = next(i for i, column in enumerate(rows.columns) if column.name == "uncertainty_percent")
    if not any(_number(row[place]) > _UNKNOWN for row in rows):
        return rows
    column = Column("uncertainty_percent", "± %")
    columns = (*rows.columns[:place], column, *rows.columns[place + 1 :])
    return Rows(columns, tuple((*row[:place], _in_words(row[place]), *row[place + 1 :]) for row in rows))


def _in_words(percent: Value) -> str | None:
    return None if percent is None else "?" if _number(percent) > _UNKNOWN else f"{_number(percent):.1f}"


def disturbance(rows: Rows) -> str | None:
    """What stands above all: numbers that mean little, because others used the CPU or visits are a factor apart; None where none does."""
    lines = [dict(zip((column.name for column in rows.columns), row, strict=True)) for row in rows]
    bad = [line for line in lines if _is_useless(line)]
    some = bad or [line for line in lines if "busy_cpu" in str(line["cautions"] or "").split(",")]
    if not some:
        return None
    worst = max(some, key=lambda line: (_apart(line), _number(line["waiting_percent"])))
    parts = [_about_others(some)] if any("busy_cpu" in str(line["cautions"] or "") for line in some) else []
    if _apart(worst) >= _FAR_APART:
        of = f" of {worst['model']}" if len(lines) > 1 else ""
        parts.append(f"visits{of} from {_range(worst)}")
    elif not parts:
        parts.append(
            f"visits of {worst['model']} differ within themselves by {_number(worst['uncertainty_percent']):.0f} %"
        )
    what = "not usable" if bad else "disturbed"
    which = "" if len(some) == len(lines) else f" ({_models(list(dict.fromkeys(str(line['model']) for line in some)))})"
    fewer = any(_number(line["threads"]) > 1 for line in some)
    advice = "measure again when the machine is quiet" + (", or with OMP_NUM_THREADS=1" if fewer else "")
    return f"{what}{which}: {'; '.join((*parts, advice))}"


def _is_useless(line: dict[str, Value]) -> bool:
    is_busy = "busy_cpu" in str(line["cautions"] or "").split(",")
    return (
        _apart(line) >= _FAR_APART
        or _number(line["uncertainty_percent"]) > _UNKNOWN / 4
        or (is_busy and _number(line["waiting_percent"]) > _MUCH_WAITING)
    )


def _about_others(lines: list[dict[str, Value]]) -> str:
    """With figures: `others kept 2 CPUs busy while they were measured, and the threads waited for 43 % of the time`."""
    waited = max(_number(line["waiting_percent"]) for line in lines)
    others = max(_number(line["other_cpus"]) for line in lines)
    cpus = max(_number(line["threads"]) for line in lines)
    used = f"others kept {others:.0f} CPU{'s' if others != 1 else ''} busy" if others else "others used the CPU"
    used += " while this was measured"
    used += f", with {cpus:.0f} thread{'s' if cpus != 1 else ''}" if cpus else ""
    return used + (f" of ours that waited up to {min(waited, 100):.0f} % of the time" if cpus and waited >= 1 else "")


def _apart(line: dict[str, Value]) -> float:
    """The highest visit over the lowest, of throughput or latency."""
    pairs = ((line["lowest_img_s"], line["highest_img_s"]), (line["lowest_ms"], line["highest_ms"]))
    return max((_number(high) / _number(low) for low, high in pairs if _number(low)), default=1.0)


def _range(line: dict[str, Value]) -> str:
    low, high = _number(line["lowest_img_s"]), _number(line["highest_img_s"])
    if low and high / low >= _FAR_APART:
        return f"{low:,.1f} to {high:,.1f} img/s"
    return f"{_number(line['lowest_ms']):,.3g} to {_number(line['highest_ms']):,.3g} ms"


def caution_sentences(rows: Rows) -> list[str]:
    """What is to be said of these rows: the short names with the models they are about, then the most important explained, each once."""
    of_models: dict[str, dict[str, None]] = defaultdict(dict)
    for model, names in zip(rows.values("model"), rows.values("cautions"), strict=True):
        of_models[str(model)] |= dict.fromkeys(name for name in str(names or "").split(",") if name in CAUTIONS)
    alike: dict[tuple[str, ...], list[str]] = defaultdict(list)
    for model, found in of_models.items():
        if found:
            alike[tuple(name for name in CAUTIONS if name in found)].append(model)
    told = [f"{_models(models)}: {', '.join(map(_short, found))}" for found, models in alike.items()]
    said = [name for name in CAUTIONS if any(name in found for found in alike)]
    told += [f"  {_short(name)}: {CAUTIONS[name]}" for name in said[:_SENTENCES_AT_MOST]]
    if more := said[_SENTENCES_AT_MOST:]:
        told.append(f"  what {', '.join(map(_short, more))} mean: backbones measurements list --explain")
    return told


def _short(name: str) -> str:
    return name.replace("_", " ")


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
