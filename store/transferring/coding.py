"""An outcome as it stands in measurements.db, and back: its facts as JSON, its tables by class compressed beside them."""

from __future__ import annotations

import functools
import json
import math
import re
import zlib
from dataclasses import asdict
from typing import Any, Final

from backbones.store.measurements import OUTCOME_COLUMNS as COLUMNS
from backbones.store.transferring.outcome import PROTOCOLS, VERSION, Outcome

_TABLES: Final = ("classes", "confusions")
_MOST_BYTES: Final = 64 * 1024 * 1024
"""Of the tables: 22,000 classes need 3 MB."""
_STARTED: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|\+00:00)")
_DETAILS: Final = re.compile(r"[^,=]+=[^,=]*(?:,[^,=]+=[^,=]*)*")
_LONGEST: Final = 4_000
_SHARES: Final = ("top_1", "top_1_low", "top_1_high", "balanced_accuracy", "macro_f1", "top_5")


def encoded(outcome: Outcome, version: int = VERSION) -> tuple[Any, ...]:
    """The row of an outcome, in the order of COLUMNS; ValueError for one that cannot be true."""
    _check(outcome)
    facts = asdict(outcome)
    tables = {name: facts["scores"].pop(name) for name in _TABLES} if facts["scores"] else None
    text = json.dumps(facts, ensure_ascii=False, allow_nan=False)
    packed = zlib.compress(json.dumps(tables, ensure_ascii=False, allow_nan=False).encode(), 6) if tables else None
    return (*_told(outcome, outcome.key, version), text, packed)


def decoded(row: tuple[Any, ...]) -> Outcome:
    """The outcome of a row in the order of COLUMNS; ValueError for one that was not written by us."""
    *columns, text, tables = row
    facts = _object(text)
    if isinstance(facts.get("scores"), dict) and tables is not None:
        facts["scores"] |= _object(_inflated(tables))
    outcome = _reader().validate_python(facts)
    assert isinstance(outcome, Outcome)
    _check(outcome)
    version = columns[COLUMNS.index("version")]
    if not isinstance(version, int) or version < 1:
        raise ValueError(f"{version!r} is no version of the way of evaluating")
    if tuple(columns) != _told(outcome, outcome.key if version == VERSION else columns[0], version):
        raise ValueError(f"the row of {outcome.evaluation.model!r} says something else than its facts")
    return outcome


def _told(outcome: Outcome, key: str, version: int) -> tuple[Any, ...]:
    asked = outcome.evaluation
    return (
        key, outcome.started, outcome.status, version, outcome.host, outcome.device, asked.model, asked.weights, asked.data,
        asked.data_hash, asked.protocol, asked.resolution, asked.precision, asked.shots, asked.seed, asked.recipe,
    )  # fmt: skip


def _check(outcome: Outcome) -> None:
    """ValueError for numbers and texts that no outcome has."""
    asked, scores = outcome.evaluation, outcome.scores
    if not _STARTED.fullmatch(outcome.started):
        raise ValueError(f"{outcome.started!r} is no time in UTC")
    if not (asked.model and asked.weights and asked.data.strip() and asked.data_hash and outcome.host):
        raise ValueError("an outcome names a model, its weights, the data with its hash, and a host")
    if asked.protocol not in PROTOCOLS:
        raise ValueError(f"{asked.protocol!r} is no protocol")
    if asked.resolution < 1 or asked.shots < 0:
        raise ValueError(f"{asked.resolution} px and {asked.shots} shots cannot be")
    for name, text in (("details", asked.details), ("chosen", outcome.chosen)):
        if text and not _DETAILS.fullmatch(text):
            raise ValueError(f"{name} has the form KEY=VALUE,…, not {text!r}")
    if wrong := _wrong(asdict(outcome)):
        raise ValueError(wrong)
    if (outcome.status == "ok") != (scores is not None):
        raise ValueError("an outcome has scores where it went well, and only there")
    if scores is not None:
        shares = [getattr(scores, name) for name in _SHARES]
        shares += [share for one in scores.classes for share in (one.precision, one.recall, one.f1)]
        if scores.images < 1 or any(share is not None and not 0 <= share <= 100 for share in shares):
            raise ValueError("scores are percent, 0 to 100, of at least one image")
        if not scores.top_1_low <= scores.top_1 <= scores.top_1_high:
            raise ValueError(f"{scores.top_1} is not within its interval")


def _wrong(value: Any) -> str:
    if isinstance(value, float) and not math.isfinite(value):
        return f"{value!r} is no number"
    if isinstance(value, str) and len(value) > _LONGEST:
        return "a text is too long"
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list | tuple) else ()
    return next((found for v in inner if (found := _wrong(v))), "")


def _object(text: Any) -> dict[str, Any]:
    if not isinstance(text, str) or len(text) > _MOST_BYTES:
        raise ValueError("the facts of an outcome are no text of ours")
    try:
        found = json.loads(text)
    except RecursionError:
        raise ValueError("nested too deep") from None
    if not isinstance(found, dict):
        raise ValueError("the facts of an outcome are no mapping")
    return found


def _inflated(tables: Any) -> str:
    """The text, never more than _MOST_BYTES of it however small it was packed."""
    if not isinstance(tables, bytes):
        raise ValueError("the tables of an outcome are no bytes")
    opener = zlib.decompressobj()
    try:
        found = opener.decompress(tables, _MOST_BYTES)
    except zlib.error as error:
        raise ValueError(f"the tables of an outcome cannot be read: {error}") from None
    if opener.unconsumed_tail or not opener.eof:
        raise ValueError("the tables of an outcome are cut off or too long")
    return found.decode()


@functools.cache
def _reader() -> Any:
    from pydantic import TypeAdapter  # 0.1 s, only for who reads outcomes

    return TypeAdapter(Outcome)


__all__ = ["COLUMNS", "decoded", "encoded"]
