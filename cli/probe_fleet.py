"""`backbones probe … --engine slurm|ray`: shards on the GPUs of a cluster, merged into this machine's measurements as they end."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

from backbones.cli.probe import Options, confirm
from backbones.cli.probe_progress import Progress, progress_of
from backbones.cli.probe_run import INTERRUPTED, how_of, models_of, plan_sentence, tell_plan
from backbones.cli.session import Session, say, table_width
from backbones.probe.fleet.driver import Engine, Fleet, FleetEvent, Submitted
from backbones.probe.fleet.shard import Shard, name_of, shards_of
from backbones.probe.speed import choice, worker_process
from backbones.probe.speed.plan import duration_s, expected_s, in_words, tasks_of
from backbones.store.errors import BackbonesError
from backbones.store.formats import render
from backbones.store.measuring.listed import listed


def measure_on_cluster(session: Session, options: Options) -> int:
    """The whole run; the exit code."""
    import click

    device = _device(options)
    how = how_of(options)
    here = choice.look_around()  # the cluster's nodes are taken to have the same environment
    tasks = tasks_of(models_of(session, options, here), [device], how)
    if options.dry_run:
        return tell_plan(tasks, plan_sentence(tasks), expected_s(tasks, how), options.form)
    engine, count = _engine(options, session.places.measurements.parent, device)
    folder = options.folder or session.places.measurements.parent / "fleet" / name_of(tasks, count, how.schedule(), how.budget())
    shards = shards_of(tasks, count, folder, how.schedule(), how.budget(), worker_process.TORCH[1:] and _command())
    longest = max(expected_s(shard.tasks, how) for shard in shards)
    sentence = f"{plan_sentence(tasks)}, in {len(shards)} shard{'s' if len(shards) != 1 else ''} by {options.engine}"
    confirm(options, longest, sentence)
    say(f"{sentence}: about {in_words(longest)} from when they start; files are in {folder}")
    progress = progress_of(options.progress)
    progress.note("planned", tasks=len(tasks), shards=len(shards), expected_s=round(longest))
    fleet = Fleet(engine, shards, session.places.measurements)
    ok = 0
    try:
        for event in fleet.events():
            _tell(event, progress)
            ok += event.outcome.ok if not isinstance(event, Submitted) and event.outcome else 0
    except KeyboardInterrupt:
        say("jobs are cancelled; what they measured is merged, and the same command goes on from there")
        return INTERRUPTED
    if options.progress != "jsonl":
        rows = listed(session.places.measurements)
        click.echo(render(rows, options.form, table_width() if options.form == "table" else None), nl=False)
    if not ok:
        say("nothing could be measured")
    return int(not ok)
