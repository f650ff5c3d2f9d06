"""Steps of training and of evaluation: mixing, mixed precision, gradients gathered in parts where memory is short."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from typing import Any, Final

from backbones.probe.speed.protocol import Device, Stopped
from backbones.probe.transfer.plan import RecipeProblem, dealt
from backbones.probe.transfer.recipe import Recipe, Stage
from backbones.store.text import closest

CPU_PART: Final = 32
"""Images at once on a CPU: more are not faster, and memory that is short there ends the process instead of raising."""
LEAST_PART: Final = 2
_DTYPES: Final = {"amp_bf16": "bfloat16", "amp_fp16": "float16", "bf16": "bfloat16", "fp16": "float16"}


def training_precision(recipe: Recipe, device: str) -> str:
    """What a recipe is trained in where the user says nothing: `fp32` on a CPU, as `amp_bf16` is slower on most of them."""
    import torch

    if not recipe.mixed_precision or not device.startswith("cuda"):
        return "fp32"
    return "amp_bf16" if torch.cuda.is_bf16_supported(including_emulation=False) else "amp_fp16"


class Steps:
    """A model in training on a device: one call of `train` is one step of the optimiser."""

    def __init__(
        self, model: Any, recipe: Recipe, classes: int, device: Device, name: str, precision: str, is_stopped: Callable[[], bool]
    ) -> None:  # fmt: skip
        import torch
        from timm.data import Mixup
        from timm.loss import SoftTargetCrossEntropy

        self._torch, self.model, self._recipe = torch, model, recipe
        self._device, self._name, self._is_stopped = device, name, is_stopped
        self._kind = name.partition(":")[0]
        if precision not in ("fp32", "tf32", *_DTYPES) or precision in ("bf16", "fp16"):
            raise RecipeProblem(f"nothing is trained in {precision} here; ask for fp32, tf32, amp_bf16 or amp_fp16")
        self._autocast = getattr(torch, _DTYPES[precision]) if precision in _DTYPES else None
        is_fp16 = self._autocast is torch.float16
        if is_fp16 and self._kind == "cpu":
            raise RecipeProblem("a CPU trains in fp32 or amp_bf16, not in amp_fp16")
        self.scaler = torch.amp.GradScaler(self._kind, enabled=is_fp16)
        mixed = recipe.training
        self._mix = Mixup(
            mixup_alpha=mixed.mixup, cutmix_alpha=mixed.cutmix, prob=mixed.mix_probability,
            label_smoothing=recipe.label_smoothing, num_classes=classes,
        ) if mixed.is_mixed else None  # fmt: skip
        plain = torch.nn.CrossEntropyLoss(label_smoothing=recipe.label_smoothing)
        self._loss = SoftTargetCrossEntropy() if self._mix else plain
        self.part = CPU_PART if self._kind == "cpu" else recipe.batch_size
        """Images at once; halved when memory does not suffice."""
        self.notes: list[str] = []

    def train(self, images: Any, labels: Any, optimiser: Any) -> Any:
        """The loss, still on the device. Stopped where the user ends it."""
        images, labels = self._moved(images), labels.to(self._name, non_blocking=True)
        if self._mix:
            images, labels = self._mix(images, labels)
        while True:
            try:
                loss = self._gather(images, labels, optimiser)
                break
            except Exception as error:
                if not self._device.is_out_of_memory(error) or self.part <= LEAST_PART:
                    raise
            self._make_smaller(len(images), optimiser)
        self.scaler.unscale_(optimiser)
        if self._recipe.clip_gradient:
            self._torch.nn.utils.clip_grad_norm_(self.model.parameters(), self._recipe.clip_gradient)
        self.scaler.step(optimiser)
        self.scaler.update()
        return loss

    def _gather(self, images: Any, labels: Any, optimiser: Any) -> Any:
        """Forward and backward in parts, so that their gradients add up to those of the batch."""
        optimiser.zero_grad(set_to_none=True)
        total = self._torch.zeros((), device=self._name)
        at = 0
        for size in dealt(len(images), self.part):
            self._heed()
            with self._precision():
                outputs = self.model(images[at : at + size])
                loss = self._loss_of(outputs, labels[at : at + size]) * (size / len(images))
            self.scaler.scale(loss).backward()
            total += loss.detach().float()
            at += size
        return total

    def _loss_of(self, outputs: Any, labels: Any) -> Any:
        """Of models with several classifiers, the mean of theirs."""
        if isinstance(outputs, (tuple, list)):
            return sum(self._loss(one.float(), labels) for one in outputs) / len(outputs)
        return self._loss(outputs.float(), labels)

    def _make_smaller(self, batch: int, optimiser: Any) -> None:
        """Outside the `except`, whose error holds on to the tensors of the step."""
        optimiser.zero_grad(set_to_none=True)
        self._device.release()
        self.part = max(LEAST_PART, min(self.part, batch) // 2)
        self.notes = [
            f"memory does not suffice for a batch of {batch}: gradients of {self.part} images at a time are added up"
        ]

    def told(self, batch: int) -> list[str]:
        """Sentences: where batches of so many images are not computed at once, and what that changes."""
        if self.notes or batch <= self.part or not _normalises_batches(self.model):
            return self.notes
        return [
            f"on a CPU batches of {batch} are computed in parts, so batch normalisation sees {max(dealt(batch, self.part))} images at a time"
        ]

    def evaluate(self, model: Any, batches: Any, beat: Callable[[], None] = lambda: None) -> tuple[Any, Any]:
        """float32 (n, classes) and int (n,) on the CPU: the outputs and the labels of all images. `beat` hears each batch."""
        torch = self._torch
        outputs, labels = [], []
        model.eval()
        with torch.no_grad():  # what a model keeps from inference mode could not be trained with
            for images, known in batches:
                for at in range(0, len(images), self.part):
                    self._heed()
                    with self._precision():
                        out = model(self._moved(images[at : at + self.part]))
                    outputs.append(_one(out).float().cpu())
                labels.append(known)
                beat()
        return torch.cat(outputs), torch.cat(labels)

    def _moved(self, images: Any) -> Any:
        layout = self._torch.channels_last if self._kind == "cuda" and self._autocast else self._torch.contiguous_format
        return images.to(self._name, non_blocking=True, memory_format=layout)

    def _precision(self) -> contextlib.AbstractContextManager[Any]:
        if self._autocast is None:
            return contextlib.nullcontext()
        context: contextlib.AbstractContextManager[Any] = self._torch.autocast(self._kind, dtype=self._autocast)
        return context

    def _heed(self) -> None:
        if self._is_stopped():
            raise Stopped


def _normalises_batches(model: Any) -> bool:
    from torch.nn.modules.batchnorm import _BatchNorm

    return any(isinstance(module, _BatchNorm) for module in model.modules())


def _one(outputs: Any) -> Any:
    """Of models with several classifiers, the mean of their outputs."""
    return sum(outputs) / len(outputs) if isinstance(outputs, (tuple, list)) else outputs


def optimiser_of(model: Any, stage: Stage, learning_rate: float) -> Any:
    """timm's optimiser of that name. RecipeProblem where there is none, or the model has no layers to tell apart."""
    from timm.optim import create_optimizer_v2, list_optimizers

    if stage.optimiser not in (known := list_optimizers()):
        near = closest(stage.optimiser, known)
        hint = f"; did you mean {', '.join(map(repr, near))}?" if near else ""
        raise RecipeProblem(f"timm has no optimiser {stage.optimiser!r}{hint}")
    if stage.layer_decay and not hasattr(model, "group_matcher"):
        raise RecipeProblem(f"timm cannot tell the layers of {type(model).__name__} apart; leave layer_decay away")
    extra = {"nesterov": stage.nesterov} if stage.optimiser == "sgd" else {}
    return create_optimizer_v2(
        model, opt=stage.optimiser, lr=learning_rate, weight_decay=stage.weight_decay, momentum=stage.momentum,
        filter_bias_and_bn=not stage.decay_norms, layer_decay=stage.layer_decay, **extra,
    )  # fmt: skip


def schedule_of(optimiser: Any, stage: Stage, learning_rate: float, steps: int) -> Any:
    """timm's schedule, by steps of the optimiser: it remembers nothing, so that a number of steps is all it takes to go on."""
    from timm.scheduler import create_scheduler_v2

    schedule, _ = create_scheduler_v2(
        optimiser, sched=stage.schedule, num_epochs=stage.epochs - stage.warmup_epochs, warmup_epochs=stage.warmup_epochs,
        warmup_lr=learning_rate * stage.warmup_from, warmup_prefix=True, step_on_epochs=False, updates_per_epoch=steps,
    )  # fmt: skip
    return schedule
