"""The field types that both kinds of YAML file share: clean text, finite numbers, closed vocabularies."""

from __future__ import annotations

import datetime as dt
import re
from typing import Annotated, Any, Final

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from backbones.store import vocabulary
from backbones.store.text import closest, printable


class Record(BaseModel):
    """A mapping in a file: no unknown keys, never changed after reading."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)

    def to_plain(self) -> dict[str, Any]:
        """Plain values without what was not said, as they stand in a file."""
        return self.model_dump(mode="json", exclude_unset=True, exclude_none=True)


def _clean(value: Any) -> Any:
    return printable(value).strip() if isinstance(value, str) else value


def _one_of(kind: str, known: tuple[str, ...]) -> Any:
    def check(value: str) -> str:
        if value not in known:
            near = closest(value, known, 1)
            raise ValueError(
                f"{value!r} is no {kind}" + (f"; did you mean {near[0]!r}?" if near else f"; known: {', '.join(known)}")
            )
        return value

    return Annotated[str, AfterValidator(check), Field(json_schema_extra={"enum": list(known)})]


_DATE = re.compile(r"\d{4}(-\d{2}(-\d{2})?)?")


def _check_date(value: str) -> str:
    if not _DATE.fullmatch(value):
        raise ValueError(f"{value!r} is no date; write 2022-01-10, 2022-01 or 2022")
    parts = [int(p) for p in value.split("-")] + [1, 1]
    try:
        dt.date(*parts[:3])
    except ValueError:
        raise ValueError(f"{value!r} is no day of the calendar") from None
    return value


def _check_metric(value: str) -> str:
    if value not in vocabulary.METRICS:
        near = closest(value, vocabulary.METRICS, 1)
        raise ValueError(f"{value!r} is no metric" + (f"; did you mean {near[0]!r}?" if near else ""))
    return value


def _check_conditions(value: str) -> str:
    """In canonical order, so that one condition has one spelling."""
    parts = [part.strip().partition("=") for part in value.split(",")]
    if wrong := [key for key, equals, said in parts if not (key and equals and said)]:
        raise ValueError(f"{value!r} is no list of KEY=VALUE, as `shots=10,language=de`; see {wrong[0]!r}")
    if len({key for key, _, _ in parts}) < len(parts):
        raise ValueError(f"{value!r} says a key twice")
    return vocabulary.canonical_conditions({key.strip(): said.strip() for key, _, said in parts}) or value


Name = Annotated[str, BeforeValidator(_clean), Field(min_length=1, max_length=200)]
Text = Annotated[str, BeforeValidator(_clean), Field(min_length=1, max_length=4000)]
Conditions = Annotated[
    str, BeforeValidator(_clean), Field(min_length=1, max_length=200), AfterValidator(_check_conditions)
]
"""`shots=10,language=de`: what else a number depends on."""
Url = Annotated[str, BeforeValidator(_clean), Field(pattern=r"^https?://\S+$", max_length=2000)]
Number = Annotated[float, Field(strict=True, allow_inf_nan=False)]
Amount = Annotated[float, Field(strict=True, allow_inf_nan=False, ge=0)]
Count = Annotated[int, Field(strict=True, ge=0)]
Pixels = Annotated[int, Field(strict=True, gt=0, le=65536)]
Flag = Annotated[bool, Field(strict=True)]
Date = Annotated[str, BeforeValidator(_clean), AfterValidator(_check_date)]
Task = _one_of("task", vocabulary.TASKS)
Protocol = _one_of("protocol", vocabulary.PROTOCOLS)
Precision = _one_of("precision", vocabulary.PRECISIONS)
MemoryFormat = _one_of("memory format", vocabulary.MEMORY_FORMATS)
Mode = _one_of("mode", vocabulary.MODES)
Convention = _one_of("convention", vocabulary.CONVENTIONS)
LicenceClass = _one_of("licence class", vocabulary.LICENCE_CLASSES)
Verdict = _one_of("verdict", vocabulary.VERDICTS)
Percent = Annotated[float, Field(strict=True, allow_inf_nan=False, ge=0, le=100)]
Millions = Annotated[float, Field(strict=True, allow_inf_nan=False, ge=0, le=1_000_000)]
"""Millions of parameters; a number above is surely not in millions."""

MetricName = Annotated[str, AfterValidator(_check_metric)]

PLAIN: Final = ConfigDict(extra="forbid", frozen=True)
