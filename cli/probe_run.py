"""`backbones probe NAME…` on this machine: say what will be done, do it, show what came of it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from backbones.cli.probe import Options, confirm, nothing_to_do
from backbones.cli.probe_alone import alone
from backbones.cli.probe_progress import JsonLines, Progress, meanwhile, progress_of
from backbones.cli.session import Session, say, table_width
from backbones.probe.speed import choice, events, worker_process
from backbones.probe.speed.choice import Here
from backbones.probe.speed.conditions import under
from backbones.probe.speed.plan import START_S, How, Wanted, duration_s, expected_s, in_words, spread, tasks_of
from backbones.probe.speed.resuming import done_before, kept_in
from backbones.probe.speed.supervisor import Run, ended_by_signals
from backbones.store.formats import render
from backbones.store.measuring.counts import shipped
from backbones.store.measuring.keeping import keep
from backbones.store.measuring.report import caution_sentences, disturbance, report, telling
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
    failed_before: dict[str, Visit] = field(default_factory=dict)
    """What earlier runs could not measure, so that this one does not try: by key, the last time."""
    taken: int = 0
    is_stopped: bool = False
    has_unkept: bool = False
    """Visits that could not be written into the file at last."""

    def hear(self, event: Event) -> None:
        """Note what a run tells."""
        if isinstance(event, events.WorkerReady):
            self.conditions[event.device] = event.conditions
        elif isinstance(event, events.Taken):
            self.taken += 1
            self.failed.pop(event.visit.key, None)
            if event.visit.status != "ok":
                self.failed[event.visit.key] = event.visit
        elif isinstance(event, events.NotKept):
            self.has_unkept = True
        elif isinstance(event, events.Finished):
            self.is_stopped = event.is_stopped

    def noting(self, earlier: Callable[[str], list[Visit]] | None) -> Callable[[str], list[Visit]] | None:
        """The same, while what it says of failures is noted."""
        if earlier is None:
            return None

        def look(key: str) -> list[Visit]:
            found = earlier(key) or []
            if found and all(visit.status != "ok" for visit in found):
                self.failed_before[key] = found[-1]
            return found

        return look

    def keys(self, tasks: Sequence[Task]) -> list[str]:
        """Of all tasks whose device had a worker."""
        return [
            key_of(task, under(self.conditions[task.device], task)) for task in tasks if task.device in self.conditions
        ]


def measure_here(session: Session, options: Options) -> int:
    """The whole run; the exit code."""
    with meanwhile("loading torch …"):
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
    devices = list(dict.fromkeys(task.device for task in tasks))
    choice.refuse_impossible(how.precisions, devices)
    file = session.places.measurements
    done = done_before(file, tasks, how.schedule(), options.retry) if options.resume else frozenset()
    sentence, seconds = plan_sentence(tasks), expected_s([task for task in tasks if task not in done], how) or START_S
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
        own = {model: count.width for model, count in shipped(session.connect()).items()}
        return tell_plan(tasks, sentence, seconds, options.form, own, done)
    confirm(options, seconds, sentence)
    say(f"{sentence}: about {in_words(seconds)}" + (f", at most {options.budget}" if options.budget else ""))
    progress.note("planned", **plan)
    found = Found()
    run = Run(
        tasks, lambda visit: keep(file, visit), earlier=found.noting(earlier_in(file, options)), rounds=how.schedule(),
        budget=how.budget(), command=worker_process.TORCH,
    )  # fmt: skip
    with (
        alone(file, devices, progress, options.budget, options.began),
        ended_by_signals(run),
        within(options.budget, run, options.began) as is_over,
    ):
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
    with meanwhile("reading the catalogue …"):
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


def tell_plan(
    tasks: Sequence[Task],
    sentence: str,
    seconds: float,
    form: str,
    own: Mapping[str, int] | None = None,
    done: Collection[Task] = (),
) -> int:
    """`--dry-run`: the tasks as a table, each at its resolution where `own` knows it; and those that are `done` already."""
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
        "measured",
    )
    kinds = {"compiled": "flag", "fused": "flag", "measured": "flag", "resolution": "number"}
    if form != "table":
        kinds["batch_size"] = "number"
    columns = tuple(Column(name, name.replace("_", " "), kinds.get(name, "text")) for name in names)
    rows = tuple(
        (
            t.model,
            t.resolution or (own or {}).get(t.model),
            t.quantity,
            t.device,
            t.precision,
            t.memory_format,
            t.compiled,
            t.fused,
            _batch_in_words(t) if form == "table" else t.batch_size or None,
            t in done,
        )
        for t in tasks
    )
    told = Rows(columns, rows)
    if form == "table":
        told = _without_flags_unset(told)
    click.echo(render(told, form, table_width() if form == "table" else None), nl=False)
    if done:
        say(
            f"{len(done):,} of these {len(tasks):,} were measured before and are left out, unless driver, torch or system changed since"
        )
    say(
        f"would measure {sentence}: about {in_words(seconds)}"
        if len(done) < len(tasks)
        else f"nothing is left of {sentence}"
    )
    return 0


def _batch_in_words(task: Task) -> str:
    return str(task.batch_size or ("1" if task.quantity == "latency" else "searched"))


def _without_flags_unset(rows: Rows) -> Rows:
    """Flags that no row sets are no column of a table."""
    kept = [
        place for place, column in enumerate(rows.columns) if column.kind != "flag" or any(row[place] for row in rows)
    ]
    return Rows(tuple(rows.columns[i] for i in kept), tuple(tuple(row[i] for i in kept) for row in rows))


def earlier_in(file: Path, options: Options) -> Callable[[str], list[Visit]] | None:
    """What the run goes on from."""
    return kept_in(file, options.retry) if options.resume else None


@contextmanager
def within(budget: str, run: Run, began: float | None = None) -> Iterator[Callable[[], bool]]:
    """End the run that long after it `began` (by the monotonic clock; None: now); whether that has happened."""
    over = threading.Event()
    if not budget:
        yield over.is_set
        return

    def end() -> None:
        over.set()
        run.stop()

    spent = time.monotonic() - began if began is not None else 0.0
    timer = threading.Timer(max(0.0, duration_s(budget) - spent), end)
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
            if isinstance(event, events.Resumed) and not isinstance(progress, JsonLines):
                failed = [visit for visit in found.failed_before.values() if visit.task.device == event.device]
                progress.hear(replace(event, tasks=max(0, event.tasks - len(failed))))
                tell_failed_before(failed)
            else:
                progress.hear(event)
    finally:
        progress.end()


def tell_failed_before(failed: Sequence[Visit]) -> None:
    """What earlier runs could not measure, with the reasons of the first few."""
    if not failed:
        return
    few = "; ".join(f"{visit.task.model} {visit.task.quantity}: {_reason(visit)}" for visit in failed[:3])
    say(f"{len(failed):,} failed before: {few}{' …' if len(failed) > 3 else ''}; --retry tries again")


def conclude(options: Options, file: Path, tasks: Sequence[Task], found: Found, is_budget_spent: bool) -> int:
    """The table, what is to be said of it, and the exit code."""
    rows = report(file, found.keys(tasks))
    if options.progress != "jsonl":
        print_report(rows, options.form)
    tell_failures(list(found.failed.values()))
    if found.is_stopped:
        why = f"{options.budget} are over" if is_budget_spent else "stopped"
        kept = "every other" if found.has_unkept else "every"
        if found.taken:
            say(f"{why}; {kept} finished visit is kept, and the same command goes on from there")
        else:
            say(f"{why}; nothing was finished yet")
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
    if above := disturbance(rows):
        say(above)
    for sentence in caution_sentences(rows):
        say(sentence)


def tell_failures(failed: Sequence[Visit]) -> None:
    """Each that could not be measured, with its reason."""
    if not failed:
        return
    say(f"{len(failed):,} could not be measured:")
    for visit in failed:
        task = visit.task
        say(f"  {task.model} {task.quantity} {task.precision}: {_reason(visit)}")


def _reason(visit: Visit) -> str:
    return visit.status.replace("_", " ") + (f", {visit.error}" if visit.error else "")
