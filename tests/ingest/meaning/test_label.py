"""Labels, marks and pretraining as papers print them."""

from __future__ import annotations

import pytest

from backbones.ingest.meaning import lexicon
from backbones.ingest.meaning.family import is_of
from backbones.ingest.meaning.label import read_label, same_model
from backbones.ingest.meaning.marks import explained
from backbones.ingest.meaning.setting import epochs_in, is_ablation, pretraining_in, resolution_in, schedule_in


@pytest.mark.parametrize(
    ("printed", "name", "stem", "size"),
    [
        ("ConvNeXt V2-B", "ConvNeXt V2-B", "ConvNeXt V2", "B"), ("Swin-B‡", "Swin-B", "Swin", "B"),
        ("ResNeSt-200 [112]", "ResNeSt-200", "ResNeSt", "200"),
        ("Focal-T (Yang et al., 2021)", "Focal-T", "Focal", "T"), ("Swin-T (ours)", "Swin-T", "Swin", "T"), ("• Swin-T", "Swin-T", "Swin", "T"),
        ("ViT-B/16∗ [17]", "ViT-B/16", "ViT", "B/16"), ("ResNet50", "ResNet50", "ResNet", "50"),
        ("EfficientNetV2-S", "EfficientNetV2-S", "EfficientNetV2", "S"),
        ("PoolFormer-S12", "PoolFormer-S12", "PoolFormer", "S12"), ("DeiT-B ⚗ ↑ 384", "DeiT-B distilled", "DeiT", "B"),
        ("MobileNet V2", "MobileNet V2", "MobileNet V2", ""),
        ("RepVGG-B1g4", "RepVGG-B1g4", "RepVGG", "B1g4"), ("ResNet-101-FPN", "ResNet-101", "ResNet", "101"),
        ("RepPointsV2", "RepPointsV2", "RepPointsV2", ""),
    ],
)  # fmt: skip
def test_a_label_is_its_models_name_without_what_hangs_on_it(printed: str, name: str, stem: str, size: str) -> None:
    label = read_label(printed)
    assert (label.name, label.stem, label.size) == (name, stem, size)


def test_a_label_says_resolution_head_and_pretraining() -> None:
    assert read_label("DeiT-B ↑ 384").resolution == 384
    assert read_label("ViT-L/16 (384)").resolution == 384
    assert read_label("X101-64 (HTC++)").head == "HTC++"
    assert read_label("ConvNeXt-B (22K)").pretraining_dataset == "ImageNet-22k"
    assert read_label("ConvNeXt-B-22k").pretraining_dataset == "ImageNet-22k"


def test_a_groups_bracket_is_part_of_the_name_and_a_models_bracket_behind_a_head_is_the_model() -> None:
    assert read_label("ResNeXt-50 (32×4d)").name == "ResNeXt-50-32×4d"
    framed = read_label("UPerNet (Swin-T)")
    assert (framed.name, framed.head) == ("Swin-T", "UPerNet")


def test_a_note_that_no_rule_understands_is_kept() -> None:
    assert read_label("Swin-T (w/o shift)").notes == ("w/o shift",)


def test_prefixes_and_versions_are_other_models() -> None:
    assert same_model("Swin-T", "swin t")
    assert not same_model("Swin-T", "Swin-T-V2")
    assert not same_model("Swin-T", "CSwin-T")
    assert not is_of("Swin V2", "Swin")
    assert is_of("Swin", "Swin Transformer")


def test_a_mark_means_what_the_caption_says_of_it() -> None:
    found = explained(
        "Table 1. ‡ indicates ImageNet-22K pretrain- ing and 640 × 640 finetuning. (cid:5) indicates pretrained with extra data. * denotes multi-scale testing."
    )
    assert (found["‡"].pretraining_dataset, found["‡"].resolution) == ("ImageNet-22k", 640)
    assert found["(cid:5)"].is_extra_data
    assert found["*"].test_aug == "multi-scale"


def test_a_mark_may_stand_behind_its_explanation() -> None:
    assert (
        explained("Results. Models pre-trained on ImageNet-22K are marked with ‡.")["‡"].pretraining_dataset
        == "ImageNet-22k"
    )


@pytest.mark.parametrize(
    ("text", "is_heading", "dataset"),
    [
        ("ImageNet-22K pre-trained models", True, "ImageNet-22k"), ("ImageNet-1K trained models", True, "ImageNet-1k"),
        ("(b) ImageNet-22K pre-trained models", True, "ImageNet-22k"),
        ("All models are pre-trained on ImageNet-1K.", False, "ImageNet-1k"), ("Results on ImageNet-1K.", False, ""),
        ("using IN-21K labels", False, "ImageNet-22k"),
    ],
)  # fmt: skip
def test_sections_and_captions_say_the_pretraining(text: str, is_heading: bool, dataset: str) -> None:
    assert pretraining_in(text, is_heading) == dataset


def test_epochs_schedules_and_sides_are_read_from_words() -> None:
    assert epochs_in("Transformers: training 300 epochs")[0] == 300
    assert schedule_in("Mask R-CNN 3× schedule")[0] == 36
    assert schedule_in("640 × 640") == (0, "")
    assert resolution_in("with a single 224 × 224 crop") == 224
    assert resolution_in("a batch size of 128") == 0


def test_tables_that_take_a_model_apart_are_ablations() -> None:
    assert is_ablation("Table 4. Ablation study on the shifted windows approach.", "")
    assert is_ablation("Table 2. Results of different kernel sizes.", "")
    assert not is_ablation("Table 1. Comparison of different backbones on ImageNet-1K.", "")


@pytest.mark.parametrize(
    ("text", "names"),
    [("a single 2080Ti", ["NVIDIA RTX 2080 Ti"]), ("GTX 1080Ti", ["NVIDIA GTX 1080 Ti"]), ("a V100 GPU and an A100", ["NVIDIA V100", "NVIDIA A100"]),
     ("Tesla V100", ["NVIDIA V100"]), ("RTX3090", ["NVIDIA RTX 3090"]), ("TITAN V", ["NVIDIA TITAN V"]), ("ConvNeXt V2", [])],
)  # fmt: skip
def test_devices_have_the_catalogues_names(text: str, names: list[str]) -> None:
    assert lexicon.devices_in(text) == names


def test_the_longer_head_wins() -> None:
    assert lexicon.all_named(lexicon.HEADS, "Cascade Mask R-CNN and UperNet") == ["Cascade Mask R-CNN", "UPerNet"]
    assert lexicon.all_named(lexicon.HEADS, "Mask-RCNN 3× schedule") == ["Mask R-CNN"]


def test_processors_have_the_catalogues_names() -> None:
    assert lexicon.devices_in("on an Intel Xeon CPU E5-2690 and Intel(R) Xeon(R) Gold 6148") == [
        "Intel Xeon E5-2690",
        "Intel Xeon Gold 6148",
    ]
    assert lexicon.devices_in("an Intel Core i7-12700H") == ["Intel i7-12700H"]


@pytest.mark.parametrize(
    "printed", ["Arvo-S, 16×4", "Arvo-S (16×4)", "Arvo-S @384", "Arvo-S, 384", "Arvo-S (longer training)"]
)
def test_a_setting_behind_the_name_leaves_the_model(printed: str) -> None:
    assert read_label(printed).name == "Arvo-S"


def test_a_mark_that_is_printed_twice_is_another() -> None:
    found = explained("Table 1. † uses 12 epochs. †† uses ImageNet-22K pre-training.")
    assert (found["†"].pretraining_dataset, found["††"].pretraining_dataset) == ("", "ImageNet-22k")
    assert read_label("Arvo-S††").marks == ("††",)
