"""A measurement that goes on, or the last one: how far it is, the figures so far, what failed and why, what to be careful of."""

from __future__ import annotations

import os
import textwrap
from functools import partial
from typing import ClassVar, Final

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.widgets import Static

from backbones.store.text import printable
from backbones.tui.asking import Asking
from backbones.tui.cells import padded
from backbones.tui.choice_list import ChoiceList
from backbones.tui.clipboard import Sent, send
from backbones.tui.measuring import Measuring
from backbones.tui.measuring_story import Found, Setting, Story, in_words
from backbones.tui.panel import Panel

WIDEST: Final = 100
FRAME: Final = 6
"""Border, padding and the blanks at both ends of a list."""
NARROWEST_NAME: Final = 16
STOPS: Final = ("ends it after the present block", "again ends it at once", "once more kills it")


class MeasuringPanel(Panel[None], Asking):
    """Follows the run as it is told; `x` ends it, closing leaves it going on."""

    DEFAULT_CSS = """
    MeasuringPanel { align: center middle; }
    MeasuringPanel > Vertical { width: 100; max-width: 100%; height: 90%; border: round $primary;
        background: $background; padding: 0 1; }
    MeasuringPanel #measuring-head { height: auto; max-height: 4; }
    MeasuringPanel ChoiceList { height: 1fr; border-top: solid $primary; }
    """
    has_field = False
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("x", "stop", "stop", id="measuring.stop", tooltip="End it after the present block; again: at once"),
        Binding("n", "another", "another", id="measuring.another", tooltip="Measure something else"),
        Binding("y,Y", "copy", "copy the command", key_display="y", id="measuring.copy", tooltip="Copy the command line"),
        Binding("down,j", "move(1)", "Down", False, id="measuring.down", tooltip="Further down"),
        Binding("up,k", "move(-1)", "Up", False, id="measuring.up", tooltip="Further up"),
        Binding("pagedown,ctrl+d", "move(10)", "Page down", False, id="measuring.page_down", tooltip="Ten lines down"),
        Binding("pageup,ctrl+u", "move(-10)", "Page up", False, id="measuring.page_up", tooltip="Ten lines up"),
        Binding("home,g", "move(-9999)", "First", False, id="measuring.first", tooltip="The first line"),
        Binding("end,G", "move(9999)", "Last", False, id="measuring.last", tooltip="The last line"),
        Binding(
            "escape,q,M,enter", "leave", "close", key_display="esc", id="measuring.leave",
            tooltip="Back; what goes on goes on",
        ),
    ]  # fmt: skip

    def __init__(self, measuring: Measuring) -> None:
        super().__init__()
        self._measuring = measuring
        self.head = Static("", id="measuring-head", markup=False)
        self.list = ChoiceList()

    @property
    def catalogue(self) -> None:
        """Not asked here: the child tells."""

    def compose(self) -> ComposeResult:
        """How far, and below it everything that was found."""
        with Vertical() as box:
            box.border_title = "Measuring on this machine"
            self._box = box
            yield self.head
            yield self.list

    def on_mount(self) -> None:
        """As it is now."""
        self.show()

    def on_resize(self) -> None:
        """Sentences are broken anew."""
        self.show()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """One thing after another."""
        if action in ("stop", "another"):
            return self._measuring.is_running == (action == "stop")
        return True

    def show(self) -> None:
        """Take what is known by now; the cursor stays where it is."""
        measuring = self._measuring
        self._box.border_subtitle = self.hints()
        width = min(WIDEST, self.app.size.width) - FRAME
        key = self.home.key_for("measuring.stop", "x")
        self.head.update("\n".join(padded(f" {printable(line)}", width + 1) for line in head(measuring, key)))
        lines = lines_of(measuring.story, width) or ["nothing is measured yet"]
        self.list.show([(f" {line}", "", False) for line in lines], self.list.marked or 0)

    # ---- keys

    def action_move(self, lines: int) -> None:
        """Scroll."""
        self.list.move(lines)

    def action_stop(self) -> None:
        """End the run."""
        self._measuring.stop()

    def action_another(self) -> None:
        """The form, for another run."""
        self.dismiss(None)
        self.app.call_later(self.home.action_measure)

    def action_copy(self) -> None:
        """Copy the command line."""
        text = self._measuring.command

        def told(sent: Sent) -> None:
            self.app.notify(printable(text[:2_000]), title=sent.way, markup=False, timeout=4)

        self.in_thread(partial(send, text, os.environ, self.home.to_terminal), told, "copy")


def head(measuring: Measuring, key: str) -> list[str]:
    """What is measured, how far it is or what came of it, and how the key ends it."""
    story = measuring.story
    took = in_words(measuring.took_s)
    if not measuring.is_running:
        return [measuring.label, f"{measuring.outcome or 'over'} · {took}"]
    expected = f" of about {in_words(story.expected_s)}" if story.expected_s > measuring.took_s else ""
    stops = STOPS[min(measuring.ends, len(STOPS) - 1)]
    return [measuring.label, f"{story.line} · {took}{expected}", f"{key} {stops}; every finished visit is kept"]


def lines_of(story: Story, width: int) -> list[str]:
    """The figures as a table, then sentences, broken to the width."""
    found = table(story, width)
    if found and story.sentences():
        found.append("")
    for sentence in story.sentences():
        found += textwrap.wrap(printable(sentence), width, subsequent_indent="  ") or [""]
    return found


def table(story: Story, width: int) -> list[str]:
    """The fastest first; columns that say nothing are left out."""
    settings = sorted(story.found, key=lambda setting: -(story.found[setting].speed or 0))
    if not settings:
        return []
    columns = [column for column in _columns(story, settings) if any(cell.strip() for cell in column[1])]
    widths = [max(map(len, (heading, *cells))) for heading, cells in columns]
    longest = max(len("model"), *(len(printable(setting[0])) for setting in settings))
    name = max(NARROWEST_NAME, min(longest, width - sum(widths) - 2 * len(widths)))
    rows = [("model", [heading for heading, _ in columns])]
    rows += [(printable(setting[0]), [cells[i] for _, cells in columns]) for i, setting in enumerate(settings)]
    return [padded(_line(padded(first, name), rest, widths), width).rstrip() for first, rest in rows]


def _columns(story: Story, settings: list[Setting]) -> list[tuple[str, list[str]]]:
    found: list[Found] = [story.found[setting] for setting in settings]
    several = [len({setting[i] for setting in settings}) > 1 for i in range(4)]
    return [
        ("px", [str(setting[1] or "") for setting in settings]),
        ("device", [printable(setting[2]) if several[2] else "" for setting in settings]),
        ("precision", [printable(setting[3]) if several[3] else "" for setting in settings]),
        ("img/s", [_figure(one.speed, 1) for one in found]),
        ("batch", [f"{one.batch_size:,}" if one.batch_size else "" for one in found]),
        ("p50 ms", [_figure(_median(one.latency), 2) for one in found]),
        ("training img/s", [_figure(_median(one.training), 1) for one in found]),
    ]


def _median(figures: list[float]) -> float | None:
    from statistics import median

    return median(figures) if figures else None


def _figure(value: float | None, decimals: int) -> str:
    return "" if value is None else f"{value:,.{decimals}f}"


def _line(first: str, cells: list[str], widths: list[int]) -> str:
    return first + "".join(f"  {cell:>{width}}" for cell, width in zip(cells, widths, strict=True))
