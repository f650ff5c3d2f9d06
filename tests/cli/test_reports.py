"""Reports on the catalogue itself: all values of a fact, what is doubtful, how much there is."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner, Result

from backbones.cli.main import backbones, run
from backbones.store.places import Places


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory, furnish: Callable[[Path], Path]) -> Path:
    """A home with the shipped catalogue."""
    return furnish(tmp_path_factory.mktemp("reports"))


@pytest.fixture(autouse=True)
def _at_home(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BACKBONES_HOME", str(home))
    monkeypatch.delenv("BACKBONES_CATALOG", raising=False)


def call(*arguments: str) -> Result:
    """One command in this process."""
    return CliRunner().invoke(backbones, arguments)


def test_values_of_one_fact_stand_side_by_side() -> None:
    done = call("values", "Swin-T", "top_1@imagenet-1k:resolution=224", "-f", "json")
    rows = json.loads(done.stdout)
    assert {"heedless", "timm", "cuqs"} <= {row["collection"] for row in rows}
    assert all(row["why"] and row["source"] and row["source_ref"] for row in rows)
    assert "preference 10 before " in call("values", "Swin-T", "top_1@imagenet-1k").stdout


def test_values_that_nobody_reports_are_said_on_stderr() -> None:
    none = call("values", "Swin-T", "recall_1@flickr30k")
    assert (none.exit_code, none.stdout) == (0, "")
    assert "no source reports recall_1@flickr30k for Swin-T" in none.stderr
    some = call("values", "Swin-T", "mce@imagenet-c")
    assert (some.exit_code, "no source reports" in some.stderr) == (0, False)
    assert "Swin-T IN-1k" in some.stdout


def test_values_take_what_else_a_number_depends_on(capfd: pytest.CaptureFixture[str]) -> None:
    done = call("values", "Swin-T", "miou_ss@ade20k-val:schedule=160K", "-f", "json")
    assert done.exit_code == 0
    assert {"schedule=160k"} <= set.intersection(*(set(r["conditions"].split(",")) for r in json.loads(done.stdout)))
    assert run(["values", "Swin-T", "top_1@imagenet-1k:shots=9"]) == 1
    assert "no shots is called '9'" in capfd.readouterr().err


def test_values_of_an_unknown_name_or_no_metric_are_refused() -> None:
    assert run(["values", "Swnn-T", "top_1@imagenet-1k"]) == 1
    assert run(["values", "Swin-T", "params_m"]) == 1


def test_query_says_the_spread_where_it_is_asked_for() -> None:
    plain = call("query", "checkpoint = 'Swin-L IN-22k'", "-n", "2", "-c", "checkpoint,top_1@imagenet-1k")
    told = call("query", "checkpoint = 'Swin-L IN-22k'", "-n", "2", "-c", "checkpoint,top_1@imagenet-1k", "--spread")
    assert "±" not in plain.stdout
    assert "Swin-L IN-22k  87.30 ±0.079, 4 sources" in told.stdout
    done = call(
        "query",
        "checkpoint = 'Swin-L IN-22k'",
        "-n",
        "2",
        "-c",
        "checkpoint,top_1@imagenet-1k",
        "--spread",
        "-f",
        "csv",
    )
    rows = list(csv.DictReader(io.StringIO(done.stdout)))
    assert {"top_1@imagenet-1k_spread", "top_1@imagenet-1k_n_sources"} <= set(rows[0])
    assert int(rows[0]["top_1@imagenet-1k_n_sources"]) > 1


def test_show_writes_the_correction_beside_the_number() -> None:
    done = call("show", "ConvNeXt-T", "-f", "json")
    rows = [
        r
        for r in json.loads(done.stdout)
        if r.get("source_ref") == "fpsmeasurement:44" and r["section"] == "throughput"
    ]
    assert [r["throughput_img_s"] for r in rows] == [13.5]
    assert str(rows[0]["correction"]).startswith("corrected from 12.2: ")


def test_audit_is_sorted_by_severity_and_counts_on_stderr() -> None:
    done = call("audit", "-f", "json")
    rows = json.loads(done.stdout)
    assert done.exit_code == 0
    severities = [("sure", "likely", "maybe").index(row["severity"]) for row in rows]
    assert severities == sorted(severities)
    for kind in {row["kind"] for row in rows}:
        assert f"{sum(row['kind'] == kind for row in rows):,} {kind}" in done.stderr


def test_audit_takes_kinds_collections_severities_and_a_limit() -> None:
    done = call("audit", "--kind", "conflict", "--collection", "cuqs", "-s", "likely", "-n", "2", "-f", "json")
    rows = json.loads(done.stdout)
    assert len(rows) == 2
    assert {(r["kind"], r["severity"], str(r["fact"]).split()[0]) for r in rows} == {("conflict", "likely", "cuqs")}
    assert "2 of" in done.stderr


@pytest.mark.parametrize("option", [("--kind", "nonsense"), ("--collection", "nowhere"), ("--severity", "rarely")])
def test_audit_refuses_names_that_nothing_has(option: tuple[str, str]) -> None:
    assert run(["audit", *option]) == 2


def test_audit_writes_a_sheet_of_suspects_that_passes_the_check(tmp_path: Path) -> None:
    done = call("audit", "--kind", "outlier", "--as-suspects")
    sheet = yaml.safe_load(done.stdout)
    assert sheet["kind"] == "suspects"
    assert sheet["rows"]
    (tmp_path / "s.yaml").write_text(done.stdout)
    assert run(["check", str(tmp_path / "s.yaml")]) == 0


@pytest.mark.parametrize("option", [("--limit", "3"), ("-n", "0"), ("--format", "csv"), ("-f", "table")])
def test_a_sheet_of_suspects_is_written_whole_and_in_yaml(option: tuple[str, str]) -> None:
    done = call("audit", "--as-suspects", *option)
    assert (done.exit_code, done.stdout) == (2, "")
    assert "takes no --limit and no --format" in done.stderr


def test_strict_audit_fails_only_for_something_sure_and_new(toys: Places) -> None:
    (folder,) = toys.families
    wrong = folder / "wrong.yaml"
    folder.mkdir(parents=True)
    clean = call("audit", "--strict", "--collection", "user")
    wrong.write_text(
        "sheet: wrong\nkind: results\ncollection: user\nshared: {source: own}\n"
        "columns: [checkpoint, top_1@ImageNet-1k, top_5@ImageNet-1k, source_ref]\nrows:\n- [Wrong IN-1k, 90, 80, a]\n"
    )
    found = call("audit", "--strict", "--collection", "user")
    assert (
        clean.exit_code,
        run(["audit", "--collection", "user"]),
        run(["audit", "--strict", "--collection", "user"]),
    ) == (0, 0, 1)
    assert "1 of them sure and no suspect yet" in found.stderr
    (folder / "known.yaml").write_text(
        "sheet: known\nkind: suspects\ncolumns: [fact, kind, text]\nrows:\n- [user a, value, seen]\n"
    )
    assert run(["audit", "--strict", "--collection", "user"]) == 0


def test_stats_in_all_forms() -> None:
    text = call("stats").stdout
    assert "facts by collection" in text
    assert "newest retrieval of a source" in text
    rows = json.loads(call("stats", "-f", "json").stdout)
    assert {row["section"] for row in rows} >= {
        "things",
        "facts",
        "known",
        "provenance",
        "doubts",
        "disagreement",
        "freshness",
    }
    assert call("stats", "-f", "markdown").stdout.startswith("| | |\n|---|---|\n| things | ")


def test_corrections_can_be_listed() -> None:
    rows = json.loads(call("list", "corrections", "-f", "json").stdout)
    assert all(row["applied"] is True for row in rows)
    assert any(row["source_ref"] == "fpsmeasurement:44" for row in rows)
