"""A small catalogue for commands that build one."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from backbones.store.places import Places

TOYS = Path(__file__).resolve().parent.parent / "families"


@pytest.fixture
def toys(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Places:
    """Commands find a few small files where the shipped ones would be, and a user's home that does not exist yet."""
    shutil.copytree(TOYS, tmp_path / "shipped")
    home = tmp_path / "home"
    found = Places(
        home / "catalog.db",
        home / "measurements.db",
        (home / "family_data",),
        home / "state.json",
        tmp_path / "shipped",
    )
    monkeypatch.setattr("backbones.cli.session.places", lambda catalog, families: found)
    return found
