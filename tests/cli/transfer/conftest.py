"""`backbones transfer` with painted photos, a timm that is made up and a worker that tells stories."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from backbones.cli import transfer_run
from backbones.cli.main import run

STORIES = Path(__file__).parents[2] / "probe" / "transfer"
sys.path[:0] = [str(Path(__file__).parent), str(STORIES)]
from made_up_timm import made_up  # noqa: E402
from painted import paint  # noqa: E402

Transfer = Callable[..., tuple[int, str, str]]


@pytest.fixture
def home(tmp_path: Path, furnish: Callable[[Path], Path], monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home with the shipped catalogue, images, and a timm that is made up."""
    folder = furnish(tmp_path / "home")
    monkeypatch.setenv("BACKBONES_HOME", str(folder))
    monkeypatch.setattr(transfer_run, "installed", lambda cache: made_up())
    monkeypatch.setattr(transfer_run, "WORKER", (sys.executable, "-P", str(STORIES / "story_worker.py")))
    paint(tmp_path / "photos", count=6, side=8)
    return folder


@pytest.fixture
def transfer(home: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> Transfer:
    """Exit code, stdout and stderr of `backbones transfer PHOTOS`, with random weights unless said otherwise."""

    def command(*words: str, weights: str = "--random-weights") -> tuple[int, str, str]:
        code = run(["transfer", str(tmp_path / "photos"), *words, *([weights] if weights else [])])
        out, err = capfd.readouterr()
        return code, out, err

    return command
