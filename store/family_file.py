"""The family file: one published line of architectures, its sizes, pretrainings, released files and numbers."""

from __future__ import annotations

from typing import Annotated, Final, Self

from pydantic import AfterValidator, Field, model_validator

from backbones.store import fields as f
from backbones.store.text import fold
from backbones.store.vocabulary import METRICS


def _in_range(values: dict[str, float]) -> dict[str, float]:
    """Percentages are 0-100; a corruption error may be above."""
    for metric, value in values.items():
        if not METRICS[metric].holds(value):
            raise ValueError(f"{metric} is a percentage of 0 to 100, not {value!r}")
    return values


class Source(f.Record):
    """Where numbers come from."""

    title: f.Text | None = None
    url: f.Url | None = None
    kind: f.Name | None = None
    """`paper`, `repository`, `model card`, `package`, `site`."""
    licence: f.Name | None = None
    version: f.Name | None = None
    """A commit, a release or a date."""
    retrieved: f.Date | None = None


class Stage(f.Record):
    """One stage of training after pretraining."""

    dataset: f.Name
    resolution: f.Pixels | None = None
    epochs: f.Amount | None = None


class Pretraining(f.Record):
    """What every later training of a checkpoint starts from."""

    dataset: f.Name | None = None
    method: f.Name | None = None
    resolution: f.Pixels | None = None
    epochs: f.Amount | None = None


class Result(f.Record):
    """The numbers that one source reports for one checkpoint in one setting."""

    task: f.Task
    dataset: f.Name
    values: Annotated[dict[f.MetricName, f.Number], AfterValidator(_in_range)] = Field(min_length=1)
    """Metric to value; accuracies in percent."""
    protocol: f.Protocol = "supervised"
    head: f.Name | None = None
    resolution: f.Pixels | None = None
    """Side of the square input at evaluation, px."""
    crop_size: f.Pixels | None = None
    fine_tuning: list[Stage] = []
    """The stages after pretraining, in order; all but the last are intermediate fine-tuning."""
    train_dataset: f.Name | None = None
    train_epochs: f.Amount | None = None
    test_aug: f.Name | None = None
    conditions: f.Conditions | None = None
    """What else the number depends on, as `attack=autoattack,eps=4/255`."""
    setting: f.Name | None = None
    """A framework's name of the configuration."""
    weights: f.Name | None = None
    """The released file that was evaluated, where the source says so."""
    params_m: f.Millions | None = None
    printed: f.Amount | None = None
    """The cost as printed (G)."""
    convention: f.Convention = "macs"
    source: f.Name | None = None
    """Key of a source; the family's own paper where it is left out."""
    ref: f.Text | None = None
    """Table and row, line, or record in the source."""


class Speed(f.Record):
    """A reported throughput, latency or memory."""

    device: f.Name | None = None
    throughput_img_s: f.Amount | None = None
    latency_ms: f.Amount | None = None
    peak_memory_mib: f.Amount | None = None
    checkpoint: f.Name | None = None
    task: f.Task = "classification"
    head: f.Name | None = None
    resolution: f.Pixels | None = None
    crop_size: f.Pixels | None = None
    setting: f.Name | None = None
    precision: f.Precision | None = None
    framework: f.Name | None = None
    memory_format: f.MemoryFormat | None = None
    compiled: f.Flag | None = None
    mode: f.Mode = "inference"
    batch_size: Annotated[int, Field(strict=True, gt=0)] | None = None
    source: f.Name | None = None
    ref: f.Text | None = None

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if self.throughput_img_s is None and self.latency_ms is None and self.peak_memory_mib is None:
            raise ValueError("needs one of throughput_img_s, latency_ms, peak_memory_mib")
        return self


class Weights(f.Record):
    """A released file that one can load."""

    weights: f.Name
    library: f.Name | None = None
    loader: f.Name | None = None
    """The name that the library loads it by; `weights` where it is left out."""
    hub_id: f.Name | None = None
    url: f.Url | None = None
    licence: f.Name | None = None
    fine_tuning: list[Stage] = []
    installable: f.Flag | None = None
    why_not: f.Text | None = None
    size_mib: f.Amount | None = None


class Checkpoint(f.Record):
    """A backbone after pretraining."""

    checkpoint: f.Name
    aliases: list[f.Name] = []
    pretraining: Pretraining = Pretraining()
    weights: list[f.Name | Weights] = []
    """Released files; a bare name is described elsewhere (a library's sheet) and said here to belong to this checkpoint."""
    results: list[Result] = []


class Backbone(f.Record):
    """One architecture at one size, no weights."""

    backbone: f.Name
    params_m: f.Millions | None = None
    timm_name: f.Name | None = None
    """timm's name of this architecture: everything known under it is known of this backbone."""
    aliases: list[f.Name] = []
    same_architecture_as: f.Name | None = None
    """Another line's backbone that only the training recipe tells apart; its speeds hold here too."""
    checkpoints: list[Checkpoint] = []
    throughput: list[Speed] = []


class FamilyFile(f.Record):
    """A published line of architectures."""

    family: f.Name
    draft: f.Flag = False
    """Read off a paper and not accepted by anybody yet: it stays out of the catalogue."""
    adds: f.Flag = False
    """These numbers go beside all that is known of the family; without it the file takes the place of a shipped one."""
    aliases: list[f.Name] = []
    token_mixer: f.Name | None = None
    hierarchical: f.Flag | None = None
    published: f.Date | None = None
    paper: f.Url | None = None
    code: f.Url | None = None
    collection: f.Name = "user"
    """Through which collection these numbers came."""
    source: f.Name | None = None
    """Key of the source of every number that names none."""
    sources: dict[f.Name, Source] = {}
    backbones: list[Backbone] = Field(min_length=1)

    @model_validator(mode="after")
    def _names_are_unique(self) -> Self:
        _refuse_twice("backbone", [b.backbone for b in self.backbones])
        _refuse_twice("checkpoint", [c.checkpoint for b in self.backbones for c in b.checkpoints])
        return self

    @model_validator(mode="after")
    def _numbers_have_a_source(self) -> Self:
        if self.source is None:
            for backbone in self.backbones:
                numbers = [r for c in backbone.checkpoints for r in c.results] + list[Result | Speed](
                    backbone.throughput
                )
                if any(n.source is None for n in numbers):
                    raise ValueError(
                        f"{backbone.backbone!r} has numbers without a source; add `source:` to them or to the family"
                    )
        return self


def file_name(family: FamilyFile) -> str:
    """What a family file is known by: two of one name are one, and the more trusted one counts."""
    if not family.adds:
        return f"family {family.family}"
    return f"family {family.family}{ADDITION}{family.source or family.collection}"


ADDITION: Final = ", numbers of "
"""In the name of a file that adds to a family."""


def _refuse_twice(kind: str, names: list[str]) -> None:
    seen: dict[str, str] = {}
    for name in names:
        if (other := seen.get(fold(name))) is not None:
            raise ValueError(f"{kind} {name!r} is listed twice" + ("" if other == name else f" (also as {other!r})"))
        seen[fold(name)] = name


def draft_refusal(path: object) -> str:
    """Why a draft is not taken, for whoever names it."""
    return (
        f"{path}: draft: nobody has accepted this draft yet. `backbones review {path}` shows each number beside its cell; "
        f"`backbones add --draft {path}` takes it as it is"
    )
