"""What the names of own results stand for in the catalogue: models that it knows, and data sets of the user's."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from backbones.store.measurements import OF_THE_USER
from backbones.store.text import fold, printable
from backbones.store.transferring.laid_in import has_own
from backbones.store.transferring.own_data import OwnData
from backbones.store.transferring.own_rows import Own
from backbones.store.transferring.ranks import COLLECTION
from backbones.store.transferring.versions import Version, key_of, versions_of


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
    """The names of the user's data sets in the catalogue.

    A data set of the user's is one of the catalogue's only where the images were compared with it and agreed (`--dataset`);
    else a name that the catalogue knows gets "(yours)" behind it. The split that was asked for last has the plain name.
    """

    def __init__(self, connection: sqlite3.Connection, rows: Sequence[Own], asked: Iterable[OwnData] = ()) -> None:
        self.connection = connection
        self._taken = {f for (f,) in connection.execute("select distinct folded from alias where kind = 'dataset'")}
        self._names: dict[tuple[str, str], str] = {}
        self._details: dict[str, str | None] = {}
        self._of_catalog: set[str] = set()
        asked = list(asked)
        self._asked = {key_of(one.data, one.data_hash): one for one in sorted(asked, key=lambda one: one.asked)}
        versions = versions_of([(row.dataset, row.data_hash, row.datetime_utc) for row in rows], asked)
        self._said = {
            key_of(row.dataset, row.data_hash): row.details for row in sorted(rows, key=lambda row: row.datetime_utc)
        }
        self._join(versions.values())
        for of_one_name in versions.values():
            self._name(of_one_name)

    def _join(self, versions: Iterable[Sequence[Version]]) -> None:
        """Give those that are a data set of the catalogue's its name: of different images the ones asked for last."""
        latest: dict[str, Version] = {}
        every = [one for each in versions for one in each if (one.dataset in self._known())]
        for one in every:
            if one.dataset not in latest or one.asked > latest[one.dataset].asked:
                latest[one.dataset] = one
        for one in every:
            if one.data_hash == latest[one.dataset].data_hash:
                self._names[one.key] = one.dataset
                self._of_catalog.add(one.dataset)

    def _known(self) -> frozenset[str]:
        return frozenset(name for (name,) in self.connection.execute("select dataset from dataset"))

    def _name(self, versions: Sequence[Version]) -> None:
        """Names of one name's images and splits, those asked for last first; they have the plain one."""
        left = [one for one in versions if one.key not in self._names]
        if not left:
            return
        last = left[0]
        plain = self._free(printable(last.data).strip(), OF_THE_USER, last.data_hash)
        for one in left:
            name = plain
            if one is not last:
                name = self._free(plain + one.apart(last.images_hash), "", one.data_hash)
            self._taken.add(fold(name))
            self._names[one.key] = name
            self._details[name] = self._said[one.key]

    def _free(self, name: str, ending: str, data_hash: str) -> str:
        """A name that nothing else has."""
        if fold(name) and fold(name) in self._taken and ending:
            name += ending
        if fold(name) and fold(name) in self._taken:
            name += f" {data_hash[:8]}"
        return name

    def name(self, row: Own) -> str:
        """The data set of a row."""
        return self._names[key_of(row.dataset, row.data_hash)]

    def is_of_catalog(self, row: Own) -> bool:
        """Whether it is one of the catalogue's."""
        return self.name(row) in self._of_catalog

    def declare(self) -> None:
        """Make those known that are not yet, and note which of the user's is which."""
        first = self.connection.execute("select coalesce(max(id), 0) + 1 from dataset").fetchone()[0]
        last_alias = self.connection.execute("select coalesce(max(id), 0) from alias").fetchone()[0]
        noted = {name: self._asked.get(key) for key, name in self._names.items()}
        for offset, (name, details) in enumerate(self._details.items()):
            said, split = json.loads(details or "{}"), noted[name]
            self.connection.execute(
                "insert into dataset (id, dataset, tasks, classes, train_images, test_images) values (?, ?, 'classification', ?, ?, ?)",
                [first + offset, name, said.get("classes"), split and split.train_images, said.get("images")],
            )
            self.connection.execute(
                "insert into alias (id, name, folded, entity, entity_id, kind, source) values (?, ?, ?, ?, ?, 'dataset', ?)",
                [last_alias + offset + 1, name, fold(name), name, first + offset, COLLECTION],
            )
            self.connection.execute(
                "insert into alias_fts (rowid, name) values (?, ?)", [last_alias + offset + 1, name]
            )
        self.connection.execute(
            "create table own_dataset (folded text, data_hash text, dataset text, is_known integer, val_images integer, split text)"
        )
        self.connection.executemany(
            "insert into own_dataset values (?, ?, ?, ?, ?, ?)",
            [
                (*key, name, int(name in self._of_catalog), asked and asked.val_images, asked and asked.split)
                for key, name in self._names.items()
                for asked in (self._asked.get(key),)
            ],
        )


def own_dataset(connection: sqlite3.Connection, data: str, data_hash: str) -> tuple[str, bool] | None:
    """What the user's images are called in the catalogue, and whether that is one of its own data sets; None: unknown."""
    if connection.execute("select 1 from main.sqlite_master where name = 'own_dataset'").fetchone() is None:
        return None
    found = connection.execute(
        "select dataset, is_known from main.own_dataset where folded = ? and data_hash = ?", key_of(data, data_hash)
    ).fetchone()
    return None if found is None else (str(found[0]), bool(found[1]))


def own_split(connection: sqlite3.Connection, dataset: str) -> tuple[int | None, str | None]:
    """Of a data set of the user's own, how many images there are to choose on, and where the split comes from, as far as it was noted."""
    if not has_own(connection):
        return None, None
    found = connection.execute(
        "select val_images, split from main.own_dataset where dataset = ? and not is_known", [dataset]
    ).fetchone()
    return (None, None) if found is None else (found[0] or None, found[1])


def catalog_dataset(connection: sqlite3.Connection, name: str) -> str | None:
    """The catalogue's own data set of that name, in any spelling; None where there is none, or it is the user's."""
    found = connection.execute(
        "select entity from alias where kind = 'dataset' and folded = ? and source is not ? order by name = ? desc limit 1",
        [fold(name), COLLECTION, name],
    ).fetchone()
    return None if found is None else str(found[0])


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
