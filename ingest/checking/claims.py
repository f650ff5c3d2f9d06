"""What a family file claims: every number, with the model, the quantity and the setting that it is said of."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from backbones.store.family_file import Backbone, Checkpoint, FamilyFile, Result


@dataclass(frozen=True, slots=True)
class Claim:
    """One number of a file."""

    path: str
    quantity: str
    """A metric, `params_m`, `compute`, `throughput_img_s`, `latency_ms`, `peak_memory_mib`."""
    value: float
    backbone: str
    spellings: tuple[str, ...]
    """The backbone's names in the file."""
    task: str
    dataset: str
    head: str
    resolution: int | None
    pretraining: tuple[str, ...]
    """Data sets before the last stage."""
    method: str
    """Of the pretraining."""
    test_aug: str
    train_epochs: float | None
    source: str | None
    group: str
    """The result or speed that it is part of, as a path."""

    @property
    def place(self) -> str:
        """For a sentence: model, quantity and setting."""
        setting = ", ".join(str(s) for s in (self.dataset, self.head, self.resolution and f"{self.resolution} px") if s)
        return f"{self.backbone}: {self.quantity} {self.value:.10g}" + (f" ({setting})" if setting else "")


def claims_of(file: FamilyFile) -> Iterator[Claim]:
    """Every reported number of a file."""
    for b, backbone in enumerate(file.backbones):
        path = f"backbones.{b}"
        names = (backbone.backbone, *backbone.aliases)
        if backbone.params_m is not None:
            yield Claim(
                f"{path}.params_m",
                "params_m",
                backbone.params_m,
                backbone.backbone,
                names,
                "",
                "",
                "",
                None,
                (),
                "",
                "",
                None,
                file.source,
                path,
            )
        yield from _speeds(file, backbone, names, path)
        for c, checkpoint in enumerate(backbone.checkpoints):
            for r, result in enumerate(checkpoint.results):
                yield from _result(file, backbone, names, checkpoint, result, f"{path}.checkpoints.{c}.results.{r}")


def _speeds(file: FamilyFile, backbone: Backbone, names: tuple[str, ...], path: str) -> Iterator[Claim]:
    for s, speed in enumerate(backbone.throughput):
        for quantity in ("throughput_img_s", "latency_ms", "peak_memory_mib"):
            value = getattr(speed, quantity)
            if value is not None:
                group = f"{path}.throughput.{s}"
                yield Claim(
                    f"{group}.{quantity}", quantity, value, backbone.backbone, names, speed.task, "", speed.head or "",
                    speed.resolution or speed.crop_size, (), "", "", None, speed.source or file.source, group,
                )  # fmt: skip


def _result(
    file: FamilyFile, backbone: Backbone, names: tuple[str, ...], checkpoint: Checkpoint, result: Result, path: str
) -> Iterator[Claim]:
    found = [(f"{path}.values.{metric}", metric, value) for metric, value in result.values.items()]
    if result.printed is not None:
        found.append((f"{path}.printed", "compute", result.printed))
    if result.params_m is not None:
        found.append((f"{path}.params_m", "params_m", result.params_m))
    before = tuple(d for d in (checkpoint.pretraining.dataset, *(s.dataset for s in result.fine_tuning[:-1])) if d)
    for where, quantity, value in found:
        yield Claim(
            where, quantity, value, backbone.backbone, names, result.task, result.dataset, result.head or "",
            result.resolution or result.crop_size, before, checkpoint.pretraining.method or "", result.test_aug or "",
            result.train_epochs, result.source or file.source, path,
        )  # fmt: skip
