"""Limits on parameters, judged by the model that is timed: some sources count without the classifier, or with merged branches."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from backbones.probe.predicting.question import Question, parts_of
from backbones.probe.predicting.tables import is_other_form
from backbones.store.filters import Comparison, parse_filter, references_of
from backbones.store.measuring.count import Count

PARAMS: Final = "params_m"
_COMPARED: Final[Mapping[str, Callable[[float, float], bool]]] = {
    "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class SizeLimits:
    """What a question says of parameters, taken out of what the catalogue judges."""

    limits: tuple[tuple[str, float], ...]
    """Operator and millions; all have to hold."""
    filter: str
    """What is left to the catalogue."""
    is_left: bool
    """Whether parameters are left in it: within `or`, `not`, or compared with `=`."""
    is_objective: bool

    @property
    def are_asked(self) -> bool:
        """Whether the answer depends on parameters."""
        return bool(self.limits) or self.is_left or self.is_objective

    def pass_(self, params_m: float | None) -> bool:
        """Whether so many are within the limits; unknown ones are within none."""
        if params_m is None:
            return not self.limits
        return all(_COMPARED[sign](params_m, limit) for sign, limit in self.limits)

    def are_of_another(self, count: Count, printed_m: float | None) -> bool:
        """Whether the catalogue judged what is left by parameters that are not those of the timed model."""
        return self.is_left and is_other_form(count, printed_m)


def size_limits(question: Question) -> SizeLimits:
    """The limits of a question; a number that cannot be read stays with the catalogue, which says what is wrong."""
    limits: list[tuple[str, float]] = []
    rest = []
    for part in parts_of(parse_filter(question.filter)):
        number = _number(part.values[0]) if isinstance(part, Comparison) and part.reference.name == PARAMS else None
        if isinstance(part, Comparison) and part.operator in _COMPARED and number is not None:
            limits.append((part.operator, number))
        else:
            rest.append(part)
    return SizeLimits(
        tuple(limits),
        " and ".join(f"({part.text})" for part in rest) if limits else question.filter,
        any(reference.name == PARAMS for part in rest for reference in references_of(part)),
        question.objective.name == PARAMS,
    )


def _number(text: str) -> float | None:
    """Millions, as the catalogue reads them: `30`, `30M`, `1_000`."""
    plain = text.replace("_", "").strip()
    try:
        number = float(plain[:-1] if plain[-1:] in ("M", "m") else plain)
    except ValueError:
        return None
    return number if abs(number) < 1e300 else None  # nan is none
