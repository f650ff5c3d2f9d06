"""How good answers are on the test images: shares, per class, what is taken for what, and how sure one can be."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from backbones.store.transferring.outcome import ClassScore, Scores

RESAMPLES: Final = 10_000
"""Bootstrap samples."""
UNSURE: Final = 0.05
"""How often an interval may miss the share."""
MOST_CONFUSIONS: Final = 20
LEAST_FOR_TOP_5: Final = 6
"""Classes; with five, every answer is among the first five."""


def score(labels: Any, answers: Any, class_names: Sequence[str], seed: int, ranked: Any = None) -> Scores:
    """Scores of answers (n,) against labels (n,), both positions in `class_names`; percent.

    `ranked` (n, at least 5): the answers in falling order of likelihood, for top-5. A class without a test image counts in no mean.
    """
    import numpy as np
    from sklearn.metrics import precision_recall_fscore_support

    labels, answers = np.asarray(labels), np.asarray(answers)
    if not len(labels):
        raise ValueError("no test images, no scores")
    right = labels == answers
    low, high = interval(int(right.sum()), len(labels), seed)
    precision, recall, f1, images = precision_recall_fscore_support(
        labels, answers, labels=np.arange(len(class_names)), average=None, zero_division=0.0
    )
    present = images > 0
    classes = tuple(
        ClassScore(name, int(n), _percent(p), _percent(r), _percent(f))
        for name, n, p, r, f in zip(class_names, images, precision, recall, f1, strict=True)
    )
    return Scores(
        images=len(labels),
        top_1=_percent(right.mean()),
        top_1_low=low,
        top_1_high=high,
        balanced_accuracy=_percent(recall[present].mean()),
        macro_f1=_percent(f1[present].mean()),
        classes=classes,
        confusions=_confusions(labels, answers, class_names),
        top_5=_top_5(labels, ranked, len(class_names)),
    )


def interval(right: int, images: int, seed: int) -> tuple[float, float]:
    """95 % percentile bootstrap of a share of right answers over the images, in percent.

    Drawing n images with replacement and counting the right ones is a draw of a binomial, so that no image is touched. Where all
    or none are right every draw is the same, which says nothing: there it is the exact interval of Clopper and Pearson.
    """
    import numpy as np

    if right in (0, images):
        bound = (UNSURE / 2) ** (1 / images)  # the share at which all are right as rarely as that
        return (_percent(bound), 100.0) if right else (0.0, _percent(1 - bound))
    drawn = np.random.default_rng(seed).binomial(images, right / images, RESAMPLES) / images
    low, high = np.percentile(drawn, [100 * UNSURE / 2, 100 - 100 * UNSURE / 2])
    return _percent(low), _percent(high)


def _confusions(labels: Any, answers: Any, names: Sequence[str]) -> tuple[tuple[str, str, int], ...]:
    """The most frequent mistakes; equally frequent ones in the order of the classes."""
    import numpy as np

    wrong = labels != answers
    pairs, counts = np.unique(labels[wrong].astype(np.int64) * len(names) + answers[wrong], return_counts=True)
    order = np.argsort(-counts, kind="stable")[:MOST_CONFUSIONS]
    return tuple((*(names[n] for n in divmod(int(pairs[place]), len(names))), int(counts[place])) for place in order)  # type: ignore[misc]


def _top_5(labels: Any, ranked: Any, classes: int) -> float | None:
    if ranked is None or classes < LEAST_FOR_TOP_5:
        return None
    return _percent((ranked[:, :5] == labels[:, None]).any(axis=1).mean())


def _percent(share: Any) -> float:
    return round(float(share) * 100, 4)
