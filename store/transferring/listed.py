"""What was evaluated, as rows to print, and what of it shall be forgotten."""

from __future__ import annotations

import fnmatch
import json
import re
import sqlite3
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Final, NamedTuple

from backbones.store.errors import BackbonesError
from backbones.store.measurements import OF_THE_USER
from backbones.store.rows import Column, Rows
from backbones.store.text import fold
from backbones.store.transferring.keeping import reading, refresh, writing
from backbones.store.transferring.own_data import forget_unused, rows_of
from backbones.store.transferring.versions import endings, key_of, versions_of

_SQL: Final = """
  select o.id, o.data, o.model, o.weights, o.protocol, nullif(o.shots, 0) as shots, o.status, json_extract(o.facts, '$.scores.top_1') as top_1,
    json_extract(o.facts, '$.scores.top_1_low') as low, json_extract(o.facts, '$.scores.top_1_high') as high,
    json_extract(o.facts, '$.scores.balanced_accuracy') as balanced_accuracy, json_extract(o.facts, '$.scores.macro_f1') as macro_f1,
    json_extract(o.facts, '$.scores.top_5') as top_5, json_extract(o.facts, '$.scores.images') as test_images,
    json_extract(o.facts, '$.cost.extraction_img_s') as extraction_img_s,
    json_extract(o.facts, '$.cost.model_img_s') as model_img_s,
    coalesce(json_extract(o.facts, '$.cost.features_s'), nullif(json_extract(o.facts, '$.cost.extraction_s'), 0)) as extraction_s,
    json_extract(o.facts, '$.cost.training_s') as training_s,
    json_extract(o.facts, '$.cost.peak_memory_mib') as peak_memory_mib, o.resolution, o.precision, o.seed, nullif(o.recipe, '') as recipe,
    nullif(json_extract(o.facts, '$.chosen'), '') as chosen, nullif(json_extract(o.facts, '$.evaluation.details'), '') as details,
    (select group_concat(value, ',') from json_each(o.facts, '$.cautions')) as cautions, nullif(json_extract(o.facts, '$.error'), '') as error,
    (select group_concat(value, '; ') from json_each(o.facts, '$.notes')) as notes,
    o.device, o.started, o.host, o.data_hash, o.key
  from outcome o where (o.model glob ? or ? = '') and o.id in (select value from json_each(?)) and instr(lower(o.device), lower(?)) > 0
  order by o.data, o.protocol, o.shots, top_1 is null, top_1 desc, o.model, o.started"""

_NUMBERS: Final[dict[str, tuple[str, str, int | None]]] = {
    "shots": ("shots", "", 0), "top_1": ("top-1", "percent", 2), "low": ("from", "percent", 2), "high": ("to", "percent", 2),
    "balanced_accuracy": ("balanced", "percent", 2), "macro_f1": ("macro-F1", "percent", 2), "top_5": ("top-5", "percent", 2),
    "test_images": ("test images", "", 0), "extraction_img_s": ("img/s", "img/s", 1),
    "model_img_s": ("model img/s", "img/s", 1), "extraction_s": ("extraction s", "s", 1), "training_s": ("fitting s", "s", 1),
    "peak_memory_mib": ("MiB", "MiB", 0), "resolution": ("res", "px", 0), "seed": ("seed", "", 0),
}  # fmt: skip
_BETTER: Final = frozenset(("top_1", "balanced_accuracy", "macro_f1", "top_5", "extraction_img_s", "model_img_s"))


def listed_outcomes(path: Path, models: str = "", data: str = "", device: str = "") -> Rows:
    """All outcomes, the best first within a data set and protocol; `models` is a pattern as `resnet*`, `data` a name
    in any spelling or a pattern with `*`, `device` a part of a name.

    Of several sets of images under one name all but the one asked for last are called as the views call them.
    """
    with reading(path) as connection:
        if connection is None:
            return Rows((), ())
        names = _names(connection)
        numbers = _named(data, names)
        cursor = connection.execute(_SQL, [models, models, json.dumps(numbers), device])
        columns = tuple(_column(d[0]) for d in cursor.description[1:])
        rows = [(names[row[0]].full, *row[2:]) for row in cursor]
    rows.sort(key=lambda row: row[0])  # the order within stays
    return Rows(columns, tuple(rows))


def outcomes_to_forget(
    path: Path, models: str = "", data: str = "", device: str = "", before: str = "", failed: bool = False
) -> list[tuple[int, str, str]]:
    """Outcomes that answer to all that is named, as for a list: id, key and model. BackbonesError where nothing is named."""
    if not (models or data or device or before or failed):
        raise BackbonesError("say which outcomes: a model or pattern, --data, --device, --before or --failed")
    with reading(path) as connection:
        if connection is None:
            return []
        rows = connection.execute("select id, key, model, device, started, status from outcome order by id").fetchall()
        wanted = set(_named(data, _names(connection)))
    return [
        (number, key, model)
        for number, key, model, own_device, started, status in rows
        if (not models or fnmatch.fnmatchcase(model, models))
        and number in wanted
        and device.casefold() in own_device.casefold()
        and (not before or started < before)
        and (not failed or status != "ok")
    ]


def sets_of_images(path: Path, found: list[tuple[int, str, str]]) -> dict[str, int]:
    """How many of these outcomes are about which set of images, by the name that a list gives it."""
    with reading(path) as connection:
        names = {} if connection is None else _names(connection)
    return dict(sorted(Counter(names[number].full for number, _, _ in found if number in names).items()))


def forget_outcomes(path: Path, found: list[tuple[int, str, str]]) -> int:
    """Take these outcomes away and make the results of their keys anew; how many went."""
    with writing(path) as connection:
        gone = sum(
            connection.execute("delete from outcome where id = ? and key = ?", [number, key]).rowcount
            for number, key, _ in found
        )
        refresh(connection, sorted({key for _, key, _ in found}))
        forget_unused(connection)
    return gone


class _Name(NamedTuple):
    """What the images of an outcome are called."""

    data: str
    """As the user named them."""
    full: str
    """As the views call them, where others have the plain name."""


def _names(connection: sqlite3.Connection) -> dict[int, _Name]:
    """By the id of the outcome."""
    rows = connection.execute("select id, data, data_hash, started, status from outcome").fetchall()
    with_results = {key_of(row[1], row[2]) for row in rows if row[4] == "ok"}
    ending = endings(versions_of([row[1:4] for row in rows], rows_of(connection)).values(), with_results)
    return {number: _Name(data, data + ending[key_of(data, data_hash)]) for number, data, data_hash, *_ in rows}


def _named(data: str, names: Mapping[int, _Name]) -> list[int]:
    """The ids of those that are meant: of that very name, else of one that is spelt otherwise, or that fits a pattern with `*`."""
    if not data:
        return list(names)
    if "*" in data:
        pattern = re.compile(".*".join(re.escape(part) for part in data.casefold().split("*")), re.DOTALL)
        return [i for i, name in names.items() if any(pattern.fullmatch(each.casefold()) for each in name)]
    said = {data, data.replace(OF_THE_USER, "", 1)}  # as the views call what the catalogue has something else for
    if exact := [i for i, name in names.items() if said & set(name)]:
        return exact
    folded = {fold(each) for each in said} - {""}
    return [i for i, name in names.items() if folded & {fold(each) for each in name}]


def _column(name: str) -> Column:
    if name in _NUMBERS:
        label, unit, decimals = _NUMBERS[name]
        return Column(name, label, "number", unit, True if name in _BETTER else None, decimals)
    return Column(name, name.replace("_", " "))
