"""The lines of the facet panel: headings, below them values with a tick and a count, narrowed by what was typed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence, Set
from dataclasses import dataclass

from backbones.store.facets import METRIC, NOT_SAID, Facet, FacetValue
from backbones.store.text import fold, printable

FEW = 8
"""Values below a heading, before one asks for all."""
DATA_SETS = 12
"""Data sets below the metrics, before one asks for all."""
MANY = 40
"""Values below a heading while one types."""


@dataclass(frozen=True, slots=True)
class Line:
    """A heading, a value of it, what values belong to, or (`is_more`) the offer to list all values."""

    facet: Facet
    value: FacetValue | None = None
    text: str = ""
    count: str = ""
    is_bold: bool = False
    is_more: bool = False

    @property
    def place(self) -> tuple[str, str | None]:
        """What the line stands for, to find it again after an answer."""
        what = self.value.group + self.value.shown if self.value else "more" if self.is_more else self.text.strip()
        return self.facet.reference, None if self.is_heading else what

    @property
    def is_heading(self) -> bool:
        """Whether values can be folded below it."""
        return self.value is None and not self.is_more and not self.text.startswith("  ")


def lines_of(facets: Sequence[Facet], unfolded: Set[str], whole: Set[str], typed: str) -> list[Line]:
    """What the panel shows. `unfolded` and `whole` name facets: those with values below them, and those with all of them."""
    words = [word for word in map(fold, typed.split()) if word]
    found: list[Line] = []
    for facet in facets:
        if all(value.value is None and not value.is_chosen for value in facet.values):
            continue  # nothing to choose
        values = [value for value in facet.values if _matches(facet, value, words)]
        if words and not values:
            continue
        is_open = bool(words) or facet.reference in unfolded
        found.append(_heading(facet, is_open, len(values)))
        if is_open:
            found += _below(facet, values, MANY if words else None if facet.reference in whole else FEW)
    return found


def _matches(facet: Facet, value: FacetValue, words: Sequence[str]) -> bool:
    text = fold(f"{facet.label} {value.group} {value.shown}") if words else ""
    return all(word in text for word in words)


def _best_known(values: Sequence[FacetValue]) -> list[FacetValue]:
    """The first metric of each of the data sets with most rows."""
    firsts = {value.group: value for value in reversed(values)}.values()
    return sorted(firsts, key=lambda value: -value.count)[:DATA_SETS]


def _heading(facet: Facet, is_open: bool, count: int) -> Line:
    chosen = facet.chosen
    told = ""
    if facet.reference == METRIC and chosen:
        told = f": {chosen[0].shown} {chosen[0].group.rpartition(' · ')[0]}"
    elif chosen:
        told = f"  ● {len(chosen)}"
    return Line(facet, None, f"{'▾' if is_open else '▸'} {facet.label}{printable(told)}", f"{count:,}", bool(chosen))


def _below(facet: Facet, values: Sequence[FacetValue], most: int | None) -> Iterator[Line]:
    group = ""
    is_short = facet.reference == METRIC and most == FEW
    first = _best_known(values) if is_short else values if most is None else values[:most]
    kept = [value for value in values if value.is_chosen or value in first]
    for value in kept:
        if value.group != group and not is_short:
            group = value.group
            yield Line(facet, None, f"  {printable(group)}")
        mark = "●" if value.is_chosen else "·" if value.shown == NOT_SAID else " "
        shown = f"{value.shown} {value.group.rpartition(' · ')[0]}" if is_short else value.shown
        yield Line(facet, value, f"  {mark} {printable(shown)}", f"{value.count:,}", value.is_chosen)
    if len(kept) < len(values):
        yield Line(facet, None, f"    … {len(values) - len(kept):,} more", is_more=True)
