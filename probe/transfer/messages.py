"""What the run and its worker say to each other: a JSON object a line. No torch here."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from backbones.probe.speed.wire import line
from backbones.probe.transfer.images import Image, ImageData
from backbones.probe.transfer.preparation import Preparation
from backbones.store.transferring.outcome import ClassScore, Cost, Evaluation, Scores


@dataclass(frozen=True, slots=True)
class Order:
    """One evaluation that the run wants."""

    evaluation: Evaluation
    preparation: Preparation
    batch_size: int = 0
    """Of extraction; 0: the usual one."""
    limit_s: float = 0.0
    """Seconds after which extraction ends with what there is; 0: none."""
    most_images: int = 0
    """Of a class, that a budget leaves; 0: all."""
    tests_all: bool = False
    """`most_images` are those to train and choose on; all test images are taken."""
    file: str = ""
    """Of weights."""
    channels_last: bool = False
    recipe: str = ""
    """Of fine-tuning: a name or a file."""
    folder: str = ""
    """Where fine-tuning keeps what it resumes from."""
    save: str = ""
    """A folder for the weights of what was fine-tuned."""
    draws: tuple[tuple[int, int], ...] = ()
    """Shots and seeds of all evaluations of this model by frozen features: extraction brings the features of all at once."""

    def line(self) -> bytes:
        """For the worker's standard input."""
        return line(do="evaluate", **asdict(self))


@dataclass(frozen=True, slots=True)
class Ready:
    """The worker has read the list of images."""

    start_s: float


@dataclass(frozen=True, slots=True)
class InPhase:
    """The worker goes on: `create`, `extract`, `k-NN`, `linear probing`, `train` …; its deadline begins anew.

    `epoch` (one is over) and `going on` (where an earlier run was ended) count the epochs that are over."""

    phase: str
    done: int = 0
    planned: int = 0


@dataclass(frozen=True, slots=True)
class Evaluated:
    """An evaluation that went well."""

    scores: Scores
    cost: Cost
    chosen: str
    accuracy: float | None
    """On the images that the settings were chosen by, percent: what models may be compared by without the test images."""
    cautions: tuple[str, ...]
    device: str
    torch: str
    timm: str
    is_spent: bool = False
    notes: tuple[str, ...] = ()
    """Sentences for the user: where it was done otherwise than asked for."""


@dataclass(frozen=True, slots=True)
class Failed:
    """An evaluation that did not. `status` may also be `stopped` (by the user) or `out_of_time` (the order's limit)."""

    status: str
    error: str
    is_spent: bool = False
    img_s: float | None = None
    """How fast extraction was, where it had begun."""


@dataclass(frozen=True, slots=True)
class Refused:
    """The worker cannot work at all here."""

    error: str


Message = Ready | InPhase | Evaluated | Failed | Refused


def order_from(plain: Mapping[str, Any]) -> Order:
    """The order in a line that the worker got."""
    fields = {key: value for key, value in plain.items() if key != "do"}
    fields["evaluation"] = Evaluation(**fields["evaluation"])
    fields["preparation"] = preparation_from(fields["preparation"])
    fields["draws"] = tuple((shots, seed) for shots, seed in fields["draws"])
    return Order(**fields)


def preparation_from(plain: Mapping[str, Any]) -> Preparation:
    """With tuples where JSON has lists."""
    return Preparation(**{**plain, "mean": tuple(plain["mean"]), "std": tuple(plain["std"])})


def say(message: Message) -> bytes:
    """A message of the worker's."""
    return line(say=type(message).__name__, **asdict(message))


def heard(text: bytes) -> Message:
    """The message in a line of the worker's. ValueError where it is none."""
    try:
        plain = json.loads(text)
        kind = {one.__name__: one for one in (Ready, InPhase, Evaluated, Failed, Refused)}[plain.pop("say")]
        if kind is Evaluated:
            plain |= {
                "scores": _scores(plain["scores"]),
                "cost": Cost(**plain["cost"]),
                "cautions": tuple(plain["cautions"]),
                "notes": tuple(plain["notes"]),
            }
        message: Message = kind(**plain)
        return message
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"the worker said something that is no message: {text[:200]!r}") from error


def _scores(plain: dict[str, Any]) -> Scores:
    classes = tuple(ClassScore(**one) for one in plain.pop("classes"))
    confusions = tuple((true, answered, images) for true, answered, images in plain.pop("confusions"))
    return Scores(**plain, classes=classes, confusions=confusions)


def write_images(images: ImageData, file: Path) -> None:
    """The list of images for the worker: a line for the whole, then one an image; a pipe would be too slow for a million."""
    with file.open("w") as out:
        whole = [
            images.name, images.classes, images.data_hash, images.left_out, images.is_given, images.images_hash, images.unreadable,
            images.is_val_given,
        ]  # fmt: skip
        out.write(json.dumps(whole) + "\n")
        for split, part in (("train", images.train), ("val", images.val), ("test", images.test)):
            for one in part:
                out.write(json.dumps([split, str(one.path), one.label, one.content, one.width, one.height]) + "\n")


def read_images(file: Path) -> ImageData:
    """What `write_images` wrote."""
    parts: dict[str, list[Image]] = {"train": [], "val": [], "test": []}
    with file.open() as lines:
        name, classes, data_hash, *facts = json.loads(next(lines))
        for text in lines:
            split, path, label, content, width, height = json.loads(text)
            parts[split].append(Image(Path(path), label, content, width, height))
    train, val, test = (tuple(part) for part in parts.values())
    return ImageData(name, tuple(classes), train, val, test, data_hash, (), *facts)
