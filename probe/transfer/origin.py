"""How features came about: on which device, how fast. Kept beside them, since they are used again without a device. No torch here."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Final

MOST: Final = 0.5
"""Of the images, from which share on their own extraction tells how fast it goes: a few are slow, as the first batch is."""


@dataclass(frozen=True, slots=True)
class Origin:
    """One extraction: where, of what, and how fast."""

    device: str = ""
    torch: str = ""
    timm: str = ""
    data: str = ""
    """`ImageData.images_hash`: how fast images are decoded depends on them."""
    images: int = 0
    """Over which the time was taken."""
    seconds: float = 0.0
    """Decoding and all, but for the making of the model."""
    model_images: int = 0
    """Over which the model's own time was taken."""
    model_s: float = 0.0
    """Of the model alone."""
    peak_memory_mib: float | None = None
    batch_size: int = 0
    channels_last: bool = False
    part: str = ""
    """Names the pass over images while it goes on; of several that were added up there is none."""

    @property
    def conditions(self) -> tuple[object, ...]:
        """Passes that agree in this are parts of one extraction."""
        return self.device, self.torch, self.timm, self.data, self.batch_size, self.channels_last

    @property
    def img_s(self) -> float | None:
        """Images a second of this extraction."""
        return self.images / self.seconds if self.seconds else None

    @property
    def model_img_s(self) -> float | None:
        """Images a second of the model alone; None where the device cannot tell."""
        return self.model_images / self.model_s if self.model_s else None


def added_up(passes: Iterable[Origin]) -> list[Origin]:
    """One of each conditions: parts of an extraction that was interrupted, or of which a budget left images out, are one."""
    sums: dict[tuple[object, ...], Origin] = {}
    for one in passes:
        before = sums.get(one.conditions)
        sums[one.conditions] = one if before is None else _sum(before, one)
    return list(sums.values())


def origin_of(passes: Sequence[Origin], images: int, device: str, data: str) -> Origin:
    """Of the extractions of these images on a device the largest, for so many of them; `device` "": any.

    Where these images were never extracted there, what is of the model alone is told of others. Where only a few were, since
    the rest was there already, the others count by the largest of all, as in `seconds_of`.
    """
    here = _on(passes, device)
    own, largest = _largest(here, data), _largest(here)
    if largest is None:
        return Origin(device=passes[-1].device, torch=passes[-1].torch, timm=passes[-1].timm) if passes else Origin()
    if own is None:
        return replace(largest, images=0, seconds=0.0)
    if own.images >= images * MOST:
        return own
    return replace(largest, data=data, images=images, seconds=seconds_of(passes, images, device, data) or 0.0)


def seconds_of(passes: Sequence[Origin], images: int, device: str, data: str) -> float | None:
    """What the features of so many of these images take to be made on a device, the making of the model left out.

    By the largest extraction of these images; what it did not bring, since it was there already, by the largest of all.
    """
    here = _on(passes, device)
    largest = _largest(here)
    if largest is None or largest.img_s is None:
        return None
    own = _largest(here, data) or replace(largest, images=0, seconds=0.0)
    if own.img_s is not None and own.images >= images:
        return images / own.img_s
    return own.seconds + (images - own.images) / largest.img_s


def _sum(one: Origin, other: Origin) -> Origin:
    """Of two passes under the same conditions."""
    peaks = [peak for peak in (one.peak_memory_mib, other.peak_memory_mib) if peak is not None]
    return replace(
        one, part="", images=one.images + other.images, seconds=one.seconds + other.seconds,
        model_images=one.model_images + other.model_images, model_s=one.model_s + other.model_s,
        peak_memory_mib=max(peaks, default=None),
    )  # fmt: skip


def _on(passes: Sequence[Origin], device: str) -> list[Origin]:
    return [one for one in passes if device in ("", one.device)]


def _largest(passes: Sequence[Origin], data: str | None = None) -> Origin | None:
    """Of these data; None: of any."""
    return max((one for one in passes if data in (None, one.data)), key=lambda one: one.images, default=None)
