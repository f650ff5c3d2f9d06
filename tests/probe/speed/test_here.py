"""What is said where torch or timm is missing."""

from __future__ import annotations

import pytest

from backbones.probe.speed import here


@pytest.mark.parametrize(
    ("absent", "first", "said"),
    [
        ({"torch", "timm"}, "timm", "and torch and timm are missing"),
        ({"torch"}, "torch", "and torch is missing"),
        (set(), "yaml", "and yaml is missing"),
    ],
)
def test_all_that_is_missing_is_named(monkeypatch: pytest.MonkeyPatch, absent: set[str], first: str, said: str) -> None:
    monkeypatch.setattr(here, "find_spec", lambda name: None if name in absent else object())
    assert said in here.about_missing(first) and "pip install 'backbones[probe]'" in here.about_missing(first)
