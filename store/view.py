"""What is on the screen, as one frozen value: it drives SQL, saved state, undo and the command line."""

from __future__ import annotations

import shlex
from dataclasses import dataclass, fields, replace
from typing import Any, Self

DEFAULT_COLUMNS = (
    "checkpoint", "resolution", "top_1@imagenet-1k", "params_m", "gmacs", "throughput@rtx3090:precision=amp",
    "pretraining_dataset", "weights",
)  # fmt: skip
LINE_COLUMNS = ("family", "backbone", "pretraining_dataset", "resolution", "head")
"""What lines through families need to know of a row: a line joins the backbones of one family at one setting."""


@dataclass(frozen=True, slots=True)
class Sort:
    """A column reference and a direction; missing values come last either way."""

    reference: str
    descending: bool = True

    def __str__(self) -> str:
        return ("-" if self.descending else "") + self.reference

    @classmethod
    def parse(cls, text: str) -> Self:
        """`-params_m` is descending, `params_m` ascending."""
        text = text.strip()
        return cls(text[1:].strip(), True) if text.startswith("-") else cls(text, False)


@dataclass(frozen=True, slots=True)
class View:
    """A question with its picture: filter, columns, order, axes, colour."""

    filter: str = ""
    columns: tuple[str, ...] = DEFAULT_COLUMNS
    sort: tuple[Sort, ...] = (Sort("top_1@imagenet-1k"),)
    limit: int | None = None
    x: str = "params_m"
    y: str = "top_1@imagenet-1k"
    group: str = "family"
    focus: tuple[str, ...] = ()
    """Groups drawn in colour; empty: the seven largest."""
    pareto: bool = True
    only_front: bool = False
    labels: bool = True
    letters: bool = False
    log_x: bool | None = None
    """None: logarithmic where the values span more than a factor of 20."""
    log_y: bool = False
    shape: str = ""
    """A second attribute, told by the points' shapes while `group` gives the colours; empty: none."""
    lines: bool = False
    """Join the backbones of a family, from the smallest to the largest."""
    x_range: str = ""
    """Limits of the x axis, `5..100`, `..30`, `2021-06..`; empty: as the values ask."""
    y_range: str = ""
    best_per: str | None = None
    """`family` or `backbone`: keep the best row of each, by the first sort column."""

    def with_(self, **changes: Any) -> Self:
        """A copy with some fields changed."""
        return replace(self, **changes)

    def to_dict(self) -> dict[str, Any]:
        """Plain values only, for a state file; fields at their default are left out."""
        plain: dict[str, Any] = {}
        for f in fields(self):
            value = getattr(self, f.name)
            if value != f.default:
                plain[f.name] = [str(v) for v in value] if isinstance(value, tuple) else value
        return plain

    @classmethod
    def from_dict(cls, plain: dict[str, Any]) -> Self:
        """The inverse of to_dict; unknown keys and wrong types raise ValueError."""
        known = {f.name: f for f in fields(cls)}
        changes: dict[str, Any] = {}
        for key, value in plain.items():
            if key not in known:
                raise ValueError(f"{key!r} is no part of a view")
            default = known[key].default
            if isinstance(default, tuple):
                if not isinstance(value, list) or not all(isinstance(v, str) for v in value):
                    raise ValueError(f"{key!r} has to be a list of texts")
                value = tuple(Sort.parse(v) for v in value) if key == "sort" else tuple(value)
            elif isinstance(default, bool) and not isinstance(value, bool):
                raise ValueError(f"{key!r} has to be true or false")
            elif isinstance(default, str) and not isinstance(value, str):
                raise ValueError(f"{key!r} has to be a text")
            changes[key] = value
        return cls(**changes)

    def query_command(self) -> str:
        """The command line that prints this view's table."""
        from backbones.store.view_commands import query_words  # only when one is asked for

        return shlex.join(query_words(self))

    def plot_command(self) -> str:
        """The command line that draws this view's picture."""
        from backbones.store.view_commands import plot_words

        return shlex.join(plot_words(self))
