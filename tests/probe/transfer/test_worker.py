"""The process that evaluates, as a run starts it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("PIL", reason="reads images by Pillow")

from painted import paint

from backbones.probe.transfer.images import load_data
from backbones.probe.transfer.messages import Ready, heard, write_images


def test_it_is_ready_before_it_needs_torch_and_ends_with_its_orders(tmp_path: Path) -> None:
    paint(tmp_path / "photos", count=6, side=8)
    write_images(load_data(tmp_path / "photos"), tmp_path / "images.json")
    module = "backbones.probe.transfer.worker"
    words = ("-P", "-X", "importtime", "-m", module, tmp_path / "images.json", tmp_path / "cache", "cpu", os.getpid())
    with (
        (tmp_path / "stderr").open("wb") as stderr,
        subprocess.Popen(
            [sys.executable, *map(str, words)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=stderr
        ) as worker,
    ):
        assert worker.stdin and worker.stdout
        assert isinstance(heard(worker.stdout.readline()), Ready)
        worker.stdin.close()
        assert worker.wait(60) == 0
    imported = {line.rpartition("|")[2].strip() for line in (tmp_path / "stderr").read_text().splitlines()}
    assert "backbones.probe.transfer.frozen" in imported and not imported & {"torch", "timm"}
