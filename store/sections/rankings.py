"""Lists of the best that others published, and where a thing stands in them."""

from __future__ import annotations

import sqlite3
from typing import Final

from backbones.store.page import Section
from backbones.store.sections.owner import Owner
from backbones.store.sections.tables import asked, section

_FILES: Final = {
    "checkpoint": "union select folded from alias where kind = 'weights' and entity_id in (select id from released where checkpoint_id = ?1)",
    "backbone": "union select folded from alias where kind = 'weights' and entity_id in (select id from released where backbone_id = ?1)",
}
"""What belongs to a thing stands for it."""


def rankings(connection: sqlite3.Connection, owner: Owner) -> list[Section]:
    """Lists in which a backbone, checkpoint or released file stands, by any of its names."""
    own = f"select folded from alias where kind = '{owner.kind}' and entity_id = ?1 {_FILES.get(owner.kind, '')}"
    return _listed(connection, f"fold(coalesce(checkpoint, name)) in ({own})", owner.id)


def rankings_by(connection: sqlite3.Connection, column: str, name: str) -> list[Section]:
    """Lists that a source or collection made."""
    return _listed(connection, f"{column} = ?1", name)


def _listed(connection: sqlite3.Connection, where: str, value: int | str) -> list[Section]:
    rows = asked(
        connection,
        f"select list, rank, name, task, dataset, collection, source from ranking where {where} order by list, task, dataset, rank",
        [value],
    )
    return section(
        "rankings", rows, links={"dataset": ""}, note="As published; lists name data sets in words of their own."
    )
