"""From a task to the metric that most of its results report, and what a wish can be made of."""

from __future__ import annotations

import shlex
import sqlite3
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final, NamedTuple

from backbones.store.advising.here import own_devices_of, own_precisions
from backbones.store.catalog import has_measurements
from backbones.store.compile import DEFAULT_ANCHOR, Compiler
from backbones.store.errors import QueryError
from backbones.store.explorer import Choice
from backbones.store.filters import Every, Filter, Some, clauses, parse_filter
from backbones.store.references import Reference
from backbones.store.text import closest, fold, slug
from backbones.store.this_machine import HERE
from backbones.store.vocabulary import HEADED_TASKS, METRICS, PROTOCOLS

NEARLY: Final = 0.9
"""Of metrics reported of about as many models the one with more results in the whole catalogue is taken: ImageNet-1k."""

_BY_PROTOCOL: Final = {"zero-shot": "zero-shot", "linear probing": "linear probing", "k-NN": "k-NN", "few-shot": "few-shot",
                       "robustness": "adversarial"}  # fmt: skip
"""Tasks that are classification under another protocol, and that protocol."""

_OTHER_WORDS: Final = {
    "zeroshotclassification": "zero-shot", "adversarial": "robustness", "adversarialrobustness": "robustness",
    "segmentation": "semantic segmentation", "objectdetection": "detection", "imageclassification": "classification",
    "pose": "keypoints", "poseestimation": "keypoints", "depth": "depth estimation", "knn": "k-NN",
}  # fmt: skip


_TASKS: Final = frozenset(m.task for m in METRICS.values()) | frozenset(_BY_PROTOCOL)


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody wants a backbone for: a task, hard limits, and what is to be as good as possible."""

    task: str = "classification"
    where: str = ""
    """A filter of the person's own; its clauses are hard limits like the others."""
    maximise: str = ""
    """A metric reference; empty: the one that most models of the task, data set and head report."""
    dataset: str = ""
    head: str = ""
    device: str = ""
    precision: str = ""
    min_img_s: float | None = None
    max_ms: float | None = None
    max_params_m: float | None = None
    max_memory_mib: float | None = None
    licence: str = ""
    """A class of licences, such as `permissive`."""
    is_installable: bool = False
    limit: int = 5
    per_setting: bool = False
    """A backbone may be on the list once for each of its settings."""

    def clauses(self) -> list[str]:
        """The limits as clauses of a filter, the person's own first; without that on the memory, see `Question.memory_clause`.

        QueryError for an own filter that cannot be read.
        """
        found = list(_separate(parse_filter(self.where)))
        keys = (("precision", self.precision),) if self.precision else ()
        if self.min_img_s is not None:
            found.append(f"{Reference('throughput', self.device, keys)} >= {self.min_img_s:.10g}")
        if self.max_ms is not None:
            found.append(f"{Reference('latency', self.device, keys)} <= {self.max_ms:.10g}")
        if self.max_params_m is not None:
            found.append(f"params_m <= {self.max_params_m:.10g}")
        if self.licence:
            found.append(f"licence_class = {self.licence}")
        if self.is_installable:
            found.append("installable = yes")
        return found

    @property
    def filter(self) -> str:
        """All clauses as one filter, for `query` and the first screen."""
        return " and ".join(self.clauses())

    def command(self) -> str:
        """The command line that asks the same."""
        words = ["backbones", "pick"]
        for name, (option, default) in _OPTIONS.items():
            value = getattr(self, name)
            if value != default:
                words += (
                    [option] if value is True else [option, f"{value:.10g}" if isinstance(value, float) else str(value)]
                )
        return shlex.join(words)

    @property
    def speed(self) -> Reference | None:
        """The speed that the question is about, where it names a device."""
        if not self.device:
            return None
        keys = (("precision", self.precision),) if self.precision else ()
        is_latency = self.max_ms is not None and self.min_img_s is None
        return Reference("latency" if is_latency else "throughput", self.device, keys)


def _separate(tree: Filter | None) -> Iterator[str]:
    """The clauses that all have to hold, as typed; each may stand between two `and`."""
    for part in clauses(tree):
        if isinstance(part, Every):
            yield from _separate(part)
        else:
            yield f"({part.text})" if isinstance(part, Some) else part.text


_OPTIONS: Final[dict[str, tuple[str, object]]] = {
    "task": ("--task", "classification"), "where": ("--where", ""), "maximise": ("--maximise", ""), "dataset": ("--dataset", ""),
    "head": ("--head", ""), "device": ("--device", ""), "precision": ("--precision", ""), "min_img_s": ("--min-img-s", None),
    "max_ms": ("--max-ms", None), "max_params_m": ("--max-params", None), "max_memory_mib": ("--max-memory", None),
    "licence": ("--licence", ""), "is_installable": ("--installable", False), "per_setting": ("--per-setting", False),
    "limit": ("--limit", 5),
}  # fmt: skip


class _Reported(NamedTuple):
    """A metric on a data set under a protocol, and of how many models it is reported."""

    metric: str
    dataset: str
    protocol: str
    models: int
    rows: int


def tasks(connection: sqlite3.Connection) -> tuple[Choice, ...]:
    """What there are results of, with the number of models, the most first."""
    rows = connection.execute(
        "select metric, protocol, count(distinct coalesce(checkpoint_id, -setting)) from placement where rank = 1 group by 1, 2"
    ).fetchall()
    found: dict[str, int] = {}
    named = {protocol: task for task, protocol in _BY_PROTOCOL.items()}
    for metric, protocol, models in rows:
        if metric in METRICS and (task := _task_of(metric, protocol, named)):
            found[task] = max(found.get(task, 0), models)
    return tuple(Choice(task, task, n) for task, n in sorted(found.items(), key=lambda item: (-item[1], item[0])))


def _task_of(metric: str, protocol: str, named: dict[str, str]) -> str | None:
    task = METRICS[metric].task
    return (task if protocol == "supervised" else named.get(protocol)) if task == "classification" else task


def known_task(connection: sqlite3.Connection, text: str) -> str:
    """The task that a text names; QueryError with suggestions."""
    if text in _TASKS:
        return text
    known = [choice.reference for choice in tasks(connection)]
    by_fold = {fold(task): task for task in known} | _OTHER_WORDS
    if (found := by_fold.get(fold(text))) in known:
        return str(found)
    raise QueryError(
        f"no task is called {text!r}; known: {', '.join(known)}", suggestions=closest(text, [*known, *PROTOCOLS])
    )


def metrics(connection: sqlite3.Connection, wish: Wish) -> tuple[Choice, ...]:
    """References to the metrics of the wish's task (and data set and head, where named), the first to be taken."""
    task = known_task(connection, wish.task)
    protocol = _BY_PROTOCOL.get(task)
    dataset = _named(connection, "dataset", wish.dataset)
    head = _named(connection, "head", wish.head)
    names = [name for name, metric in METRICS.items() if metric.task == ("classification" if protocol else task)]
    rows = connection.execute(
        "select metric, dataset, protocol, count(distinct coalesce(checkpoint_id, -setting)), count(*) from placement "
        f"where rank = 1 and dataset is not null and metric in ({','.join('?' * len(names))}) and (? = '' or protocol = ?) "
        "and (? = '' or dataset = ?) and (? = '' or head = ?) group by 1, 2, 3",
        [*names, *_twice(_protocol_of(task)), *_twice(dataset), *_twice(head)],
    )
    reported = [_Reported(*row) for row in rows]
    total: dict[tuple[str, str], int] = {}
    for metric, place, n in connection.execute(
        "select metric, dataset, count(*) from placement where rank = 1 group by 1, 2"
    ):
        total[metric, place] = n
    most = max((row.models for row in reported), default=0)
    reported.sort(key=lambda r: _order(r, most, total))
    found: dict[str, Choice] = {}
    for row in reported:
        keys = ((("protocol", row.protocol),) if row.protocol != "supervised" else ()) + (
            (("head", slug(head)),) if head else ()
        )
        reference = Reference(row.metric, slug(row.dataset), keys)
        found.setdefault(
            str(reference), Choice(str(reference), f"{METRICS[row.metric].label} {row.dataset}", row.models)
        )
    return tuple(found.values())


def _protocol_of(task: str) -> str:
    """The protocol that a task's results have to be of; empty: any."""
    return _BY_PROTOCOL.get(task, "supervised" if task == "classification" else "")


def _twice(value: str) -> tuple[str, str]:
    return value, value


def _order(row: _Reported, most: int, total: dict[tuple[str, str], int]) -> tuple[object, ...]:
    if row.models >= NEARLY * most:
        return (0, -total[row.metric, row.dataset], row.metric, row.dataset)
    return (1, -row.models, -row.rows, row.metric, row.dataset)


def metric_of(connection: sqlite3.Connection, wish: Wish) -> str:
    """The reference that a wish maximises; QueryError where the task has no results under these names."""
    if wish.maximise:
        return wish.maximise
    if found := metrics(connection, wish):
        return found[0].reference
    with_names = " ".join(w for w in (wish.dataset and f"on {wish.dataset}", wish.head and f"with {wish.head}") if w)
    raise QueryError(f"nothing is reported of {wish.task} {with_names}; name another data set or head")


def datasets(connection: sqlite3.Connection, wish: Wish) -> tuple[Choice, ...]:
    """Data sets that the task has results on, with the number of models."""
    return _distinct(connection, wish, "dataset")


def heads(connection: sqlite3.Connection, wish: Wish) -> tuple[Choice, ...]:
    """Heads that the task has results with; none for a task of the bare backbone."""
    return _distinct(connection, wish, "head") if known_task(connection, wish.task) in HEADED_TASKS else ()


def _distinct(connection: sqlite3.Connection, wish: Wish, column: str) -> tuple[Choice, ...]:
    task = known_task(connection, wish.task)
    other, given = ("head", wish.head) if column == "dataset" else ("dataset", wish.dataset)
    given = _named(connection, other, given)
    names = [n for n, metric in METRICS.items() if metric.task == ("classification" if task in _BY_PROTOCOL else task)]
    protocol = _protocol_of(task)
    rows = connection.execute(
        f"select {column}, count(distinct coalesce(checkpoint_id, -setting)) as n from placement "
        f"where rank = 1 and {column} is not null and metric in ({','.join('?' * len(names))}) "
        f"and (? = '' or protocol = ?) and (? = '' or {other} = ?) group by 1 order by n desc, 1",
        [*names, protocol, protocol, given, given],
    )
    return tuple(Choice(slug(name), name, n) for name, n in rows)


def devices(connection: sqlite3.Connection) -> tuple[Choice, ...]:
    """Devices with inference speeds, `here` first where this machine was measured, then its other devices."""
    own = own_devices_of(connection)
    known = {choice.label for choice in own[1:]}
    return (*own, *(c for c in _speeds(connection, "device", "", []) if c.label not in known))


def precisions(connection: sqlite3.Connection, device: str) -> tuple[Choice, ...]:
    """Precisions of a device's inference speeds, with the number of models."""
    if not device:
        return ()
    name = _named(connection, "device", device)
    own = own_precisions(connection, name)
    if name == HERE:
        return own
    reported = _speeds(connection, "precision", "and device = ?", [name])
    known = {choice.reference for choice in reported}
    return (*reported, *(choice for choice in own if choice.reference not in known))


def _speeds(connection: sqlite3.Connection, column: str, where: str, given: Iterable[object]) -> tuple[Choice, ...]:
    rows = connection.execute(
        f"select {column}, count(distinct mention) as n from fastest where mode = 'inference' and {column} is not null {where} "
        "group by 1 order by n desc, 1",
        list(given),
    )
    return tuple(
        Choice(slug(name.removeprefix("NVIDIA ").removeprefix("Intel ")) if column == "device" else name, name, n)
        for name, n in rows
    )


def licences(connection: sqlite3.Connection) -> tuple[Choice, ...]:
    """Classes of licences with the number of released files."""
    rows = connection.execute(
        "select licence_class, count(*) from released where licence_class is not null group by 1 order by 2 desc, 1"
    )
    return tuple(Choice(name, name, n) for name, n in rows)


def _named(connection: sqlite3.Connection, kind: str, text: str) -> str:
    """The catalogue's own spelling of a data set, head or device; empty stays empty."""
    if not text:
        return ""
    if kind == "head":
        row = connection.execute(
            "select entity from alias where kind = 'head' and folded = ? limit 1", [fold(text)]
        ).fetchone()
        if row is None:
            known = [name for (name,) in connection.execute("select name from alias where kind = 'head'")]
            raise QueryError(f"no head is called {text!r}", suggestions=closest(text, known))
        return str(row[0])
    name = "top_1" if kind == "dataset" else "throughput"
    return Compiler(connection, DEFAULT_ANCHOR, has_measurements(connection)).place(kind, Reference(name, text))
