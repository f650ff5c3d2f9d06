"""The field's words: metrics with unit and direction, tasks, protocols, precisions, licence classes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Metric:
    """What a number measures: its name, label, unit and which direction is better."""

    name: str
    label: str
    unit: str
    higher_is_better: bool = True

    def holds(self, value: float) -> bool:
        """Whether a value can be right; errors relative to a baseline (mCE, CE) may be above 100 percent."""
        return 0 <= value <= (1000 if self.name in ("mce", "ce") else 100)

    @property
    def is_classification(self) -> bool:
        """Whether the bare backbone with its classifier gives it, no head for another task."""
        return self.name in (
            "top_1",
            "top_5",
            "mce",
            "ce",
            "robust_top_1",
            "mean_class_accuracy",
        ) or self.name.startswith("recall")


def _metrics() -> dict[str, Metric]:
    found = [
        Metric("top_1", "top-1", "percent"),
        Metric("top_5", "top-5", "percent"),
        Metric("mce", "mCE", "percent", False),
        Metric("ce", "CE", "percent", False),
        Metric("robust_top_1", "robust top-1", "percent"),
        Metric("mean_class_accuracy", "mean per-class accuracy", "percent"),
        Metric("recall_1", "R@1", "percent"),
        Metric("recall_5", "R@5", "percent"),
        Metric("recall_10", "R@10", "percent"),
        Metric("pq", "PQ", "percent"),
        Metric("keypoint_ap", "keypoint AP", "percent"),
        Metric("keypoint_ar", "keypoint AR", "percent"),
        Metric("pck", "PCK", "percent"),
    ]
    for kind in ("box", "mask"):
        for suffix, label in (
            ("", ""),
            ("_50", "50"),
            ("_75", "75"),
            ("_s", " small"),
            ("_m", " medium"),
            ("_l", " large"),
        ):
            found.append(Metric(f"{kind}_ap{suffix}", f"{kind} AP{label}", "percent"))
    for name, label in (("miou", "mIoU"), ("pixel_acc", "pixel accuracy"), ("macc", "mean class accuracy")):
        found.append(Metric(f"{name}_ss", f"{label} (single scale)", "percent"))
        found.append(Metric(f"{name}_ms", f"{label} (multi-scale)", "percent"))
    return {m.name: m for m in found}


METRICS: Final = _metrics()

TASKS: Final = (
    "classification",
    "detection",
    "instance segmentation",
    "semantic segmentation",
    "panoptic segmentation",
    "retrieval",
    "keypoints",
)
PROTOCOLS: Final = ("supervised", "zero-shot", "linear probing", "k-NN", "few-shot", "frozen", "adversarial")
PRECISIONS: Final = ("fp32", "tf32", "fp16", "bf16", "amp", "amp_fp16", "amp_bf16", "int8")
MEMORY_FORMATS: Final = ("contiguous", "channels_last")
MODES: Final = ("inference", "training")
CONVENTIONS: Final = ("macs", "flops")
"""`macs`: the printed number counts multiply-accumulates; `flops`: 1 MAC = 2 FLOPs, the printed number is halved."""

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
