"""What the outcomes of one data set say, put together for a reader: ranking, curves, classes, agreement with ImageNet, conditions."""

from __future__ import annotations

import dataclasses
import sqlite3
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Final

from backbones.probe.transfer.images import name_of
from backbones.probe.transfer.report_svg import curves_svg, points_svg
from backbones.store.errors import BackbonesError, QueryError, UnknownName
from backbones.store.query import CatalogExplorer
from backbones.store.references import Reference
from backbones.store.rows import Answer, Column, Row, Rows
from backbones.store.text import closest, fold, slug
from backbones.store.transferring.agreement import agreement
from backbones.store.transferring.cautions import CAUTIONS
from backbones.store.transferring.keeping import outcomes
from backbones.store.transferring.outcome import PROTOCOLS, Outcome, Protocol
from backbones.store.transferring.ranking import Ranked, failed, few_shot_curves, ranked, ranking, with_most_images
from backbones.store.transferring.results import PROTOCOL
from backbones.store.view import Sort, View
from backbones.store.vocabulary import conditions_of

IMAGENET: Final = Reference("top_1", "imagenet-1k")
MOST_CONFUSIONS: Final = 30
PLAIN: Final = "Pictures are drawn plainly here: pip install 'backbones[export]' draws them as `backbones plot --save` does, with families in colour."


@dataclass(frozen=True, slots=True)
class Picture:
    """A drawing, as SVG text, and what it shows."""

    name: str
    """Of its file, without a suffix."""
    shows: str
    svg: str


@dataclass(frozen=True, slots=True)
class Part:
    """A titled piece of a report: sentences, a table, a picture; whatever it has."""

    title: str
    sentences: tuple[str, ...] = ()
    rows: Rows | None = None
    pictures: tuple[Picture, ...] = ()


@dataclass(frozen=True, slots=True)
class Report:
    """Everything about one data set."""

    title: str
    sentences: tuple[str, ...]
    parts: tuple[Part, ...] = field(default_factory=tuple)


def data_named(path: Path, name: str) -> str:
    """The data set that a name, or the folder or CSV with its images, stands for. UnknownName with those that were evaluated."""
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
    raise UnknownName(wanted[-1], "data set that was evaluated", closest(wanted[-1], known) or sorted(known)[:3])


def report_of(path: Path, data: str, explorer: CatalogExplorer) -> Report:
    """The report on the images of that name as they were last; `explorer` sees the outcomes of the same file."""
    every = outcomes(path, data=data)
    last = max(every, key=lambda one: one.started).evaluation.data_hash
    own = [one for one in every if one.evaluation.data_hash == last]
    found = with_most_images(ranked(own))
    full, real = [r for r in found if not r.shots], [r for r in found if r.outcome.evaluation.weights != "random"]
    best = next((r for r in real if not r.shots), real[0] if real else None)
    parts = [
        _ranking(full or found, explorer),
        *_imagenet(explorer, data, real),
        *_few_shots(found),
        *([_classes(best), *_confusions(best)] if best is not None else []),
        _conditions(own, len(every) - len(own)),
        *_cautions(own),
        *_failures(own),
    ]
    return Report(f"Backbones on {data}", tuple(_answer(best, full or found)), tuple(parts))


def _answer(best: Ranked | None, found: Sequence[Ranked]) -> Iterable[str]:
    if best is None:
        yield "No model with real weights was evaluated to the end: there is no answer yet."
        return
    scores = best.scores
    yield (
        f"{best.name} is best: {scores.top_1:.2f} % top-1 ({scores.top_1_low:.2f} to {scores.top_1_high:.2f}) by "
        f"{best.outcome.evaluation.protocol}, on {scores.images:,} test images."
    )
    equal = [
        f"{r.name} ({r.outcome.evaluation.protocol})"
        for r in found
        if r is not best and r.outcome.evaluation.weights != "random" and r.is_as_good(best)
    ]
    if equal:
        more = f" and {len(equal) - 6} more" if len(equal) > 6 else ""
        yield f"As good, as far as {scores.images:,} test images can tell: {', '.join(equal[:6])}{more}."


def _ranking(found: Sequence[Ranked], explorer: CatalogExplorer) -> Part:
    params = explorer.ask(partial(_params, models=[r.outcome.evaluation.model for r in found]))
    note = (
        "Percent of the test images; the interval of top-1 is a bootstrap over them. Balanced accuracy is the mean over classes. img/s is the "
        "extraction of features, time that of extraction and training together."
    )
    return Part("Ranking", (note,), ranking(found, params))


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


def _imagenet(explorer: CatalogExplorer, data: str, found: Sequence[Ranked]) -> list[Part]:
    """Does ImageNet accuracy predict the user's? By protocol, the models that have both."""
    sentences, pictures, plain = [], [], False
    for protocol in PROTOCOLS:
        if not any(r.outcome.evaluation.protocol == protocol and not r.shots for r in found):
            continue
        view = _view(data, protocol)
        try:
            answer = explorer.answer(view)
        except QueryError as error:
            sentences.append(f"{protocol}: the catalogue cannot tell ({error.message}).")
            continue
        answer = _one_each(answer)
        pairs = [(x, y, name) for x, y, name in _pairs(answer)]
        agreed = agreement([x for x, _, _ in pairs], [y for _, y, _ in pairs])
        sentences.append(f"{protocol}: {agreed.sentence('ImageNet-1k top-1', f'top-1 on {data}')}")
        if len(pairs) > 1:
            svg = _exported(answer, view)
            plain = plain or svg is None
            drawn = svg or points_svg(pairs, "top-1 ImageNet-1k [%]", f"top-1 {data} [%]")
            pictures.append(
                Picture(f"imagenet-{slug(protocol)}", f"Top-1 on {data} ({protocol}) against ImageNet-1k top-1", drawn)
            )
    if not sentences:
        return []
    note = "The interval is a bootstrap over models. ImageNet-1k top-1 is what the catalogue prefers for the same checkpoint."
    return [
        Part(
            "Does ImageNet accuracy predict yours?",
            (*sentences, note, *([PLAIN] if plain else [])),
            None,
            tuple(pictures),
        )
    ]


def _view(data: str, protocol: Protocol) -> View:
    y = str(Reference("top_1", data, (("protocol", slug(PROTOCOL[protocol])),)))
    return View(
        filter="origin = measured", columns=("checkpoint", "weights", "backbone", "resolution", y, str(IMAGENET)), sort=(Sort(y),), x=str(IMAGENET),
        y=y, group="family", pareto=False,
    )  # fmt: skip


def _one_each(answer: Answer) -> Answer:
    """The best row of each file of weights (of each checkpoint where no file is named) that has both numbers."""
    weights, checkpoint, backbone = (answer.rows.values(name) for name in ("weights", "checkpoint", "backbone"))
    at = answer.rows.index(str(IMAGENET))
    kept: dict[object, Row] = {}
    for row, *names in zip(answer.rows, weights, checkpoint, backbone, strict=True):
        name = next((n for n in names if n is not None), None)
        if name is not None and row[at] is not None:
            kept.setdefault(name, row)
    return Answer(Rows(answer.rows.columns, tuple(kept.values())), len(kept), answer.candidates)


def _pairs(answer: Answer) -> list[tuple[float, float, str]]:
    columns = [column.name for column in answer.rows.columns]
    x, y = (
        columns.index(str(IMAGENET)),
        next(i for i, n in enumerate(columns) if n.startswith("top_1@") and n != str(IMAGENET)),
    )
    names = [columns.index(name) for name in ("weights", "checkpoint", "backbone")]
    return [
        (float(str(row[x])), float(str(row[y])), next(str(row[i]) for i in names if row[i] is not None))
        for row in answer.rows
        if row[x] is not None and row[y] is not None
    ]


def _exported(answer: Answer, view: View) -> str | None:
    """The picture as `backbones plot --save` draws it; None without `backbones[export]`."""
    import tempfile

    from backbones.plot.export import ExportUnavailable, save
    from backbones.plot.picture import picture

    with tempfile.TemporaryDirectory() as folder:
        try:
            drawing = picture(answer, view)
            named = tuple(range(len(drawing.points.names)))  # names that would lie on others are left out
            drawing = dataclasses.replace(
                drawing,
                points=dataclasses.replace(drawing.points, labels=named),
                spec=dataclasses.replace(drawing.spec, labels=len(named)),
            )
            return save(drawing, Path(folder) / "plot.svg").read_text(encoding="utf-8")
        except ExportUnavailable:
            return None


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


def _conditions(own: Sequence[Outcome], earlier: int) -> Part:
    """What held for all, and how many outcomes each value has where it did not."""
    said: dict[str, Counter[str]] = {}
    for one in own:
        asked = one.evaluation
        weights = asked.weights if asked.weights in ("pretrained", "random") else "from a file"
        facts = {
            "images": f"{asked.data}, content {asked.data_hash}", "protocol": asked.protocol, "weights": weights,
            "resolution": f"{asked.resolution} px", "precision": asked.precision, "training images a class": str(asked.shots or "all"),
            "seed": str(asked.seed), "recipe": asked.recipe, **conditions_of(asked.details), "device": one.device, "torch": one.torch,
            "timm": one.timm, "machine": one.host, "day": one.started[:10],
        }  # fmt: skip
        for key, value in facts.items():
            if value:
                said.setdefault(key, Counter())[value] += 1
    rows = []
    for key, values in said.items():
        count = len(own)
        told = (
            next(iter(values))
            if len(values) == 1 and values.total() == count
            else ", ".join(f"{v} ({n})" for v, n in values.most_common(12))
        )
        rows.append((key, told + (" …" if len(values) > 12 else "")))
    sentences = [f"{len(own):,} outcomes; where they differ, how many have each value stands in brackets."]
    if earlier:
        sentences.append(f"{earlier:,} earlier outcomes are of other images under this name and are left out.")
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


def _failures(own: Sequence[Outcome]) -> list[Part]:
    rows = tuple(
        (one.evaluation.model, one.evaluation.protocol, one.status.replace("_", " "), one.error or None)
        for one in failed(own)
    )
    columns = (
        Column("model", "model"),
        Column("protocol", "protocol"),
        Column("status", "what happened"),
        Column("error", "said"),
    )
    return [Part("Did not end well", (), Rows(columns, rows))] if rows else []
