"""A machine is known again, wherever its id comes from, and never taken for another."""

from __future__ import annotations

import hashlib
import os
import platform
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from backbones.store import machine
from backbones.store.machine import host_id


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A data folder, and a system whose id is in a file of ours."""
    home = tmp_path / "home"
    monkeypatch.setenv("BACKBONES_HOME", str(home))
    monkeypatch.setattr(machine, "_FILES", (tmp_path / "etc", tmp_path / "dbus"))
    forget()
    return home


def forget() -> None:
    """As a new program knows nothing."""
    machine._of_system.cache_clear()
    machine._of_folder.cache_clear()


def hashed(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def test_the_system_s_id_counts_and_nothing_is_written(tmp_path: Path, home: Path) -> None:
    (tmp_path / "dbus").write_text("0123456789abcdef0123456789abcdef\n")
    assert host_id() == hashed("0123456789abcdef0123456789abcdef") and not home.exists()


@pytest.mark.parametrize("said", ["", "\n", "uninitialized\n", "0" * 32, "\x00" * 32, None])
def test_an_id_that_is_none_does_not_make_all_machines_one(tmp_path: Path, home: Path, said: str | None) -> None:
    if said is not None:
        (tmp_path / "etc").write_text(said)
    first = host_id()
    forget()
    assert host_id() == first == hashed((home / "machine-id").read_text().strip())
    (home / "machine-id").unlink()
    forget()
    assert host_id() != first  # another machine


def test_a_container_keeps_its_id_under_a_new_name(monkeypatch: pytest.MonkeyPatch) -> None:
    first = host_id()
    monkeypatch.setattr(platform, "node", lambda: "another-name")
    forget()
    assert host_id() == first


def test_a_damaged_file_of_ours_is_written_anew(home: Path) -> None:
    home.mkdir()
    (home / "machine-id").write_text("")
    first = host_id()
    forget()
    assert host_id() == first != hashed("")


def test_programs_that_start_at_once_draw_one_id(home: Path) -> None:
    for number in range(50):
        file = home / str(number) / "machine-id"
        together = threading.Barrier(4)

        def draw(file: Path = file, together: threading.Barrier = together) -> bytes:
            together.wait()
            return machine._drawn(file)

        with ThreadPoolExecutor(4) as pool:
            drawn = {future.result() for future in [pool.submit(draw) for _ in range(4)]}
        assert drawn == {file.read_bytes().strip()} and [one.name for one in file.parent.iterdir()] == ["machine-id"]


def test_an_id_is_kept_where_links_are_unknown(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError("links are unknown here")

    monkeypatch.setattr(os, "link", refuse)
    assert host_id() == hashed((home / "machine-id").read_text().strip())
    assert [one.name for one in home.iterdir()] == ["machine-id"]


def test_where_nothing_can_be_kept_the_name_counts(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home.write_text("a file where the folder should be")
    monkeypatch.setattr(platform, "node", lambda: "box")
    assert host_id() == hashed("box")
