"""k-NN on frozen features: cosine similarity, k and the way of voting chosen without looking at the test images. No torch here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

TEMPERATURE: Final = 0.07
"""Of the weighted vote: a neighbour counts exp(similarity / temperature), as in Wu et al. (arXiv:1805.01978) and DINO."""
GRID: Final = (1, 3, 5, 10, 20, 50, 100, 200)
"""What k is chosen from, as far as there are so many training images."""
VOTES: Final = ("weighted", "plain")
MOST_LEFT_OUT: Final = 5000
"""Training images that are left out one by one to choose k; of more, so many are drawn."""
BLOCK: Final = 1 << 25
"""Similarities that are held at once."""
DETAILS: Final = f"k={'/'.join(map(str, GRID))},normalisation=l2,temperature={TEMPERATURE},votes={'/'.join(VOTES)}"
"""The settings that every outcome of this protocol shares, in canonical form."""


@dataclass(frozen=True, slots=True)
class Choice:
    """What was chosen, and the share of right answers that it was chosen for."""

    k: int
    vote: str
    accuracy: float | None
    """Percent; None where nothing could be chosen by."""


@dataclass(frozen=True, slots=True)
class Neighbours:
    """The nearest training images of some images, the most similar first."""

    similarities: Any
    """float32 (n, k)."""
    labels: Any
    """Of the neighbours: int (n, k)."""


class Apart:
    """Which training images are left out for which query: the query itself, and its copies."""

    def __init__(self, own: Any, contents: Any) -> None:
        """`own`: the position of each query among the training images; `contents`: the same number for copies."""
        import numpy as np

        self._own = own
        self._order = np.argsort(contents, kind="stable")
        ordered = contents[self._order]
        self._first, self._last = (np.searchsorted(ordered, contents[own], side) for side in ("left", "right"))

    def pairs(self, start: int, stop: int) -> tuple[Any, Any]:
        """(row, column) of all that is left out for the queries from `start` on, rows counted from there."""
        import numpy as np

        first, last = self._first[start:stop], self._last[start:stop]
        rows = np.repeat(np.arange(len(first)), last - first)
        columns = [self._order[begin:end] for begin, end in zip(first, last, strict=True)]
        return rows, np.concatenate(columns)


def normalised(values: Any) -> Any:
    """Rows of length 1; a row of zeros stays."""
    import numpy as np

    values = np.asarray(values, np.float32)
    length = np.linalg.norm(values, axis=1, keepdims=True)
    return values / np.where(length > 0, length, 1)


def nearest(
    queries: Any,
    train: Any,
    labels: Any,
    k: int,
    apart: Apart | None = None,
    goes_on: Callable[[], None] = lambda: None,
) -> Neighbours:
    """The k nearest of `train` (m, d), whose labels are (m,), for normalised queries (n, d).

    `apart`: the queries are of `train` themselves; neither they nor copies of them are their neighbours. Where then fewer than k
    are left, the rest has a similarity of -inf, and no vote. Of equally similar images the first counts first. `goes_on` is called
    before every block and may raise.
    """
    import numpy as np

    k = min(k, len(train) - (apart is not None))
    found = np.empty((len(queries), k), np.float32), np.empty((len(queries), k), np.int64)
    step = max(1, BLOCK // max(1, len(train)))
    for start in range(0, len(queries), step):
        goes_on()
        rows = slice(start, start + step)
        similar = queries[rows] @ train.T
        if apart is not None:
            similar[apart.pairs(start, start + step)] = -np.inf
        if 4 * k < similar.shape[1]:
            near = np.sort(np.argpartition(similar, -k, axis=1)[:, -k:], axis=1)
        else:
            near = np.broadcast_to(np.arange(similar.shape[1]), similar.shape)
        values = np.take_along_axis(similar, near, axis=1)
        order = np.argsort(-values, axis=1, kind="stable")[:, :k]
        found[0][rows] = np.take_along_axis(values, order, axis=1)
        found[1][rows] = labels[np.take_along_axis(near, order, axis=1)]
    return Neighbours(*found)


def votes(neighbours: Neighbours, k: int, vote: str, classes: int) -> Any:
    """float64 (n, classes): what the first k neighbours say."""
    import numpy as np

    labels, similar = neighbours.labels[:, :k], neighbours.similarities[:, :k].astype(np.float64)
    weights = np.exp((similar - 1) / TEMPERATURE) if vote == "weighted" else np.isfinite(similar).astype(np.float64)
    places = (np.arange(len(labels))[:, None] * classes + labels).ravel()
    return np.bincount(places, weights.ravel(), minlength=len(labels) * classes).reshape(len(labels), classes)


def with_all_classes(
    said: Any, queries: Any, train: Any, labels: Any, goes_on: Callable[[], None] = lambda: None
) -> Any:
    """Votes (n, classes), where classes without a vote follow those with one, by the most similar training image that they have.

    So the first five answers mean something where k is small. A class without a training image is the least likely: -inf.
    """
    import numpy as np

    order = np.argsort(labels, kind="stable")
    present, first = np.unique(labels[order], return_index=True)
    grouped, full = train[order], np.full(said.shape, -np.inf)
    step = max(1, BLOCK // max(1, len(train)))
    for start in range(0, len(queries), step):
        goes_on()
        rows = slice(start, start + step)
        full[rows, present] = np.maximum.reduceat(queries[rows] @ grouped.T, first, axis=1)
    return np.where(said > 0, said, full - 2)  # a similarity is at most 1, so that all of these are below 0


def choose(
    train: Any, labels: Any, val: Any, val_labels: Any, classes: int, seed: int, goes_on: Callable[[], None] = lambda: None,
    contents: Any = None,
) -> Choice:  # fmt: skip
    """k and the vote with the most right answers on the validation images; without such, training images are left out one by one.

    Of equal ones the smallest k, and the weighted vote. `contents` (m,): the same number for copies of one image, which are left
    out together. Only images of a class with another one can be left out; where there is none, k is 1.
    """
    import numpy as np

    if len(val):
        neighbours, answers_of = nearest(val, train, labels, max(GRID), None, goes_on), val_labels
    else:
        contents = np.arange(len(labels)) if contents is None else contents
        own = _with_another(labels, contents)
        if not len(own):
            return Choice(1, "weighted", None)
        if len(own) > MOST_LEFT_OUT:
            own = np.sort(np.random.default_rng(seed).choice(own, MOST_LEFT_OUT, replace=False))
        neighbours = nearest(train[own], train, labels, max(GRID), Apart(own, contents), goes_on)
        answers_of = labels[own]
    best = Choice(1, "weighted", -1.0)
    for k in [k for k in GRID if k <= neighbours.labels.shape[1]]:
        for vote in VOTES:
            goes_on()
            answers = votes(neighbours, k, vote, classes).argmax(axis=1)
            accuracy = 100 * float((answers == answers_of).mean())
            if best.accuracy is None or accuracy > best.accuracy:
                best = Choice(k, vote, accuracy)
    return best


def _with_another(labels: Any, contents: Any) -> Any:
    """Positions of the images whose class has an image of another content."""
    import numpy as np

    distinct = np.unique(np.stack([labels, contents], axis=1), axis=0)
    several = np.bincount(distinct[:, 0], minlength=int(labels.max()) + 1) > 1
    return np.flatnonzero(several[labels])
