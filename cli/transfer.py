"""`backbones transfer`: the options, and the commands beside it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from backbones.cli.default_command import DefaultCommand, DefaultGroup
from backbones.cli.session import Session, catalog_options, format_option
from backbones.store.measuring.visit import PRECISIONS

_SHARE = click.FloatRange(0, 1, max_open=True)


class TransferGroup(DefaultGroup):
    """`transfer DATA` evaluates; `./report` is a folder of that name."""

    others = {
        "report": ("backbones.cli.transfer_report", "What came of it as Markdown and HTML, with plots."),
        "recipes": ("backbones.cli.transfer_recipes", "Recipes for fine-tuning: list them, print one."),
    }


@dataclass(frozen=True)
class Options:
    """All that was said on the command line."""

    data: Path
    models: tuple[str, ...]
    pick: str
    protocol: tuple[str, ...]
    recipe: str
    shots: str
    seeds: int
    seed: int
    budget: str
    name: str
    dataset: str
    val: float
    test: float
    device: str
    precision: str
    resolution: int
    channels_last: bool
    weights: tuple[str, ...]
    random_weights: bool
    save_weights: Path | None
    resume: bool
    retry: bool
    per_class: bool
    yes: bool
    progress: str
    form: str
    dry_run: bool


@click.group("transfer", cls=TransferGroup)
@catalog_options
def command() -> None:
    """Which backbone for your own images?"""


@command.command("run", cls=DefaultCommand)
@click.argument("data", metavar="DATA", type=click.Path(path_type=Path))
@click.option(
    "--models", "-m", metavar="A,B,…", multiple=True, help="timm's names, with or without tag, or patterns in quotes."
)
@click.option("--pick", metavar="FILTER", default="", help="Models that a filter of the catalogue leaves.")
@click.option(
    "--protocol",
    metavar="LIST",
    multiple=True,
    help="k-NN, linear (linear probing), fine-tuning.  [default: k-NN,linear]",
)
@click.option(
    "--recipe", metavar="NAME|FILE", default="", help="Of fine-tuning; `transfer recipes` lists them. [default: quick]"
)
@click.option(
    "--shots", metavar="LIST", default="all", show_default=True, help="Training images of a class, as 1,5,10,50,all."
)
@click.option(
    "--seeds",
    type=click.IntRange(1, 100),
    metavar="N",
    default=1,
    show_default=True,
    help="Draws of the shots; runs of fine-tuning.",
)
@click.option("--seed", type=int, default=42, show_default=True, help="Of the split and of the first draw.")
@click.option(
    "--budget",
    metavar="TIME",
    default="",
    help="As 30m: the cheap protocol for all models, more for the best, until the time is over.",
)
@click.option(
    "--name", metavar="NAME", default="", help="What the images are called in the catalogue; the folder's name."
)
@click.option(
    "--dataset",
    metavar="KNOWN",
    default="",
    help="A data set of the catalogue: say what differs; join its results where nothing does.",
)
@click.option(
    "--val", type=_SHARE, default=0.0, show_default=True, help="Share to choose settings on, where DATA has no val/."
)
@click.option(
    "--test", type=_SHARE, default=0.2, show_default=True, help="Share to test on, where DATA has no test/ or val/."
)
@click.option(
    "--device", metavar="NAME", default="", help="One of cpu, cuda:0, mps …; the first accelerator, else the CPU."
)
@click.option(
    "--precision",
    type=click.Choice(PRECISIONS),
    default=None,
    help="amp_fp16 on GPUs of NVIDIA, AMD and Intel, else fp32.",
)
@click.option(
    "--resolution", "-r", type=click.IntRange(1, 8192), metavar="PX", default=None,
    help="Side of the input; each model's own test resolution otherwise.",
)  # fmt: skip
@click.option("--channels-last", is_flag=True, help="Memory layout in which convolutions are often faster.")
@click.option(
    "--weights", metavar="MODEL=FILE", multiple=True, help="A state dictionary of your own, .safetensors or .pth."
)
@click.option("--random-weights", is_flag=True, help="No pretrained weights: to try the machinery; marks the rows.")
@click.option(
    "--save-weights", metavar="DIR", type=click.Path(path_type=Path, file_okay=False), default=None,
    help="Keep what was fine-tuned: a state dictionary for each outcome.",
)  # fmt: skip
@click.option("--resume/--no-resume", default=True, show_default=True, help="Leave out what was evaluated before.")
@click.option("--retry", is_flag=True, help="Try again what failed.")
@click.option("--per-class", is_flag=True, help="Each class of the best model too, and what it takes for what.")
@click.option("--yes", "-y", is_flag=True, help="Do not ask before a long run.")
@click.option(
    "--progress", type=click.Choice(["bar", "jsonl", "none"]), default="bar", show_default=True,
    help="jsonl: events on stdout instead of the table.",
)  # fmt: skip
@click.option("--dry-run", is_flag=True, help="Say what would be evaluated.")
@format_option
@catalog_options
@click.pass_obj
def run(session: Session, /, **said: Any) -> int:
    """Evaluate timm's models on your own images: k-NN and linear probing on frozen features, and fine-tuning.

    DATA is a folder with a folder for each class, one with train/, val/ and test/, or a CSV of path,label[,split]. Features are
    extracted once for each model and kept; every outcome is kept as it is taken, and the same command goes on where one was ended
    (Ctrl-C: after the present batch). The catalogue then answers top_1@NAME, beside the papers' numbers.

    \b
    backbones transfer ~/flowers --models resnet50,convnext_tiny.fb_in22k,vit_small_patch14_dinov2
    backbones transfer ~/flowers --pick 'params_m < 30 and licence_class = permissive' --budget 30m
    backbones transfer ~/flowers -m 'convnextv2_*' --shots 1,5,10,all --seeds 3
    backbones transfer ~/flowers -m resnet50 --protocol fine-tuning --recipe clash
    backbones transfer report flowers
    """
    said["resolution"], said["precision"] = said["resolution"] or 0, said["precision"] or ""
    options = Options(**said)
    _check(options)
    from backbones.cli.transfer_run import evaluate_here

    return evaluate_here(session, options)


def _check(options: Options) -> None:
    if not (options.models or options.pick):
        raise click.UsageError("name models, as --models resnet50,convnext_tiny, or say --pick FILTER")
    if options.models and options.pick:
        raise click.UsageError("--models names the models, --pick finds them by a filter; give one of both")
    if options.weights and options.random_weights:
        raise click.UsageError("--weights and --random-weights exclude each other")
    if options.weights and options.pick:
        raise click.UsageError("--weights is for models that --models names")
    if options.budget and options.shots != "all":
        raise click.UsageError("with --budget the time decides how many images are used; leave --shots away")
    if options.budget and options.seeds != 1:
        raise click.UsageError("with --budget each model is evaluated with one seed; leave --seeds away")
