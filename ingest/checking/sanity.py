"""What numbers owe each other whatever the paper says: ranges, order, duplicates that agree."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from itertools import pairwise

from backbones.ingest.checking.claims import Claim
from backbones.store.drafts.evidence import Finding, Severity
from backbones.store.text import fold, printable
from backbones.store.vocabulary import METRICS

_RANGES = {
    "params_m": (0.05, 20_000), "compute": (0.005, 50_000), "throughput_img_s": (0.05, 200_000), "latency_ms": (0.005, 100_000),
    "peak_memory_mib": (1, 1_000_000),
}  # fmt: skip
_ORDER: tuple[tuple[str, str, Severity], ...] = (
    ("top_5", "top_1", "error"), ("box_ap_50", "box_ap", "error"), ("box_ap_50", "box_ap_75", "error"),
    ("mask_ap_50", "mask_ap", "error"), ("mask_ap_50", "mask_ap_75", "error"), ("box_ap", "mask_ap", "warning"),
    ("box_ap_50", "mask_ap_50", "warning"), ("box_ap_l", "box_ap_s", "warning"), ("keypoint_ap_50", "keypoint_ap", "error"),
)  # fmt: skip
"""The first is never below the second: by definition (error), or in all but odd papers (warning)."""


def sanity_findings(claims: list[Claim]) -> Iterator[Finding]:
    """Everything that is wrong with the numbers among themselves."""
    for claim in claims:
        yield from _range(claim)
    yield from _orders(claims)
    yield from _costs(claims)
    yield from _duplicates(claims)


def _finding(severity: Severity, kind: str, claim: Claim, text: str) -> Finding:
    return Finding(severity, kind, printable(f"{claim.place}: {text}"), claim.path)


def _range(claim: Claim) -> Iterator[Finding]:
    if claim.quantity in METRICS:
        if not METRICS[claim.quantity].holds(claim.value):
            yield _finding("error", "range", claim, "no such value is possible; look at the cell")
        elif claim.quantity == "top_1" and fold(claim.dataset) == "imagenet1k" and not 30 <= claim.value <= 93:
            yield _finding("warning", "range", claim, "unusual for ImageNet-1k; is it an error, or another metric?")
        return
    low, high = _RANGES[claim.quantity]
    if not low <= claim.value <= high:
        yield _finding("warning", "range", claim, f"outside of {low:g} to {high:g}; look at the unit")


def _setting(claim: Claim) -> tuple[object, ...]:
    """Two numbers of one training: the path up to the checkpoint, and what the results share."""
    return (
        claim.group.split(".results.")[0],
        fold(claim.dataset),
        fold(claim.head),
        claim.resolution,
        claim.train_epochs,
    )


def _orders(claims: list[Claim]) -> Iterator[Finding]:
    groups: dict[object, list[Claim]] = defaultdict(list)
    for claim in claims:
        if claim.quantity in METRICS:
            groups[_setting(claim)].append(claim)
    for group in groups.values():
        by_quantity = {
            quantity: [c for c in group if c.quantity == quantity] for quantity in {c.quantity for c in group}
        }
        for above, below, severity in _ORDER:
            upper, lower = by_quantity.get(above, []), by_quantity.get(below, [])
            if len(upper) == 1 and len(lower) == 1 and upper[0].value < lower[0].value:
                yield _finding(
                    severity,
                    "order",
                    upper[0],
                    f"below its {below} of {lower[0].value:.10g}; are two columns mixed up?",
                )
        single, multi = by_quantity.get("miou_ss", []), by_quantity.get("miou_ms", [])
        if len(single) == 1 and len(multi) == 1 and multi[0].value < single[0].value - 0.5:
            yield _finding(
                "warning", "order", multi[0], f"below its miou_ss of {single[0].value:.10g}; are two columns mixed up?"
            )


def _costs(claims: list[Claim]) -> Iterator[Finding]:
    """More resolution takes more multiply-accumulates."""
    groups: dict[str, list[Claim]] = defaultdict(list)
    for claim in claims:
        if claim.quantity == "compute" and claim.task == "classification" and claim.resolution:
            groups[fold(claim.backbone)].append(claim)
    for group in groups.values():
        ranked = sorted(group, key=lambda c: c.resolution or 0)
        for small, large in pairwise(ranked):
            if (small.resolution or 0) < (large.resolution or 0) and small.value >= large.value:
                yield _finding(
                    "warning",
                    "order",
                    large,
                    f"no more than the {small.value:.10g} at {small.resolution} px; look at both rows",
                )


def _duplicates(claims: list[Claim]) -> Iterator[Finding]:
    groups: dict[object, list[Claim]] = defaultdict(list)
    for claim in claims:
        if claim.quantity in METRICS:
            groups[(*_setting(claim), claim.quantity, claim.test_aug, claim.pretraining)].append(claim)
    for group in groups.values():
        values = sorted({claim.value for claim in group})
        if len(values) > 1:
            shown = ", ".join(f"{value:.10g}" for value in values)
            text = f"the same setting has {shown}; say what tells them apart, or reject one"
            yield from (_finding("warning", "duplicate", claim, text) for claim in group)
