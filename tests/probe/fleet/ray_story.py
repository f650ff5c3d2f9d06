"""A local Ray cluster of two nodes with a GPU each, which nobody uses; one is killed with its shard half done.

    python ray_story.py killed|alone FOLDER

The last line of its output is what came of it, as JSON.
"""

from __future__ import annotations

import json
import os
import sys
import time
from dataclasses import asdict
from pathlib import Path
from typing import Any

from backbones.probe.fleet.driver import Fleet, ShardOver, Submitted
from backbones.probe.fleet.ray_cluster import RayEngine
from backbones.probe.fleet.shard import Shard
from backbones.probe.speed.schedule import Rounds
from backbones.store.errors import BackbonesError
from backbones.store.measuring.keeping import visits
from backbones.store.measuring.visit import Task

WORKER = Path(__file__).parent.parent / "speed" / "fake_worker.py"


def shard(number: int, folder: Path, *models: str, device: str = "cuda:0") -> Shard:
    todo = tuple(Task(model, "throughput", device, "fp32") for model in models)
    command = (sys.executable, "-P", str(WORKER), "--slow", "0.5")
    return Shard(number, todo, folder / f"shard-{number}.db", Rounds(1, 1), command=command)


def killed(folder: Path) -> dict[str, Any]:
    from ray.cluster_utils import Cluster

    small = {"object_store_memory": 80 << 20}
    cluster = Cluster(
        initialize_head=True, head_node_args={"num_cpus": 1, "num_gpus": 0, "include_dashboard": False, **small}
    )
    nodes = [cluster.add_node(num_cpus=1, num_gpus=1, **small) for _ in range(2)]
    cluster.wait_for_nodes()
    engine = RayEngine(address=cluster.address)
    gpus = engine.gpus()
    shards = [shard(number, folder, *(f"sleep{number}.{n}" for n in range(6))) for number in range(2)]

    def wait(seconds: float) -> None:
        time.sleep(seconds)
        if len(nodes) == 2 and all(visits(one.file) for one in shards):
            cluster.remove_node(nodes.pop(), allow_graceful=False)

    told = list(Fleet(engine, shards, folder / "m.db", look_s=0.2, wait=wait).events())
    refusing = shard(7, folder, "a", device="nowhere")
    refused = list(Fleet(engine, [refusing], folder / "m.db", look_s=0.2).events())
    found = {
        "gpus": gpus,
        "killed": 2 - len(nodes),
        "submitted": sum(isinstance(event, Submitted) for event in told),
        "over": [_plain(event) for event in told if isinstance(event, ShardOver)],
        "models": [visit.task.model for visit in visits(folder / "m.db")],
        "refused": [_plain(event) for event in refused if isinstance(event, ShardOver)],
    }
    import ray

    ray.shutdown()
    cluster.shutdown()
    return found


def _plain(event: ShardOver) -> dict[str, Any]:
    plain = asdict(event)
    if plain["outcome"]:
        plain["outcome"]["keys"] = len(plain["outcome"]["keys"])
    return plain


def alone(folder: Path) -> str:
    os.environ["RAY_TMPDIR"] = str(folder)
    try:
        RayEngine()
    except BackbonesError as error:
        return str(error)
    return "there is a cluster"


if __name__ == "__main__":
    what, where = sys.argv[1:]
    sys.stdout.write("\n" + json.dumps((killed if what == "killed" else alone)(Path(where))) + "\n")
