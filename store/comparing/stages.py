"""Which stages of training and which test augmentation make a result another than those beside it."""

from __future__ import annotations

from typing import Final

from backbones.store.vocabulary import METRICS

_IMPLIED: Final = {"miou_ss": "single-scale", "miou_ms": "multi-scale"}
"""How a metric is tested by its name."""


def told(
    dataset: str, metric: str, protocol: str, intermediate: str | None, fine_tuning: str | None, train: str | None, test_aug: str | None
) -> tuple[str | None, str | None, str | None, str | None]:  # fmt: skip
    """Data of intermediate training, of fine-tuning and of training the head, and the test augmentation; None where the test itself
    says it, because some sources tell that and others do not.
    """
    is_bare = METRICS[metric].is_classification
    if is_bare and protocol == "supervised" and _needs(dataset, fine_tuning):
        fine_tuning = None
    name, _, part = dataset.rpartition(" ")
    if part in ("val", "test") and train == f"{name} train":
        train = None
    if test_aug is not None and (test_aug == _IMPLIED.get(metric) or (is_bare and test_aug.startswith("crop "))):
        test_aug = None
    return intermediate, fine_tuning, train, test_aug


def _needs(dataset: str, fine_tuning: str | None) -> bool:
    """Whether every supervised classifier of a test is trained on that last: those of ImageNet-1k are tested on its variants."""
    is_variant = dataset.startswith("ImageNet-") or dataset == "ObjectNet"
    return fine_tuning == dataset or (fine_tuning == "ImageNet-1k" and is_variant)
