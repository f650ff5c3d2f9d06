"""A child that tells a made-up measurement instead of making one: what `backbones probe --progress jsonl` would write.

    python fake_probe.py FOLDER probe --progress jsonl … -- NAMES

What it was asked is noted in FOLDER/asked.jsonl. Where FOLDER/hold is there it waits before model N for FOLDER/goN; where
FOLDER/keep is there it keeps what it tells in measurements.db. Names: `error…` fails, `damaged…` writes lines that are no
events, `notorch…` refuses as where the extra is missing, `deaf…` cannot be interrupted, `unknown…` is left out.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from pathlib import Path
from typing import Any

FOLDER = Path(sys.argv[1])
WORDS = sys.argv[2:]
NAMES = WORDS[WORDS.index("--") + 1 :] if "--" in WORDS else ["resnet18"]
STOPS: list[int] = []


def tell(event: str, **fields: Any) -> None:
    """One line."""
    sys.stdout.write(json.dumps({"event": event, **fields}) + "\n")
    sys.stdout.flush()


def hold(name: str) -> None:
    """Until the test lets it go on, or ends it."""
    end = time.monotonic() + 60
    while (FOLDER / "hold").exists() and not (FOLDER / name).exists() and not STOPS and time.monotonic() < end:
        time.sleep(0.01)


def task(model: str, side: int, quantity: str) -> dict[str, Any]:
    """As in the events of the probe."""
    return {"model": model, "quantity": quantity, "device": "cpu", "precision": "fp32", "resolution": side}


def keep_visit(model: str, side: int, speed: float) -> None:
    """Keep it where the probe would."""
    from backbones.store.machine import host_id
    from backbones.store.measuring.keeping import keep
    from backbones.store.measuring.visit import Conditions, Seen, Task, Visit
    from backbones.store.places import places

    conditions = Conditions(
        host=host_id(), device="AMD EPYC 9575F", device_kind="cpu", device_memory_mib=1000, driver="", accelerator="", cudnn="",
        torch="2.9.1", timm="1.0.0", python="3.11.7", system="Linux", threads=2, tf32=False, cudnn_benchmark=False, allocator="",
    )  # fmt: skip
    what = Task(model, "throughput", "cpu", "fp32", resolution=side)
    seen = Seen(16, side, speed, blocks=(16 / speed,) * 8)
    keep(places().measurements, Visit(what, conditions, 1, "2026-01-02T03:04:05Z", 1.0, "ok", seen))


def main() -> int:
    """Tell it."""
    with open(FOLDER / "asked.jsonl", "a") as asked:
        asked.write(json.dumps({"words": WORDS, "pid": os.getpid(), "home": os.environ.get("BACKBONES_HOME")}) + "\n")
    if any(name.startswith("notorch") for name in NAMES):
        sys.stderr.write("looking around\nbackbones: measuring needs torch and timm, and timm is missing; ")
        sys.stderr.write("install them with: pip install 'backbones[probe]'\n")
        return 1
    models = [name.partition("@")[0].partition(".")[0] for name in NAMES]
    unknown = [name for name in NAMES if name.startswith("unknown")]
    plan = {"tasks": len(models), "models": len(models) - len(unknown), "expected_s": 125, "known_devices": ["cpu"]}
    if unknown:
        tell("left_out", names=unknown, rows=0)
    if "--dry-run" in WORDS:
        tell("would_measure", **plan)
        return 0
    signal.signal(signal.SIGTERM, lambda *_: os._exit(143))
    signal.signal(signal.SIGINT, lambda *_: STOPS.append(1) if not models[0].startswith("deaf") else None)
    tell("planned", **plan)
    tell("started", devices=["cpu"], tasks=len(models))
    tell("worker_ready", device="cpu", conditions={"device": "AMD EPYC 9575F"}, import_s=3.5)
    visits = {"ok": 0, "error": 0}
    todo = [(m, n) for m, n in zip(models, NAMES, strict=True) if n not in unknown]
    for number, (model, name) in enumerate(todo):
        side = int(name.partition("@")[2] or 0)
        tell("in_phase", task=task(model, side, "throughput"), round=1, phase="warm_up")
        hold(f"go{number}")
        while models[0].startswith("deaf"):
            time.sleep(0.01)
        if STOPS:
            break
        if model.startswith("damaged"):
            sys.stdout.write(
                '{"event": "taken", "visit": 3}\n{"event": "in_phase"}\nno json\n[]\n{"event": ["x"]}\n\x1b[31m\n'
            )
            sys.stdout.flush()
            sys.stdout.buffer.write(b"\xff\xfe\n" + b"x" * 2_000_000 + b"\n")
            sys.stdout.flush()
        is_ok = not model.startswith("error")
        seen = {"batch_size": 16, "resolution": side or 224, "throughput_img_s": 1600.0 + number, "latency_ms": None}
        visit = {
            "task": task(model, side, "throughput"), "status": "ok" if is_ok else "error", "seen": seen if is_ok else None,
            "cautions": ["busy_cpu"] if is_ok else [], "error": "" if is_ok else "expected [/] 3 channels", "round": 1,
        }  # fmt: skip
        if is_ok and (FOLDER / "keep").exists():
            keep_visit(model, side or 224, 1600.0 + number)
        visits["ok" if is_ok else "error"] += 1
        tell("taken", visit=visit, done=number + 1, planned=len(todo))
    tell("finished", visits=visits, wall_s=1.0, is_stopped=bool(STOPS))
    return 130 if STOPS else 0


if __name__ == "__main__":
    sys.exit(main())
