"""Whatever happens to a build, an old or a new catalogue answers, and a sentence tells what was wrong."""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import textwrap
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from backbones.store.build import build
from backbones.store.catalog import connect, is_current, open_catalog
from backbones.store.errors import CatalogError
from backbones.store.places import SHIPPED, Places

if TYPE_CHECKING:
    from tests.store.conftest import World

HEAD = """
import os, random, resource, signal, sys, time
from pathlib import Path
from backbones.store.build import build
from backbones.store.catalog import connect, open_catalog
from backbones.store.errors import CatalogError
from backbones.store.places import Places
import backbones.store.reading, sqlite_utils
home, shipped = Path(sys.argv[1]), Path(sys.argv[2])
places = Places(home / "catalog.db", home / "measurements.db", (home / "family_data",), home / "state.json", shipped)
"""


def _run(script: str, home: Path, shipped: Path, *prefix: str) -> subprocess.CompletedProcess[str]:
    program = [*prefix, sys.executable, "-c", HEAD + textwrap.dedent(script), str(home), str(shipped)]
    return subprocess.run(program, capture_output=True, text=True, timeout=120)


def _litter(home: Path) -> list[str]:
    return sorted(
        p.name for p in home.iterdir() if p.name.startswith(".catalog") or "journal" in p.name or "-wal" in p.name
    )


# ---- kill -9

KILLS = """
own = home / "family_data" / "mine.yaml"
text = "family: Mine\\nsource: own\\nbackbones:\\n- {{backbone: Mine-T, params_m: {}}}\\n"
own.parent.mkdir(exist_ok=True)
started = time.perf_counter()
own.write_text(text.format(0))
build(places, from_scratch=True)
whole = time.perf_counter() - started
dice = random.Random(int(sys.argv[3]))
value = 0
for number in range(1, int(sys.argv[4]) + 1):
    own.write_text(text.format(number))
    child = os.fork()
    if child == 0:
        build(places, from_scratch=number % 2 == 0)
        os._exit(0)
    time.sleep(dice.random() * whole * 1.2)
    os.kill(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    connection = connect(places)  # as it is, without building
    (found,) = connection.execute("select params_m from backbones where backbone = 'Mine-T'").fetchone()
    results = connection.execute("select count(*) from best_results").fetchone()[0]
    assert connection.execute("pragma integrity_check").fetchone() == ("ok",)
    connection.close()
    assert found in (value, number), (found, value, number)
    assert results == 10, results
    value = found
    print("new" if found == number else "old", "finished" if status == 0 else "killed")
"""


BUILDS = max(20, int(os.environ.get("BACKBONES_TEST_STEPS", "20")))
"""That are killed; `BACKBONES_TEST_STEPS=200` tries for longer."""


def test_builds_killed_at_random_moments_leave_the_old_or_the_new_catalogue(world: World) -> None:
    home = world.places.catalog.parent
    given = (home, world.places.shipped, random.randrange(10**6), BUILDS)
    program = [sys.executable, "-c", HEAD + KILLS, *map(str, given)]
    done = subprocess.run(program, capture_output=True, text=True, timeout=120 + BUILDS)
    assert done.returncode == 0, done.stderr
    lines = done.stdout.split("\n")
    assert len([line for line in lines if line]) == BUILDS
    assert sum("killed" in line for line in lines) >= 0.3 * BUILDS, done.stdout
    world.build()
    assert _litter(home) == []
    assert world.ask("select params_m from backbones where backbone = 'Mine-T'") == [(float(BUILDS),)]


def test_the_workers_of_a_killed_build_end_too(tmp_path: Path) -> None:
    script = HEAD + "print('started', flush=True)\nbuild(places, lambda *_: print('parsed', flush=True))"
    child = subprocess.Popen(
        [sys.executable, "-c", script, str(tmp_path), str(SHIPPED)],
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert child.stdout is not None
    assert [child.stdout.readline() for _ in range(3)] == ["started\n", "parsed\n", "parsed\n"]
    child.kill()
    child.wait()
    child.stdout.close()
    deadline = time.monotonic() + 10
    while _group_lives(child.pid):
        if time.monotonic() > deadline:
            os.killpg(child.pid, signal.SIGKILL)
            pytest.fail("a worker process outlives the build")
        time.sleep(0.05)
    assert not (tmp_path / "catalog.db").exists()
    build(
        Places(
            tmp_path / "catalog.db", tmp_path / "m.db", (), tmp_path / "s", Path(__file__).parent.parent / "families"
        )
    )
    assert _litter(tmp_path) == []


def _group_lives(group: int) -> bool:
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True


def test_a_file_that_another_living_build_writes_is_left_alone(world: World) -> None:
    home = world.places.catalog.parent
    script = (
        "import sys\nfrom pathlib import Path\nfrom backbones.store.build import _new_file\n"
        "with _new_file(Path(sys.argv[1])) as new:\n  print(new, flush=True); sys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", script, str(world.places.catalog)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as other:
        assert other.stdout is not None
        new = Path(other.stdout.readline().strip())
        world.build()
        assert _litter(home) == [new.name]
        other.kill()
    world.build(from_scratch=True)
    assert _litter(home) == []


# ---- several at once


def test_two_processes_that_build_at_once_both_succeed(world: World) -> None:
    home = world.places.catalog.parent
    script = """
    for i in range(5):
        build(places, from_scratch=True)
        c = connect(places)
        assert c.execute("select count(*) from results").fetchone()[0] == 11
        c.close()
    """
    with ThreadPoolExecutor(2) as pool:
        done = list(pool.map(lambda _: _run(script, home, world.places.shipped), range(2)))
    assert [d.returncode for d in done] == [0, 0], [d.stderr for d in done]
    assert _litter(home) == []
    assert is_current(world.places)


def test_a_reader_keeps_its_catalogue_while_another_is_built(world: World) -> None:
    world.build()
    reader = connect(world.places)
    world.write("mine.yaml", "family: Mine\nsource: own\nbackbones: [{backbone: Mine-T}]\n")
    world.build()
    assert reader.execute("select count(*) from families where family = 'Mine'").fetchone() == (0,)
    assert world.ask("select count(*) from families where family = 'Mine'") == [(1,)]
    reader.close()


# ---- no room, no rights

FULL = """
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
before = (home / "catalog.db").read_bytes() if (home / "catalog.db").exists() else b""
for limit in (0, 4096, 30_000, 100_000, 160_000):
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, resource.RLIM_INFINITY))
    for from_scratch in (True, False):
        try:
            build(places, from_scratch=from_scratch)
        except CatalogError as error:
            print(error)
        else:
            print("built with", limit)
assert ((home / "catalog.db").read_bytes() if before else b"") == before
"""


@pytest.mark.parametrize("old", [False, True], ids=["nothing there", "an old catalogue"])
def test_a_full_disk_is_a_sentence_and_the_old_catalogue_stays(world: World, old: bool) -> None:
    home = world.places.catalog.parent
    if old:
        world.build()
        world.write("mine.yaml", "family: Mine\nsource: own\nbackbones: [{backbone: Mine-T}]\n")
    done = _run(FULL, home, world.places.shipped)
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert len(lines) == 10
    for line in lines:
        assert line.startswith(f"the catalogue {home / 'catalog.db'} cannot be written: ")
        assert line.endswith("Free some space or name another place with --catalog or BACKBONES_CATALOG")
    assert _litter(home) == []
    if old:
        connection = connect(world.places)
        assert connection.execute("select count(*) from results").fetchone() == (11,)
        connection.close()


def test_on_a_full_disk_the_old_catalogue_is_used_and_that_is_said(world: World) -> None:
    world.build()
    world.write("mine.yaml", "family: Mine\nsource: own\nbackbones: [{backbone: Mine-T}]\n")
    script = """
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, resource.RLIM_INFINITY))
    connection = open_catalog(places, print)
    print(connection.execute("select count(*) from results").fetchone()[0])
    """
    done = _run(script, world.places.catalog.parent, world.places.shipped)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[1:] == [
        "The catalogue is used as it is; changes of YAML files are not in it.",
        "11",
    ]


UNPRIVILEGED = ("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups") if os.getuid() == 0 else ()
needs_another_user = pytest.mark.skipif(
    bool(UNPRIVILEGED) and (shutil.which("setpriv") is None or shutil.which("env") is None),
    reason="root ignores the rights of files, and there is no setpriv to become somebody else",
)
OPEN = """
import tempfile
tempfile.tempdir = sys.argv[3]
connection = open_catalog(places, lambda line: print("said:", line))
print(connection.execute("select count(*) from results").fetchone()[0])
"""


@pytest.fixture
def readable() -> Callable[[Path], None]:
    """Lets everybody read a folder that pytest made for its owner alone."""

    def open_up(path: Path) -> None:
        for folder in (path, *path.parents):
            if folder.owner() == path.owner() and len(folder.parts) > 2:
                folder.chmod(folder.stat().st_mode | 0o055)
        for entry in path.rglob("*"):
            entry.chmod(0o555 if entry.is_dir() else 0o444)

    return open_up


@needs_another_user
@pytest.mark.parametrize("state", ["nothing", "current", "behind"])
def test_a_home_that_cannot_be_written_still_answers(
    world: World, tmp_path: Path, state: str, readable: Callable[[Path], None]
) -> None:
    home, scratch = world.places.catalog.parent, tmp_path / "scratch"
    if state != "nothing":
        world.build()
    if state == "behind":
        world.write("mine.yaml", "family: Mine\nsource: own\nbackbones: [{backbone: Mine-T}]\n")
    readable(tmp_path)
    home.chmod(0o555)
    scratch.mkdir()
    scratch.chmod(0o777)
    program = [*UNPRIVILEGED, sys.executable, "-c", HEAD + OPEN, str(home), str(world.places.shipped), str(scratch)]
    done = subprocess.run(program, capture_output=True, text=True, timeout=60)
    home.chmod(0o755)
    assert done.returncode == 0, done.stderr
    *said, count = done.stdout.splitlines()
    assert count == "11"
    if state == "current":
        assert said == []
    if state == "behind":
        assert said[-1] == "The catalogue is used as it is; changes of YAML files are not in it."
    if state == "nothing":
        assert f"the catalogue {home / 'catalog.db'} cannot be written: Permission denied" in said[0]
        assert said[1].startswith(f"Using {scratch}") and len(list(scratch.rglob("catalog.db"))) == 1


def test_a_folder_of_somebody_else_in_the_temporary_place_is_not_used(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("")
    blocked = replace(world.places, catalog=tmp_path / "file" / "catalog.db")
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setattr(os, "getuid", lambda: 12345)
    (tmp_path / "backbones-12345").mkdir()
    with pytest.raises(
        CatalogError, match="belongs to somebody else; name a place with --catalog or BACKBONES_CATALOG"
    ):
        open_catalog(blocked)


def test_a_folder_in_place_of_the_catalogue_is_a_sentence(world: World) -> None:
    world.places.catalog.mkdir()
    with pytest.raises(CatalogError, match="cannot be written: Is a directory"):
        world.build()
    assert _litter(world.places.catalog.parent) == []
