"""A visit as it stands in measurements.db, and back: its facts as JSON, its raw blocks compressed beside them."""

from __future__ import annotations

import datetime as dt
import functools
import json
import math
import re
import zlib
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any, Final

from backbones.store.measuring.visit import PROTOCOL, Visit
from backbones.store.text import printable

COLUMNS: Final = (
    "key", "round", "started", "status", "protocol", "host", "device", "model", "quantity", "fingerprint", "facts", "samples",
)  # fmt: skip
"""Of the table `visit`."""
NUMBER: Final = {"throughput": "throughput_img_s", "latency": "latency_ms", "training": "throughput_img_s"}
"""What a visit of a quantity is for: without it a visit is no success."""

_RAW: Final = ("blocks", "set_aside", "batches")
_MOST_BYTES: Final = 4 * 1024 * 1024
_STARTED: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|\+00:00)")
_LONGEST: Final = 4_000
_EARLIEST: Final = "2020-01-01"
_MOST: Final = {
    "throughput_img_s": 1e7,
    "latency_ms": 1e8,
    "peak_memory_mib": 1e8,
    "batch_size": 1e7,
    "resolution": 1e5,
}
"""What no measurement reaches: above it somebody made a number up."""
_LEAST: Final = {"peak_memory_mib": 0.0}
"""Where 0 may be seen."""
_KEY: Final = re.compile(r"[0-9a-f]{16}")
_FINGERPRINT: Final = re.compile(r"[0-9a-f]{12}")


def encoded(visit: Visit, protocol: int = PROTOCOL) -> tuple[Any, ...]:
    """The row of a visit, in the order of COLUMNS; ValueError for one that cannot be true."""
    facts = asdict(visit)
    raw = {name: facts["seen"].pop(name) for name in _RAW} if facts["seen"] else None
    text = json.dumps(facts, ensure_ascii=False, allow_nan=False)
    samples = zlib.compress(json.dumps(raw, allow_nan=False).encode(), 6) if raw else None
    _check(visit)
    return (
        visit.key, visit.round, visit.started, visit.status, protocol, visit.conditions.host, visit.conditions.device,
        visit.task.model, visit.task.quantity, visit.conditions.fingerprint, text, samples,
    )  # fmt: skip


def decoded(row: tuple[Any, ...]) -> Visit:
    """The visit of a row in the order of COLUMNS; ValueError for one that was not written by us.

    Key and fingerprint are those of the row, whatever today's version would make of its facts: another one made them.
    """
    *columns, text, samples = row
    facts = _object(text)
    if isinstance(facts.get("seen"), dict) and samples is not None:
        facts["seen"] |= _object(_inflated(samples))
    visit = _reader().validate_python(facts)
    assert isinstance(visit, Visit)
    _check(visit)
    said = dict(zip(COLUMNS, columns, strict=False))
    own = {
        "round": visit.round, "started": visit.started, "status": visit.status, "host": visit.conditions.host,
        "device": visit.conditions.device, "model": visit.task.model, "quantity": visit.task.quantity,
    }  # fmt: skip
    if said != said | own or not isinstance(said["protocol"], int) or said["protocol"] < 1:
        raise ValueError(f"the row of {visit.task.model!r} says something else than its facts")
    if not _KEY.fullmatch(str(said["key"])) or not _FINGERPRINT.fullmatch(str(said["fingerprint"])):
        raise ValueError(f"the row of {visit.task.model!r} has no key or fingerprint of ours")
    return visit


def _check(visit: Visit) -> None:
    """ValueError for numbers and texts that no visit has."""
    if not _STARTED.fullmatch(visit.started):
        raise ValueError(f"{visit.started!r} is no time in UTC")
    if not 1 <= visit.round <= 10_000:
        raise ValueError(f"{visit.round} is no round")
    if not visit.task.model or not visit.conditions.device or not visit.conditions.host:
        raise ValueError("a visit names a model, a device and a host")
    if wrong := _wrong(asdict(visit)):
        raise ValueError(wrong)
    if visit.status == "ok":
        if visit.seen is None:
            raise ValueError("a visit that went well has seen something")
        value = getattr(visit.seen, NUMBER[visit.task.quantity])
        if value is None or value <= 0 or visit.seen.batch_size < 1 or visit.seen.resolution < 1:
            raise ValueError(f"{value!r} is no {visit.task.quantity} of {visit.seen.batch_size} images a step")


def believable(visit: Visit, now: dt.datetime | None = None) -> None:
    """ValueError for a visit from elsewhere that no machine can have made: times, numbers and texts are bounded."""
    latest = (now or dt.datetime.now(dt.UTC)) + dt.timedelta(days=1)
    dt.datetime.fromisoformat(visit.started)  # a 31st of April, too, is a ValueError
    if not _EARLIEST <= visit.started[:10] <= latest.date().isoformat():
        raise ValueError(f"a visit of {visit.started[:10]}, which is before {_EARLIEST[:4]} or still to come")
    if visit.status == "ok" and visit.seen is not None:
        for name, most in _MOST.items():
            value = getattr(visit.seen, name)
            if value is not None and not 0 < value < most and value != _LEAST.get(name):
                raise ValueError(
                    f"{name} of {value:g} for {printable(visit.task.model)!r}, which is none above 0 and below {most:g}"
                )
    for text in _texts([asdict(visit.task), asdict(visit.conditions), visit.cautions]):
        if not text.isprintable():
            raise ValueError(f"the text {printable(text)[:60]!r}, which cannot be printed")


def _texts(value: Any) -> Iterator[str]:
    """All texts of a value, names of keys too."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield str(key)
            yield from _texts(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from _texts(inner)


def _wrong(value: Any) -> str:
    if isinstance(value, float) and not math.isfinite(value):
        return f"{value!r} is no number"
    if isinstance(value, str) and len(value) > _LONGEST:
        return "a text is too long"
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list | tuple) else ()
    return next((found for v in inner if (found := _wrong(v))), "")


def _object(text: Any) -> dict[str, Any]:
    if not isinstance(text, str) or len(text) > _MOST_BYTES:
        raise ValueError("the facts of a visit are no text of ours")
    try:
        found = json.loads(text)
    except RecursionError:
        raise ValueError("nested too deep") from None
    if not isinstance(found, dict):
        raise ValueError("the facts of a visit are no mapping")
    return found


def _inflated(samples: Any) -> str:
    """The text, never more than _MOST_BYTES of it however small it was packed."""
    if not isinstance(samples, bytes):
        raise ValueError("the blocks of a visit are no bytes")
    opener = zlib.decompressobj()
    try:
        found = opener.decompress(samples, _MOST_BYTES)
    except zlib.error as error:
        raise ValueError(f"the blocks of a visit cannot be read: {error}") from None
    if opener.unconsumed_tail or not opener.eof:
        raise ValueError("the blocks of a visit are cut off or too many")
    return found.decode()


@functools.cache
def _reader() -> Any:
    from pydantic import TypeAdapter  # 0.1 s, only for who reads visits

    return TypeAdapter(Visit)
