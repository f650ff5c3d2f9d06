"""The models that OpenMMLab's metafiles list."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

from backbones.ingest.sheets.openmmlab_files import metafiles
from backbones.ingest.sheets.openmmlab_notes import Notes
from backbones.ingest.sheets.openmmlab_yaml import read_metafile
from backbones.store.errors import FileProblems
from backbones.store.text import printable

_LONGEST_NAME: Final = 200
"""As in a sheet."""
_LATENCY: Final = "inference time (ms/im)"
_MEMORY: Final = ("Training Memory (GB)", "Memory (GB)")


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of `Results`: metrics as printed."""

    task: str
    dataset: str
    metrics: dict[str, float]


@dataclass(frozen=True, slots=True)
class Timing:
    """One entry of `inference time (ms/im)`."""

    latency_ms: float
    hardware: str | None
    backend: str | None
    precision: str | None
    batch_size: int | None
    resolution: tuple[int, int] | None


@dataclass(frozen=True, slots=True)
class Model:
    """What a metafile says of one trained model."""

    name: str
    file: str
    """The metafile, from the last `configs/` of its path on."""
    group: str | None
    """`In Collection`: a family, a head or a technique."""
    url: str | None
    """Of the released file."""
    converted_from: str | None
    converted: bool
    """Whether the file is somebody else's; `converted_from` may still be unknown."""
    is_upstream_of: tuple[str, ...]
    """`Downstream`: models that were fine-tuned from this one."""
    architecture: tuple[str, ...] = ()
    training_data: tuple[str, ...] = ()
    backbone: str | None = None
    crop: tuple[int, int] | None = None
    flops: float | None = None
    """A count, in multiply-accumulates although it is named FLOPs."""
    parameters: float | None = None
    epochs: float | None = None
    iterations: int | None = None
    batch_size: int | None = None
    memory_gb: float | None = None
    timings: tuple[Timing, ...] = ()
    entries: tuple[Entry, ...] = ()
    hints: tuple[str, ...] = field(default=(), repr=False)
    """Addresses that tell which of the libraries it belongs to."""

    @property
    def reference(self) -> str:
        """File and model."""
        return f"{self.file} {self.name}"


def read_models(path: Path, notes: Notes) -> list[Model]:
    """All models of the metafiles at or below a path; FileProblems where there are none or one cannot be read."""
    models = [model for file in metafiles(path, notes) for model in _models(file, notes)]
    if not models:
        raise FileProblems(
            [f"{path}: lists no model; give a metafile.yml, a model-index.yml or a folder with such files below it"]
        )
    return models


def _models(path: Path, notes: Notes) -> Iterator[Model]:
    document = read_metafile(path)
    listed = document.get("Models") if isinstance(document, dict) else document
    if listed is None and isinstance(document, dict):
        return  # a metafile with collections only
    if not isinstance(listed, list) or not all(isinstance(m, dict) for m in listed):
        raise FileProblems([f"{path}: is no metafile: has to be a list of models, or a mapping with `Models:`"])
    file = _short(path)
    hints = tuple(_addresses(document.get("Collections"))) if isinstance(document, dict) else ()
    for place, said in enumerate(listed):
        name = _words(said.get("Name"))
        if name is None:
            raise FileProblems([f"{path}: Models.{place}: has no Name"])
        if len(name) > _LONGEST_NAME:
            raise FileProblems(
                [f"{path}: Models.{place}: its Name has {len(name):,} characters; {_LONGEST_NAME} at most"]
            )
        model = _model(said, name, file, notes)
        yield replace(model, hints=(*model.hints, *hints))


def _short(path: Path) -> str:
    """The path from its last `configs/` on: how the library's own index names the file."""
    parts = path.resolve().parts
    if "configs" not in parts:
        return path.name
    return "/".join(parts[len(parts) - 1 - parts[::-1].index("configs") :])


def _model(said: dict[str, Any], name: str, file: str, notes: Notes) -> Model:
    where = f"{file} {name}"
    known = said.get("Metadata")
    known = known if isinstance(known, dict) else {}
    origin = said.get("Converted From")
    timings = known.get(_LATENCY, said.get(_LATENCY))
    return Model(
        name=name,
        file=file,
        group=_words(said.get("In Collection")),
        url=_url(said.get("Weights")),
        converted_from=_url(origin.get("Weights")) if isinstance(origin, dict) else None,
        converted=bool(origin),
        is_upstream_of=_list(said.get("Downstream")),
        architecture=_list(known.get("Architecture")),
        training_data=_list(known.get("Training Data")),
        backbone=_words(known.get("backbone")),
        crop=_sides(known.get("crop size")),
        flops=_number(known.get("FLOPs")),
        parameters=_number(known.get("Parameters")),
        epochs=_number(known.get("Epochs")),
        iterations=_whole(known.get("Iterations", known.get("lr schd"))),
        batch_size=_whole(known.get("Batch Size")),
        memory_gb=next((v for key in _MEMORY if (v := _number(known.get(key))) is not None), None),
        timings=tuple(_timings(timings, where, notes)),
        entries=tuple(_entries(said.get("Results"), where, notes)),
        hints=tuple(_addresses(said)),
    )


def _entries(results: Any, where: str, notes: Notes) -> Iterator[Entry]:
    """The results that say a number."""
    for said in [results] if isinstance(results, dict) else results or []:
        metrics = said.get("Metrics") if isinstance(said, dict) else None
        if not isinstance(said, dict) or not isinstance(metrics, dict | None):
            notes.add("a result that is no mapping of metrics is left out", where)
            continue
        numbers: dict[str, float] = {}
        for metric, value in (metrics or {}).items():
            if (number := _number(value)) is not None:
                numbers[printable(str(metric))] = number
            elif value is not None:
                notes.add(f"metric {str(metric)!r} has a value that is no number; left out", where)
        if numbers:
            yield Entry(_words(said.get("Task")) or "", _words(said.get("Dataset")) or "", numbers)


def _timings(said: Any, where: str, notes: Notes) -> Iterator[Timing]:
    for one in said if isinstance(said, list) else []:
        latency = _number(one.get("value")) if isinstance(one, dict) else None
        if latency is None or latency <= 0:
            notes.add("an inference time without a number of milliseconds is left out", where)
            continue
        yield Timing(
            latency,
            _words(one.get("hardware")),
            _words(one.get("backend")),
            _words(one.get("mode")),
            _whole(one.get("batch size")),
            _sides(one.get("resolution")),
        )


def _addresses(said: Any) -> Iterator[str]:
    """The addresses and paths that name a library."""
    for one in [said] if isinstance(said, dict) else said if isinstance(said, list) else []:
        for key in ("Code", "README", "Weights", "Config") if isinstance(one, dict) else ():
            value = one.get(key)
            value = value.get("URL") if isinstance(value, dict) else value
            if isinstance(value, str):
                yield value


def _words(value: Any) -> str | None:
    return printable(str(value)).strip() or None if isinstance(value, str | int | float) else None


def _list(value: Any) -> tuple[str, ...]:
    """Names, written as one or as a list."""
    return tuple(w for v in (value if isinstance(value, list) else [value]) if (w := _words(v)))


def _url(value: Any) -> str | None:
    value = value[0] if isinstance(value, list) and value else value
    return value.strip() if isinstance(value, str) and value.strip().startswith(("https://", "http://")) else None


def _number(value: Any) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        number = float(value)
    except OverflowError:
        return None
    return number if math.isfinite(number) else None


def _whole(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 < value < 2**53 else None


def _sides(value: Any) -> tuple[int, int] | None:
    """`(512,1024)`, text or list."""
    parts = value.strip(" ()[]").split(",") if isinstance(value, str) else value
    try:
        first, second = (int(p) for p in parts)
    except (TypeError, ValueError, OverflowError):
        return None
    return (first, second) if 0 < first <= 65536 and 0 < second <= 65536 else None
