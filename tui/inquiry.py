"""Questions go to the catalogue in worker threads; answers come back to the screen as messages."""

from __future__ import annotations

import threading
from functools import partial
from typing import Any

from textual.message_pump import MessagePump
from textual.widget import Widget

from backbones.plot.palette import Look
from backbones.store.errors import BackbonesError
from backbones.store.explorer import Choice, ChoiceKind, Explorer, Fact
from backbones.store.view import View
from backbones.tui import messages
from backbones.tui.opening import Opening
from backbones.tui.shown import Shown, needs_an_answer, prepare, redrawn


class Inquiry:
    """Asks for one screen: a newer question of a kind interrupts and replaces the older one."""

    def __init__(self, host: Widget, opening: Opening, look: Look) -> None:
        self._host, self._opening, self._look = host, opening, look
        self._one_at_a_time = threading.Lock()
        self._facts: dict[int, tuple[Fact, ...]] = {}
        self._choices: dict[ChoiceKind, tuple[Choice, ...]] = {}
        self.generation = 0

    @property
    def explorer(self) -> Explorer | None:
        """Who is asked; None until the catalogue is open."""
        return self._opening.explorer

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

    def choices(self, kind: ChoiceKind, what: str) -> None:
        """`ChoicesRead` follows."""
        if self.explorer is not None:
            self._run("choices", partial(self._read_choices, self.explorer, kind, what))

    def _run(self, group: str, question: Any) -> None:
        self._host.run_worker(question, group=group, thread=True, exclusive=True)

    def _tell(self, message: Any) -> None:
        host: MessagePump = self._host
        host.post_message(message)

    def _wait(self) -> None:
        self._opening.wait()
        self._tell(messages.Opened())

    def _ask(self, explorer: Explorer, generation: int, view: View, before: Shown | None) -> None:
        with self._one_at_a_time:
            while generation == self.generation:
                try:
                    if before and not needs_an_answer(before.view, view):
                        shown = redrawn(before, view, self._look)
                    else:
                        shown = prepare(explorer, view, self._look)
                except InterruptedError:
                    continue  # it was meant for the question before, if this one is still wanted
                except BackbonesError as error:
                    return self._tell(messages.Refused(generation, view, error))
                return self._tell(messages.Answered(generation, shown))

    def _read_facts(self, explorer: Explorer, key: int) -> None:
        self._facts[key] = explorer.facts(key)
        self._tell(messages.FactsRead(key, self._facts[key]))

    def _read_choices(self, explorer: Explorer, kind: ChoiceKind, what: str) -> None:
        if kind not in self._choices:
            self._choices[kind] = explorer.choices(kind)
        self._tell(messages.ChoicesRead(what, self._choices[kind]))
