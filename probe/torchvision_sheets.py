"""torchvision's weights as sheets: results, costs, released files and architectures. No torch here."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from backbones.probe import torchvision_names as names
from backbones.store.sheet import Sheet

SOURCE: Final = "package:torchvision"


@dataclass(frozen=True, slots=True)
class Released:
    """One member of a weights enum, in plain values."""

    enum: str
    """`Swin_T_Weights`."""
    tag: str
    """`IMAGENET1K_V1`."""
    model: str
    """The function that builds it: `swin_t`."""
    module: str
    """Where that stands, below `torchvision.models`: `swin_transformer`, `detection.faster_rcnn`."""
    params_m: float
    gmacs: float | None
    size_mib: float | None
    resolution: int | None = None
    metrics: dict[str, dict[str, float]] = field(default_factory=dict)
    """Data set -> metric -> value, as torchvision names them."""
    unquantized: str | None = None
    """The member that was quantized: `IMAGENET1K_V2`."""
    has_own_licence: bool = False
    """The weights have another licence than the package; so far SWAG's, which is CC-BY-NC-4.0."""

    @property
    def name(self) -> str:
        """As torchvision's `get_weight` takes it."""
        return f"{self.enum}.{self.tag}"

    @property
    def is_quantized(self) -> bool:
        return self.enum.endswith("QuantizedWeights")


def sheets_of(
    released: Sequence[Released], version: str, retrieved: str | None = None, collection: str | None = None
) -> tuple[list[Sheet], list[str]]:
    """The sheets, and what was left out."""
    notes: list[str] = []
    plain = [r for r in released if names.head_of(r.model) is None]
    headed = [r for r in released if names.head_of(r.model) is not None]
    video = [r for r in plain if r.module.startswith("video.")]
    images = [r for r in plain if not r.module.startswith("video.")]
    head = {
        "collection": collection or "torchvision",
        "file": f"torchvision {version} weights enums",
    }
    found = [
        _results("torchvision", head, images, {"task": "classification"}, notes),
        _results("torchvision_video", head, video, {"task": "video classification"}, notes),
        _results("torchvision_heads", head, headed, {}, notes),
        _costs(head, released) | {"sources": {SOURCE: _source(version, retrieved)}},
        _weights(plain),
        _backbones(released),
    ]
    return [Sheet.model_validate(sheet) for sheet in found if sheet["rows"]], notes


def _source(version: str, retrieved: str | None) -> dict[str, Any]:
    said = {
        "title": "torchvision weights", "url": "https://docs.pytorch.org/vision/stable/models.html", "kind": "package",
        "licence": "BSD-3-Clause", "version": version, "retrieved": retrieved,
    }  # fmt: skip
    return {key: value for key, value in said.items() if value is not None}


def _sheet(name: str, kind: str, shared: dict[str, Any], rows: Iterable[dict[str, Any]]) -> dict[str, Any]:
    """Columns are the keys that some row has a value for, in the order in which they first come."""
    made = list(rows)
    columns = list(dict.fromkeys(key for row in made for key, value in row.items() if value is not None))
    table = [[row.get(column) for column in columns] for row in made]
    return {"sheet": name, "kind": kind, "shared": shared, "columns": columns, "rows": table}


def _results(
    name: str, head: dict[str, Any], released: Iterable[Released], shared: dict[str, Any], notes: list[str]
) -> dict[str, Any]:
    rows = []
    for one in released:
        metrics = _metrics(one, notes)
        if not metrics:
            continue
        setting = _headed(one)
        training = names.training_of(names.backbone_of(one.model), one.tag)
        row = setting or {"weights": one.name, "resolution": one.resolution}
        if setting is None:
            row |= {
                "protocol": training.protocol, "fine_tuning_dataset": training.fine_tuning_dataset,
                "conditions": "precision=int8" if one.is_quantized else None,
            }  # fmt: skip
        rows.append(row | metrics | {"params_m": one.params_m, "printed": one.gmacs, "source_ref": one.name})
    return head | _sheet(name, "results", shared | {"source": SOURCE, "convention": "macs"}, rows)


def _metrics(one: Released, notes: list[str]) -> dict[str, float]:
    found = {}
    for dataset, values in one.metrics.items():
        for metric, value in values.items():
            if metric not in names.METRICS or dataset not in names.DATASETS:
                notes.append(f"{one.name}: {metric} on {dataset} is not known here; left out")
            elif math.isnan(value):
                notes.append(f"{one.name}: torchvision gives no {metric} on {dataset}")
            else:
                found[f"{names.METRICS[metric]}@{_dataset(one, metric, dataset)}"] = value
    return found


def _dataset(one: Released, metric: str, dataset: str) -> str:
    """A keypoint detector's boxes are of persons only, another number than COCO's 80 classes give."""
    is_of_persons = one.model.startswith("keypointrcnn_") and metric == "box_map"
    return "COCO persons val" if is_of_persons else names.DATASETS[dataset]


def _headed(one: Released) -> dict[str, Any] | None:
    head = names.head_of(one.model)
    return {"backbone": names.backbone_of(one.model), "head": head.head, "setting": one.name} if head else None


def _costs(head: dict[str, Any], released: Iterable[Released]) -> dict[str, Any]:
    rows = []
    for one in released:
        on_top = names.head_of(one.model)
        row = _headed(one) or {"weights": one.name, "resolution": one.resolution}
        row |= {"task": on_top.task if on_top else None, "params_m": one.params_m, "printed": one.gmacs}
        rows.append(row | {"file_size_mib": one.size_mib, "source_ref": one.name})
    return head | _sheet("torchvision_costs", "costs", {"source": SOURCE, "convention": "macs"}, rows)


def _weights(released: Iterable[Released]) -> dict[str, Any]:
    rows = []
    for one in released:
        backbone = names.backbone_of(one.model)
        training = names.training_of(backbone, one.unquantized or one.tag)
        rows.append({
            "weights": one.name, "loader": one.name, "backbone": backbone, "checkpoint": training.checkpoint,
            "licence": "cc-by-nc-4.0" if one.has_own_licence else "bsd-3-clause", "size_mib": one.size_mib,
            "pretraining_dataset": training.pretraining_dataset, "pretraining_method": training.pretraining_method,
            "fine_tuning_dataset": training.fine_tuning_dataset,
        })  # fmt: skip
    return _sheet("torchvision_weights", "weights", {"library": "torchvision", "installable": True}, rows)


def _backbones(released: Iterable[Released]) -> dict[str, Any]:
    """Each architecture once; a larger input has more position embeddings, so the smallest count is taken."""
    found: dict[str, dict[str, Any]] = {}
    for one in sorted(released, key=lambda r: r.params_m):
        if family := names.family_of(one.module, one.model):
            backbone = names.backbone_of(one.model)
            found.setdefault(backbone, {"backbone": backbone, "family": family, "params_m": one.params_m})
    return _sheet(
        "torchvision_backbones", "backbones", {}, sorted(found.values(), key=lambda row: str(row["backbone"]))
    )
