"""Copied rows -> backbones, checkpoints, results and speeds of one family."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from backbones.ingest.expanding.costs import LoneCost, not_placed, placed
from backbones.ingest.expanding.naming import SUPERVISED, CheckpointNames, training_set
from backbones.ingest.expanding.printed import is_of_macs
from backbones.ingest.expanding.row import Copied, CopiedRow
from backbones.ingest.expanding.tree import Leaf
from backbones.ingest.meaning.lexicon import DATASETS, IMAGENET_EVALUATIONS, VIDEO, all_named
from backbones.ingest.meaning.views import SIDE_BY_SIDE
from backbones.store.text import fold, printable
from backbones.store.vocabulary import METRICS

_SPEEDS = ("throughput_img_s", "latency_ms", "peak_memory_mib")


@dataclass(slots=True)
class _Checkpoint:
    dataset: str
    method: str
    epochs: Leaf | None
    results: dict[tuple[Any, ...], list[dict[str, Any]]] = field(default_factory=dict)


@dataclass(slots=True)
class _Backbone:
    name: str
    params: dict[int, list[Leaf]] = field(default_factory=dict)
    """By how much they are the backbone's own; the least goes first."""
    checkpoints: dict[tuple[Any, ...], _Checkpoint] = field(default_factory=dict)
    speeds: dict[tuple[Any, ...], dict[str, Any]] = field(default_factory=dict)


class Family:
    """A family file's backbones, filled row by row."""

    def __init__(self, name: str, device_of: dict[str, str], is_proposed: bool = True) -> None:
        self.name, self._device_of, self._is_proposed = name, device_of, is_proposed
        self._costs: list[LoneCost] = []
        self.unplaced: list[str] = []
        """Costs that belong to no result, a sentence each; known once the tree is made."""
        self._backbones: dict[str, _Backbone] = {}

    def add(self, row: CopiedRow) -> None:
        """Everything that one row says."""
        backbone = self._backbones.setdefault(fold(row.meaning.backbone), _Backbone(printable(row.meaning.backbone)))
        results = [n for n in row.numbers if n.quantity in METRICS]
        bare = [n for n in results if METRICS[n.quantity].is_classification]
        params = [n for n in row.numbers if n.quantity == "params_m"]
        if row.plan.task in ("classification", "speed"):
            own = [n.leaf for n in params if not n.meaning.head][:1]
            if own:
                backbone.params.setdefault(_distance(row), []).extend(own)
        for number in results:
            if bare and number not in bare:
                self._result(backbone, row, number, [], results)
            else:
                self._result(backbone, row, number, row.numbers, results)
        for number in row.numbers:
            if number.quantity in _SPEEDS:
                self._speed(backbone, row, number)
            elif number.quantity == "compute" and not results and row.plan.task in ("classification", "speed"):
                self._costs.append(_lone_cost(backbone.name, row, number))

    def _result(self, backbone: _Backbone, row: CopiedRow, number: Copied, beside: Any, results: list[Copied]) -> None:
        checkpoint = self._checkpoint(backbone, row, number)
        key, said = self._setting(row, number)
        drafts = checkpoint.results.setdefault(key, [])
        for draft in drafts:
            held = draft["values"].get(number.quantity)
            if held is None:
                break
            if held.value == number.leaf.value:
                return
        else:
            draft = said | {"values": {}, "ref": _reference(row)}
            drafts.append(draft)
        draft["values"][number.quantity] = number.leaf
        if beside:
            compute = _beside("compute", number, beside) if not _is_comparison(row) else None
            if compute is not None:
                draft.setdefault("printed", compute.leaf)
                if convention := _convention(row, compute):
                    draft["convention"] = convention
            if (
                row.plan.task not in ("classification", "speed")
                and (params := _beside("params_m", number, beside)) is not None
            ):
                draft.setdefault("params_m", params.leaf)

    def _checkpoint(self, backbone: _Backbone, row: CopiedRow, number: Copied) -> _Checkpoint:
        dataset = _pretrained_on(row, number)
        method = row.meaning.pretraining_method or row.plan.pretraining_method
        epochs = row.pretraining_epochs
        if epochs is None and number.train_epochs is not None:
            is_pretraining = (
                re.search(r"pre-?\s?train", number.train_epochs.evidence.printed, re.IGNORECASE) is not None
            )
            if is_pretraining == (method not in ("", "Supervised")) and (
                is_pretraining or _trains_from_scratch(row, number, dataset)
            ):
                epochs = number.train_epochs
        said = "" if fold(method) in SUPERVISED else fold(method)
        key = (fold(dataset), said, epochs.value if epochs else None)
        checkpoint = backbone.checkpoints.setdefault(key, _Checkpoint(dataset, method, epochs))
        checkpoint.method = checkpoint.method or method
        return checkpoint

    def _setting(self, row: CopiedRow, number: Copied) -> tuple[tuple[Any, ...], dict[str, Any]]:
        """The key of a result's setting, and the setting as it is written."""
        is_dense = number.task == "semantic segmentation"
        is_bare = METRICS[number.quantity].is_classification
        side = number.resolution if is_dense or is_bare else None
        epochs = number.train_epochs if not is_bare else None
        head = "" if is_bare else number.head
        stages = _fine_tuning(row, number) if is_bare or row.meaning.intermediate_dataset else []
        said: dict[str, Any] = {"task": number.task, "dataset": printable(number.dataset) or None}
        if row.plan.protocol not in ("", "supervised"):
            said["protocol"] = row.plan.protocol
        said |= {
            "head": printable(head) or None,
            "resolution": None if is_dense else side,
            "crop_size": side if is_dense else None,
            "fine_tuning": stages,
            "train_epochs": epochs,
            "test_aug": number.test_aug or None,
        }
        key = (
            number.task, number.dataset, row.plan.protocol or "supervised", head, side.value if side else None, epochs.value if epochs else None,
            number.test_aug, tuple(stage["dataset"] for stage in stages),
        )  # fmt: skip
        return key, said

    def _speed(self, backbone: _Backbone, row: CopiedRow, number: Copied) -> None:
        task = row.plan.task if row.plan.task != "speed" else "classification"
        is_bare = task == "classification"
        device = number.meaning.device or row.plan.device or self._device_of.get(row.table.id, "")
        precision = number.meaning.precision or row.plan.precision
        head = "" if is_bare else number.head
        side = number.resolution if is_bare else None
        key: tuple[Any, ...] = (device, precision, head, task, side.value if side else None)
        speed = backbone.speeds.get(key)
        if speed is not None and number.quantity in speed:
            if speed[number.quantity].value == number.leaf.value:
                return
            key, speed = (*key, row.table.id, row.meaning.row), None
        if speed is None:
            speed = {
                "device": printable(device) or None, "precision": precision or None, "resolution": side,
                "task": None if is_bare else task, "head": printable(head) or None, "batch_size": row.batch_size, "ref": _reference(row),
            }  # fmt: skip
            backbone.speeds[key] = speed
        speed[number.quantity] = number.leaf

    def tree(self) -> list[dict[str, Any]]:
        """The backbones as they stand in the file, leaves still with their evidence."""
        for backbone in self._backbones.values():
            _merge_unsaid(backbone)
        self._place_costs()
        made = [checkpoint for backbone in self._backbones.values() for checkpoint in backbone.checkpoints.values()]
        names = CheckpointNames(((c.dataset, c.method, -_extent(c)) for c in made), self._is_proposed)
        return [
            _backbone_tree(backbone, names)
            for backbone in self._backbones.values()
            if backbone.params or backbone.checkpoints or backbone.speeds
        ]

    def _place_costs(self) -> None:
        self.unplaced = []
        for cost in self._costs:
            checkpoints = self._backbones[fold(cost.backbone)].checkpoints.values()
            results = [draft for c in checkpoints for drafts in c.results.values() for draft in drafts]
            if not placed(cost, results):
                self.unplaced.append(not_placed(cost))


def _lone_cost(backbone: str, row: CopiedRow, number: Copied) -> LoneCost:
    place = f"table {row.table.number}{row.table.part} on page {row.table.page}, {row.where}"
    return LoneCost(backbone, number.leaf, number.resolution, _convention(row, number), place)


def _convention(row: CopiedRow, compute: Copied) -> str:
    """What the header says goes before what is said of the table; empty: nothing, multiply-accumulates are meant."""
    if is_of_macs(row.table.columns[compute.meaning.column].header):
        return "macs"
    return "flops" if row.plan.convention == "flops" else ""


def _merge_unsaid(backbone: _Backbone) -> None:
    """A table that is silent on epochs means the checkpoint whose epochs another gives, where there is just one."""
    for key, checkpoint in list(backbone.checkpoints.items()):
        alike = [other for k, other in backbone.checkpoints.items() if k[:2] == key[:2] and k != key]
        if key[2] is None and len(alike) == 1:
            for setting, drafts in checkpoint.results.items():
                alike[0].results.setdefault(setting, []).extend(_new(drafts, alike[0].results.get(setting, [])))
            del backbone.checkpoints[key]


def _new(drafts: list[dict[str, Any]], held: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Without the results that are held already."""
    values = [{metric: leaf.value for metric, leaf in draft["values"].items()} for draft in held]
    return [draft for draft in drafts if not any(_is_part(draft, known) for known in values)]


def _is_part(draft: dict[str, Any], known: dict[str, float]) -> bool:
    return all(known.get(metric) == leaf.value for metric, leaf in draft["values"].items())


def _trains_from_scratch(row: CopiedRow, number: Copied, dataset: str) -> bool:
    """The epochs beside a classifier that was trained on the data set that it is judged by are its pretraining's."""
    return (
        METRICS[number.quantity].is_classification
        and dataset == "ImageNet-1k"
        and row.plan.dataset in ("", "ImageNet-1k")
    )


def _beside(quantity: str, number: Copied, others: Any) -> Copied | None:
    """The parameters or the cost that belong to a result: of its head or data set where columns are grouped, else the nearest."""
    found = [
        n for n in others
        if n.quantity == quantity and n.meaning.head in ("", number.meaning.head)
        and (not n.meaning.dataset or n.meaning.dataset == number.dataset)
    ]  # fmt: skip
    if grouped := [n for n in found if n.meaning.head == number.meaning.head != "" or n.meaning.dataset]:
        found = grouped
    return min(found, key=lambda n: abs(n.meaning.column - number.meaning.column), default=None)


def _pretrained_on(row: CopiedRow, number: Copied) -> str:
    """The row's word goes before the column's, the column's before the table's."""
    return row.meaning.pretraining_dataset or number.meaning.pretraining_dataset or row.plan.pretraining_dataset


def _fine_tuning(row: CopiedRow, number: Copied) -> list[dict[str, Any]]:
    """The stages between pretraining and result, where the data sets or the method show that there were any."""
    dataset = _pretrained_on(row, number)
    judged = "ImageNet-1k" if number.dataset in IMAGENET_EVALUATIONS else number.dataset
    stages = [row.meaning.intermediate_dataset] if row.meaning.intermediate_dataset else []
    method = row.meaning.pretraining_method or row.plan.pretraining_method
    if (
        judged
        and (dataset not in ("", judged) or stages or method not in ("", "Supervised"))
        and row.plan.protocol in ("", "supervised")
    ):
        stages.append(training_set(judged))
    return [{"dataset": printable(stage)} for stage in stages]


def _reference(row: CopiedRow) -> str:
    return printable(f"Table {row.table.number}{row.table.part}, {row.where}")


def _backbone_tree(backbone: _Backbone, names: CheckpointNames) -> dict[str, Any]:
    checkpoints = sorted(
        backbone.checkpoints.values(), key=lambda c: (c.dataset != "ImageNet-1k", c.dataset, _extent(c))
    )
    tree: dict[str, Any] = {"backbone": backbone.name}
    if backbone.params:
        tree["params_m"] = _usual(backbone.params[min(backbone.params)])
    tree["checkpoints"] = [_checkpoint_tree(backbone.name, c, names) for c in checkpoints]
    tree["throughput"] = list(backbone.speeds.values())
    return tree


def _is_comparison(row: CopiedRow) -> bool:
    """Whether the row stood beside other models': its costs are of a comparison."""
    return row.table.id.endswith(SIDE_BY_SIDE)


def _distance(row: CopiedRow) -> int:
    """How far a table is from the backbone itself: on ImageNet-1k or without results, on other data, a comparison."""
    if _is_comparison(row):
        return 2
    judged = {n.dataset for n in row.numbers if n.quantity in METRICS}
    if judged:
        return int(not judged & {"ImageNet-1k", *IMAGENET_EVALUATIONS})
    words = f"{row.table.title} {row.table.caption}"
    return int(any(d in VIDEO or d.startswith(("COCO", "ADE20K")) for d in all_named(DATASETS, words)))


def _usual(leaves: list[Leaf]) -> Leaf:
    """The value that most tables print; of equally many, the one with most digits."""
    counts = Counter(leaf.value for leaf in leaves)
    return max(leaves, key=lambda leaf: (counts[leaf.value], len(f"{leaf.value:g}")))


def _extent(checkpoint: _Checkpoint) -> int:
    return -sum(len(draft["values"]) for drafts in checkpoint.results.values() for draft in drafts)


def _checkpoint_tree(backbone: str, checkpoint: _Checkpoint, names: CheckpointNames) -> dict[str, Any]:
    epochs = checkpoint.epochs.value if checkpoint.epochs else None
    name = names.name(backbone, checkpoint.dataset, checkpoint.method, epochs)
    pretraining = {
        "dataset": printable(checkpoint.dataset) or None,
        "method": printable(checkpoint.method) or None,
        "epochs": checkpoint.epochs,
    }
    return {
        "checkpoint": name,
        "pretraining": {key: value for key, value in pretraining.items() if value is not None} or None,
        "results": [draft for drafts in checkpoint.results.values() for draft in drafts],
    }
