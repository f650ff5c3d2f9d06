"""Column references, `NAME[@WHERE][:KEY=VALUE,…]`: read, written back, and split from lists."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from backbones.store.errors import QueryError
from backbones.store.text import closest, fold
from backbones.store.vocabulary import CONDITION_KEYS, METRICS

_WORD = r"[^\s,:=()<>!~\"'@]+"
_VALUE = rf"(?:\"[^\"]*\"|'[^']*'|{_WORD})"
_NAME = re.compile(r"[A-Za-z][\w-]*")
_WHERE = re.compile(_VALUE)
_KEY = re.compile(rf"([A-Za-z_][\w-]*)=({_VALUE})")
_WITH_BLANKS = re.compile(rf"[@=]({_WORD}(?:\s+(?!(?:and|or|not|in|is)\b){_WORD})+)", re.IGNORECASE)
"""A name that breaks off at its first blank, up to the next sign or connective."""

SPEEDS: Final = {"throughput": "throughput_img_s", "latency": "latency_ms", "peak_memory": "peak_memory_mib"}
"""What is asked of a device, and the column that holds it."""

ATTRIBUTES: Final = (
    "family", "backbone", "checkpoint", "weights", "resolution", "params_m", "gmacs", "published", "head", "crop_size",
    "train_dataset", "train_epochs", "fine_tuning_dataset", "fine_tuning_epochs", "fine_tuning_resolution",
    "intermediate_dataset", "pretraining_dataset", "pretraining_method", "pretraining_resolution", "pretraining_epochs",
    "token_mixer", "hierarchical", "library", "hub_id", "licence", "licence_class", "installable", "test_aug", "conditions",
    "setting", "task", "dataset", "protocol", "collection", "source", "source_ref", "origin", "n_sources", "spread",
    "timm_name", "paper", "code", "memory_mib", "prominent", "prominent_because",
)  # fmt: skip

_ALIASES: Final = {
    "params": "params_m", "parameters": "params_m", "macs": "gmacs", "flops": "gmacs", "gflops": "gmacs", "date": "published",
    "year": "published", "license": "licence", "licenseclass": "licence_class", "model": "checkpoint", "fps": "throughput",
    "throughputimgs": "throughput", "imgs": "throughput", "speed": "throughput", "latencyms": "latency",
    "peakmemorymib": "peak_memory", "memory": "peak_memory", "res": "resolution", "crop": "crop_size", "size": "resolution",
    "pretraining": "pretraining_dataset", "finetuning": "fine_tuning_dataset", "map": "box_ap", "ap": "box_ap", "accuracy": "top_1",
    "acc": "top_1", "miou": "miou_ss", "mixer": "token_mixer", "epochs": "train_epochs", "sources": "n_sources", "timm": "timm_name",
    "balancedaccuracy": "mean_class_accuracy", "f1": "macro_f1",
}  # fmt: skip

RESULT_KEYS: Final = (
    "head", "resolution", "crop_size", "protocol", "collection", "train_dataset", "train_epochs", "fine_tuning_dataset",
    "conditions", "setting", "task", *(key for key in CONDITION_KEYS if key not in ("crop", "schedule")),
)  # fmt: skip
"""`crop` and `schedule` are read as crop_size and train_epochs where they are plain numbers."""
SPEED_KEYS: Final = (
    "precision", "framework", "memory_format", "compiled", "fused", "mode", "batch_size", "collection", "head", "resolution",
    "source", "origin",
)  # fmt: skip
_KEY_ALIASES: Final = {
    "res": "resolution", "crop": "crop_size", "epochs": "train_epochs", "layout": "memory_format", "batch": "batch_size",
    "schedule": "train_epochs", "compile": "compiled", "from": "collection",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Reference:
    """A column that an answer can have: an attribute, a metric on a data set, or a speed on a device."""

    name: str
    where: str | None = None
    keys: tuple[tuple[str, str], ...] = ()

    def __str__(self) -> str:
        text = self.name + (f"@{_quoted(self.where)}" if self.where is not None else "")
        return text + (":" + ",".join(f"{k}={_quoted(v)}" for k, v in self.keys) if self.keys else "")

    @property
    def is_metric(self) -> bool:
        """`top_1@…`"""
        return self.name in METRICS

    @property
    def is_speed(self) -> bool:
        """`throughput@…`"""
        return self.name in SPEEDS


def _quoted(value: str) -> str:
    if re.fullmatch(_WORD, value):
        return value
    return f"'{value}'" if '"' in value else f'"{value}"'


def _unquoted(value: str) -> str:
    return value[1:-1] if value[:1] in "\"'" and len(value) >= 2 else value


_KNOWN_NAMES: Final = {fold(name): name for name in (*ATTRIBUTES, *METRICS, *SPEEDS)} | _ALIASES


def parse_reference(text: str) -> Reference:
    """The reference that a text stands for; QueryError points at what is wrong."""
    reference, end = read_reference(text, 0)
    if text[end:].strip():
        said = f"{text[end:].strip()!r} does not belong to a column reference"
        raise QueryError(said + hint_to_quote(text, 0, end), text, end)
    return reference


def hint_to_quote(text: str, start: int, end: int) -> str:
    """What to type where the reference at `start` ends within a name that has blanks, as `top_1@my photos > 90`; else empty."""
    found = next((f for f in _WITH_BLANKS.finditer(text, start) if f.start(1) < end < f.end(1)), None)
    if found is None:
        return ""
    return f"; a name with blanks stands in quotes: {text[start : found.start(1)].lstrip()}{_quoted(found[1])}"


def read_reference(text: str, start: int) -> tuple[Reference, int]:
    """The reference at a position and where it ends."""
    start += len(text[start:]) - len(text[start:].lstrip())
    found = _NAME.match(text, start)
    if not found:
        raise QueryError("a column is expected here", text, start)
    name, end = _known(found.group(), text, start), found.end()
    where = None
    if text[end : end + 1] == "@":
        place = _WHERE.match(text, end + 1)
        if not place:
            raise QueryError("the name of a data set or device is expected after @", text, end + 1)
        where, end = _unquoted(place.group()), place.end()
    keys, end = _read_keys(text, end, name)
    return _sound(Reference(name, where, keys), text, start), end


def _known(name: str, text: str, position: int) -> str:
    if (known := _KNOWN_NAMES.get(fold(name))) is None:
        near = closest(name, [*ATTRIBUTES, *METRICS, *SPEEDS])
        hint = "" if near else "; `backbones list columns` names them"
        raise QueryError(f"no column is called {name!r}{hint}", text, position, near)
    return known


def _read_keys(text: str, end: int, name: str) -> tuple[tuple[tuple[str, str], ...], int]:
    keys: dict[str, str] = {}
    separator = ":"
    while text[end : end + 1] == separator:
        found = _KEY.match(text, end + 1)
        if not found:
            if separator == ",":
                break  # the comma separates two references of a list
            raise QueryError("KEY=VALUE is expected after the colon", text, end + 1)
        allowed = SPEED_KEYS if name in SPEEDS else RESULT_KEYS
        key = next((k for k in allowed if fold(k) == fold(found[1])), None) or _KEY_ALIASES.get(fold(found[1]))
        if key is None or key not in allowed:
            raise QueryError(
                f"{name} has no condition {found[1]!r}", text, end + 1, closest(found[1], allowed) or allowed[:4]
            )
        keys[key] = _unquoted(found[2])
        end, separator = found.end(), ","
    return tuple(keys.items()), end


def _sound(reference: Reference, text: str, position: int) -> Reference:
    if reference.is_metric and reference.where is None:
        raise QueryError(
            f"{reference.name} needs a data set, as {reference.name}@{_example(reference.name)}", text, position
        )
    if reference.is_speed and reference.where is None:
        raise QueryError(f"{reference.name} needs a device, as {reference.name}@v100", text, position)
    if not (reference.is_metric or reference.is_speed) and (reference.where or reference.keys):
        raise QueryError(
            f"{reference.name} stands alone; only metrics and speeds take @ and conditions", text, position
        )
    return reference


def _example(metric: str) -> str:
    """A data set on which a metric is reported."""
    if metric.startswith(("box", "mask")):
        return "coco-val"
    return "ade20k" if metric.startswith(("miou", "pixel", "macc")) else "imagenet-1k"


def split_references(text: str) -> list[str]:
    """`a,b:head=x,crop=512,c` → [`a`, `b:head=x,crop=512`, `c`]; a piece that is KEY=VALUE belongs to the one before."""
    pieces = re.findall(r"(?:\"[^\"]*\"|'[^']*'|[^,\"'])+", text)
    found: list[str] = []
    for piece in pieces:
        if found and ":" in found[-1] and _KEY.fullmatch(piece.strip()):
            found[-1] += "," + piece.strip()
        elif piece.strip():
            found.append(piece.strip())
    return found
