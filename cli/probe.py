"""`backbones probe`: the options, and which way a run goes."""

from __future__ import annotations

import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import click
from click.shell_completion import CompletionItem

from backbones.cli.default_command import DefaultCommand, DefaultGroup
from backbones.cli.probe_export import compare_command, export_command
from backbones.cli.session import Session, catalog_options, format_option, say
from backbones.store.errors import BackbonesError
from backbones.store.measuring.visit import PRECISIONS, MemoryFormat, Precision

MEASURE = "measure"


class ProbeGroup(DefaultGroup):
    """`probe NAME…` is `probe measure NAME…`: whatever is no command is a model."""

    default = MEASURE


def _complete_names(ctx: click.Context, _: click.Parameter, incomplete: str) -> list[str]:
    """For the shell: the other commands, as long as no model is named."""
    names = ("export", "compare") if not ctx.params.get("names") else ()
    return [name for name in names if name.startswith(incomplete)]


def _complete_view(ctx: click.Context, parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """For the shell: views by name."""
    from backbones.cli.views import complete_name

    return complete_name(ctx, parameter, incomplete)


@dataclass(frozen=True)
class Options:
    """All that was said on the command line."""

    names: tuple[str, ...]
    where: str
    view: str
    devices: tuple[str, ...]
    spread: bool
    precision: tuple[Precision, ...]
    memory_format: MemoryFormat
    compile: bool
    fused: bool
    resolution: int
    batch_size: int
    train: bool
    latency: bool | None
    """None: nothing was said."""
    rounds: int
    quick: bool
    budget: str
    resume: bool
    retry: bool
    skip_unknown: bool
    answer: str
    yes: bool
    progress: str
    form: str
    dry_run: bool
    engine: str
    shards: int
    folder: Path | None
    slurm_partition: str
    slurm_constraint: str
    slurm_time: str
    slurm: tuple[str, ...]
    began: float = field(default_factory=time.monotonic)
    """When the command began; a budget counts from here."""


@click.group("probe", cls=ProbeGroup)
@catalog_options
def command() -> None:
    """Measure how fast timm's models run on this machine."""


@command.command(MEASURE, cls=DefaultCommand)
@click.argument("names", metavar="[NAME|GLOB…]", nargs=-1, shell_complete=_complete_names)
@click.option(
    "--where",
    metavar="FILTER",
    default="",
    help="Models of the catalogue that pass a filter; with names, those of them that do.",
)
@click.option(
    "--view",
    metavar="NAME",
    default="",
    shell_complete=_complete_view,
    help="Models on the front of a saved view; all its rows where it draws none.",
)
@click.option(
    "--devices",
    metavar="LIST",
    multiple=True,
    help="cpu, cuda:0, cuda:0,cuda:1, mps … or all.  [default: the first GPU, else cpu]",
)
@click.option(
    "--spread",
    is_flag=True,
    help="Measure each model on one of several GPUs of the same name; without --devices on all that are like the first.",
)
@click.option(
    "--precision",
    type=click.Choice(PRECISIONS),
    multiple=True,
    help="May be repeated.  [default: amp_fp16 on GPUs of NVIDIA, AMD and Intel, else fp32]",
)
@click.option(
    "--memory-format",
    type=click.Choice(["contiguous", "channels_last"]),
    default="contiguous",
    show_default=True,
    help="Layout of images and weights in memory.",
)
@click.option("--compile", is_flag=True, help="Compile each model with torch.compile first.")
@click.option(
    "--fused",
    is_flag=True,
    help="Merge re-parameterised branches first (RepVGG, MobileOne …); models without such are refused.",
)
@click.option(
    "--resolution",
    "-r",
    type=click.IntRange(1, 8192),
    metavar="PX",
    default=None,
    help="Side of the input; each model's own test resolution otherwise.",
)
@click.option(
    "--batch-size",
    "-b",
    type=click.IntRange(1),
    metavar="N",
    default=None,
    help="Images a step; else the smallest within 3 % of the best throughput.",
)
@click.option("--train", is_flag=True, help="Measure training steps, too.")
@click.option(
    "--latency/--no-latency", default=None, help="Latency of a single image too.  [default: latency, with --quick none]"
)
@click.option(
    "--rounds",
    type=click.IntRange(1, 100),
    metavar="N",
    default=3,
    show_default=True,
    help="Visit each model at most N times; after the second only where visits disagree by more than 3 %. With --answer: visits to a model near the limit.",
)
@click.option(
    "--quick",
    is_flag=True,
    help="One short visit, throughput only unless --latency; a later run without it counts it as its first.",
)
@click.option(
    "--budget",
    metavar="TIME",
    default="",
    help="Stop so long after the command began, as 30m or 1h30m; what is measured by then is kept.",
)
@click.option(
    "--resume/--no-resume",
    default=True,
    show_default=True,
    help="Leave out what was measured under the same conditions. Earlier visits count in the median either way.",
)
@click.option("--retry", is_flag=True, help="Try again what failed.")
@click.option("--skip-unknown", is_flag=True, help="Leave out names that timm does not have, and say which.")
@click.option(
    "--answer", metavar="QUESTION", default="", help="Measure only what an answer needs: OBJECTIVE where FILTER."
)
@click.option(
    "--engine",
    type=click.Choice(["local", "slurm", "ray"]),
    default="local",
    show_default=True,
    help="Where: this machine, or the GPUs of a cluster.",
)
@click.option(
    "--shards",
    type=click.IntRange(1, 10_000),
    metavar="N",
    default=None,
    help="Parts, one GPU each; Ray: as many as there are GPUs, Slurm: 1.",
)
@click.option(
    "--folder",
    type=click.Path(path_type=Path),
    metavar="DIR",
    default=None,
    help="Where the shards of a cluster are kept; all nodes must see it.  [default: fleet/ beside measurements.db]",
)
@click.option("--slurm-partition", metavar="NAME", default="", help="Partition to submit to.")
@click.option("--slurm-constraint", metavar="TEXT", default="", help="As sbatch has it: the type of GPU.")
@click.option("--slurm-time", metavar="TIME", default="", help="Limit of a job, as 2h. [default: 2h]")
@click.option(
    "--slurm", metavar="KEY=VALUE", multiple=True, help="Any other option of sbatch: account=vision, qos=low."
)
@click.option("--yes", "-y", is_flag=True, help="Do not ask before a long run.")
@click.option(
    "--progress",
    type=click.Choice(["bar", "jsonl", "none"]),
    default="bar",
    show_default=True,
    help="jsonl: events on stdout instead of the table.",
)
@click.option("--dry-run", is_flag=True, help="Say what would be measured.")
@format_option
@catalog_options
@click.pass_obj
def measure(session: Session, /, **said: Any) -> int:
    """Measure how fast timm's models run on this machine: throughput, latency, memory, training.

    NAME is a model of timm's, a backbone or weights of the catalogue, or a pattern in quotes; resnet50@288 is one at that
    resolution. Nothing is downloaded: weights are random, which changes no speed. Each number is kept in measurements.db as
    soon as it is there. Ctrl-C stops after the present block (again: at once); the same command later does what is left.
    Afterwards queries and plots know throughput@here.

    \b
    backbones probe resnet50 'convnext_*'
    backbones probe --where 'params_m < 30 and top_1@imagenet-1k > 80' --budget 30m
    backbones probe resnet50 --devices all --precision fp16 --precision bf16
    backbones probe --answer 'top_1@imagenet-1k where throughput@here > 1000'
    backbones probe 'vit_*' --engine slurm --shards 8 --slurm-partition gpu --folder /scratch/probe
    """
    for name in ("resolution", "batch_size", "shards"):
        said[name] = said[name] or 0
    options = Options(**said)
    _check(options)
    if options.answer:
        from backbones.cli.probe_answer import answer

        return answer(session, options)
    if options.engine != "local":
        from backbones.cli.probe_fleet import measure_on_cluster

        return measure_on_cluster(session, options)
    from backbones.cli.probe_run import measure_here

    return measure_here(session, options)


command.add_command(export_command)
command.add_command(compare_command)


def _check(options: Options) -> None:
    if not (options.names or options.where or options.view or options.answer):
        raise click.UsageError("name models, as resnet50 or 'convnext_*', or give --where, --view or --answer")
    if options.answer and (options.names or options.view or options.where or options.engine != "local"):
        raise click.UsageError("--answer chooses the models itself and measures here; put limits into the question")
    from backbones.probe.speed.plan import duration_s

    for duration in filter(None, (options.budget, options.slurm_time)):
        duration_s(duration)  # a mistake is said before anything is looked at
    of_slurm = options.slurm_partition or options.slurm_constraint or options.slurm_time or options.slurm
    if of_slurm and options.engine != "slurm":
        raise click.UsageError("--slurm… is for --engine slurm")
    if options.engine != "local" and options.budget:
        raise click.UsageError("--budget is for this machine; the time of a job on Slurm is --slurm-time")
    if options.spread and (options.answer or options.engine != "local"):
        raise click.UsageError("--spread is for models that are named, and for the GPUs of this machine")
    if options.engine == "local" and (options.shards or options.folder):
        raise click.UsageError("--shards and --folder are for --engine slurm or ray")


def confirm(options: Options, expected_s: float, sentence: str) -> None:
    """Ask before a long run, where somebody can be asked; exit code 1 where the answer is no."""
    from backbones.probe.speed.plan import in_words

    if expected_s < 900 or options.yes or options.budget or not (sys.stdin.isatty() and sys.stderr.isatty()):
        return
    if not click.confirm(f"{sentence}: about {in_words(expected_s)}. Begin?", default=True, err=True):
        say("not begun")
        raise click.exceptions.Exit(1)


def nothing_to_do(what: str) -> BackbonesError:
    """What is said where no model is left."""
    return BackbonesError(f"nothing to measure: {what}")
