"""What is asked of the installed timm, in a process of its own, and what is said where there is none."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from backbones.cli import transfer_run
from backbones.probe.transfer import installed as installing
from backbones.store.errors import BackbonesError

Transfer = Callable[..., tuple[int, str, str]]


def test_without_torch_it_says_what_to_install(
    transfer: Transfer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    script = tmp_path / "nothing.py"
    script.write_text("import sys\nsys.stderr.write('evaluating needs torch and timm')\nsys.exit(3)\n")
    monkeypatch.setattr(
        transfer_run, "installed", lambda cache: installing.installed(cache, (sys.executable, str(script)))
    )
    code, _, err = transfer("-m", "good")
    assert code == 1 and "evaluating needs torch and timm" in err


def test_what_timm_knows_is_asked_once(tmp_path: Path) -> None:
    plain = {
        "defaults": {"a": "a.b"},
        "facts": {"a": [224, "bicubic", 0.9, "center", [0.5], [0.5], 3, False, "", "", ""]},
        "devices": ["cpu"],
        "mixed": {"cpu": "fp32"},
        "optimisers": ["adamw"],
    }
    script = tmp_path / "here.py"
    script.write_text(f"print('noise')\nprint({json.dumps(plain)!r})")
    first = installing.installed(tmp_path / "cache", (sys.executable, str(script)))
    assert first.defaults == {"a": "a.b"} and first.facts["a"].preparation.mean == (0.5,)
    assert first.optimisers == ("adamw",)
    assert installing.installed(tmp_path / "cache", ("/no/such/program",)) == first
    with pytest.raises(BackbonesError, match="cannot be asked"):
        installing.installed(tmp_path / "other", (sys.executable, "-c", "print('nothing')"))
