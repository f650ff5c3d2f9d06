"""Which models may be the answer: rows of the catalogue that pass all but the speed, and that timm can build."""

from __future__ import annotations

import json
import sqlite3
from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from backbones.probe.predicting.question import Question
from backbones.probe.predicting.sizes import PARAMS, size_limits
from backbones.probe.predicting.tables import Key, Tables, Traits
from backbones.store.errors import QueryError
from backbones.store.measuring.counts import shipped
from backbones.store.query import CatalogExplorer
from backbones.store.view import View


@dataclass(frozen=True, slots=True)
class Candidate:
    """A model with what it reaches, and the checkpoint and weights that reach it."""

    model: str
    resolution: int
    value: float
    """Of the objective; of several rows the best. Where speed is the objective, 0."""
    checkpoint: str = ""
    weights: str = ""
    params_m: float = 0.0
    """Of these weights as timm has them, else of the model as it is timed; 0 where the question is not about parameters."""

    @property
    def key(self) -> Key:
        """As tables of speeds name it."""
        return self.model, self.resolution


@dataclass(frozen=True, slots=True)
class Field:
    """All candidates, the best first, and how many rows are none."""

    candidates: tuple[Candidate, ...]
    higher_is_better: bool
    not_in_timm: int = 0
    """Rows that pass the filter and whose model or resolution timm does not have."""


def field_of(explorer: CatalogExplorer, question: Question, keys: Collection[Key]) -> Field:
    """The candidates of a question among those models of timm; QueryError where the catalogue does not understand it.

    `keys`: timm's names, each with the resolutions that something is known of. Other resolutions are candidates too.
    """
    if question.asks_for_speed:
        anchor, better = explorer.main_metric(question.filter), True
    else:
        anchor, column = str(question.objective), explorer.describe(str(question.objective))
        if column.kind != "number" or column.higher_is_better is None:
            raise QueryError(f"{anchor} is neither better when higher nor when lower", anchor)
        better = column.higher_is_better
    sizes = size_limits(question)
    columns = ("checkpoint", "weights", "resolution", anchor, *([PARAMS] if anchor != PARAMS else []))
    answer = explorer.answer(View(sizes.filter, columns, (), x="", y="", group="", pareto=False))
    counts = explorer.ask(shipped) if sizes.are_asked else {}
    names = explorer.ask(lambda connection: _names(connection, answer.keys, keys))
    sign = 1 if better else -1
    best: dict[Key, tuple[float, Candidate]] = {}
    left_out = 0
    for key, row in zip(answer.keys, answer.rows, strict=True):
        checkpoint, weights, resolution, value = row[:4]
        if not isinstance(value, int | float):
            continue
        name, params_m = names.get(key), _number(row[-1])
        is_timms_own = str(weights or "").partition(".")[0] == name
        if name is not None and name in counts and not is_timms_own:
            if sizes.are_of_another(counts[name], params_m):
                continue
            params_m = counts[name].params / 1e6
        if not sizes.pass_(params_m):
            continue
        if name is None or not isinstance(resolution, int):
            left_out += 1
            continue
        if sizes.is_objective and params_m is not None:
            value = params_m
        rank, reached = sign * float(value), 0.0 if question.asks_for_speed else float(value)
        own = (params_m or 0.0) if sizes.are_asked else 0.0
        candidate = Candidate(name, resolution, reached, str(checkpoint or ""), str(weights or ""), own)
        if candidate.key not in best or rank > best[candidate.key][0]:
            best[candidate.key] = rank, candidate
    ordered = sorted(best.values(), key=lambda found: (-found[0], found[1].key))
    return Field(tuple(candidate for _, candidate in ordered), better, left_out)


def reaching(tables: Tables, field: Field) -> Tables:
    """The tables with the traits of candidates at resolutions that nobody measured: work grows as the area does."""
    own: dict[str, tuple[int, Traits]] = {}
    for (model, resolution), traits in tables.traits.items():
        own.setdefault(model, (resolution, traits))
    traits_of = dict(tables.traits)
    for candidate in field.candidates:
        if candidate.key not in traits_of and candidate.model in own:
            resolution, traits = own[candidate.model]
            area = (candidate.resolution / resolution) ** 2
            traits_of[candidate.key] = replace(
                traits, gmacs=traits.gmacs * area, activations_m=traits.activations_m * area
            )
    return replace(tables, traits=traits_of)


def _number(value: object) -> float | None:
    return float(value) if isinstance(value, int | float) else None


def _names(connection: sqlite3.Connection, results: Sequence[int], keys: Collection[Key]) -> dict[int, str]:
    """timm's name of the architecture of each result: that of its weights, else one that the catalogue holds for the same.

    Of several names (`vit_base_patch16_224`, `vit_base_patch16_384`) the one that is known at the result's resolution.
    """
    models = {model for model, _ in keys}
    same: dict[int, list[str]] = defaultdict(list)
    named = (
        "select distinct s.architecture, m.backbone from main.subject s join main.mention m on m.id = s.id order by 2"
    )
    for architecture, name in connection.execute(named):
        if name in models:
            same[architecture].append(name)
    rows = connection.execute(
        "select p.result, t.architecture, t.weights, t.resolution from main.placement p join main.setting t on t.id = p.setting "
        "where p.result in (select value from json_each(?))",
        [json.dumps(list(results))],
    )
    found: dict[int, str] = {}
    for result, architecture, weights, resolution in rows:
        own = (weights or "").partition(".")[0]
        if own in models:
            found[result] = own
        elif names := same.get(architecture):
            found[result] = next((name for name in names if (name, resolution) in keys), names[0])
    return found
