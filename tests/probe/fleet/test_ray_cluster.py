"""The Ray engine on a local cluster; in a process of its own, since Ray's threads stay in the one that started them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("ray", reason="Ray needs ray: pip install 'backbones[ray]'", exc_type=ImportError)

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore")]  # of ray
STORY = Path(__file__).with_name("ray_story.py")


def told(what: str, folder: Path) -> Any:
    outer = {name: value for name, value in os.environ.items() if name != "RAY_ADDRESS"}
    done = subprocess.run(
        [sys.executable, str(STORY), what, str(folder)], capture_output=True, text=True, timeout=300,
        env=outer | {"RAY_USAGE_STATS_ENABLED": "0"}, start_new_session=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    return json.loads(done.stdout.splitlines()[-1])


def test_the_shards_of_a_node_that_is_killed_go_on_elsewhere(tmp_path: Path) -> None:
    found = told("killed", tmp_path)
    assert found["gpus"] == 2 and found["killed"] == 1
    lost = [over for over in found["over"] if over["outcome"] is None]
    assert 1 <= len(lost) <= 2 and all(over["again"] for over in lost)  # a dead node may be chosen once more
    assert lost[0]["new"] >= 1 and found["submitted"] == 2 + len(lost)
    well = [over["outcome"] for over in found["over"] if over["outcome"]]
    assert sorted(well, key=lambda outcome: outcome["number"]) == [
        {"number": n, "ok": 6, "failed": 0, "keys": 6} for n in range(2)
    ]
    assert len(found["models"]) == len(set(found["models"])) == 12
    *lost, refused = found["refused"]
    assert all(over["again"] for over in lost)  # the dead node again
    assert refused["why"] == "torch sees no device 'nowhere' here" and not refused["again"]


def test_without_a_cluster_a_sentence_says_what_to_do(tmp_path: Path) -> None:
    assert "ray start --head" in told("alone", tmp_path)
