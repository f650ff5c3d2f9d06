"""`backbones show` and `backbones list` as a user types them."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from backbones.cli import sections
from backbones.cli.main import backbones, run
from backbones.cli.show import MOST
from backbones.store.page import Section
from backbones.store.rows import Column, Rows


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory, furnish: Callable[[Path], Path]) -> Path:
    """A home with the shipped catalogue."""
    return furnish(tmp_path_factory.mktemp("show"))


@pytest.fixture(autouse=True)
def _at_home(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BACKBONES_HOME", str(home))
    monkeypatch.delenv("BACKBONES_CATALOG", raising=False)


def call(*arguments: str) -> Result:
    """One command in this process."""
    return CliRunner().invoke(backbones, arguments)


def records(*arguments: str) -> list[dict[str, Any]]:
    """The rows of a command as JSON."""
    found: list[dict[str, Any]] = json.loads(call(*arguments, "-f", "json").stdout)
    return found


def test_a_page_is_plain_text_with_a_heading_for_each_section() -> None:
    done = call("show", "ConvNeXt")
    lines = done.stdout.splitlines()
    assert lines[:4] == ["ConvNeXt (family)", "family, Convolution, 2022-01-10", "", "facts"]
    for heading in ("backbones (25)", "detection (11)", "sources (16)"):
        assert heading in lines
    assert done.stdout.isascii() or not set("│┃━─┌┐└┘") & set(done.stdout)
    assert "BibTeX" in lines


def test_the_limit_is_said_and_zero_is_all() -> None:
    done = call("show", "ImageNet-1k", "--section", "best top-1, supervised", "--section", "all results")
    assert f"at most {MOST} rows of a section are shown; --limit 0 shows all" in done.stderr
    total = records("sql", "select count(*) as n from results where dataset = 'ImageNet-1k'")[0]["n"]
    assert f"The first {MOST} of {total:,}." in done.stdout
    whole = call("show", "UPerNet", "--section", "all results", "--limit", "0")
    assert whole.stderr == ""
    assert (
        len(records("show", "UPerNet", "--section", "all results"))
        == records("sql", "select count(*) as n from results where head = 'UPerNet'")[0]["n"]
    )


def test_facts_of_one_name_are_all_there_for_machines() -> None:
    (facts,) = records("show", "arxiv:2210.13452", "--section", "facts")
    sql = "select group_concat(family, '; ') as of from (select family from families where paper like '%2210.13452%' order by family)"
    assert facts["the_paper_of"] == records("sql", sql)[0]["of"]
    assert facts["the_paper_of"].count("; ") == 4


def test_one_section_has_its_own_columns_and_several_say_which_they_are() -> None:
    one = records("show", "ConvNeXt", "--section", "Detection")
    assert {"box_ap", "mask_ap", "head", "fps"} <= set(one[0])
    assert "section" not in one[0]
    both = records("show", "ConvNeXt", "--section", "detection", "--section", "facts")
    assert [row["section"] for row in both] == ["detection"] * (len(both) - 1) + ["facts"]
    assert both[-1]["token_mixer"] == "Convolution"


def test_facts_are_one_record_for_machines() -> None:
    card = records("show", "arxiv:2201.03545")[0]
    assert (card["section"], card["kind"], card["the_paper_of"]) == ("facts", "paper", "ConvNeXt")


def test_an_unknown_section_is_refused_with_those_that_there_are(capfd: pytest.CaptureFixture[str]) -> None:
    assert run(["show", "ConvNeXt", "--section", "detektion"]) == 1
    assert "'detection'" in capfd.readouterr().err


@pytest.mark.parametrize("width", [40, 60, 80, 200])
def test_a_wide_table_goes_on_below_within_the_width(width: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("backbones.cli.show.table_width", lambda: width)
    out = call("show", "ConvNeXt", "-n", "3", "-s", "classification", "-s", "detection", "-s", "backbones").stdout
    lines = out.splitlines()
    assert max(map(len, lines)) <= width
    assert out.count("box AP") >= 1 and "source" in out and "FPS" in out
    names = [line for line in lines if line.startswith("checkpoint ") or line.startswith("data set")]
    assert len(names) >= (2 if width < 200 else 1)


def test_no_value_is_lost_where_a_table_goes_on_below() -> None:
    rows = Rows(
        (Column("name", "name"), *(Column(f"c{i}", f"c{i}", "number") for i in range(12))),
        tuple((f"model {j}", *(100 * j + i for i in range(12))) for j in range(3)),
    )
    words = sections.plain(Section("t", rows), 40).split()
    assert all(str(100 * j + i) in words for i in range(12) for j in range(3))
    assert words.count("name") > 1


@pytest.mark.parametrize(
    ("kind", "columns"),
    [
        ("families", {"published", "backbones", "checkpoints", "weights", "results", "speeds", "best_top_1"}),
        ("datasets", {"results", "checkpoints", "pretrained", "newest"}),
        ("heads", {"results", "backbones", "datasets", "newest"}),
        ("devices", {"speeds", "backbones", "precisions", "newest"}),
        ("sources", {"results", "speeds", "costs", "facts", "retrieved"}),
    ],
)
def test_lists_have_counts_and_dates(kind: str, columns: set[str]) -> None:
    assert columns <= set(records("list", kind)[0])


def test_the_counts_of_lists_are_those_of_the_views() -> None:
    convnext = next(r for r in records("list", "families") if r["family"] == "ConvNeXt")
    for column, view in (
        ("results", "results"),
        ("speeds", "throughput"),
        ("weights", "weights"),
        ("checkpoints", "checkpoints"),
    ):
        assert records("sql", f"select count(*) as n from {view} where family = 'ConvNeXt'") == [
            {"n": convnext[column]}
        ]
    upernet = next(r for r in records("list", "heads") if r["head"] == "UPerNet")
    sql = "select count(*) as n, count(distinct dataset) as d, max(published) as p from results where head = 'UPerNet'"
    assert records("sql", sql) == [{"n": upernet["results"], "d": upernet["datasets"], "p": upernet["newest"]}]
