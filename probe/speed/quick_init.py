"""Random weights on a CPU in a hundredth of the time: same distributions, drawn once and handed out again.

Drawing the weights of ViT-g one by one takes 15 s, most of it in truncated normals. Speed does not depend on which random
numbers stand in the weights, only on their being ordinary ones: no zeros, no denormals, nothing that overflows.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

POOL: Final = 1_048_573
"""Numbers drawn, a prime: rows of a matrix never coincide."""
SMALL: Final = 4096
"""Below this many numbers drawing is as fast as copying."""


class Pool:
    """Standard normal and uniform numbers in a fixed supply, read on from where the last reader stopped."""

    def __init__(self, seed: int = 0) -> None:
        import torch

        source = torch.Generator().manual_seed(seed)
        self._normal = torch.randn(POOL, generator=source)
        self._uniform = torch.rand(POOL, generator=source)
        self._place = 0

    def normal(self, tensor: Any, mean: float, std: float, low: float = -math.inf, high: float = math.inf) -> Any:
        """Fill with a normal distribution, cut at these values."""
        self._fill(tensor, self._normal, std, mean)
        return tensor if low == -math.inf and high == math.inf else tensor.clamp_(low, high)

    def uniform(self, tensor: Any, low: float, high: float) -> Any:
        """Fill with a uniform distribution."""
        self._fill(tensor, self._uniform, high - low, low)
        return tensor

    def _fill(self, tensor: Any, numbers: Any, scale: float, shift: float) -> None:
        import torch

        with torch.no_grad():
            flat = tensor.view(-1) if tensor.is_contiguous() else torch.empty(tensor.numel(), dtype=tensor.dtype)
            done = 0
            while done < flat.numel():
                count = min(flat.numel() - done, POOL - self._place)
                part = numbers[self._place : self._place + count]
                flat[done : done + count].copy_(part).mul_(scale).add_(shift)
                done += count
                self._place = (self._place + count) % POOL
            if not tensor.is_contiguous():
                tensor.copy_(flat.view(tensor.shape))


@contextmanager
def quick_init(pool: Pool) -> Iterator[None]:
    """Within, the random initialisations of torch and timm take their numbers from the pool. For the CPU."""
    import timm.layers.weight_init as timm_init
    import torch
    from torch.nn import init as torch_init

    draw_normal, draw_uniform = torch.Tensor.normal_, torch.Tensor.uniform_
    own_timm, own_torch = timm_init._trunc_normal_, torch_init._no_grad_trunc_normal_

    def normal_(tensor: Any, mean: float = 0.0, std: float = 1.0, *, generator: Any = None) -> Any:
        if _is_drawn(tensor):
            return draw_normal(tensor, mean, std, generator=generator)
        return pool.normal(tensor, mean, std)

    def uniform_(tensor: Any, low: float = 0.0, high: float = 1.0, *, generator: Any = None, **words: float) -> Any:
        low, high = words.get("from", low), words.get("to", high)
        if _is_drawn(tensor):
            return draw_uniform(tensor, low, high, generator=generator)
        return pool.uniform(tensor, low, high)

    def trunc_normal_(tensor: Any, mean: float, std: float, a: float, b: float, generator: Any = None) -> Any:
        if tensor.is_meta or not std:
            return tensor if tensor.is_meta else tensor.fill_(mean)
        with torch.no_grad():
            return pool.normal(tensor, mean, std, a, b)

    torch.Tensor.normal_, torch.Tensor.uniform_ = normal_, uniform_
    timm_init._trunc_normal_ = trunc_normal_
    torch_init._no_grad_trunc_normal_ = trunc_normal_
    try:
        yield
    finally:
        torch.Tensor.normal_, torch.Tensor.uniform_ = draw_normal, draw_uniform
        timm_init._trunc_normal_ = own_timm
        torch_init._no_grad_trunc_normal_ = own_torch


def _is_drawn(tensor: Any) -> bool:
    return bool(tensor.device.type != "cpu" or tensor.numel() < SMALL or not tensor.is_floating_point())
