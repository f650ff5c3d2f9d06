"""The fields of a wish: what each is called, what can be chosen, what a typed value has to be."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Final, Literal

from backbones.store.advising import task
from backbones.store.advising.task import Wish
from backbones.store.errors import QueryError
from backbones.store.explorer import Choice
from backbones.store.filters import parse_filter

Kind = Literal["choice", "number", "flag", "filter"]


@dataclass(frozen=True, slots=True)
class Field:
    """One line of the form."""

    name: str
    """Of the wish."""
    label: str
    kind: Kind
    empty: str
    """What stands there where nothing is wished for."""


FIELDS: Final = (
    Field("task", "task", "choice", ""),
    Field("dataset", "data set", "choice", "any"),
    Field("head", "head", "choice", "any"),
    Field("maximise", "maximise", "choice", ""),
    Field("device", "device", "choice", "any"),
    Field("precision", "precision", "choice", "any"),
    Field("min_img_s", "min img/s", "number", "–"),
    Field("max_ms", "max ms", "number", "–"),
    Field("max_params_m", "max params M", "number", "–"),
    Field("max_memory_mib", "max memory MiB", "number", "–"),
    Field("licence", "licence", "choice", "any"),
    Field("is_installable", "installable", "flag", "no"),
    Field("where", "other limits", "filter", "–"),
    Field("limit", "answers", "number", ""),
    Field("per_setting", "every setting", "flag", "no"),
)

_FOLLOWS: Final[dict[str, tuple[str, ...]]] = {
    "task": ("dataset", "head", "maximise"), "dataset": ("maximise",), "head": ("maximise",),
    "device": ("precision",), "min_img_s": ("max_ms",), "max_ms": ("min_img_s",),
}  # fmt: skip
"""What is forgotten when a field gets another value: it may mean nothing there."""


def field_of(name: str) -> Field:
    """The field of that name."""
    return next(field for field in FIELDS if field.name == name)


def with_value(wish: Wish, name: str, value: Any) -> Wish:
    """The wish with another value; what it made meaningless is forgotten."""
    if getattr(wish, name) == value:
        return wish
    empty = Wish()
    forgotten = _FOLLOWS.get(name, ())
    if name == "device" and not value:
        forgotten = ("precision", "min_img_s", "max_ms")
    if name in ("min_img_s", "max_ms") and value is None:
        forgotten = ()
    return replace(wish, **{name: value}, **{other: getattr(empty, other) for other in forgotten})


def cleared(wish: Wish, name: str) -> Wish:
    """The wish without what that field asks for."""
    return with_value(wish, name, getattr(Wish(), name))


def value_text(wish: Wish, name: str, maximise: str = "") -> str:
    """What the form shows of a field; `maximise` is the metric that was taken where none is named."""
    value, field = getattr(wish, name), field_of(name)
    if name == "maximise":
        return value or maximise
    if value is None or value == "":
        return field.empty
    if field.kind == "flag":
        return "yes" if value else field.empty
    return f"{value:.10g}" if isinstance(value, float) else str(value)


def choices_of(connection: sqlite3.Connection, wish: Wish, name: str) -> tuple[Choice, ...]:
    """What can be chosen for a field, with the number of models; the one to leave it open first."""
    found: dict[str, Callable[[], tuple[Choice, ...]]] = {
        "task": lambda: task.tasks(connection),
        "dataset": lambda: task.datasets(connection, wish),
        "head": lambda: task.heads(connection, wish),
        "maximise": lambda: task.metrics(connection, wish),
        "device": lambda: task.devices(connection),
        "precision": lambda: task.precisions(connection, wish.device),
        "licence": lambda: task.licences(connection),
    }
    empty = field_of(name).empty
    openly = (Choice("", {"maximise": "what most models report"}.get(name, empty), 0),) if name != "task" else ()
    return (*openly, *found[name]())


def typed(name: str, text: str) -> Any:
    """The value of a typed text, None or "" for nothing; QueryError for what is no such value."""
    text = text.strip()
    if field_of(name).kind == "filter":
        parse_filter(text)
        return text
    if not text:
        return Wish().limit if name == "limit" else None
    try:
        number = float(text.replace("_", "").replace(",", ""))
    except ValueError:
        raise QueryError(f"{text!r} is no number") from None
    if not 0 <= number < 1e12 or (name == "limit" and not 1 <= number <= 50):
        raise QueryError("between 1 and 50 answers are listed" if name == "limit" else f"{text!r} is no limit")
    return int(number) if name == "limit" else number
