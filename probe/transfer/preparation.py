"""How a model of timm's wants its images, and where its weights come from. No torch here."""

from __future__ import annotations

from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class Preparation:
    """timm's own transform of evaluation, in the words of its `create_transform`."""

    resolution: int
    """Side of the square input in pixels."""
    interpolation: str
    crop_pct: float
    crop_mode: str
    mean: tuple[float, ...]
    std: tuple[float, ...]

    @property
    def geometry(self) -> tuple[object, ...]:
        """What decides the pixels before they are normalised: models that share it share decoded images."""
        filling = self.mean if self.crop_mode == "border" else ()
        return (self.resolution, self.interpolation, self.crop_pct, self.crop_mode, *filling)

    def at(self, resolution: int) -> Preparation:
        """For inputs of another side; 0: as it is."""
        return replace(self, resolution=resolution) if resolution else self


@dataclass(frozen=True, slots=True)
class ModelFacts:
    """What is known of a model before it is made."""

    name: str
    """With its tag, where it has one."""
    preparation: Preparation
    channels: int = 3
    is_fixed: bool = False
    """It takes its own resolution only."""
    hub_id: str = ""
    hub_file: str = ""
    url: str = ""

    @property
    def has_weights(self) -> bool:
        """timm knows where to get some."""
        return bool(self.hub_id or self.url)
