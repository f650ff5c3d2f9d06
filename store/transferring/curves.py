"""How top-1 grows with the number of training images: few-shot curves of outcomes that differ in nothing else."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from backbones.store.transferring.outcome import PROTOCOLS
from backbones.store.transferring.ranking import Ranked
from backbones.store.transferring.recipe_names import told_recipe
from backbones.store.transferring.thinned import FEW_VALIDATION, VALIDATION, WHOLE_VALIDATION, thinned
from backbones.store.vocabulary import conditions_of


def few_shot_curves(found: Iterable[Ranked]) -> dict[str, dict[str, dict[int, float]]]:
    """Protocol -> model -> shots -> top-1, of models that have at least two numbers of shots; all images count as 0 shots.

    Points of one curve differ in nothing else. Where a model was evaluated with several recipes, at several resolutions or otherwise
    in several settings, each is a curve of its own, whose name says what differs. Few shots that were chosen on few images go
    before those that were chosen on all.
    """
    curves: dict[str, dict[str, dict[int, float]]] = {}
    every = list(found)
    for protocol in PROTOCOLS:
        lines: dict[str, dict[tuple[tuple[str, str], ...], dict[int, float]]] = defaultdict(lambda: defaultdict(dict))
        for one in every:
            if one.outcome.evaluation.protocol == protocol:
                points = lines[one.name][tuple(_setting(one).items())]
                if one.shots not in points or one.validation == FEW_VALIDATION:
                    points[one.shots] = one.scores.top_1
        several = {
            ", ".join((name, *differing(dict(setting), [dict(other) for other in of_model]))): values
            for name, of_model in lines.items()
            for setting, values in of_model.items()
            if len(values) > 1
        }
        if several:
            curves[protocol] = several
    return curves


def _setting(one: Ranked) -> dict[str, str]:
    """What may differ between evaluations of a model by one protocol, but for the images, those chosen on among them."""
    asked = one.outcome.evaluation
    said = thinned(conditions_of(asked.details))[1]
    if said.get(VALIDATION) == FEW_VALIDATION:
        said[VALIDATION] = WHOLE_VALIDATION
    return {"recipe": asked.recipe, "resolution": f"{asked.resolution} px", "precision": asked.precision} | said


def differing(setting: Mapping[str, str], others: Sequence[Mapping[str, str]]) -> Iterable[str]:
    """The words of a setting that not all have."""
    for key in {key: None for each in others for key in each}:
        said = {each.get(key, "") for each in others}
        word = setting.get(key, "")
        if len(said) == 1 or not word:
            continue
        if key == "recipe":
            yield told_recipe(word, said)
        else:
            yield word if key in ("resolution", "precision") else f"{key}={word}"
