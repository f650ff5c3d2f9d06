"""Asks the questions of a job one by one, keeps each answer as it comes, and follows up what went wrong.

- cut off by a limit: what stands in full is kept; the rest is asked in halves, a single table with more room. Nothing is
  asked again unchanged after it was cut off;
- connection broken: what stands in full is kept, the rest is asked again, twice at most;
- not what was asked for: one more attempt with the mistakes named, then that table is given up;
- declined: each table alone, then that table is given up.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from typing import Final

from backbones.ingest.planning.budget import Budget
from backbones.ingest.planning.cache import AnswerCache
from backbones.ingest.planning.client import Limits, ModelClient, Say
from backbones.ingest.planning.delimited import line
from backbones.ingest.planning.estimate import SAFETY
from backbones.ingest.planning.failures import OverBudget, SchemaRefused, ServiceError, TooLarge
from backbones.ingest.planning.questions import Question, Unit
from backbones.ingest.planning.reply import read_complete, read_prose, read_tables
from backbones.ingest.planning.report import Found, GivenUp, PlanReport, Progress
from backbones.ingest.planning.streamed import CUT, ENDED, Reply

MOST_DROPS: Final = 2
MORE_ROOM: Final = 3
_NEXT: Final = '"table"'
"""Begins the entry of a table in a reply; so the one before is complete."""


class Asking:
    """One run over questions; answers go to `found`, the cache and the report."""

    def __init__(
        self,
        client: ModelClient,
        cache: AnswerCache,
        found: dict[str, Found],
        report: PlanReport,
        limits: Limits,
        max_cost: float | None,
        progress: Progress | None,
        total: int,
        counts: Mapping[str, int],
        say: Say,
    ) -> None:
        self._client, self._cache, self._found, self._report = client, cache, found, report
        self._limits, self._max_cost, self._progress, self._total = limits, max_cost, progress, total
        self._counts, self._say = counts, say  # input tokens by the text of the question, as the service counted them
        self._budget = Budget(max_cost, client.price, report)
        self._queue: deque[Question] = deque()

    def run(self, questions: deque[Question]) -> None:
        """Ask all of them. ServiceError where the service gave no answer at all and nothing was kept from before."""
        self._queue = questions
        while self._queue:
            question = self._queue.popleft()
            try:
                self._ask(question)
            except SchemaRefused as error:
                if question.is_plain or question.kind == "prose":
                    self._stop(question, error)
                else:
                    self._queue = deque(
                        q if q.kind == "prose" else q.of(q.units, is_plain=True) for q in (question, *self._queue)
                    )
            except OverBudget as error:
                self._give_up_for_money(question, str(error))
            except TooLarge as error:
                self._in_halves(question, question.units, str(error))
            except ServiceError as error:
                self._stop(question, error)

    def _ask(self, question: Question) -> None:
        if self._limits.input is not None and question.input_tokens > self._limits.input:
            self._in_halves(question, question.units, f"it is too large for {self._client.model}")
            return
        max_tokens = min(question.max_tokens, self._limits.output)
        tokens = self._counts.get(question.prompt, int(question.input_tokens * SAFETY))
        self._tell(f"asking about {', '.join(unit.id for unit in question.units)}")
        watch = _Watch(self, question)
        try:
            reply = self._client.ask(
                question, max_tokens, watch.arrived, self._wait, lambda: self._budget.allows(tokens, max_tokens)
            )
        finally:
            self._budget.settle(tokens, max_tokens)
        self._follow(question, reply, max_tokens)

    # What a reply is worth

    def _follow(self, question: Question, reply: Reply, max_tokens: int) -> None:
        """How it ended comes first: only a reply that ended as it should is read as a whole."""
        if reply.stop in ENDED:
            self._read(question, reply)
            return
        rest = question.units
        if reply.stop in CUT or reply.stop in ("dropped", "too_long"):
            rest = self.keep_complete(question, reply.text, reply.model)
        if not rest:
            return
        if reply.stop in CUT:
            self._cut_off(question, rest, reply.stop, max_tokens)
        elif reply.stop == "dropped" and question.drops < MOST_DROPS:
            self._queue.appendleft(question.of(rest, drops=question.drops + 1))
        elif reply.stop == "refusal" and len(rest) > 1:
            self._queue.extendleft(question.of((unit,)) for unit in reversed(rest))
        elif reply.stop in ("dropped", "too_long", "refusal"):
            reasons = {
                "dropped": "the connection broke again and again; run it again",
                "too_long": "the reply was far longer than any answer",
                "refusal": "the model declines to answer",
            }
            self._give_up(rest, reasons[reply.stop])
        else:
            self._repair(question, {unit.id: [f"the reply ended with {line(reply.stop, 40)!r}"] for unit in rest})

    def _read(self, question: Question, reply: Reply) -> None:
        problems: dict[str, list[str]]
        if question.kind == "prose":
            prose, said = read_prose(reply.text)
            if prose is not None:
                self._keep(question.units[0], Found(reply.model, prose=prose))
            problems = {question.units[0].id: said} if said else {}
        else:
            answers = read_tables(reply.text, [unit.id for unit in question.units])
            problems = answers.problems
            for unit in question.units:
                meaning = answers.meanings.get(unit.id)
                # With words outside the vocabulary it is asked for once more, then taken without them.
                if meaning is not None and (unit.id not in problems or question.problems):
                    problems.pop(unit.id, None)
                    self._keep(unit, Found(reply.model, meaning))
        self._repair(question, {unit: said for unit, said in problems.items() if unit not in self._found})

    def _repair(self, question: Question, problems: dict[str, list[str]]) -> None:
        wrong = [unit for unit in question.units if unit.id in problems]
        if question.problems:
            for unit in wrong:
                self._give_up([unit], f"two answers could not be used: {'; '.join(problems[unit.id][:2])}")
        elif wrong:
            said = tuple(line(f"{unit.id}: {problem}", 300) for unit in wrong for problem in problems[unit.id])
            self._queue.appendleft(question.of(wrong, problems=said))

    def _cut_off(self, question: Question, rest: Sequence[Unit], stop: str, max_tokens: int) -> None:
        if len(rest) < len(question.units) or len(rest) > 1:
            self._in_halves(question, rest, "")
        elif stop == "max_tokens" and max_tokens < self._limits.output:
            self._queue.appendleft(question.of(rest, room=question.room * MORE_ROOM))
        else:
            self._give_up(
                rest, f"its answer does not fit into the {max_tokens:,} tokens that {self._client.model} can write"
            )

    def _in_halves(self, question: Question, rest: Sequence[Unit], reason: str) -> None:
        if len(rest) == 1 and len(question.units) == 1:
            self._give_up(rest, reason)
            return
        middle = (len(rest) + 1) // 2
        self._queue.extendleft(question.of(half) for half in (rest[middle:], rest[:middle]) if half)

    # What comes of it

    def keep_complete(self, question: Question, text: str, model: str) -> tuple[Unit, ...]:
        """Keep the tables that stand in full in a reply that broke off; returns the pieces without an answer."""
        if question.kind == "tables":
            complete = read_complete(
                self._client.clean(text), [unit.id for unit in question.units if unit.id not in self._found]
            )
            for unit in question.units:
                if unit.id in complete:
                    self._keep(unit, Found(model, complete[unit.id]))
        return tuple(unit for unit in question.units if unit.id not in self._found)

    def _keep(self, unit: Unit, answer: Found) -> None:
        if unit.id in self._found:
            return
        answer = Found(line(self._client.clean(answer.answered_by), 100), answer.meaning, answer.prose)
        self._found[unit.id] = answer
        self._cache.write(unit.key, answer.to_kept())
        self._report.answered += 1
        self._report.answered_by.add(answer.answered_by)
        self._tell(f"{unit.id} is understood")

    def _give_up(self, units: Sequence[Unit], reason: str) -> None:
        for unit in units:
            self._report.given_up.append(GivenUp(unit.id, reason))
            self._tell(f"{unit.id} is given up")

    def _give_up_for_money(self, question: Question, why: str) -> None:
        """`why`: what became of the last attempt, if there was one."""
        after = f" after this: {why}" if why else ""
        units = [unit for unit in question.units if unit.id not in self._found]
        self._give_up(units, f"asking further may pass --max-cost {self._max_cost:g}{after}")

    def _stop(self, question: Question, error: ServiceError) -> None:
        """The service does not answer: nothing further is asked. Without any answer at all that is an error."""
        if not self._found:
            raise error
        for open_question in (question, *self._queue):
            self._give_up([unit for unit in open_question.units if unit.id not in self._found], str(error))
        self._queue.clear()

    def _wait(self, what: str) -> None:
        self._tell(what)
        self._say(what)

    def _tell(self, what: str) -> None:
        if self._progress is not None:
            self._progress(len(self._found) + len(self._report.given_up), self._total, what)


class _Watch:
    """Keeps the tables of a reply while it comes, so that an interruption loses one table at most."""

    def __init__(self, asking: Asking, question: Question) -> None:
        self._asking, self._question = asking, question
        self._parts: list[str] = []
        self._tail, self._seen = "", 0

    def arrived(self, piece: str, model: str) -> None:
        """Another piece of the reply's text, and who writes it."""
        if self._question.kind != "tables" or self._seen > len(self._question.units):
            return
        self._parts.append(piece)
        recent = self._tail + piece
        begun = recent.count(_NEXT)
        self._tail = recent[1 - len(_NEXT) :]
        if begun and self._seen + begun > 1:
            self._asking.keep_complete(self._question, "".join(self._parts), model)
        self._seen += begun
