"""A model that raises, crashes or hangs costs itself and no other."""

from __future__ import annotations

import signal
import subprocess
from typing import Any

import pytest

from backbones.probe.counting import crew
from backbones.probe.counting.crew import Failure, Request, count_all
from backbones.store.errors import BackbonesError
from backbones.store.measuring.count import Count, FeatureMap

pytestmark = pytest.mark.usefixtures("fake_crew")


def by_name(names: list[str], processes: int = 1) -> dict[str, Count | Failure]:
    return {one.model: one for one in count_all([Request(name) for name in names], processes)}


def test_models_are_counted_by_two_processes() -> None:
    names = [f"m{i}" for i in range(20)]
    found = by_name(names, 2)
    assert sorted(found) == sorted(names) and all(isinstance(one, Count) for one in found.values())


def test_an_answer_is_what_was_asked_for() -> None:
    (found,) = count_all([Request("resnet50", 384, fused=True, features=True)])
    assert isinstance(found, Count)
    assert (found.resolution, found.setting, found.is_own_size) == (384, "fused", False)
    assert found.feature_maps == (FeatureMap(64, 32, 12, 12),)
    (odd,) = count_all([Request("odd")])
    assert isinstance(odd, Count) and odd.uncounted == ("aten.mv",) and odd.feature_maps is None


def test_a_model_that_raises_or_crashes_ends_in_its_own_failure_and_the_run_goes_on() -> None:
    found = by_name(["a", "raises", "b", "crashes", "c"])
    assert found["raises"] == Failure("raises", "AssertionError: Input height (7) is too small")
    crashed = found["crashes"]
    assert isinstance(crashed, Failure) and "status -6" in crashed.why and "Fatal: out of luck" in crashed.why
    assert all(isinstance(found[name], Count) for name in "abc")


def test_a_model_that_hangs_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(crew, "MODEL_S", 0.5)
    found = by_name(["hangs", "a"])
    assert found["hangs"] == Failure("hangs", "it took longer than 0.5 s") and isinstance(found["a"], Count)


def test_a_run_that_is_left_early_leaves_no_process(monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[subprocess.Popen[str]] = []

    class Noted(subprocess.Popen):  # type: ignore[type-arg]
        def __init__(self, *arguments: Any, **words: Any) -> None:
            super().__init__(*arguments, **words)
            started.append(self)

    monkeypatch.setattr(crew.subprocess, "Popen", Noted)
    counts = count_all([Request("a"), Request("hangs")], 1)  # for ten minutes
    next(counts)
    counts.close()
    (process,) = started
    assert process.returncode == -signal.SIGKILL


def test_a_process_that_does_not_start_ends_the_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(crew, "WORKER", (*crew.WORKER, "broken"))
    with pytest.raises(
        BackbonesError, match=r"does not start: its process ended with status 1: .*No module named 'torch'"
    ):
        by_name(["a", "b"])


def test_names_are_asked_of_the_installed_timm() -> None:
    assert crew.model_names() == ["resnet50", "vit_tiny"]


def test_the_extra_is_named_where_it_is_missing(no_torch: None) -> None:
    with pytest.raises(BackbonesError, match=r"counting x needs torch and timm: pip install 'backbones\[probe\]'"):
        crew.require_extra("counting x")
