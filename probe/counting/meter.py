"""Counts multiply-accumulates and activations while a model runs on torch's meta device, where nothing is computed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import torch
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils.flop_counter import flop_registry

_ATEN: Final = torch.ops.aten
_DECOMPOSES: Final = torch._C.DispatchKey.CompositeImplicitAutograd

_PRODUCES: Final = frozenset(
    getattr(_ATEN, name)
    for name in (
        "convolution", "_convolution", "cudnn_convolution", "convolution_overrideable", "_slow_conv2d_forward", "mm", "addmm",
        "bmm", "baddbmm", "_scaled_mm",
    )
    if hasattr(_ATEN, name)
)  # fmt: skip
"""Operators whose outputs are activations."""

_FUSED_ATTENTION: Final = frozenset(
    packet for packet in flop_registry if "attention" in str(packet) and not str(packet).endswith("backward")
)
_SUSPECT: Final = ("attention", "conv", "lstm", "gru", "rnn", "matmul", "einsum", "dist", "mv", "dot", "mm")
"""An operator with one of these in its name multiplies matrices: without a formula it is named, not passed over."""

Products = tuple[int, int]
"""Multiply-accumulates, activations."""


class Meter(TorchDispatchMode):  # type: ignore[misc, unused-ignore]
    """Within it every operator is counted: `macs` and `activations` grow, `uncounted` names products without a formula.

    The formulas of convolutions and matrix products are torch's own (half of their FLOPs). Fused attention counts as the two
    products that it is, a recurrent layer as its gates' products over all steps. As fvcore has it, an activation is one
    number that a convolution or a matrix product puts out; normalisation, pooling and pointwise operators count nothing.
    Run the model under `torch.inference_mode()`: autograd would take operators apart before they are seen.
    """

    def __init__(self) -> None:
        super().__init__()
        self.macs = 0
        self.activations = 0
        self.uncounted: set[str] = set()

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = kwargs or {}
        packet = func._overloadpacket
        if packet in _SHAPE_STAYS and args[0].is_floating_point():
            return args[0] if func._schema.is_mutable else torch.empty_like(args[0])
        if func in _RECURRENT:
            macs, activations, out = _recurrent(args)
            self._add(macs, activations)
        elif own := _OWN.get(packet):
            out = func(*args, **kwargs)
            self._add(*own(args, kwargs, out))
        elif packet in flop_registry:
            out = func(*args, **kwargs)
            self._add(flop_registry[packet](*args, **kwargs, out_val=out) // 2, _activations(packet, args, out))
        else:
            if _is_composite(func):
                with self:
                    out = func.decompose(*args, **kwargs)
                if out is not NotImplemented:
                    return out
            out = func(*args, **kwargs)
            if _is_suspect(func):
                self.uncounted.add(str(packet))
        return out

    def _add(self, macs: int, activations: int) -> None:
        self.macs += macs
        self.activations += activations


def _activations(packet: Any, args: Any, out: Any) -> int:
    if packet in _PRODUCES:
        return int(out.numel())
    if packet in _FUSED_ATTENTION:
        query, key, value = args[:3]
        return _attention(query, key, value)[1]
    return 0


def _attention(query: Any, key: Any, value: Any) -> Products:
    """Queries (…, N, D), keys (…, M, D), values (…, M, E): N·M scores, N·E outputs."""
    rows, keys = query.numel() // query.shape[-1], key.shape[-2]
    return rows * keys * (query.shape[-1] + value.shape[-1]), rows * (keys + value.shape[-1])


def _of_attention(args: Any, kwargs: Any, out: Any) -> Products:
    query, key, value = args[:3]
    return _attention(query, key, value)


def _of_linear(args: Any, kwargs: Any, out: Any) -> Products:
    return out.numel() * args[1].shape[-1], out.numel()


def _recurrent(args: Any) -> tuple[int, int, Any]:
    """Of `torch.nn.LSTM`, `GRU` and `RNN`: products and outputs. In each layer and direction one product of the gates with
    the input and one with the state (and that of a projection), at every step; run on the meta device it would be unrolled."""
    sequence, state, params, _, _, _, _, both_ways = args[:8]
    steps = sequence.numel() // sequence.shape[-1]
    weights = [weight for weight in params if weight.ndim == 2]
    macs = steps * sum(weight.numel() for weight in weights)
    activations = steps * sum(weight.shape[0] for weight in weights)
    states = [torch.empty_like(one) for one in (state if isinstance(state, list | tuple) else [state])]
    width = states[0].shape[-1] * (2 if both_ways else 1)
    return macs, activations, (sequence.new_empty((*sequence.shape[:-1], width)), *states)


_OWN: Final[dict[Any, Callable[[Any, Any, Any], Products]]] = {
    _ATEN.scaled_dot_product_attention: _of_attention,
    _ATEN.linear: _of_linear,
}
"""Operators that are counted whole: taken apart they are the same products."""

_SHAPE_STAYS: Final = frozenset(
    getattr(_ATEN, name)
    for name in (
        "batch_norm", "layer_norm", "group_norm", "instance_norm", "softmax", "dropout", "gelu", "gelu_", "silu", "silu_",
        "relu", "relu_", "relu6", "relu6_", "hardtanh", "hardtanh_", "hardswish", "hardswish_", "hardsigmoid", "hardsigmoid_",
        "sigmoid", "sigmoid_", "tanh", "elu", "leaky_relu", "leaky_relu_", "mish", "mish_",
    )
    if hasattr(_ATEN, name)
)  # fmt: skip
"""Operators that count nothing and put out what has the shape of what came in; torch finds that out in Python, which takes
half of a count's time."""

_RECURRENT: Final = frozenset((_ATEN.lstm.input, _ATEN.gru.input, _ATEN.rnn_tanh.input, _ATEN.rnn_relu.input))

_composite: Final[dict[Any, bool]] = {}


def _is_composite(func: Any) -> bool:
    """Whether an operator is made of others that may have formulas."""
    if (known := _composite.get(func)) is None:
        known = _composite[func] = torch._C._dispatch_has_kernel_for_dispatch_key(func.name(), _DECOMPOSES)
    return known


def _is_suspect(func: Any) -> bool:
    name = func._overloadpacket.__name__
    return any(word in name for word in _SUSPECT)
