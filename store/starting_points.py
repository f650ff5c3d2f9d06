"""Views that come with the program: questions that people bring, ready to be changed and saved under a name of one's own."""

from __future__ import annotations

from typing import Final

from backbones.store.named_view import NamedView
from backbones.store.view import Sort, View

TOP_1: Final = "top_1@imagenet-1k"
V100: Final = "throughput@v100:precision=amp"
BOX: Final = "box_ap@coco-val:head=mask-rcnn"
MASK: Final = "mask_ap@coco-val:head=mask-rcnn"
MIOU: Final = "miou_ss@ade20k-val:head=upernet"
ZERO_SHOT: Final = "top_1@imagenet-1k:protocol=zero-shot"
FEATURES: Final = "top_1@imagenet-1k:protocol=linear-probing"
VARIANTS: Final = ("top_1@imagenet-v2", "top_1@imagenet-r", "top_1@imagenet-a", "top_1@imagenet-sketch")


def _view(metric: str, columns: tuple[str, ...], x: str, filter: str = "", **more: object) -> View:
    """A view of one metric, its best row first."""
    return View(filter=filter, columns=columns, sort=(Sort(metric),), x=x, y=metric, **more)  # type: ignore[arg-type]


STARTING_POINTS: Final = (
    NamedView(
        "ImageNet by params",
        View(),
        "ImageNet-1k top-1 against parameters: everything that the catalogue has, the Pareto front drawn.",
    ),
    NamedView(
        "Small and installable",
        _view(
            TOP_1,
            ("checkpoint", "resolution", TOP_1, "params_m", "gmacs", "weights", "library", "licence_class"),
            "gmacs",
            "params_m < 30 and installable = yes",
            best_per="backbone",
        ),
        "Under 30 M parameters with weights that a library loads; the best row of each backbone.",
    ),
    NamedView(
        "Fast on V100 with AMP",
        _view(TOP_1, ("checkpoint", "resolution", TOP_1, V100, "params_m", "gmacs", "weights"), V100, f"{V100} > 0"),
        "ImageNet-1k top-1 against images a second on a V100 in mixed precision.",
    ),
    NamedView(
        "COCO Mask R-CNN",
        _view(BOX, ("checkpoint", "backbone", BOX, MASK, "train_epochs", "params_m", "gmacs", "source"), "gmacs"),
        "Detection and instance segmentation with one head, so that only the backbone differs; mind the epochs.",
    ),
    NamedView(
        "ADE20K UPerNet",
        _view(MIOU, ("checkpoint", "backbone", MIOU, "crop_size", "pretraining_dataset", "params_m", "gmacs"), "params_m"),
        "Semantic segmentation with one head, single scale.",
    ),
    NamedView(
        "Zero-shot",
        _view(
            ZERO_SHOT,
            ("checkpoint", "resolution", ZERO_SHOT, "params_m", "gmacs", "pretraining_dataset", "weights"),
            "gmacs",
            group="pretraining_dataset",
        ),
        "ImageNet-1k without a label of it; colours are what was pretrained on.",
    ),
    NamedView(
        "Robust to other images",
        _view(
            TOP_1,
            ("checkpoint", "resolution", TOP_1, *VARIANTS, "params_m", "pretraining_dataset"),
            TOP_1,
            f"{VARIANTS[2]} > 0",
        ).with_(y=VARIANTS[2], sort=(Sort(VARIANTS[2]),)),
        "ImageNet-A against ImageNet-1k, with -V2, -R and -Sketch beside it: what the accuracy is worth elsewhere.",
    ),
    NamedView(
        "Frozen features",
        _view(
            FEATURES,
            ("checkpoint", "resolution", FEATURES, "params_m", "pretraining_dataset", "pretraining_method", "source"),
            "params_m",
            group="pretraining_method",
        ),
        "Linear probing on ImageNet-1k: how good the features are before any fine-tuning.",
    ),
    NamedView(
        "Recent and prominent",
        _view(
            TOP_1,
            ("checkpoint", "published", "resolution", TOP_1, "params_m", "gmacs", "prominent_because"),
            "published",
            "published > 2022-01-01 and prominent = yes",
        ),
        "What stands out among the models of the last years, by date, and why each does.",
    ),
)  # fmt: skip
"""Each has rows in the shipped catalogue; a test holds that."""
