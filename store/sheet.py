"""The sheet: a bulk table with what all rows share in its head, `columns:` and `rows:` below."""

from __future__ import annotations

import contextlib
from functools import cache, lru_cache
from typing import Annotated, Any, Final, Literal, NamedTuple, Self

from pydantic import Field, TypeAdapter, ValidationError, model_validator

from backbones.store import fields as f
from backbones.store.family_file import Source
from backbones.store.text import closest
from backbones.store.vocabulary import METRICS, conditions_of

Kind = Literal[
    "results", "throughput", "costs", "rankings", "weights", "backbones", "families",
    "datasets", "heads", "devices", "sources", "collections", "aliases", "suspects", "corrections",
]  # fmt: skip

_MODEL: Final[dict[str, Any]] = {"family": f.Name, "backbone": f.Name, "checkpoint": f.Name, "weights": f.Name}
_WHERE_FROM: Final[dict[str, Any]] = {"source": f.Name, "source_ref": f.Text}
_PRETRAINING: Final[dict[str, Any]] = {
    "pretraining_dataset": f.Name, "pretraining_method": f.Name, "pretraining_resolution": f.Pixels,
    "pretraining_epochs": f.Amount,
}  # fmt: skip
_SETTING: Final[dict[str, Any]] = {
    "task": f.Task, "dataset": f.Name, "head": f.Name, "resolution": f.Pixels, "crop_size": f.Pixels, "setting": f.Name,
}  # fmt: skip
_COST: Final[dict[str, Any]] = {"params_m": f.Millions, "printed": f.Amount, "convention": f.Convention}

COLUMNS: Final[dict[str, dict[str, Any]]] = {
    "results": _MODEL | _PRETRAINING | _SETTING | _COST | _WHERE_FROM | {
        "protocol": f.Protocol, "intermediate_dataset": f.Name, "fine_tuning_dataset": f.Name,
        "fine_tuning_epochs": f.Amount, "fine_tuning_resolution": f.Pixels, "train_dataset": f.Name,
        "train_epochs": f.Amount, "test_aug": f.Name, "conditions": f.Conditions,
    },
    "throughput": _MODEL | _SETTING | _COST | _WHERE_FROM | {
        "device": f.Name, "precision": f.Precision, "framework": f.Name, "memory_format": f.MemoryFormat,
        "compiled": f.Flag, "mode": f.Mode, "batch_size": f.Count,
        "throughput_img_s": f.Amount, "latency_ms": f.Amount, "peak_memory_mib": f.Amount,
    },
    "costs": _MODEL | _SETTING | _COST | _WHERE_FROM | {
        "activations_m": f.Amount, "memory_mib": f.Amount, "file_size_mib": f.Amount,
        "feature_channels": f.Counts, "feature_strides": f.Counts,
    },
    "rankings": _WHERE_FROM | {"list": f.Name, "rank": f.Count, "name": f.Name, "checkpoint": f.Name, "task": f.Name, "dataset": f.Name},
    "weights": _MODEL | _PRETRAINING | {
        "library": f.Name, "loader": f.Name, "hub_id": f.Name, "url": f.Url, "licence": f.Name,
        "intermediate_dataset": f.Name, "fine_tuning_dataset": f.Name, "installable": f.Flag, "why_not": f.Text,
        "size_mib": f.Amount,
    },
    "backbones": {"backbone": f.Name, "family": f.Name, "params_m": f.Millions, "timm_name": f.Name},
    "families": {
        "family": f.Name, "token_mixer": f.Name, "hierarchical": f.Flag, "published": f.Date, "paper": f.Url, "code": f.Url,
    },
    "datasets": {
        "dataset": f.Name, "tasks": f.Text, "domain": f.Name, "classes": f.Count, "train_images": f.Count,
        "test_images": f.Count, "website": f.Url,
    },
    "heads": {"head": f.Name, "tasks": f.Text, "paper": f.Url, "code": f.Url},
    "devices": {"device": f.Name, "kind": f.Name, "vendor": f.Name, "memory_gib": f.Amount},
    "sources": {
        "source": f.Name, "title": f.Text, "url": f.Url, "kind": f.Name, "licence": f.Name, "version": f.Name,
        "retrieved": f.Date,
    },
    "collections": {"collection": f.Name, "title": f.Text, "preference": f.Count},
    "aliases": {
        "name": f.Name, "entity": f.Name, "kind": f.Name, "source": f.Name, "verdict": f.Verdict, "rule": f.Name,
        "evidence": f.Text,
    },
    "corrections": {
        "collection": f.Name, "source_ref": f.Text, "column": f.Name, "was": f.Number, "value": f.Number | None,
        "reason": f.Text, "source": f.Name,
    },
    "suspects": {"fact": f.Text, "kind": f.Name, "confidence": f.Name, "text": f.Text},
}  # fmt: skip
"""What each kind of sheet may say, with the type of a value; kind `results` also has metrics (MetricColumn)."""

REQUIRED: Final[dict[str, tuple[str, ...]]] = {
    "results": ("source",), "throughput": ("source",), "costs": ("source",),
    "rankings": ("list", "rank", "name", "source"), "weights": ("weights",), "backbones": ("backbone",),
    "families": ("family",), "datasets": ("dataset",), "heads": ("head",), "devices": ("device",),
    "sources": ("source",), "collections": ("collection", "preference"), "aliases": ("name", "entity", "kind", "source"),
    "suspects": ("fact", "kind", "text"),
    "corrections": ("collection", "source_ref", "column", "was", "reason", "source"),
}  # fmt: skip

_HAS_COLLECTION: Final = ("results", "throughput", "costs", "rankings")


class MetricColumn(NamedTuple):
    """A column of results: `top_1`, `top_1@ImageNet-V2` or `recall_1@XM3600:direction=text-to-image,language=de`."""

    metric: str
    dataset: str | None
    """None: the row's own."""
    conditions: dict[str, str]

    @classmethod
    def of(cls, column: str) -> MetricColumn | None:
        """What a column's name says; None where it names no metric. ValueError for conditions that cannot be read."""
        name, _, said = column.partition(":")
        metric, at, dataset = name.partition("@")
        if metric not in METRICS:
            return None
        if at and not dataset:
            raise ValueError(f"{column!r} names no data set after the @")
        return cls(metric, dataset or None, conditions_of(_checks_conditions().validate_python(said) if said else None))


class Device(f.Record):
    """What is known of a device whose speeds a sheet tells."""

    kind: f.Name | None = None
    """`gpu` or `cpu`."""
    vendor: f.Name | None = None
    memory_gib: f.Amount | None = None


class Sheet(f.Record):
    """A bulk table."""

    sheet: f.Name
    """The sheet's own name; a user's sheet of the same name replaces a shipped one."""
    kind: Kind
    note: f.Text | None = None
    collection: f.Name | None = None
    """Through which collection the numbers came; needed where there are numbers."""
    file: f.Name | None = None
    """The name of the file in the source, put before each `source_ref`, or before the row's own name where there is none."""
    first_line: Annotated[int, Field(strict=True, ge=1)] | None = None
    """Where the rows stand in that file one after the other: the line of the first. Gives each row its `source_ref`."""
    sources: dict[f.Name, Source] = {}
    devices: dict[f.Name, Device] = {}
    """Of the devices that rows name, as far as no other sheet tells."""
    shared: dict[str, Any] = {}
    """Values that every row has."""
    columns: list[f.Name] = Field(min_length=1, max_length=200)
    rows: list[list[Any]]

    @model_validator(mode="after")
    def _check(self) -> Self:
        problems = [*self._head_problems(), *self._shared_problems()]
        if not problems:
            problems = self._row_problems()
        if problems:
            raise ValueError("\n".join(problems))
        return self

    def column_type(self, column: str) -> Any:
        """The type of a column's values; KeyError for one that this kind of sheet does not have."""
        return _column_type(self.kind, column)

    def _head_problems(self) -> list[str]:
        found = []
        if len(set(self.columns)) != len(self.columns):
            found.append("columns: a column is named twice")
        for place, names in (("columns", list(self.columns)), ("shared", list(self.shared))):
            for name in names:
                try:
                    self.column_type(name)
                except KeyError:
                    near = closest(name, [*COLUMNS[self.kind], *(METRICS if self.kind == "results" else ())], 1)
                    found.append(
                        f"{place}: a sheet of kind {self.kind} has no {name!r}"
                        + (f"; did you mean {near[0]!r}?" if near else "")
                    )
        found += [f"columns: {n!r} is already given in shared" for n in self.columns if n in self.shared]
        said = {*self.columns, *self.shared}
        found += [f"columns: a sheet of kind {self.kind} needs {n!r}" for n in REQUIRED[self.kind] if n not in said]
        if self.kind in _HAS_COLLECTION and self.collection is None:
            found.append(f"collection: a sheet of kind {self.kind} needs it")
        if self.kind in ("results", "throughput", "costs") and not said & {"backbone", "checkpoint", "weights"}:
            found.append("columns: rows have to name a backbone, checkpoint or weights")
        if self.kind == "results":
            found += self._metric_problems("dataset" in said)
        return found

    def _metric_problems(self, has_dataset: bool) -> list[str]:
        try:
            metrics = [m for c in self.columns if (m := MetricColumn.of(c))]
        except ValidationError as error:
            return [f"columns: {sentence(e)}" for e in error.errors()]
        except ValueError as error:
            return [f"columns: {error}"]
        if not metrics:
            return ["columns: a sheet of results needs a metric"]
        if not has_dataset and not all(m.dataset for m in metrics):
            return ["columns: a metric needs its data set, as `top_1@ImageNet-1k` or in `dataset`"]
        return []

    def _shared_problems(self) -> list[str]:
        found = []
        for name, value in self.shared.items():
            with contextlib.suppress(KeyError):  # the head's problems tell of a column that there is not
                adapter = _checks_value(self.kind, name)
                found += _problems(adapter, value, lambda _, name=name: f"shared.{name}")
        return found

    def _row_problems(self) -> list[str]:
        width = len(self.columns)
        found = [
            f"rows.{i}: has {len(row)} values for {width} columns"
            for i, row in enumerate(self.rows)
            if len(row) != width
        ]
        if found:
            return found[:20]
        for position, name in enumerate(self.columns):
            adapter = _checks_column(self.kind, name)
            values = [row[position] for row in self.rows]
            try:
                checked = adapter.validate_python(values)
            except ValidationError:
                found += _problems(adapter, values, lambda where, name=name: f"rows.{where}.{name}")
                continue
            for row, value in zip(self.rows, checked, strict=True):
                row[position] = value
        return found or [*self._nameless_rows(), *self._uneven_maps()]

    def _uneven_maps(self) -> list[str]:
        names = ("feature_channels", "feature_strides")
        if self.kind != "costs" or not set(names) <= set(self.columns):
            return []
        channels, strides = map(self.columns.index, names)
        numbers = (
            (i, *(len((row[at] or "").split()) for at in (channels, strides))) for i, row in enumerate(self.rows)
        )
        return [f"rows.{i}: has {a} feature_channels for {b} feature_strides" for i, a, b in numbers if a != b][:20]

    def _nameless_rows(self) -> list[str]:
        names = {"backbone", "checkpoint", "weights"}
        if self.kind not in ("results", "throughput", "costs") or names & set(self.shared):
            return []
        at = [i for i, column in enumerate(self.columns) if column in names]
        nameless = [i for i, row in enumerate(self.rows) if all(row[j] is None for j in at)]
        return [f"rows.{i}: names no backbone, checkpoint or weights" for i in nameless[:20]]


def _column_type(kind: Kind, column: str) -> Any:
    if kind == "results" and (known := METRICS.get(column.partition(":")[0].partition("@")[0])):
        if known.holds(101):
            return f.Amount if not known.holds(-1) else f.Number
        return f.Percent
    return COLUMNS[kind][column]


# To make an adapter takes longer than to check a hundred values with it, and most sheets have the same columns.
@lru_cache(maxsize=512)
def _checks_value(kind: Kind, column: str) -> TypeAdapter[Any]:
    return TypeAdapter(_column_type(kind, column))


@lru_cache(maxsize=512)
def _checks_column(kind: Kind, column: str) -> TypeAdapter[Any]:
    values = _column_type(kind, column)
    return TypeAdapter(list[values] if column in REQUIRED[kind] else list[values | None])  # type: ignore[valid-type]


@cache
def _checks_conditions() -> TypeAdapter[Any]:
    return TypeAdapter(f.Conditions)


def _problems(adapter: TypeAdapter[Any], value: Any, place: Any) -> list[str]:
    try:
        adapter.validate_python(value)
    except ValidationError as error:
        return [f"{place(e['loc'][0] if e['loc'] else '')}: {sentence(e)}" for e in error.errors()[:20]]
    return []


def sentence(error: Any) -> str:
    """A pydantic error as a sentence that quotes what was given."""
    message = str(error["msg"]).removeprefix("Value error, ")
    given = error.get("input")
    quoted = repr(given) if not isinstance(given, dict | list) else None
    message = {
        "Extra inputs are not permitted": "unknown key",
        "Field required": "is missing",
        "Input should be a finite number": "has to be a finite number",
    }.get(message, message.replace("Input should be", "has to be"))
    if (
        quoted
        and len(quoted) < 80
        and quoted not in message
        and error.get("type") not in ("missing", "extra_forbidden")
    ):
        message += f", not {quoted}"
    return message
