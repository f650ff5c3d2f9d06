"""Search for anything: one field, and below it things, views, lists, places and commands, those of a kind together."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from functools import partial
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.widgets import Static

from backbones.store.errors import BackbonesError
from backbones.store.explorer import Explorer
from backbones.store.text import printable
from backbones.tui import targets
from backbones.tui.asking import patiently
from backbones.tui.cells import padded
from backbones.tui.list_panel import ListPanel, motions
from backbones.tui.targets import Target

WIDEST = 92
FRAME = 6  # border, padding, a blank on both sides


class AnywherePanel(ListPanel[Target | None]):
    """Type a name that is nearly right; Enter goes there, or does it."""

    DEFAULT_CSS = """
    AnywherePanel > Vertical { width: 92; height: 26; max-height: 94%; }
    AnywherePanel #anywhere-none { height: auto; display: none; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "accept", "go", id="anywhere.accept", tooltip="Go there, or do it"),
        Binding("tab", "kind(1)", "next kind", id="anywhere.kind", tooltip="The next kind"),
        Binding(
            "shift+tab", "kind(-1)", "Kind before", False, id="anywhere.kind_before", tooltip="The kind before"
        ),
        Binding("escape", "leave", "close", key_display="esc", id="anywhere.leave", tooltip="Back, going nowhere"),
        *motions("anywhere", "one"),
    ]  # fmt: skip

    def __init__(
        self,
        explorer: Explorer | None,
        commands: Sequence[Target],
        recent: Sequence[Target] = (),
        of_commands: bool = False,
    ) -> None:
        what = "what do you want to do?" if of_commands else "a model, data set, head, device, source, list, command …"
        super().__init__("Commands" if of_commands else "Search", what)
        self._explorer, self._commands, self._recent = explorer, list(commands), list(recent)
        self._first = "command" if of_commands else ""
        self._others: list[Target] | None = None
        self._wanted = ""
        self._is_looking = False
        self._accepts: str | None = None
        self._answered = asyncio.Event()
        self.found_for: str | None = None
        """The text that the list answers; None before the first answer."""
        self.found: list[Target] = []
        self.none = Static("", id="anywhere-none", markup=False)
        self.between = (self.none,)

    def narrow(self, typed: str) -> None:
        """Look it up; while nothing is typed, what was used last is shown."""
        self._look_up(typed)

    def _look_up(self, text: str) -> None:
        """Look the newest text up in the one thread that does."""
        self._wanted = text
        if not self._is_looking:
            self._is_looking = True
            self.run_worker(self._look, thread=True, group="anywhere")

    def _look(self) -> None:
        """In the thread: answer until the newest text has been answered."""
        answered: str | None = None
        is_warm = False
        while self.is_attached:
            text = self._wanted
            if text == answered:
                if not is_warm:
                    is_warm = True
                    self._warm_up()
                    continue
                self.app.call_later(self._stopped)
                return
            found, problem = self._find(text)
            answered = text
            if text == self._wanted:
                self.app.call_later(self._arrived, text, found, problem)

    def _stopped(self) -> None:
        self._is_looking = False
        if self.found_for != self._wanted:
            self._look_up(self._wanted)

    def _warm_up(self) -> None:
        """What the first typing mistake of a run would have to wait for."""
        if self._explorer is not None:
            try:
                self._explorer.ask(partial(targets.things, text="zqxwv"))
            except (InterruptedError, BackbonesError):
                return

    def _find(self, text: str) -> tuple[list[Target], str]:
        if self._others is None:
            self._others = [*targets.saved(), *targets.lists(), *targets.PLACES]
        if not text.strip():
            return self._unasked(), ""
        found, problem = targets.alike([*self._commands, *self._others], text), ""
        try:
            if self._explorer is not None:
                found += self._things(text)
        except BackbonesError as error:
            problem = str(error)
        return targets.grouped(found, self._first), problem

    def _things(self, text: str) -> list[Target]:
        assert self._explorer is not None
        ask = partial(self._explorer.ask, partial(targets.things, text=text))
        return patiently(ask, lambda: text == self._wanted) or []

    def _unasked(self) -> list[Target]:
        """What was used last; then all commands, or the places, views and lists."""
        by_name = {command.name: command for command in self._commands}
        last = [by_name.get(t.name) if t.kind == "command" else t for t in self._recent]
        last = [target for target in last if target and (target.kind == "command") >= bool(self._first)]
        assert self._others is not None
        order = ("place", "saved view", "view", "list")
        rest = self._commands if self._first else sorted(self._others, key=lambda t: order.index(t.kind))
        return list(dict.fromkeys([target for target in last if target] + list(rest)))

    def _arrived(self, text: str, found: list[Target], problem: str) -> None:
        if not self.is_attached or text != self._wanted:
            return
        self.found, self.found_for = found, text
        self.none.display = not found or bool(problem)
        if self.none.display:
            self.none.update(printable(problem) or "nothing has a name like that; try fewer words")
        self.list.show([self._line(target) for target in found], 0)
        if self._accepts == text and found:
            self.dismiss(found[0])
        self._answered.set()

    def _line(self, target: Target) -> tuple[str, str, bool]:
        right = f"{target.key}  {target.kind} " if target.key else f"{target.kind} "
        room = min(WIDEST, self.app.size.width) - FRAME - len(right)
        name = f" {printable(target.name)}"
        note = printable(target.note)
        if note and len(name) + 4 < room:
            name = padded(f"{name}  {note}", room).rstrip()
        return name, right, False

    def action_kind(self, direction: int) -> None:
        """Mark the first line of the next kind, or of the one before."""
        if self.list.marked is None:
            return
        starts = [at for at, t in enumerate(self.found) if not at or self.found[at - 1].kind != t.kind]
        now = max(i for i, at in enumerate(starts) if at <= (self.list.marked or 0))
        self.list.move(starts[(now + direction) % len(starts)] - self.list.marked)

    async def action_accept(self) -> None:
        """Go to what is marked; where the answer to what was typed is still awaited, to its first line."""
        self.catch_up()
        if self.found_for != self.field.value:
            self._accepts = self.field.value
            self._answered.clear()
            await self.waits_for(self._answered)
        elif self.list.marked is not None and self.found:
            self.dismiss(self.found[self.list.marked])
