"""What a name stands for, and the page about it."""

from __future__ import annotations

import re
import sqlite3
from dataclasses import replace
from typing import Final

from backbones.store.errors import UnknownName
from backbones.store.measured_backbones import device_here
from backbones.store.page import Page
from backbones.store.sections.owner import Owner
from backbones.store.sections.tables import is_facts
from backbones.store.text import closest, fold

KINDS: Final = ("family", "checkpoint", "weights", "backbone", "dataset", "head", "device", "source", "collection")
"""In the order in which a name is looked up."""


_OWN_FILE: Final = re.compile(r"(.+) \(file [0-9a-f]{16}\)")
"""What results call a file of weights of the user's own: it stands for its backbone."""


def find(connection: sqlite3.Connection, name: str, kind: str | None = None) -> tuple[str, str, int]:
    """kind, name and id of what a name stands for; an exact spelling wins. UnknownName with suggestions."""
    rows = connection.execute(
        "select kind, entity, entity_id, name from alias where folded = ?", [fold(name)]
    ).fetchall()
    for table in ("source", "collection"):
        rows += connection.execute(
            f"select '{table}', {table}, id, {table} from {table} where fold({table}) = ?", [fold(name)]
        ).fetchall()
    rows = [r for r in rows if kind is None or r[0] == kind] or _undeclared(connection, name, kind)
    if not rows and kind in (None, "weights", "backbone") and (own := _OWN_FILE.fullmatch(name)):
        return find(connection, own[1], "backbone")
    if not rows:
        raise UnknownName(
            name,
            kind or "family, backbone, checkpoint, weights, data set, head, device or source",
            _suggest(connection, name, kind),
        )
    rows.sort(key=lambda r: (KINDS.index(r[0]), r[3] != name))
    return rows[0][0], rows[0][1], rows[0][2]


def _undeclared(connection: sqlite3.Connection, name: str, kind: str | None) -> list[tuple[str, str, int, str]]:
    """Data sets that only trainings name, devices that only measurements know, this machine: they have no id."""
    from backbones.store.sections.device import measured_device
    from backbones.store.sections.pretraining import is_pretraining
    from backbones.store.this_machine import HERE, is_here

    if kind in (None, "device") and is_here(name):
        return [("device", device_here(connection) or HERE, 0, name)]

    for found, own_name in (("dataset", is_pretraining), ("device", measured_device)):
        if kind in (None, found) and (entity := own_name(connection, fold(name))) is not None:
            return [(found, entity, 0, entity)]
    return []


def _suggest(connection: sqlite3.Connection, name: str, kind: str | None) -> list[str]:
    from backbones.store import search  # only on a mistake

    if (kind is None or kind in search.KINDS) and (hits := search.search(connection, name, kind, 3)):
        return [hit.matched for hit in hits]
    rows = connection.execute("select distinct name from alias where ? is null or kind = ?", [kind, kind])
    return closest(name, [n for (n,) in rows])


MOST: Final = 200
"""So many rows of a section are on a page."""


def page_of(connection: sqlite3.Connection, name: str, kind: str | None = None, most: int = MOST) -> Page:
    """Everything about the thing that a name stands for, at most `most` rows a section (0: all).

    UnknownName with suggestions for a name that nothing has.
    """
    found, own_name, number = find(connection, name, kind)
    made = _page(connection, found, own_name, number, most)
    return replace(
        made,
        filter=made.filter if made.metric or found == "device" else "",
        sections=tuple(s if is_facts(s) else s.cut(most) for s in made.sections),
    )


def _page(connection: sqlite3.Connection, kind: str, name: str, number: int, most: int) -> Page:
    """Each kind's page is imported when it is asked for: the first paint needs none."""
    owner = Owner(kind, number, name)
    if kind == "family":
        from backbones.store.sections.family import family_page

        return family_page(connection, owner)
    if kind == "backbone":
        from backbones.store.sections.backbone import backbone_page

        return backbone_page(connection, owner, most)
    if kind in ("checkpoint", "weights"):
        from backbones.store.sections.checkpoint import checkpoint_page, weights_page

        return (checkpoint_page if kind == "checkpoint" else weights_page)(connection, owner, most)
    if kind in ("source", "collection"):
        from backbones.store.sections.source import collection_page, source_page

        return (source_page if kind == "source" else collection_page)(connection, name)
    if kind == "dataset":
        from backbones.store.sections.dataset import dataset_page

        return dataset_page(connection, name)
    if kind == "head":
        from backbones.store.sections.head import head_page

        return head_page(connection, name)
    from backbones.store.sections.device import device_page

    return device_page(connection, name, most)
