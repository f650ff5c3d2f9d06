"""Features of images by a frozen model: pooled, before the classifier, through timm's own transform of evaluation."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, replace
from typing import Any, Final

from backbones.probe.speed.protocol import Device, Stopped
from backbones.probe.speed.subject import Unsupported, allow_tf32
from backbones.probe.speed.taking import NotFinite
from backbones.probe.transfer.cache import Store
from backbones.probe.transfer.origin import Origin
from backbones.probe.transfer.pixels import Picture, Pixels
from backbones.probe.transfer.preparation import Preparation

FLUSH_S: Final = 10.0
"""After so long what was extracted goes to disk, so that an interrupt loses no more."""
MIB: Final = 1 << 20
USUAL_BATCH: Final = {"cpu": 32}
USUAL_BATCH_GPU: Final = 256


class OutOfTime(Exception):
    """The time that there was is over; what was extracted is kept."""

    img_s: float | None = None
    """How fast it went, where that is known."""


@dataclass(frozen=True, slots=True)
class Features:
    """Frozen features of some images."""

    values: Any
    """float32 (n, d)."""
    labels: Any
    """int (n,)."""
    contents: Any
    """int (n,): the same number for copies of one image."""


class Frozen:
    """A model in evaluation mode on a device, in a precision."""

    def __init__(self, model: Any, preparation: Preparation, precision: str, device: str, channels_last: bool) -> None:
        import torch

        self._torch, self._device, self._preparation = torch, device, preparation
        self._dtype = {"bf16": torch.bfloat16, "fp16": torch.float16}.get(precision, torch.float32)
        self._autocast = {"amp_bf16": torch.bfloat16, "amp_fp16": torch.float16}.get(precision)
        self._layout = torch.channels_last if channels_last else torch.contiguous_format
        allow_tf32(precision == "tf32")
        self._model = model.eval().requires_grad_(False).to(device=device, dtype=self._dtype)
        self._model.to(memory_format=self._layout)
        scale = [1 / (255 * one) for one in preparation.std]
        shift = [-mean / one for mean, one in zip(preparation.mean, preparation.std, strict=True)]
        self._scale, self._shift = (torch.tensor(values, device=device).view(1, -1, 1, 1) for values in (scale, shift))

    @property
    def kind(self) -> str:
        """Of the device."""
        return self._device.partition(":")[0]

    def ready(self, images: Any) -> Any:
        """For the way to the device: from pinned memory the copy does not wait for the batch before."""
        return images.pin_memory() if self.kind == "cuda" else images

    def features(self, images: Any) -> Any:
        """float32 (n, d) on the device, of uint8 (n, 3, side, side)."""
        torch, kind = self._torch, self.kind
        with torch.inference_mode():
            batch = images.to(self._device, non_blocking=True).contiguous(memory_format=self._layout)
            batch = torch.addcmul(self._shift, batch.float(), self._scale).to(dtype=self._dtype)
            with torch.autocast(kind, dtype=self._autocast) if self._autocast else nullcontext():
                try:
                    pooled = self._pooled(batch)
                except (AssertionError, ValueError) as error:
                    raise Unsupported(
                        f"the model takes no images of {self._preparation.resolution} px: {error}; leave --resolution away"
                    ) from None
            return pooled.float()

    def _pooled(self, batch: Any) -> Any:
        model = self._model
        if hasattr(model, "forward_features") and hasattr(model, "forward_head"):
            output = model.forward_head(model.forward_features(batch), pre_logits=True)
        else:
            output = model(batch)
        if isinstance(output, (tuple, list)):  # a distilled model has two tokens
            output = sum(output) / len(output)
        if output.ndim == 4:
            is_first = output.shape[1] == getattr(model, "num_features", output.shape[1])
            output = output.mean((2, 3) if is_first else (1, 2))
        return output.mean(1) if output.ndim == 3 else output


def usual_batch(device: str) -> int:
    """Images a step where nothing better is known."""
    return USUAL_BATCH.get(device.partition(":")[0], USUAL_BATCH_GPU)


def extract(
    store: Store,
    pictures: Sequence[Picture],
    make: Callable[[], Frozen],
    preparation: Preparation,
    pixels: Pixels,
    device: Device,
    batch: int,
    says: Callable[[str, int, int], None],
    is_stopped: Callable[[], bool],
    until: float,
    origin: Origin,
) -> None:
    """Bring the features of all pictures into the store; the model is made only if some are missing that can be decoded.

    Stopped or OutOfTime (`until`, on the monotonic clock) end it after the present batch, with what there is kept.
    """
    missing = set(store.missing(content for content, _ in pictures))
    wanted = list({content: path for content, path in pictures if content in missing}.items())
    if not wanted:
        return
    says("extract", 0, len(wanted))
    run: _Run | None = None
    waited = time.perf_counter()
    batches = pixels.batches(wanted, preparation, batch)
    try:
        for contents, images in batches:
            if run is None:
                decoding_s = time.perf_counter() - waited
                says("create", 0, len(wanted))
                device.begin()
                run = _Run(store, make(), device, batch, origin, decoding_s)
                says("extract", 0, len(wanted))
            run.compute(contents, images)
            says("extract", run.done, len(wanted))
            if is_stopped():
                raise Stopped
            if time.monotonic() > until:
                run.flush()
                over = OutOfTime()
                over.img_s = run.origin.img_s
                raise over
    finally:
        batches.close()
        store.note_unreadable(
            {
                content: why.reason
                for content, _ in wanted
                if (why := pixels.unreadable.get(content)) and why.is_of_content
            }
        )
        if run is not None:
            run.flush()
    store.tidy()


class ModelClock:
    """How long the model alone takes: by the device's events where it has such, since the host runs ahead of it.

    The first batch, in which libraries are loaded, counts only where it is the only one.
    """

    def __init__(self, kind: str) -> None:
        import torch

        self._is_wall = kind == "cpu"
        self._module = getattr(torch, kind) if kind in ("cuda", "xpu") else None
        self._pending: list[tuple[Any, Any, int]] = []
        self._found: list[tuple[float, int]] = []

    def timed(self, compute: Callable[[Any], Any], images: Any) -> Any:
        """What `compute` makes of images."""
        if self._module is None:
            began = time.perf_counter()
            done = compute(images)
            if self._is_wall:
                self._found.append((time.perf_counter() - began, len(images)))
            return done
        first, last = (self._module.Event(enable_timing=True) for _ in range(2))
        first.record()
        done = compute(images)
        last.record()
        self._pending.append((first, last, len(images)))
        return done

    def total(self) -> tuple[float, int]:
        """Seconds and images; waits for the device."""
        for first, last, images in self._pending:
            last.synchronize()
            self._found.append((first.elapsed_time(last) / 1e3, images))
        self._pending = []
        told = self._found[1:] or self._found
        return sum(seconds for seconds, _ in told), sum(images for _, images in told)


class _Run:
    """One pass over images: batches shrink where memory does not suffice, results go to disk now and then."""

    def __init__(
        self, store: Store, frozen: Frozen, device: Device, batch: int, origin: Origin, decoding_s: float
    ) -> None:
        """`decoding_s`: what the first batch took to be decoded."""
        self._store, self._frozen, self._device, self._batch = store, frozen, device, batch
        self._origin = replace(origin, part=uuid.uuid4().hex)
        self._flushed = time.perf_counter()
        self._began = self._flushed - decoding_s
        self._clock = ModelClock(frozen.kind)
        self._held: list[tuple[list[str], Any]] = []
        self.done = 0
        device.reset_peak()

    def compute(self, contents: list[str], images: Any) -> None:
        """One batch, in parts where it does not fit."""
        start = 0
        while start < len(contents):
            part = slice(start, start + self._batch)
            try:
                ready = self._frozen.ready(images[part])
                self._held.append((contents[part], self._clock.timed(self._frozen.features, ready)))
            except Exception as error:
                if not self._device.is_out_of_memory(error) or self._batch == 1:
                    raise
                del error
                self._device.release()
                self._batch = max(1, min(self._batch, len(contents)) // 2)
                continue
            start += self._batch
        self.done += len(contents)
        if time.perf_counter() - self._flushed > FLUSH_S:
            self.flush()

    def flush(self) -> None:
        """To disk, and how fast it came with it, as the program may be killed. NotFinite where features are none."""
        import torch

        if self._held:
            held, self._held = self._held, []
            values = torch.cat([features for _, features in held]).cpu().numpy()
            if not torch.isfinite(torch.from_numpy(values)).all():
                raise NotFinite("the features hold NaN or infinity; ask for --precision fp32")
            self._store.add([content for contents, _ in held for content in contents], values)
            if self.done:
                self._store.note_origin(self.origin)
        self._flushed = time.perf_counter()

    @property
    def origin(self) -> Origin:
        """How fast it has gone until now."""
        seconds = time.perf_counter() - self._began
        model_s, model_images = self._clock.total()
        peak = self._device.peak_memory()
        return replace(
            self._origin, images=self.done, seconds=seconds, model_images=model_images, model_s=model_s,
            peak_memory_mib=peak / MIB if peak is not None else None, batch_size=self._batch,
        )  # fmt: skip
