"""`backbones aliases` as a user types it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from backbones.cli.main import run

SHEET = """
sheet: my_aliases
kind: aliases
columns: [name, entity, kind, source, verdict, rule, evidence]
rows:
- [my swin tiny, Swin-T, backbone, mine, same, size word, params 28.3 M and 28.29 M]
- [my odd swin, Swin-T, backbone, mine, doubtful, size word, nothing comparable]
"""


@pytest.fixture(scope="module", autouse=True)
def _home(tmp_path_factory: pytest.TempPathFactory, furnish: Callable[[Path], Path]) -> Iterator[None]:
    home = furnish(tmp_path_factory.mktemp("home"))
    (home / "family_data").mkdir()
    (home / "family_data" / "mine.yaml").write_text(SHEET, encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("BACKBONES_HOME", str(home))
        patch.delenv("BACKBONES_CATALOG", raising=False)
        assert run(["build"]) == 0
        yield


def records(capfd: pytest.CaptureFixture[str], *arguments: str) -> list[dict[str, object]]:
    """The rows of the command as JSON."""
    capfd.readouterr()
    assert run(["aliases", *arguments, "--format", "json"]) == 0
    rows = json.loads(capfd.readouterr().out)
    assert isinstance(rows, list)
    return rows


def test_one_name_shows_all_names_with_source_rule_and_evidence(capfd: pytest.CaptureFixture[str]) -> None:
    rows = records(capfd, "swin_tiny_patch4_window7_224")
    assert (rows[0]["section"], rows[0]["kind"], rows[0]["entity"]) == ("name", "backbone", "Swin-T")
    names = {row["name"]: row for row in rows if row["section"] == "names"}
    assert names["swin_tiny_patch4_window7_224"]["source"] == "timm"
    assert names["my swin tiny"]["rule"] == "size word"
    assert names["my swin tiny"]["evidence"] == "params 28.3 M and 28.29 M"


def test_names_that_were_rejected_and_names_alike_follow(capfd: pytest.CaptureFixture[str]) -> None:
    rows = records(capfd, "Swin-T")
    rejected = [row for row in rows if row["section"] == "apart or doubtful"]
    assert [(row["name"], row["verdict"]) for row in rejected] == [("my odd swin", "doubtful")]
    alike = [row for row in rows if row["section"] == "names like it"]
    assert "SwinV2-T" in {row["name"] for row in alike}
    assert {row["verdict"] for row in alike} <= {"same", "apart", "doubtful"}


def test_a_table_has_a_card_and_sections(capfd: pytest.CaptureFixture[str]) -> None:
    capfd.readouterr()
    assert run(["aliases", "Swin-T"]) == 0
    out = capfd.readouterr().out
    assert out.startswith("name    Swin-T\nkind    backbone\n")
    assert "\nnames (" in out
    assert "\nreleased files (" in out


def test_two_names_are_judged_with_reasons(capfd: pytest.CaptureFixture[str]) -> None:
    rows = records(capfd, "my swin tiny", "Swin-T")
    assert [(row["verdict"], row["by"]) for row in rows] == [("same", "identity"), ("same", "aliases of mine")]
    rows = records(capfd, "ConvNeXt-T IN-1k", "Swin-T IN-1k")
    assert rows[0]["verdict"] == "apart"
    assert "more than 0.3" in str(rows[0]["evidence"])
    assert run(["aliases", "ConvNeXt-T IN-1k", "Swin-T IN-1k"]) == 0
    assert capfd.readouterr().out.startswith("ConvNeXt-T IN-1k and Swin-T IN-1k: apart\n")


def test_review_lists_doubtful_pairs(capfd: pytest.CaptureFixture[str]) -> None:
    assert [row["name"] for row in records(capfd, "--review", "--source", "mine")] == ["my odd swin"]
    assert records(capfd, "--review", "--source", "detectron2") == []


def test_files_that_the_catalogue_keeps_apart_are_not_one_by_their_numbers(capfd: pytest.CaptureFixture[str]) -> None:
    rows = records(capfd, "Swin_T_Weights.IMAGENET1K_V1", "swin_tiny_patch4_window7_224.ms_in1k")
    assert {row["verdict"] for row in rows} == {"doubtful"}
    assert str(rows[0]["evidence"]).startswith("the catalogue has them apart: checkpoints ")


@pytest.mark.parametrize("other", ["SwinV2-T", "ConvNeXt V2-T"])
def test_backbones_of_like_numbers_that_are_listed_as_two_are_apart(
    other: str, capfd: pytest.CaptureFixture[str]
) -> None:
    rows = records(capfd, "Swin-T", other)
    assert rows[0]["verdict"] == "apart"
    assert str(rows[0]["evidence"]).startswith("listed as two by ")


def test_params_of_two_backbones_are_their_own(capfd: pytest.CaptureFixture[str]) -> None:
    said = [str(row["evidence"]) for row in records(capfd, "ResNet-50", "ResNet-101")]
    assert any(sentence.startswith("params 25.56 M and 44.55 M differ") for sentence in said)


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["convnxt tiny"], 1, "did you mean 'ConvNeXt-T'"),
        (["Swin-T", "swimtiny"], 1, "did you mean"),
        ([], 2, "--review"),
        (["Swin-T", "--review"], 2, "takes no NAME"),
        (["Swin-T", "--source", "mine"], 2, "goes with --review"),
        (["--review", "--source", "nobody"], 1, "there are detectron2, "),
        (["Swin-T", "Swin-S", "--kind", "backbone"], 2, "goes with one NAME"),
    ],
)
def test_a_mistake_is_a_sentence(arguments: list[str], code: int, said: str, capfd: pytest.CaptureFixture[str]) -> None:
    assert run(["aliases", *arguments]) == code
    captured = capfd.readouterr()
    assert said in captured.err
    assert "Traceback" not in captured.err
