"""What others do on this CPU, read from a /proc that the test writes."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from backbones.probe.speed import load
from backbones.probe.speed.devices import Cpu

HZ = os.sysconf("SC_CLK_TCK")


class Node:
    """A machine of 64 CPUs of which this process may use two; `busy` has the seconds that each was busy."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self._folder = folder
        self.clock, self.busy = 100.0, dict.fromkeys(range(64), 0.0)
        monkeypatch.setattr(load, "_STAT", folder / "stat")
        monkeypatch.setattr(load, "_QUOTA", folder / "cpu.max")
        monkeypatch.setattr(os, "sched_getaffinity", lambda pid: {10, 11}, raising=False)
        monkeypatch.setattr(load, "waiting_s", lambda: 0.0)
        times = type("Times", (), {"user": 0.0, "system": 0.0})()
        monkeypatch.setattr(os, "times", lambda: times)
        self.write()

    def write(self) -> None:
        lines = [f"cpu{n} {int(s * HZ)} 0 0 {10**9} 77 0 0 0 0 0" for n, s in self.busy.items()]
        whole = sum(int(s * HZ) for s in self.busy.values())
        (self._folder / "stat").write_text(f"cpu  {whole} 0 0 0 0 0 0 0 0 0\n" + "\n".join(lines) + "\nintr 1 2\n")

    def pass_s(self, seconds: float, *others: int) -> None:
        """Time goes by in which others keep some CPUs busy."""
        self.clock += seconds
        for cpu in others:
            self.busy[cpu] += seconds
        self.write()


@pytest.fixture
def node(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Node:
    return Node(tmp_path, monkeypatch)


def interference(node: Node, monkeypatch: pytest.MonkeyPatch, *others: int) -> float:
    from types import SimpleNamespace

    from backbones.probe.speed import devices

    monkeypatch.setattr(devices, "time", SimpleNamespace(perf_counter=lambda: node.clock))
    return Cpu().block(lambda: node.pass_s(0.1, *others), 5).interference


def test_others_on_other_cpus_of_a_shared_node_disturb_nothing(node: Node, monkeypatch: pytest.MonkeyPatch) -> None:
    watch = load.Watch(node.clock)
    assert interference(node, monkeypatch, *(n for n in range(64) if n not in (10, 11))) == 0
    assert watch.until(node.clock).foreign_cpus == 0


def test_others_on_our_own_cpus_do(node: Node, monkeypatch: pytest.MonkeyPatch) -> None:
    watch = load.Watch(node.clock)
    assert interference(node, monkeypatch, 10) == pytest.approx((0.5 - load.TICK_S) / 2 / 0.5, abs=0.01)
    assert watch.until(node.clock).foreign_cpus == pytest.approx(1, abs=0.05)
    assert load.lost_s() == pytest.approx(0.25, abs=0.01)


def test_under_a_quota_only_our_own_waiting_tells(node: Node, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "cpu.max").write_text("100000 100000\n")
    assert load.cpus() == 1
    assert interference(node, monkeypatch, *range(64)) == 0
    assert load.Watch(node.clock).until(node.clock + 1).foreign_cpus == 0
    monkeypatch.setattr(load, "waiting_s", lambda: node.clock - 100)
    assert load.lost_s() == pytest.approx(0.5)
    assert interference(node, monkeypatch) == pytest.approx(1)


@pytest.mark.parametrize("text", ["max 100000\n", "400000 100000\n", ""])
def test_a_quota_above_our_cpus_is_none(node: Node, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    (tmp_path / "cpu.max").write_text(text)
    assert load.cpus() == 2 and interference(node, monkeypatch, 10, 11) > 0.9


def test_cpus_that_a_container_numbers_anew_are_all_ours(node: Node, monkeypatch: pytest.MonkeyPatch) -> None:
    node.busy = {0: 0.0, 1: 0.0}
    node.write()
    assert interference(node, monkeypatch, 0) == pytest.approx(0.5, abs=0.05)


@pytest.mark.parametrize("text", ["", "cpu 1 2\n", "cpu0 a b c d e f g h\n", "cpu0 1 2\n"])
def test_a_kernel_that_does_not_tell_is_no_disturbance(node: Node, tmp_path: Path, text: Any) -> None:
    (tmp_path / "stat").write_text(text)
    assert load.foreign_s() <= 0
