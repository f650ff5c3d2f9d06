"""`backbones probe … --engine slurm|ray`: shards on the GPUs of a cluster, merged into this machine's measurements as they end."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path

import click

from backbones.cli.probe import Options, confirm
from backbones.cli.probe_progress import Progress, meanwhile, progress_of
from backbones.cli.probe_run import (
    INTERRUPTED,
    how_of,
    models_of,
    plan_sentence,
    print_report,
    tell_failures,
    tell_plan,
)
from backbones.cli.session import Session, say
from backbones.probe.fleet.driver import Engine, Fleet, FleetEvent, ShardOver, Submitted
from backbones.probe.fleet.earlier import hand_along
from backbones.probe.fleet.handover import JobList
from backbones.probe.fleet.shard import Shard, name_of, shards_of
from backbones.probe.holding import Held, holding
from backbones.probe.speed import choice
from backbones.probe.speed.plan import duration_s, expected_s, in_words, tasks_of
from backbones.store.errors import BackbonesError
from backbones.store.measuring.keeping import visits
from backbones.store.measuring.report import report
from backbones.store.measuring.visit import Visit

_OF_SUBMITIT = {"cpus_per_task": "cpus", "cpus-per-task": "cpus", "mem_gb": "memory_gb"}
"""Options that submitit sets itself, by what `Wishes` calls them."""
EARLIER = "earlier.db"
"""What this machine knew when the shards were submitted."""


def measure_on_cluster(session: Session, options: Options) -> int:
    """The whole run; the exit code."""
    if options.slurm_time:
        duration_s(options.slurm_time)  # a mistake is said before anything is looked at
    how, device = how_of(options), _device(options)
    with meanwhile("loading torch …"):
        here = choice.look_around()  # the nodes are taken to have the same environment as this one
    tasks = tasks_of(models_of(session, options, here), [device], how)
    if options.dry_run:
        return tell_plan(tasks, plan_sentence(tasks), expected_s(tasks, how), options.form)
    file = session.places.measurements
    rounds, budget = how.schedule(), how.budget()
    root = options.folder or file.parent / "fleet"
    engine, count = _engine(options, root, is_gpu=device != "cpu")
    folder = (root / name_of(tasks, count, rounds, budget)).absolute()
    earlier = folder / EARLIER if options.resume else None
    shards = shards_of(tasks, count, folder, rounds, budget, options.retry, earlier)
    longest = max(expected_s(shard.tasks, how) for shard in shards)
    sentence = f"{plan_sentence(tasks)}, in {len(shards)} shard{'s' if len(shards) != 1 else ''} by {options.engine}"
    confirm(options, longest, sentence)
    say(f"{sentence}: about {in_words(longest)} from when they start; their files are in {folder}")
    progress = progress_of(options.progress)
    keys: set[str] = set()
    is_stopped = False
    with _alone(folder, engine) as jobs:
        (folder / EARLIER).unlink(missing_ok=True)
        if earlier is None:
            _set_aside(shards)
        else:
            hand_along(file, tasks, earlier)
        progress.note("planned", tasks=len(tasks), shards=len(shards), expected_s=round(longest))
        try:
            for event in Fleet(engine, shards, file, note=jobs.note).events():
                _tell(event, progress)
                if isinstance(event, ShardOver) and event.outcome is not None:
                    keys |= set(event.outcome.keys)
        except KeyboardInterrupt:
            is_stopped = True
    taken = [visit for shard in shards for visit in visits(shard.file)]
    rows = report(file, keys | {visit.key for visit in taken})
    if options.progress != "jsonl":
        print_report(rows, options.form)
    tell_failures(_failed(taken))
    if is_stopped:
        say("stopped: the jobs are cancelled, what they measured is merged, and the same command goes on from there")
        return INTERRUPTED
    if not rows.rows:
        say("nothing could be measured")
    return int(not rows.rows)


@contextmanager
def _alone(folder: Path, engine: Engine) -> Iterator[JobList]:
    """As the only head of this run, with no jobs left of an earlier one: two would measure the same into the same files.

    BackbonesError, with what to do, where that is not so.
    """
    try:
        with holding(folder / "head.lock"):
            jobs = JobList(folder / "jobs.json")
            if left := jobs.left():
                _refuse_while_running(folder, engine, list(left.values()))
            yield jobs
    except Held as held:
        raise BackbonesError(
            f"this run is already being seen through by {held.holder}; wait until it is done, or end it with Ctrl-C there"
        ) from None


def _refuse_while_running(folder: Path, engine: Engine, left: Sequence[str]) -> None:
    listed = folder / "jobs.json"
    try:
        running = engine.running(left)
    except BackbonesError as error:
        raise BackbonesError(
            f"an earlier head of this run was killed, and its jobs {', '.join(left)} may still run: {error}. When they are over, "
            f"delete {listed} and give this command again"
        ) from None
    if running:
        raise BackbonesError(
            f"an earlier head of this run was killed, and its jobs still run: {', '.join(running)}. What they measure is kept: wait "
            f"until they are over, or end them (scancel {' '.join(running)}), then give this command again"
        )


def _device(options: Options) -> str:
    """A job sees one GPU, which is its first."""
    named = {name.partition(":")[0] for one in options.devices for name in one.split(",")} or {"cuda"}
    if len(named) != 1 or named & {"all", ""}:
        raise click.UsageError("on a cluster each job has one device: --devices cpu, cuda, xpu …")
    (kind,) = named
    return kind if kind in ("cpu", "mps") else f"{kind}:0"


def _engine(options: Options, root: Path, is_gpu: bool) -> tuple[Engine, int]:
    """The engine, and into how many parts the tasks go."""
    if options.engine == "ray":
        from backbones.probe.fleet.ray_cluster import RayEngine

        ray = RayEngine(gpus=1 if is_gpu else 0, cpus=0 if is_gpu else 1)
        return ray, options.shards or ray.gpus() or 1
    from backbones.probe.fleet.slurm import MINUTES, SlurmEngine, Wishes

    said = dict(_pair(text) for text in options.slurm)
    own = {_OF_SUBMITIT[name]: _whole(name, said.pop(name)) for name in list(said) if name in _OF_SUBMITIT}
    minutes = round(duration_s(options.slurm_time) / 60) if options.slurm_time else MINUTES
    wishes = Wishes(
        options.slurm_partition, options.slurm_constraint, max(1, minutes), int(is_gpu), **own, further=said
    )  # fmt: skip
    return SlurmEngine(root, wishes), options.shards or 1


def _pair(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not name or not equals:
        raise click.UsageError(f"--slurm takes KEY=VALUE, as account=vision; not {text!r}")
    return name.strip().removeprefix("--"), value


def _whole(name: str, value: str) -> int:
    if not value.isdigit():
        raise click.UsageError(f"--slurm {name}= takes a whole number, not {value!r}")
    return int(value)


def _set_aside(shards: Sequence[Shard]) -> None:
    """`--no-resume`: what shards of the same run wrote before is merged long since; they begin with an empty file."""
    for shard in shards:
        if shard.file.exists():
            before = shard.file.with_suffix(f".{sum(1 for _ in shard.file.parent.glob(shard.file.stem + '.*'))}.db")
            shard.file.rename(before)


def _tell(event: FleetEvent, progress: Progress) -> None:
    fields = asdict(event)
    if fields.get("outcome"):
        del fields["outcome"]["keys"]  # long, and of no use to who listens
    progress.note("submitted" if isinstance(event, Submitted) else "shard_over", **fields)
    if isinstance(event, Submitted):
        again = f", attempt {event.attempt}" if event.attempt > 1 else ""
        say(f"shard {event.shard} is job {event.job}: {event.tasks:,} tasks{again}")
    elif event.outcome is not None:
        say(
            f"shard {event.shard} is done: {event.outcome.ok:,} measured, {event.outcome.failed:,} failed; {event.new:,} visits merged"
            + (f", but {event.why}" if event.why else "")
        )
    else:
        say(
            f"shard {event.shard} ended early, {event.new:,} visits merged: {event.why}"
            + ("; it is submitted again" if event.again else "")
        )


def _failed(taken: Sequence[Visit]) -> list[Visit]:
    """The latest failure of each task that nothing came of."""
    well = {visit.key for visit in taken if visit.status == "ok"}
    return list({visit.key: visit for visit in taken if visit.key not in well}.values())
