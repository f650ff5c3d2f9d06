"""What one YAML file says, flattened: declarations of things, and facts that name things as the file prints them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

from backbones.store import family_file as ff
from backbones.store.sheet import MetricColumn, Sheet
from backbones.store.vocabulary import METRICS, canonical_conditions, conditions_of

Plain = dict[str, Any]


class Mention(NamedTuple):
    """Names as printed; None where the file gives none."""

    family: str | None
    backbone: str | None
    checkpoint: str | None
    weights: str | None


CONDITION: Final = (
    "protocol", "head", "resolution", "crop_size", "intermediate_dataset", "fine_tuning_dataset", "train_dataset",
    "train_epochs", "conditions", "setting",
)  # fmt: skip
"""What tells one setting of a checkpoint from another."""

RESULT: Final = (
    "task", "dataset", "metric", "value", "test_aug", "fine_tuning_epochs", "fine_tuning_resolution", "params_m",
    "printed", "convention", "collection", "source", "source_ref",
)  # fmt: skip
SPEED: Final = (
    "task", "dataset", "head", "resolution", "crop_size", "setting", "device", "precision", "framework",
    "memory_format", "compiled", "mode", "batch_size", "throughput_img_s", "latency_ms", "peak_memory_mib",
    "params_m", "printed", "convention", "collection", "source", "source_ref",
)  # fmt: skip
COST: Final = (
    "head", "task", "dataset", "resolution", "setting", "params_m", "printed", "convention", "activations_m", "memory_mib",
    "file_size_mib", "collection", "source", "source_ref", "feature_channels", "feature_strides",
)  # fmt: skip


@dataclass(slots=True)
class Records:
    """Everything that one file says."""

    name: str
    """The family or the sheet; a user's file replaces the shipped one of the same name."""
    declarations: list[tuple[str, Plain]] = field(default_factory=list)
    results: list[tuple[Mention, tuple[Any, ...], tuple[Any, ...]]] = field(default_factory=list)
    """Mention, values of CONDITION, values of RESULT."""
    speeds: list[tuple[Mention, tuple[Any, ...]]] = field(default_factory=list)
    costs: list[tuple[Mention, tuple[Any, ...]]] = field(default_factory=list)

    def declare(self, what: str, /, **values: Any) -> None:
        """Note that something exists, with what is known of it."""
        self.declarations.append((what, {k: v for k, v in values.items() if v is not None and v != []}))


def records_of(document: ff.FamilyFile | Sheet) -> Records:
    """The flat form of a checked file."""
    return _of_family(document) if isinstance(document, ff.FamilyFile) else _of_sheet(document)


def _of_family(family: ff.FamilyFile) -> Records:
    found = Records(ff.file_name(family))
    found.declare(
        "family", family=family.family, aliases=family.aliases, token_mixer=family.token_mixer,
        hierarchical=family.hierarchical, published=family.published, paper=family.paper, code=family.code,
    )  # fmt: skip
    _declare_sources(found, family.sources)
    for backbone in family.backbones:
        _of_backbone(found, family, backbone)
    return found


def _declare_sources(found: Records, sources: dict[str, ff.Source]) -> None:
    for key, source in sources.items():
        found.declare("source", source=key, **source.model_dump())


def _of_backbone(found: Records, family: ff.FamilyFile, backbone: ff.Backbone) -> None:
    found.declare(
        "backbone", backbone=backbone.backbone, family=family.family, params_m=backbone.params_m,
        timm_name=backbone.timm_name, aliases=backbone.aliases, architecture=backbone.same_architecture_as,
    )  # fmt: skip
    for speed in backbone.throughput:
        mention = Mention(family.family, backbone.backbone, speed.checkpoint, None)
        said = speed.model_dump() | {
            "source": speed.source or family.source,
            "source_ref": speed.ref,
            "collection": family.collection,
        }
        found.speeds.append((mention, tuple(said.get(c) for c in SPEED)))
    for checkpoint in backbone.checkpoints:
        pretraining = {f"pretraining_{k}": v for k, v in checkpoint.pretraining.model_dump().items()}
        found.declare(
            "checkpoint",
            checkpoint=checkpoint.checkpoint,
            backbone=backbone.backbone,
            aliases=checkpoint.aliases,
            **pretraining,
        )
        for weights in checkpoint.weights:
            _of_weights(found, checkpoint.checkpoint, weights)
        for result in checkpoint.results:
            _of_result(
                found, family, Mention(family.family, backbone.backbone, checkpoint.checkpoint, result.weights), result
            )


def _of_weights(found: Records, checkpoint: str, weights: str | ff.Weights) -> None:
    if isinstance(weights, str):
        found.declare("belongs", weights=weights, checkpoint=checkpoint)
        return
    said = weights.model_dump(exclude={"fine_tuning"})
    intermediate, last = _stages(weights.fine_tuning)
    found.declare(
        "weights", checkpoint=checkpoint, intermediate_dataset=intermediate,
        fine_tuning_dataset=last.dataset if last else None, **said,
    )  # fmt: skip


def _stages(stages: Sequence[ff.Stage]) -> tuple[str | None, ff.Stage | None]:
    """The intermediate data sets in one text, and the last stage."""
    if not stages:
        return None, None
    return ", ".join(s.dataset for s in stages[:-1]) or None, stages[-1]


def _of_result(found: Records, family: ff.FamilyFile, mention: Mention, result: ff.Result) -> None:
    intermediate, last = _stages(result.fine_tuning)
    said = result.model_dump(exclude={"values", "fine_tuning"}) | {
        "intermediate_dataset": intermediate,
        "fine_tuning_dataset": last.dataset if last else None,
        "fine_tuning_epochs": last.epochs if last else None,
        "fine_tuning_resolution": last.resolution if last else None,
        "source": result.source or family.source,
        "source_ref": result.ref,
        "collection": family.collection,
    }
    condition = tuple(said[c] for c in CONDITION)
    for metric, value in result.values.items():
        said["metric"], said["value"] = metric, value
        found.results.append((mention, condition, tuple(said[c] for c in RESULT)))


def _of_sheet(sheet: Sheet) -> Records:
    found = Records(f"sheet {sheet.sheet}")
    _declare_sources(found, sheet.sources)
    for name, device in sheet.devices.items():
        found.declare("measured_device", device=name, **device.model_dump(exclude_none=True))
    if sheet.kind == "results":
        _results(found, sheet)
    elif sheet.kind == "throughput":
        for said in _rows(sheet):
            said["task"] = said.get("task") or "classification"
            said["mode"] = said.get("mode") or "inference"
            found.speeds.append((_mention(said), tuple(map(said.get, SPEED))))
    elif sheet.kind == "costs":
        for said in _rows(sheet):
            found.costs.append((_mention(said), tuple(map(said.get, COST))))
    else:
        for said in _rows(sheet):
            _declare_row(found, sheet.kind, said)
    return found


def _rows(sheet: Sheet) -> Iterator[Plain]:
    """Each row with what is shared, as a mapping without the values that are not said."""
    shared = {**sheet.shared, "collection": sheet.collection}
    prefix = f"{sheet.file} " if sheet.file else ""
    for number, row in enumerate(sheet.rows, sheet.first_line or 0):
        said = shared | dict(zip(sheet.columns, row, strict=True))
        if sheet.first_line is not None:
            said["source_ref"] = f"{prefix}line {number}"
        elif prefix and (place := said.get("source_ref") or next(filter(None, reversed(_mention(said))), None)):
            said["source_ref"] = prefix + place
        yield said


def _mention(said: Plain) -> Mention:
    return Mention(said.get("family"), said.get("backbone"), said.get("checkpoint"), said.get("weights"))


def _results(found: Records, sheet: Sheet) -> None:
    metrics = [(column, m) for column in sheet.columns if (m := MetricColumn.of(column))]
    for said in _rows(sheet):
        said["protocol"] = said.get("protocol") or "supervised"
        mention = _mention(said)
        if any(c.startswith("pretraining") for c in said) and mention.checkpoint:
            _declare_row(found, "checkpoints", said)
        if mention.family and mention.backbone:
            found.declare("placed", backbone=mention.backbone, family=mention.family, params_m=said.get("params_m"))
        condition = tuple(map(said.get, CONDITION))
        own_dataset, own_task, own_conditions = said.get("dataset"), said.get("task"), said.get("conditions")
        for column, (metric, dataset, conditions) in metrics:
            if (value := said[column]) is None:
                continue
            said["metric"], said["value"], said["dataset"] = metric, value, dataset or own_dataset
            said["task"] = own_task or METRICS[metric].task
            if conditions:
                said["conditions"] = canonical_conditions(conditions_of(own_conditions) | conditions)
                met = tuple(map(said.get, CONDITION))
                said["conditions"] = own_conditions
            else:
                met = condition
            found.results.append((mention, met, tuple(map(said.get, RESULT))))


_KIND_OF_ROW: Final = {
    "families": "family", "backbones": "backbone", "checkpoints": "checkpoint", "weights": "weights", "datasets": "dataset",
    "heads": "head", "devices": "device", "sources": "source", "collections": "collection", "aliases": "alias",
    "suspects": "suspect", "rankings": "ranking", "corrections": "correction",
}  # fmt: skip


def _declare_row(found: Records, kind: str, said: Plain) -> None:
    found.declare(_KIND_OF_ROW[kind], **said)
    if kind == "weights" and said.get("checkpoint"):
        pretraining = {k: v for k, v in said.items() if k.startswith("pretraining_")}
        found.declare("pretraining", checkpoint=said["checkpoint"], backbone=said.get("backbone"), **pretraining)
    if kind == "weights" and said.get("backbone"):
        found.declare("placed", backbone=said["backbone"], family=said.get("family"))
