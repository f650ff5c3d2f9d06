"""What the meter counts is what a person counts by hand, and what torch's own counter counts."""

from __future__ import annotations

from typing import Any

import pytest

pytest.importorskip("torch", reason="torch is not installed (extra `probe`)")

import torch
import torch.nn.functional as F
from torch.utils.flop_counter import FlopCounterMode

from backbones.probe.counting.meter import Meter


def metered(work: Any) -> Meter:
    with torch.inference_mode(), torch.device("meta"), Meter() as meter:
        work()
    return meter


def test_a_convolution_with_groups() -> None:
    layer = torch.nn.Conv2d(8, 16, 3, stride=2, padding=1, groups=4, device="meta")
    meter = metered(lambda: layer(torch.empty(2, 8, 10, 10)))
    assert (meter.macs, meter.activations) == (2 * 16 * 5 * 5 * (8 // 4) * 9, 2 * 16 * 5 * 5)


def test_a_linear_layer_with_bias_on_tokens() -> None:
    layer = torch.nn.Linear(12, 20, device="meta")
    meter = metered(lambda: layer(torch.empty(3, 7, 12)))
    assert (meter.macs, meter.activations) == (3 * 7 * 12 * 20, 3 * 7 * 20)


def test_products_written_as_matmul_and_einsum() -> None:
    meter = metered(lambda: torch.empty(4, 5, 6) @ torch.empty(4, 6, 7))
    assert (meter.macs, meter.activations) == (4 * 5 * 6 * 7, 4 * 5 * 7)
    meter = metered(lambda: torch.einsum("bij,bjk->bik", torch.empty(4, 5, 6), torch.empty(4, 6, 7)))
    assert meter.macs == 4 * 5 * 6 * 7 and not meter.uncounted


def test_fused_attention_is_two_products() -> None:
    query, key, value = (torch.empty(2, 3, n, d, device="meta") for n, d in ((10, 8), (15, 8), (15, 6)))
    meter = metered(lambda: F.scaled_dot_product_attention(query, key, value))
    assert meter.macs == 2 * 3 * 10 * 15 * (8 + 6)
    assert meter.activations == 2 * 3 * 10 * (15 + 6)


@pytest.mark.parametrize("has_bias", [True, False])
@pytest.mark.parametrize("both_ways", [True, False])
@pytest.mark.parametrize(("layer", "gates"), [(torch.nn.LSTM, 4), (torch.nn.GRU, 3), (torch.nn.RNN, 1)])
def test_recurrent_layers(layer: Any, gates: int, both_ways: bool, has_bias: bool) -> None:
    wide, hidden, steps, batch = 6, 5, 7, 3
    model = layer(wide, hidden, num_layers=2, bidirectional=both_ways, bias=has_bias, batch_first=True, device="meta")
    shapes: list[Any] = []

    def work() -> None:
        out, state = model(torch.empty(batch, steps, wide))
        shapes.extend([out.shape, (state[0] if isinstance(state, tuple) else state).shape])

    meter = metered(work)
    ways = 2 if both_ways else 1
    a_step = ways * gates * hidden * (wide + hidden + ways * hidden + hidden)
    assert (meter.macs, meter.activations) == (batch * steps * a_step, batch * steps * ways * 2 * 2 * gates * hidden)
    real = layer(wide, hidden, num_layers=2, bidirectional=both_ways, bias=has_bias, batch_first=True)
    out, state = real(torch.zeros(batch, steps, wide))
    assert shapes == [out.shape, (state[0] if isinstance(state, tuple) else state).shape]


def test_an_lstm_counts_as_its_unrolled_products() -> None:
    model = torch.nn.LSTM(6, 5, num_layers=2, bidirectional=True, proj_size=3, device="meta")
    whole = metered(lambda: model(torch.empty(7, 3, 6)))
    with torch.no_grad(), FlopCounterMode(display=False) as unrolled:
        model(torch.empty(7, 3, 6, device="meta"))
    assert whole.macs == unrolled.get_total_flops() // 2


@pytest.mark.parametrize(
    ("operator", "work"),
    [
        ("cdist", lambda: torch.cdist(torch.empty(2, 3, 4), torch.empty(2, 4, 4))),
        ("euclidean_dist", lambda: torch.cdist(torch.empty(2, 30, 4), torch.empty(2, 40, 4))),
        ("mv", lambda: torch.empty(4, 5) @ torch.empty(5)),
    ],
)
def test_what_has_no_formula_is_named(operator: str, work: Any) -> None:
    assert operator in str(metered(work).uncounted)


def test_normalisation_pooling_and_pointwise_operators_count_nothing() -> None:
    def work() -> None:
        image = torch.empty(2, 8, 6, 6)
        F.gelu(F.adaptive_avg_pool2d(F.layer_norm(image, [6, 6]), 1)).add(1).mul(2).softmax(1)

    meter = metered(work)
    assert (meter.macs, meter.activations, meter.uncounted) == (0, 0, set())
