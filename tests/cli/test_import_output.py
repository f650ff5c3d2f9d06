"""What `backbones import` tells: text from files reaches the terminal without control characters."""

from __future__ import annotations

import os
import select
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from backbones.cli.import_ import _report
from backbones.cli.main import run
from backbones.cli.session import say
from backbones.ingest.sheets.changes import Changes
from backbones.store.places import Places

TABLE = """model,img_size,top1,top1_err,top5,top5_err,param_count,crop_pct,interpolation
resnet50.a1_in1k,288,81.218,18.782,95.106,4.894,25.56,1.000,bicubic
"""
METAFILE = """
Models:
- Name: fovea_r101_fpn_4xb4-2x_coco
  In Collection: FoveaBox
  Weights: https://download.openmmlab.com/mmdetection/fovea.pth
  Results: [{Task: Object Detection, Dataset: COCO, Metrics: {box AP: 38.6}}]
"""

ANGRY = "\x1b[31mEVIL\x1b]0;title\x07\x9b1m"


@contextmanager
def terminal(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[], str]]:
    """stderr is a terminal, where click takes nothing out; gives what reads the other end."""
    reader, writer = pytest.importorskip("pty", reason="needs pseudo-terminals").openpty()
    os.set_blocking(reader, False)
    with os.fdopen(writer, "w", encoding="utf-8") as stream, monkeypatch.context() as patch:
        patch.setattr(sys, "stderr", stream)
        yield lambda: _all_of(reader)
    os.close(reader)


def _all_of(reader: int) -> str:
    """What has been written: a terminal hands it out in pieces."""
    found = b""
    while select.select([reader], [], [], 0.3)[0]:
        found += os.read(reader, 10_000)
    return found.decode()


def test_narration_on_a_terminal_has_no_control_characters_and_keeps_its_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    with terminal(monkeypatch) as shown:
        say(f"first {ANGRY}\nsecond")
        assert shown() == "first [31mEVIL]0;title1m\r\nsecond\r\n"


@pytest.mark.skipif(os.name != "posix", reason="such file names need a POSIX file system")
def test_what_files_are_called_does_not_reach_the_terminal_raw(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home = tmp_path / "home"
    nothing = Places(home / "c.db", home / "m.db", (home,), home / "state.json", tmp_path / "shipped")
    monkeypatch.setattr("backbones.cli.session.places", lambda catalog, families: nothing)
    (tmp_path / "results-imagenet.csv").write_text(TABLE, encoding="utf-8")
    (tmp_path / f"benchmark-{ANGRY}.csv").write_text("model\nx\n", encoding="utf-8")
    metafile = tmp_path / "mmdetection" / "configs" / "fovea" / "metafile.yml"
    metafile.parent.mkdir(parents=True)
    metafile.write_text(METAFILE, encoding="utf-8")
    index = tmp_path / "mmdetection" / "model-index.yml"
    index.write_text('Import: [configs/fovea/metafile.yml, "configs/\\e[31mEVIL\\a.yml"]', encoding="utf-8")
    with terminal(monkeypatch) as shown:
        assert run(["import", "timm", str(tmp_path), "--dry-run"]) == 0
        assert run(["import", "openmmlab", str(index), "--dry-run"]) == 0
        said = shown()
    assert said.count("EVIL") == 2
    assert not {"\x1b", "\x07", "\x9b"} & set(said)


def test_the_list_of_changes_has_no_control_characters(capsys: pytest.CaptureFixture[str]) -> None:
    _report([Changes(f"sheet {ANGRY}", 1, before=True, new=(f"row {ANGRY}",))])
    assert capsys.readouterr().out.splitlines() == [
        "sheet [31mEVIL]0;title1m: 1 row new, 0 rows unchanged",
        "  new: row [31mEVIL]0;title1m",
    ]
