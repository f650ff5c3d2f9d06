"""Times and rates in every unit, ratios, and what stands in brackets."""

from __future__ import annotations

import pytest

from backbones.ingest.meaning.numbers import in_brackets, numbers_of, sides_in
from backbones.ingest.meaning.units import convert


@pytest.mark.parametrize(
    ("printed", "quantity", "header", "value"),
    [
        ("650", "latency_ms", "Latency (us)", 0.65), ("650", "latency_ms", "Latency (μs)", 0.65), ("650", "latency_ms", "Latency (µs/img)", 0.65),
        ("650µs", "latency_ms", "Latency", 0.65), ("900", "latency_ms", "Latency (ns)", 0.0009), ("6", "latency_ms", "Latency (s)", 6000),
        ("6", "latency_ms", "Inference time (sec.)", 6000), ("6", "latency_ms", "Latency (bs=1, ms)", 6), ("6.5", "latency_ms", "Latency", 6.5),
        ("12.5 ms", "latency_ms", "Speed (s)", 12.5),
        ("1.2", "throughput_img_s", "Throughput (K img/s)", 1200), ("1.2", "throughput_img_s", "Throughput (k images / s)", 1200),
        ("1.2", "throughput_img_s", "kFPS", 1200), ("1.2", "throughput_img_s", "FPS (K)", 1200), ("1.2", "throughput_img_s", "images/ms", 1200),
        ("120", "throughput_img_s", "images / min", 2), ("1.2", "throughput_img_s", "Throughput (10^3 img/s)", 1200),
        ("1.2k", "throughput_img_s", "Throughput (K img/s)", 1200), ("295.5 img/s", "throughput_img_s", "Throughput", 295.5),
        ("757.9", "throughput_img_s", "throughput (image / s)", 757.9), ("4.5GFLOPs", "compute", "Cost", 4.5), ("4.5 GMACs", "compute", "Cost", 4.5),
    ],
)  # fmt: skip
def test_the_unit_of_cell_or_header_scales_the_value(printed: str, quantity: str, header: str, value: float) -> None:
    converted = convert(numbers_of(printed)[0], quantity, header)
    assert converted is not None
    assert converted.value == pytest.approx(value, rel=1e-9)


@pytest.mark.parametrize(
    ("printed", "quantity", "header"),
    [
        ("1.5×", "params_m", "#param."), ("1.5x", "compute", "FLOPs"), ("1.8×", "throughput_img_s", "FPS"), ("1.5×", "latency_ms", "Latency"),
        ("1.5×", "top_1_error", "top-1 err."), ("1.5", "latency_ms", "Latency (×)"), ("1.5", "throughput_img_s", "relative throughput"),
        ("80", "params_m", "Params (%)"), ("20 Mio", "params_m", "Params"), ("12 cyc", "latency_ms", "Latency"), ("12 GB", "throughput_img_s", "FPS"),
        ("20", "resolution", "size"), ("5000", "resolution", "size"),
    ],
)  # fmt: skip
def test_ratios_and_unknown_units_are_no_value(printed: str, quantity: str, header: str) -> None:
    (number,) = numbers_of(printed)
    assert convert(number, quantity, header) is None


def test_a_second_number_in_brackets_is_told_and_a_difference_is_not() -> None:
    assert in_brackets("82.1 (83.4)") == (83.4,)
    assert in_brackets("6.43 (6.61 ± 0.16)") == (6.61,)
    assert (
        in_brackets("82.1 (+0.4)") == in_brackets("82.1") == in_brackets("(83.4)") == in_brackets("(224 × 224)") == ()
    )
    assert in_brackets("80.1/95.0 (ours)") == ()


@pytest.mark.parametrize(
    "text", ["at 224².", "at 224x224.", "at 224^2. Then", "with 224 × 224, as usual", "at 224² px"]
)
def test_a_side_at_a_sentences_end_is_read(text: str) -> None:
    assert sides_in(text) == [224]


def test_a_decimal_behind_a_side_is_none() -> None:
    assert sides_in("224 × 224.5") == []
