"""Two heads of one run: locks that go with their process, and the list of jobs that a killed head leaves."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from backbones.probe.fleet.handover import JobList
from backbones.probe.holding import Held, holding
from backbones.store.errors import BackbonesError

HOLDER = """
import sys, time
from pathlib import Path
from backbones.probe.holding import holding
with holding(Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(600)
"""


def test_a_lock_is_held_by_one_process_and_goes_with_it_however_it_dies(tmp_path: Path) -> None:
    file = tmp_path / "new" / "head.lock"
    with subprocess.Popen([sys.executable, "-c", HOLDER, str(file)], stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout is not None and other.stdout.readline() == "held\n"
        with pytest.raises(Held) as held, holding(file):
            raise AssertionError("two hold it")
        assert held.value.holder.startswith(f"process {other.pid} on ")
        other.send_signal(signal.SIGKILL)
        with holding(file, wait_s=30):
            assert file.read_text().startswith(f"process {os.getpid()} on ")
    with holding(file):
        pass


def test_the_list_of_jobs_is_there_until_all_are_over(tmp_path: Path) -> None:
    jobs = JobList(tmp_path / "jobs.json")
    assert jobs.left() == {}
    jobs.note({0: "12_0", 1: "12_1"})
    assert JobList(tmp_path / "jobs.json").left() == {0: "12_0", 1: "12_1"}
    jobs.note({})
    assert jobs.left() == {} and not list(tmp_path.iterdir())
    jobs.note({})


@pytest.mark.parametrize("text", ["", "[]", '{"a": 1}', "\xff"])
def test_a_list_that_cannot_be_read_is_said(tmp_path: Path, text: str) -> None:
    (tmp_path / "jobs.json").write_text(text, encoding="latin-1")
    with pytest.raises(BackbonesError, match=r"jobs\.json.*delete it"):
        JobList(tmp_path / "jobs.json").left()
