"""Every example in the help of a command that only reads does what it shows."""

from __future__ import annotations

import inspect
import shlex
from collections.abc import Callable, Iterator
from pathlib import Path

import click
import pytest

from backbones.cli.main import COMMANDS, backbones, run

WRITES = {
    "probe",
    "measurements",
    "count",
    "add",
    "build",
    "check",
    "completion",
    "export",
    "import",
    "ingest",
    "ingest-bench",
    "review",
    "tui",
    "views",
}
"""Commands that write, ask for files of one's own or open the app."""
FINDS = {"audit"}
"""Exit code 1 says that something was found."""


def examples() -> Iterator[str]:
    """`backbones …` lines of the help, a line break within quotes joined."""
    context = click.Context(backbones)
    commands = [backbones.get_command(context, name) for name in COMMANDS if name not in WRITES]
    for command in (backbones, *commands):
        assert command is not None
        lines = iter(inspect.cleandoc(command.help or "").splitlines())
        for line in lines:
            if line.startswith("backbones "):
                while line.count("'") % 2 or line.count('"') % 2:
                    line += " " + next(lines).strip()
                yield line


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory, furnish: Callable[[Path], Path]) -> Path:
    """A home with the shipped catalogue."""
    return furnish(tmp_path_factory.mktemp("examples"))


def test_examples_are_found() -> None:
    found = [shlex.split(line)[1] for line in examples()]
    assert {"query", "plot", "pick", "compare", "cite", "show", "search", "sql", "stats"} <= set(found)


@pytest.mark.parametrize("line", list(examples()))
def test_an_example_does_what_it_shows(
    line: str, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("BACKBONES_HOME", str(home))
    monkeypatch.delenv("BACKBONES_CATALOG", raising=False)
    monkeypatch.chdir(tmp_path)
    words = shlex.split(line, comments=True)[1:]
    words = words[: words.index(">")] if ">" in words else words
    code = run(words)
    out = capfd.readouterr()
    assert code in ((0, 1) if words[0] in FINDS else (0,)), out.err
    assert out.out or "--save" in words or ("@here" in line and "`backbones probe" in out.err)
