"""Every example in the help of a command that only reads does what it shows."""

from __future__ import annotations

import inspect
import shlex
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path

import click
import pytest

from backbones.cli.main import COMMANDS, backbones, run

NOT_RUN = {
    "probe": "measures for minutes, and needs torch",
    "transfer": "evaluates for minutes on images of one's own, and needs torch",
    "measurements": "lists, and forgets, what was measured here",
    "count": "needs timm",
    "split": "writes folders of images of one's own",
    "imagenet-val": "moves files of a data set that has to be there",
    "add": "writes, and needs a file of one's own",
    "build": "writes",
    "check": "needs a file of one's own",
    "completion": "is for a shell to read",
    "export": "writes",
    "import": "needs a published table",
    "ingest": "needs a paper",
    "ingest-bench": "needs reference files",
    "review": "opens the app",
    "tui": "opens the app",
    "views": "writes",
}
"""Commands whose examples are not run here, and why; that they can be read is seen by test_documented_commands.py."""
NEEDS_TORCH = {"features": "--resolution"}
"""Commands that need torch and timm where an option is given."""
FINDS = {"audit"}
"""Exit code 1 says that something was found."""


def examples() -> Iterator[str]:
    """`backbones …` lines of the help, a line break within quotes joined."""
    context = click.Context(backbones)
    commands = [backbones.get_command(context, name) for name in COMMANDS if name not in NOT_RUN]
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
    assert {"query", "plot", "pick", "compare", "cite", "show", "search", "sql", "stats", "features"} <= set(found)
    assert set(NOT_RUN) <= set(COMMANDS)


def asks_torch(line: str) -> bool:
    """Whether a worker loads torch and timm for it, which takes seconds."""
    words = shlex.split(line, comments=True)
    return len(words) > 1 and NEEDS_TORCH.get(words[1]) in words


@pytest.mark.parametrize("line", [pytest.param(x, marks=[pytest.mark.slow] * asks_torch(x)) for x in examples()])
def test_an_example_does_what_it_shows(
    line: str, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("BACKBONES_HOME", str(home))
    monkeypatch.delenv("BACKBONES_CATALOG", raising=False)
    monkeypatch.chdir(tmp_path)
    words = shlex.split(line, comments=True)[1:]
    words = words[: words.index(">")] if ">" in words else words
    if asks_torch(line) and not (find_spec("torch") and find_spec("timm")):
        pytest.skip("torch and timm are not installed (extra `probe`)")
    code = run(words)
    out = capfd.readouterr()
    assert code in ((0, 1) if words[0] in FINDS else (0,)), out.err
    assert out.out or "--save" in words or ("@here" in line and "`backbones probe" in out.err)
