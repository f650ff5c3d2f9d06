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

BARE: Final = "coalesce(task, 'classification') = 'classification'"
"""SQL of speeds and costs that are a bare image backbone's: a video model reads many images at once."""

NAMED: Final = """
  left join family a on a.id = s.family_id left join backbone b on b.id = s.backbone_id
  left join checkpoint c on c.id = s.checkpoint_id left join released w on w.id = s.weights_id"""
"""Names of subject `s`."""


def number(value: float) -> str:
    """A value as short as it was printed."""
    return f"{value:.10g}"
