"""What a family file would bring and take away: its numbers beside those of the catalogue, or of another file of the family."""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

from backbones.ingest.checking.claims import claims_of
from backbones.ingest.meaning.known import Known
from backbones.ingest.scoring import FieldTuple, tuples_of
from backbones.store.drafts import Finding, Severity
from backbones.store.family_file import FamilyFile
from backbones.store.text import fold, printable
from backbones.store.vocabulary import METRICS

MOST_LINES: Final = 10
"""Numbers of each kind that are told one by one."""

_KINDS: Final = {
    "detection": "detection", "instance segmentation": "detection", "semantic segmentation": "segmentation",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Difference:
    """Numbers of a file against what was there before."""

    family: str
    place: str
    """What it is compared with: `the catalogue`, or a file."""
    same: int
    new: tuple[str, ...] = ()
    other: tuple[str, ...] = ()
    """The same question, with both answers."""
    gone: tuple[str, ...] = ()
    findings: tuple[Finding, ...] = ()
    """What has another value, each at its path in the file: a warning where the same source is said to have it."""

    @property
    def is_none(self) -> bool:
        """Whether nothing would change."""
        return not (self.new or self.other or self.gone)

    @property
    def loses_most(self) -> bool:
        """More than half of the numbers that were there would be gone."""
        return len(self.gone) > self.same + len(self.other)

    def lines(self) -> Iterator[str]:
        """A line that counts, then the first of each kind."""
        counts = [f"{_count(len(self.new))} new", f"{self.same} the same", f"{len(self.other)} with another value"]
        if self.gone:
            counts.append(f"{len(self.gone)} gone")
        yield printable(f"{self.family} against {self.place}: {', '.join(counts)}")
        for what, told in (("other", self.other), ("gone", self.gone), ("new", self.new)):
            yield from (f"  {what}: {printable(line)}" for line in told[:MOST_LINES])
            if len(told) > MOST_LINES:
                yield f"  {what}: and {len(told) - MOST_LINES:,} more"


def _count(number: int) -> str:
    return f"{number} number{'s' * (number != 1)}"


def against_catalogue(file: FamilyFile, known: Known, connection: sqlite3.Connection) -> Difference | None:
    """The file's numbers beside all that the catalogue has on these models; None where it does not know the family."""
    if known.name("family", file.family) is None:
        return None
    made = [_named(one, known) for one in tuples_of(file)]
    names = {one.backbone for one in made}
    entities = sorted({known.name("backbone", name) or "" for name in names} - {""})
    held = _held(connection, entities)
    return _compared(file, "the catalogue", made, held, FieldTuple.agrees, {})


def between(old: FamilyFile, new: FamilyFile, place: str) -> Difference:
    """What changes where `new` takes the place of `old`, which is called `place`."""
    labels = {claim.path: claim.place for claim in claims_of(old)}
    return _compared(new, place, list(tuples_of(new)), list(tuples_of(old)), _is_equal, labels)


def _is_equal(one: FieldTuple, other: FieldTuple) -> bool:
    return abs(one.value - other.value) < 1e-9


def _compared(
    file: FamilyFile,
    place: str,
    made: Sequence[FieldTuple],
    held: Sequence[FieldTuple],
    agrees: Callable[[FieldTuple, FieldTuple], bool],
    labels: dict[str, str],
) -> Difference:
    """`labels`: what the numbers that were there are called; with none, those that are gone are not told."""
    places = {claim.path: claim.place for claim in claims_of(file)}
    by_question: dict[tuple[str, str, str], list[FieldTuple]] = defaultdict(list)
    for one in held:
        by_question[one.kind, one.backbone, one.metric].append(one)
    same, new, other, findings = 0, list[str](), list[str](), list[Finding]()
    for one in made:
        if one.kind == "params" and one.head and not labels:
            continue  # of the whole detector in one source, of its backbone alone in another
        rivals = [each for each in by_question[one.kind, one.backbone, one.metric] if one.is_about(each)]
        if any(agrees(one, each) for each in rivals):
            same += 1
        elif rivals:
            own = [each for each in rivals if each.path == file.source]
            near = min(own or rivals, key=lambda each: abs(each.value - one.value))
            source = f" ({near.path})" if near.path and near.path not in labels else ""
            other.append(f"{places[one.path]}, there {near.value:.10g}{source}")
            severity: Severity = "warning" if near.path in (file.source, "") and near.path not in labels else "note"
            findings.append(
                Finding(
                    severity,
                    "catalogue",
                    printable(f"{places[one.path]}: {place} has {near.value:.10g}{source}"),
                    one.path,
                )
            )
        else:
            new.append(places[one.path])
    gone = [labels[o.path] for o in held if o.path in labels and not any(o.is_about(one) for one in made)]
    return Difference(file.family, place, same, tuple(new), tuple(other), tuple(gone), tuple(findings))


def _named(one: FieldTuple, known: Known) -> FieldTuple:
    """With the catalogue's names, folded."""

    def name(kind: str, folded: str) -> str:
        return fold(known.names.get(kind, {}).get(folded, folded))

    return replace(
        one, backbone=name("backbone", one.backbone), dataset=name("dataset", one.dataset), head=name("head", one.head),
        device=name("device", one.device), pretraining=name("dataset", one.pretraining),
        method=_method(one.method, one.pretraining),
    )  # fmt: skip


def _method(method: str | None, dataset: str | None) -> str:
    """A pretraining on a data set is supervised where nothing else is said, so that only equal ones are compared."""
    return fold(method or "") or ("supervised" if dataset else "")


def _held(connection: sqlite3.Connection, backbones: Sequence[str]) -> list[FieldTuple]:
    """What the catalogue has on some backbones; `path` is the source of each number."""
    marks = ", ".join("?" * len(backbones))
    found: dict[FieldTuple, None] = {}
    for name, value in connection.execute(
        f"select backbone, params_m from backbones where params_m is not null and backbone in ({marks})", backbones
    ):
        found[FieldTuple("params", fold(name), "", "", "", "params_m", None, "", value, "")] = None
    for (
        name,
        task,
        dataset,
        metric,
        value,
        head,
        side,
        before,
        method,
        epochs,
        test_aug,
        params,
        gmacs,
        source,
    ) in connection.execute(
        "select backbone, task, dataset, metric, value, head, coalesce(resolution, crop_size),"
        " coalesce(intermediate_dataset, pretraining_dataset), pretraining_method, train_epochs, test_aug, params_m, gmacs, source from results"
        f" where origin = 'reported' and protocol = 'supervised' and conditions is null and backbone in ({marks})",
        backbones,
    ):
        kind, about = _KINDS.get(task, "classification"), (fold(before or ""), fold(dataset or ""), fold(head or ""))
        if metric in METRICS:
            how = (_method(method, before), epochs, fold(test_aug or ""))
            found[FieldTuple(kind, fold(name), *about, metric, side, "", value, source or "", *how)] = None
        if params is not None:
            found[FieldTuple("params", fold(name), "", *about[1:], "params_m", None, "", params, source or "")] = None
        if gmacs is not None:
            about = ("" if side else about[0], *about[1:])
            found[FieldTuple("compute", fold(name), *about, kind, side, "", gmacs, source or "")] = None
    for name, device, head, side, speed, latency, memory, source in connection.execute(
        "select backbone, device, head, coalesce(resolution, crop_size), throughput_img_s, latency_ms, peak_memory_mib, source"
        f" from throughput where origin = 'reported' and mode = 'inference' and backbone in ({marks})",
        backbones,
    ):
        for metric, value in (("throughput_img_s", speed), ("latency_ms", latency), ("peak_memory_mib", memory)):
            if value is not None:
                about = ("", "", fold(head or ""))
                found[
                    FieldTuple("speed", fold(name), *about, metric, side, fold(device or ""), value, source or "")
                ] = None
    return list(found)
