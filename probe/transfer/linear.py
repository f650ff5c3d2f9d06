"""Linear probing: logistic regression on standardised frozen features, its regularisation chosen on validation images. No torch here."""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

GRID: Final = (1e-5, 1e-4, 1e-3, 1e-2, 1e-1, 1.0, 10.0)
"""What scikit-learn's C, the inverse of the strength of regularisation, is chosen from."""
HELD_OUT: Final = 0.2
"""Share of the training images that C is chosen on, where there are no validation images."""
FALLING: Final = 2
"""Larger C are not tried after so many in a row were worse than the best."""
TOLERANCE: Final = 1e-5
"""Of the gradient; at scikit-learn's own 1e-4 weakly regularised fits end so early that a few answers are not those of the optimum."""
ROUGHLY: Final = 1e-4
"""While C is chosen."""
AT_ONCE: Final = 2e10
"""Operations between two looks at the clock: some seconds of one core. Each begins L-BFGS anew, so they are not more than needed."""
MOST_ITERATIONS: Final = 5000
SMALL: Final = 4e8
"""Operations of an iteration below which more than one thread of BLAS costs more than it gains: on a busy machine a hundred times."""
LARGE: Final = 50_000_000
"""Numbers from which on features stay float32: half the memory and time."""
DETAILS: Final = f"c={'/'.join(f'{c:g}' for c in GRID)},normalisation=standardised"
"""The settings that every outcome of this protocol shares, in canonical form."""


@dataclass(frozen=True, slots=True)
class Choice:
    """What was chosen, and the share of right answers that it was chosen for."""

    c: float
    accuracy: float | None
    """Percent; None where nothing could be chosen by."""
    is_edge: bool = False
    """The best was the first or the last of the grid, and its neighbour was worse."""


@dataclass(frozen=True, slots=True)
class Fitted:
    """A classifier and how it came about."""

    likelihoods: Any
    """float (n, classes) for the test images: the larger, the likelier."""
    choice: Choice
    is_converged: bool


def fit(
    train: Any, labels: Any, val: Any, val_labels: Any, test: Any, classes: int, seed: int,
    goes_on: Callable[[], None] = lambda: None, limit_s: float = float("inf"), contents: Any = None,
) -> Fitted:  # fmt: skip
    """Choose C, fit, and answer for the test images (n, d).

    Without validation images C is chosen on a stratified part of the training images, and the classifier is then fitted on all of
    them. `goes_on` is called every few iterations and may raise. After `limit_s` seconds what has been reached so far is taken.
    `contents`: as `held_out` wants them.
    """
    from threadpoolctl import threadpool_limits

    until = time.monotonic() + limit_s
    with threadpool_limits(1 if _operations(train, labels) < SMALL else None):
        return _fitted(train, labels, val, val_labels, test, classes, seed, goes_on, until, contents)


def _fitted(
    train: Any, labels: Any, val: Any, val_labels: Any, test: Any, classes: int, seed: int, goes_on: Callable[[], None], until: float,
    contents: Any,
) -> Fitted:  # fmt: skip
    import numpy as np

    kind = np.float32 if (len(train) + len(test)) * train.shape[1] > LARGE else np.float64
    train = np.asarray(train, kind)
    if len(val):
        parts = (train, labels, np.asarray(val, kind), val_labels)
    else:
        inner, outer = held_out(labels, seed, contents)
        parts = (train[inner], labels[inner], train[outer], labels[outer])
    choice, path = _choose(*parts, until, goes_on)
    scaler = _scaler(train)
    model = _new(choice.c, TOLERANCE)
    if path is not None:
        _warm(model, path)
    is_converged = _fit(model, scaler.transform(train), labels, until, goes_on)
    return Fitted(_likelihoods(model, scaler.transform(np.asarray(test, kind)), classes), choice, is_converged)


def _operations(train: Any, labels: Any) -> float:
    """Of one iteration: the products of features and coefficients, and of features and errors."""
    return 4.0 * int(train.size) * (int(max(labels)) + 1)


def held_out(labels: Any, seed: int, contents: Any = None) -> tuple[Any, Any]:
    """Positions to fit on and to choose on: of every class a fifth, at least one where there are two, is chosen on.

    `contents` (n,): the same number for copies of one image, which stay together; one that several classes have is fitted on.
    """
    import numpy as np

    draw = np.random.default_rng(seed)
    contents = np.arange(len(labels)) if contents is None else contents
    distinct = np.unique(np.stack([labels, contents], axis=1), axis=0)
    shared = np.flatnonzero(np.bincount(distinct[:, 1]) > 1)
    outer: list[int] = []
    for label in np.unique(distinct[:, 0]):
        own = draw.permutation(distinct[distinct[:, 0] == label, 1])
        drawn = own[~np.isin(own, shared)]
        outer += drawn[: max(1, round(HELD_OUT * len(own))) if len(own) > 1 else 0].tolist()
    chosen = np.isin(contents, outer)
    return np.flatnonzero(~chosen), np.flatnonzero(chosen)


def _choose(
    train: Any, labels: Any, val: Any, val_labels: Any, until: float, goes_on: Callable[[], None]
) -> tuple[Choice, Any]:
    """From strong to weak regularisation, each fit beginning where the last ended; C and the classifier at it.

    Of equally good ones the strongest. Too few images to choose by: C is 1.
    """
    import numpy as np

    if not len(val) or len(np.unique(labels)) < 2:
        return Choice(1.0, None), None
    scaler = _scaler(train)
    train, val = scaler.transform(train), scaler.transform(val)
    tried: list[float] = []
    path, model = None, _new(GRID[0], ROUGHLY)
    for c in GRID:
        model.C = c
        is_converged = _fit(model, train, labels, until, goes_on)
        tried.append(100 * float((model.predict(val) == val_labels).mean()))
        if tried[-1] > max(tried[:-1], default=-1.0):
            path = (model.coef_.copy(), model.intercept_.copy(), model.classes_)
        if not is_converged or tried[-1] == 100 or _has_fallen(tried):
            break
    best = tried.index(max(tried))
    is_first = best == 0 and len(tried) > 1 and tried[1] < tried[0]
    is_last = best == len(GRID) - 1 and tried[-2] < tried[-1]
    return Choice(GRID[best], tried[best], is_first or is_last), path


def _has_fallen(tried: list[float]) -> bool:
    """The last few were worse than the best."""
    return len(tried) > FALLING and all(accuracy < max(tried) for accuracy in tried[-FALLING:])


def _scaler(train: Any) -> Any:
    from sklearn.preprocessing import StandardScaler

    return StandardScaler().fit(train)


def _new(c: float, tolerance: float) -> Any:
    from sklearn.linear_model import LogisticRegression

    return LogisticRegression(C=c, solver="lbfgs", tol=tolerance, warm_start=True)


def _warm(model: Any, path: tuple[Any, Any, Any]) -> None:
    """Begin where another fit ended."""
    model.coef_, model.intercept_, model.classes_ = path


def _fit(model: Any, train: Any, labels: Any, until: float, goes_on: Callable[[], None]) -> bool:
    """Iterate until it has converged, or the time is over."""
    from sklearn.exceptions import ConvergenceWarning

    done, at_once = 0, max(10, int(AT_ONCE / _operations(train, labels)))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        while done < MOST_ITERATIONS:
            goes_on()
            model.max_iter = min(at_once, MOST_ITERATIONS - done)
            model.fit(train, labels)
            iterations = int(max(model.n_iter_))
            done += max(1, iterations)
            if iterations < model.max_iter:
                return True
            if time.monotonic() > until:
                break
    return False


def _likelihoods(model: Any, test: Any, classes: int) -> Any:
    """For every class; one without a training image is the least likely."""
    import numpy as np

    said = model.decision_function(test)
    if said.ndim == 1:
        said = np.stack([-said, said], axis=1)
    full = np.full((len(test), classes), -np.inf)
    full[:, model.classes_] = said
    return full
