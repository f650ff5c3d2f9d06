"""What a user wants evaluated, and the orders that it comes to."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final, NamedTuple

from backbones.probe.transfer import linear, neighbours
from backbones.probe.transfer.cache import POOLING
from backbones.probe.transfer.happenings import LeftOut
from backbones.probe.transfer.images import Image, ImageData
from backbones.probe.transfer.messages import Order
from backbones.probe.transfer.plan import resolution_of
from backbones.probe.transfer.preparation import ModelFacts
from backbones.probe.transfer.recipe_files import Found
from backbones.probe.transfer.running import Plan, Wish
from backbones.store.errors import BackbonesError
from backbones.store.text import printable
from backbones.store.transferring.outcome import PROTOCOLS, Evaluation, Protocol
from backbones.store.transferring.thinned import FEW_VALIDATION, VALIDATION, WHOLE_VALIDATION, Thinned

DETAILS: Final = {"k-NN": neighbours.DETAILS, "linear probing": linear.DETAILS, "fine-tuning": ""}


@dataclass(frozen=True, slots=True)
class Model:
    """One model with the weights that it is to have."""

    facts: ModelFacts
    weights: str = "pretrained"
    """As in `Evaluation`."""
    file: str = ""

    @property
    def name(self) -> str:
        """timm's, with its tag where the weights are those of the tag."""
        return self.facts.name


@dataclass(frozen=True, slots=True)
class Request:
    """All that decides what is evaluated, but for the images."""

    models: tuple[Model, ...]
    protocols: tuple[Protocol, ...]
    precision: str
    training_precision: str = ""
    """Of fine-tuning."""
    shots: tuple[int, ...] = (0,)
    seeds: tuple[int, ...] = (0,)
    resolution: int = 0
    channels_last: bool = False
    recipe: Found | None = None
    recipe_wanted: str = ""
    """As the user named the recipe."""
    folder: str = ""
    """Where fine-tuning keeps what it resumes from."""
    save: str = ""
    """A folder for the weights of what was fine-tuned; empty: they are not kept."""
    batch_sizes: tuple[tuple[str, int], ...] = ()
    """Of extraction, by model: what the probe found to be best here."""

    def resolution_of(self, model: Model, protocol: Protocol) -> int:
        """The side of the input in evaluation."""
        own = model.facts.preparation.resolution
        if protocol == "fine-tuning" and self.recipe is not None:
            return resolution_of(self.recipe.recipe, own, self.resolution)
        return self.resolution or own


def wish(
    request: Request, model: Model, data: ImageData, protocol: Protocol, shots: int = 0, seed: int = 0, most_images: int = 0,
    limit_s: float = 0.0, tests_all: bool = False,
) -> Wish:  # fmt: skip
    """One evaluation with all that its worker needs. `most_images`: of each class, of the test images too unless `tests_all`."""
    side = request.resolution_of(model, protocol)
    is_tuned = protocol == "fine-tuning"
    left, cautions = _left(data, most_images, tests_all)
    evaluation = Evaluation(
        model=model.name,
        weights=model.weights,
        data=data.name,
        data_hash=data.data_hash,
        protocol=protocol,
        resolution=side,
        precision=(request.training_precision or request.precision) if is_tuned else request.precision,
        shots=shots,
        seed=seed,
        recipe=request.recipe.key if is_tuned and request.recipe else "",
        details=_details(protocol, data, left, shots),
    )
    cautions += ("other_resolution",) * (side != model.facts.preparation.resolution)
    order = Order(
        evaluation, model.facts.preparation.at(side), dict(request.batch_sizes).get(model.name, 0), limit_s,
        0 if left.is_whole else int(left.images), not left.is_whole and left.tests_all, model.file, request.channels_last,
        request.recipe_wanted if is_tuned else "", request.folder, request.save if is_tuned else "",
    )  # fmt: skip
    return Wish(order, cautions)


def _left(data: ImageData, most_images: int, tests_all: bool) -> tuple[Thinned, tuple[str, ...]]:
    """What so many images of a class (0: all) come to, and the cautions that it deserves."""
    if not most_images:
        return Thinned(), ()
    trains_all = most_images >= most_of_a_class(data.train, data.val)
    tests_all = tests_all or most_images >= most_of_a_class(data.test)
    if trains_all and tests_all:
        return Thinned(), ()
    cautions = ("budget_left_images_out",) * (not trains_all) + ("budget_left_test_images_out",) * (not tests_all)
    return Thinned(most_images, tests_all), cautions


def most_of_a_class(*parts: Sequence[Image]) -> int:
    """Images of the largest class in the largest of these splits."""
    return max(max(Counter(image.label for image in part).values(), default=0) for part in parts)


def _details(protocol: Protocol, data: ImageData, left: Thinned, shots: int) -> str:
    """In canonical form: by key."""
    parts = dict(part.partition("=")[::2] for part in DETAILS[protocol].split(",") if part)
    if protocol != "fine-tuning":
        parts["pooling"] = POOLING
    parts[VALIDATION] = _validation(protocol, data, shots)
    if left.condition is not None:
        parts |= dict([left.condition])
    return ",".join(f"{key}={value}" for key, value in sorted(parts.items()))


def _validation(protocol: Protocol, data: ImageData, shots: int) -> str:
    """What settings are chosen on; see `images_of`."""
    if not data.val:
        return {"k-NN": "leave-one-out"}.get(protocol, "held-out")
    is_few = 0 < shots < most_of_a_class(data.val) and not data.is_val_given
    return FEW_VALIDATION if is_few else WHOLE_VALIDATION


def all_wishes(request: Request, data: ImageData) -> list[Wish]:
    """Everything, cheapest protocols first: frozen features of each model together, fine-tuning of all models at the end.

    Models that want their images alike follow each other, since these are then decoded once.
    """
    ordered = sorted(request.models, key=lambda model: str(model.facts.preparation.at(request.resolution).geometry))
    frozen = [protocol for protocol in PROTOCOLS if protocol in request.protocols and protocol != "fine-tuning"]
    drawn = draws(request, data)
    found = [
        replace(one, order=replace(one.order, draws=tuple(drawn)))
        for model in ordered
        for protocol in frozen
        for shots, seed in drawn
        for one in [wish(request, model, data, protocol, shots, seed)]
    ]
    if "fine-tuning" in request.protocols:
        draw = draws(request, data, is_tuned=True)
        found += [wish(request, model, data, "fine-tuning", shots, seed) for model in ordered for shots, seed in draw]
    return found


def draws(request: Request, data: ImageData, is_tuned: bool = False) -> list[tuple[int, int]]:
    """Shots and seeds. All images of a class are one draw, so that frozen features give the same with every seed."""
    found: dict[tuple[int, int], None] = {}
    most = max(Counter(image.label for image in data.train).values())
    for shots in request.shots:
        shots = 0 if shots >= most else shots
        seeds = request.seeds if shots or is_tuned else request.seeds[:1]
        found |= dict.fromkeys((shots, seed) for seed in seeds)
    return list(found)


def about_shots(shots: Sequence[int], data: ImageData) -> Iterator[str]:
    """Sentences where classes have fewer training images than were asked for."""
    sizes = Counter(image.label for image in data.train)
    most = max(sizes.values())
    for asked in sorted(set(shots) - {0}):
        if asked > most:
            yield f"--shots {asked}: no class has so many training images (at most {most:,}), so all are used, as with --shots all"
        elif few := sorted((count, data.classes[label]) for label, count in sizes.items() if count < asked):
            count, name = few[0]
            what = "1 class has" if len(few) == 1 else f"{len(few):,} classes have"
            yield f"--shots {asked}: {what} fewer training images and give{'s' * (len(few) == 1)} all of them (at least {printable(name)!r}: {count:,})"


def one_by_one(wishes: Sequence[Wish]) -> Plan:
    """All of them, whatever comes of each; a model that has no weights or cannot be made is not tried again, which is told."""
    hopeless: set[str] = set()
    for place, one in enumerate(wishes):
        asked = one.order.evaluation
        if asked.model in hopeless:
            continue
        result = yield one
        if result is not None and result.status in ("no_weights", "unsupported") and asked.protocol != "fine-tuning":
            hopeless.add(asked.model)
            if more := sum(other.order.evaluation.model == asked.model for other in wishes[place + 1 :]):
                what = "its other evaluation is" if more == 1 else f"its {more:,} other evaluations are"
                yield LeftOut(asked.model, f"{what} not tried")


def read_shots(text: str) -> tuple[int, ...]:
    """`1,5,10,all`: 0 stands for all. BackbonesError for anything else."""
    return tuple(_shots(text))


def _shots(text: str) -> Iterator[int]:
    for part in (one.strip().lower() for one in text.split(",")):
        if part == "all":
            yield 0
        elif part.isdecimal() and int(part) > 0:
            yield int(part)
        else:
            raise BackbonesError(f"{part!r} is no number of images of a class; write --shots 1,5,10,all")


def read_protocols(texts: Sequence[str]) -> tuple[Protocol, ...]:
    """`k-NN,linear,fine-tuning`, by any clear beginning, from cheap to expensive."""
    wanted = [part.strip() for text in texts for part in text.split(",") if part.strip()]
    found = set()
    for part in wanted:
        plain = part.lower().replace("-", "").replace("_", "").replace(" ", "")
        matching = [name for name in PROTOCOLS if name.lower().replace("-", "").replace(" ", "").startswith(plain)]
        if len(matching) != 1:
            raise BackbonesError(
                f"no protocol is called {part!r}; there are k-NN, linear (linear probing) and fine-tuning"
            )
        found.add(matching[0])
    return tuple(name for name in PROTOCOLS if name in found)


class Asked(NamedTuple):
    """A model as the user named it."""

    name: str
    """With its tag, be it timm's default one."""
    has_tag: bool
    """The user named the tag."""


def read_weights(texts: Sequence[str], models: Sequence[Asked]) -> dict[Asked, tuple[str, str]]:
    """`MODEL=FILE` -> model to (first 16 hex digits of the file's SHA-256, path); a FILE alone is for a single model.

    `models` are those asked for. MODEL without a tag means the one that was asked for without; that a file has the weights of a
    tag has to be said in words.
    """
    found: dict[Asked, tuple[str, str]] = {}
    for text in texts:
        one, path = _meant(text, models)
        name = one.name if one.has_tag else one.name.partition(".")[0]
        if one in found:
            raise BackbonesError(f"--weights names two files of {name}; leave one away")
        file = Path(path).expanduser()
        try:
            with file.open("rb") as content:
                found[one] = (hashlib.file_digest(content, "sha256").hexdigest()[:16], str(file.absolute()))
        except OSError as error:
            raise BackbonesError(f"the weights of {name} cannot be read: {file}: {error.strerror or error}") from None
    return found


def _meant(text: str, models: Sequence[Asked]) -> tuple[Asked, str]:
    """The model that a text of --weights is of, and the file."""
    name, is_named, path = text.partition("=")
    if not is_named:
        if len(models) != 1:
            raise BackbonesError(f"--weights {text} does not say of which model; write --weights MODEL={text}")
        return models[0], text
    name = name.strip().removeprefix("timm/")
    of_it = [one for one in models if name in (one.name, one.name.partition(".")[0])]
    if not of_it:
        raise BackbonesError(f"--weights {text} is of a model that is not asked for; add {name} to --models")
    if "." in name:
        return Asked(name, True), path
    if not (plain := [one for one in of_it if not one.has_tag]):
        tags = [one.name for one in of_it]
        if len(tags) > 1:
            raise BackbonesError(
                f"--weights {text} may be of {' or '.join(tags)}; say which, as --weights {tags[0]}={path}"
            )
        raise BackbonesError(
            f"--weights {text} does not say that the file has the weights of {tags[0]}: write --weights {tags[0]}={path} if it has, "
            f"or --models {name} for weights of your own"
        )
    return plain[0], path
