"""The form of a measurement: which models, on what, how; what it will take; and the command line that does the same."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from functools import partial
from typing import ClassVar, Final

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.timer import Timer
from textual.widgets import Static

from backbones.store.errors import BackbonesError
from backbones.store.explorer import Explorer
from backbones.store.text import printable
from backbones.tui.asking import Asking
from backbones.tui.cells import padded
from backbones.tui.choice_list import ChoiceList
from backbones.tui.measuring import Measuring
from backbones.tui.measuring_child import Child
from backbones.tui.measuring_models import Offer
from backbones.tui.measuring_story import Story, in_words
from backbones.tui.measuring_wish import LARGEST_BATCH, SETTINGS, Wish, Words, arguments, command, said, turned
from backbones.tui.messages import ChoiceClicked
from backbones.tui.panel import Panel

LABEL: Final = 12
REST_S: Final = 0.7
"""After a change, before torch is asked what it would take."""
NAMES_SHOWN: Final = 12
LONGEST_COMMAND: Final = 2_000
"""Characters that are painted; all are copied."""


class MeasureForm(Panel[None], Asking):
    """A line a setting; ← and → change it, Enter begins."""

    DEFAULT_CSS = """
    MeasureForm { align: center middle; }
    MeasureForm > Vertical { width: 92; max-width: 100%; height: auto; max-height: 100%; border: round $primary;
        background: $background; padding: 0 1; }
    MeasureForm ChoiceList { height: auto; }
    MeasureForm #measure-models { height: 1; padding: 0 1; text-wrap: nowrap; text-overflow: ellipsis; }
    MeasureForm #measure-takes { height: auto; max-height: 3; padding: 0 1; }
    MeasureForm #measure-command { height: auto; max-height: 4; padding: 0 1; border-top: solid $primary; }
    """
    has_field = False
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "begin", "measure", id="measure.begin", tooltip="Begin to measure"),
        Binding("right,l,space", "turn(1)", "change", key_display="← →", id="measure.next", tooltip="The next choice"),
        Binding("left,h", "turn(-1)", "Choice before", False, id="measure.before", tooltip="The choice before"),
        Binding("b", "batch", "batch size", id="measure.batch", tooltip="Type a batch size"),
        Binding("y,Y", "copy", "copy the command", key_display="y", id="measure.copy", tooltip="Copy the command line"),
        Binding("r", "last", "last run", id="measure.last", tooltip="What came of the last run"),
        Binding("down,j", "move(1)", "Down", False, id="measure.down", tooltip="The next line"),
        Binding("up,k", "move(-1)", "Up", False, id="measure.up", tooltip="The line before"),
        Binding("home,g", "move(-99)", "First", False, id="measure.first", tooltip="The first line"),
        Binding("end,G", "move(99)", "Last", False, id="measure.end", tooltip="The last line"),
        Binding("escape,q,M", "leave", "close", key_display="esc", id="measure.leave", tooltip="Back, doing nothing"),
    ]

    def __init__(self, offers: Sequence[Offer], measuring: Measuring, explorer: Explorer) -> None:
        super().__init__()
        self.offers, self._measuring, self._explorer = tuple(offers), measuring, explorer
        self.wish: Wish = measuring.wish
        self.chosen = 0
        self._words: dict[int, Words] = {}
        self._devices: tuple[str, ...] = measuring.story.known_devices
        self._begins = False
        self._resting: Timer | None = None
        self._question: tuple[Child, asyncio.Task[None]] | None = None
        self.list = ChoiceList()
        self.models = Static("", id="measure-models", markup=False)
        self.takes = Static("", id="measure-takes", markup=False)
        self.line = Static("", id="measure-command", markup=False)

    @property
    def catalogue(self) -> Explorer:
        """Who is asked."""
        return self._explorer

    def compose(self) -> ComposeResult:
        """The settings, what they mean, the command line."""
        with Vertical() as box:
            box.border_title = "Measure on this machine"
            box.border_subtitle = self.hints()
            yield self.list
            yield self.models
            yield self.takes
            yield self.line

    def on_mount(self) -> None:
        """What is offered first is what one most likely means."""
        self._paint(0)
        self._choose()

    def on_unmount(self) -> None:
        """Ask no more."""
        super().on_unmount()
        self._ask_nothing()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """There may have been no run before."""
        return self._measuring.has_story if action == "last" else True

    # ---- what is shown

    @property
    def words(self) -> Words | None:
        """The models, once they are known."""
        return self._words.get(self.chosen)

    def _paint(self, marked: int) -> None:
        offer = self.offers[self.chosen].label
        lines = [(f" {padded('models', LABEL)}{_choice(offer, len(self.offers) > 1)}", "", False)]
        lines += [
            (f" {padded(each.label, LABEL)}{_choice(said(self.wish, each.name))}", "", False) for each in SETTINGS
        ]
        self.list.show(lines, marked)
        self._tell_words()

    def _tell_words(self) -> None:
        """Which models these are, and the command."""
        words = self.words
        if words is None:
            self.models.update("…")
            return
        if words.where:
            text = f"where {words.where}"
        else:
            text = f"{len(words.names):,}: " if len(words.names) > 1 else ""
            text += ", ".join(words.names[:NAMES_SHOWN]) + (" …" if len(words.names) > NAMES_SHOWN else "")
        self.models.update(printable(text if self._has_models else "no model is known of these"))
        shown = command(self.wish, words)
        self.line.update(printable(f"$ {shown[:LONGEST_COMMAND]}{' …' if len(shown) > LONGEST_COMMAND else ''}"))

    @property
    def _has_models(self) -> bool:
        return self.words is not None and bool(self.words.names or self.words.where)

    # ---- the models

    def _choose(self) -> None:
        """Ask which models the chosen offer means."""
        if self.words is not None:
            self._know(self.chosen, self.words)
        else:
            offer = self.offers[self.chosen]
            self.in_thread(partial(offer.words, self._explorer), partial(self._know, self.chosen), "words")

    def _know(self, at: int, words: Words) -> None:
        self._words[at] = words
        if at != self.chosen:
            return
        self._tell_words()
        if self._begins:
            self._begin()
        else:
            self._ask_soon()

    def complain(self, error: BackbonesError) -> None:
        """The models cannot be looked up."""
        self._begins = False
        self.takes.update(printable(str(error)))

    # ---- what it would take

    def _ask_soon(self) -> None:
        """Ask the command itself, once nothing was changed for a while: only it knows torch and timm."""
        self._ask_nothing()
        self.takes.update("asking torch and timm what this takes …" if self._has_models else "")
        if self._has_models:
            self._resting = self.set_timer(REST_S, self._ask)

    def _ask(self) -> None:
        if (words := self.words) is None:
            return
        story = Story()
        child = Child(self.home.catalogue_words() + arguments(self.wish, words, "--dry-run"), story.hear)
        self._question = child, asyncio.create_task(self._hear(child, story, words), name="what it takes")

    async def _hear(self, child: Child, story: Story, words: Words) -> None:
        try:
            await child.run()
        except OSError:
            return
        if self._question is None or self._question[0] is not child or not self.is_attached:
            return
        self._devices = story.known_devices or self._devices
        self.takes.update(printable(takes(story, words) if story.is_planned else child.reason or "this is not known"))

    def _ask_nothing(self) -> None:
        if self._resting is not None:
            self._resting.stop()
        if self._question is not None:
            child, _ = self._question
            self._question = None
            child.kill()

    # ---- keys

    def action_move(self, lines: int) -> None:
        """Another line."""
        self.list.move(lines)

    @on(ChoiceClicked)
    def _clicked(self, event: ChoiceClicked) -> None:
        event.stop()

    def action_turn(self, steps: int) -> None:
        """Another choice of the marked line."""
        at = self.list.marked or 0
        if at == 0:
            self.chosen = (self.chosen + steps) % len(self.offers)
            self._paint(at)
            self._choose()
        else:
            self._change(turned(self.wish, SETTINGS[at - 1].name, steps, self._devices))

    def _change(self, wish: Wish) -> None:
        if wish != self.wish:
            self.wish = wish
            self._paint(self.list.marked or 0)
            self._ask_soon()

    def action_batch(self) -> None:
        """Type a batch size."""
        from backbones.tui.prompt import PromptPanel

        now = str(self.wish.batch_size or "")
        self.app.push_screen(
            PromptPanel("Batch size", now, _batch_size, self._take_batch, "images a step; empty: search for the best")
        )

    def _take_batch(self, size: int) -> None:
        self._change(replace(self.wish, batch_size=size))

    def action_copy(self) -> None:
        """Copy the command line."""
        if self.words is not None:
            self._copy(command(self.wish, self.words))

    def _copy(self, text: str) -> None:
        import os

        from backbones.tui.clipboard import Sent, send

        def told(sent: Sent) -> None:
            self.app.notify(printable(text[:LONGEST_COMMAND]), title=sent.way, markup=False, timeout=4)

        self.in_thread(partial(send, text, os.environ, self.home.to_terminal), told, "copy")

    def action_last(self) -> None:
        """What came of the last run."""
        self.dismiss(None)
        self.app.call_later(self.home.show_measuring)

    def action_begin(self) -> None:
        """Measure, as soon as it is known what."""
        if self.words is None:
            self._begins = True
        else:
            self._begin()

    def _begin(self) -> None:
        words, self._begins = self.words, False
        if words is None or not self._has_models:
            self.app.notify("no model is known of these; mark rows of a model that timm has", timeout=3)
            return
        self._ask_nothing()
        self.dismiss(None)
        if self._measuring.start(self.wish, words, self.offers[self.chosen].label):
            key = self.home.key_for("app.measure", "M")
            self.app.notify(f"measuring begins; {key} shows how far it is", timeout=4)


def _choice(text: str, has_others: bool = True) -> str:
    return f"‹ {printable(text)} ›" if has_others else f"  {printable(text)}"


def _batch_size(text: str, _: bool) -> int:
    text = text.strip()
    with suppress(ValueError):
        if not text or 1 <= int(text) <= LARGEST_BATCH:
            return int(text or 0)
    raise BackbonesError(f"{text!r} is no batch size; write a whole number, as 64, or nothing")


def takes(story: Story, words: Words) -> str:
    """`about 4 min for 8 models; left out: …`."""
    models = f"{story.models:,} model{'s' if story.models != 1 else ''}"
    parts = [f"about {in_words(story.expected_s)} for {models}"]
    left_out = [*story.unknown, *words.unnamed]
    if left_out:
        more = f" and {len(left_out) - 3:,} more" if len(left_out) > 3 else ""
        parts.append(f"left out, not in timm: {', '.join(left_out[:3])}{more}")
    if story.rows_left_out:
        parts.append(f"{story.rows_left_out:,} rows left out: their backbone is not in timm")
    return "; ".join(parts)
