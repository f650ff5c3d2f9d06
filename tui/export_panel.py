"""Copy and export in one panel: what, in which form, to the clipboard or to a file."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.widgets import Static

from backbones.store.errors import BackbonesError
from backbones.store.explorer import Explorer
from backbones.store.output_file import expanded, free_name, write_file, write_text
from backbones.store.text import printable
from backbones.tui.asking import Asking
from backbones.tui.choice_list import ChoiceList
from backbones.tui.clipboard import Sent, send
from backbones.tui.messages import ChoiceClicked
from backbones.tui.panel import Panel
from backbones.tui.prompt import PromptPanel
from backbones.tui.takeaway import Form, Offer, Takeaway, offers, preview

LONGEST_TO_COPY = 4_000_000  # characters; beyond, not even tmux is asked


class ExportPanel(Panel[None], Asking):
    """A line for each thing that can be taken, its form on the right, below it how it will look."""

    DEFAULT_CSS = """
    ExportPanel { align: center middle; }
    ExportPanel > Vertical { width: 92; max-width: 100%; height: auto; max-height: 100%; border: round $primary;
        background: $background; padding: 0 1; }
    ExportPanel ChoiceList { height: auto; }
    ExportPanel #export-preview { height: 7; border-top: solid $primary; text-wrap: nowrap; text-overflow: ellipsis; }
    """
    has_field = False
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter,y", "copy", "copy", id="export.copy", tooltip="Copy it; what cannot be copied goes to a file"),
        Binding("w", "write", "to a file", id="export.write", tooltip="Write it to a file"),
        Binding("down,j", "move(1)", "Down", False, id="export.down", tooltip="The next thing"),
        Binding("up,k", "move(-1)", "Up", False, id="export.up", tooltip="The thing before"),
        Binding("home,g", "move(-99)", "First", False, id="export.first", tooltip="The first thing"),
        Binding("end,G", "move(99)", "Last", False, id="export.last", tooltip="The last thing"),
        Binding("right,l", "form(1)", "form", id="export.next_form", tooltip="Another form: CSV, Markdown, LaTeX …"),
        Binding("left,h", "form(-1)", "form", False, id="export.last_form", tooltip="The form before"),
        Binding("escape,q,E", "leave", "close", key_display="esc", id="export.leave", tooltip="Back, taking nothing"),
    ]

    last_forms: ClassVar[dict[str, str]] = {}
    """The form that was taken last of each kind of thing: who writes LaTeX once writes LaTeX again."""

    def __init__(self, place: Takeaway, explorer: Explorer) -> None:
        super().__init__()
        self._place, self._explorer = place, explorer
        self.offers = offers(place, explorer.ask)
        self.forms = [self._last_form(offer) for offer in self.offers]
        self._asks = asyncio.Event()
        self.list = ChoiceList()
        self.preview = Static("", id="export-preview", markup=False)

    @property
    def catalogue(self) -> Explorer:
        """Who is asked."""
        return self._explorer

    def compose(self) -> ComposeResult:
        """What there is, and how the marked one looks."""
        with Vertical() as box:
            box.border_title = "Copy or write"
            box.border_subtitle = self.hints()
            yield self.list
            yield self.preview

    def on_mount(self) -> None:
        """List everything; the whole table is what is taken most."""
        at = next((i for i, offer in enumerate(self.offers) if offer.label.startswith("the whole")), 0)
        self._paint(at)

    @property
    def offer(self) -> Offer:
        """What is marked."""
        return self.offers[self.list.marked or 0]

    @property
    def form(self) -> Form:
        """How it will be written."""
        return self.offer.forms[self.forms[self.list.marked or 0]]

    def _paint(self, marked: int) -> None:
        lines = []
        for offer, at in zip(self.offers, self.forms, strict=True):
            name = offer.forms[at].name
            lines.append(
                (f" {printable(offer.label)}", f"‹ {name} › " if len(offer.forms) > 1 else f"  {name}   ", False)
            )
        self.list.show(lines, marked)
        self._look()

    def _look(self) -> None:
        """Show how it will look, once that is known."""
        self.in_thread(partial(preview, self.form), self._looked, "preview")

    def _looked(self, text: str) -> None:
        self.preview.update(text)

    def complain(self, error: BackbonesError) -> None:
        """Say what went wrong."""
        if self.is_attached:
            super().complain(error)

    # Keys

    def action_move(self, lines: int) -> None:
        """Mark another thing."""
        self.list.move(lines)
        self._look()

    def action_form(self, steps: int) -> None:
        """Another form."""
        at = self.list.marked or 0
        self.forms[at] = (self.forms[at] + steps) % len(self.offers[at].forms)
        self._paint(at)

    @on(ChoiceClicked)
    def _clicked(self, event: ChoiceClicked) -> None:
        event.stop()
        self._look()

    def action_copy(self) -> None:
        """Copy it; what is no text, or too much of it, is written to a file."""
        form = self.form
        if form.text is None:
            self._write()
            return
        driver = self.app._driver
        write: Callable[[str], None] = driver.write if driver else lambda _: None
        self.in_thread(partial(_copied, form, write), partial(self._tell_copied, self.offer, form), "copy")

    def _tell_copied(self, offer: Offer, form: Form, sent: Sent) -> None:
        self._remember(offer, form)
        self.app.notify(f"{offer.label} as {form.name}", title=sent.way, markup=False, timeout=4)
        if sent.is_gone:
            self.dismiss(None)
        else:
            self._write()

    async def action_write(self) -> None:
        """Ask for a file's name; what is typed behind it is the name."""
        self._write()
        await self.waits_for(self._asks)

    def _write(self) -> None:
        offer, form = self.offer, self.form
        self._asks.clear()
        self.in_thread(lambda: free_name(offer.title, form.suffix), partial(self._ask_where, offer, form), "name")

    def _ask_where(self, offer: Offer, form: Form, name: str) -> None:
        title = f"Write {printable(offer.label)} to"
        self._asks.set()
        if self.is_active:
            self.app.push_screen(
                PromptPanel(title, name, partial(_written, offer, form), partial(self._tell_written, offer))
            )

    def _tell_written(self, offer: Offer, done: tuple[Form, Path]) -> None:
        form, path = done
        self._remember(offer, form)
        self.app.notify(f"wrote {path}", markup=False, timeout=4)
        self.dismiss(None)

    def _remember(self, offer: Offer, form: Form) -> None:
        self.last_forms[_kind(offer)] = form.name

    def _last_form(self, offer: Offer) -> int:
        wanted = self.last_forms.get(_kind(offer))
        return next((i for i, form in enumerate(offer.forms) if form.name == wanted), 0)


def _kind(offer: Offer) -> str:
    return offer.label.partition(":")[0]


def _copied(form: Form, write: Callable[[str], None]) -> Sent:
    assert form.text is not None
    parts: list[str] = []
    length = 0
    for part in form.text(None):
        length += len(part)
        if length > LONGEST_TO_COPY:
            return Sent("not copied: too much for any clipboard; a file takes it", is_gone=False)
        parts.append(part)
    if not length:
        raise BackbonesError(
            "there is nothing to copy: the catalogue knows nothing to cite here"
            if form.suffix == ".bib"
            else "there is nothing to copy"
        )
    return send("".join(parts), os.environ, write)


def _written(offer: Offer, form: Form, name: str, is_sure: bool) -> tuple[Form, Path]:
    path = expanded(name)
    form = offer.form_of(path.suffix, form)
    if form.text is not None:
        write_text(path, form.text(None), is_sure)
    else:
        writer: Any = form.write
        write_file(path, writer, is_sure)
    return form, path
