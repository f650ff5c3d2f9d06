"""Images as a model wants them, decoded ahead of it or by turns, and kept in memory for the next model that wants the same.

On a GPU, processes decode ahead of the model. On a CPU the model needs all cores itself: threads decode some images with all
cores, then the model computes with all cores. Side by side they slow each other down by more than the decoding takes, since a
layer waits for its last thread.
"""

from __future__ import annotations

import os
import shutil
import time
from collections import OrderedDict
from collections.abc import Generator, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from backbones.probe.speed import load
from backbones.probe.transfer.decoding import UnreadableImage, decoded, unchanged
from backbones.probe.transfer.preparation import Preparation

SHARE: Final = 0.25
"""Of the available memory that decoded images may take."""
AHEAD: Final = 2
"""Batches that each process decodes ahead."""
TURN_S: Final = 0.5
"""So long a turn of decoding on a CPU takes, if it ends with a batch: the model's first step after it is a tenth slower."""
TURN_BYTES: Final = 1 << 27
"""Of decoded images, at most, at a turn of several batches."""
MOST_PROCESSES: Final = 32
SHARED: Final = "/dev/shm"
"""Through which processes hand images over on Linux; containers often have 64 MiB of it."""
Picture = tuple[str, Path]
"""The hash of an image's content, and a file that has it."""


@dataclass(frozen=True, slots=True)
class Unreadable:
    """Why there are no pixels of a content, as the end of a sentence."""

    reason: str
    is_of_content: bool
    """The content itself cannot be decoded; else its file has changed, is gone, or memory did not suffice."""


Batch = tuple[list[str], Any, dict[str, Unreadable]]
"""Contents, their images uint8 (n, side, side, 3), and the contents that cannot be decoded."""


class Pixels:
    """Decoded images: uint8 (side, side, 3) each, not normalised.

    They are numpy's until a batch is whole: torch copies even a small image with all its threads, which wait for each other
    far longer than the copying takes.
    """

    def __init__(self, processes: int = 0, most_bytes: int | None = None) -> None:
        """`processes` 0: decode by turns with threads. `most_bytes` of decoded images are kept for the models that follow."""
        self._processes = min(processes, MOST_PROCESSES)
        self._most = int(SHARE * load.available_bytes()) if most_bytes is None else most_bytes
        self._kept: OrderedDict[tuple[object, ...], dict[str, Any]] = OrderedDict()
        self.unreadable: dict[str, Unreadable] = {}
        """Contents that cannot be decoded, and why."""

    def batches(
        self, pictures: Sequence[Picture], preparation: Preparation, batch: int
    ) -> Generator[tuple[list[str], Any], None, None]:
        """Contents and uint8 (n, 3, side, side), in the order given; what cannot be decoded is left out and noted."""
        import numpy as np

        kept = self._of(preparation)
        here = [picture for picture in pictures if picture[0] in kept]
        for start in range(0, len(here), batch):
            contents = [content for content, _ in here[start : start + batch]]
            yield contents, _as_tensor(np.stack([kept[content] for content in contents]))
        rest = [picture for picture in pictures if picture[0] not in kept and picture[0] not in self.unreadable]
        for contents, images, reasons in self._decoded(rest, preparation, batch):
            self.unreadable |= reasons
            if contents:
                self._keep(preparation, contents, images)
                yield contents, _as_tensor(images)

    def _decoded(self, pictures: Sequence[Picture], preparation: Preparation, batch: int) -> Iterator[Batch]:
        files = Files(pictures, preparation)
        processes = min(self._processes, _room(batch, preparation), -(-len(pictures) // batch))
        if processes and len(pictures) > batch:
            import torch

            for contents, images, reasons in torch.utils.data.DataLoader(
                files, batch, num_workers=processes, prefetch_factor=AHEAD, collate_fn=_handed_over,
                multiprocessing_context="fork" if hasattr(os, "fork") else None,
            ):  # fmt: skip
                yield contents, None if images is None else images.numpy(), reasons
            return
        most = TURN_BYTES // (batch * 3 * preparation.resolution**2)
        rest = [range(start, min(start + batch, len(pictures))) for start in range(0, len(pictures), batch)][::-1]
        with ThreadPoolExecutor(load.cpus()) as pool:
            while rest:
                end, turn = time.monotonic() + TURN_S, [list(pool.map(files.__getitem__, rest.pop()))]
                while rest and len(turn) < most and time.monotonic() < end:
                    turn.append(list(pool.map(files.__getitem__, rest.pop())))
                for done in turn:
                    yield together(done)

    def _of(self, preparation: Preparation) -> dict[str, Any]:
        kept = self._kept.setdefault(preparation.geometry, {})
        self._kept.move_to_end(preparation.geometry)
        return kept

    def _keep(self, preparation: Preparation, contents: Sequence[str], images: Any) -> None:
        """As long as there is room; what was wanted longest ago makes way."""
        size = 3 * preparation.resolution**2
        kept = self._of(preparation)
        while self._held() + size * len(contents) > self._most:
            if len(self._kept) == 1:
                return
            self._kept.popitem(last=False)
        kept.update((content, image.copy()) for content, image in zip(contents, images, strict=True))

    def _held(self) -> int:
        return sum(len(images) * next(iter(images.values())).size for images in self._kept.values() if images)


class Files:
    """A data set for torch's loader: each item is a content with its image, or with the reason why there is none."""

    def __init__(self, pictures: Sequence[Picture], preparation: Preparation) -> None:
        self._pictures, self._transform = pictures, transform_of(preparation)

    def __len__(self) -> int:
        return len(self._pictures)

    def __getitem__(self, place: int) -> tuple[str, Any]:
        import numpy as np

        content, path = self._pictures[place]
        try:
            found = unchanged(path, content)
        except UnreadableImage as error:
            return content, Unreadable(str(error), False)
        try:
            return content, np.asarray(self._transform(decoded(found)))
        except UnreadableImage as error:
            return content, Unreadable(str(error), not isinstance(error.__context__, MemoryError))


def together(found: Sequence[tuple[str, Any]]) -> Batch:
    """One batch of what `Files` gives."""
    import numpy as np

    whole = [(content, image) for content, image in found if not isinstance(image, Unreadable)]
    images = np.stack([image for _, image in whole]) if whole else None
    return [content for content, _ in whole], images, {c: image for c, image in found if isinstance(image, Unreadable)}


def _handed_over(found: Sequence[tuple[str, Any]]) -> Batch:
    """The same from a process, which hands tensors over through shared memory."""
    import torch

    contents, images, reasons = together(found)
    return contents, None if images is None else torch.from_numpy(images), reasons


def _as_tensor(images: Any) -> Any:
    """uint8 (n, 3, side, side) of (n, side, side, 3), without a copy."""
    import torch

    return torch.from_numpy(images).permute(0, 3, 1, 2)


def _room(batch: int, preparation: Preparation) -> int:
    """For how many processes there is shared memory."""
    try:
        free = shutil.disk_usage(SHARED).free
    except OSError:
        return MOST_PROCESSES
    return int(free / 2 / (AHEAD * batch * 3 * preparation.resolution**2))


def transform_of(preparation: Preparation) -> Any:
    """timm's own transform of evaluation up to the resized and cropped picture, without its last step, which makes a tensor."""
    from timm.data.transforms_factory import transforms_imagenet_eval

    whole = transforms_imagenet_eval(
        img_size=preparation.resolution,
        interpolation=preparation.interpolation,
        crop_pct=preparation.crop_pct,
        crop_mode=preparation.crop_mode,
        mean=preparation.mean,
        normalize=False,
    )
    return type(whole)(whole.transforms[:-1])


def processes_for(device: str) -> int:
    """How many decode ahead of the model on a device."""
    return 0 if device.partition(":")[0] in ("cpu", "mps") else max(1, load.cpus() - 1)
