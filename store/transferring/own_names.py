"""What the names of own results stand for in the catalogue: models that it knows, and data sets of the user's."""

from __future__ import annotations

import json
import sqlite3
from collections import defaultdict
from collections.abc import Sequence
from typing import NamedTuple

from backbones.store.text import fold, printable
from backbones.store.transferring.own_rows import Own
from backbones.store.transferring.ranks import COLLECTION


class Known(NamedTuple):
    """What the names of an own result stand for in the catalogue, as a row of `subject`, and what its settings say of it."""

    family_id: int | None
    backbone_id: int | None
    architecture: int | None
    checkpoint_id: int | None
    weights_id: int | None
    original: int | None
    """The weights whose copy these are, or themselves."""
    family: str | None = None
    backbone: str | None = None
    checkpoint: str | None = None
    weights: str | None = None
    published: str | None = None
    pretraining_dataset: str | None = None
    intermediate: str | None = None
    fine_tuning: str | None = None
    params_m: float | None = None


class Datasets:
    """The names of the user's data sets in the catalogue."""

    def __init__(self, connection: sqlite3.Connection, rows: Sequence[Own]) -> None:
        self.connection = connection
        latest: dict[str, dict[str, tuple[str, str, str | None]]] = defaultdict(dict)
        for row in rows:
            versions = latest[fold(row.dataset) or row.dataset]
            said = (row.datetime_utc, row.dataset, row.details)
            versions[row.data_hash or ""] = max(versions.get(row.data_hash or "", said), said)
        self._names: dict[tuple[str, str], str] = {}
        self._details: dict[str, str | None] = {}
        for folded, versions in latest.items():
            order = sorted(versions, key=lambda version: versions[version], reverse=True)
            found = connection.execute(
                "select entity from alias where kind = 'dataset' and folded = ? order by name = ? desc limit 1",
                [folded, versions[order[0]][1]],
            ).fetchone()
            plain = found[0] if found else printable(versions[order[0]][1]).strip()
            for version in order:
                name = plain if version == order[0] else f"{plain} ({version[:8] or 'earlier'})"
                self._names[folded, version] = name
                self._details[name] = versions[version][2]

    def name(self, row: Own) -> str:
        """The data set of a row."""
        return self._names[fold(row.dataset) or row.dataset, row.data_hash or ""]

    def declare(self) -> None:
        """Make those known that are not yet."""
        known = {fold(name) for (name,) in self.connection.execute("select dataset from dataset")}
        first = self.connection.execute("select coalesce(max(id), 0) + 1 from dataset").fetchone()[0]
        last_alias = self.connection.execute("select coalesce(max(id), 0) from alias").fetchone()[0]
        new = [name for name in self._details if fold(name) not in known]
        for offset, name in enumerate(new):
            said = json.loads(self._details[name] or "{}")
            self.connection.execute(
                "insert into dataset (id, dataset, tasks, classes, test_images) values (?, ?, 'classification', ?, ?)",
                [first + offset, name, said.get("classes"), said.get("images")],
            )
            self.connection.execute(
                "insert into alias (id, name, folded, entity, entity_id, kind, source) values (?, ?, ?, ?, ?, 'dataset', ?)",
                [last_alias + offset + 1, name, fold(name), name, first + offset, COLLECTION],
            )
            self.connection.execute(
                "insert into alias_fts (rowid, name) values (?, ?)", [last_alias + offset + 1, name]
            )


def known_of(connection: sqlite3.Connection, row: Own) -> Known:
    """What the catalogue knows under the names of a row; nothing of a name that it does not know."""
    weights = _entity(connection, "weights", row.weights)
    released = (None,) * 6
    if weights is not None:
        released = connection.execute(
            "select id, coalesce(copy_of, id), checkpoint_id, backbone_id, intermediate_dataset, fine_tuning_dataset from released where id = ?",
            [weights],
        ).fetchone()
    weights_id, original, checkpoint_id, backbone_id, intermediate, fine_tuning = released
    checkpoint_id = checkpoint_id or _entity(connection, "checkpoint", row.checkpoint)
    checkpoint, pretrained_on, its_backbone = (
        connection.execute("select checkpoint, pretraining_dataset, backbone_id from checkpoint where id = ?", [checkpoint_id]).fetchone()
        or (None,) * 3
    )  # fmt: skip
    backbone_id = backbone_id or its_backbone or _entity(connection, "backbone", row.backbone)
    backbone, family_id, architecture, params = (
        connection.execute("select backbone, family_id, architecture, params_m from backbone where id = ?", [backbone_id]).fetchone()
        or (None,) * 4
    )  # fmt: skip
    family, published = (
        connection.execute("select family, published from family where id = ?", [family_id]).fetchone() or (None,) * 2
    )
    name = connection.execute("select weights from released where id = ?", [original]).fetchone()
    return Known(
        family_id, backbone_id, architecture, checkpoint_id, weights_id, original, family, backbone or row.backbone, checkpoint,
        name[0] if name else row.weights, published, pretrained_on, intermediate, fine_tuning, params,
    )  # fmt: skip


def _entity(connection: sqlite3.Connection, kind: str, name: str | None) -> int | None:
    if name is None:
        return None
    found = connection.execute(
        "select entity_id from alias where kind = ? and folded = ? order by name = ? desc limit 1",
        [kind, fold(name), name],
    ).fetchone()
    return None if found is None else int(found[0])
