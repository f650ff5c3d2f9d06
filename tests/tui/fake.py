"""An explorer over made-up rows: the same words as the real one, names that break screens, gaps everywhere."""

from __future__ import annotations

import random
import re
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from backbones.store.errors import QueryError
from backbones.store.explorer import Choice, ChoiceKind, Fact
from backbones.store.pareto import front
from backbones.store.references import parse_reference
from backbones.store.rows import Answer, Column, Missing, Row, Rows, Value
from backbones.store.view import LINE_COLUMNS, View

FAMILIES = (
    "ResNet",
    "ViT",
    "ConvNeXt",
    "Swin",
    "EfficientNet",
    "RegNet",
    "DeiT",
    "MobileNetV3",
    "EVA",
    "CoAtNet",
    "x[/]y",
)
SPEED = "throughput@rtx3090:precision=amp"
COLUMNS = {
    c.name: c
    for c in (
        Column("checkpoint", "checkpoint"),
        Column("family", "family"),
        Column("backbone", "backbone"),
        Column("weights", "weights"),
        Column("resolution", "res", "number", "px", None, 0),
        Column("top_1@imagenet-1k", "top-1 ImageNet-1k", "number", "percent", True, 2),
        Column("top_1@imagenet-v2", "top-1 ImageNet-V2", "number", "percent", True, 2),
        Column("params_m", "params M", "number", "M", False, 1),
        Column("gmacs", "GMACs", "number", "G", False, None),
        Column(SPEED, "img/s RTX 3090 amp", "number", "img/s", True, 0),
        Column("pretraining_dataset", "pretraining", "text"),
        Column("head", "head"),
        Column("published", "published", "date"),
        Column("installable", "installable", "flag"),
    )
}
COMPARISON = re.compile(r"\s*(\S+)\s*(<|>|=|~)\s*(\S+)\s*")


@cache
def made_up(count: int, seed: int = 7) -> tuple[dict[str, Value], ...]:
    """Rows that look real, the same for every explorer; the first three have names that break careless screens."""
    dice = random.Random(seed)
    rows = []
    for i in range(count):
        family = FAMILIES[i % len(FAMILIES)] if i else "x[/]y"
        params = round(10 ** dice.uniform(0.2, 2.8), 1)
        row: dict[str, Value] = {
            "checkpoint": ("x[/]y[a1]", "resnet50[a1]", "vit[bold red]_x")[i] if i < 3 else f"{family}-{i} IN-22k",
            "family": family,
            "backbone": f"{family}-{i // 3}",
            "weights": f"{family.lower()}_{i}.fb_in22k_ft_in1k",
            "resolution": dice.choice((224, 288, 384)),
            "top_1@imagenet-1k": round(70 + 6 * (params**0.25) + dice.gauss(0, 2), 3),
            "top_1@imagenet-v2": round(dice.uniform(50, 80), 2),
            "params_m": params,
            "gmacs": round(params / dice.uniform(3, 8), dice.choice((1, 2, 3))),
            SPEED: round(60_000 / params ** dice.uniform(0.8, 1)),
            "pretraining_dataset": dice.choice(("ImageNet-1k", "ImageNet-22k", "LAION-2B")),
            "head": None,
            "published": f"20{dice.randint(15, 25)}-{dice.randint(1, 12):02d}-01",
            "installable": dice.randint(0, 1),
        }
        for name in row:
            if name not in ("checkpoint", "family", "top_1@imagenet-1k") and dice.random() < 0.15:
                row[name] = None
        rows.append(row)
    return tuple(rows)


@dataclass
class FakeExplorer:
    """Answers after `delay_s`, or at once; counts what it was asked."""

    count: int = 1_500
    delay_s: float = 0.0
    asked: list[View] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._rows = made_up(self.count)
        self._stop = threading.Event()

    def answer(self, view: View) -> Answer:
        """The rows of the view."""
        self.asked.append(view)
        self._stop.clear()
        if self.delay_s and self._stop.wait(self.delay_s):
            raise InterruptedError
        drawn = [view.x, view.y, view.group, view.shape, *(LINE_COLUMNS if view.lines else ())]
        wanted = list(dict.fromkeys(filter(None, [*view.columns, *drawn])))
        columns = tuple(self.describe(reference) for reference in wanted)
        keyed = list(enumerate(self._rows))
        missing = []
        for name, operator, value in self._comparisons(view.filter):
            missing.append(Missing(name, sum(row[name] is None for _, row in keyed)))
            keyed = [(k, row) for k, row in keyed if _holds(row[name], operator, value)]
        for sort in reversed(view.sort):
            name = self.describe(sort.reference).name
            known = [p for p in keyed if p[1][name] is not None]
            known.sort(key=lambda p: p[1][name], reverse=sort.descending)  # type: ignore[arg-type,return-value]
            keyed = known + [p for p in keyed if p[1][name] is None]
        if view.best_per:
            best: dict[Value, tuple[int, dict[str, Value]]] = {}
            for pair in keyed:
                best.setdefault(pair[1][view.best_per], pair)
            keyed = list(best.values())
        rows: list[Row] = [tuple(row[c.name] for c in columns) for _, row in keyed]
        x, y = self.describe(view.x), self.describe(view.y)
        on_front: list[int] = []
        if x.kind == y.kind == "number":
            on_front = front(
                [row[x.name] for _, row in keyed],  # type: ignore[misc]
                [row[y.name] for _, row in keyed],  # type: ignore[misc]
                bool(x.higher_is_better),
                y.higher_is_better is not False,
            )
        if view.only_front:
            kept = sorted(on_front)
            rows, keyed, on_front = [rows[i] for i in kept], [keyed[i] for i in kept], list(range(len(kept)))
        limit = view.limit or len(rows)
        return Answer(
            Rows(columns, tuple(rows[:limit])),
            len(rows),
            self.count,
            tuple(m for m in missing if m.count),
            () if rows else (f"`{view.filter}` removed the last rows", "try a smaller number [/]"),
            frozenset(on_front),
            tuple(k for k, _ in keyed)[:limit],
        )

    def describe(self, reference: str) -> Column:
        """The column, or a mistake with suggestions."""
        name = str(parse_reference(reference))
        if name not in COLUMNS:
            raise QueryError(f"there is no column [/] {reference!r}", reference, 0, ("params_m",))
        return COLUMNS[name]

    def choices(self, kind: ChoiceKind) -> tuple[Choice, ...]:
        """All columns of that kind."""
        kinds = {"axis": ("number", "date"), "group": ("text", "flag"), "column": ("text", "flag", "number", "date")}
        return tuple(
            Choice(c.name, c.label, sum(row[c.name] is not None for row in self._rows))
            for c in COLUMNS.values()
            if c.kind in kinds[kind]
        )

    def facts(self, key: int) -> tuple[Fact, ...]:
        """A line for each value."""
        row = self._rows[key]
        note = "3 sources, spread 0.4" if key % 2 else ""
        return tuple(
            Fact(COLUMNS[n].label, str(v), "arxiv:2201.03545 [Table 1]", note) for n, v in row.items() if v is not None
        )

    def summary(self) -> str:
        """One line."""
        return f"{len(FAMILIES)} families, {self.count:,} backbones"

    def statistics(self) -> tuple[Fact, ...]:
        """A heading and a line."""
        return (Fact("things", ""), Fact("  backbones", f"{self.count:,} [/]"))

    def doubts(self) -> frozenset[int]:
        """One of them."""
        return frozenset({5})

    def ask(self, question: Callable[[Any], Any]) -> Any:
        """These rows are in no catalogue."""
        raise QueryError("made-up rows have no pages")

    def interrupt(self) -> None:
        """Stop waiting."""
        self._stop.set()

    def close(self) -> None:
        """Nothing to close."""

    def _comparisons(self, text: str) -> list[tuple[str, str, str]]:
        found, position = [], 0
        for clause in text.split(" and ") if text.strip() else ():
            match = COMPARISON.fullmatch(clause)
            if match is None:
                raise QueryError("expected a comparison such as params_m < 30", text, position, ())
            try:
                found.append((self.describe(match[1]).name, match[2], match[3]))
            except QueryError as error:
                raise QueryError(error.message, text, position + match.start(1), error.suggestions) from None
            position += len(clause) + 5
        return found


def _holds(value: Value, operator: str, wanted: str) -> bool:
    if value is None:
        return False
    if operator == "~" or isinstance(value, str):
        return wanted.lower() in str(value).lower() if operator == "~" else str(value) == wanted
    number = float(wanted)
    return value < number if operator == "<" else value > number if operator == ">" else value == number


class HeldExplorer(FakeExplorer):
    """Answers while it may: a test holds its answers back until it has seen what it wants."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.may_answer = threading.Event()
        self.delay_s = 1e-6

    def answer(self, view: View) -> Answer:
        """The rows of the view, once that is allowed."""
        assert self.may_answer.wait(60)
        return super().answer(view)


def slow(delay_s: float = 0.5, count: int = 1_500) -> FakeExplorer:
    """An explorer whose answers take time."""
    explorer = FakeExplorer(count)
    explorer.delay_s = delay_s
    return explorer
