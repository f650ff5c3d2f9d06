"""The numbers of a draft as the review shows them: model, setting, metric, what was decided, what the check says."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from backbones.store.drafts import SEVERITIES, Draft, Evidence, Finding
from backbones.store.text import printable
from backbones.store.vocabulary import METRICS

BY_HAND: Final = "by hand"
"""What is noted of a correction that no cell of the paper prints."""

QUANTITIES: Final[Mapping[str, str]] = {
    "params_m": "params M",
    "compute": "compute G",
    "resolution": "side px",
    "throughput_img_s": "images/s",
    "latency_ms": "latency ms",
    "peak_memory_mib": "memory MiB",
    "pretraining_epochs": "pretr. epochs",
    "train_epochs": "train epochs",
}
"""What is read beside metrics, in words."""


@dataclass(frozen=True, slots=True)
class Value:
    """One number, ready to be shown; all its texts are printable."""

    evidence: Evidence
    model: str
    setting: str
    metric: str
    findings: tuple[Finding, ...] = ()
    """Of this very number, the worst first."""
    around: tuple[Finding, ...] = ()
    """Of what it is part of: its result, checkpoint, backbone, or the table that it was read from."""

    @property
    def worst(self) -> str:
        """The severity of its worst finding; empty where the check has nothing to say."""
        return self.findings[0].severity if self.findings else ""

    @property
    def is_doubted(self) -> bool:
        """Whether the check asks a person to look at it."""
        return self.worst in ("error", "warning")

    @property
    def is_doubtful(self) -> bool:
        """Whether that is still to be done."""
        return self.is_doubted and not self.evidence.decision

    @property
    def is_by_hand(self) -> bool:
        """Whether it was corrected to a number that no cell prints."""
        return self.evidence.decision == "corrected" and is_by_hand(self.evidence.how)

    @property
    def state(self) -> str:
        """What was decided."""
        return BY_HAND if self.is_by_hand else self.evidence.decision

    @property
    def number(self) -> str:
        """The number that stands now."""
        held = self.evidence
        return written(held.value if held.corrected is None else held.corrected)

    @property
    def place(self) -> str:
        """`table 14, page 11`."""
        held = self.evidence
        table = f"table {held.number or held.table}, " if held.table else ""
        return f"{table}page {held.page}"

    def holds(self, words: Sequence[str]) -> bool:
        """Whether all words occur in what is shown of it."""
        state = self.state or "undecided"
        doubt = "doubtful" if self.is_doubtful else ""
        told = (self.model, self.setting, self.metric, self.number, self.place, state, self.worst, doubt)
        text = " ".join(told).casefold()
        return all(word in text for word in words)


def is_by_hand(how: str) -> bool:
    """Whether the note on a value says that it was typed, and stands in no cell."""
    return how == BY_HAND or how.endswith(f"; {BY_HAND}")


def noted(how: str, by_hand: bool) -> str:
    """The note on how a value came about, saying that it is by hand, or not."""
    kept = how.removesuffix(BY_HAND).removesuffix("; ") if is_by_hand(how) else how
    return "; ".join(part for part in (kept, BY_HAND if by_hand else "") if part)


def written(value: float) -> str:
    """A value as short as it was printed."""
    return f"{value:.10g}"


def metric_label(quantity: str) -> str:
    """What a quantity is called in a table."""
    if (metric := METRICS.get(quantity)) is not None:
        return metric.label
    return QUANTITIES.get(quantity) or quantity.replace("_", " ") or "value"


def values_of(draft: Draft) -> list[Value]:
    """All numbers of a draft, in its order."""
    own: dict[str, list[Finding]] = defaultdict(list)
    around: dict[str, list[Finding]] = defaultdict(list)
    of_tables: dict[str, list[Finding]] = defaultdict(list)
    paths = {one.path for one in draft.evidence}
    for finding in sorted(draft.findings, key=lambda f: SEVERITIES.index(f.severity)):
        if finding.path in paths:
            own[finding.path].append(finding)
        elif scope := _scope(finding.path):
            around[scope].append(finding)
        elif finding.table:
            of_tables[finding.table].append(finding)
    found = []
    for one in draft.evidence:
        keys = one.path.split(".")
        above = [f for end in range(len(keys) - 1, 0, -1) for f in around.get(".".join(keys[:end]), ())]
        above += of_tables.get(one.table, ()) if one.table else ()
        model = one.backbone or one.row_label or one.path
        setting = setting_of(draft.plain, one.path)
        found.append(Value(one, model, setting, metric_label(one.quantity), tuple(own[one.path]), tuple(above)))
    return found


def of_the_whole(draft: Draft) -> tuple[Finding, ...]:
    """The findings that are about no single number, the worst first."""
    paths = {one.path for one in draft.evidence}
    others = [finding for finding in draft.findings if finding.path not in paths]
    return tuple(sorted(others, key=lambda f: SEVERITIES.index(f.severity)))


def _scope(path: str) -> str:
    """The record of a list that a path is in; empty: it is in none."""
    keys = path.split(".")
    while keys and not keys[-1].isdigit():
        keys.pop()
    return ".".join(keys)


def setting_of(plain: Any, path: str) -> str:
    """In what setting a number was measured, from the records that it is part of; the most telling first."""
    records: dict[str, Mapping[str, Any]] = {}
    node, keys = plain, path.split(".")
    for at, key in enumerate(keys):
        try:
            node = node[int(key)] if isinstance(node, list) else node[key]
        except (KeyError, IndexError, ValueError, TypeError):
            break
        if isinstance(node, dict):
            records[keys[at - 1] if key.isdigit() else key] = node
    if (result := records.get("results")) is not None:
        return _result(result, records.get("checkpoints", {}), keys[-1])
    if (speed := records.get("throughput")) is not None:
        batch = f"batch {speed['batch_size']}" if speed.get("batch_size") else None
        return _joined(speed.get("device"), _side(speed, keys[-1]), speed.get("precision"), batch, speed.get("head"))
    pretraining = records.get("checkpoints", {}).get("pretraining")
    if isinstance(pretraining, dict) and "pretraining" in keys:
        return _joined("pretraining", pretraining.get("dataset"), pretraining.get("method"))
    return ""


def _result(result: Mapping[str, Any], checkpoint: Mapping[str, Any], field: str) -> str:
    pretraining = checkpoint.get("pretraining")
    pretraining = pretraining if isinstance(pretraining, dict) else {}
    stages = result.get("fine_tuning")
    before = [pretraining.get("dataset")]
    before += [s.get("dataset") for s in stages[:-1] if isinstance(s, dict)] if isinstance(stages, list) else []
    larger = [str(name) for name in dict.fromkeys(before) if name and name != result.get("dataset")]
    protocol = result.get("protocol")
    return _joined(
        result.get("dataset"), result.get("head"), _side(result, field), f"after {' and '.join(larger)}" if larger else None,
        None if protocol == "supervised" else protocol, result.get("test_aug"), pretraining.get("method"),
        f"{epochs} epochs" if (epochs := result.get("train_epochs")) and field != "train_epochs" else None,
        result.get("conditions"), result.get("setting"),
    )  # fmt: skip


def _side(record: Mapping[str, Any], field: str) -> str | None:
    side = record.get("resolution") or record.get("crop_size")
    return f"{side} px" if side and field not in ("resolution", "crop_size") else None


def _joined(*parts: Any) -> str:
    return printable(", ".join(str(part) for part in parts if part))
