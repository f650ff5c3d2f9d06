"""The shipped catalogue, built once for all workers: 5 s that every home of a test would need again."""

from __future__ import annotations

import fcntl
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from backbones.store.build import build
from backbones.store.places import SHIPPED, Places


@pytest.fixture(scope="session")
def shipped(tmp_path_factory: pytest.TempPathFactory) -> Places:
    """Places of a catalogue of the shipped files, with no files of a user."""
    home = tmp_path_factory.getbasetemp()
    if home.name.startswith("popen-"):
        home = home.parent  # one for all workers
    places = Places(
        home / "shipped" / "catalog.db", home / "shipped" / "measurements.db", (), home / "state.json", SHIPPED
    )
    with open(home / "shipped.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not places.catalog.exists():
            build(places)
    return places


@pytest.fixture(scope="session")
def furnish(shipped: Places) -> Callable[[Path], Path]:
    """Puts a copy of that catalogue into a folder that BACKBONES_HOME may name."""

    def copy(home: Path) -> Path:
        home.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(shipped.catalog, home / "catalog.db")
        return home

    return copy
