"""The shipped catalogue, built once for all workers, and how long tests try what is drawn at random."""

from __future__ import annotations

import fcntl
import gc
import os
import pickle
import shutil
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
from hypothesis import settings

from backbones.store import build as builder
from backbones.store.build import build
from backbones.store.places import SHIPPED, Places
from backbones.store.records import Records
from backbones.store.sources import SourceFile

Parsed = dict[str, Records | str]

settings.register_profile("steps", max_examples=2 * int(os.environ.get("BACKBONES_TEST_STEPS", "16")), deadline=None)
settings.load_profile("steps")  # other examples in each run; `BACKBONES_TEST_STEPS=200` tries 400 of them


def pytest_collection_finish() -> None:
    """What was imported and collected stays for the whole run: looking at it again and again takes a tenth of the time."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 50)


@pytest.fixture(scope="session")
def shipped(tmp_path_factory: pytest.TempPathFactory) -> Places:
    """Places of a catalogue of the shipped files, with no files of a user."""
    home = tmp_path_factory.getbasetemp()
    if home.name.startswith("popen-"):
        home = home.parent  # one for all workers
    places = Places(
        home / "shipped" / "catalog.db", home / "shipped" / "measurements.db", (), home / "state.json", SHIPPED
    )
    with open(home / "shipped.lock", "w") as lock, pytest.MonkeyPatch.context() as patch:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not places.catalog.exists():
            patch.setattr(builder, "_parse", partial(_parse_and_keep, builder._parse, home / "parsed.pickle"))
            build(places)
    return places


def _parse_and_keep(parse: Callable[..., Parsed], kept: Path, files: list[SourceFile], progress: None) -> Parsed:
    found = parse(files, progress)
    kept.write_bytes(pickle.dumps(found, pickle.HIGHEST_PROTOCOL))
    return found


@pytest.fixture
def parsed(shipped: Places, monkeypatch: pytest.MonkeyPatch) -> Parsed:
    """What the shipped files say, as they were read for `shipped`; builds of this test read only other files."""
    known: Parsed = pickle.loads((shipped.state.parent / "parsed.pickle").read_bytes())
    parse = builder._parse

    def parse_others(files: list[SourceFile], progress: None) -> Parsed:
        others = [file for file in files if file.path not in known]
        return {f.path: known[f.path] for f in files if f.path in known} | (parse(others, progress) if others else {})

    monkeypatch.setattr(builder, "_parse", parse_others)
    return known


@pytest.fixture(scope="session")
def furnish(shipped: Places) -> Callable[[Path], Path]:
    """Puts a copy of that catalogue into a folder that BACKBONES_HOME may name."""

    def copy(home: Path) -> Path:
        home.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(shipped.catalog, home / "catalog.db")
        return home

    return copy
