"""`plan_paper`: what the tables of a paper mean, from kept answers and from the model, and an honest report of it."""

from __future__ import annotations

import os
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from backbones.ingest.paper import Paper
from backbones.ingest.plan import Plan
from backbones.ingest.planning.asking import Asking
from backbones.ingest.planning.cache import AnswerCache
from backbones.ingest.planning.checked import checked_table, name, numbers_in
from backbones.ingest.planning.client import ModelClient, Say
from backbones.ingest.planning.estimate import Estimate, check_budget, estimate
from backbones.ingest.planning.failures import ServiceError
from backbones.ingest.planning.prices import DEFAULT_MODEL
from backbones.ingest.planning.questions import PROSE, Job, Unit, job_of
from backbones.ingest.planning.quotes import checked_facts
from backbones.ingest.planning.report import Found, GivenUp, PlanReport, Progress
from backbones.ingest.planning.vocabulary import Vocabulary
from backbones.store.errors import BackbonesError
from backbones.store.llm_calls import LlmCall


@dataclass(frozen=True, slots=True)
class PlanOptions:
    """How the model is asked."""

    model: str = DEFAULT_MODEL
    cache: Path | None = None
    """The folder in which answers are kept."""
    max_cost: float | None = None
    """Dollars. Held before the first request by the upper bound of the estimate, and before each request by what was spent."""
    is_sure: bool = False
    """Ask also where the price is unknown and `max_cost` cannot be held."""
    environment: Mapping[str, str] = field(default_factory=lambda: os.environ, repr=False)
    """Has ANTHROPIC_API_KEY and ANTHROPIC_BASE_URL."""
    sleep: Callable[[float], None] = field(default=time.sleep, repr=False)


class Planned(NamedTuple):
    """A plan, and what became of every table on the way to it."""

    plan: Plan
    report: PlanReport


def estimate_plan(
    paper: Paper, vocabulary: Vocabulary, options: PlanOptions | None = None, say: Say = lambda text: None
) -> Estimate:
    """What `plan_paper` would take. With a key the service counts the tokens, free of charge; without one nothing is sent.

    ServiceError where the service gives no answer. `say` is told what takes time.
    """
    options = options or PlanOptions()
    job = job_of(paper, vocabulary, options.model)
    found, open_units = _kept(job, AnswerCache(options.cache))
    questions = job.questions(open_units)
    if not questions or not has_key(options):
        return estimate(options.model, questions, len(found))
    say(f"asking the service of {options.model} how many tokens that is, free of charge")
    client = ModelClient(options.model, options.environment, None, options.sleep)
    try:
        output = client.limits(say).output  # first: where nobody answers, nothing is counted question by question
        return estimate(options.model, questions, len(found), lambda asked: client.count(asked, say), output)
    finally:
        client.close()


def has_key(options: PlanOptions) -> bool:
    """Whether the environment names a key, of whatever worth."""
    return bool(options.environment.get("ANTHROPIC_API_KEY", "").strip())


def plan_paper(
    paper: Paper,
    vocabulary: Vocabulary,
    options: PlanOptions | None = None,
    progress: Progress | None = None,
    log: Callable[[LlmCall], None] | None = None,
    agreed: Estimate | None = None,
    say: Say = lambda text: None,
) -> Planned:
    """What the tables mean. BackbonesError, a sentence, where there is no key or nothing at all was answered.

    Answers are kept as they come: after an interruption the same call goes on where it was. With all answers kept no
    request is made and no key is needed. `progress` is told (tables done, tables, what happens); `log` gets each call; `agreed`: the estimate that
    the user saw, which `max_cost` is compared with; `say` is told of every wait.
    """
    options = options or PlanOptions()
    job = job_of(paper, vocabulary, options.model)
    cache = AnswerCache(options.cache)
    found, open_units = _kept(job, cache)
    report = PlanReport(options.model, from_cache=len(found), without_numbers=job.without_numbers)
    report.given_up += [GivenUp(table, "it is too large for one request") for table in job.too_large]
    report.answered_by.update(answer.answered_by for answer in found.values())
    if open_units:
        _ask(job, open_units, cache, found, options, report, progress, _counted(log, report), agreed, say)
    return Planned(_plan(paper, found, report), report)


def _kept(job: Job, cache: AnswerCache) -> tuple[dict[str, Found], list[Unit]]:
    """The answers in the cache by the id of their piece, and the pieces without one."""
    found: dict[str, Found] = {}
    for unit in job.units:
        kept = cache.read(unit.key)
        answer = Found.from_kept(unit.id, kept) if kept is not None else None
        if answer is not None:
            found[unit.id] = answer
    return found, [unit for unit in job.units if unit.id not in found]


def _ask(
    job: Job,
    units: Sequence[Unit],
    cache: AnswerCache,
    found: dict[str, Found],
    options: PlanOptions,
    report: PlanReport,
    progress: Progress | None,
    log: Callable[[LlmCall], None],
    agreed: Estimate | None,
    say: Say,
) -> None:
    client = ModelClient(options.model, options.environment, log, options.sleep)
    try:
        limits = client.limits(say)
        if limits.note:
            report.notes.append(limits.note)
        questions = job.questions(units)
        seen = agreed or estimate(options.model, questions, len(found), None, limits.output)
        check_budget(seen, options.max_cost, options.is_sure)
        asking = Asking(
            client, cache, found, report, limits, options.max_cost, progress, len(job.units), seen.counts, say
        )
        asking.run(deque(questions))
    finally:
        client.close()


def _counted(log: Callable[[LlmCall], None] | None, report: PlanReport) -> Callable[[LlmCall], None]:
    """Adds every call to the report; a log that cannot be written is a note there, not the end of a run that costs money."""

    def both(call: LlmCall) -> None:
        report.add(call)
        try:
            if log is not None:
                log(call)
        except BackbonesError as error:
            if str(error) not in report.notes:
                report.notes.append(str(error))

    return both


def _plan(paper: Paper, found: Mapping[str, Found], report: PlanReport) -> Plan:
    """The plan in the order of the paper, with what cannot be left out."""
    printed = numbers_in(line for lines in paper.prose for line in lines)
    tables = []
    for table in paper.tables:
        answer = found.get(table.id)
        if answer is None or answer.meaning is None:
            continue
        meaning, reasons = checked_table(answer.meaning, table, printed)
        report.dropped += reasons
        if meaning is None:
            report.given_up.append(GivenUp(table.id, "its answer cannot be about it"))
        else:
            tables.append(meaning)
    prose = found[PROSE].prose if PROSE in found else None
    facts, reasons = checked_facts(prose.facts if prose else [], paper.prose)
    report.dropped += reasons
    return Plan(family=name(prose.family) or "" if prose else "", tables=tables, facts=facts)


__all__ = ["PlanOptions", "Planned", "ServiceError", "estimate_plan", "plan_paper"]
