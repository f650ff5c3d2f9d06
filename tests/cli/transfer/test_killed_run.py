"""A run that is killed leaves nothing behind that the next one does not clear."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

STORIES = Path(__file__).parents[2] / "probe" / "transfer"

_RUN = """
import sys
sys.path[:0] = sys.argv[1:3]
from backbones.cli import main, transfer_run
from made_up_timm import made_up
transfer_run.installed = lambda cache: made_up()
transfer_run.WORKER = (sys.executable, "-P", sys.argv[1] + "/story_worker.py")
main.run(["transfer", sys.argv[3], "-m", "slow", "--protocol", "k-NN", "--random-weights"])
"""


def test_the_list_of_images_of_a_killed_run_goes_with_the_next(
    transfer: Callable[..., tuple[int, str, str]], home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    monkeypatch.setenv("TMPDIR", str(temporary))
    words = (sys.executable, "-c", _RUN, str(STORIES), str(Path(__file__).parent), str(tmp_path / "photos"))
    killed = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    until = time.monotonic() + 60
    while not (left := _lists(home, temporary)) and killed.poll() is None and time.monotonic() < until:
        time.sleep(0.05)
    killed.kill()
    killed.wait()
    assert left, "the run ended before it began"
    assert transfer("-m", "good", "--protocol", "k-NN")[0] == 0
    assert not _lists(home, temporary)


def _lists(*folders: Path) -> list[Path]:
    return [file for folder in folders for file in folder.rglob("*.jsonl")]
