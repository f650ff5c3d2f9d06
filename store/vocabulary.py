"""The field's words: metrics with unit and direction, tasks, protocols, precisions, licence classes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Metric:
    """What a number measures: its name, label, unit, which direction is better and the task that it belongs to."""

    name: str
    label: str
    unit: str = "percent"
    """`percent`, `points` (percentage points or a score without upper limit), `px`, `mm`, `m`."""
    higher_is_better: bool = True
    task: str = "classification"

    def holds(self, value: float) -> bool:
        """Whether a value can be right; errors relative to a baseline (mCE, CE) may be above 100 percent."""
        if self.unit != "percent":
            return self.unit == "points" or value >= 0
        return 0 <= value <= (1000 if self.name in ("mce", "ce") else 100)

    @property
    def is_classification(self) -> bool:
        """Whether the bare backbone gives it, no head for another task."""
        return self.task not in HEADED_TASKS


TASKS: Final = (
    "classification", "detection", "instance segmentation", "semantic segmentation", "panoptic segmentation", "retrieval",
    "keypoints", "depth estimation", "optical flow", "video classification", "video instance segmentation",
    "object tracking", "region proposal", "correspondence", "captioning", "visual question answering", "visual grounding",
    "visual reasoning",
)  # fmt: skip
HEADED_TASKS: Final = frozenset(TASKS) - {"classification", "retrieval", "correspondence", "video classification"}
"""Tasks that put a head on the backbone: its bare speed says nothing about them."""


def _metrics() -> dict[str, Metric]:
    found = [
        Metric("top_1", "top-1"),
        Metric("top_5", "top-5"),
        Metric("mce", "mCE", higher_is_better=False),
        Metric("ce", "CE", higher_is_better=False),
        Metric("robust_top_1", "robust top-1"),
        Metric("mean_class_accuracy", "mean per-class accuracy"),
        Metric("multilabel_map", "multi-label mAP"),
        Metric("overall_f1", "overall F1"),
        Metric("class_f1", "per-class F1"),
        Metric("macro_f1", "macro-F1"),
        Metric("top_1_drop", "top-1 drop", "points", False),
        Metric("top_5_drop", "top-5 drop", "points", False),
        Metric("average", "average"),
        Metric("suite_metric", "the suite's own metric"),
        Metric("recall_1", "R@1", task="retrieval"),
        Metric("recall_5", "R@5", task="retrieval"),
        Metric("recall_10", "R@10", task="retrieval"),
        Metric("retrieval_map", "retrieval mAP", task="retrieval"),
        Metric("jaccard", "Jaccard", task="retrieval"),
        Metric("pq", "PQ", task="panoptic segmentation"),
        Metric("sq", "SQ", task="panoptic segmentation"),
        Metric("rq", "RQ", task="panoptic segmentation"),
        Metric("average_recall_1000", "AR@1000", task="region proposal"),
        Metric("mota", "MOTA", task="object tracking"),
        Metric("idf1", "IDF1", task="object tracking"),
        Metric("hota", "HOTA", task="object tracking"),
        Metric("j_and_f", "J&F", task="object tracking"),
        Metric("dice", "Dice", task="semantic segmentation"),
        Metric("mdice", "mean Dice", task="semantic segmentation"),
        Metric("depth_rmse", "RMSE", "m", False, "depth estimation"),
        Metric("correspondence", "correspondence accuracy", task="correspondence"),
        Metric("flow_epe", "EPE", "px", False, "optical flow"),
        Metric("flow_image_epe", "per-image EPE", "px", False, "optical flow"),
        Metric("flow_fl_all", "Fl-all", "percent", False, "optical flow"),
        Metric("answer_accuracy", "answer accuracy", task="visual question answering"),
        Metric("cider", "CIDEr", "points", True, "captioning"),
        Metric("bleu_4", "BLEU-4", "points", True, "captioning"),
        Metric("pck", "PCK", task="keypoints"),
        Metric("auc", "AUC", task="keypoints"),
        Metric("keypoint_epe", "keypoint EPE", "px", False, "keypoints"),
        Metric("nme", "NME", "percent", False, "keypoints"),
        Metric("mpjpe", "MPJPE", "mm", False, "keypoints"),
        Metric("n_mpjpe", "N-MPJPE", "mm", False, "keypoints"),
        Metric("p_mpjpe", "P-MPJPE", "mm", False, "keypoints"),
        Metric("mrrpe", "MRRPE", "mm", False, "keypoints"),
        Metric("handedness_ap", "handedness AP", task="keypoints"),
    ]
    for kind, task in (("box", "detection"), ("mask", "instance segmentation"), ("keypoint", "keypoints")):
        for suffix, label in (
            ("", ""),
            ("_50", "50"),
            ("_75", "75"),
            ("_s", " small"),
            ("_m", " medium"),
            ("_l", " large"),
        ):
            found.append(Metric(f"{kind}_ap{suffix}", f"{kind} AP{label}", task=task))
    for suffix, label in (("ap_easy", "AP easy"), ("ap_hard", "AP hard"), ("ar", "AR"), ("ar_50", "AR50")):
        found.append(Metric(f"keypoint_{suffix}", f"keypoint {label}", task="keypoints"))
    for name, label in (("miou", "mIoU"), ("pixel_acc", "pixel accuracy"), ("macc", "mean class accuracy")):
        found.append(Metric(f"{name}_ss", f"{label} (single scale)", task="semantic segmentation"))
        found.append(Metric(f"{name}_ms", f"{label} (multi-scale)", task="semantic segmentation"))
    return {m.name: m for m in found}


METRICS: Final = _metrics()

CONDITION_KEYS: Final = (
    "attack", "norm", "eps", "mask", "opacity", "shots", "direction", "language", "part", "subset", "threshold", "crop",
    "schedule", "batch", "annotations", "boxes", "layer", "loader", "precision", "value", "images", "train_images",
    "pooling", "recipe", "weights",
)  # fmt: skip
"""What else a number may depend on, in the order in which `conditions` lists it; further keys follow by name."""


def canonical_conditions(pairs: Mapping[str, str]) -> str | None:
    """`shots=10,language=de` of its parts; None of none. A value holds no comma and no equals sign."""
    order = {key: place for place, key in enumerate(CONDITION_KEYS)}
    ordered = sorted(pairs, key=lambda key: (order.get(key, len(order)), key))
    return ",".join(f"{key}={pairs[key]}" for key in ordered) or None


def conditions_of(text: str | None) -> dict[str, str]:
    """The parts of a canonical text."""
    return dict(part.partition("=")[::2] for part in text.split(",")) if text else {}


VERDICTS: Final = ("same", "apart", "doubtful")
"""Whether two names mean one thing; `doubtful` joins nothing until a person has looked."""
PROTOCOLS: Final = ("supervised", "zero-shot", "linear probing", "k-NN", "few-shot", "frozen", "adversarial")
PRECISIONS: Final = ("fp32", "tf32", "fp16", "bf16", "amp", "amp_fp16", "amp_bf16", "int8")
MEMORY_FORMATS: Final = ("contiguous", "channels_last")
MODES: Final = ("inference", "training")
CONVENTIONS: Final = ("macs", "flops")
"""`macs`: the printed number counts multiply-accumulates; `flops`: 1 MAC = 2 FLOPs, the printed number is halved."""

UNKNOWN_PREFERENCE: Final = 1000
"""The preference of a collection that no sheet lists; of several values, that of the smallest preference is chosen."""

ORIGINS: Final = ("reported", "measured", "predicted")

LICENCE_CLASSES: Final = ("permissive", "copyleft", "non-commercial", "restricted", "unknown")
"""`restricted`: a licence of the publisher's own whose terms one has to read (gemma, dinov3-license …)."""

_LICENCES: Final = {
    "permissive": "apache-2.0 mit bsd-3-clause bsd-2-clause cc-by-4.0 cc0-1.0 isc",
    "copyleft": "gpl-3.0 agpl-3.0 lgpl-3.0 cc-by-sa-3.0 cc-by-sa-4.0",
    "non-commercial": "cc-by-nc-4.0 cc-by-nc-sa-4.0 apple-amlr seer-license fair-noncommercial-research-license",
    "unknown": "unknown other",
}
_CLASS_OF: Final = {licence: name for name, licences in _LICENCES.items() for licence in licences.split()}


def licence_class(licence: str | None) -> str:
    """What a licence allows, in one of LICENCE_CLASSES; no licence stated is `unknown`."""
    return _CLASS_OF.get(licence.lower(), "restricted") if licence else "unknown"


def gmacs_of(printed: float | None, convention: str | None) -> float | None:
    """Giga multiply-accumulates of a printed number; 1 MAC = 2 FLOPs."""
    if printed is None:
        return None
    return printed / 2 if convention == "flops" else printed
