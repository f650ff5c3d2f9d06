"""What every command shares: where things are, the open catalogue, and narration on stderr."""

from __future__ import annotations

import functools
import os
import sqlite3
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar

import click

from backbones.store.catalog import open_catalog
from backbones.store.places import Places, places
from backbones.store.query import CatalogExplorer
from backbones.store.text import printable

F = TypeVar("F", bound=Callable[..., Any])


@dataclass
class Session:
    """One run of the command line."""

    catalog: str | None = None
    families: tuple[str, ...] = ()
    _connections: list[sqlite3.Connection] = field(default_factory=list)

    @property
    def places(self) -> Places:
        """The paths of this run."""
        return places(self.catalog, self.families)

    def connect(self) -> sqlite3.Connection:
        """An up-to-date catalogue; what had to be done for it is said on stderr."""
        connection = open_catalog(self.places, say, Bar("reading YAML files"))
        connection.set_progress_handler(lambda: 0, 50_000)  # lets Ctrl-C in
        self._connections.append(connection)
        return connection

    def explorer(self) -> CatalogExplorer:
        """Answers questions about that catalogue."""
        return CatalogExplorer(self.connect)


def say(text: str) -> None:
    """Narration: on stderr, never among the data. Names in it may come from files: control characters stay out.

    On a terminal lines end between words; elsewhere they stay whole, for grep.
    """
    lines = [printable(line) for line in text.split("\n")]
    if sys.stderr.isatty():
        lines = [part for line in lines for part in _wrapped(line)]
    click.echo("\n".join(lines), err=True)


def _wrapped(line: str) -> list[str]:
    import shutil
    import textwrap

    width = shutil.get_terminal_size().columns
    if len(line) <= width or width < 40:
        return [line]
    indent = " " * (len(line) - len(line.lstrip()) + 2)
    return textwrap.wrap(line, width, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False)


class Bar:
    """A progress bar on stderr, only on a terminal and only after a second."""

    def __init__(self, label: str) -> None:
        import time

        self._label, self._clock, self._started, self._shown = label, time.monotonic, time.monotonic(), False

    def __call__(self, done: int, total: int, name: str) -> None:
        if not sys.stderr.isatty() or (not self._shown and self._clock() - self._started < 0.5):
            return
        self._shown = True
        filled = int(20 * done / max(total, 1))
        end = "\r\x1b[K" if done >= total else ""
        sys.stderr.write(
            f"\r\x1b[K{self._label} {'#' * filled}{'.' * (20 - filled)} {done}/{total} {printable(name)[:30]}{end}"
        )
        sys.stderr.flush()


def catalog_options(command: F) -> F:
    """`--catalog` and `--families`, before or after the command's name."""

    @click.option(
        "--catalog",
        metavar="FILE",
        help="The catalogue to use; built if it is missing.",
        expose_value=False,
        callback=_note("catalog"),
    )
    @click.option(
        "--families",
        metavar="DIR",
        multiple=True,
        help="A folder with YAML files of your own; may be given more than once.",
        expose_value=False,
        callback=_note("families"),
    )
    @functools.wraps(command)
    def wrapped(*arguments: Any, **options: Any) -> Any:
        return command(*arguments, **options)

    return wrapped  # type: ignore[return-value]


def _note(name: str) -> Callable[[click.Context, click.Parameter, Any], Any]:
    def keep(context: click.Context, _: click.Parameter, value: Any) -> Any:
        session = context.ensure_object(Session)
        if value:
            if name == "catalog":
                session.catalog = value
            else:
                session.families += tuple(value)
        return value

    return keep


format_option = click.option(
    "--format", "-f", "form", type=click.Choice(["table", "csv", "json", "jsonl", "markdown", "latex", "yaml"]), default="table", show_default=True,
    help="How rows are written; json is one array of objects.",
)  # fmt: skip


def table_width() -> int | None:
    """The terminal's width; None for a pipe, where nothing is cut."""
    return os.get_terminal_size(sys.stdout.fileno()).columns if sys.stdout.isatty() else None
