"""What the catalogue makes of a family file: names that it knows otherwise, words that it does not know, values far from its own."""

from __future__ import annotations

from collections.abc import Iterator

from backbones.ingest.checking.claims import Claim
from backbones.ingest.meaning.known import Known, is_machine_name
from backbones.store.drafts.evidence import Finding
from backbones.store.family_file import FamilyFile
from backbones.store.text import printable
from backbones.store.vocabulary import METRICS

FAR_POINTS = 1.5
"""Percentage points; two sources of one model's accuracy differ by 0.3 at most in nine of ten cases."""
FAR_PARAMS = 0.05
FAR_COST = 0.15


def name_findings(file: FamilyFile, known: Known) -> Iterator[Finding]:
    """Spellings: the catalogue's own name is better, an unknown word may be a misspelt one."""
    if not known.names:
        return
    family = known.name("family", file.family)
    if family is not None and family != file.family:
        yield Finding("note", "name", printable(f"the catalogue calls the family {family!r}; take that name"), "family")
    for b, backbone in enumerate(file.backbones):
        entity = known.name("backbone", backbone.backbone)
        if entity is not None and entity != backbone.backbone and not is_machine_name(entity):
            yield Finding(
                "note",
                "name",
                printable(f"the catalogue calls {backbone.backbone!r} {entity!r}; take that name"),
                f"backbones.{b}.backbone",
            )
        owner = known.family_of.get(entity or "")
        if owner and known.name("family", file.family) not in (owner, None):
            yield Finding(
                "warning",
                "name",
                printable(f"the catalogue has {backbone.backbone!r} in the family {owner!r}, not in {file.family!r}"),
                f"backbones.{b}.backbone",
            )
    seen: set[tuple[str, str]] = set()
    for kind, name, path in _words(file):
        if (kind, name) not in seen and known.names.get(kind):
            seen.add((kind, name))
            yield from _word(kind, name, path, known)


_KINDS = {"dataset": "data set", "head": "head", "device": "device"}


def _word(kind: str, name: str, path: str, known: Known) -> Iterator[Finding]:
    entity = known.name(kind, name)
    if entity is None:
        near = known.near(kind, name)
        hint = f"; did you mean {', '.join(repr(n) for n in near)}?" if near else ""
        yield Finding("warning", "name", printable(f"the catalogue knows no {_KINDS[kind]} {name!r}{hint}"), path)
    elif entity != name:
        yield Finding("note", "name", printable(f"the catalogue calls the {_KINDS[kind]} {name!r} {entity!r}"), path)


def _words(file: FamilyFile) -> Iterator[tuple[str, str, str]]:
    for b, backbone in enumerate(file.backbones):
        for s, speed in enumerate(backbone.throughput):
            path = f"backbones.{b}.throughput.{s}"
            yield from (
                (kind, name, f"{path}.{kind}")
                for kind, name in (("device", speed.device), ("head", speed.head))
                if name
            )
        for c, checkpoint in enumerate(backbone.checkpoints):
            path = f"backbones.{b}.checkpoints.{c}"
            if checkpoint.pretraining.dataset:
                yield "dataset", checkpoint.pretraining.dataset, f"{path}.pretraining.dataset"
            for r, result in enumerate(checkpoint.results):
                yield "dataset", result.dataset, f"{path}.results.{r}.dataset"
                if result.head:
                    yield "head", result.head, f"{path}.results.{r}.head"


def _may_be(claim: Claim, dataset: str | None, method: str | None) -> bool:
    """The same pretraining, as far as both say."""
    return (not claim.pretraining or not dataset or claim.pretraining[0] == dataset) and (
        not claim.method or not method or claim.method == method
    )


def value_findings(claims: list[Claim], known: Known) -> Iterator[Finding]:
    """Values far from all that the catalogue holds for the same model in the same setting."""
    for claim in claims:
        entity = known.name("backbone", claim.backbone)
        if entity is None:
            continue
        if claim.quantity == "params_m" and not claim.task and (held := known.params_m.get(entity)):
            if abs(claim.value - held) > FAR_PARAMS * held + 0.6:
                yield Finding(
                    "warning",
                    "catalogue",
                    printable(f"{claim.place}: the catalogue has {held:.10g}; are they the same model?"),
                    claim.path,
                )
        elif claim.quantity in METRICS:
            dataset = known.name("dataset", claim.dataset) or claim.dataset
            held_here = known.values.get((entity, dataset, claim.quantity, claim.head or None, claim.resolution), ())
            values = [value for value, data, method in held_here if _may_be(claim, data, method)]
            if values and min(abs(claim.value - value) for value in values) > FAR_POINTS:
                shown = ", ".join(f"{value:.10g}" for value in sorted(set(values))[:4])
                yield Finding(
                    "warning",
                    "catalogue",
                    printable(f"{claim.place}: the catalogue has {shown} in this setting; look at row and column"),
                    claim.path,
                )
