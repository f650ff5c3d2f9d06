"""What is said of the terminal and of the files."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from backbones.probe.doctor.catalogue import catalogue_checks
from backbones.probe.doctor.check import Check
from backbones.probe.doctor.terminal import Terminal, terminal_checks
from backbones.store.measurements import migrate
from backbones.store.places import Places

GOOD = Terminal({"TERM": "xterm-256color", "COLORTERM": "truecolor", "TERM_PROGRAM": "WezTerm"}, True, 120, 40, "utf-8")


def verdicts(checks: Sequence[Check]) -> dict[str, str]:
    return {check.what: check.verdict for check in checks}


def test_a_good_terminal() -> None:
    checks = terminal_checks(GOOD, lambda _: None)
    assert set(verdicts(checks).values()) == {"ok"}
    assert [check.found for check in checks][:4] == [
        "WezTerm in xterm-256color",
        "16 million (24 bits)",
        "UTF-8",
        "120x40",
    ]


@pytest.mark.parametrize(
    "changes, what, verdict",
    [({"env": {"TERM": "dumb"}}, "kind", "fail"), ({"env": {}}, "kind", "fail"), ({"env": {"TERM": "xterm"}}, "colours", "warn"),
     ({"env": {"TERM": "xterm-256color"}}, "colours", "ok"), ({"env": {"TERM": "xterm", "NO_COLOR": "1"}}, "colours", "ok"),
     ({"encoding": "ascii"}, "characters", "warn"), ({"encoding": ""}, "characters", "warn"), ({"columns": 70}, "size", "warn"),
     ({"lines": 10}, "size", "fail"), ({"env": {"TERM": "xterm-256color", "TERM_PROGRAM": "Apple_Terminal"}}, "copying", "warn"),
     ({"is_tty": False, "columns": 1}, "kind", "ok")],
)  # fmt: skip
def test_what_a_terminal_lacks(changes: dict[str, object], what: str, verdict: str) -> None:
    checks = terminal_checks(replace(GOOD, **changes), lambda _: None)  # type: ignore[arg-type]
    assert verdicts(checks)[what] == verdict
    assert all(bool(check.advice) == (check.verdict != "ok") for check in checks)


@pytest.mark.parametrize(
    "version, features, expected",
    [("tmux 3.4", "256,RGB,clipboard", {"tmux": "ok"}), ("tmux 3.4", "256,title", {"tmux": "ok", "tmux colours": "warn"}),
     ("tmux 2.9a", "", {"tmux": "warn", "tmux colours": "warn"}), (None, None, {"tmux": "warn"}), ("tmux next-3.6", "RGB", {"tmux": "ok"})],
)  # fmt: skip
def test_tmux(version: str | None, features: str | None, expected: dict[str, str]) -> None:
    terminal = replace(GOOD, env={**GOOD.env, "TMUX": "/tmp/x,1,0"})
    checks = terminal_checks(terminal, lambda command: version if command[-1] == "-V" else features)
    assert {w: v for w, v in verdicts(checks).items() if w.startswith("tmux")} == expected
    assert "through tmux" in checks[-1].found


@pytest.fixture
def home(tmp_path: Path, furnish: Callable[[Path], Path], shipped: Places) -> Places:
    folder = furnish(tmp_path / "home")
    return replace(shipped, catalog=folder / "catalog.db", measurements=folder / "measurements.db")


@pytest.fixture
def own(home: Places, tmp_path: Path) -> Places:
    """The same with a catalogue that may be written into."""
    shutil.copyfile(home.catalog, tmp_path / "copy.db")
    (tmp_path / "copy.db").replace(home.catalog)
    return home


def found(places: Places, what: str, mounts: str = "") -> Check:
    return next(check for check in catalogue_checks(places, mounts) if check.what == what)


def test_files_in_order(home: Places) -> None:
    migrate(home.measurements)
    checks = catalogue_checks(home)
    assert set(verdicts(checks).values()) == {"ok"}
    assert "sound" in found(home, "catalogue").found and "nothing was measured yet" in found(home, "measurements").found


def test_files_that_are_not_there_yet_are_no_fault(home: Places, tmp_path: Path) -> None:
    none = replace(home, catalog=tmp_path / "none" / "c.db", measurements=tmp_path / "none" / "m.db")
    assert set(verdicts(catalogue_checks(none)).values()) == {"ok"} and not (tmp_path / "none").exists()


def test_a_damaged_catalogue_fails(own: Places) -> None:
    content = bytearray(own.catalog.read_bytes())
    content[8192 : 8192 * 40] = b"\xa5" * (8192 * 39)
    own.catalog.write_bytes(content)
    check = found(own, "catalogue")
    assert check.verdict == "fail" and "build --fresh" in check.advice
    own.catalog.write_text("no database")
    assert found(own, "catalogue").verdict == "fail"


def test_a_catalogue_behind_its_files_or_of_another_version_is_said(own: Places, tmp_path: Path) -> None:
    files = tmp_path / "family_data"
    files.mkdir()
    (files / "x.yaml").write_text("family: X\n")
    check = found(replace(own, families=(files,)), "catalogue")
    assert check.verdict == "warn" and "changed since" in check.found
    connection = sqlite3.connect(own.catalog)
    connection.execute("pragma user_version = 7")
    connection.close()
    assert "another version" in found(own, "catalogue").found


def test_damaged_or_old_measurements(home: Places) -> None:
    home.measurements.write_bytes(b"no database" * 500)
    check = found(home, "measurements")
    assert check.verdict == "fail" and "move it away" in check.advice
    home.measurements.unlink()
    connection = sqlite3.connect(home.measurements)
    connection.execute("create table measurement (a)")
    connection.close()
    assert found(home, "measurements").verdict == "warn"


@pytest.mark.parametrize("options, verdict", [("rw,vers=4.2", "ok"), ("rw,nolock", "warn")])
def test_a_network_home_is_said(home: Places, options: str, verdict: str) -> None:
    mounts = f"/dev/sda / ext4 rw 0 0\nserver:/home {home.measurements.parent} nfs4 {options} 0 0\n"
    check = found(home, "your disk", mounts)
    assert check.verdict == verdict and "nfs4" in check.found
    assert not [c for c in catalogue_checks(home, "/dev/sda / ext4 rw 0 0\n") if "disk" in c.what]
