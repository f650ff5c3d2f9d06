"""What each column of an answer is: label, kind, unit, direction, and the SQL that reads an attribute."""

from __future__ import annotations

from typing import Final

from backbones.store.references import Reference
from backbones.store.rows import Column
from backbones.store.this_machine import is_here
from backbones.store.vocabulary import METRICS

ATTRIBUTE_SQL: Final[dict[str, str]] = {
    "family": "t.family",
    "backbone": "t.backbone",
    "checkpoint": "t.checkpoint",
    "weights": "t.weights",
    "resolution": "t.resolution",
    "params_m": "p.params_m",
    "gmacs": "p.gmacs",
    "published": "t.published",
    "head": "p.head",
    "crop_size": "p.crop_size",
    "train_dataset": "k.train_dataset",
    "train_epochs": "k.train_epochs",
    "fine_tuning_dataset": "k.fine_tuning_dataset",
    "fine_tuning_epochs": "r.fine_tuning_epochs",
    "fine_tuning_resolution": "r.fine_tuning_resolution",
    "intermediate_dataset": "k.intermediate_dataset",
    "pretraining_dataset": "t.pretraining_dataset",
    "pretraining_method": "c.pretraining_method",
    "pretraining_resolution": "c.pretraining_resolution",
    "pretraining_epochs": "c.pretraining_epochs",
    "token_mixer": "a.token_mixer",
    "hierarchical": "a.hierarchical",
    "library": "w.library",
    "hub_id": "w.hub_id",
    "licence": "w.licence",
    "licence_class": "coalesce(w.licence_class, c.licence_class)",
    "installable": "coalesce(w.installable, c.installable)",
    "test_aug": "r.test_aug",
    "conditions": "k.conditions",
    "setting": "k.setting",
    "task": "p.task",
    "dataset": "p.dataset",
    "protocol": "p.protocol",
    "collection": "p.collection",
    "source": "r.source",
    "source_ref": "r.source_ref",
    "origin": "case r.file when 0 then 'measured' else 'reported' end",
    "memory_mib": "(select min(x.memory_mib) from cost x where x.mention = r.mention and x.collection = r.collection "
    "and x.head is p.head and (x.setting is k.setting or x.source_ref = r.source_ref))",
    "n_sources": "p.n_sources",
    "spread": "p.spread",
    "timm_name": "b.timm_name",
    "paper": "a.paper",
    "code": "a.code",
    "prominent": "exists (select 1 from prominence g where g.setting = t.id)",
    "prominent_because": "(select g.because from prominence g where g.setting = t.id)",
}
"""Aliases: p placement, t setting, r result, k condition, a family, b backbone, c checkpoint, w released."""

_NUMBERS: Final[dict[str, tuple[str, str, bool | None, int | None]]] = {
    "params_m": ("params", "M", False, 1),
    "gmacs": ("GMACs", "G", False, 2),
    "memory_mib": ("memory", "MiB", False, 0),
    "resolution": ("res", "px", None, 0),
    "crop_size": ("crop", "px", None, 0),
    "train_epochs": ("epochs", "epochs", None, None),
    "fine_tuning_epochs": ("ft epochs", "epochs", None, None),
    "fine_tuning_resolution": ("ft res", "px", None, 0),
    "pretraining_resolution": ("pt res", "px", None, 0),
    "pretraining_epochs": ("pt epochs", "epochs", None, None),
    "n_sources": ("sources", "", None, 0),
    "spread": ("spread", "", None, 2),
}
_LABELS: Final = {"fine_tuning_dataset": "fine-tuning", "intermediate_dataset": "intermediate", "pretraining_dataset": "pretraining",
                  "pretraining_method": "pt method", "licence_class": "licence class", "token_mixer": "token mixer",
                  "prominent_because": "why prominent"}  # fmt: skip
_TELLING: Final = (
    "head",
    "precision",
    "mode",
    "protocol",
    "collection",
    "memory_format",
    "framework",
    "source",
    "task",
    "origin",
)
"""Conditions whose value says what it is; the others are labelled `key=value`."""

_FLAGS: Final = ("hierarchical", "installable", "prominent")

VOCABULARY_SQL: Final[dict[str, str]] = {
    "family": "select family from family", "backbone": "select backbone from backbone",
    "checkpoint": "select checkpoint from checkpoint", "weights": "select weights from released",
    "head": "select distinct head from condition", "train_dataset": "select distinct train_dataset from condition",
    "fine_tuning_dataset": "select distinct fine_tuning_dataset from condition",
    "intermediate_dataset": "select distinct intermediate_dataset from condition",
    "pretraining_dataset": "select distinct pretraining_dataset from checkpoint",
    "pretraining_method": "select distinct pretraining_method from checkpoint",
    "token_mixer": "select distinct token_mixer from family", "library": "select distinct library from released",
    "licence": "select distinct licence from released", "licence_class": "select distinct licence_class from released",
    "task": "select distinct task from placement", "dataset": "select distinct dataset from placement",
    "protocol": "select distinct protocol from condition", "collection": "select distinct collection from placement",
    "source": "select distinct source from source", "timm_name": "select timm_name from backbone",
}  # fmt: skip
"""Columns whose values are names: a value that none of them has is a mistake, not an empty answer."""


def column_of(reference: Reference, where: str | None = None) -> Column:
    """The column of a reference; `where` is the data set's or device's own name."""
    name = str(reference)
    if reference.is_metric:
        metric = METRICS[reference.name]
        label = _with_keys(f"{metric.label} {where or reference.where}", reference)
        return Column(name, label, "number", metric.unit, metric.higher_is_better, 1 if metric.name == "mce" else 2)
    if reference.is_speed:
        tenths = 1 if is_here(reference.where) else 0  # a CPU may make few images a second
        label, unit, better, decimals = {
            "throughput": ("img/s", "img/s", True, tenths), "latency": ("ms", "ms", False, 2), "peak_memory": ("MiB", "MiB", False, 0),
        }[reference.name]  # fmt: skip
        device = (where or reference.where or "").removeprefix("NVIDIA ").removeprefix("Intel ")
        return Column(name, _with_keys(f"{label} {device}", reference), "number", unit, better, decimals)
    if reference.name in _NUMBERS:
        label, unit, higher, digits = _NUMBERS[reference.name]
        return Column(name, f"{label} {unit}" if unit == "M" else label, "number", unit, higher, digits)
    if reference.name == "published":
        return Column(name, "published", "date", higher_is_better=False)
    if reference.name in _FLAGS:
        return Column(name, reference.name, "flag")
    return Column(name, _LABELS.get(reference.name, reference.name.replace("_", " ")))


def _with_keys(label: str, reference: Reference) -> str:
    return label + "".join(f" {value}" if key in _TELLING else f" {key}={value}" for key, value in reference.keys)
