"""Drafts: family files that nobody has looked at yet, with the place of each number in its paper."""

from backbones.store.drafts.draft import (
    Draft,
    accept,
    accepted,
    draft_path,
    evidence_path,
    read_draft,
    settle,
    write_draft,
)
from backbones.store.drafts.evidence import DECISIONS, SEVERITIES, Decision, Evidence, Finding, Grid, Severity

__all__ = [
    "DECISIONS", "SEVERITIES", "Decision", "Draft", "Evidence", "Finding", "Grid", "Severity", "accept", "accepted",
    "draft_path", "evidence_path", "read_draft", "settle", "write_draft",
]  # fmt: skip
