"""The model that is measured: made with random weights in the setting that a task asks for, and its steps."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from typing import Any, Final

from backbones.probe.speed.protocol import Step
from backbones.probe.speed.quick_init import Pool, quick_init
from backbones.probe.speed.taking import NotFinite
from backbones.store.measuring.visit import Precision, Task

_BRANCHES: Final = ("reparameterize", "fuse", "switch_to_deploy")
"""Methods of timm's layers that merge branches."""
Setting = tuple[str, str, str, str, bool, bool, int]


class Unsupported(Exception):
    """The model, the device or this torch cannot do what the task asks for; the sentence says which."""


def setting_of(task: Task) -> Setting:
    """What a model must be made anew for."""
    mode = "training" if task.quantity == "training" else "inference"
    return (task.model, mode, task.precision, task.memory_format, task.compiled, task.fused, task.resolution)


class Subject:
    """One model in one setting on one device."""

    def __init__(self, task: Task, device: str, pool: Pool) -> None:
        import torch

        self.setting = setting_of(task)
        self._torch, self._task, self._device = torch, task, device
        self._kind = device.partition(":")[0]
        _refuse(task.precision, device)
        self._dtype = {"bf16": torch.bfloat16, "fp16": torch.float16}.get(task.precision, torch.float32)
        self._autocast = {"amp_bf16": torch.bfloat16, "amp_fp16": torch.float16}.get(task.precision)
        model, self.shape = _create(task, device, pool)
        if task.resolution and self._kind == "cpu":  # not every CPU kernel knows half precision
            _try(task, model, torch.zeros(1, *self.shape))
        self.params_m = sum(parameter.numel() for parameter in model.parameters()) / 1e6
        """Millions, of the form that is measured."""
        self._model = model.to(dtype=self._dtype).to(device=device)
        if task.resolution and self._kind != "cpu":
            _try(task, model, torch.zeros(1, *self.shape, device=device, dtype=self._dtype))
        self.is_training = task.quantity == "training"
        self._model.train(self.is_training).requires_grad_(self.is_training)
        self._layout = torch.channels_last if task.memory_format == "channels_last" else torch.contiguous_format
        self._model.to(memory_format=self._layout)
        self._called: Callable[[Any], Any] = self._model

    @property
    def resolution(self) -> int:
        """Side of the input in pixels; of one that is not square its width, as timm's tables have it."""
        return self.shape[-1]

    def compile(self) -> None:
        """From the next step on through torch.compile, steps that were made before too; every new batch size costs a compilation."""
        self._called = self._torch.compile(self._model, dynamic=False)

    @property
    def height(self) -> int:
        """Of images that are not square; 0 where they are."""
        return 0 if self.shape[1] == self.shape[2] else self.shape[1]

    def step(self, batch: int) -> Step:
        """A step over a batch of random images, the same ones each time."""
        torch = self._torch
        images = torch.randn(batch, *self.shape, device=self._device).to(dtype=self._dtype)
        images = images.contiguous(memory_format=self._layout)
        return self._training_step(images) if self.is_training else self._inference_step(images)

    def _inference_step(self, images: Any) -> Step:
        torch = self._torch

        def step() -> object:
            with torch.inference_mode(), self._precision():
                return self._called(images)

        return step

    def _training_step(self, images: Any) -> Step:
        """Forward, cross entropy on random labels, backward, SGD with momentum; fp16 under a gradient scaler."""
        torch = self._torch
        classes = max(1, int(getattr(self._model, "num_classes", 1000) or 1))
        labels = torch.randint(classes, (len(images),), device=self._device)
        optimiser = torch.optim.SGD(self._model.parameters(), lr=1e-4, momentum=0.9)
        scaler = torch.amp.GradScaler(self._kind, enabled=self._autocast is torch.float16)

        def step() -> object:
            optimiser.zero_grad(set_to_none=True)
            with self._precision():
                outputs = self._called(images)
                loss = sum(torch.nn.functional.cross_entropy(output, labels) for output in _tensors(outputs))
            scaler.scale(loss).backward()
            scaler.step(optimiser)
            scaler.update()
            return loss.detach()

        return step

    def _precision(self) -> contextlib.AbstractContextManager[Any]:
        if self._autocast is None:
            return contextlib.nullcontext()
        context: contextlib.AbstractContextManager[Any] = self._torch.autocast(self._kind, dtype=self._autocast)
        return context

    def settle(self) -> None:
        """Take the statistics of batch normalisation from random images, as training would have.

        With random weights and no statistics the activations of some networks grow layer by layer beyond what fp16 holds.
        """
        torch = self._torch
        norms = [m for m in self._model.modules() if isinstance(m, torch.nn.modules.batchnorm._BatchNorm)]
        momenta = [norm.momentum for norm in norms]
        self._model.float()
        for norm in norms:
            norm.train().momentum = 1.0
        with torch.no_grad():
            self._model(torch.randn(2, *self.shape, device=self._device).contiguous(memory_format=self._layout))
        for norm, momentum in zip(norms, momenta, strict=True):
            norm.train(self.is_training).momentum = momentum
        self._model.to(self._dtype)

    def check(self, output: object) -> None:
        """NotFinite unless everything in the output is finite."""
        for tensor in _tensors(output):
            if not bool(self._torch.isfinite(tensor).all()):
                raise NotFinite(f"{self._task.model} gives NaN or infinity in {self._task.precision}")


def _tensors(outputs: Any) -> list[Any]:
    """All tensors of an output; models with several classifiers give a tuple."""
    if isinstance(outputs, (tuple, list)):
        return [tensor for part in outputs for tensor in _tensors(part)]
    return [outputs] if hasattr(outputs, "isfinite") and outputs.is_floating_point() else []


def _create(task: Task, device: str, pool: Pool) -> tuple[Any, tuple[int, int, int]]:
    """The model, merged where asked, and the shape of an image for it. In half precision it is made beside the device."""
    import torch
    from timm.data import resolve_model_data_config

    is_half = task.precision in ("bf16", "fp16")  # at 32 bits it would need twice the memory that it is measured with
    maker = "cpu" if is_half else device
    with quick_init(pool) if maker == "cpu" else torch.device(maker):  # on a GPU real random initialisation is cheap
        model = _sized(task)
    channels, height, width = resolve_model_data_config(model, use_test_size=True)["input_size"]
    if task.resolution:
        height = width = task.resolution
    if task.fused:
        model = _fused(task.model, model)
    return model, (channels, height, width)


def _sized(task: Task) -> Any:
    import timm

    if not timm.is_model(task.model):  # a name of the hub would be asked for over the network
        raise Unsupported(f"timm {timm.__version__} has no model {task.model!r}")
    if not task.resolution:
        return timm.create_model(task.model, pretrained=False)
    fixed = timm.get_pretrained_cfg(task.model)
    if fixed and len({*fixed.input_size[1:]}) > 1:
        height, width = fixed.input_size[1:]
        raise Unsupported(
            f"{task.model} takes images of {height} x {width} px, which no side of a square says; leave --resolution away"
        )
    try:
        return timm.create_model(task.model, pretrained=False, img_size=task.resolution)
    except TypeError:  # convolutional networks take any size and have no such argument
        if fixed and fixed.fixed_input_size and task.resolution not in (fixed.input_size[1], _test_side(fixed)):
            raise Unsupported(
                f"{task.model} takes images of {fixed.input_size[1]} px only; leave --resolution away"
            ) from None
        return timm.create_model(task.model, pretrained=False)
    except (AssertionError, RuntimeError, ValueError) as error:
        raise Unsupported(f"{task.model} takes no images of {task.resolution} px: {error}") from None


def _try(task: Task, model: Any, image: Any) -> None:
    """Some networks say only when they are called that they do not take a size."""
    import torch

    try:
        with torch.no_grad():
            model.eval()(image)
    except (AssertionError, RuntimeError, ValueError) as error:
        if "out of memory" in str(error).lower():
            raise
        raise Unsupported(f"{task.model} takes no images of {task.resolution} px: {error}") from None


def _test_side(configuration: Any) -> int:
    size = configuration.test_input_size
    return int(size[1]) if size else 0


def _fused(name: str, model: Any) -> Any:
    from timm.utils.model import reparameterize_model

    if not any(hasattr(module, branch) for module in model.modules() for branch in _BRANCHES):
        raise Unsupported(f"{name} has no branches to merge: its fused form is the plain one")
    return reparameterize_model(model, inplace=True)


def _refuse(precision: Precision, device: str) -> None:
    """Unsupported where the device has no such arithmetic."""
    import torch

    kind = device.partition(":")[0]
    if precision == "tf32":
        has_tf32 = (
            kind == "cuda" and not torch.version.hip and torch.cuda.get_device_capability(torch.device(device))[0] >= 8
        )
        if not has_tf32:
            raise Unsupported(f"{device} has no TF32, which NVIDIA GPUs have from Ampere on; ask for fp32")
    if (
        precision in ("bf16", "amp_bf16")
        and kind == "cuda"
        and not torch.cuda.is_bf16_supported(including_emulation=False)
    ):
        raise Unsupported(f"{device} computes no bfloat16; ask for fp16 or amp_fp16")


def allow_tf32(allowed: bool) -> None:
    """Set whether convolutions and matrix products may use TF32, on whichever interface this torch has."""
    import torch

    word = "tf32" if allowed else "ieee"
    switches = [torch.backends.cuda.matmul, torch.backends.cudnn.conv, torch.backends.cudnn.rnn] if hasattr(
        torch.backends.cudnn, "conv"
    ) else []  # fmt: skip
    if switches and all(hasattr(switch, "fp32_precision") for switch in switches):
        for switch in switches:
            switch.fp32_precision = word
    else:
        torch.backends.cuda.matmul.allow_tf32 = allowed
        torch.backends.cudnn.allow_tf32 = allowed
