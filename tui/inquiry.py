"""Questions go to the catalogue in worker threads; answers come back to the screen as messages."""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

from textual.message_pump import MessagePump
from textual.widget import Widget

from backbones.plot.palette import Look
from backbones.store.errors import BackbonesError
from backbones.store.explorer import Explorer, Fact
from backbones.store.references import parse_reference
from backbones.store.view import View
from backbones.tui import messages
from backbones.tui.asking import patiently
from backbones.tui.opening import Opening
from backbones.tui.shown import Shown, needs_an_answer, prepare, redrawn

if TYPE_CHECKING:
    from backbones.store.completion import Completions

T = TypeVar("T")


class Inquiry:
    """Asks for one screen: a newer question of a kind interrupts and replaces the older one."""

    def __init__(self, host: Widget, opening: Opening, look: Look) -> None:
        self._host, self._opening, self._look = host, opening, look
        self._one_at_a_time = threading.Lock()
        self._facts: dict[int, tuple[Fact, ...]] = {}
        self.generation = 0
        self._completing = 0
        self._said: set[str] = set()
        self.is_over = False

    @property
    def explorer(self) -> Explorer | None:
        """Who is asked; None until the catalogue is open and the first question answered."""
        return self._opening.explorer if self._opening.wait(0) else None

    def open(self) -> None:
        """Wait for the catalogue: `Opened` follows."""
        self._run("query", self._wait)

    def ask(self, view: View, before: Shown | None) -> None:
        """`Answered` or `Refused` follows, with the new generation, unless another question comes first."""
        if self.explorer is None:
            return
        self.generation += 1
        self.explorer.interrupt()
        self._run("query", partial(self._ask, self.explorer, self.generation, view, before))

    def facts(self, key: int) -> tuple[Fact, ...] | None:
        """What is known of that row, if it was read before; else None, and `FactsRead` follows."""
        if key not in self._facts and self.explorer is not None:
            self._run("facts", partial(self._read_facts, self.explorer, key))
        return self._facts.get(key)

    def completions(self, text: str, cursor: int, anchor: str, then: Callable[[Completions | None], None]) -> None:
        """`then` hears what may follow at the cursor of a filter, None where that is not known; of the newest text only."""
        self._completing += 1
        if self.explorer is None:
            then(None)
        else:
            ask = partial(self._complete, self.explorer, self._completing, text, cursor, anchor, then)
            self._host.run_worker(ask, group="completions", thread=True)

    def statistics(self) -> None:
        """`StatisticsRead` follows."""
        if self.explorer is not None:
            self._run("statistics", partial(self._read_statistics, self.explorer))

    def mixtures(self, shown: Shown) -> None:
        """What is said once: that own speeds in these rows are of several settings, or predicted."""
        names = (shown.view.filter, *(column.name for column in shown.answer.rows.columns))
        if self.explorer is not None and any("@here" in name or "@this machine" in name for name in names):
            self._run("mixtures", partial(self._find_mixtures, self.explorer, shown))

    def forget(self) -> None:
        """More was measured: what is known of rows is read anew."""
        self._facts.clear()

    def stop(self) -> None:
        """Ask no more; the screen is being left."""
        self.is_over = True
        if self._opening.explorer is not None:
            self._opening.explorer.interrupt()

    def _run(self, group: str, question: Any) -> None:
        self._host.run_worker(question, group=group, thread=True, exclusive=True)

    def _tell(self, message: Any) -> None:
        host: MessagePump = self._host
        host.post_message(message)

    def _wait(self) -> None:
        self._opening.wait()
        self._tell(messages.Opened())

    def _ask(self, explorer: Explorer, generation: int, view: View, before: Shown | None) -> None:
        def find() -> Shown:
            if before and not needs_an_answer(before.view, view):
                return redrawn(before, view, self._look)
            return prepare(explorer, view, self._look)

        with self._one_at_a_time:
            try:
                shown = patiently(find, lambda: generation == self.generation and not self.is_over)
            except BackbonesError as error:
                return self._tell(messages.Refused(generation, view, error))
            if shown is not None:
                self._tell(messages.Answered(generation, shown))

    def _find_mixtures(self, explorer: Explorer, shown: Shown) -> None:
        from backbones.store.default_columns import main_metric
        from backbones.store.filters import parse_filter, references_of
        from backbones.store.measuring.mixture import told_of

        view = shown.view
        columns = tuple(filter(None, (view.y, view.x, *view.columns)))
        asked = [*map(parse_reference, columns), *references_of(parse_filter(view.filter))]
        question = partial(told_of, references=asked, anchor=main_metric(view.filter, columns), keys=shown.answer.keys)
        for sentence in self._patiently(partial(explorer.ask, question)) or ():
            if sentence not in self._said:
                self._said.add(sentence)
                say = partial(self._host.app.notify, sentence, title="this machine", markup=False, timeout=10)
                self._host.app.call_later(say)

    def _read_facts(self, explorer: Explorer, key: int) -> None:
        facts = self._patiently(partial(explorer.facts, key))
        if facts is not None:
            self._facts[key] = facts
            self._tell(messages.FactsRead(key, facts))

    def _complete(
        self,
        explorer: Explorer,
        number: int,
        text: str,
        cursor: int,
        anchor: str,
        then: Callable[[Completions | None], None],
    ) -> None:
        from backbones.store.completion import complete  # 5 ms that the first paint does not need

        def is_wanted() -> bool:
            return number == self._completing and not self.is_over

        question = partial(complete, text=text, cursor=cursor, anchor=anchor)
        try:
            found = patiently(partial(explorer.ask, question), is_wanted)
        except BackbonesError:
            found = None  # no suggestions; what is wrong with the catalogue is said by what asks for rows
        if is_wanted():
            self._host.app.call_later(then, found)

    def _read_statistics(self, explorer: Explorer) -> None:
        figures = self._patiently(explorer.statistics)
        if figures is not None:
            self._tell(messages.StatisticsRead(figures))

    def _patiently(self, question: Callable[[], T]) -> T | None:
        """The answer; None after an error, which is told."""
        try:
            return patiently(question, lambda: not self.is_over)
        except BackbonesError as error:
            self._tell(messages.Failed(error))
            return None
