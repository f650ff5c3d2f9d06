"""What OpenMMLab's names stand for: backbones, families, heads and data sets."""

from __future__ import annotations

import re
from typing import Final

from backbones.store.text import fold

_SIZES: Final = {"t": "T", "tiny": "T", "s": "S", "small": "S", "b": "B", "base": "B", "l": "L", "large": "L", "m": "M",
                 "medium": "M", "x": "X", "xl": "XL", "huge": "H", "n": "N", "nano": "N"}  # fmt: skip

_PATTERNS: Final = tuple(
    (re.compile(pattern, re.IGNORECASE), name)
    for pattern, name in (
        (r"(?:^|[_-])vipnas-(mbv3|res50)", "ViPNAS-{0}"),
        (r"(?:^|[_-])(\d?x?)(mspn|rsn)(18|50)", "{0}{1:u}-{2}"),
        (r"(?:^|[_-])resnetv1d(\d+)", "ResNetV1d-{0}"),
        (r"(?:^|[_-])seresnet(\d+)", "SEResNet-{0}"),
        (r"(?:^|[_-])resnest(\d+)", "ResNeSt-{0}"),
        (r"(?:^|[_-])resnext(\d+)", "ResNeXt-{0}"),
        (r"(?:^|[_-])scnet(\d+)", "SCNet-{0}"),
        (r"(?:^|[_-])hourglass(\d+)", "Hourglass-{0}"),
        (r"(?:^|[_-])litehrnet-w?(\d+)", "LiteHRNet-{0}"),
        (r"(?:^|[_-])hrnetv2p-w(\d+)", "HRNetV2p-W{0}"),
        (r"(?:^|[_-])hrnetv2-w(\d+)", "HRNetV2-W{0}"),
        (r"(?:^|[_-])hrnet-w(\d+)", "HRNet-W{0}"),
        (r"(?:^|[_-])hrformer-(small|base)", "HRFormer-{0:z}"),
        (r"(?:^|[_-])res2net-?(\d+)", "Res2Net-{0}"),
        (r"(?:^|[_-])regnet([xy])-([\d.]+)(mf|gf)", "RegNet{0:u}-{1}{2:u}"),
        (r"(?:^|[_-])swin[-_]?(tiny|small|base|large|[tsbl])(?=[-_]|$)", "Swin-{0:z}"),
        (r"(?:^|[_-])convnext[-_](tiny|small|base|large|xlarge|[tsbl])(?=[-_]|$)", "ConvNeXt-{0:z}"),
        (r"(?:^|[_-])pvt-([tsml])(?=[-_]|$)", "PVT-{0:w}"),
        (r"(?:^|[_-])pvtv2-b(\d)", "PVTv2-B{0}"),
        (r"(?:^|[_-])mobilenetv2", "MobileNetV2"),
        (r"(?:^|[_-])shufflenetv([12])", "ShuffleNetV{0}"),
        (r"(?:^|[_-])alexnet", "AlexNet"),
        (r"(?:^|[_-])vgg(\d+)-bn", "VGG-{0}-BN"),
        (r"(?:^|[_-])eff(?:icientnet-)?b(\d)", "EfficientNet-B{0}"),
        (r"^cspnext-(tiny|[smlx])(?=[-_])", "CSPNeXt-{0:z}"),
        (r"(?:^|[_-])d53(?=[-_]|$)", "Darknet-53"),
        (r"(?:^|[_-])s(50|101)(?=[-_]|$)", "ResNeSt-{0}"),
        (r"(?:^|[_-])x(\d+)[-_](\d+x\d+d)", "ResNeXt-{0} {1}"),
        (r"(?:^|[_-])x101(?=[-_]|$)", "ResNeXt-101"),
        (r"(?:^|[_-])r(?:es)?(18|34|50|101|152)(?=[-_]|$)", "ResNet-{0}"),
        (r"^(?:yolox|\w+_yolox)_(tiny|[nsmlx])(?=[-_])", "CSPDarknet-{0:z} (YOLOX)"),
        (r"^yoloxpose_(tiny|[smlx])(?=[-_])", "CSPDarknet-{0:z} (YOLOX)"),
        (r"^rtmdet(?:-ins)?_(tiny|[smlx])(?=[-_])", "CSPNeXt-{0:z}"),
        (r"^(?:rtmpose|rtmw)-([tsmlx])(?=[-_])", "CSPNeXt-{0:z}"),
        (r"^rtmo-([tsmlx])(?=[-_])", "CSPDarknet-{0:z} (YOLOX)"),
        (r"(?:^|_)ssd(?:300|512)(?=[-_])", "VGG-16"),
        (r"^td-hm_vitpose-(small|base|large|huge)", "ViT-{0:z}"),
        (r"^td-hm_cpm(?=[-_])", "CPM"),
        (r"^(?:image|video)-pose-lift_tcn", "TCN"),
        (r"^motionbert_dstformer", "DSTFormer"),
    )
)  # fmt: skip
"""What a name in mmdet and mmpose says of its backbone; the first that fits."""

_WORDS: Final = {"t": "Tiny", "s": "Small", "m": "Medium", "l": "Large"}


def backbone_in(name: str) -> str | None:
    """The backbone that a model's name in mmdet or mmpose tells; None where none is recognised."""
    for pattern, written in _PATTERNS:
        if found := pattern.search(name):
            parts = [p.lower() for p in found.groups()]
            return _written(written, parts)
    return None


def _written(pattern: str, parts: list[str]) -> str:
    for place, part in enumerate(parts):
        for code, text in (
            (f"{{{place}}}", part),
            (f"{{{place}:u}}", part.upper()),
            (f"{{{place}:z}}", _SIZES.get(part, part.upper())),
            (f"{{{place}:w}}", _WORDS.get(part, part)),
        ):
            pattern = pattern.replace(code, text)
    return pattern


_SEGMENTER_WORDS: Final = (
    (r"^R-(\d+)", r"ResNet-\1"), (r"^S-(\d+)", r"ResNeSt-\1"), (r"^M-V2", "MobileNetV2"), (r"^M-V3s", "MobileNetV3-S"),
    (r"^M-V3", "MobileNetV3-L"), (r"^MIT-", "MiT-"), (r"^M3N21$", "CGNet-M3N21"), (r"^(PCPVT|SVT)-", r"Twins-\1-"), (r"^(ViT-\w)_(\d+)$", r"\1/\2"),
    (r" rsb$", ""), (r" \(scratch\)$", ""), (r"( \+ LN)?( \+ MLN)$", ""),
)  # fmt: skip


def segmenter_backbone(printed: str, name: str) -> str:
    """mmseg's own name written out: `R-50-D8` is a ResNet-50 with an output stride of 8."""
    if printed == "SAN" and (found := re.match(r"san-vit-([bl])(\d+)_", name)):
        return f"ViT-{found[1].upper()}/{found[2]}"
    for pattern, written in _SEGMENTER_WORDS:
        printed = re.sub(pattern, written, printed)
    return printed


_FAMILIES: Final = tuple(
    (re.compile(pattern, re.IGNORECASE), family)
    for pattern, family in (
        (r"resnet(v1[cd])?-?\d", "ResNet"), (r"wide-resnet", "Wide ResNet"), (r"seresnet", "SENet"),
        (r"resnext", "ResNeXt"), (r"resnest", "ResNeSt"), (r"res2net", "Res2Net"), (r"swinv2", "SwinV2"),
        (r"swin-", "Swin"), (r"convnext-?v2", "ConvNeXt V2"), (r"convnext", "ConvNeXt"), (r"vit-", "ViT"),
        (r"deit3", "DeiT III"), (r"deit", "DeiT"), (r"beit-base|beit-[bl]$", "BEiT"), (r"beit-[lg]-p1", "EVA"),
        (r"(lite)?hrnet", "HRNet"), (r"hrformer", "HRFormer"), (r"pvtv2", "PVTv2"), (r"pvt-", "PVT"),
        (r"regnet", "RegNet"), (r"efficientnet-?v2", "EfficientNetV2"), (r"efficientnet", "EfficientNet"),
        (r"efficientformer", "EfficientFormer"), (r"mobilenet-?v2", "MobileNetV2"), (r"mobilenet-?v3", "MobileNetV3"),
        (r"mobilevit", "MobileViT"), (r"mobileone", "MobileOne"), (r"shufflenet-?v2", "ShuffleNetV2"),
        (r"shufflenet", "ShuffleNet"), (r"vgg", "VGG"), (r"alexnet", "AlexNet"), (r"(csp)?darknet-", "Darknet"),
        (r"cspnext", "CSPNeXt"), (r"csp(dark|res)", "CSPNet"), (r"densenet", "DenseNet"),
        (r"inception-v3", "Inception-v3"), (r"repvgg", "RepVGG"), (r"repmlp", "RepMLP"), (r"replknet", "RepLKNet"),
        (r"mlp-mixer", "MLP-Mixer"), (r"convmixer", "ConvMixer"), (r"mvitv2", "MViTv2"), (r"van-", "VAN"),
        (r"p?vig-", "ViG"), (r"davit", "DaViT"), (r"levit", "LeViT"), (r"tinyvit", "TinyViT"), (r"t2t-vit", "T2T-ViT"),
        (r"tnt-", "TNT"), (r"twins", "Twins"), (r"xcit", "XCiT"), (r"hornet", "HorNet"), (r"edgenext", "EdgeNeXt"),
        (r"conformer", "Conformer"), (r"riformer", "RIFormer"), (r"revvit", "RevViT"), (r"hivit", "HiViT"),
        (r"poolformer", "MetaFormer"), (r"mit-b", "MiT"), (r"mscan", "MSCAN"), (r"stdc", "STDC"),
        (r"pidnet", "PIDNet"), (r"ddrnet", "DDRNet"), (r"hourglass", "Hourglass"),
    )
)  # fmt: skip


def family_of(backbone: str | None) -> str | None:
    """The published line that a backbone's name tells; None where that is not sure."""
    return next((family for pattern, family in _FAMILIES if backbone and pattern.match(backbone)), None)


_HEADS: Final = {
    "mask-rcnn": "Mask R-CNN", "faster-rcnn": "Faster R-CNN", "cascade-rcnn": "Cascade R-CNN",
    "cascade-mask-rcnn": "Cascade Mask R-CNN", "retinanet": "RetinaNet", "fcos": "FCOS", "atss": "ATSS", "rpn": "RPN",
    "htc": "HTC", "detr": "DETR", "dino-4scale": "DINO", "dino-5scale": "DINO", "sparse-rcnn": "Sparse R-CNN",
    "deformable-detr": "Deformable DETR", "deformable-detr-refine": "Deformable DETR (refine)",
    "deformable-detr-refine-twostage": "Deformable DETR (two-stage)", "mask2former": "Mask2Former",
    "maskformer": "MaskFormer", "autoassign": "AutoAssign", "boxinst": "BoxInst", "bytetrack": "ByteTrack",
    "cascade-rpn": "Cascade RPN", "centernet": "CenterNet", "centernet-update": "CenterNet (update)",
    "centripetalnet": "CentripetalNet", "condinst": "CondInst", "conditional-detr": "Conditional DETR",
    "cornernet": "CornerNet", "crowddet-rcnn": "CrowdDet", "dab-detr": "DAB-DETR", "ddod": "DDOD",
    "ddq-detr-4scale": "DDQ DETR", "ddq-detr-5scale": "DDQ DETR", "deepsort": "DeepSORT", "detectors": "DetectoRS",
    "dh-faster-rcnn": "Double-Head Faster R-CNN", "dynamic-rcnn": "Dynamic R-CNN", "fovea": "FoveaBox",
    "freeanchor": "FreeAnchor", "fsaf": "FSAF", "gfl": "GFL", "glip": "GLIP", "grid-rcnn": "Grid R-CNN",
    "grounding": "Grounding DINO", "ga-rpn": "GA-RPN", "ga-faster-rcnn": "GA-Faster R-CNN",
    "ga-retinanet": "GA-RetinaNet", "lad": "LAD", "ld": "LD", "libra-faster-rcnn": "Libra Faster R-CNN",
    "libra-retinanet": "Libra RetinaNet", "masktrack-rcnn": "MaskTrack R-CNN", "ms-rcnn": "Mask Scoring R-CNN",
    "nas-fcos": "NAS-FCOS", "ocsort": "OC-SORT", "ssd300": "SSD", "ssd512": "SSD", "ssdlite": "SSDLite", "paa": "PAA",
    "panoptic": "Panoptic FPN", "pisa": "PISA", "point": "PointRend", "qdtrack": "QDTrack", "queryinst": "QueryInst",
    "reppoints-bbox": "RepPoints (bounding box)", "reppoints-moment": "RepPoints", "rtmdet": "RTMDet",
    "rtmdet-ins": "RTMDet-Ins", "sabl-faster-rcnn": "SABL Faster R-CNN", "sabl-cascade-rcnn": "SABL Cascade R-CNN",
    "sabl-retinanet": "SABL RetinaNet", "scnet": "SCNet", "soft-teacher": "Soft Teacher",
    "decoupled-solo": "Decoupled SOLO", "decoupled-solo-light": "Decoupled SOLO (light)", "solo": "SOLO",
    "solov2": "SOLOv2", "solov2-light": "SOLOv2 (light)", "sort": "SORT", "strongsort": "StrongSORT", "tood": "TOOD",
    "tridentnet": "TridentNet", "vfnet": "VarifocalNet", "yolact": "YOLACT", "yolov3": "YOLOv3", "yolof": "YOLOF",
    "yolox": "YOLOX",
}  # fmt: skip
"""What the first word of mmdet's names says; `In Collection` is often a technique (GCNet, DCN, HRNet)."""

_TWO_WORDS: Final = {"mmgroundingdino": "MM Grounding DINO"}

_TRAINED_ON_COCO: Final = frozenset(("grounding_dino_swin-b_pretrain_mixeddata",))


def is_zero_shot(name: str) -> bool:
    """Whether a detector that reads text was evaluated without having seen the data set (GLIP, Grounding DINO)."""
    return name.startswith(("glip_", "grounding_dino_")) and "_pretrain_" in name and name not in _TRAINED_ON_COCO


_POSE_HEADS: Final = {
    "SimpleBaseline2D": "SimpleBaseline", "HRNet": "Heatmap", "HRNetv2": "Heatmap", "HRFormer": "Heatmap",
    "LiteHRNet": "Heatmap", "ViPNAS": "Heatmap", "Albumentations": "Heatmap", "Hourglass": "Heatmap", "CPM": "Heatmap",
    "MSPN": "Heatmap", "RSN": "Heatmap", "ResNet": "DeepPose", "Wingloss": "DeepPose", "SoftWingloss": "DeepPose",
    "DebiasIPR": "Debiased IPR",
}  # fmt: skip
"""mmpose's collections that name a backbone or a loss; the others are the head."""

_SEGMENTER_HEADS: Final = {
    "uperhead": "UPerNet", "upernet": "UPerNet", "segformer": "SegFormer", "nonlocalnet": "Non-Local Net",
    "fpn": "Semantic FPN", "knet": "K-Net", "bisenetv1": "BiSeNet V1", "bisenetv2": "BiSeNet V2", "fastscnn": "Fast-SCNN",
}  # fmt: skip


def detector_head(name: str, group: str | None) -> str | None:
    """The head that a model's name in mmdet starts with, else what its collection is called."""
    if group and fold(group) in _TWO_WORDS:
        return _TWO_WORDS[fold(group)]
    return _HEADS.get(name.split("_")[0].lower(), group)


def pose_head(group: str | None) -> str | None:
    """mmpose's head."""
    return _POSE_HEADS.get(group, group) if group else None


def segmenter_head(architecture: tuple[str, ...], group: str | None) -> str | None:
    """mmseg's head: what stands behind the backbone in `Architecture`, else the collection."""
    if group == "SAN":
        return "SAN"
    parts = [p for p in architecture[1:] if not p.startswith("(") and p != "UNet"]
    if not parts:
        return _SEGMENTER_HEADS.get(fold(group), group) if group else None
    first, *others = (_SEGMENTER_HEADS.get(fold(p), p) for p in parts)
    return f"{first} ({', '.join(others)})" if others else first


_DATASETS: Final = {
    "coco": "COCO val", "imagenet1k": "ImageNet-1k", "imagenet21k": "ImageNet-22k", "cityscapes": "Cityscapes val",
    "ade20k": "ADE20K val", "pascalvoc2012+aug": "PASCAL VOC 2012 val", "pascalcontext": "PASCAL Context",
    "pascalcontext59": "PASCAL Context 59", "potsdam": "ISPRS Potsdam", "vaihingen": "ISPRS Vaihingen",
    "nyu": "NYU Depth V2", "lvisv1": "LVIS v1 val", "lvisv0.5": "LVIS v0.5 val", "voc2007": "PASCAL VOC 2007",
    "pascalvoc2007": "PASCAL VOC 2007", "inshop": "DeepFashion In-shop", "cub2002011": "CUB-200-2011",
    "grévy’szebra": "Grévy's Zebra", "grévyszebra": "Grévy's Zebra", "openai": "WIT-400M (OpenAI CLIP)", "chasedb1": "CHASE_DB1", "merged30m": "Merged-30M",
}  # fmt: skip

_SAID_IN_BRACKETS: Final = {
    "(gt)": "boxes=ground-truth", "(h+m)": "annotations=human+machine", "(m)": "annotations=machine",
}  # fmt: skip


def split_dataset(printed: str) -> tuple[str, str | None]:
    """A data set's printed name, and as a condition what its brackets say: `Human-Art(GT)`, `InterHand2.6M (M)`."""
    for bracket, condition in _SAID_IN_BRACKETS.items():
        if printed.lower().endswith(bracket):
            return printed[: -len(bracket)].strip(), condition
    return printed, None


_IN_NAME: Final = (
    ("cityscapes", "Cityscapes val"), ("ade20k", "ADE20K val"), ("voc12aug", "PASCAL VOC 2012 val"),
)  # fmt: skip


def dataset_of(printed: str, name: str) -> str | None:
    """The catalogue's name; where the field holds a comment (`# HRNet backbone`), what the model's name says."""
    if not printed or printed.startswith("#"):
        return next((dataset for word, dataset in _IN_NAME if word in name), None)
    return _DATASETS.get(fold(printed), printed)


def trained_on(printed: str) -> str:
    """A training set's name: like an evaluation set's, but for those whose splits have names of their own."""
    found = _DATASETS.get(fold(printed), printed)
    return printed if found.endswith(" val") else found
