"""The part of a report that says whether ImageNet accuracy predicts the user's: rank correlations with their plots."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Final

from backbones.probe.transfer.report_parts import PLAIN, Part, Picture
from backbones.probe.transfer.report_svg import points_svg
from backbones.store.errors import QueryError
from backbones.store.query import CatalogExplorer
from backbones.store.references import Reference
from backbones.store.rows import Answer, Row, Rows
from backbones.store.text import slug
from backbones.store.transferring.agreement import agreement
from backbones.store.transferring.budgeted import comparable
from backbones.store.transferring.outcome import PROTOCOLS, Evaluation
from backbones.store.transferring.own_names import own_dataset
from backbones.store.transferring.predicting import Images, images_of, on_what
from backbones.store.transferring.ranking import Ranked
from backbones.store.transferring.ranks import COLLECTION
from backbones.store.transferring.results import PROTOCOL
from backbones.store.view import Sort, View

IMAGENET: Final = Reference("top_1", "imagenet-1k")
_NOTE: Final = (
    "The interval is a bootstrap over models. ImageNet-1k top-1 is what the catalogue prefers for the same checkpoint."
)


def imagenet_part(explorer: CatalogExplorer, asked: Evaluation, found: Sequence[Ranked]) -> list[Part]:
    """By protocol, the models that have both numbers; `found`: all that was evaluated on the images of `asked`, with each number of images."""
    name, is_known = explorer.ask(partial(own_dataset, data=asked.data, data_hash=asked.data_hash)) or (
        asked.data,
        False,
    )
    if is_known and name == "ImageNet-1k":
        return []
    sentences, pictures, plain = [], [], False
    for protocol in PROTOCOLS:
        alike, left_out = comparable(
            one
            for one in found
            if one.outcome.evaluation.protocol == protocol
            and not one.shots
            and one.outcome.evaluation.weights != "random"
        )
        if not alike:
            continue
        view = _view(name, is_known, alike[0])
        try:
            answer = explorer.answer(view)
        except QueryError as error:
            sentences.append(f"{protocol}: the catalogue cannot tell ({error.message}).")
            continue
        answer = _one_each(_alike(answer, alike[0]))
        pairs = _pairs(answer)
        agreed = agreement([x for x, _, _ in pairs], [y for _, y, _ in pairs])
        sentence = f"{protocol}: {agreed.sentence('ImageNet-1k top-1', f'top-1 on {asked.data}')}"
        sentences.append(f"{sentence} {on_what(alike[0].images, left_out)}".strip())
        if len(pairs) > 1:
            svg = _exported(answer, view)
            plain = plain or svg is None
            drawn = svg or points_svg(pairs, "top-1 ImageNet-1k [%]", f"top-1 {asked.data} [%]")
            shows = f"Top-1 on {asked.data} ({protocol}) against ImageNet-1k top-1"
            pictures.append(Picture(f"imagenet-{slug(protocol)}", shows, drawn))
    if not sentences:
        return []
    notes = (_NOTE, PLAIN) if plain else (_NOTE,)
    return [Part("Does ImageNet accuracy predict yours?", (*sentences, *notes), None, tuple(pictures))]


def _view(name: str, is_known: bool, one: Ranked) -> View:
    keys = [("protocol", slug(PROTOCOL[one.outcome.evaluation.protocol]))]
    if is_known:
        keys.append(("collection", COLLECTION))
    if (condition := one.images.condition) is not None:
        keys.append(condition)
    y = str(Reference("top_1", name, tuple(keys)))
    return View(
        filter="origin = measured", columns=("checkpoint", "weights", "backbone", "resolution", "conditions", y, str(IMAGENET)), sort=(Sort(y),),
        x=str(IMAGENET), y=y, group="family", pareto=False,
    )  # fmt: skip


def _alike(answer: Answer, one: Ranked) -> Answer:
    """The rows that were evaluated on as many images and chosen on the same."""
    wanted, said = Images(one.images, one.validation), answer.rows.values("conditions")
    kept = [row for row, c in zip(answer.rows, said, strict=True) if images_of(None if c is None else str(c)) == wanted]
    return Answer(Rows(answer.rows.columns, tuple(kept)), len(kept), answer.candidates)


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
