"""Headers as papers print them."""

from __future__ import annotations

import pytest

from backbones.ingest.meaning.heading import read_heading, unit_of
from backbones.ingest.meaning.numbers import numbers_of
from backbones.ingest.meaning.units import convert


@pytest.mark.parametrize(
    ("header", "quantity"),
    [
        ("model", "label"), ("Backbone", "label"), ("#param.", "params_m"), ("nb of param.", "params_m"), ("Size (M)", "params_m"),
        ("FLOPs", "compute"), ("MACs (G)", "compute"), ("#Mult-Adds", "compute"), ("Bn Ops", "compute"), ("BFLOP/s", "ignore"),
        ("throughput (image / s)", "throughput_img_s"), ("im/sec", "throughput_img_s"), ("FPS", "throughput_img_s"),
        ("Latency (ms)", "latency_ms"), ("Mem. (GB)", "peak_memory_mib"), ("image size", "resolution"), ("Input resolution", "resolution"),
        ("PT epoch", "pretraining_epochs"), ("Epochs", "train_epochs"), ("top-1 err.", "top_1_error"), ("Top-5 Error (%)", "top_5_error"),
        ("Val acc.", "top_1"), ("Acc@1", "top_1"), ("top-5", "top_5"), ("AP^box", "box_ap"), ("AP^box_50", "box_ap_50"),
        ("AP_75^b", "box_ap_75"), ("AP^m", "mask_ap"), ("AP^m_50", "mask_ap_50"), ("AP_S", "box_ap_s"), ("AP_M", "box_ap_m"),
        ("mask AP_75", "mask_ap_75"), ("mAP@.5", "box_ap_50"), ("mAP@[.5, .95]", "box_ap"), ("mIoU (ss)", "miou_ss"),
        ("MS mIoU", "miou_ms"), ("mIoU +MS", "miou_ms"), ("IN-C (↓)", "mce"), ("Kernel size", None), ("Batch size", "batch_size"),
        ("Student: X pretrain", "ignore"), ("training time", "ignore"), ("Ratio", "ignore"), ("test score", None),
    ],
)  # fmt: skip
def test_a_header_says_one_quantity(header: str, quantity: str | None) -> None:
    assert read_heading((header,)).quantities == (() if quantity is None else (quantity,))


@pytest.mark.parametrize(
    ("header", "quantities"),
    [("mIoU (ss/ms)", ("miou_ss", "miou_ms")), ("AP^b/AP^m", ("box_ap", "mask_ap")), ("Top-1 / Top-5", ("top_1", "top_5")),
     ("FLOPs / Params", ("compute", "params_m"))],
)  # fmt: skip
def test_a_header_of_two_parts_says_two(header: str, quantities: tuple[str, ...]) -> None:
    assert read_heading((header,)).quantities == quantities


@pytest.mark.parametrize(
    ("header", "dataset"),
    [("Real top-1", "ImageNet-ReaL"), ("V2 top-1", "ImageNet-V2"), ("CIFAR-100", "CIFAR-100"), ("IN-A", "ImageNet-A"), ("SK", "ImageNet-Sketch"),
     ("mini-val AP^box", "COCO val"), ("test-dev AP^box", "COCO test"), ("ADE20K val mIoU", "ADE20K val"), ("ADE20K test mIoU", "ADE20K test")],
)  # fmt: skip
def test_a_header_names_its_data_set(header: str, dataset: str) -> None:
    assert read_heading((header,)).dataset == dataset


def test_an_arrow_parts_pretraining_from_judging() -> None:
    heading = read_heading(("IN-1K top-1 acc.", "JFT→1K"))
    assert (heading.quantities, heading.pretraining_dataset, heading.dataset) == (("top_1",), "JFT-300M", "ImageNet-1k")


def test_a_group_gives_the_head_and_turns_a_bare_ap_into_mask_ap() -> None:
    assert read_heading(("Mask R-CNN 1×", "AP^b_50")).head == "Mask R-CNN"
    assert read_heading(("Cascade Mask R-CNN", "AP^b")).head == "Cascade Mask R-CNN"
    assert read_heading(("Instance segmentation", "AP_50")).quantities == ("mask_ap_50",)
    assert read_heading(("Mask R-CNN", "AP")).quantities == ("box_ap",)


@pytest.mark.parametrize(
    ("printed", "quantity", "header", "value"),
    [
        ("89M", "params_m", "#param.", 89), ("0.27M", "params_m", "#params", 0.27), ("1.8B", "params_m", "#params", 1800),
        ("25,557,032", "params_m", "Params", 25.557032), ("319M", "compute", "FLOPs", 0.319), ("0.39B", "compute", "FLOPs", 0.39),
        ("300", "compute", "FLOPs (M)", 0.3), ("15.4", "compute", "GFLOPs", 15.4), ("1.2T", "compute", "FLOPs", 1200),
        ("1.2k", "throughput_img_s", "FPS", 1200), ("0.0125", "latency_ms", "latency (s)", 12.5), ("7.5", "latency_ms", "latency (ms)", 7.5),
        ("2", "peak_memory_mib", "Mem. (GB)", 2048), ("24.4", "top_1_error", "top-1 err.", 75.6), ("9.33", "top_5_error", "top-5 err.", 90.67),
    ],
)  # fmt: skip
def test_values_are_in_the_catalogues_unit(printed: str, quantity: str, header: str, value: float) -> None:
    converted = convert(numbers_of(printed)[0], quantity, header)
    assert converted is not None
    assert converted.value == pytest.approx(value, abs=1e-12)


@pytest.mark.parametrize(
    ("printed", "quantity", "header"),
    [
        ("120.3", "top_1", "acc"),
        ("12", "peak_memory_mib", "Memory"),
        ("83.1M", "top_1", "acc"),
        ("224.5", "resolution", "size"),
    ],
)
def test_what_a_quantity_cannot_be_is_no_value(printed: str, quantity: str, header: str) -> None:
    assert convert(numbers_of(printed)[0], quantity, header) is None


def test_units_are_read_from_headers() -> None:
    assert [unit_of(h) for h in ("Params (M)", "MACs (G)", "GFLOPs", "FLOPs", "Mem. (GB)")] == ["M", "G", "G", "", "GB"]


@pytest.mark.parametrize(
    ("headers", "quantity", "device"),
    [
        (("Throughput (im/s)", "V100"), "throughput_img_s", "NVIDIA V100"), (("imgs/sec",), "throughput_img_s", ""),
        (("V100", "FPS"), "throughput_img_s", "NVIDIA V100"), (("Images / second",), "throughput_img_s", ""),
        (("latency (ms)",), "latency_ms", ""), (("Training", "imgs/s"), "ignore", ""), (("Acc. @ Latency",), "top_1", ""),
    ],
)  # fmt: skip
def test_speeds_are_read_with_their_device(headers: tuple[str, ...], quantity: str, device: str) -> None:
    heading = read_heading(headers)
    assert (heading.quantities[0], heading.device) == (quantity, device)


def test_a_group_of_pretraining_sets_is_judged_by_none_of_them() -> None:
    heading = read_heading(("pre-train", "IN-1K"))
    assert (heading.quantities, heading.dataset, heading.pretraining_dataset) == ((), "", "ImageNet-1k")
    said = read_heading(("top-1", "IN-21K pre-train"))
    assert (said.quantities, said.dataset, said.pretraining_dataset) == (("top_1",), "", "ImageNet-22k")
