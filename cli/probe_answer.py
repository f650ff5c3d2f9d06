"""`backbones probe --answer QUESTION`: measures the few models that an answer needs, and says what it rests on."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import click

from backbones.cli.probe import Options, confirm
from backbones.cli.probe_progress import Progress, progress_of
from backbones.cli.probe_run import INTERRUPTED, Found, earlier_in, how_of, tell_failures, within
from backbones.cli.session import Session, say, table_width
from backbones.probe.predicting.anchors import ANCHORS, FEW
from backbones.probe.predicting.answering import MOST, Reply, Step
from backbones.probe.predicting.asking import ask
from backbones.probe.predicting.keeping import keep as keep_predictions
from backbones.probe.predicting.measuring import Interrupted, Measurer
from backbones.probe.predicting.question import Question, parse_question
from backbones.probe.predicting.tables import measured_of
from backbones.probe.speed import choice, worker_process
from backbones.probe.speed.plan import How, expected_s, in_words, tasks_of
from backbones.probe.speed.supervisor import ended_by_signals
from backbones.store.errors import BackbonesError
from backbones.store.formats import render
from backbones.store.measuring.counts import shipped
from backbones.store.measuring.keeping import keep
from backbones.store.measuring.predictions import Setting
from backbones.store.measuring.visit import PRECISIONS, Task
from backbones.store.rows import Column, Rows
from backbones.store.text import fold

if TYPE_CHECKING:
    from backbones.probe.speed.events import Event


def answer(session: Session, options: Options) -> int:
    """The exit code: 1 where no model passes."""
    question = parse_question(options.answer)
    how = _how(question, options)
    here = choice.look_around()
    devices = choice.choose_devices(options.devices, here.devices)
    if len(devices) != 1:
        raise click.UsageError("--answer is about one device; name it with --devices")
    explorer = session.explorer()
    native = explorer.ask(
        lambda connection: {m: c.height for m, c in shipped(connection).items() if c.height == c.width}
    )
    built = set(here.models)
    first = [anchor.key for anchor in ANCHORS if anchor.model in built][:FEW]
    like = tasks_of([("", 0)], devices, how)[0]
    sentence = f"{options.answer}: {len(first)} models first, then at most {MOST - len(first)} candidates, in {like.precision} on {like.device}"
    seconds = expected_s([replace(like, model=str(number)) for number in range(MOST)], how)
    if options.dry_run:
        say(f"would measure for {sentence}: about {in_words(seconds)}")
        return 0
    confirm(options, seconds, sentence)
    say(f"{sentence}: about {in_words(seconds)}")
    progress, found, file = progress_of(options.progress), Found(), session.places.measurements
    progress.note("planned", tasks=MOST, models=MOST, expected_s=round(seconds))

    def hear(event: Event) -> None:
        found.hear(event)
        progress.hear(event)

    measurer = Measurer(
        like, first, native, lambda visit: keep(file, visit), earlier_in(file, options), how.budget(), hear, worker_process.TORCH
    )  # fmt: skip
    is_answered = False
    with ended_by_signals(measurer.run), within(options.budget, measurer.run) as is_over:
        try:
            conditions = measurer.start()
            setting = Setting(conditions.device, like.precision, like.memory_format, like.compiled)
            known = explorer.ask(lambda connection: measured_of(connection, setting)) if options.resume else {}
            if known:
                say(f"{len(known):,} already measured in this setting; --no-resume leaves them out")
            reply = ask(
                question, explorer, measurer.measure, models=built, known=known, tell=lambda step: _tell(step, progress)
            )
            is_answered = True
        except Interrupted:
            why = f"{options.budget} are over" if is_over() else "stopped"
            say(
                f"{why} before the answer was certain; what was measured is kept, and the same command goes on from there"
            )
            return 1 if is_over() else INTERRUPTED
        finally:
            measurer.end(is_early=not is_answered)
            progress.end()
    count = keep_predictions(file, setting, reply.predictions, len(reply.measured))
    _show(reply, question, options, like, progress)
    tell_failures(list(found.failed.values()))
    say(f"{count:,} predicted speeds are kept: throughput@here:origin=predicted")
    return int(reply.best is None)


def _how(question: Question, options: Options) -> How:
    """Throughput alone, in the setting of the question, or of the options where it says nothing."""
    how = replace(how_of(options), latency=False, train=False)
    asked = dict(question.setting)
    if (precision := asked.get("precision")) is not None:
        known = {fold(name): name for name in PRECISIONS}
        if fold(precision) not in known:
            raise BackbonesError(f"{precision!r} is no precision to measure in; {', '.join(PRECISIONS)} are")
        how = replace(how, precisions=(known[fold(precision)],))
    if (layout := asked.get("memory_format")) is not None:
        if fold(layout) not in ("contiguous", "channelslast"):
            raise BackbonesError(f"{layout!r} is no memory format; contiguous and channels_last are")
        how = replace(how, memory_format="contiguous" if fold(layout) == "contiguous" else "channels_last")
    if (compiled := asked.get("compiled")) is not None:
        how = replace(how, compiled=fold(compiled) in ("1", "yes", "true"))
    if len(how.precisions) > 1:
        raise click.UsageError("--answer measures in one precision")
    return how


def _tell(step: Step, progress: Progress) -> None:
    model, resolution = step.key
    progress.note(
        "step",
        model=model,
        resolution=resolution,
        why=step.why,
        count=step.count,
        throughput_img_s=step.throughput_img_s,
    )


def _show(reply: Reply, question: Question, options: Options, like: Task, progress: Progress) -> None:
    """The model, then what the answer rests on."""
    best = reply.best
    if best is not None and reply.throughput_img_s is not None:
        columns = [Column("model", "model"), Column("resolution", "res", "number", "px", decimals=0)]
        row: list[str | float | None] = [best.model, best.resolution]
        if not question.asks_for_speed:
            columns.append(Column(str(question.objective), str(question.objective), "number"))
            row.append(best.value)
        columns += [
            Column("throughput_img_s", "img/s", "number", "img/s", True, 1), Column("checkpoint", "checkpoint"), Column("weights", "weights"),
        ]  # fmt: skip
        row += [reply.throughput_img_s, best.checkpoint or None, best.weights or None]
        if options.progress != "jsonl":
            width = table_width() if options.form == "table" else None
            click.echo(render(Rows(tuple(columns), (tuple(row),)), options.form, width), nl=False)
        progress.note("answered", is_certain=reply.is_certain, **dict(zip((c.name for c in columns), row, strict=True)))
    else:
        say("no model passes" + ("" if reply.is_certain else ", as far as was measured"))
        progress.note("answered", is_certain=reply.is_certain, model=None)
    share = f"{100 * reply.confidence:g} %"
    if reply.is_certain:
        say(f"each better candidate was measured or is ruled out by its interval at {share} ({reply.ruled_out:,} are)")
    else:
        names = ", ".join(candidate.model for candidate, _ in reply.between[:3]) + (
            " …" if len(reply.between) > 3 else ""
        )
        say(
            f"{len(reply.between):,} better candidates may pass and were not measured: {names}; the same command goes on with them"
        )
    say(
        f"{len(reply.measured):,} models measured in {like.precision} on {like.device}; {reply.not_measured:,} candidates did not have to be"
    )
