"""The shipped catalogue, built once for all workers, and how long tests try what is drawn at random."""

from __future__ import annotations

import contextlib
import fcntl
import gc
import os
import pickle
import threading
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest
from hypothesis import settings

# Before numpy is loaded: each core has a worker, and threads of several workers would wait for one another.
os.environ.setdefault("OMP_NUM_THREADS", "1")

from backbones.store import build as builder
from backbones.store import measurements
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


@pytest.fixture(scope="session", autouse=True)
def new_files_of_measurements_are_copies(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """A file that the program makes within a test is a copy of an empty one, which all steps made once."""
    empty, make = tmp_path_factory.mktemp("empty") / "measurements.db", measurements.migrate

    def migrate(path: Path) -> None:
        if not empty.exists():
            make(empty)
        with contextlib.suppress(OSError):  # it is there already, or its folder is not or cannot be written
            copy = path.with_name(f"{path.name}.{os.getpid()}-{threading.get_ident()}")
            copy.write_bytes(empty.read_bytes())
            try:
                os.link(copy, path)
                return
            finally:
                copy.unlink()
        make(path)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(measurements, "migrate", migrate)
        yield


@pytest.fixture(scope="session")
def furnish(shipped: Places) -> Iterator[Callable[[Path], Path]]:
    """Puts that catalogue into a folder that BACKBONES_HOME may name: the same file, which may be replaced but not written into."""

    def link(home: Path) -> Path:
        home.mkdir(parents=True, exist_ok=True)
        os.link(shipped.catalog, home / "catalog.db")
        return home

    before = shipped.catalog.stat()
    yield link
    after = shipped.catalog.stat()
    assert (after.st_size, after.st_mtime_ns) == (before.st_size, before.st_mtime_ns), "a test wrote into it"
