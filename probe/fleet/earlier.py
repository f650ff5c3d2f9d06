"""What is known before a shard begins: visits that stand in the head's measurements, handed along with the shards."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from pathlib import Path

from backbones.probe.speed.resuming import kept_in
from backbones.store.measuring.coding import COLUMNS
from backbones.store.measuring.file import reading, writing
from backbones.store.measuring.keeping import add_all
from backbones.store.measuring.visit import Task, Visit


def hand_along(measurements: Path, tasks: Iterable[Task], file: Path) -> int:
    """Copy all visits to the models of some tasks into a file of its own; how many it holds.

    Which of them count a node finds out by their keys: only there it is known under which conditions it measures.
    """
    models = sorted({task.model for task in tasks})
    with reading(measurements) as connection:
        if connection is None:
            return 0
        sql = f"select {', '.join(COLUMNS)} from visit where model in (select value from json_each(?))"
        rows = connection.execute(sql, [json.dumps(models)]).fetchall()
    if rows:
        with writing(file) as connection:
            for _ in add_all(connection, rows):
                pass
    return len(rows)


def kept_in_all(files: Iterable[Path], retry: bool = False) -> Callable[[str], list[Visit]]:
    """For `Run`: what several files keep of a key, each visit once. A failure counts only where nothing went well in any."""
    looks = [kept_in(file, retry) for file in files]

    def earlier(key: str) -> list[Visit]:
        found = {(visit.round, visit.started): visit for look in looks for visit in look(key)}
        well = [visit for visit in found.values() if visit.status == "ok"]
        return sorted(well or found.values(), key=lambda visit: visit.moment)

    return earlier
