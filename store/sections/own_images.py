"""What came of backbones on the user's own images, on the pages of backbones, checkpoints, weights and data sets."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from typing import Any, Final

from backbones.store.page import Section
from backbones.store.sections.tables import Facts, asked, section
from backbones.store.transferring.laid_in import has_own

_SQL: Final = """
  select t.checkpoint, t.weights, t.backbone, r.dataset, p.protocol, p.resolution,
    max(case when r.metric = 'top_1' then r.value end) as top_1, max(case when r.metric = 'mean_class_accuracy' then r.value end) as mean_class_accuracy,
    max(case when r.metric = 'macro_f1' then r.value end) as macro_f1, max(case when r.metric = 'top_5' then r.value end) as top_5,
    k.conditions, max(case when r.metric = 'top_1' then r.source_ref end) as source_ref, r.source
  from result r join placement p on p.result = r.id join setting t on t.id = p.setting join condition k on k.id = r.condition
  where r.file = 0 and {where}
  group by p.setting, r.dataset, r.condition, r.source, substr(r.source_ref, 1, instr(r.source_ref || ';', ';'))
  order by r.dataset, p.protocol, p.rank < 1, top_1 desc"""
_NOTE: Final = (
    "Percent; the interval is of top-1, by bootstrap over the test images. Results of random weights, and of few training images, "
    "answer only where their conditions are asked for; those on a data set of the catalogue's where collection=probe is."
)


def own_images(
    connection: sqlite3.Connection, facts: Facts, where: str, parameters: Sequence[Any], leave_out: Sequence[str] = ()
) -> list[Section]:
    """Own results under a condition on `setting t` and `result r`; a fact says how many runs there are."""
    if not has_own(connection):
        return []
    rows = asked(connection, _SQL.format(where=where), parameters)
    facts.add("on your own images", f"{len(rows)} evaluation{'s' if len(rows) != 1 else ''}" if rows.rows else None)
    return section("on your own images", rows, note=_NOTE, leave_out=leave_out)
