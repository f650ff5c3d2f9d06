"""What torchvision's names mean in the catalogue: model functions, weights, data sets and metrics."""

from __future__ import annotations

import re
from typing import Final, NamedTuple

METRICS: Final = {
    "acc@1": "top_1", "acc@5": "top_5", "box_map": "box_ap", "mask_map": "mask_ap", "kp_map": "keypoint_ap",
    "miou": "miou_ss", "pixel_acc": "pixel_acc_ss", "epe": "flow_epe", "per_image_epe": "flow_image_epe",
    "fl_all": "flow_fl_all",
}  # fmt: skip

DATASETS: Final = {
    "ImageNet-1K": "ImageNet-1k", "Kinetics-400": "Kinetics-400", "COCO-val2017": "COCO val",
    "COCO-val2017-VOC-labels": "COCO (VOC labels)", "Sintel-Train-Cleanpass": "Sintel train (clean pass)",
    "Sintel-Train-Finalpass": "Sintel train (final pass)", "Sintel-Test-Cleanpass": "Sintel test (clean pass)",
    "Sintel-Test-Finalpass": "Sintel test (final pass)", "Kitti-Train": "KITTI train", "Kitti-Test": "KITTI test",
}  # fmt: skip

FAMILIES: Final = {
    "alexnet": "AlexNet", "convnext": "ConvNeXt", "densenet": "DenseNet", "efficientnet": "EfficientNet",
    "googlenet": "GoogLeNet", "inception": "Inception-v3", "maxvit": "MaxViT", "mnasnet": "MnasNet",
    "mobilenetv2": "MobileNetV2", "mobilenetv3": "MobileNetV3", "regnet": "RegNet", "resnet": "ResNet",
    "shufflenetv2": "ShuffleNetV2", "squeezenet": "SqueezeNet", "swin_transformer": "Swin", "vgg": "VGG",
    "vision_transformer": "ViT", "video.resnet": "Video ResNet", "video.swin_transformer": "Video Swin",
    "video.mvit": "MViT", "video.s3d": "S3D", "optical_flow.raft": "RAFT",
}  # fmt: skip
"""The family of a module below `torchvision.models`."""

_OWN_FAMILIES: Final = (
    ("efficientnet_v2", "EfficientNetV2"), ("mvit_v2", "MViTv2"), ("resnext", "ResNeXt"), ("wide_resnet", "Wide ResNet"),
    ("swin_v2", "SwinV2"),
)  # fmt: skip
"""Models that stand in the module of another family."""

_BACKBONES: Final = {
    "convnext_tiny": "ConvNeXt-T",
    "convnext_small": "ConvNeXt-S",
    "convnext_base": "ConvNeXt-B",
    "convnext_large": "ConvNeXt-L",
    **{f"efficientnet_b{size}": f"EfficientNet-B{size}" for size in range(8)},
    **{f"efficientnet_v2_{size}": f"EfficientNetV2-{size.upper()}" for size in "sml"},
    "inception_v3": "inception_v3 (torchvision)", "maxvit_t": "MaxViT-T", "mnasnet0_5": "mnasnet_050",
    "mnasnet0_75": "mnasnet_075", "mnasnet1_0": "mnasnet_100", "mobilenet_v2": "mobilenetv2_100",
    "mobilenet_v3_large": "mobilenetv3_large_100", "mobilenet_v3_small": "mobilenetv3_small_100",
    "regnet_x_400mf": "regnetx_004_tv", "regnet_x_800mf": "regnetx_008", "regnet_x_1_6gf": "regnetx_016",
    "regnet_x_3_2gf": "regnetx_032", "regnet_x_8gf": "regnetx_080", "regnet_x_16gf": "regnetx_160",
    "regnet_x_32gf": "regnetx_320", "regnet_y_400mf": "regnety_004", "regnet_y_800mf": "regnety_008_tv",
    "regnet_y_1_6gf": "regnety_016", "regnet_y_3_2gf": "regnety_032", "regnet_y_8gf": "regnety_080_tv",
    "regnet_y_16gf": "regnety_160", "regnet_y_32gf": "regnety_320", "regnet_y_128gf": "regnety_1280",
    "swin_t": "Swin-T", "swin_s": "Swin-S", "swin_b": "Swin-B", "swin_v2_t": "swinv2_tiny_window8_256",
    "swin_v2_s": "swinv2_small_window8_256", "swin_v2_b": "swinv2_base_window8_256",
    "vit_b_16": "vit_base_patch16_224", "vit_b_32": "vit_base_patch32_224", "vit_l_16": "vit_large_patch16_224",
    "vit_l_32": "ViT-L/32 (torchvision)", "vit_h_14": "ViT-H/14",
}  # fmt: skip
"""Architectures that the catalogue has under another name, with the same number of parameters. Inception is apart: torchvision
counts its auxiliary classifier (27.2 M against 23.8 M)."""

_HEADS: Final = (
    ("fasterrcnn_", "Faster R-CNN", "detection"),
    ("maskrcnn_", "Mask R-CNN", "instance segmentation"),
    ("keypointrcnn_", "Keypoint R-CNN", "keypoints"),
    ("retinanet_", "RetinaNet", "detection"),
    ("fcos_", "FCOS", "detection"),
    ("ssdlite320_", "SSDlite", "detection"),
    ("ssd300_", "SSD", "detection"),
    ("deeplabv3_", "DeepLabV3", "semantic segmentation"),
    ("lraspp_", "LR-ASPP", "semantic segmentation"),
    ("fcn_", "FCN", "semantic segmentation"),
    ("raft_", "RAFT", "optical flow"),
)
_PYRAMID: Final = re.compile(r"(_320)?_fpn(_v2)?$")


class Head(NamedTuple):
    """What stands on the backbone."""

    head: str
    task: str


def backbone_of(model: str) -> str:
    """The architecture's name in the catalogue, of a model function or of the backbone that it contains."""
    plain = model.removeprefix("quantized_")
    if head_of(model) and not plain.startswith("raft_"):
        prefix = next(p for p, _, _ in _HEADS if plain.startswith(p))
        plain = _PYRAMID.sub("", plain.removeprefix(prefix))
    return _BACKBONES.get(plain, plain)


def head_of(model: str) -> Head | None:
    """The head and its task; None for a classifier."""
    return next((Head(head, task) for prefix, head, task in _HEADS if model.startswith(prefix)), None)


def family_of(module: str, model: str) -> str | None:
    """The family of a model function in a module below `torchvision.models`; None for detectors and segmenters."""
    plain = model.removeprefix("quantized_")
    if own := next((family for prefix, family in _OWN_FAMILIES if plain.startswith(prefix)), None):
        return own
    return FAMILIES.get(module.removeprefix("quantization."))


class Training(NamedTuple):
    """What the name of the weights says about their training."""

    checkpoint: str
    pretraining_dataset: str | None
    pretraining_method: str | None
    fine_tuning_dataset: str | None
    protocol: str


def training_of(backbone: str, tag: str) -> Training:
    """From a member of an enum: `IMAGENET1K_V2`, `IMAGENET1K_SWAG_E2E_V1`, `KINETICS400_IMAGENET22K_V1`."""
    data, _, rest = tag.partition("_")
    if "SWAG" in rest:
        linear = "LINEAR" in rest
        return Training(
            f"{backbone} IG-3.6B (torchvision SWAG)", "IG-3.6B", "weakly supervised (SWAG)",
            None if linear else "ImageNet-1k", "linear probing" if linear else "supervised",
        )  # fmt: skip
    if rest.startswith("IMAGENET22K_"):
        tag = rest.removeprefix("IMAGENET22K_")
        return Training(
            f"{backbone} IN-22k (torchvision {tag})", "ImageNet-22k", "Supervised", "Kinetics-400", "supervised"
        )
    if data == "KINETICS400":
        return Training(f"{backbone} Kinetics-400 (torchvision {rest})", None, None, None, "supervised")
    if data == "IMAGENET1K":
        return Training(f"{backbone} IN-1k (torchvision {rest})", "ImageNet-1k", "Supervised", None, "supervised")
    return Training(f"{backbone} (torchvision {tag})", None, None, None, "supervised")
