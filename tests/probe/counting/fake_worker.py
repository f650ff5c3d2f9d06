"""Stands in for the process that counts: answers by the name of the model, needs no torch. `fake_worker.py [broken]`."""

from __future__ import annotations

import json
import os
import sys
import time
from typing import Any


def answer_to(request: Any) -> Any:
    """What a model of that name gives."""
    if request is None:
        return {"names": ["resnet50", "vit_tiny"]}
    name = request["name"]
    if name == "crashes":
        sys.stderr.write("Fatal: out of luck\n")
        sys.stderr.flush()
        os.abort()
    if name == "hangs":
        time.sleep(600)
    if name == "raises":
        return {"error": "AssertionError: Input height (7) is too small"}
    side = request["resolution"] or 224
    return {
        "model": name,
        "height": side,
        "width": side,
        "params": 25_000_000,
        "macs": 4_000_000_000,
        "activations": 11_000_000,
        "fused": request["fused"],
        "is_own_size": side == 224,
        "feature_maps": [{"channels": 64, "stride": 32, "height": side // 32, "width": side // 32}]
        if request["features"]
        else None,
        "uncounted": ["aten.mv"] if name == "odd" else [],
        "timm": "9.9.9",
        "torch": "9.9",
    }


def send(answer: Any) -> None:
    """One line."""
    sys.stdout.write(json.dumps(answer) + "\n")
    sys.stdout.flush()


if sys.argv[1:] == ["broken"]:
    sys.exit("ModuleNotFoundError: No module named 'torch'")
send({"ready": True})
for line in sys.stdin:
    send(answer_to(json.loads(line)))
