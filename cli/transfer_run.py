"""`backbones transfer DATA` on this machine: say what will be done, do it, show what came of it."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from backbones.cli.session import Bar, Session, say
from backbones.cli.transfer import Options
from backbones.cli.transfer_alone import alone, list_of_images
from backbones.cli.transfer_introduction import introduce
from backbones.cli.transfer_plan import Expected, Known, about_time, counted, tell_other_versions, tell_plan
from backbones.cli.transfer_progress import Progress, progress_of
from backbones.cli.transfer_request import device_of, request_of, with_weights
from backbones.probe.speed import load
from backbones.probe.speed.plan import duration_s
from backbones.probe.speed.supervisor import ended_by_signals
from backbones.probe.transfer import halving, happenings
from backbones.probe.transfer.expecting import expected as estimate
from backbones.probe.transfer.installed import installed
from backbones.probe.transfer.request import Request, about_shots, all_wishes, one_by_one
from backbones.probe.transfer.running import TransferRun, is_of
from backbones.store.transferring.outcome import Evaluation, Outcome

if TYPE_CHECKING:
    from backbones.probe.transfer.happenings import Happening
    from backbones.probe.transfer.images import ImageData
    from backbones.probe.transfer.speeds import Speeds

INTERRUPTED = 130
WORKER = (sys.executable, "-P", "-m", "backbones.probe.transfer.worker")
"""The command of a worker; the list of images, the folder of features, the device and the parent's number follow."""
_LONG_S = 900


@dataclass
class Found:
    """What is heard of a run that its end needs."""

    drop: Callable[[Outcome], object] = lambda outcome: None
    """Takes away what this run kept."""
    outcomes: list[Outcome] = field(default_factory=list)
    earlier: dict[str, Outcome] = field(default_factory=dict)
    """By key, what an earlier run kept and this one went on from."""
    is_stopped: bool = False

    def hear(self, happening: Happening) -> None:
        """Note what a run tells."""
        if isinstance(happening, happenings.Taken):
            self.outcomes.append(happening.outcome)
            if happening.is_resumed:
                self.earlier[happening.outcome.key] = happening.outcome
        elif isinstance(happening, happenings.GivenUp):
            self._give_up(set(happening.keys))
        elif isinstance(happening, happenings.Ended):
            self.is_stopped = happening.is_stopped

    def _give_up(self, keys: set[str]) -> None:
        """They would stand above better ones; what is of an earlier run stands beside its like there, and stays."""
        for one in self.outcomes:
            if one.key in keys - self.earlier.keys():
                self.drop(one)
        self.outcomes = [one for one in self.outcomes if one.key not in keys]


def evaluate_here(session: Session, options: Options) -> int:
    """The whole run; the exit code."""
    from backbones.probe.transfer.images import load_data
    from backbones.probe.transfer.seen import cache_folder

    spent_s, watch = halving.clock(), load.Watch(time.monotonic())
    budget_s = duration_s(options.budget) if options.budget else 0.0
    cache = cache_folder() / "transfer"
    here = installed(cache)
    device = device_of(options.device, here)
    data = load_data(
        options.data,
        val=options.val,
        test=options.test,
        seed=options.seed,
        name=options.name,
        progress=Bar("reading images"),
    )
    introduce(session, options, data)
    request = with_weights(request_of(session, options, here, device, cache))
    for sentence in about_shots(request.shots, data):
        say(sentence)
    progress = progress_of(options.progress)
    with ExitStack() as held:
        if not options.dry_run:
            held.enter_context(alone(cache / "running", device, progress, options.budget, spent_s))
        speeds, request = _speeds(session, request, data, device)
        known = Known(earlier_in(session.places.measurements, options, device), cache / "fine-tuning")
        wishes = all_wishes(request, data)
        time_s = estimate(request, wishes, data, speeds, known.left)
        every = (one.order.evaluation for one in wishes)
        unknown = speeds.unknown(dict.fromkeys(asked.model for asked in every if not known.before(asked)))
        busy = watch.until(time.monotonic()).foreign_cpus if device == "cpu" else 0.0
        expected = Expected(time_s, unknown, busy, load.cpus())
        if options.dry_run:
            return tell_plan(wishes, known, options, expected)
        what = f"{counted(len(wishes), 'evaluation')} of {counted(len(request.models), 'model')}"
        _confirm(options, expected, f"{what} on {device}")
        progress.note(
            "planned", evaluations=len(wishes), models=len(request.models), expected_s=round(time_s.middle),
            least_s=round(time_s.least), most_s=round(time_s.most) if time_s.is_bounded else None, device=device,
        )  # fmt: skip
        if budget_s:
            plan = halving.halve(request, data, speeds, budget_s, spent_s, options.seed)
            models = counted(len(request.models), "model")
            say(f"{models} in {request.precision} on {device}, at most {options.budget}")
        else:
            plan = one_by_one(wishes)
            say(f"{what} in {request.precision} on {device}{about_time(wishes, known, expected)}")
            if len(kept := known.of(wishes)) < len(wishes):  # else it is said in a moment
                tell_other_versions(kept)
        progress.hear(happenings.Began(len(request.models), 0 if budget_s else len(wishes)))
        found = _run(session, options, plan, data, device, cache, progress)
    return conclude(options, request, found)


def _speeds(session: Session, request: Request, data: ImageData, device: str) -> tuple[Speeds, Request]:
    """What is known of the models' speeds here, and the batch sizes that the probe found to be best."""
    from dataclasses import replace

    from backbones.probe.transfer.speeds import Speeds, kept_speeds
    from backbones.probe.transfer.speeds import counted as gmacs_of
    from backbones.probe.transfer.told import decoding_s, heard_of
    from backbones.store.transferring.speeds import told_speeds

    sizes = [(model.name, request.resolution_of(model, "k-NN")) for model in request.models]
    file = session.places.measurements
    measured, batches = kept_speeds(file, sizes, device, request.precision)
    heard, trained = heard_of(told_speeds(file), request, data, device)
    known = {**measured, **heard}
    speeds = Speeds(
        load.cpus(), device, gmacs_of(session.connect, sizes), known, trained=trained, decoding_s=decoding_s(data)
    )
    return speeds, replace(request, batch_sizes=tuple(batches.items()))


def _confirm(options: Options, expected: Expected, sentence: str) -> None:
    if (
        expected.longest_s < _LONG_S
        or options.yes
        or options.budget
        or not (sys.stdin.isatty() and sys.stderr.isatty())
    ):
        return
    click.confirm(f"{sentence}: {expected}. Begin?", default=True, abort=True, err=True)


def _run(
    session: Session, options: Options, plan: Any, data: ImageData, device: str, cache: Path, progress: Progress
) -> Found:
    """Until its end, or until somebody ends it."""
    from backbones.probe.transfer.cache import prune
    from backbones.probe.transfer.checkpoints import forget
    from backbones.probe.transfer.checkpoints import prune as prune_checkpoints
    from backbones.probe.transfer.environment import environment
    from backbones.probe.transfer.messages import write_images
    from backbones.store.transferring.keeping import drop, keep

    file = session.places.measurements
    found = Found(partial(drop, file))
    variables = environment(device, os.environ)

    def kept(outcome: Outcome) -> None:
        keep(file, outcome)
        if outcome.status == "ok" and outcome.evaluation.protocol == "fine-tuning":
            forget(cache / "fine-tuning" / outcome.key)

    with list_of_images(cache / "running", device) as images:
        write_images(data, images)
        command = (*WORKER, str(images), str(cache / "features"))
        run = TransferRun(plan, kept, device, command, earlier=earlier_in(file, options, device), variables=variables)
        with ended_by_signals(run):
            follow(run.events(), progress, found)
    prune(cache / "features")
    prune_checkpoints(cache / "fine-tuning")
    return found


def earlier_in(file: Path, options: Options, device: str) -> Callable[[str], Outcome | None]:
    """What the run goes on from: what ended well on this device, and failures unless they are to be tried again.

    Missing weights may have come.
    """
    from backbones.store.transferring.keeping import newest, outcomes

    def earlier(key: str) -> Outcome | None:
        if not options.resume:
            return None
        found = newest(one for one in outcomes(file, key=key) if is_of(one, device))
        if not found:
            return None
        kept = found[0] if found[0].status == "ok" else None
        if kept and kept.evaluation.protocol == "fine-tuning" and _lacks_weights(options, kept.evaluation):
            return None
        if kept or options.retry:
            return kept
        return found[0] if found[0].status != "no_weights" else None

    return earlier


def _lacks_weights(options: Options, evaluation: Evaluation) -> bool:
    """They are asked for and were not kept then."""
    from backbones.probe.transfer.tuned import file_of

    return options.save_weights is not None and not file_of(options.save_weights.expanduser(), evaluation).exists()


def follow(told: Iterator[Happening], progress: Progress, found: Found) -> None:
    """Until the end of a run."""
    try:
        for happening in told:
            found.hear(happening)
            progress.hear(happening)
    finally:
        progress.end()


def conclude(options: Options, request: Request, found: Found) -> int:
    """The table, what is to be said of it, and the exit code."""
    from backbones.cli.transfer_table import tell_failures, tell_outcomes

    if found.earlier:
        say(f"{len(found.earlier):,} were evaluated before; --no-resume evaluates them again, --retry what failed")
        tell_other_versions(found.earlier.values())
    if options.progress != "jsonl":
        tell_outcomes(found.outcomes, options.form, options.per_class, bool(options.budget))
    tell_failures([one for one in found.outcomes if one.status != "ok"])
    if found.is_stopped:
        say("stopped; every outcome and the features so far are kept, and the same command goes on from there")
        return INTERRUPTED
    if not any(one.status == "ok" for one in found.outcomes):
        say("nothing could be evaluated")
        return 1
    return 0
