"""What one evaluation of a backbone on the user's own images was asked, and what it gave. No torch here."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from typing import Final, Literal

Protocol = Literal["k-NN", "linear probing", "fine-tuning"]
"""From cheap to expensive. In the public views fine-tuning is the protocol `supervised`, as papers' results are."""
PROTOCOLS: Final[tuple[Protocol, ...]] = ("k-NN", "linear probing", "fine-tuning")
Status = Literal["ok", "out_of_memory", "crash", "timeout", "error", "unsupported", "no_weights"]
VERSION: Final = 1
"""Of the way of evaluating; outcomes of different versions are not put together."""


@dataclass(frozen=True, slots=True)
class Evaluation:
    """What one outcome is about. Everything that changes the numbers is in here; the key is made of it."""

    model: str
    """timm's name with its tag: `convnext_tiny.fb_in22k`; without a tag where weights are random, or a file of the user's own.

    With the tag and the hash of a file: the user says that the file has the weights of the tag."""
    weights: str
    """`pretrained` (timm's own, the tag says which), `random`, or the first 16 hex digits of the SHA-256 of a file."""
    data: str
    """The user's name of the images; the data set of the result."""
    data_hash: str
    """First 16 hex digits of the SHA-256 over all (split, class, content hash) of the images, sorted."""
    protocol: Protocol
    resolution: int
    """Side of the square input at evaluation, in pixels."""
    precision: str
    """Of extraction, or of training."""
    shots: int = 0
    """Training images of a class; 0: all."""
    seed: int = 0
    recipe: str = ""
    """Name and first 12 hex digits of the SHA-256 of a fine-tuning recipe, as `clash@0123456789ab`; empty for frozen features."""
    details: str = ""
    """What else the numbers depend on, in the catalogue's canonical form `KEY=VALUE,…`: pooling, normalisation, k, temperature, the grid of
    regularisation, largest number of images a class that a budget left (`thinned`)."""

    @property
    def key(self) -> str:
        """16 hex digits: resuming and merging go by it."""
        plain = json.dumps([asdict(self), VERSION], sort_keys=True)
        return hashlib.sha256(plain.encode()).hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class ClassScore:
    """One class of the test images. Shares in percent, 0-100."""

    name: str
    images: int
    precision: float
    recall: float
    f1: float


@dataclass(frozen=True, slots=True)
class Scores:
    """How good the answers on the test images are. Percent, 0-100."""

    images: int
    top_1: float
    top_1_low: float
    top_1_high: float
    """95 % interval by bootstrap over the test images."""
    balanced_accuracy: float
    """Mean recall over the classes."""
    macro_f1: float
    classes: tuple[ClassScore, ...] = ()
    confusions: tuple[tuple[str, str, int], ...] = ()
    """(true class, answered class, images), the most frequent first."""
    top_5: float | None = None
    """None below six classes."""


@dataclass(frozen=True, slots=True)
class Cost:
    """What it took. None where nobody could tell."""

    extraction_img_s: float | None = None
    """Of these images on this device, decoding included."""
    extraction_s: float = 0.0
    """Of this evaluation, the making of the model included; 0 where all features were on disk already."""
    training_s: float = 0.0
    peak_memory_mib: float | None = None
    model_img_s: float | None = None
    """Of the model alone: where it is much more than `extraction_img_s`, decoding was the limit."""
    training_img_s: float | None = None
    """Of the epochs of fine-tuning, decoding included and validation left out."""
    features_s: float | None = None
    """What the features that it rests on take to be made on this device, whichever evaluation had them made; None of fine-tuning, and
    where it was not recorded."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """One evaluation, ended well or not; kept as soon as it is over."""

    evaluation: Evaluation
    status: Status
    host: str
    """`store.machine.host_id()`."""
    device: str
    """Named as the catalogue names devices."""
    torch: str
    timm: str
    started: str
    """UTC, ISO 8601 with milliseconds."""
    duration_s: float
    scores: Scores | None = None
    cost: Cost = Cost()
    chosen: str = ""
    """What was chosen on the validation images, `KEY=VALUE,…`: `c=0.1`, `k=20`, `epochs=37`."""
    cautions: tuple[str, ...] = ()
    """Names of `store.transferring.cautions.CAUTIONS`."""
    error: str = ""
    notes: tuple[str, ...] = ()
    """Sentences: where it was done otherwise than asked for, as with a smaller batch."""

    @property
    def key(self) -> str:
        """Of the evaluation."""
        return self.evaluation.key
