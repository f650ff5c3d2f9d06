"""OpenMMLab's metrics and tasks in the catalogue's words."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final, NamedTuple

from backbones.store.text import fold
from backbones.store.vocabulary import METRICS, canonical_conditions


class Meant(NamedTuple):
    """What a printed metric is: a column of a sheet of results."""

    metric: str
    conditions: str | None = None

    @property
    def column(self) -> str:
        """`pck` or `pck:part=elbow`."""
        return f"{self.metric}:{self.conditions}" if self.conditions else self.metric


_METRICS: Final = {
    "top1accuracy": "top_1", "top5accuracy": "top_5", "top1acc": "top_1", "top5acc": "top_5", "map": "multilabel_map", "of1": "overall_f1",
    "cf1": "class_f1", "recall1": "recall_1", "recall5": "recall_5", "recall10": "recall_10", "map10": "retrieval_map",
    "cider": "cider", "bleu4": "bleu_4", "accuracy": "answer_accuracy", "boxap": "box_ap", "bboxap": "box_ap", "maskap": "mask_ap",
    "pq": "pq", "sq": "sq", "rq": "rq", "ar1000": "average_recall_1000", "hota": "hota", "mota": "mota", "idf1": "idf1",
    "miou": "miou_ss", "mioums+flip": "miou_ms", "mdice": "mdice", "dice": "dice", "rmse": "depth_rmse",
    "aacc": "pixel_acc_ss", "macc": "macc_ss",
}  # fmt: skip
"""By folded name, in mmpretrain, mmdet and mmseg."""

_POSE: Final = {
    "ap": "keypoint_ap", "ap0.5": "keypoint_ap_50", "ap0.75": "keypoint_ap_75", "ape": "keypoint_ap_easy",
    "aph": "keypoint_ap_hard", "apm": "keypoint_ap_m", "apl": "keypoint_ap_l", "ar": "keypoint_ar", "ar0.5": "keypoint_ar_50",
    "auc": "auc", "epe": "keypoint_epe", "pck": "pck", "mean": "pck", "nme": "nme", "mpjpe": "mpjpe", "pmpjpe": "p_mpjpe",
    "nmpjpe": "n_mpjpe", "mrrpe": "mrrpe", "total": "keypoint_ap",
}  # fmt: skip
_JOINTS: Final = {"ank": "ankle", "ankl": "ankle", "elb": "elbow", "head": "head", "hip": "hip", "knee": "knee",
                  "sho": "shoulder", "shou": "shoulder", "wri": "wrist"}  # fmt: skip
_PARTS: Final = re.compile(r"(body|face|foot|hand|whole) (ap|ar)", re.IGNORECASE)
_AT: Final = re.compile(r"(?:pckh?|mean)@([\d.]+)", re.IGNORECASE)
_SUBSET: Final = re.compile(r"(nme|mpjpe)[ -](\w+)", re.IGNORECASE)

_TASKS: Final = {
    "videoinstancesegmentation": "video instance segmentation", "nlvr": "visual reasoning",
    "visualgrounding": "visual grounding",
}  # fmt: skip
"""Tasks whose metrics are also used by another one; the other tasks follow from the metric."""

_DIRECTIONS: Final = {"imagetotextretrieval": "image-to-text", "texttoimageretrieval": "text-to-image"}


def task_of(printed: str, metrics: Iterable[str]) -> str | None:
    """The task, where the metrics do not tell it."""
    if fold(printed) == "instancesegmentation" and "boxap" in map(fold, metrics):
        return "instance segmentation"
    return _TASKS.get(fold(printed))


def metric_of(collection: str, task: str, dataset: str, printed: str) -> Meant | None:
    """What a printed metric means there; None where the vocabulary has no word for it."""
    if collection == "mmpose":
        return _pose(dataset, printed)
    if found := re.fullmatch(r"accuracy \((\w+)\)", printed, re.IGNORECASE):
        return Meant("answer_accuracy", f"subset={found[1]}")
    if fold(task) == "videoinstancesegmentation" and fold(printed) == "ap":
        return Meant("mask_ap")
    metric = _METRICS.get(fold(printed))
    if metric is None:
        return None
    direction = _DIRECTIONS.get(fold(task))
    return Meant(metric, f"direction={direction}" if direction else None)


def _pose(dataset: str, printed: str) -> Meant | None:
    if printed == "APh":  # InterHand2.6M; AP (H) is the hard subset of CrowdPose
        return Meant("handedness_ap")
    if found := _PARTS.fullmatch(printed):
        part = found[1].lower()
        return Meant(f"keypoint_{found[2].lower()}", None if part == "whole" else f"part={part}")
    if found := _AT.fullmatch(printed):
        return Meant("pck", f"threshold={found[1]}")
    if found := _SUBSET.fullmatch(printed):
        subset = found[2].lower()
        return Meant(found[1].lower(), None if subset == "all" else f"subset={subset}")
    if joint := _JOINTS.get(fold(printed)):
        return Meant("keypoint_ap" if dataset == "PoseTrack18" else "pck", f"part={joint}")
    if fold(printed) == "apm" and dataset == "CrowdPose":  # medium crowding, not medium size
        return Meant("keypoint_ap", "subset=medium")
    metric = _POSE.get(fold(printed))
    return Meant(metric) if metric else None


def in_our_unit(numbers: dict[Meant, float]) -> dict[Meant, float]:
    """Percent as 0-100: mmpose prints all fractions of a result or none."""
    percents = {meant: v for meant, v in numbers.items() if METRICS[meant.metric].unit == "percent"}
    fractions = bool(percents) and all(0 <= v <= 1 for v in percents.values())
    return {m: round(v * 100, 10) if fractions and m in percents else v for m, v in numbers.items()}


def column_order(meant: Meant) -> tuple[int, int, str]:
    """The vocabulary's order; the whole before its parts."""
    return (list(METRICS).index(meant.metric), meant.conditions is not None, meant.conditions or "")


def joined(*pairs: tuple[str, object]) -> str | None:
    """Canonical conditions of what is known."""
    return canonical_conditions({key: str(value) for key, value in pairs if value is not None})
