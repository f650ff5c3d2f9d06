"""`backbones search` as a user types it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from backbones.cli.main import run
from backbones.store.listings.kinds import KINDS


@pytest.fixture(scope="module", autouse=True)
def _home(tmp_path_factory: pytest.TempPathFactory, furnish: Callable[[Path], Path]) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("BACKBONES_HOME", str(furnish(tmp_path_factory.mktemp("home"))))
        patch.delenv("BACKBONES_CATALOG", raising=False)
        yield


def found(capfd: pytest.CaptureFixture[str], *words: str) -> list[dict[str, object]]:
    """The hits as JSON."""
    capfd.readouterr()
    assert run(["search", *words, "--format", "json"]) == 0
    hits = json.loads(capfd.readouterr().out)
    assert isinstance(hits, list)
    return hits


def test_words_need_no_quotes_and_may_be_misspelled(capfd: pytest.CaptureFixture[str]) -> None:
    best = found(capfd, "convnxt", "tiny", "22k")[0]
    assert (best["name"], best["kind"]) == ("ConvNeXt-T IN-22k", "checkpoint")
    assert isinstance(best["facts"], int) and best["facts"] > 10


def test_the_spelling_that_was_found_is_shown(capfd: pytest.CaptureFixture[str]) -> None:
    best = found(capfd, "swin base 384")[0]
    assert (best["name"], best["matched"]) == ("Swin-B", "swin_base_patch4_window12_384")


def test_kind_and_limit_are_kept(capfd: pytest.CaptureFixture[str]) -> None:
    hits = found(capfd, "convnext", "--kind", "weights", "--limit", "3")
    assert [hit["kind"] for hit in hits] == ["weights"] * 3


def test_nothing_found_is_a_sentence_and_exit_code_1(capfd: pytest.CaptureFixture[str]) -> None:
    assert run(["search", "qqqq", "zzzz", "--kind", "head"]) == 1
    said = capfd.readouterr()
    assert said.out == ""
    assert "nothing of kind head has a name like 'qqqq zzzz'" in said.err


@pytest.mark.parametrize(
    ("kind", "listed"),
    [(None, "families"), ("family", "families"), ("weights", "weights"), ("head", "heads"), ("dataset", "datasets"), ("source", "sources")],
)  # fmt: skip
def test_the_hint_lists_what_was_looked_for(capfd: pytest.CaptureFixture[str], kind: str | None, listed: str) -> None:
    assert run(["search", "qqqq", *(["--kind", kind] if kind else [])]) == 1
    assert f"`backbones list {listed}`" in capfd.readouterr().err
    assert listed in KINDS


def test_a_title_or_a_kind_that_was_found_is_shown(capfd: pytest.CaptureFixture[str]) -> None:
    assert found(capfd, "gpu")[0]["matched"] == "gpu"
    best = found(capfd, "corruption robustness", "--kind", "collection")[0]
    assert (best["name"], best["matched"]) == ("robustbench", "RobustBench: adversarial and corruption robustness")


def test_a_search_without_text_is_a_mistake_of_usage() -> None:
    assert run(["search"]) == 2


def test_a_command_suggests_what_search_finds(capfd: pytest.CaptureFixture[str]) -> None:
    assert run(["show", "convnxt-tiny"]) == 1
    assert "did you mean 'ConvNeXt-T'" in capfd.readouterr().err


def test_a_table_has_a_line_for_each_hit(capfd: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    capfd.readouterr()
    assert run(["search", "mask rcnn"]) == 0
    lines = capfd.readouterr().out.splitlines()
    assert lines[0].split() == ["name", "kind", "matched", "score", "facts"]
    assert lines[2].startswith("Mask R-CNN")
