"""Models of OpenMMLab become rows of sheets: what each of the four libraries says where."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, Final

from backbones.ingest.sheets import openmmlab_names as names
from backbones.ingest.sheets import openmmlab_weights as weights
from backbones.ingest.sheets.openmmlab_metafile import Entry, Model, Timing
from backbones.ingest.sheets.openmmlab_metrics import Meant, column_order, in_our_unit, joined, metric_of, task_of
from backbones.ingest.sheets.openmmlab_notes import Notes
from backbones.ingest.sheets.slug import slug
from backbones.store.text import fold
from backbones.store.vocabulary import METRICS

Row = dict[str, Any]


@dataclass(slots=True)
class Table:
    """The rows of one sheet to be."""

    kind: str
    rows: list[Row] = field(default_factory=list)
    note: str | None = None


_DEFAULT_TASK: Final = {"mmdet": "detection", "mmseg": "semantic segmentation", "mmpose": "keypoints"}
_NOTES: Final = {
    "mmpretrain": "a resolution is given where the model's name tells it; FLOPs are printed for multiply-accumulates",
    "mmpretrain_weights": "load with mmpretrain.get_model(loader, pretrained=True)",
    "mmpretrain_costs": "the whole model: for self-supervised pretraining with its decoder or second encoder",
    "mmdet_latency": "input 1333 x 800 px where no resolution is given",
    "mmdet_memory": "training memory per GPU",
    "mmseg_latency": "input as large as the crop: where no crop_size is given it is not square and stands in the setting",
    "mmseg_memory": "training memory per GPU",
    "mmpose_body_2d": "pck on MPII is PCKh, at 0.5 where no threshold is given",
    "mmpose_body_2d_parts": "each model is listed twice. JHMDB: PCK by person size, then by torso size; PoseTrack18: with "
    "ground-truth boxes, then with detected ones",
}  # fmt: skip


def tables_of(models: Iterable[Model], collection: str, notes: Notes) -> dict[str, Table]:
    """The sheets' rows by name, in the order of the models."""
    tables: dict[str, Table] = {}

    def table(name: str, kind: str) -> list[Row]:
        return tables.setdefault(name, Table(kind, note=_NOTES.get(name))).rows

    models = list(models)
    upstream = {name: m for m in models if not m.entries for name in m.is_upstream_of}
    for model in models:
        if collection == "mmpretrain":
            who: Row = {"weights": model.name}
            table("mmpretrain_weights", "weights").append(weights.weights_row(model, upstream.get(model.name)))
            if (cost := _cost(model)) and "printed" in cost:
                table("mmpretrain_costs", "costs").append(
                    who | {"resolution": None if weights.is_method(model) else weights.side_in(model.name)} | cost
                    | {"source_ref": model.reference}
                )  # fmt: skip
        else:
            who = _headed(model, collection, notes)
        _add_results(model, who, collection, table, notes)
        who = {key: who[key] for key in who if key != "family"}  # the results have said it
        _add_timings(model, who, collection, table, notes)
        if model.memory_gb is not None:
            table(f"{collection}_memory", "costs").append(
                who | _first_task(model, collection)
                | {"memory_mib": round(model.memory_gb * 1024, 6), "source_ref": model.reference}
            )  # fmt: skip
    return tables


def _cost(model: Model) -> Row:
    """Multiply-accumulates in G and parameters in millions."""
    found: Row = {}
    if model.flops:
        found["printed"] = model.flops / 1e9
    if model.parameters:
        found["params_m"] = model.parameters / 1e6
    return found


def _headed(model: Model, collection: str, notes: Notes) -> Row:
    """Who a model with a head is."""
    if collection == "mmseg":
        printed = model.architecture[0] if model.architecture else model.backbone
        backbone = names.segmenter_backbone(printed, model.name) if printed else None
        head = names.segmenter_head(model.architecture, model.group)
    else:
        backbone = names.backbone_in(model.name)
        head = names.detector_head(model.name, model.group) if collection == "mmdet" else names.pose_head(model.group)
    if backbone is None:
        parts = model.name.split("_")
        backbone = parts[1] if len(parts) > 1 else model.name
        notes.add("the backbone is not recognised; the second word of the model's name is taken", model.reference)
    return {"setting": model.name, "backbone": backbone, "family": names.family_of(backbone), "head": head}


def _add_results(model: Model, who: Row, collection: str, table: Callable[[str, str], list[Row]], notes: Notes) -> None:
    """One row for each data set, task and further condition; metrics stand side by side. Repeated ones get a row each."""
    rows: list[tuple[str, Row]] = []
    for entry in model.entries:
        dataset, said = _dataset(entry.task, entry.dataset, model, collection)
        if dataset is None:
            notes.add(f"no data set is given (it says {entry.dataset!r}); the result is left out", model.reference)
            continue
        numbers = _numbers(entry, collection, model, notes)
        if not numbers:
            continue
        task = task_of(entry.task, entry.metrics)
        start = _row(model, who, collection, dataset, task, said)
        sheet, columns = _sheet(collection, entry.task, task, numbers), {meant.column for meant in numbers}
        row = next((r for s, r in rows if s == sheet and start.items() <= r.items() and columns.isdisjoint(r)), None)
        if row is None:
            row = start
            rows.append((sheet, row))
        row |= {meant.column: numbers[meant] for meant in sorted(numbers, key=column_order)}
    for sheet, row in rows:
        table(sheet, "results").append(row)


def _numbers(entry: Entry, collection: str, model: Model, notes: Notes) -> dict[Meant, float]:
    """What a result's metrics mean, in our units."""
    found: dict[Meant, float] = {}
    for printed, value in entry.metrics.items():
        meant = metric_of(collection, entry.task, entry.dataset, printed)
        if meant is None:
            notes.add(f"metric {printed!r} of task {entry.task!r} is not known; left out", model.reference)
        elif meant in found:
            notes.add(f"metric {printed!r} says what another one said; left out", model.reference)
        else:
            found[meant] = value
    return _sensible(in_our_unit(found) if collection == "mmpose" else found, model, notes)


def _sensible(numbers: dict[Meant, float], model: Model, notes: Notes) -> dict[Meant, float]:
    """Without values that cannot be."""
    kept = {}
    for meant, value in numbers.items():
        if METRICS[meant.metric].holds(value):
            kept[meant] = value
        else:
            notes.add(f"{meant.metric} = {value:g} is out of range; left out", model.reference)
    return kept


def _sheet(collection: str, printed: str, task: str | None, numbers: dict[Meant, float]) -> str:
    """mmpose has a sheet for each kind of keypoints and one for values of single parts, mmpretrain one for other tasks."""
    if collection == "mmpretrain":
        is_plain = task is None and all(meant.metric in ("top_1", "top_5") for meant in numbers)
        return collection if is_plain else "mmpretrain_tasks"
    if collection != "mmpose":
        return collection
    subject = slug(printed.lower().replace("keypoint", ""), empty="")
    parts = "_parts" if any("part=" in (meant.conditions or "") for meant in numbers) else ""
    return f"mmpose_{subject}{parts}" if subject else f"mmpose{parts}"


def _dataset(task: str, printed: str, model: Model, collection: str) -> tuple[str | None, str | None]:
    """Data set, and what else its printed name says."""
    printed, said = names.split_dataset(printed)
    if collection == "mmpretrain" and printed == "COCO" and ("caption" in task.lower() or "retrieval" in task.lower()):
        return "COCO captions", None
    return names.dataset_of(printed, model.name), said


def _row(model: Model, who: Row, collection: str, dataset: str, task: str | None, said: str | None) -> Row:
    found = who | {"task": task, "dataset": dataset}
    if collection == "mmpretrain":
        found |= {"protocol": weights.protocol_of(model.name), "resolution": weights.side_in(model.name)}
        found |= _cost(model) | {"conditions": said}
    else:
        found |= {"train_dataset": _trained_on(model, dataset)} | _schedule(model, collection, said)
        if collection == "mmdet" and names.is_zero_shot(model.name):
            found["protocol"] = "zero-shot"
    return found | {"source_ref": model.reference}


def _trained_on(model: Model, dataset: str) -> str | None:
    """The training set, where it is not simply the evaluation set's own."""
    said = [names.trained_on(d) for d in model.training_data if not d.startswith("#")]
    own = {fold(dataset), fold(dataset.removesuffix(" val"))}
    return " + ".join(said) if said and {fold(d) for d in said} - own else None


_EPOCHS: Final = re.compile(r"[-_](?:(\d+)x|(\d+)e)(?=[-_.]|$)")
_BATCH_AND_ITERATIONS: Final = re.compile(r"(\d+)xb(\d+)(?:-[a-z0-9.]+){0,6}?-(\d+)k(?=[-_])")
_CROP: Final = re.compile(r"(?<!\d)(\d+)x(\d+)(?=[-_.]|$)")


def _schedule(model: Model, collection: str, said: str | None) -> Row:
    """Epochs, iterations and crop."""
    pairs: list[tuple[str, object]] = [tuple(said.split("="))] if said else []  # type: ignore[list-item]
    if collection == "mmseg":
        crop = model.crop or _last_sides(model.name)
        found = _BATCH_AND_ITERATIONS.search(model.name)
        iterations = f"{found[3]}k" if found else _thousands(model.iterations)
        batch = int(found[1]) * int(found[2]) if found else model.batch_size
        if crop and crop[0] != crop[1]:
            pairs.append(("crop", f"{crop[0]}x{crop[1]}"))
        pairs += [("schedule", iterations), ("batch", batch)]
        return {"crop_size": crop[0] if crop and crop[0] == crop[1] else None, "conditions": joined(*pairs)}
    epochs = model.epochs
    iterations = _thousands(model.iterations) if epochs is None else None
    if epochs is None and iterations is None and (match := _EPOCHS.search(model.name)):
        epochs = float(match[2]) if match[2] else 12.0 * int(match[1])
    return {"train_epochs": epochs, "conditions": joined(*pairs, ("schedule", iterations))}


def _thousands(iterations: int | None) -> str | None:
    return f"{iterations / 1000:g}k" if iterations else None


def _last_sides(name: str) -> tuple[int, int] | None:
    found = _CROP.findall(name)
    return (int(found[-1][0]), int(found[-1][1])) if found else None


_PRECISIONS: Final = {"fp32": "fp32", "fp16": "fp16", "amp": "amp", "int8": "int8", "tf32": "tf32", "bf16": "bf16"}


def _add_timings(model: Model, who: Row, collection: str, table: Callable[[str, str], list[Row]], notes: Notes) -> None:
    for timing in model.timings:
        precision = _PRECISIONS.get((timing.precision or "").lower())
        if timing.precision and precision is None:
            notes.add(f"mode {timing.precision!r} is no known precision; left blank", model.reference)
        row = who | _first_task(model, collection)
        row |= {"device": _device(timing), "precision": precision, "framework": timing.backend}
        row |= {"batch_size": timing.batch_size, **_input(timing, model, collection)}
        table(f"{collection}_latency", "throughput").append(
            row | {"latency_ms": timing.latency_ms, "source_ref": model.reference}
        )


def _device(timing: Timing) -> str | None:
    hardware = timing.hardware
    return f"NVIDIA {hardware}" if hardware and re.fullmatch(r"[VATH]\d{1,3}", hardware) else hardware


def _input(timing: Timing, model: Model, collection: str) -> Row:
    sides = timing.resolution
    found: Row = {"resolution": sides[0] if sides and sides[0] == sides[1] else None}
    if collection == "mmseg":
        found["crop_size"] = _schedule(model, collection, None)["crop_size"]
    return found


def _first_task(model: Model, collection: str) -> Row:
    """A cost belongs to the whole model; its first result says which task and data set that is for."""
    task: str | None = _DEFAULT_TASK.get(collection, "classification")
    dataset = None
    for entry in model.entries[:1]:
        dataset = _dataset(entry.task, entry.dataset, model, collection)[0]
        meant = next((m for p in entry.metrics if (m := metric_of(collection, entry.task, entry.dataset, p))), None)
        task = task_of(entry.task, entry.metrics) or (METRICS[meant.metric].task if meant else task)
    return {"task": task, "dataset": dataset}
