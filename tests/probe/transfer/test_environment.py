"""The variables of the process that evaluates."""

from __future__ import annotations

import os
import pickle
from pathlib import Path
from typing import Any

import pytest

from backbones.probe.transfer.environment import environment


def test_weights_may_be_fetched_unless_the_user_is_offline() -> None:
    assert "HF_HUB_OFFLINE" not in environment("cpu", {})
    assert environment("cpu", {"HF_HUB_OFFLINE": "1"})["HF_HUB_OFFLINE"] == "1"


class Evil:
    """Makes a file when it is unpickled."""

    def __init__(self, file: Path) -> None:
        self.file = file

    def __reduce__(self) -> Any:
        return Path.touch, (self.file,)


def test_a_file_of_weights_that_runs_code_is_refused_by_torch_itself(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where who loads it asks for everything, and whatever the user's own variables allow."""
    torch = pytest.importorskip("torch", reason="torch is not installed (extra `transfer`)")
    torch.save({"weight": Evil(tmp_path / "ran")}, tmp_path / "evil.pth")
    torch.load(tmp_path / "evil.pth", weights_only=False)
    assert (tmp_path / "ran").exists(), "it does run code"
    (tmp_path / "ran").unlink()
    monkeypatch.setenv("TORCH_FORCE_NO_WEIGHTS_ONLY_LOAD", "1")
    variables = environment("cpu", os.environ)
    for name in os.environ.keys() - variables.keys():
        monkeypatch.delenv(name)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(pickle.UnpicklingError):
        torch.load(tmp_path / "evil.pth", weights_only=False)
    assert not (tmp_path / "ran").exists()
