"""Times and rates: what a printed latency or throughput is multiplied by, as the cell's unit or its header says."""

from __future__ import annotations

import re
from typing import Final

from backbones.ingest.meaning import lexicon

_MILLISECONDS: Final = {
    "ms": 1.0, "msec": 1.0, "millisecond": 1.0, "s": 1e3, "sec": 1e3, "second": 1e3, "us": 1e-3, "µs": 1e-3, "usec": 1e-3,
    "microsecond": 1e-3, "ns": 1e-6, "nanosecond": 1e-6, "min": 6e4, "minute": 6e4,
}  # fmt: skip
_TIME: Final = r"m(?:illi)?sec(?:ond)?s?|microseconds?|nanoseconds?|usec|seconds?|secs?|minutes?|min|[mµun]s|s"
_IN_BRACKETS = re.compile(rf"[(\[][^)\]]*?(?<![a-zA-Z/])({_TIME})(?![a-zA-Z])(?!\s*\^?-1)[^)\]]*[)\]]", re.IGNORECASE)
_LOOSE = re.compile(
    r"(?<![a-zA-Z/])(milliseconds?|microseconds?|nanoseconds?|msec|usec|[mµun]s|seconds|secs?)(?![a-zA-Z])",
    re.IGNORECASE,
)
_WHOLE = re.compile(rf"({_TIME})(?:/\w+)?", re.IGNORECASE)

_THING: Final = r"(?:im(?:age|g)?s?|frames?|samples?|examples?|videos?|clips?|inputs?|crops?)"
_RATE = re.compile(
    rf"(?P<scale>[kKM])?\s*(?:{_THING}\.?)?\s*(?:/\s*(?P<per>ms|s|sec|second|min|minute|h|hour)\.?)?|(?P<frames>[kKM])?\s*(?:fps|qps)",
    re.IGNORECASE,
)
_PER: Final = {
    "ms": 1e3,
    "s": 1.0,
    "sec": 1.0,
    "second": 1.0,
    "min": 1 / 60,
    "minute": 1 / 60,
    "h": 1 / 3600,
    "hour": 1 / 3600,
}
_SCALES: Final = {"k": 1e3, "m": 1e6}
_SCALED = re.compile(
    rf"(?<![a-zA-Z])(?P<scale>[kM])\s?-?(?={_THING}\b|fps\b|\s*/\s*s(?:ec)?\b)|[(\[]\s*(?P<alone>k)\s*[)\],]",
    re.IGNORECASE,
)
_THOUSANDS = re.compile(r"10\s?\^\{?3\}?|[×x]\s?1,?000\b|[×x]\s?1k\b|\bthousands?\b", re.IGNORECASE)
_PER_OTHER = re.compile(rf"{_THING}\.?\s*(?:/|per)\s*(ms|millisecond|min|minute|h|hour)\b", re.IGNORECASE)

_RELATIVE = re.compile(
    r"[(\[]\s*[×%]\s*[)\]]|[(\[]\s*x\s*[)\]]|\brelative\b|\brel\.|\bnormali[sz]ed\b|\bnorm\.|\bspeed-?\s?up\b|\bspeed\s+gain|\breduction\b|\bsavings?\b",
    re.IGNORECASE,
)


def is_relative(header: str) -> bool:
    """Whether a column holds ratios to another model: `Latency (×)`, `relative throughput`."""
    return _RELATIVE.search(header) is not None


def milliseconds(unit: str, header: str) -> float | None:
    """What a time is multiplied by to be in ms; None: the cell's unit is none of time. Nothing said: ms, as papers have it."""
    if unit:
        found = _WHOLE.fullmatch(unit.replace("μ", "µ"))
        return None if found is None else _in_ms(found[1])
    text = lexicon.clean(header).replace("μ", "µ")
    found = _IN_BRACKETS.search(text) or _LOOSE.search(text)
    return 1.0 if found is None else _in_ms(found[1])


def _in_ms(word: str) -> float:
    word = word.lower()
    return _MILLISECONDS.get(word) or _MILLISECONDS[word.rstrip("s")]


def images_per_second(unit: str, header: str) -> float | None:
    """What a throughput is multiplied by to be in images/s; None: the cell's unit is no rate."""
    if unit:
        found = _RATE.fullmatch(unit)
        if found is None:
            return None
        scale = found["scale"] or found["frames"] or ""
        return _SCALES.get(scale.lower(), 1.0) * _PER.get((found["per"] or "s").lower(), 1.0)
    text = lexicon.clean(header)
    factor = 1.0
    if scaled := _SCALED.search(text):
        factor = _SCALES[(scaled["scale"] or scaled["alone"]).lower()]
    elif _THOUSANDS.search(text):
        factor = 1e3
    if other := _PER_OTHER.search(text):
        word = other[1].lower()
        factor *= 1e3 if word.startswith("m") and "min" not in word else _PER[word]
    return factor
