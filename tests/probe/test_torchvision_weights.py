"""torchvision's weights become the sheets that are shipped; most tests need no torchvision."""

from __future__ import annotations

import math
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from backbones.probe.torchvision_names import backbone_of, family_of, head_of
from backbones.probe.torchvision_sheets import Released, sheets_of
from backbones.probe.torchvision_weights import MissingLibrary, read_with_notes, released_weights
from backbones.store.errors import BackbonesError
from backbones.store.places import SHIPPED
from backbones.store.reading import parse_document, read_document, write_document
from backbones.store.records import CONDITION, RESULT, records_of
from backbones.store.sheet import Sheet


def released(enum: str = "Swin_T_Weights", tag: str = "IMAGENET1K_V1", model: str = "swin_t", **said: Any) -> Released:
    """An invented member of an enum."""
    plain: dict[str, Any] = {
        "module": "swin_transformer", "params_m": 28.3, "gmacs": 4.5, "size_mib": 108.2, "resolution": 224,
        "metrics": {"ImageNet-1K": {"acc@1": 81.5, "acc@5": 95.8}},
    }  # fmt: skip
    return Released(enum, tag, model, **plain | said)


def sheets(*members: Released) -> dict[str, Sheet]:
    """Sheets by name."""
    return {sheet.sheet: sheet for sheet in sheets_of(members, "9.9.9")[0]}


def rows(sheet: Sheet) -> list[dict[str, Any]]:
    """Each row as a mapping, what is shared included."""
    return [sheet.shared | dict(zip(sheet.columns, row, strict=True)) for row in sheet.rows]


def results(sheet: Sheet) -> list[dict[str, Any]]:
    """Each result as the catalogue gets it."""
    return [
        {**mention._asdict(), **dict(zip(CONDITION, condition, strict=True)), **dict(zip(RESULT, values, strict=True))}
        for mention, condition, values in records_of(sheet).results
    ]


def test_a_classifier_gives_results_costs_a_file_and_an_architecture() -> None:
    made = sheets(released())
    assert set(made) == {"torchvision", "torchvision_costs", "torchvision_weights", "torchvision_backbones"}
    first, second = results(made["torchvision"])
    assert (first["weights"], first["metric"], first["value"]) == ("Swin_T_Weights.IMAGENET1K_V1", "top_1", 81.5)
    assert (second["metric"], second["value"]) == ("top_5", 95.8)
    assert first["source_ref"] == "torchvision 9.9.9 weights enums Swin_T_Weights.IMAGENET1K_V1"
    assert (first["dataset"], first["resolution"], first["convention"]) == ("ImageNet-1k", 224, "macs")
    assert rows(made["torchvision_costs"])[0]["file_size_mib"] == 108.2
    assert rows(made["torchvision_backbones"]) == [{"backbone": "Swin-T", "family": "Swin", "params_m": 28.3}]


def test_own_trainings_have_checkpoints_of_their_own() -> None:
    """torchvision's Swin is not the authors' training."""
    made = sheets(released(), released(tag="IMAGENET1K_V2"))
    names = [row["checkpoint"] for row in rows(made["torchvision_weights"])]
    assert names == ["Swin-T IN-1k (torchvision V1)", "Swin-T IN-1k (torchvision V2)"]


def test_quantized_weights_belong_to_the_checkpoint_they_were_made_of() -> None:
    plain = released("ResNet50_Weights", "IMAGENET1K_V2", "resnet50", module="resnet")
    small = released(
        "ResNet50_QuantizedWeights", "IMAGENET1K_FBGEMM_V2", "quantized_resnet50",
        module="quantization.resnet", unquantized="IMAGENET1K_V2",
    )  # fmt: skip
    made = sheets(plain, small)
    assert len({row["checkpoint"] for row in rows(made["torchvision_weights"])}) == 1
    assert [r["conditions"] for r in results(made["torchvision"]) if r["metric"] == "top_1"] == [None, "precision=int8"]
    assert len(made["torchvision_backbones"].rows) == 1


def test_swag_weights_share_a_pretraining_and_keep_their_licence() -> None:
    tuned = released("ViT_B_16_Weights", "IMAGENET1K_SWAG_E2E_V1", "vit_b_16", has_own_licence=True)
    linear = released("ViT_B_16_Weights", "IMAGENET1K_SWAG_LINEAR_V1", "vit_b_16", has_own_licence=True)
    made = sheets(tuned, linear)
    files = rows(made["torchvision_weights"])
    assert {f["checkpoint"] for f in files} == {"vit_base_patch16_224 IG-3.6B (torchvision SWAG)"}
    assert [f["fine_tuning_dataset"] for f in files] == ["ImageNet-1k", None]
    assert {f["licence"] for f in files} == {"cc-by-nc-4.0"}
    assert [r["protocol"] for r in results(made["torchvision"])] == ["supervised"] * 2 + ["linear probing"] * 2


def test_a_detector_names_its_backbone_head_and_setting() -> None:
    made = sheets(
        released("KeypointRCNN_ResNet50_FPN_Weights", "COCO_V1", "keypointrcnn_resnet50_fpn", module="detection.keypoint_rcnn",
                 resolution=None, metrics={"COCO-val2017": {"box_map": 54.6, "kp_map": 65.0}}),
    )  # fmt: skip
    assert set(made) == {"torchvision_heads", "torchvision_costs"}
    box, keypoints = results(made["torchvision_heads"])
    assert (box["backbone"], box["head"], box["weights"]) == ("resnet50", "Keypoint R-CNN", None)
    assert box["setting"] == "KeypointRCNN_ResNet50_FPN_Weights.COCO_V1"
    assert (box["metric"], box["task"], box["dataset"]) == ("box_ap", "detection", "COCO persons val")
    assert (keypoints["metric"], keypoints["task"], keypoints["dataset"]) == ("keypoint_ap", "keypoints", "COCO val")
    assert rows(made["torchvision_costs"])[0]["head"] == "Keypoint R-CNN"


def test_video_has_a_task_of_its_own() -> None:
    made = sheets(
        released(
            "R3D_18_Weights",
            "KINETICS400_V1",
            "r3d_18",
            module="video.resnet",
            metrics={"Kinetics-400": {"acc@1": 63.2}},
        )
    )
    (only,) = results(made["torchvision_video"])
    assert (only["task"], only["dataset"], only["value"]) == ("video classification", "Kinetics-400", 63.2)


def test_what_is_left_out_is_said() -> None:
    member = released(metrics={"ImageNet-1K": {"acc@1": math.nan, "acc@7": 99.0}, "Moon": {"acc@1": 1.0}})
    made, notes = sheets_of([member], "9.9.9")
    assert "torchvision" not in {sheet.sheet for sheet in made}
    assert [note.partition(": ")[2] for note in notes] == [
        "torchvision gives no acc@1 on ImageNet-1K",
        "acc@7 on ImageNet-1K is not known here; left out",
        "acc@1 on Moon is not known here; left out",
    ]


def test_sheets_are_read_as_they_are_written() -> None:
    for sheet in sheets(released(), released(tag="IMAGENET1K_V2", gmacs=None)).values():
        assert parse_document(write_document(sheet)) == sheet


def test_the_collection_can_be_named() -> None:
    made, _ = sheets_of([released()], "9.9.9", collection="mine")
    assert {sheet.collection for sheet in made} == {"mine", None}  # files and architectures belong to no collection


@pytest.mark.parametrize(
    ("model", "backbone"),
    [
        ("fasterrcnn_mobilenet_v3_large_320_fpn", "mobilenetv3_large_100"),
        ("maskrcnn_resnet50_fpn_v2", "resnet50"),
        ("ssd300_vgg16", "vgg16"),
        ("deeplabv3_resnet101", "resnet101"),
        ("raft_large", "raft_large"),
        ("quantized_shufflenet_v2_x1_0", "shufflenet_v2_x1_0"),
        ("regnet_y_1_6gf", "regnety_016"),
    ],
)
def test_the_backbone_is_found_in_a_models_name(model: str, backbone: str) -> None:
    assert backbone_of(model) == backbone


def test_a_family_is_the_published_line_not_the_module() -> None:
    assert family_of("efficientnet", "efficientnet_v2_s") == "EfficientNetV2"
    assert family_of("quantization.resnet", "quantized_resnext101_32x8d") == "ResNeXt"
    assert family_of("segmentation.fcn", "fcn_resnet50") is None


def test_a_path_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BackbonesError, match="leave the path out"):
        read_with_notes(tmp_path / "weights.csv")


def test_missing_torchvision_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "torchvision", None)
    monkeypatch.setitem(sys.modules, "torchvision.models", None)
    with pytest.raises(MissingLibrary, match="pip install torchvision"):
        released_weights()


def test_importing_the_reader_loads_no_torch() -> None:
    code = "import sys, backbones.probe.torchvision_weights; print([m for m in sys.modules if m.startswith('torch')])"
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert said.stdout.strip() == "[]"


def test_every_installed_weights_file_is_in_the_sheets() -> None:
    models = pytest.importorskip("torchvision.models", exc_type=ImportError)
    made, notes = read_with_notes()
    by_name = {sheet.sheet: sheet for sheet in made}
    costs = rows(by_name["torchvision_costs"])
    members = {str(w) for model in models.list_models() for w in models.get_model_weights(model)}
    assert {row["source_ref"].split()[-1] for row in costs} == members
    assert all(row["weights"] or head_of(model_of(row["setting"])) for row in costs)
    assert all(note.startswith("VGG16_Weights.IMAGENET1K_FEATURES: torchvision gives no") for note in notes)
    top_1 = {r["weights"]: r["value"] for r in results(by_name["torchvision"]) if r["metric"] == "top_1"}
    assert top_1["Swin_T_Weights.IMAGENET1K_V1"] == 81.474


def model_of(setting: str) -> str:
    """The model function of `FCN_ResNet50_Weights.COCO_WITH_VOC_LABELS_V1`."""
    return setting.partition("_Weights")[0].lower()


def test_the_version_that_was_shipped_gives_the_shipped_sheets() -> None:
    installed = pytest.importorskip("torchvision", exc_type=ImportError).__version__.partition("+")[0]
    shipped = read_document(SHIPPED / "sheets" / "torchvision_costs.yaml")
    assert isinstance(shipped, Sheet)
    version = shipped.sources["package:torchvision"].version
    if installed != version:
        pytest.skip(f"the shipped sheets are of torchvision {version}, {installed} is installed")
    for sheet in read_with_notes()[0]:
        stored = read_document(SHIPPED / "sheets" / f"{sheet.sheet}.yaml")
        assert isinstance(stored, Sheet)
        assert (stored.columns, stored.rows, stored.shared) == (sheet.columns, sheet.rows, sheet.shared)
