"""Visits are kept as they are; the row of their key follows from all of them."""

from __future__ import annotations

import json
import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from backbones.store.catalog import open_catalog
from backbones.store.errors import BackbonesError
from backbones.store.measurements import CONDITIONS, migrate, migrations
from backbones.store.measuring.keeping import done_keys, keep, rounds_of, visits
from backbones.store.measuring.listed import listed

if TYPE_CHECKING:
    from tests.store.conftest import World
    from tests.store.measuring.conftest import Make


def row_of(path: Path, *names: str) -> tuple[Any, ...]:
    connection = sqlite3.connect(path)
    rows = connection.execute(f"select {', '.join(names)} from measurement").fetchall()
    connection.close()
    assert len(rows) == 1
    return tuple(rows[0])


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "home" / "measurements.db"


def test_a_visit_comes_back_as_it_was(path: Path, make: Make) -> None:
    visit = make(
        latency_ms=0.1 + 0.2, batches=((1, 10.0, 5.0), (64, 100.0, 90.5)), set_aside=(0.7,), cautions=("throttled",)
    )
    keep(path, visit)
    assert visits(path) == [visit]
    assert visits(path, model="toynet_small", status="ok") == [visit] and visits(path, model="other") == []


def test_the_row_is_the_median_of_all_rounds_and_their_range(path: Path, make: Make) -> None:
    for number, speed in ((1, 100.0), (2, 110.0), (3, 104.0)):
        keep(
            path,
            make(speed, number, clock_mhz=1000.0 + number, page_faults_a_step=float(number), is_stable=number != 2),
        )
    value, spread, rounds, latest, clock, faults, stable, blocks = row_of(
        path, "throughput_img_s", "spread", "rounds", "datetime_utc", "clock_mhz", "page_faults_a_step", "is_stable", "blocks"
    )  # fmt: skip
    assert (value, rounds, latest) == (104.0, 3, "2026-11-21T10:00:03Z")
    assert spread == pytest.approx(10 / 104)
    assert (clock, faults, stable, blocks) == (1002.0, 3.0, 0, 6)
    assert row_of(path, "cautions") == ("rounds_disagree",)


def test_the_same_visit_twice_is_one(path: Path, make: Make) -> None:
    keep(path, make())
    keep(path, make())
    assert len(visits(path)) == 1 and row_of(path, "rounds") == (1,)


def test_two_visits_within_a_second_are_two(path: Path, make: Make) -> None:
    first, second = (
        make(speed, started=f"2026-11-21T10:00:01.{ms}Z") for speed, ms in ((100.0, "005"), (120.0, "730"))
    )
    for visit in (second, first):
        keep(path, visit)
    assert visits(path) == [first, second] and row_of(path, "throughput_img_s", "rounds", "datetime_utc") == (
        110.0,
        2,
        second.started,
    )


def test_older_visits_have_whole_seconds_and_come_first_within_theirs(path: Path, make: Make) -> None:
    old, new, last = (
        make(n, started=f"2026-11-21T10:00:01{rest}", batch_size=n)
        for n, rest in ((64, "Z"), (65, ".250Z"), (66, ".3Z"))
    )
    for visit in (last, new, old):
        keep(path, visit)
    assert visits(path) == [old, new, last]
    assert row_of(path, "batch_size", "datetime_utc") == (66, last.started)  # of equals the latest
    runs = listed(path, "runs")
    assert [*runs.values("first"), *runs.values("last")] == [old.started, last.started]
    assert [row[4] for row in listed(path, "visits").rows] == [old.started, new.started, last.started]


def test_a_row_tells_all_conditions(path: Path, make: Make) -> None:
    keep(path, make())
    row = dict(zip(CONDITIONS, row_of(path, *CONDITIONS), strict=True))
    assert None not in row.values()
    told = {
        "quantity": "throughput", "device_kind": "gpu", "device_memory_mib": 16_384, "driver": "580.65", "accelerator": "CUDA 13.2",
        "cudnn": "9.10", "torch": "2.15.0+cu132", "timm": "1.0.31", "python": "3.11.2", "system": "Linux 6.1", "threads": 8,
        "tf32": 0, "cudnn_benchmark": 1, "protocol": 1,
    }  # fmt: skip
    assert {name: row[name] for name in told} == told
    assert row_of(path, "framework", "precision", "memory_format", "compiled", "clock_mhz", "energy_j_per_image") == (
        "PyTorch 2.15.0 cu132", "fp16", "contiguous", 0, None, None,
    )  # fmt: skip
    assert json.loads(row_of(path, "details")[0])["extra"] == {"uuid": "GPU-1"}


@pytest.mark.parametrize(
    "name", ["precision", "framework", "memory_format", "batch_size", "resolution", "driver", "torch", "started"]
)
def test_a_measurement_of_the_probe_cannot_be_without_a_condition(path: Path, make: Make, name: str) -> None:
    keep(path, make())
    name, table = ("started", "visit") if name == "started" else (name, "measurement")
    connection = sqlite3.connect(path)
    with pytest.raises(sqlite3.IntegrityError):
        connection.execute(f"update {table} set {name} = null")
    connection.close()


def test_a_failure_has_no_row_and_is_kept(path: Path, make: Make, world: World) -> None:
    failed = make(status="out_of_memory", error="CUDA out of memory")
    keep(world.places.measurements, failed)
    assert world.ask("select count(*) from throughput where origin = 'measured'") == [(0,)]
    assert visits(world.places.measurements) == [failed]
    keep(path, failed)
    assert (rounds_of(path, failed.key), done_keys(path, [failed.key, "other"])) == (0, {failed.key})
    assert done_keys(path, [failed.key], failures=2) == frozenset()


def test_a_failed_round_does_not_take_the_number_away(path: Path, make: Make) -> None:
    good, bad = make(100.0, 1), make(round=2, status="timeout")
    keep(path, good)
    keep(path, bad)
    assert good.key == bad.key
    assert row_of(path, "throughput_img_s", "rounds") == (100.0, 1)
    assert done_keys(path, [good.key]) == {good.key} and done_keys(path, [good.key], rounds=2) == frozenset()


def test_visits_that_found_another_batch_size_are_not_mixed(path: Path, make: Make) -> None:
    for number, (speed, batch) in enumerate(((100.0, 64), (130.0, 128), (104.0, 64)), start=1):
        keep(path, make(speed, number, batch_size=batch))
    assert row_of(path, "throughput_img_s", "batch_size", "rounds") == (102.0, 64, 2)


def test_another_driver_or_setting_is_another_row(path: Path, make: Make) -> None:
    for visit in (
        make(),
        make(driver="590.1"),
        make(precision="bf16"),
        make(compiled=True),
        make(quantity="latency", latency_ms=3.0),
    ):
        keep(path, visit)
    keys = {visit.key for visit in visits(path)}
    connection = sqlite3.connect(path)
    assert connection.execute("select count(*), count(distinct key) from measurement").fetchone() == (5, len(keys))
    connection.close()


def test_extra_conditions_do_not_part_rounds(path: Path, make: Make) -> None:
    keep(path, make(round=1, extra={"temperature": 40}))
    keep(path, make(round=2, extra={"temperature": 70}))
    assert row_of(path, "rounds") == (2,)


@pytest.mark.parametrize(
    "changes", [{"speed": float("nan")}, {"speed": float("inf")}, {"speed": 0.0}, {"speed": None}, {"batch_size": 0},
                {"started": "yesterday"}, {"model": ""}, {"round": 0}],
)  # fmt: skip
def test_what_cannot_be_true_is_not_kept(path: Path, make: Make, changes: dict[str, Any]) -> None:
    with pytest.raises(BackbonesError, match="not kept"):
        keep(path, make(**changes))
    assert visits(path) == []


def test_an_older_file_keeps_its_rows_and_takes_visits(path: Path, make: Make, world: World) -> None:
    import sqlite_utils

    path = world.places.measurements
    connection = sqlite3.connect(path)
    migrations().apply(sqlite_utils.Database(connection), stop_before="create_visit")
    connection.execute(
        "insert into measurement (datetime_utc, host, backbone, device, mode, throughput_img_s) "
        "values ('2026-01-01', 'elsewhere', 'toynet_small', 'Old GPU', 'inference', 7.0)"
    )
    connection.commit()
    connection.close()
    old = ("ToyNet-S", "Old GPU", 7.0, "measured")
    asked = "select backbone, device, throughput_img_s, origin from throughput where origin <> 'reported' order by 2"
    assert world.ask(asked) == [old]  # as it is, where it cannot be written
    assert world.ask("select key, driver, cautions, clock_mhz from probe_measurement") == [("", "", "", None)]
    keep(path, make())
    assert world.ask(asked) == [("ToyNet-S", "Home GPU", 100.0, "measured"), old]
    migrate(path)
    assert world.ask("select driver, rounds from probe_measurement order by device") == [("580.65", 1), ("", 0)]


def test_there_is_no_file_beside_it_and_no_write_ahead_log(path: Path, make: Make) -> None:
    keep(path, make())
    assert [p.name for p in path.parent.iterdir()] == ["measurements.db"]


def test_a_place_that_cannot_be_written_is_a_sentence(tmp_path: Path, make: Make) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(BackbonesError, match=r"cannot be written.*BACKBONES_HOME"):
        keep(tmp_path / "file" / "measurements.db", make())


@pytest.mark.skipif(os.name == "posix" and os.geteuid() == 0, reason="root writes everywhere")
def test_a_read_only_file_is_a_sentence(path: Path, make: Make) -> None:
    keep(path, make())
    path.chmod(0o444)
    path.parent.chmod(0o555)
    try:
        with pytest.raises(BackbonesError, match="read-only"):
            keep(path, make(round=2))
    finally:
        path.parent.chmod(0o755)


def test_a_damaged_file_is_a_sentence(path: Path, make: Make) -> None:
    path.parent.mkdir()
    path.write_bytes(b"not a database at all" * 100)
    with pytest.raises(BackbonesError, match="cannot be"):
        keep(path, make())
    with pytest.raises(BackbonesError, match="cannot be read"):
        visits(path)


_WRITER = """
import sys
from dataclasses import replace
from pathlib import Path
from backbones.store.measuring.keeping import keep
from backbones.store.measuring.visit import Conditions, Seen, Task, Visit
path, name, count = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
under = Conditions("0123456789ab", "Home GPU", "gpu", 1, "", "", "", "2", "1", "3", "Linux", 1, False, True, "")
for n in range(count):
    task = Task(f"{name}_{n // 3}", "throughput", "cuda:0", "fp16")
    seen = Seen(8, 224, 100.0 + n, blocks=tuple(0.1 + i / 7 for i in range(200)))
    keep(path, Visit(task, under, n % 3 + 1, f"2026-11-21T10:{n // 60:02d}:{n % 60:02d}Z", 1.0, "ok", seen))
    print(n, flush=True)
"""


def writer(path: Path, name: str, count: int) -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, "-c", _WRITER, str(path), name, str(count)], stdout=subprocess.PIPE)


def test_two_programs_write_at_once(path: Path) -> None:
    writers = [writer(path, name, 15) for name in ("one", "two", "three", "four")]  # none of them finds a file
    for process in writers:
        assert process.wait(120) == 0
        assert process.stdout
        process.stdout.close()
    assert len(visits(path)) == 60
    connection = sqlite3.connect(path)
    assert connection.execute("select count(*), sum(rounds) from measurement").fetchone() == (20, 60)
    connection.close()


def test_no_visit_is_lost_and_none_is_half_kept_when_the_writer_is_killed(world: World) -> None:
    """What was said to be kept is there after kill -9 at a random moment, each row agrees with its visits, and all can be read."""
    world.build()
    path, dice = world.places.measurements, random.Random(5)
    migrate(path)
    told = 0
    for attempt in range(5):
        process = writer(path, f"net{attempt}", 500)
        assert process.stdout
        os.set_blocking(process.stdout.fileno(), False)
        said = b""
        deadline = time.monotonic() + 60
        while b"\n" not in said and time.monotonic() < deadline:
            said += process.stdout.read() or b""
            time.sleep(0.01)
        time.sleep(dice.uniform(0, 0.3))
        process.send_signal(signal.SIGKILL)
        process.wait(30)
        said += process.stdout.read() or b""
        process.stdout.close()
        told += said.count(b"\n")
        open_catalog(world.places).close()  # whoever only reads can still read
        kept = visits(path)
        assert told <= len(kept) <= told + attempt + 1
        connection = sqlite3.connect(path)
        assert connection.execute("pragma integrity_check").fetchone() == ("ok",)
        counted = dict(connection.execute("select key, rounds from measurement").fetchall())
        connection.close()
        assert counted == {key: sum(v.key == key for v in kept) for key in {v.key for v in kept}}
    assert told > 5


def test_what_a_killed_writer_left_half_written_is_taken_back_by_readers(world: World, make: Make) -> None:
    keep(world.places.measurements, make())
    killed = (
        "import os, sqlite3, sys; c = sqlite3.connect(sys.argv[1], isolation_level=None); c.execute('pragma cache_size = 1');"
        "c.execute('begin immediate'); c.execute('delete from measurement');"
        "c.executemany('insert into note (text) values (?)', [('x' * 900,)] * 3000); os.kill(os.getpid(), 9)"
    )
    subprocess.run([sys.executable, "-c", killed, str(world.places.measurements)], check=False)
    assert Path(f"{world.places.measurements}-journal").exists()
    assert world.ask("select count(*) from throughput where origin = 'measured'") == [(1,)]
    assert len(visits(world.places.measurements)) == 1
