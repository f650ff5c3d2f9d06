"""Lays own results into a copy of the catalogue: as results, settings and placements like all others.

Runs that differ in nothing but the seed are of one setting: the run with the median top-1 is the chosen one (of an even number
the lower), and the spread is their range. A data set is known by its name; where its images or their split changed, what was asked
for last has the plain name. On a data set of the catalogue's own results stand below what is reported. Nothing here depends on
the machine that does it: several may read one copy.
"""

from __future__ import annotations

import itertools
import sqlite3
from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Any

from backbones.store.transferring.own_data import rows_of
from backbones.store.transferring.own_names import Datasets, Known, known_of
from backbones.store.transferring.own_rows import READ, Own, alike, most_images, under_of
from backbones.store.transferring.ranks import COLLECTION, beside_reported, rank_of_run


def lay(connection: sqlite3.Connection) -> None:
    """Add all rows of the attached `measurements.measured_result` to the catalogue's own tables."""
    rows = [
        Own(*row)
        for row in connection.execute(f"select {', '.join(READ)} from measurements.measured_result order by id")
    ]
    datasets = Datasets(connection, rows, rows_of(connection, "measurements"))
    _Laid(connection, datasets).add(rows)
    datasets.declare()
    _declare_sources(connection, rows)


class _Laid:
    """The rows that are added, each thing once."""

    def __init__(self, connection: sqlite3.Connection, datasets: Datasets) -> None:
        self.connection, self.datasets = connection, datasets
        self._subjects: dict[tuple[str | None, ...], tuple[int, Known]] = {}
        self._conditions: dict[tuple[Any, ...], int] = {}
        self._settings: dict[tuple[int, int], int] = {}
        self._gmacs: dict[tuple[int | None, int | None], float] = dict(
            ((architecture, resolution), gmacs)
            for architecture, resolution, gmacs in connection.execute(
                "select architecture, resolution, min(gmacs) from compute group by 1, 2"
            )
        )
        self._next = {table: _ids(connection, table) for table in ("result", "condition", "mention", "setting")}

    def add(self, rows: Sequence[Own]) -> None:
        """Add results, and place them in their settings."""
        results, placed = [], []
        most = most_images(rows)
        for row in rows:
            dataset, under = self.datasets.name(row), under_of(row.conditions)
            subject, known = self._subject(row)
            setting = self._setting(row, dataset, subject, known, under.without_seed)
            source = f"probe:{row.host}" if row.host else "probe"
            number = next(self._next["result"])
            results.append((
                number, 0, subject, self._condition(row, dataset, known, row.conditions), row.task, dataset, row.metric, row.value, COLLECTION, source,
                _told(row, under.seed),
            ))  # fmt: skip
            rank = under.rank_beside(most[alike(row, under)])
            rank = beside_reported(rank) if self.datasets.is_of_catalog(row) else rank
            placed.append((setting, dataset, row, number, known, rank))
        self.connection.executemany(
            "insert into result (id, file, mention, condition, task, dataset, metric, value, collection, source, source_ref) "
            "values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            results,
        )
        self._place(placed)

    def _place(self, placed: Sequence[tuple[int, str, Own, int, Known, int]]) -> None:
        runs: dict[tuple[int, str], list[tuple[int, str, Own, int, Known, int]]] = defaultdict(list)
        for one in placed:
            runs[one[0], one[1]].append(one)
        rows, prominent = [], set()
        for group in runs.values():
            order = _order([row for _, _, row, *_ in group])
            spans: dict[tuple[str, str], list[float]] = defaultdict(list)
            for _, _, row, *_ in group:
                spans[row.metric, row.task].append(row.value)
            for setting, dataset, row, number, known, best in group:
                values = spans[row.metric, row.task]
                place = order[row.run]
                rows.append((
                    number, setting, known.checkpoint_id, dataset, row.metric, row.task, row.protocol, row.resolution, COLLECTION, row.value,
                    rank_of_run(best, place), 1, round(max(values) - min(values), 6), known.params_m,
                    self._gmacs.get((known.architecture, row.resolution)),
                ))  # fmt: skip
                if best > 0:
                    prominent.add(setting)
        self.connection.executemany(
            "insert into placement (result, setting, checkpoint_id, dataset, metric, task, protocol, resolution, collection, value, rank, "
            "n_sources, spread, params_m, gmacs) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            rows,
        )
        self.connection.executemany(
            "insert into prominence (setting, because) values (?, 'measured on your own images')",
            [(s,) for s in sorted(prominent)],
        )

    def _subject(self, row: Own) -> tuple[int, Known]:
        names = (row.backbone, row.checkpoint, row.weights)
        if names not in self._subjects:
            known = known_of(self.connection, row)
            number = next(self._next["mention"])
            self.connection.execute(
                "insert into mention (id, backbone, checkpoint, weights) values (?, ?, ?, ?)", [number, *names]
            )
            self.connection.execute("insert into subject values (?, ?, ?, ?, ?, ?)", [number, *known[:5]])
            self._subjects[names] = number, known
        return self._subjects[names]

    def _condition(self, row: Own, dataset: str, known: Known, said: str | None) -> int:
        """The stages of fine-tuning that the file went through, and the last one on the user's images where it is fine-tuned on them."""
        stages = (known.intermediate, known.fine_tuning)
        if row.protocol == "supervised":
            stages = (known.fine_tuning or known.intermediate, dataset)
        key = (row.protocol, row.resolution, *stages, said)
        if key not in self._conditions:
            self._conditions[key] = next(self._next["condition"])
            self.connection.execute(
                "insert into condition (id, protocol, resolution, intermediate_dataset, fine_tuning_dataset, conditions) "
                "values (?, ?, ?, ?, ?, ?)",
                [self._conditions[key], *key],
            )
        return self._conditions[key]

    def _setting(self, row: Own, dataset: str, subject: int, known: Known, said: str | None) -> int:
        key = (subject, self._condition(row, dataset, known, said))
        if key not in self._settings:
            self._settings[key] = next(self._next["setting"])
            self.connection.execute(
                "insert into setting values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                [self._settings[key], known.checkpoint_id, *key, known.original, known.backbone_id, known.architecture, row.resolution,
                 known.family, known.backbone, known.checkpoint, known.weights, known.published, known.pretraining_dataset],
            )  # fmt: skip
        return self._settings[key]


def _ids(connection: sqlite3.Connection, table: str) -> Iterator[int]:
    """Ids that follow those in use: lists are read by position."""
    return itertools.count(connection.execute(f"select coalesce(max(id), 0) + 1 from {table}").fetchone()[0])


def _order(rows: Sequence[Own]) -> dict[str, int]:
    """The place of each run of a setting: the one with the median top-1 first (the lower of two), then the newest."""
    tops = {row.run: row.value for row in rows if row.metric == "top_1"} or {row.run: row.value for row in rows}
    newest = {row.run: row.datetime_utc for row in rows}
    by_value = sorted(tops, key=lambda run: (tops[run], newest[run], run))
    median = by_value[(len(by_value) - 1) // 2]
    rest = sorted(newest.keys() - {median}, key=lambda run: (newest[run], run), reverse=True)
    return {run: place for place, run in enumerate([median, *rest])}


def _told(row: Own, seed: str | None) -> str:
    """`measured 2026-11-21; 95 % 90.1-93.4; seed 0`; the source says on which machine."""
    parts = [f"measured {row.datetime_utc[:10]}"]
    if row.low is not None and row.high is not None:
        parts.append(f"95 % {row.low:.2f}-{row.high:.2f}")
    if seed is not None:
        parts.append(f"seed {seed}")
    return "; ".join(parts)


def _declare_sources(connection: sqlite3.Connection, rows: Sequence[Own]) -> None:
    """The collection of own results, and each machine as a source."""
    if connection.execute("select 1 from collection where collection = ?", [COLLECTION]).fetchone() is None:
        connection.execute(
            "insert into collection (id, collection, title) select coalesce(max(id), 0) + 1, ?, 'measured by `backbones`' from collection",
            [COLLECTION],
        )
    for host in sorted({row.host for row in rows if row.host}):
        if connection.execute("select 1 from source where source = ?", [f"probe:{host}"]).fetchone() is None:
            connection.execute(
                "insert into source (id, source, title, kind) select coalesce(max(id), 0) + 1, ?, ?, 'measurement' from source",
                [f"probe:{host}", f"measured by `backbones transfer` on machine {host}"],
            )
