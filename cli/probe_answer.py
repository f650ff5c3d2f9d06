"""`backbones probe --answer QUESTION`: measures the few models that an answer needs, and says what it rests on."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import click
from click.core import ParameterSource

from backbones.cli.probe import Options, confirm
from backbones.cli.probe_alone import alone
from backbones.cli.probe_progress import Progress, meanwhile, progress_of
from backbones.cli.probe_run import INTERRUPTED, Found, earlier_in, how_of, tell_failures, within
from backbones.cli.session import Session, say, table_width
from backbones.probe.predicting.anchors import ANCHORS, FEW
from backbones.probe.predicting.answering import MOST, Reply, Step
from backbones.probe.predicting.asking import ask, check
from backbones.probe.predicting.doubt import USUAL, bounds, reach
from backbones.probe.predicting.keeping import keep as keep_predictions
from backbones.probe.predicting.measuring import Interrupted, Measurer, visited_before
from backbones.probe.predicting.question import Question, parse_question
from backbones.probe.predicting.sizes import size_limits
from backbones.probe.speed import choice, events, worker_process
from backbones.probe.speed.plan import How, expected_s, in_words, tasks_of
from backbones.probe.speed.supervisor import ended_by_signals
from backbones.store.errors import BackbonesError
from backbones.store.formats import render
from backbones.store.measuring.counts import shipped
from backbones.store.measuring.keeping import keep
from backbones.store.measuring.predictions import Setting
from backbones.store.measuring.visit import PRECISIONS, MemoryFormat, Task
from backbones.store.rows import Column, Rows
from backbones.store.text import fold

if TYPE_CHECKING:
    from collections.abc import Iterator

    from backbones.probe.speed.events import Event

_LAYOUTS: dict[str, MemoryFormat] = {
    "contiguous": "contiguous", "nchw": "contiguous", "channelslast": "channels_last", "nhwc": "channels_last",
}  # fmt: skip
_FLAGS = {"1": True, "yes": True, "true": True, "0": False, "no": False, "false": False}


def answer(session: Session, options: Options) -> int:
    """The exit code: 1 where no model passes; 0 also where the time of `--budget` is over before there is an answer."""
    question = parse_question(options.answer)
    how, visits = how_to_measure(question, options), how_of(options).schedule().most
    explorer = session.explorer()
    check(question, explorer)  # before torch is loaded, which takes seconds
    with meanwhile("loading torch …"):
        here = choice.look_around()
    devices = choice.choose_devices(options.devices, here.devices)
    if len(devices) != 1:
        raise click.UsageError("--answer is about one device; name it with --devices")
    native = explorer.ask(
        lambda connection: {m: c.height for m, c in shipped(connection).items() if c.height == c.width}
    )
    built = set(here.models)
    check(question, explorer, built)
    first = [anchor.key for anchor in ANCHORS if anchor.model in built][:FEW]
    like = tasks_of([("", 0)], devices, how)[0]
    setting_told = _setting_in_words(like)
    sentence = (
        f"{options.answer}: {len(first)} models first, then at most {MOST - len(first)} candidates, {setting_told}"
    )
    seconds = expected_s([replace(like, model=str(number)) for number in range(MOST)], replace(how, rounds=1))
    if options.dry_run:
        say(f"would measure for {sentence}: about {in_words(seconds)}")
        return 0
    confirm(options, seconds, sentence)
    say(f"{sentence}: about {in_words(seconds)}")
    progress, found, file = progress_of(options.progress), Found(), session.places.measurements
    progress.note("planned", tasks=MOST, models=MOST, expected_s=round(seconds))

    def hear(event: Event) -> None:
        found.hear(event)
        is_told = isinstance(event, events.Resumed) and options.progress != "jsonl"
        if not is_told:  # `known` says it of all models, not of the first alone
            progress.hear(event)

    measurer = Measurer(
        like, first, native, lambda visit: keep(file, visit), earlier_in(file, options), how.budget(), hear, worker_process.TORCH
    )  # fmt: skip
    reply = None
    with (
        alone(file, devices, progress, options.budget, options.began),
        ended_by_signals(measurer.run),
        within(options.budget, measurer.run, options.began) as is_over,
    ):
        try:
            conditions = measurer.start()
            setting = Setting(conditions.device, like.precision, like.memory_format, like.compiled)
            known = visited_before(file, like, conditions) if options.resume else {}
            if known:
                say(f"{len(known):,} already measured in this setting; --no-resume leaves them out")
            reply = ask(
                question, explorer, measurer.measure, models=built, known=known, visits=visits,
                usual=USUAL[conditions.device_kind], tell=lambda step: _tell(step, progress),
            )  # fmt: skip
        except Interrupted:
            why = f"{options.budget} are over" if is_over() else "stopped"
            say(
                f"{why} before the answer was certain; what was measured is kept, and the same command goes on from there"
            )
        finally:
            measurer.end(is_early=reply is None)
            progress.end()
    if reply is None:
        return INTERRUPTED if not is_over() else int(found.has_unkept)
    _show(reply, question, options, like, progress)
    tell_failures(list(found.failed.values()))
    if not like.batch_size:  # what is predicted is the speed at the best batch size
        count = keep_predictions(file, setting, reply.predictions, len(reply.measured))
        say(f"{count:,} predicted speeds are kept: throughput@here:origin=predicted")
    return int(reply.best is None or found.has_unkept)


def how_to_measure(question: Question, options: Options) -> How:
    """Throughput alone, in the setting of the question, or of the options where it says nothing.

    BackbonesError for a setting that there is not; UsageError where question and options contradict each other, or for an option
    that a question has no use for.
    """
    _refuse_useless(options)
    how = replace(how_of(options), latency=False, train=False)
    asked = dict(question.setting)
    if (precision := asked.get("precision")) is not None:
        known = {fold(name): name for name in PRECISIONS}
        if fold(precision) not in known:
            raise BackbonesError(f"{precision!r} is no precision to measure in; {', '.join(PRECISIONS)} are")
        _agree("--precision", options.precision or None, (known[fold(precision)],), f"precision={precision}")
        how = replace(how, precisions=(known[fold(precision)],))
    if (layout := asked.get("memory_format")) is not None:
        if (own := _LAYOUTS.get(fold(layout))) is None:
            raise BackbonesError(f"{layout!r} is no memory format; contiguous and channels_last are")
        said = options.memory_format if _is_said("memory_format") else None
        _agree("--memory-format", said, own, f"memory_format={layout}")
        how = replace(how, memory_format=own)
    if (compiled := asked.get("compiled")) is not None:
        if fold(compiled) not in _FLAGS:
            raise BackbonesError(f"compiled={compiled} says neither yes nor no")
        _agree("--compile", options.compile or None, _FLAGS[fold(compiled)], f"compiled={compiled}")
        how = replace(how, compiled=_FLAGS[fold(compiled)])
    if (batch := asked.get("batch_size")) is not None:
        if not batch.isdecimal() or not int(batch):
            raise BackbonesError(f"{batch!r} is no batch size; write a whole number, as batch_size=32")
        _agree("--batch-size", options.batch_size or None, int(batch), f"batch_size={batch}")
        how = replace(how, batch_size=int(batch))
    if len(how.precisions) > 1:
        raise click.UsageError("--answer measures in one precision")
    return how


def _refuse_useless(options: Options) -> None:
    if options.resolution:
        raise click.UsageError(
            "--answer measures each model at the resolution of its result; to have one alone, put `resolution = "
            f"{options.resolution}` into the question"
        )
    if options.fused:
        raise click.UsageError("--answer predicts and measures models as they are trained; leave --fused away")
    if options.train:
        raise click.UsageError("--answer is about inference; leave --train away")


def _agree(option: str, said: object, asked: object, words: str) -> None:
    """Question and option may say the same, or one of them nothing."""
    if said is not None and said != asked:
        raise click.UsageError(f"{option} contradicts {words} in the question; say it once")


def _is_said(parameter: str) -> bool:
    """Whether an option that has a default was given."""
    context = click.get_current_context(silent=True)
    return context is not None and context.get_parameter_source(parameter) is ParameterSource.COMMANDLINE


def _setting_in_words(like: Task) -> str:
    """`in bf16, channels_last, compiled, at batch 32 on cuda:0`."""
    more: list[str] = [like.memory_format] if like.memory_format != "contiguous" else []
    more += ["compiled"] * like.compiled
    more += [f"at batch {like.batch_size}"] if like.batch_size else []
    return f"in {', '.join((like.precision, *more))} on {like.device}"


def _tell(step: Step, progress: Progress) -> None:
    model, resolution = step.key
    progress.note(
        "step",
        model=model,
        resolution=resolution,
        why=step.why,
        count=step.count,
        visit=step.visit,
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
        sizes = size_limits(question)
        if sizes.are_asked and not sizes.is_objective:
            columns.append(Column("params_m", "params M", "number", "M", False, 1))
            row.append(best.params_m or None)
        columns += [
            Column("throughput_img_s", "img/s", "number", "img/s", True, 1), Column("checkpoint", "checkpoint"), Column("weights", "weights"),
        ]  # fmt: skip
        row += [reply.throughput_img_s, best.checkpoint or None, best.weights or None]
        if options.progress != "jsonl":
            width = table_width() if options.form == "table" else None
            click.echo(render(Rows(tuple(columns), (tuple(row),)), options.form, width), nl=False)
        if best.params_m:
            say("params M: as timm counts these weights if they are its own, else as the model is that was timed")
        progress.note("answered", is_certain=reply.is_certain, **dict(zip((c.name for c in columns), row, strict=True)))
    else:
        say("no model passes" + ("" if reply.is_certain else ", as far as was measured"))
        progress.note("answered", is_certain=reply.is_certain, model=None)
    share = f"{100 * reply.confidence:g} %"
    if visited := [f"{candidate.model} {len(reply.visits[candidate.key])} times" for candidate in reply.again]:
        say(f"too near to go by one visit: {', '.join(visited[:5])}" + (" …" if len(visited) > 5 else ""))
    if not reply.between:
        say(f"each better candidate was measured or is ruled out by its interval at {share} ({reply.ruled_out:,} are)")
    else:
        names = ", ".join(candidate.model for candidate, _ in reply.between[:3]) + (
            " …" if len(reply.between) > 3 else ""
        )
        say(
            f"{len(reply.between):,} better candidates may pass and were not measured: {names}; the same command goes on with them"
        )
    for sentence in _doubts(reply, question):
        say(sentence)
    say(
        f"{len(reply.measured):,} models measured {_setting_in_words(like)}; {reply.not_measured:,} candidates did not have to be"
    )


def _doubts(reply: Reply, question: Question) -> Iterator[str]:
    """Which figures do not decide what they should."""
    for candidate in reply.doubts:
        speeds, speed = reply.visits[candidate.key], reply.measured[candidate.key]
        far = 100 * reach(reply.scatter, len(speeds))
        told = f"{candidate.model}: {speed:,.1f} img/s in {len(speeds)} visit{'s' if len(speeds) > 1 else ''} is known to {far:.2g} % only"
        is_near = not question.limits.is_clear(*bounds(speeds, reply.scatter))
        which = "the limit is nearer" if is_near else "others are as fast"
        yield f"{told}, and {which}: not certain; --rounds {len(speeds) + 2} visits it more often"
