"""`backbones probe NAME…` on this machine: say what will be done, do it, show what came of it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import click

from backbones.cli.probe import Options, confirm, nothing_to_do
from backbones.cli.probe_progress import Progress, progress_of
from backbones.cli.session import Session, say, table_width
from backbones.probe.speed import choice, events, worker_process
from backbones.probe.speed.choice import Here
from backbones.probe.speed.conditions import under
from backbones.probe.speed.plan import How, Wanted, duration_s, expected_s, in_words, spread, tasks_of
from backbones.probe.speed.resuming import kept_in
from backbones.probe.speed.supervisor import Run, ended_by_signals
from backbones.store.formats import render
from backbones.store.measuring.keeping import keep
from backbones.store.measuring.report import caution_sentences, report, telling
from backbones.store.measuring.visit import Conditions, Task, Visit, key_of
from backbones.store.rows import Column, Rows

if TYPE_CHECKING:
    from backbones.probe.speed.events import Event

INTERRUPTED = 130


@dataclass
class Found:
    """What is heard of a run that its end needs."""

    conditions: dict[str, Conditions] = field(default_factory=dict)
    failed: dict[str, Visit] = field(default_factory=dict)
    is_stopped: bool = False
    has_unkept: bool = False
    """Visits that could not be written into the file at last."""

    def hear(self, event: Event) -> None:
        """Note what a run tells."""
        if isinstance(event, events.WorkerReady):
            self.conditions[event.device] = event.conditions
        elif isinstance(event, events.Taken):
            self.failed.pop(event.visit.key, None)
            if event.visit.status != "ok":
                self.failed[event.visit.key] = event.visit
        elif isinstance(event, events.NotKept):
            self.has_unkept = True
        elif isinstance(event, events.Finished):
            self.is_stopped = event.is_stopped

    def keys(self, tasks: Sequence[Task]) -> list[str]:
        """Of all tasks whose device had a worker."""
        return [
            key_of(task, under(self.conditions[task.device], task)) for task in tasks if task.device in self.conditions
        ]


def measure_here(session: Session, options: Options) -> int:
    """The whole run; the exit code."""
    here = choice.look_around()
    how = how_of(options)
    progress = progress_of(options.progress)
    chosen = choose(session, options, here)
    if chosen.unknown or chosen.rows_left_out:
        progress.note("left_out", names=chosen.unknown, rows=chosen.rows_left_out)
    if options.spread:
        tasks = spread(chosen.wanted, choice.alike(options.devices, here), how)
    else:
        tasks = tasks_of(chosen.wanted, choice.choose_devices(options.devices, here.devices), how)
    sentence, seconds = plan_sentence(tasks), expected_s(tasks, how)
    sentence += ", each model on one of them" if options.spread else ""
    plan = {
        "tasks": len(tasks),
        "models": len(set(chosen.wanted)),
        "expected_s": round(seconds),
        "known_devices": here.devices,
    }
    if options.dry_run and options.progress == "jsonl":
        progress.note("would_measure", **plan)
        return 0
    if options.dry_run:
        return tell_plan(tasks, sentence, seconds, options.form)
    confirm(options, seconds, sentence)
    say(f"{sentence}: about {in_words(seconds)}" + (f", at most {options.budget}" if options.budget else ""))
    progress.note("planned", **plan)
    file = session.places.measurements
    run = Run(
        tasks, lambda visit: keep(file, visit), earlier=earlier_in(file, options), rounds=how.schedule(), budget=how.budget(),
        command=worker_process.TORCH,
    )  # fmt: skip
    found = Found()
    with ended_by_signals(run), within(options.budget, run) as is_over:
        follow(run.events(), progress, found)
    return conclude(options, file, tasks, found, is_over())


def how_of(options: Options) -> How:
    """The settings that the options stand for."""
    return How(
        options.precision, options.memory_format, options.compile, options.fused, options.batch_size, options.latency, options.train,
        options.rounds, options.quick,
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Chosen:
    """The models that names, a filter and a view mean together, and what of these is in no timm here."""

    wanted: Sequence[Wanted]
    unknown: tuple[str, ...] = ()
    rows_left_out: int = 0


def models_of(session: Session, options: Options, here: Here) -> Sequence[Wanted]:
    """The models alone. BackbonesError where none is left."""
    return choose(session, options, here).wanted


def choose(session: Session, options: Options, here: Here) -> Chosen:
    """The models, and what is left out, which is said. BackbonesError where none is left."""
    from backbones.cli.probe_names import named

    of_names = named(options.names, here.models, session.connect, options.resolution, options.skip_unknown)
    if of_names.unknown:
        say(_about_unknown(of_names.unknown))
    if not (options.where or options.view):
        if not of_names.wanted:
            raise nothing_to_do("timm has none of the models that are named")
        return Chosen(of_names.wanted, of_names.unknown)
    from backbones.probe.speed.meant import front_of, meant_by, view_of_filter

    explorer = session.explorer()
    if options.view:
        from backbones.store.saved_views import find_view

        view = front_of(find_view(session.places.measurements, options.view).view)
        if options.where:
            view = view.with_(filter=f"({view.filter}) and ({options.where})" if view.filter else options.where)
    else:
        view = view_of_filter(options.where, explorer.main_metric(options.where))
    meant = meant_by(explorer, view, here.models, options.resolution)
    models = {model for model, _ in of_names.wanted}
    wanted = [one for one in meant.wanted if not options.names or one[0] in models]
    if meant.not_in_timm:
        say(f"{meant.not_in_timm:,} of {meant.rows:,} rows are of a backbone that the installed timm does not have")
    if not wanted:
        raise nothing_to_do(
            "no row passes" if not meant.rows else "of these rows none is of a model that is named and in timm"
        )
    return Chosen(wanted, of_names.unknown, meant.not_in_timm)


def _about_unknown(names: Sequence[str]) -> str:
    few = ", ".join(names[:5]) + (f" and {len(names) - 5:,} more" if len(names) > 5 else "")
    return f"left out, since timm has no such model: {few}"


def plan_sentence(tasks: Sequence[Task]) -> str:
    """What, how many and where, in a sentence."""
    models = len({(task.model, task.resolution) for task in tasks})
    what = " and ".join(dict.fromkeys(task.quantity for task in tasks))
    precisions = ", ".join(dict.fromkeys(task.precision for task in tasks))
    devices = ", ".join(dict.fromkeys(task.device for task in tasks))
    first = tasks[0]
    more: list[str] = [first.memory_format] if first.memory_format != "contiguous" else []
    more += ["compiled"] * first.compiled + ["fused"] * first.fused
    return f"{models:,} model{'s' if models != 1 else ''}, {what} in {', '.join((precisions, *more))} on {devices}"


def tell_plan(tasks: Sequence[Task], sentence: str, seconds: float, form: str) -> int:
    """`--dry-run`: the tasks as a table."""
    names = (
        "model",
        "resolution",
        "quantity",
        "device",
        "precision",
        "memory_format",
        "compiled",
        "fused",
        "batch_size",
    )
    kinds = {"compiled": "flag", "fused": "flag", "resolution": "number", "batch_size": "number"}
    columns = tuple(Column(name, name.replace("_", " "), kinds.get(name, "text")) for name in names)
    rows = tuple(
        (
            t.model,
            t.resolution or None,
            t.quantity,
            t.device,
            t.precision,
            t.memory_format,
            t.compiled,
            t.fused,
            t.batch_size or None,
        )
        for t in tasks
    )
    click.echo(render(Rows(columns, rows), form, table_width() if form == "table" else None), nl=False)
    say(f"would measure {sentence}: about {in_words(seconds)}")
    return 0


def earlier_in(file: Path, options: Options) -> Callable[[str], list[Visit]] | None:
    """What the run goes on from."""
    return kept_in(file, options.retry) if options.resume else None


@contextmanager
def within(budget: str, run: Run) -> Iterator[Callable[[], bool]]:
    """End the run after that time; whether that has happened."""
    over = threading.Event()
    if not budget:
        yield over.is_set
        return

    def end() -> None:
        over.set()
        run.stop()

    timer = threading.Timer(duration_s(budget), end)
    timer.daemon = True
    timer.start()
    try:
        yield over.is_set
    finally:
        timer.cancel()


def follow(told: Iterator[Event], progress: Progress, found: Found) -> None:
    """Until the end of a run."""
    try:
        for event in told:
            found.hear(event)
            progress.hear(event)
    finally:
        progress.end()


def conclude(options: Options, file: Path, tasks: Sequence[Task], found: Found, is_budget_spent: bool) -> int:
    """The table, what is to be said of it, and the exit code."""
    rows = report(file, found.keys(tasks))
    if options.progress != "jsonl":
        print_report(rows, options.form)
    tell_failures(list(found.failed.values()))
    if found.is_stopped:
        why = f"{options.budget} are over" if is_budget_spent else "stopped"
        kept = "every other" if found.has_unkept else "every"
        say(f"{why}; {kept} finished visit is kept, and the same command goes on from there")
        return INTERRUPTED if not is_budget_spent else 1 if found.has_unkept else 0
    if not rows.rows:
        say(
            "nothing could be measured; failures of earlier runs: backbones measurements list --visits; --retry tries again"
        )
        return 1
    return 1 if found.has_unkept else 0


def print_report(rows: Rows, form: str) -> None:
    """The rows; in a table, cautions are sentences below."""
    if form != "table":
        click.echo(render(rows, form), nl=False)
        return
    if rows.rows:
        click.echo(render(telling(rows), form, table_width()), nl=False)
    for sentence in caution_sentences(rows):
        say(sentence)


def tell_failures(failed: Sequence[Visit]) -> None:
    """Each that could not be measured, with its reason."""
    if not failed:
        return
    say(f"{len(failed):,} could not be measured:")
    for visit in failed:
        task = visit.task
        say(
            f"  {task.model} {task.quantity} {task.precision}: {visit.status.replace('_', ' ')}"
            + (f", {visit.error}" if visit.error else "")
        )
