"""`backbones pick` and `backbones compare` as a user types them."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from backbones.cli.main import run

V100 = ("--device", "v100", "--precision", "amp", "--min-img-s", "1000")


@pytest.fixture(scope="module", autouse=True)
def _home(tmp_path_factory: pytest.TempPathFactory, furnish: Callable[[Path], Path]) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("BACKBONES_HOME", str(furnish(tmp_path_factory.mktemp("home"))))
        patch.delenv("BACKBONES_CATALOG", raising=False)
        yield


def said(capfd: pytest.CaptureFixture[str], *arguments: str, code: int = 0) -> tuple[str, str]:
    """stdout and stderr of one command."""
    capfd.readouterr()
    assert run(list(arguments)) == code
    out = capfd.readouterr()
    return out.out, out.err


def records(capfd: pytest.CaptureFixture[str], *arguments: str) -> list[dict[str, object]]:
    found = json.loads(said(capfd, *arguments, "--format", "json")[0])
    assert isinstance(found, list)
    return found


def test_the_best_above_1000_images_a_second_is_what_query_says(capfd: pytest.CaptureFixture[str]) -> None:
    best = records(capfd, "pick", *V100)[0]
    query = ("query", "throughput@v100:precision=amp > 1000", "--sort", "-top_1@imagenet-1k", "--limit", "1")
    first = records(capfd, *query)[0]
    assert best["checkpoint"] == first["checkpoint"] == "ViT-S (DeiT III) IN-22k"
    assert best["top_1@imagenet-1k"] == first["top_1@imagenet-1k"]


def test_a_table_has_reasons_evidence_and_what_surrounds_them(capfd: pytest.CaptureFixture[str]) -> None:
    out, err = said(capfd, "pick", *V100)
    assert "1  ViT-S (DeiT III) IN-22k: best top-1 of the 9 rows that meet the limits" in out
    assert "arxiv:2204.07118, classificationresult:110 (via heedless)" in out
    assert "a tenth looser:\n  throughput@v100:precision=amp >= 900 instead of 1000: nothing changes" in out
    assert "rows have no throughput@v100:precision=amp; the best of them: CoAtNet-7 JFT-3B" in out
    assert err == ""


def test_other_formats_hold_answers_only_and_the_rest_is_narrated(capfd: pytest.CaptureFixture[str]) -> None:
    out, err = said(capfd, "pick", *V100, "--format", "csv")
    assert [row["rank"] for row in csv.DictReader(out.splitlines())] == ["1", "2"]
    assert "a tenth looser" in err and "not known" in err


def test_limits_hold_and_are_shown_as_a_filter(capfd: pytest.CaptureFixture[str]) -> None:
    options = (
        "--device",
        "rtx3090",
        "--min-img-s",
        "1000",
        "--max-params",
        "50",
        "--licence",
        "permissive",
        "--installable",
    )
    rows = records(capfd, "pick", *options, "--limit", "8")
    assert 0 < len(rows) <= 8
    assert all(float(str(r["params_m"])) <= 50 and r["licence_class"] == "permissive" and r["load"] for r in rows)
    out, _ = said(capfd, "pick", *options, "--explain")
    wanted = "throughput@rtx3090 >= 1000 and params_m <= 50 and licence_class = permissive and installable = yes"
    assert f"filter: {wanted}" in out and "all rows: backbones query" in out


def test_explain_keeps_the_limit_on_the_memory_or_says_that_it_does_not(capfd: pytest.CaptureFixture[str]) -> None:
    out, _ = said(capfd, "pick", "--task", "detection", "--head", "mask-r-cnn", "--max-memory", "8000", "--explain")
    assert "all rows: backbones query 'memory_mib <= 8000" in out
    out, _ = said(capfd, "pick", "--max-memory", "8000", "--explain")
    assert "all rows (without the limit on the memory): backbones query " in out


def test_nothing_found_is_exit_code_1_and_says_what_would_help(capfd: pytest.CaptureFixture[str]) -> None:
    out, _ = said(capfd, "pick", "--where", "top_1@imagenet-1k > 88 and params_m < 30", code=1)
    assert out.startswith("nothing meets all limits\na tenth looser:")
    assert "top_1@imagenet-1k > 79.2 instead of 88: 86.44 (" in out


@pytest.mark.parametrize(
    ("arguments", "code", "what"),
    [
        (("--min-img-s", "5"), 2, "needs --device"),
        (("--precision", "amp"), 2, "needs --device"),
        (("--task", "detektion"), 1, "did you mean detection"),
        (("--device", "v1000", "--max-ms", "5"), 1, "no device is called 'v1000'"),
        (("--where", "params_m <"), 1, "a value is expected here"),
        (("--maximise", "params_m"), 1, "is no metric"),
        (("--limit", "0"), 2, "limit"),
    ],
)
def test_a_mistake_is_a_sentence(
    capfd: pytest.CaptureFixture[str], arguments: tuple[str, ...], code: int, what: str
) -> None:
    assert what in said(capfd, "pick", *arguments, code=code)[1]


def test_compare_marks_the_better_and_counts_what_is_left_out(capfd: pytest.CaptureFixture[str]) -> None:
    out, err = said(capfd, "compare", "ConvNeXt-T", "Swin-T")
    line = next(line for line in out.splitlines() if line.startswith("mCE ImageNet-C"))
    assert line.split()[-2:] == ["*53.20", "62.00"]
    assert "results that only one of them has are left out" in err


def test_compare_writes_what_papers_and_scripts_need(capfd: pytest.CaptureFixture[str]) -> None:
    latex, _ = said(capfd, "compare", "convnext_tiny.fb_in1k", "Swin-T", "--format", "latex")
    assert latex.startswith("% \\usepackage{booktabs}\n\\begin{tabular}{llrr}\n\\toprule\n")
    assert "convnext\\_tiny.fb\\_in1k" in latex and "\\textbf{" in latex
    markdown, _ = said(capfd, "compare", "ConvNeXt-T", "Swin-T", "-f", "markdown")
    assert "**53.20** | 62.00 |" in markdown
    rows = records(capfd, "compare", "ConvNeXt-T", "Swin-T", "--differences")
    mce = next(row for row in rows if row["attribute"] == "mCE ImageNet-C")
    assert (mce["ConvNeXt-T"], mce["Swin-T"], mce["best"], mce["higher_is_better"]) == (53.2, 62, "ConvNeXt-T", False)
    assert not any(row["attribute"] == "hierarchical" for row in rows)


@pytest.mark.parametrize(
    ("names", "code", "what"),
    [
        (("Swin-T",), 2, "2 to 8 names are compared; 1 given"),
        (("a",) * 9, 2, "9 given"),
        (("Swin-T", "swn-t"), 1, "did you mean 'Swin-T'"),
        (("Swin-T", "V100"), 1, "'V100' is a device"),
        (("Swin-T", "swin t"), 1, "are the same backbone"),
    ],
)
def test_compare_refuses_with_a_sentence(
    capfd: pytest.CaptureFixture[str], names: tuple[str, ...], code: int, what: str
) -> None:
    assert what in said(capfd, "compare", *names, code=code)[1]
