"""What is on the screen, as one frozen value: it drives SQL, saved state, undo and the command line."""

from __future__ import annotations

import shlex
from dataclasses import dataclass, fields, replace
from typing import Any, Self

DEFAULT_COLUMNS = (
    "checkpoint", "resolution", "top_1@imagenet-1k", "params_m", "gmacs", "throughput@rtx3090:precision=amp",
    "pretraining_dataset", "weights",
)  # fmt: skip


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
        words = ["backbones", "query", self.filter, "--columns", ",".join(self.columns)]
        if self.sort:
            words += ["--sort", ",".join(map(str, self.sort))]
        if self.only_front:
            words += ["--pareto", f"{self.x},{self.y}"]
        if self.best_per:
            words += ["--best-per", self.best_per]
        if self.limit is not None:
            words += ["--limit", str(self.limit)]
        return shlex.join(words)

    def plot_command(self) -> str:
        """The command line that draws this view's picture."""
        words = ["backbones", "plot", "-x", self.x, "-y", self.y, "--group", self.group]
        if self.filter:
            words += ["--where", self.filter]
        if self.focus:
            words += ["--focus", ",".join(self.focus)]
        words.append("--pareto" if self.pareto else "--no-pareto")
        if self.best_per:
            words += ["--best-per", self.best_per]
        return shlex.join(words)
