"""A small catalogue that is the same on every machine."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass

import pytest

from backbones.plot.palette import Look
from backbones.plot.scatter import Scatter, scatter
from backbones.plot.spec import Axis

FAMILIES = ("resnet", "vit", "convnext", "swin", "efficientnet", "regnet", "mobilenet", "eva", "beit", "dla", "hrnet")


@dataclass(frozen=True)
class Sample:
    """Columns of 150 invented checkpoints."""

    names: list[str]
    families: list[str | None]
    gmacs: list[float | None]
    top_1: list[float | None]
    speed: list[float | None]
    days: list[float | None]


@pytest.fixture(scope="session")
def sample() -> Sample:
    rng = random.Random(7)
    made = Sample([], [], [], [], [], [])
    for i in range(150):
        family = FAMILIES[min(int(rng.expovariate(0.35)), len(FAMILIES) - 1)]
        power = rng.uniform(-0.7, 2.3)
        made.names.append(f"{family}_s{i}.in22k_ft_in1k")
        made.families.append(family if i % 29 else None)
        made.gmacs.append(round(10**power, 3) if i % 37 else None)
        made.top_1.append(round(72 + 6 * power + rng.gauss(0, 2.5) - (25 if i % 31 == 0 else 0), 2))
        made.speed.append(round(9000 / 10 ** (0.8 * power + rng.uniform(-0.3, 0.3)), 1))
        made.days.append(float(rng.randrange(16500, 20300)))
    return made


@pytest.fixture
def plot_of(sample: Sample) -> Callable[..., Scatter]:
    """A function of a column's name, the x axis and further arguments of `scatter`."""

    def build(column: str = "gmacs", x: Axis | None = None, **options: object) -> Scatter:
        options.setdefault("look", Look())
        return scatter(
            getattr(sample, column),
            sample.top_1,
            sample.names,
            sample.families,
            x=x or Axis("GMACs (log)", "log"),
            y=Axis("top-1 [%]"),
            title="ImageNet-1k",
            **options,  # type: ignore[arg-type]
        )

    return build
