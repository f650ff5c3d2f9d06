"""What the outcomes of one data set say, put together for a reader: ranking, curves, classes, agreement with ImageNet, conditions."""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from functools import partial
from pathlib import Path
from typing import Final

from backbones.probe.transfer.images import load_data, name_of
from backbones.probe.transfer.report_answer import answer
from backbones.probe.transfer.report_imagenet import imagenet_part
from backbones.probe.transfer.report_parts import Part, Picture, Report
from backbones.probe.transfer.report_svg import curves_svg
from backbones.store.errors import BackbonesError, UnknownName
from backbones.store.query import CatalogExplorer
from backbones.store.rows import Column, Rows
from backbones.store.text import closest, fold, slug
from backbones.store.transferring.budgeted import by_how_far, is_halved, side_by_side, with_most_images
from backbones.store.transferring.cautions import CAUTIONS
from backbones.store.transferring.curves import few_shot_curves
from backbones.store.transferring.keeping import outcomes
from backbones.store.transferring.outcome import Outcome
from backbones.store.transferring.own_data import OwnData, asked_in
from backbones.store.transferring.ranking import Ranked, failed, named, ranked, ranking
from backbones.store.vocabulary import conditions_of

MOST_CONFUSIONS: Final = 30


def data_named(path: Path, name: str) -> str:
    """The data set that a name, or the folder or CSV with its images, stands for. UnknownName with those that were evaluated.

    A folder that was evaluated under another name is known by its images.
    """
    known = {one.evaluation.data for one in outcomes(path)}
    if not known:
        raise BackbonesError("nothing was evaluated on this machine yet; `backbones transfer DATA` does it")
    by_fold = {fold(each): each for each in sorted(known)}
    wanted = [name, *([name_of(Path(name))] if Path(name).exists() else [])]
    for each in wanted:
        if each in known:
            return each
        if fold(each) in by_fold:
            return by_fold[fold(each)]
    if Path(name).exists() and (found := _by_images(path, Path(name), known)):
        return found
    raise UnknownName(wanted[-1], "data set that was evaluated", closest(wanted[-1], known) or sorted(known)[:3])


def _by_images(path: Path, data: Path, known: Collection[str]) -> str | None:
    """The name under which these images were evaluated last, whatever their split."""
    try:
        images_hash = load_data(data).images_hash
    except BackbonesError:  # it holds no images that could have been evaluated
        return None
    found = [one for one in asked_in(path) if one.images_hash == images_hash and one.data in known]
    return max(found, key=lambda one: one.asked).data if found else None


def report_of(path: Path, data: str, explorer: CatalogExplorer) -> Report:
    """The report on the images of that name in the split asked for last; `explorer` sees the outcomes of the same file."""
    own, left_out = of_last_split(outcomes(path, data=data), asked_in(path))
    every = ranked(own, outcomes(path, data_hash=own[0].evaluation.data_hash))
    found = with_most_images(every)
    full = [r for r in found if not r.shots]
    budgeted = is_halved([r for r in full if not r.is_random] or full)
    full = side_by_side(full)
    shown = (by_how_far(full) if budgeted else full) or found
    best = next((r for r in shown if not r.is_random), None)
    parts = [
        _ranking(shown, explorer, budgeted),
        *imagenet_part(explorer, own[0].evaluation, every),
        *_few_shots(found),
        *([_classes(best), *_confusions(best)] if best is not None else []),
        _conditions(own, left_out),
        *_cautions(own),
        *_notes(own),
        *_failures(own),
    ]
    return Report(f"Backbones on {data}", tuple(answer(shown, budgeted)), tuple(parts))


def of_last_split(every: Sequence[Outcome], asked: Iterable[OwnData]) -> tuple[list[Outcome], tuple[str, ...]]:
    """The outcomes of the split that was asked for last, and sentences on the others."""
    said = {one.data_hash: one for one in asked if one.data == every[0].evaluation.data}
    latest: dict[str, str] = {}
    for one in every:
        data_hash = one.evaluation.data_hash
        when = said[data_hash].asked if data_hash in said else ""
        latest[data_hash] = max(latest.get(data_hash, when), one.started)
    last = max(latest, key=lambda data_hash: latest[data_hash])
    images = {data_hash: one.images_hash for data_hash, one in said.items()}
    others = Counter(
        "another split of these images"
        if images.get(last) and images.get(one.evaluation.data_hash) == images[last]
        else "other images under this name"
        for one in every
        if one.evaluation.data_hash != last
    )
    sentences = tuple(
        f"{count:,} outcome{'s are' if count != 1 else ' is'} of {what} and left out." for what, count in others.items()
    )
    return [one for one in every if one.evaluation.data_hash == last], sentences


def _ranking(found: Sequence[Ranked], explorer: CatalogExplorer, budgeted: bool) -> Part:
    params = explorer.ask(partial(_params, models=[r.outcome.evaluation.model for r in found]))
    note = (
        "Percent of the test images; the interval of top-1 is a bootstrap over them. As good as the best is meant of the same protocol, shots and "
        "recipe. Balanced accuracy is the mean over classes. img/s is the "
        "extraction of features, decoding of the images included; model img/s is the model alone. Extraction s is what the features of a line's "
        "images take to be made, whichever protocol had them made; fitting s is what followed: choosing k, the logistic regression, or fine-tuning."
    )
    halved = (
        "With a time budget each model is shown by what it got furthest with, beside what was evaluated on all images: dearer protocols first, "
        "then more images, and only within that by top-1. Those that got furthest are tested on all test images, the others as far as time was "
        "left; where the numbers differ, test images stand in the table."
    )
    return Part("Ranking", (note, halved) if budgeted else (note,), ranking(found, params))


def _params(connection: sqlite3.Connection, models: Iterable[str]) -> dict[str, float]:
    """Parameters in millions, of the models that the catalogue knows."""
    found = {}
    for model in set(models):
        row = connection.execute(
            "select b.params_m from alias l join backbone b on b.id = l.entity_id where l.kind = 'backbone' and l.folded = ? "
            "and b.params_m is not null limit 1",
            [fold(model.partition(".")[0])],
        ).fetchone()
        if row is not None:
            found[model] = float(row[0])
    return found


def _few_shots(found: Sequence[Ranked]) -> list[Part]:
    parts = []
    for protocol, curves in few_shot_curves(found).items():
        shots = sorted({s for values in curves.values() for s in values}, key=lambda s: (s == 0, s))
        columns = (
            Column("model", "model"),
            *(Column(str(s), f"{s} a class" if s else "all", "number", "percent", True, 2) for s in shots),
        )
        order = sorted(curves, key=lambda name: [-curves[name].get(s, 0.0) for s in reversed(shots)])
        rows = Rows(columns, tuple((name, *(curves[name].get(s) for s in shots)) for name in order))
        drawn = curves_svg(curves, "training images a class", "top-1 [%]")
        pictures = (Picture(f"few-shot-{slug(protocol)}", f"Top-1 by training images a class ({protocol})", drawn),)
        parts.append(Part(f"Few training images: {protocol}", (), rows, pictures))
    return parts


def _classes(best: Ranked) -> Part:
    columns = (
        Column("class", "class"), Column("images", "test images", "number", decimals=0), Column("precision", "precision", "number", "percent", True, 1),
        Column("recall", "recall", "number", "percent", True, 1), Column("f1", "F1", "number", "percent", True, 1),
    )  # fmt: skip
    order = sorted(best.scores.classes, key=lambda one: (one.f1, one.name))
    rows = Rows(columns, tuple((one.name, one.images, one.precision, one.recall, one.f1) for one in order))
    return Part("Classes", (f"Of {best.name} by {best.outcome.evaluation.protocol}, the hardest class first.",), rows)


def _confusions(best: Ranked) -> list[Part]:
    pairs = best.scores.confusions[:MOST_CONFUSIONS]
    if not pairs:
        return []
    sizes = {one.name: one.images for one in best.scores.classes}
    columns = (
        Column("true", "is"), Column("answered", "answered"), Column("images", "images", "number", decimals=0),
        Column("share", "of the class", "number", "percent", False, 1),
    )  # fmt: skip
    lines = tuple(
        (true, answered, count, 100 * count / sizes[true] if sizes.get(true) else None)
        for true, answered, count in pairs
    )
    return [
        Part(
            "What is taken for what",
            (f"Of {best.name}; the share is in percent of the images of the true class.",),
            Rows(columns, lines),
        )
    ]


def _conditions(own: Sequence[Outcome], left_out: Sequence[str]) -> Part:
    """What held for all that ended well, and how many outcomes each value has where it did not."""
    told_of = [one for one in own if one.status == "ok"] or own
    said: dict[str, Counter[str]] = {}
    for one in told_of:
        asked = one.evaluation
        weights = asked.weights if asked.weights in ("pretrained", "random") else "from a file"
        facts = {
            "data": f"{asked.data}, content {asked.data_hash}", "protocol": asked.protocol, "weights": weights,
            "resolution": f"{asked.resolution} px", "precision": asked.precision, "training images a class": str(asked.shots or "all"),
            "seed": str(asked.seed), "recipe": asked.recipe, **conditions_of(asked.details), "device": one.device, "torch": one.torch,
            "timm": one.timm, "machine": one.host, "day": one.started[:10],
        }  # fmt: skip
        for key, value in facts.items():
            if value:
                said.setdefault(key, Counter())[value] += 1
    rows = []
    for key, values in said.items():
        count = len(told_of)
        told = (
            next(iter(values))
            if len(values) == 1 and values.total() == count
            else ", ".join(f"{v} ({n})" for v, n in values.most_common(12))
        )
        rows.append((key, told + (" …" if len(values) > 12 else "")))
    which = f"outcome{'s' * (len(told_of) != 1)}" + " that ended well" * (told_of is not own)
    sentences = [f"{len(told_of):,} {which}; where they differ, how many have each value stands in brackets."]
    sentences += left_out
    return Part(
        "Conditions", tuple(sentences), Rows((Column("condition", "condition"), Column("value", "value")), tuple(rows))
    )


def _cautions(own: Sequence[Outcome]) -> list[Part]:
    said = Counter(name for one in own for name in one.cautions)
    rows = tuple((name.replace("_", " "), count, CAUTIONS.get(name, "")) for name, count in said.most_common())
    columns = (
        Column("caution", "caution"),
        Column("outcomes", "outcomes", "number", decimals=0),
        Column("means", "what it means"),
    )
    return [Part("Cautions", (), Rows(columns, rows))] if rows else []


def _notes(own: Sequence[Outcome]) -> list[Part]:
    """Where evaluations were done otherwise than asked for."""
    said = Counter((named(one.evaluation), note) for one in own for note in one.notes)
    columns = (
        Column("model", "model"),
        Column("outcomes", "outcomes", "number", decimals=0),
        Column("note", "what differed"),
    )
    rows = tuple((model, count, note) for (model, note), count in sorted(said.items()))
    return [Part("Done otherwise than asked for", (), Rows(columns, rows))] if rows else []


def _failures(own: Sequence[Outcome]) -> list[Part]:
    rows = tuple(
        (named(one.evaluation), one.evaluation.protocol, one.status.replace("_", " "), one.error or None)
        for one in failed(own)
    )
    columns = (
        Column("model", "model"),
        Column("protocol", "protocol"),
        Column("status", "what happened"),
        Column("error", "said"),
    )
    return [Part("Did not end well", (), Rows(columns, rows))] if rows else []
