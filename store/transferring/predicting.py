"""Does one accuracy predict another, where one of them is of the user's own results? Which numbers of which models are compared.

A report asks it of ImageNet-1k top-1 and each protocol, a plot of its two axes. Both compare a model once, by its best row, and
only rows that were evaluated and chosen on the same images.
"""

from __future__ import annotations

import json
import sqlite3
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from backbones.store.conditions import asks_for_own
from backbones.store.filters import parse_filter
from backbones.store.references import Reference, parse_reference
from backbones.store.rows import Answer
from backbones.store.transferring.agreement import Agreement, agreement
from backbones.store.transferring.laid_in import has_own, is_of_the_user
from backbones.store.transferring.ranks import COLLECTION
from backbones.store.transferring.thinned import VALIDATION, Thinned, thinned
from backbones.store.view import View
from backbones.store.vocabulary import METRICS, conditions_of


class Images(NamedTuple):
    """What numbers have to share to be compared: how many images, which settings were chosen on, few shots."""

    thinned: Thinned = Thinned()
    validation: str = ""
    shots: str = ""


def images_of(conditions: str | None) -> Images:
    """Of the conditions of a row."""
    said = conditions_of(conditions)
    return Images(thinned(said)[0], said.get(VALIDATION, ""), said.get("shots", ""))


def on_what(images: Thinned, left_out: int) -> str:
    """Which results these are, where a budget left images out or some were evaluated otherwise; else empty."""
    said = ""
    if not images.is_whole:
        tested = "images a class to train on, and tested on all" if images.tests_all else "images a class"
        said = f"All by at most {images.images:,.0f} {tested}."
    if left_out:
        others = f"{left_out} model{' was' if left_out == 1 else 's were'} evaluated on other images, or chosen on others, and left out."
        said = f"{said} {others}".strip()
    return said


@dataclass(frozen=True, slots=True)
class Compared:
    """Two accuracies of the same models."""

    first: str
    second: str
    """What the user wants to know; the first may predict it."""
    xs: tuple[float, ...]
    ys: tuple[float, ...]
    images: Thinned
    left_out: int
    """Models that were evaluated on other images, or chosen on others."""

    def agreement(self) -> Agreement:
        """How far both order the models alike; takes a tenth of a second and more."""
        return agreement(self.xs, self.ys)

    def sentence(self) -> str:
        """As in a report: `ImageNet-1k top-1 predicts top-1 on flowers: Spearman's rho 0.83 (0.60 to 0.93), …, 24 models.`"""
        return f"{self.agreement().sentence(self.first, self.second)} {on_what(self.images, self.left_out)}".strip()


def compared(connection: sqlite3.Connection, view: View, answer: Answer) -> Compared | None:
    """The models that a plot draws; None unless both axes are accuracies and one of them is of the user's own results."""
    axes = [parse_reference(view.x), parse_reference(view.y)]
    is_asked = axes[0] != axes[1] and all(axis.is_metric and METRICS[axis.name].higher_is_better for axis in axes)
    if not is_asked or not answer.keys or not has_own(connection):
        return None
    datasets = [_dataset(connection, axis) for axis in axes]
    x_is_own, y_is_own = (
        dict(axis.keys).get("collection") == COLLECTION or is_of_the_user(connection, dataset)
        for axis, dataset in zip(axes, datasets, strict=True)
    )
    y_is_own = y_is_own or asks_for_own(parse_filter(view.filter))
    if not (x_is_own or y_is_own):
        return None
    rows = [(x, y) for x, y in zip(*(answer.rows.values(str(axis)) for axis in axes), strict=True)]
    groups: dict[Images, dict[str, tuple[float, float]]] = defaultdict(dict)
    models = set()
    for (x, y), (model, conditions) in sorted(
        zip(rows, _models(connection, answer.keys, y_is_own), strict=True), key=lambda row: -_number(row[0][1])
    ):
        if x is not None and y is not None and model is not None:
            models.add(model)
            images = images_of(conditions) if y_is_own else Images()  # the rows are those of y
            groups[images].setdefault(model, (_number(x), _number(y)))
    chosen = max(groups, key=lambda images: (len(groups[images]), *images), default=Images())
    pairs = list(groups[chosen].values())
    names = [_named(*one) for one in zip(axes, datasets, (x_is_own, y_is_own), strict=True)]
    if x_is_own and not y_is_own:
        names, pairs = names[::-1], [pair[::-1] for pair in pairs]
    xs, ys = tuple(x for x, _ in pairs), tuple(y for _, y in pairs)
    return Compared(names[0], names[1], xs, ys, chosen.thinned, len(models) - len(pairs))


def _models(connection: sqlite3.Connection, keys: Sequence[int], is_own: bool) -> list[tuple[str | None, str | None]]:
    """Of each row its model and its conditions. Own results are of files of weights; others are joined with them by checkpoint."""
    names = "t.weights, t.checkpoint" if is_own else "t.checkpoint, t.weights"
    found = connection.execute(
        f"select coalesce({names}, t.backbone), k.conditions from json_each(?) j left join placement p on p.result = j.value "
        "left join setting t on t.id = p.setting left join result r on r.id = p.result left join condition k on k.id = r.condition "
        "order by j.key",
        [json.dumps(list(keys))],
    )
    return [(model, conditions) for model, conditions in found]


def _dataset(connection: sqlite3.Connection, axis: Reference) -> str:
    from backbones.store.compile import Compiler

    return Compiler(connection, axis, measured=False).place("dataset", axis)


def _named(axis: Reference, dataset: str, is_own: bool) -> str:
    """`ImageNet-1k top-1`, `top-1 on flowers (k-NN)`"""
    label, said = METRICS[axis.name].label, _told(axis.keys)
    return (f"{label} on {dataset}" if is_own else f"{dataset} {label}") + (f" ({said})" if said else "")


def _told(keys: Iterable[tuple[str, str]]) -> str:
    return ", ".join(value if key == "protocol" else f"{key}={value}" for key, value in keys)


def _number(value: object) -> float:
    return float(value) if isinstance(value, int | float) else float("-inf")
