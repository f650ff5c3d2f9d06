"""The results of one model of a comparison, with what has to be alike for them to be compared."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from backbones.store.advising.scope import TESTED
from backbones.store.comparing.sides import Side
from backbones.store.comparing.stages import told
from backbones.store.spread import Spread
from backbones.store.vocabulary import METRICS, canonical_conditions, conditions_of

NO_INTERMEDIATE: Final = "no intermediate data set"
"""Said only beside a model that has one."""


@dataclass(frozen=True, slots=True)
class Reported:
    """One result that is chosen among its sources."""

    key: int
    setting_id: int
    dataset: str
    metric: str
    protocol: str
    value: float
    resolution: int | None
    head: str | None
    crop_size: int | None
    epochs: float | None
    intermediate: str | None
    """Data of a stage of training between pretraining and fine-tuning."""
    fine_tuning: str | None
    """None also where it is what the test needs: ImageNet-1k for supervised results on ImageNet-A."""
    train_dataset: str | None
    """None also where it is the training part of the data set."""
    test_aug: str | None
    """Flips, scales …; None also where the metric says it, and for the crop of classification."""
    tested: str
    """Conditions that say what was measured: attack, subset, language …"""
    trained: str
    """Conditions that say how: schedule, batch …"""
    pretraining: str | None
    spread: str

    @property
    def test(self) -> tuple[object, ...]:
        """What was measured: results of one test may stand in one line."""
        return (self.dataset, self.metric, self.protocol, self.tested)

    @property
    def setting(self) -> tuple[object, ...]:
        """In what setting, as far as it is said: alike, values may be compared. The pretraining is no part of it."""
        stages = (self.intermediate, self.fine_tuning, self.train_dataset)
        return (self.head, self.resolution, *stages, self.crop_size, self.epochs, self.test_aug, self.trained)

    @property
    def is_bare(self) -> bool:
        """Whether no head for another task is put on the backbone."""
        return METRICS[self.metric].is_classification

    @property
    def is_well_told(self) -> bool:
        """Whether the resolution that the number depends on is said."""
        return self.resolution is not None or not self.is_bare

    def distance(self, setting: tuple[object, ...]) -> tuple[object, ...]:
        """How unlike another setting: the head counts most; then the better value."""
        unlike = tuple(a != b for a, b in zip(self.setting, setting, strict=True))
        sign = -1 if METRICS[self.metric].higher_is_better else 1
        return (*unlike, sign * self.value, self.key)

    def words(self, tell_pretraining: bool) -> tuple[str, ...]:
        """The setting, a text for each part of it, and the pretraining where names do not tell it."""
        return (
            self.head or "",
            f"{self.resolution} px" if self.resolution else "resolution not said" if self.is_bare else "",
            f"intermediate {self.intermediate}" if self.intermediate else NO_INTERMEDIATE,
            f"fine-tuned on {self.fine_tuning}" if self.fine_tuning else "",
            f"trained on {self.train_dataset}" if self.train_dataset else "",
            f"crop {self.crop_size}" if self.crop_size else "",
            f"{self.epochs:g} epochs" if self.epochs else "",
            self.test_aug or "",
            self.trained,
            f"pretrained on {self.pretraining or 'unknown data'}" if tell_pretraining else "",
        )


def reported(connection: sqlite3.Connection, side: Side) -> list[Reported]:
    """All results of a model that are chosen among their sources."""
    where, number = _scope(side)
    rows = connection.execute(
        f"""select p.result, p.setting, p.dataset, p.metric, p.protocol, p.value, t.resolution, p.head, p.crop_size, k.train_epochs,
          k.conditions, k.intermediate_dataset, k.fine_tuning_dataset, k.train_dataset, r.test_aug, t.pretraining_dataset,
          p.spread, p.n_sources
        from setting t join placement p on p.setting = t.id and p.rank = 1 join condition k on k.id = t.condition
          join result r on r.id = p.result
        where t.id in ({where}) and p.dataset is not null""",
        [number],
    )
    found = []
    for row in rows:
        (
            key,
            setting,
            dataset,
            metric,
            protocol,
            value,
            resolution,
            head,
            crop,
            epochs,
            conditions,
            *stages,
            pretraining,
            spread,
            n,
        ) = row
        if metric not in METRICS:
            continue
        said = conditions_of(conditions)
        tested = canonical_conditions({name: part for name, part in said.items() if name in TESTED}) or ""
        trained = canonical_conditions({name: part for name, part in said.items() if name not in TESTED}) or ""
        found.append(
            Reported(
                key, setting, dataset, metric, protocol, value, resolution, head, crop, epochs,
                *told(dataset, metric, protocol, *stages), tested, trained, pretraining, str(Spread(spread, n)),
            )
        )  # fmt: skip
    return found


def _scope(side: Side) -> tuple[str, int | None]:
    """SQL of the settings of a model, and its parameter."""
    by = "select t0.id from subject s0 join setting t0 on t0.subject = s0.id where s0."
    if side.is_alone:
        return "?", side.setting
    if side.kind == "weights":
        file = "select w0.id from released w0 join released o0 on coalesce(w0.copy_of, w0.id) = coalesce(o0.copy_of, o0.id)"
        return f"select id from setting where weights_id in ({file} where o0.id = ?)", side.weights_id
    if side.checkpoint_id is not None:
        return f"{by}checkpoint_id = ?", side.checkpoint_id
    if side.backbone_id is not None:
        return f"{by}backbone_id = ?", side.backbone_id
    return "?", side.setting


def preferred(side: Side, results: Sequence[Reported], pretraining: str | None = None) -> Reported | None:
    """One of several: that of the row itself, with that pretraining, the better."""

    def rank(result: Reported) -> tuple[object, ...]:
        sign = -1 if METRICS[result.metric].higher_is_better else 1
        is_own = side.setting is not None and result.setting_id == side.setting
        return (
            not is_own,
            pretraining is not None and result.pretraining != pretraining,
            sign * result.value,
            result.key,
        )

    return min(results, key=rank, default=None)
