"""What a tensor is computed from: a meter that also follows where numbers go."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import torch

from backbones.probe.counting.meter import Meter

Behind = tuple[int, int]
"""Two sets as bits: which counted operators, and which parameters, a tensor depends on."""


class Tracer(Meter):
    """Within it `behind` can say of a tensor how many parameters and multiply-accumulates it takes to compute it.

    A feature map in the middle of a network depends on what stands before it and on nothing else, whichever way timm cuts
    the network off there. Views share their storage, and what is written into a storage stays behind all of it.
    """

    def __init__(self, parameters: Iterable[torch.Tensor]) -> None:
        super().__init__()
        self._sizes: list[int] = []
        self._costs: list[int] = []
        self._of: dict[int, Behind] = {}
        self._seen = 0
        for parameter in parameters:
            self._of[_storage(parameter)] = (0, 1 << len(self._sizes))
            self._sizes.append(parameter.numel())

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        read = {_storage(tensor) for tensor in _tensors((args, kwargs))}
        self._seen += 1
        seen, before = self._seen, self.macs
        out = super().__torch_dispatch__(func, types, args, kwargs)
        if self._seen == seen:  # else it was taken apart into others, which have told where their numbers went
            self._follow(read, out, args if func._schema.is_mutable else (), self.macs - before)
        return out

    def _follow(self, read: set[int], out: Any, changed: tuple[Any, ...], cost: int) -> None:
        operators = parameters = 0
        for storage in read:
            behind = self._of.get(storage, (0, 0))
            operators, parameters = operators | behind[0], parameters | behind[1]
        if cost:
            operators |= 1 << len(self._costs)
            self._costs.append(cost)
        for tensor in _tensors((out, changed[:1])):
            self._of[_storage(tensor)] = (operators, parameters)

    def behind(self, tensor: torch.Tensor) -> tuple[int, int]:
        """Parameters and multiply-accumulates that a tensor is computed from."""
        operators, parameters = self._of.get(_storage(tensor), (0, 0))
        return _total(self._sizes, parameters), _total(self._costs, operators)


def _storage(tensor: torch.Tensor) -> int:
    return int(tensor.untyped_storage()._cdata)


def _tensors(nested: Any) -> Iterator[torch.Tensor]:
    """All tensors in arguments or outputs, however nested."""
    if isinstance(nested, torch.Tensor):
        yield nested
    elif isinstance(nested, dict):
        yield from _tensors(list(nested.values()))
    elif isinstance(nested, list | tuple):
        for one in nested:
            yield from _tensors(one)


def _total(numbers: list[int], bits: int) -> int:
    """The sum of those whose bit is set."""
    total = 0
    while bits:
        lowest = bits & -bits
        total += numbers[lowest.bit_length() - 1]
        bits ^= lowest
    return total
