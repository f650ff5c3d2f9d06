"""Made-up outcomes on data of a nasty name, and `backbones transfer report` on what was kept."""

from __future__ import annotations

from dataclasses import replace

from click.testing import CliRunner

from backbones.store.machine import host_id
from backbones.store.transferring.outcome import ClassScore, Cost, Evaluation, Outcome, Scores

EVIL = "x</td><script>alert(1)</script>|*b*"
MODELS = (
    ("resnet18.a1_in1k", 78.0), ("resnet50.a1_in1k", 85.0), ("convnext_tiny.fb_in1k", 90.0), ("swin_tiny_patch4_window7_224.ms_in1k", 89.0),
    ("mobilenetv3_small_100.lamb_in1k", 70.0), ("convnext_small.fb_in1k", 92.0),
)  # fmt: skip


def outcome(model: str, top_1: float, minute: int = 0, **changes: object) -> Outcome:
    asked = Evaluation(model, "pretrained", EVIL, "ab" * 8, "linear probing", 224, "fp32", details="pooling=avg")
    fields = {name: changes.pop(name) for name in list(changes) if name in Evaluation.__dataclass_fields__}
    each = (ClassScore(EVIL, 50, 80.0, 70.0, 75.0), ClassScore("cat", 50, 90.0, 95.0, 92.0))
    scores = Scores(100, top_1, top_1 - 3, top_1 + 3, top_1, top_1, each, ((EVIL, "cat", 15),))
    made = Outcome(
        replace(asked, **fields), "ok", host_id(), "Home CPU", "2.15.0", "1.0.31", f"2026-11-21T10:{minute:02}:00.000Z", 3.0, scores,
        Cost(120.0, 3.0, 1.0, 512.0), "c=0.1",
    )  # fmt: skip
    return replace(made, **changes)  # type: ignore[arg-type]


def written(arguments: list[str]) -> tuple[int, str]:
    from backbones.cli.session import Session
    from backbones.cli.transfer_report import command

    result = CliRunner().invoke(command, arguments, obj=Session())
    return result.exit_code, result.output + (f" {result.exception}" if result.exception else "")
