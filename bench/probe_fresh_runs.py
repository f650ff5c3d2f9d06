"""Fresh runs of the probe against a fresh process a model in timm's way: `probe_fresh_runs.py [--runs 5] [--threads 1] [MODEL…]`.

timm's bulk runner starts its benchmark script anew for each model: 10 steps, then 40 that it synchronises one by one, and the mean of
those. That loop is written again here, with the script's settings (cuDNN chooses its algorithms by trying, TF32 in matrix products, and
in convolutions as torch has it) and without its counting of operations; the script itself is not run. In turns with it `backbones
probe` measures all models at the same batch size, once with one round and once with three, each time into a home with nothing measured.
On an NVIDIA GPU timm's fp32 is `--precision tf32`. Prints for each way the spread from run to run (coefficient of variation, mean over
models) and seconds a model, and of what the probe's seconds consist. Needs torch and timm.

With many models, `--timm-every 5` runs only every fifth in timm's way, where a model's time does not depend on how many there are, and
`--rounds 1` leaves the three rounds out.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from pathlib import Path
from statistics import mean, median, stdev

from backbones.store.measuring.keeping import visits

MODELS = (
    "mobilenetv3_small_100", "regnetx_002", "resnet18", "vit_tiny_patch16_224", "efficientnet_b0", "convnext_atto", "edgenext_xx_small",
    "levit_128s",
)  # fmt: skip
TIMM_WAY = """
import sys, time, torch, timm
torch.backends.cudnn.benchmark = True
if torch.cuda.is_available():
    torch.backends.cuda.matmul.allow_tf32 = True
name, batch, size, device, precision = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), sys.argv[4], sys.argv[5]
kind = device.partition(":")[0]
dtype = {"amp_fp16": torch.float16, "amp_bf16": torch.bfloat16}.get(precision)
model = timm.create_model(name).to(device).eval()
images = torch.randn(batch, 3, size, size, device=device)
wait = torch.cuda.synchronize if kind == "cuda" else lambda: None
def step():
    with torch.autocast(kind, dtype, enabled=dtype is not None):
        model(images)
    wait()
with torch.inference_mode():
    for _ in range(10):
        step()
    began = time.perf_counter()
    for _ in range(40):
        step()
    print(40 * batch / (time.perf_counter() - began))
"""
TIMM = "timm, a process each"


def timm_runs(models: list[str], chosen: argparse.Namespace) -> dict[str, float]:
    """Images a second of each model, each from a process of its own."""
    found, shape = {}, (str(chosen.batch_size), str(chosen.resolution))
    for model in models:
        command = [sys.executable, "-c", TIMM_WAY, model, *shape, chosen.device, chosen.precision]
        found[model] = float(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    return found


def probe_run(
    models: list[str], chosen: argparse.Namespace, rounds: int, parts: dict[str, list[float]]
) -> dict[str, float]:
    """The median over the rounds of each model; adds the seconds of each visit to `parts`."""
    with tempfile.TemporaryDirectory() as home:
        shutil.copyfile(chosen.catalog, Path(home) / "catalog.db")
        command = [
            sys.executable, "-m", "backbones.cli.main", "probe", *models, "-b", str(chosen.batch_size), "-r", str(chosen.resolution),
            "--no-latency", "--yes", "--rounds", str(rounds), "--precision", chosen.precision, "--devices", chosen.device, "--progress", "none",
        ]  # fmt: skip
        subprocess.run(command, check=True, capture_output=True, env={**os.environ, "BACKBONES_HOME": home})
        kept = visits(next(Path(home).rglob("measurements.db")))
    found: dict[str, list[float]] = defaultdict(list)
    for visit in kept:
        if (seen := visit.seen) is None or seen.throughput_img_s is None:
            print(f"{visit.task.model}: {visit.status} {visit.error}")
            continue
        found[visit.task.model].append(seen.throughput_img_s)
        timed = sum((*seen.blocks, *seen.set_aside)) * seen.steps_a_block
        measuring = seen.first_call_s + seen.warm_up_s + timed
        parts["measuring"].append(measuring)
        parts["beside it"].append(visit.duration_s - measuring)
    return {model: median(figures) for model, figures in found.items()}


def main() -> int:
    """Take turns and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("models", nargs="*", default=MODELS)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--batch-size", type=int, default=4)
    parser.add_argument("--resolution", type=int, default=224)
    parser.add_argument("--rounds", default="1,3", metavar="N,…", help="of the probe, each number a way of its own")
    parser.add_argument("--timm-every", type=int, default=1, metavar="N", help="only every Nth model in timm's way")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--precision", default="fp32", choices=("fp32", "tf32", "amp_fp16", "amp_bf16"))
    chosen = parser.parse_args()
    os.environ["OMP_NUM_THREADS"] = str(chosen.threads)
    models = list(chosen.models)
    figures: dict[str, dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    seconds: dict[str, list[float]] = defaultdict(list)
    built = tempfile.TemporaryDirectory()  # once, as on a machine where the command was used before
    chosen.catalog = Path(built.name) / "catalog.db"
    command = [sys.executable, "-m", "backbones.cli.main", "build"]
    subprocess.run(command, check=True, capture_output=True, env={**os.environ, "BACKBONES_HOME": built.name})
    rounds_of = {f"probe, {rounds} round{'s' * (rounds > 1)}": rounds for rounds in map(int, chosen.rounds.split(","))}
    parts: dict[str, dict[str, list[float]]] = {way: defaultdict(list) for way in rounds_of}
    for turn in range(chosen.runs):
        ways = [TIMM, *rounds_of]
        for way in ways if turn % 2 else reversed(ways):
            these = models[:: chosen.timm_every] if way == TIMM else models
            began = time.perf_counter()
            found = timm_runs(these, chosen) if way == TIMM else probe_run(these, chosen, rounds_of[way], parts[way])
            seconds[way].append((time.perf_counter() - began) / len(these))
            for model, figure in found.items():
                figures[way][model].append(figure)
    for model in models:
        told = (
            f"{way} {median(found[model]):8.1f} CV {variation(found[model]):5.1%}"
            for way, found in figures.items()
            if model in found
        )
        print(f"{model:26}", " | ".join(told))
    for way in figures:
        spread = mean(variation(values) for values in figures[way].values())
        span = mean((max(values) - min(values)) / median(values) for values in figures[way].values())
        print(f"{way:22} CV {spread:5.1%}, range {span:5.1%}, {median(seconds[way]):5.1f} s a model", end="")
        for name, spent in parts.get(way, {}).items():
            print(f"; {name} {mean(spent):.2f} s a visit", end="")
        print()
    built.cleanup()
    return 0


def variation(values: list[float]) -> float:
    """Standard deviation over mean."""
    return stdev(values) / mean(values) if len(values) > 1 else 0.0


if __name__ == "__main__":
    sys.exit(main())
