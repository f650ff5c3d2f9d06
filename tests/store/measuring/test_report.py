"""What a run of the probe says of what it found: above all, when the numbers mean little."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

import pytest

from backbones.store.measuring.keeping import keep
from backbones.store.measuring.report import caution_sentences, disturbance, report, telling
from backbones.store.measuring.visit import Visit
from backbones.store.rows import Rows
from tests.store.measuring.conftest import Make

ON_A_CPU = {"device": "Home CPU", "device_kind": "cpu", "threads": 2, "extra": {}}
BUSY = {"cautions": ("busy_cpu",), "waiting_share": 0.9, "other_processes": 2}


def found(path: Path, visits: Sequence[Visit]) -> Rows:
    for visit in visits:
        keep(path / "m.db", visit)
    return report(path / "m.db", {visit.key for visit in visits})


def test_visits_that_are_a_factor_apart_are_not_usable(tmp_path: Path, make: Make) -> None:
    rows = found(tmp_path, [make(speed, n, **ON_A_CPU, **BUSY) for n, speed in enumerate((1.0, 4.6, 2.0), 1)])
    said = disturbance(rows) or ""
    assert said.startswith("not usable: others kept 2 CPUs busy while this was measured, with 2 threads of ours")
    assert "waited up to 45 % of the time" in said and "visits from 1.0 to 4.6 img/s" in said
    assert said.endswith("measure again when the machine is quiet, or with OMP_NUM_THREADS=1")
    assert list(rows.values("lowest_img_s")) == [1.0] and list(rows.values("highest_img_s")) == [4.6]
    shown = telling(rows)
    names = [column.name for column in shown.columns]
    assert not {"cautions", "lowest_img_s", "threads", "waiting_percent"} & set(names)
    assert list(shown.values("uncertainty_percent")) == [pytest.approx(90.0)]


def test_an_uncertainty_of_more_than_the_number_itself_is_a_question_mark(tmp_path: Path, make: Make) -> None:
    visits = [make(speed, n, **ON_A_CPU, **BUSY) for n, speed in enumerate((1.0, 9.0, 2.0), 1)]
    steady = [make(50.0, n, **ON_A_CPU, model="toynet_large") for n in (1, 2)]
    rows = found(tmp_path, [*visits, *steady])
    assert list(telling(rows).values("uncertainty_percent")) == ["0.0", "?"]
    assert list(rows.values("uncertainty_percent")) == [0.0, 200.0], "other formats have the figure"
    said = disturbance(rows) or ""
    assert said.startswith("not usable (toynet_small): ") and "visits of toynet_small from 1.0 to 9.0 img/s" in said


def test_quiet_visits_are_not_called_disturbed(tmp_path: Path, make: Make) -> None:
    rows = found(tmp_path, [make(100.0 + n, n, **ON_A_CPU) for n in (1, 2)])
    assert disturbance(rows) is None and caution_sentences(rows) == []


def test_a_little_disturbance_leaves_numbers_usable(tmp_path: Path, make: Make) -> None:
    few = {"cautions": ("busy_cpu",), "waiting_share": 0.1, "other_processes": 0}
    said = disturbance(found(tmp_path, [make(100.0 + n, n, **ON_A_CPU, **few) for n in (1, 2)])) or ""
    assert said.startswith("disturbed: others used the CPU while this was measured")


def test_latency_that_differs_is_told_in_milliseconds(tmp_path: Path, make: Make) -> None:
    slow = [
        make(None, n, quantity="latency", latency_ms=ms, batch_size=1, **ON_A_CPU)
        for n, ms in enumerate((3.0, 12.0), 1)
    ]
    assert "visits from 3 to 12 ms" in (disturbance(found(tmp_path, slow)) or "")


def test_cautions_are_one_line_a_set_of_models_and_three_explanations(tmp_path: Path, make: Make) -> None:
    many = ("busy_cpu", "wide_spread", "unstable_warm_up", "few_steps", "outliers")
    made = [make(100.0, model=name, cautions=many) for name in ("a", "b")] + [make(90.0, model="c", cautions=many[:1])]
    told = caution_sentences(found(tmp_path, made))
    assert told[:2] == ["a, b: busy cpu, wide spread, unstable warm up, few steps, outliers", "c: busy cpu"]
    assert [re.match(r"  ([a-z ]+): [A-Z]", line)[1] for line in told[2:5]] == [  # type: ignore[index]
        "busy cpu", "wide spread", "unstable warm up",
    ]  # fmt: skip
    assert told[5:] == ["  what few steps, outliers mean: backbones measurements list --explain"]
