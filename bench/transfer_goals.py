"""What `backbones transfer` must reach, on painted images: `transfer_goals.py extraction|again|budget [--images 2000] …`.

extraction: features come at 90 % of the probe's throughput of the model or faster, decoding included (`--models` names the models;
what the model reaches alone is printed beside it). again: a second run on the same features takes 5 % of the first's time at most.
budget: 40 models end within 1.2 times `--budget`, with a ranked answer. Prints what it found; 1 where the goal was missed.
Weights are random. Needs torch, timm and scikit-learn; for the figures of docs/transfer.md nothing else may run on the machine.
"""

from __future__ import annotations

import argparse
import os
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median
from typing import Final

from PIL import Image

from backbones.probe.speed.conditions import MALLOC
from backbones.probe.speed.plan import duration_s, usual_precision

CLASSES: Final = 10
MODELS: Final = (
    "convnext_atto,convnext_femto,convnext_pico,convnext_nano,convnext_tiny,deit_tiny_patch16_224,deit_small_patch16_224,densenet121,dla34,"
    "edgenext_xx_small,edgenext_x_small,efficientnet_b0,efficientnet_lite0,fastvit_t8,ghostnet_100,hardcorenas_a,lcnet_050,lcnet_100,"
    "levit_128s,mixnet_s,mnasnet_100,mobilenetv2_050,mobilenetv2_100,mobilenetv3_small_050,mobilenetv3_small_100,mobilenetv3_large_100,"
    "mobilevit_xxs,mobilevit_xs,poolformer_s12,regnetx_002,regnety_004,repvgg_a0,resnet10t,resnet18,resnet26,resnet34,resnet50,semnasnet_075,"
    "tinynet_e,vit_tiny_patch16_224"
)
EXTRACTION, AGAIN, LATE = 0.9, 0.05, 1.2
"""Shares: of the probe's throughput, of the first run's time, of the budget."""


def paint(folder: Path, images: int, side: int) -> Path:
    """Classes that differ in colour, as JPEG files whose detail is that of photographs rather than of noise."""
    draw = random.Random(0)
    colours = [[draw.randrange(40, 216) for _ in range(3)] for _ in range(CLASSES)]
    for label in range(CLASSES):
        (folder / f"class-{label}").mkdir(parents=True)
    for number in range(images):
        colour = colours[number % CLASSES]
        grain = bytes(min(255, max(0, colour[at % 3] + draw.randrange(-60, 61))) for at in range(3 * 24 * 24))
        picture = Image.frombytes("RGB", (24, 24), grain).resize((side, side), Image.Resampling.BICUBIC)
        picture.save(folder / f"class-{number % CLASSES}" / f"{number}.jpg", quality=90)
    return folder


def transfer(folder: Path, *options: str) -> tuple[float, str]:
    """Seconds of the command, and what it wrote to stdout. RuntimeError with its last words where it failed."""
    began = time.monotonic()
    command = [
        sys.executable,
        "-m",
        "backbones.cli.main",
        "transfer",
        str(folder),
        "--random-weights",
        "--yes",
        *options,
    ]
    done = subprocess.run(command, capture_output=True, text=True, stdin=subprocess.DEVNULL, check=False)
    if done.returncode:
        raise RuntimeError(done.stderr[-2000:])
    return time.monotonic() - began, done.stdout


def extraction(folder: Path, chosen: argparse.Namespace, home: Path) -> bool:
    """Each model by the probe's way of measuring and by extraction in turns, with the same batch size."""
    from backbones.probe.speed.bench import set_up
    from backbones.probe.speed.devices import open_device
    from backbones.probe.speed.protocol import Budget, first_call, time_blocks, warm_up
    from backbones.probe.speed.quick_init import Pool
    from backbones.probe.speed.subject import Subject, allow_tf32
    from backbones.probe.transfer.features import usual_batch
    from backbones.probe.transfer.frozen import FrozenEvaluator
    from backbones.probe.transfer.images import load_data
    from backbones.probe.transfer.installed import installed
    from backbones.probe.transfer.messages import Order
    from backbones.store.measuring.visit import Task
    from backbones.store.transferring.outcome import Evaluation

    data = load_data(folder)
    facts = installed(home / "cache").facts
    batch, device, precision = usual_batch(chosen.device), chosen.device, chosen.precision
    allow_tf32(precision == "tf32")
    set_up(device)
    budget, pool, is_reached = Budget(), Pool(), True
    print(
        f"{'':28} {'probe':>9} {'alone':>9} {'extraction':>10} {'share':>6}   img/s at batch {batch} in {precision} on {device}"
    )
    for model in chosen.models.split(","):
        asked = Evaluation(
            model, "random", data.name, data.data_hash, "k-NN", facts[model].preparation.resolution, precision
        )
        opened, shares, told = open_device(device), [], (0.0, 0.0, 0.0)
        for turn in range(chosen.rounds):  # one right after the other, since the machine drifts
            subject = Subject(Task(model, "throughput", device, precision), device, pool)
            step = subject.step(batch)
            first_call(opened, step)
            probed = batch / time_blocks(opened, step, warm_up(opened, step, budget).step_s, budget).median
            del step, subject
            opened.release()
            evaluator = FrozenEvaluator(data, home / "features" / str(turn), device)
            cost = evaluator.evaluate(Order(asked, facts[model].preparation), lambda *told: None, lambda: False).cost
            told = (probed, cost.model_img_s or 0.0, cost.extraction_img_s or 0.0)
            shares.append(told[2] / probed)
        is_reached &= median(shares) >= EXTRACTION
        spread = f"{min(shares):.0%}-{max(shares):.0%}"
        print(f"{model:28} {told[0]:9.1f} {told[1]:9.1f} {told[2]:10.1f} {median(shares):6.1%} {spread}", flush=True)
    return is_reached


def again(folder: Path, chosen: argparse.Namespace, home: Path) -> bool:
    """The same command twice, outcomes made anew, features taken from disk."""
    options = ("--models", chosen.models, "--device", chosen.device, "--precision", chosen.precision, "--no-resume")
    transfer(folder, *options, "--dry-run")  # the catalogue and what is known of the images are made now
    first, _ = transfer(folder, *options)
    second, _ = transfer(folder, *options)
    print(f"first run {first:.1f} s, second {second:.1f} s: {second / first:.1%}")
    return second <= AGAIN * first


def budget(folder: Path, chosen: argparse.Namespace, home: Path) -> bool:
    """All models under a budget."""
    options = (
        "--models",
        chosen.models,
        "--device",
        chosen.device,
        "--precision",
        chosen.precision,
        "--budget",
        chosen.budget,
    )
    transfer(folder, *options, "--dry-run")
    seconds, table = transfer(folder, *options, "--format", "csv")
    ranked = table.splitlines()[1:]
    asked = len(chosen.models.split(","))
    print(f"{len(ranked)} of {asked} models ranked on {chosen.images} images in {seconds:.0f} s of {chosen.budget}")
    print("\n".join(ranked[:3]))
    return seconds <= LATE * duration_s(chosen.budget) and len(ranked) > asked / 2


def main() -> int:
    """Paint, measure, compare with the goal."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("goal", choices=("extraction", "again", "budget"))
    parser.add_argument("--models", default="", help="timm's names with commas between them")
    parser.add_argument("--images", type=int, default=2000)
    parser.add_argument("--side", type=int, default=256, help="of the images, in pixels")
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--precision", default="", help="the usual one of the device")
    parser.add_argument("--rounds", type=int, default=3, help="of `extraction`")
    parser.add_argument("--budget", default="10m")
    chosen = parser.parse_args()
    if chosen.device == "cpu" and any(
        name not in os.environ for name in MALLOC
    ):  # as the workers of the probe and of transfer
        os.execve(sys.executable, [sys.executable, *sys.argv], {**os.environ, **MALLOC})
    chosen.models = (
        chosen.models
        or {"extraction": "resnet18,resnet50,vit_tiny_patch16_224", "again": "resnet18", "budget": MODELS}[chosen.goal]
    )
    chosen.precision = chosen.precision or usual_precision(chosen.device)
    goals = {"extraction": extraction, "again": again, "budget": budget}
    with tempfile.TemporaryDirectory(prefix="backbones-") as home:
        os.environ["BACKBONES_HOME"] = home
        folder = paint(Path(home) / "painted", chosen.images, chosen.side)
        is_reached = goals[chosen.goal](folder, chosen, Path(home))
    print("reached" if is_reached else "missed")
    return int(not is_reached)


if __name__ == "__main__":
    sys.exit(main())
