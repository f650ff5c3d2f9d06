"""Every command line that documents and helps show is one that exists, with the options and values that it has."""

from __future__ import annotations

import inspect
import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from backbones.cli.main import backbones

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
SHELL = re.compile(r"^```sh\n(.*?)^```", re.MULTILINE | re.DOTALL)


def lines() -> Iterator[tuple[str, str]]:
    """Page and command line, as they stand in blocks of shell."""
    for page in PAGES:
        for block in SHELL.findall(page.read_text(encoding="utf-8")):
            for line in re.split(r"\n|&& |; do |; done", block):
                if line.strip().startswith("backbones "):
                    yield page.name, line.strip().rstrip(";")
    for name, command in commands(backbones, click.Context(backbones, info_name="backbones")):
        helped = iter(inspect.cleandoc(command.help or "").splitlines())
        for line in helped:
            if line.startswith("backbones "):
                while line.count("'") % 2 or line.count('"') % 2:
                    line += " " + next(helped).strip()
                yield name, line


def commands(command: click.Command, context: click.Context) -> Iterator[tuple[str, click.Command]]:
    """A command with all below it, each with its full name."""
    yield context.command_path, command
    for name in command.list_commands(context) if isinstance(command, click.Group) else ():
        if (found := command.get_command(context, name)) is not None:
            yield from commands(found, click.Context(found, context, name))


def parsed(command: click.Command, name: str, words: list[str], parent: click.Context | None = None) -> None:
    """Read the words as the command line would, and do nothing. click.UsageError where that is not possible."""
    context = command.make_context(name, words, parent)
    if isinstance(command, click.Group):
        rest = [*context._protected_args, *context.args]
        if rest:
            inner, found, further = command.resolve_command(context, rest)
            assert inner is not None and found is not None
            parsed(found, inner, further, context)


def test_the_documents_show_commands() -> None:
    found = {page for page, _ in lines()}
    assert {"README.md", "measuring.md", "ingest.md", "transfer.md", "backbones", "backbones probe compare"} <= found


@pytest.mark.parametrize(("page", "line"), list(lines()))
def test_a_command_of_a_document_exists(page: str, line: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    words = shlex.split(line, comments=True)[1:]
    words = words[: words.index(">")] if ">" in words else words
    for name in words:
        if name.endswith((".yaml", ".pdf")):
            (tmp_path / name).touch()
    parsed(backbones, "backbones", words)


def test_a_command_that_does_not_exist_is_found() -> None:
    with pytest.raises(click.UsageError):
        parsed(backbones, "backbones", ["probe", "resnet50", "--no-such-option"])
