"""What a check of the catalogue finds: a doubt about one fact, with how sure it is and the values that tell."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

Severity = Literal["sure", "likely", "maybe"]

SEVERITIES: Final[tuple[Severity, ...]] = ("sure", "likely", "maybe")
"""`sure`: it cannot be right as it stands; `likely`: a mistake somewhere explains it best; `maybe`: worth a look."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One doubt."""

    kind: str
    severity: Severity
    fact: str
    """`<collection> <source_ref>`, as suspects name facts; `<collection> family:NAME` for a family."""
    name: str
    """The model that the fact is about."""
    text: str
    values: str = ""
    """The numbers that the doubt rests on."""


FACT: Final = "{t}.collection || ' ' || coalesce({t}.source_ref, {t}.source)"
"""SQL of what suspects call the fact of alias `t`."""

WHO: Final = "coalesce(w.weights, c.checkpoint, b.backbone, a.family)"
"""SQL of a fact's model, with the joins of NAMED."""

DOUBT: Final = (
    "(select group_concat(coalesce(q.confidence, 'maybe') || ': ' || q.text, '; ') from suspect q where q.fact = "
    + FACT.format(t="{t}")
    + ")"
)
"""SQL of what is doubted about the fact of alias `t`, as one text."""

_BARE: Final = "x.head is null and coalesce(x.task, 'classification') = 'classification'"
"""A bare image backbone's: a video model reads many images at once."""

PRINTED: Final = f"""
  select mention, resolution, collection, {FACT.format(t="x")} as fact, params_m, gmacs from speed x where {_BARE}
  union all select mention, resolution, collection, {FACT.format(t="x")}, params_m, gmacs from cost x where {_BARE}
  union all select r.mention, k.resolution, r.collection, {FACT.format(t="r")}, r.params_m, r.gmacs from result r
    join condition k on k.id = r.condition where k.head is null and r.task = 'classification'"""
"""SQL of all facts about bare backbones that may print parameters or multiply-accumulates."""

NAMED: Final = """
  left join family a on a.id = s.family_id left join backbone b on b.id = s.backbone_id
  left join checkpoint c on c.id = s.checkpoint_id left join released w on w.id = s.weights_id"""
"""Names of subject `s`."""


def number(value: float) -> str:
    """A value as short as it was printed."""
    return f"{value:.10g}"
