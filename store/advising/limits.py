"""One question to the catalogue for an advice: every candidate, which limits it meets, and which it would meet if they were looser.

Each clause that has to hold is a limit. A number's limit is loosened by a tenth; anything else is left out.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from backbones.store.advising.here import about_here
from backbones.store.advising.scope import Scope, one_test
from backbones.store.advising.task import Wish
from backbones.store.catalog import has_measurements
from backbones.store.compile import Compiler
from backbones.store.conditions import Conditions
from backbones.store.errors import QueryError
from backbones.store.filters import Comparison, Filter, clauses, parse_filter, references_of
from backbones.store.fragment import Fragment
from backbones.store.measured_backbones import MEASURED
from backbones.store.measuring.current import CURRENT
from backbones.store.references import Reference, parse_reference
from backbones.store.rows import Column
from backbones.store.vocabulary import METRICS

COSTS: Final = ("throughput", "latency", "peak_memory", "gmacs", "params_m")
"""What is paid for the gain, where the question names it; parameters always."""
MEMORY: Final = Reference("memory_mib")
_MEMORY_COLUMN: Final = Column("memory_mib", "memory MiB", "number", "MiB", False, 0)
LOOSER: Final = 0.1
_OWNER: Final = (Reference("backbone"), Reference("checkpoint"), Reference("family"))


@dataclass(frozen=True, slots=True)
class Limit:
    """A clause that has to hold, and the same a tenth looser."""

    number: int
    text: str
    what: str
    """What has to be known to judge it."""
    loosened: str
    bound: str = ""
    """The bound as it is, where the clause compares with a number."""
    met: Fragment | None = None
    relaxed: Fragment | None = None
    """None: left out."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A row that has the maximised metric."""

    key: int
    values: tuple[Any, ...]
    """Of the metric and the costs."""
    verdicts: tuple[bool | None, ...]
    """Of each limit; None: nobody says."""
    relaxed: tuple[bool, ...]
    """Whether it meets each limit once that is looser."""
    names: tuple[Any, ...]

    @property
    def meets(self) -> bool:
        """Every limit."""
        return all(self.verdicts)

    @property
    def may_meet(self) -> bool:
        """No limit is broken, as far as is known."""
        return False not in self.verdicts

    def meets_without(self, number: int) -> bool:
        """Every limit but one."""
        return all(verdict for i, verdict in enumerate(self.verdicts) if i != number)

    @property
    def owner(self) -> Any:
        """The backbone, or what comes nearest to one."""
        return next((name for name in self.names if name is not None), self.key)


class Question:
    """A wish compiled against one catalogue."""

    def __init__(self, connection: sqlite3.Connection, wish: Wish, maximise: str) -> None:
        self.connection, self.wish = connection, wish
        anchor = parse_reference(maximise)
        if not anchor.is_metric:
            raise QueryError(f"{maximise} is no metric; --maximise takes one, as top_1@imagenet-1k", maximise)
        if (wish.min_img_s is not None or wish.max_ms is not None) and not wish.device:
            raise QueryError("a limit on the speed needs a device, as --device v100")
        self.measured = has_measurements(connection)
        tree = parse_filter(wish.filter)
        asked = list(dict.fromkeys(references_of(tree)))
        is_open = "conditions" not in {reference.name for reference in asked}
        self.scope = one_test(connection, anchor, self.measured) if is_open else Scope(anchor)
        anchor, kept_out = self.scope.reference, parse_filter(self.scope.clause)
        self.compiler = Compiler(connection, anchor, self.measured)
        self.references = [anchor, *self._costs(asked)]
        known = list(dict.fromkeys([*self.references, *asked, *references_of(kept_out), *_OWNER]))
        self.names = {reference: f"v{i}" for i, reference in enumerate(known)}
        self.conditions = Conditions(self.compiler, self.names, wish.filter)
        self.columns = tuple(_MEMORY_COLUMN if r == MEMORY else self.compiler.column(r) for r in self.references)
        self.directions = [column.higher_is_better is not False for column in self.columns]
        self.limits = self._limits(tree)
        self.kept_out = self.conditions.condition(kept_out) if kept_out else Fragment("1")

    def _costs(self, asked: Sequence[Reference]) -> list[Reference]:
        """Costs that the question names, in its order; parameters last."""
        named = [r for r in asked if r.name in COSTS and r.name != "params_m"]
        speed = self.wish.speed
        if speed is not None and all(not r.is_speed or self._device(r) != self._device(speed) for r in named):
            named.append(speed)
        if self.wish.max_memory_mib is not None:
            named.append(MEMORY)
        once = {(r.name, r.is_speed and self._device(r), r.keys): r for r in reversed(named)}
        return [*reversed(once.values()), Reference("params_m")]

    def _device(self, reference: Reference) -> str:
        """The device's own name: `v100` and `nvidia-v100` are one."""
        return self.compiler.place("device", reference)

    # ---- limits

    def _limits(self, tree: Filter | None) -> list[Limit]:
        found = [self._limit(i, part) for i, part in enumerate(clauses(tree))]
        if (most := self.wish.max_memory_mib) is not None:
            name, looser = self.names[MEMORY], most * (1 + LOOSER)
            found.append(
                Limit(
                    len(found), f"memory_mib <= {most:.10g}", "memory in MiB", f"memory_mib <= {looser:.10g}", f"{most:.10g}",
                    Fragment(f"{name} <= ?", [most]), Fragment(f"{name} <= ?", [looser]),
                )
            )  # fmt: skip
        return found

    def _limit(self, number: int, part: Filter) -> Limit:
        met, text = self.conditions.condition(part), part.text
        what = " or ".join(str(r) for r in dict.fromkeys(references_of(part)))
        looser = self._looser(part)
        if looser is None:
            return Limit(number, text, what, f"without `{text}`", "", met, None)
        assert isinstance(part, Comparison)
        bound = f"{_number(part.values[0]):.10g}"
        return Limit(number, text, what, looser.text, bound, met, self.conditions.condition(looser))

    def _looser(self, part: Filter) -> Comparison | None:
        """The clause with its bound a tenth further; None where it compares with no number, or with 0."""
        if not isinstance(part, Comparison) or part.operator not in ("<", "<=", ">", ">="):
            return None
        if self.compiler.column(part.reference).kind != "number" or not (bound := _number(part.values[0])):
            return None
        away = abs(bound) * LOOSER
        value = f"{bound + away if part.operator[0] == '<' else bound - away:.6g}"
        return replace(part, values=(value,), text=f"{part.reference} {part.operator} {value}")

    # ---- rows

    def rows(self) -> list[Candidate]:
        """Every candidate, the best first."""
        parts = [(self._value(reference), name) for reference, name in self.names.items()]
        selected = ", ".join(f"{p.sql} as {name}" for p, name in parts)
        base = self.compiler.base(selected)
        tests = [f for limit in self.limits for f in (limit.met, limit.relaxed or Fragment("1")) if f is not None]
        judged = "".join(f", {test.sql}" for test in tests)
        names = ", ".join(self.names[r] for r in (*self.references, *_OWNER))
        order = "desc" if self.directions[0] else "asc"
        sql = (
            f"with candidate as materialized (select p.result as key, {selected} {base.sql}) "
            f"select key, {names}{judged} from candidate where v0 is not null and {self.kept_out.sql} order by v0 {order}, key"
        )
        given = (
            [v for p, _ in parts for v in p.parameters]
            + base.parameters
            + [v for test in tests for v in test.parameters]
            + self.kept_out.parameters
        )
        a = 1 + len(self.references)
        b = a + len(_OWNER)
        return [
            Candidate(
                row[0], row[1:a], tuple(None if v is None else bool(v) for v in row[b::2]), tuple(bool(v) for v in row[b + 1 :: 2]), row[a:b]
            )
            for row in self.connection.execute(sql, given)
        ]  # fmt: skip

    def _value(self, reference: Reference) -> Fragment:
        return self._memory() if reference == MEMORY else self.compiler.value(reference)

    def _memory(self) -> Fragment:
        """Memory measured or reported of the model on the device (any, where none is named), else of the row's own setting."""
        measured: list[Fragment] = []
        if self.wish.device:
            measured.append(self.compiler.value(self._peak_memory()))
        else:
            measured.append(
                Fragment(
                    "(select min(x.peak_memory_mib) from timed u join fastest x on x.mention = u.mention "
                    "where u.backbone_id = t.backbone_id and x.mode = 'inference' and x.resolution = t.resolution)"
                    if METRICS[self.compiler.anchor.name].is_classification
                    else "null"
                )
            )
            if self.measured:
                measured.append(
                    Fragment(
                        f"(select min(x.peak_memory_mib) from {CURRENT} x join {MEASURED} o on o.name = x.backbone "
                        "where o.architecture = t.architecture and x.fused = 0 and x.mode = 'inference' and x.head is p.head and x.resolution = t.resolution)"
                    )
                )
        measured.append(
            Fragment(
                "(select min(x.memory_mib) from cost x where x.mention = r.mention and x.collection = r.collection "
                "and x.head is p.head and (x.setting is k.setting or x.source_ref = r.source_ref))"
            )
        )
        return Fragment(f"coalesce({', '.join(m.sql for m in measured)})", [v for m in measured for v in m.parameters])

    @property
    def memory_reference(self) -> Reference:
        """The memory that is meant: that on the device, where one is named."""
        return self._peak_memory() if self.wish.device else MEMORY

    def _peak_memory(self) -> Reference:
        keys = (("precision", self.wish.precision),) if self.wish.precision else ()
        return Reference("peak_memory", self.wish.device, keys)

    @property
    def memory_clause(self) -> str | None:
        """The limit on the memory as `query` takes it; empty: there is none. None: no column holds that memory, as the least of
        several devices is meant.
        """
        if (most := self.wish.max_memory_mib) is None:
            return ""
        reported = f"{MEMORY} <= {most:.10g}"
        if self.wish.device:
            peak = self._peak_memory()
            return f"({peak} <= {most:.10g} or ({peak} = none and {reported}))"
        is_reported = not METRICS[self.compiler.anchor.name].is_classification and not self.measured
        return reported if is_reported else None

    # ---- words

    def name(self, row: Candidate) -> str:
        """What a candidate is called."""
        backbone, checkpoint, family = row.names
        return str(checkpoint or backbone or family or f"row {row.key}")

    def notes(self, candidates: Sequence[Candidate]) -> tuple[str, ...]:
        """What a reader should know of these numbers."""
        found = [
            *([self.scope.note] if self.scope.note else []),
            *about_here(self, candidates),
        ]
        if self.wish.max_memory_mib is not None:
            at = self.references.index(MEMORY)
            known = sum(row.values[at] is not None for row in candidates)
            found.append(
                f"memory is known only where it was measured or reported: of {known:,} of {len(candidates):,} rows; "
                "what repositories of detectors and segmenters report is that of training"
            )
        if self.memory_clause is None:
            found.append("`query` has no column of the least memory on any device: its command leaves this limit out")
        return tuple(found)


def _number(text: str) -> float | None:
    """The number of a bound such as `1_000`, `30M` or `83%`."""
    found = re.match(r"[-+]?[\d.]+(?:e[-+]?\d+)?", text.replace("_", "").strip(), re.IGNORECASE)
    try:
        return float(found.group()) if found else None
    except ValueError:
        return None
