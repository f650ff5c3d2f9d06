"""OpenMMLab's metafiles: which files there are below a path, and the models that they list."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

import yaml

from backbones.store.errors import FileProblems
from backbones.store.text import printable

MAX_BYTES: Final = 4 * 1024 * 1024
"""A larger file is refused before it is read; the largest metafile has 0.1 MB."""
MAX_FILES: Final = 5_000
MAX_DEPTH: Final = 30
MAX_NODES: Final = 200_000

_INDEX: Final = ("model-index.yml", "model-index.yaml")
_LATENCY: Final = "inference time (ms/im)"
_MEMORY: Final = ("Training Memory (GB)", "Memory (GB)")


class Notes:
    """What could not be taken over, each kind once with how often and where first."""

    def __init__(self) -> None:
        self._count: Counter[str] = Counter()
        self._first: dict[str, str] = {}

    def add(self, sentence: str, where: str) -> None:
        """Note it; equal sentences are counted."""
        self._count[sentence] += 1
        self._first.setdefault(sentence, where)

    def lines(self) -> list[str]:
        """One line a sentence, in the order of their first places."""
        return [
            f"{self._first[sentence]}: {sentence}" + (f" ({count:,} times; this is the first)" if count > 1 else "")
            for sentence, count in self._count.items()
        ]


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


class _Loader(yaml.CSafeLoader):
    """The safe loader with bounds; anchors are read (mmpose has them), merge keys and dates stay text."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self._depth = self._nodes = 0

    def descend_resolver(self, parent: yaml.Node | None, index: Any) -> None:
        """Called by the recursive composer before each node: a C stack has no RecursionError."""
        self._depth += 1
        self._nodes += 1
        if self._depth > MAX_DEPTH or self._nodes > MAX_NODES:
            what = f"nested deeper than {MAX_DEPTH}" if self._depth > MAX_DEPTH else f"more than {MAX_NODES:,} values"
            raise yaml.composer.ComposerError(None, None, what, parent.start_mark if parent else None)

    def ascend_resolver(self) -> None:
        """Called after each node."""
        self._depth -= 1

    def construct_yaml_int(self, node: yaml.ScalarNode) -> int:
        """A whole number; `1:1:1:...` (base 60) would cost quadratic time."""
        if len(node.value) > 40:
            raise yaml.constructor.ConstructorError(
                None, None, f"a number of {len(node.value):,} characters", node.start_mark
            )
        return int(super().construct_yaml_int(node))


_Loader.add_constructor("tag:yaml.org,2002:int", _Loader.construct_yaml_int)
_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag.rpartition(":")[2] in ("bool", "float", "int", "null")]
    for first, resolvers in yaml.CSafeLoader.yaml_implicit_resolvers.items()
}


def read_models(path: Path, notes: Notes) -> list[Model]:
    """All models of the metafiles at or below a path; FileProblems where there are none or one cannot be read."""
    models = [model for file in _metafiles(path, notes) for model in _models(file, notes)]
    if not models:
        raise FileProblems(
            [f"{path}: lists no model; give a metafile.yml, a model-index.yml or a folder with such files below it"]
        )
    return models


def is_one_metafile(path: Path) -> bool:
    """Whether the path is a single metafile, not a whole library."""
    return path.is_file() and path.name not in _INDEX


def _metafiles(path: Path, notes: Notes) -> Iterator[Path]:
    """The metafiles, in the order of the index or of their paths."""
    if path.is_file():
        yield from _imported(path, notes) if path.name in _INDEX else [path]
        return
    if not path.is_dir():
        raise FileProblems([f"{path}: there is no such file or folder"])
    for folder in (path, path / ".mim"):
        for name in _INDEX:
            if (folder / name).is_file():
                yield from _indexed(folder / name, notes)
                return
    yield from _below(path)


def _indexed(index: Path, notes: Notes) -> Iterator[Path]:
    """The files of an index, then the metafiles of `configs/` that it forgets (mmdet's does)."""
    named = list(_imported(index, notes))
    yield from named
    configs = index.parent.resolve() / "configs"
    yield from (p for p in (_below(configs) if configs.is_dir() else ()) if p not in set(named))


def _below(folder: Path) -> list[Path]:
    found = sorted(p for p in folder.rglob("*") if p.suffix in (".yml", ".yaml") and p.is_file())
    if len(found) > MAX_FILES:
        raise FileProblems([f"{folder}: has {len(found):,} YAML files below it; give the folder of one library"])
    return [p for p in found if p.name not in _INDEX and _is_metafile(p)]


def _is_metafile(path: Path) -> bool:
    """Whether a YAML file in a tree lists models: a checkout has many others."""
    try:
        text = _text(path)
    except FileProblems:
        return False
    return "Name:" in text and ("In Collection:" in text or "\nModels:" in text or text.startswith("Models:"))


def _imported(index: Path, notes: Notes) -> Iterator[Path]:
    """The files that an index names, as far as they are there."""
    document = _yaml(index)
    named = document.get("Import") if isinstance(document, dict) else None
    if not isinstance(named, list) or not all(isinstance(n, str) for n in named):
        raise FileProblems([f"{index}: Import: has to be a list of metafiles"])
    root = index.parent.resolve()
    for name in dict.fromkeys(named):
        file = (root / name).resolve()
        if not file.is_relative_to(root):
            raise FileProblems([f"{index}: Import: {name!r} lies outside of this folder"])
        if file.is_file():
            yield file
        else:
            notes.add("the index names files that are not there; their models are missing", f"{index}: {name}")


def _text(path: Path) -> str:
    try:
        if (size := path.stat().st_size) > MAX_BYTES:
            raise FileProblems([f"{path}: {size / 2**20:.0f} MB; a metafile may have {MAX_BYTES // 2**20} MB"])
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise FileProblems([f"{path}: byte {error.start}: not UTF-8 text. Save it as UTF-8"]) from None
    except OSError as error:
        raise FileProblems([f"{path}: cannot be read: {error.strerror}"]) from None


def _yaml(path: Path) -> Any:
    text = _text(path)
    try:
        return yaml.load(text, Loader=_Loader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = f"line {mark.line + 1}, column {mark.column + 1}" if mark else "somewhere"
        raise FileProblems([f"{path}: {place}: {error.problem or error.context}"]) from None
    except (yaml.YAMLError, ValueError, OverflowError, RecursionError) as error:
        raise FileProblems([f"{path}: not YAML: {' '.join(str(error).split())}"]) from None


def _models(path: Path, notes: Notes) -> Iterator[Model]:
    document = _yaml(path)
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
    except (TypeError, ValueError):
        return None
    return (first, second) if 0 < first <= 65536 and 0 < second <= 65536 else None
