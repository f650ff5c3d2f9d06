"""Of which architecture the user's own measurements are: they name a backbone in any spelling."""

from __future__ import annotations

from typing import Final

MEASURED: Final = """(select m0.name, b0.architecture
  from (select distinct backbone as name from measurements.measurement) m0
  join main.alias l0 on l0.kind = 'backbone' and l0.folded = fold(m0.name) join main.backbone b0 on b0.id = l0.entity_id
  group by m0.name, b0.architecture)"""
"""A table (name as measured, architecture) to join measurements with: each spelling is folded once, however many rows ask."""
