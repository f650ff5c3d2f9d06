"""What `backbones plot` draws and what it says beside it."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from backbones.cli.main import backbones, run

SIZE = ("--width", "100", "--height", "30")


@pytest.fixture(autouse=True)
def _at_home(tmp_path: Path, furnish: Callable[[Path], Path], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BACKBONES_HOME", str(furnish(tmp_path / "home")))
    monkeypatch.delenv("BACKBONES_CATALOG", raising=False)


def drawn(*options: str) -> Result:
    done = CliRunner().invoke(backbones, ["plot", *SIZE, *options])
    assert done.exit_code == 0, done.output
    return done


def test_a_second_attribute_is_told_by_shapes_and_stands_in_the_legend() -> None:
    legend = drawn("--shape", "pretraining_dataset", "--focus", "convnext,swin").stdout.rpartition("params M")[2]
    assert re.search(r"2 groups \d+", legend)  # no colour in a pipe
    assert re.search(r"pretraining: ● ImageNet-1k \d+  ▲ ImageNet-22k \d+", legend)


def test_focus_is_found_in_any_spelling_and_one_that_is_not_there_is_said() -> None:
    done = drawn("--focus", "convnext,SWIN,nonsense")
    assert re.search(r"● Conv\S+ \d+", done.stdout) and re.search(r"Swin \d+", done.stdout)
    assert "no family in this plot is called 'nonsense'" in done.stderr


def test_more_groups_than_colours_are_said() -> None:
    eight = "ResNet,EfficientNet,RegNet,ViT,ConvNeXt,XCiT,ResNeXt,Swin"
    assert "8 groups are in focus: the first 7" in drawn("--focus", eight).stderr
    assert "in focus" not in drawn("--focus", eight, "--letters").stderr


def test_limits_and_scales() -> None:
    done = drawn("--x-range", "5..100", "--y-range", "75..", "--log-y", "--linear-x")
    assert "points lie outside the limits" in done.stderr
    assert "300" not in done.stdout.rpartition("params M")[0].split("\n")[-2]
    dates = drawn("-x", "published", "--x-range", "2020..2022-06")
    years = set(re.findall(r"20\d\d", dates.stdout.rpartition("published")[0].split("\n")[-2]))
    assert years <= {"2020", "2021", "2022"} and len(years) >= 2


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--x-range", "5:100"], "x axis: limits are LOW..HIGH"),
        (["--y-range", "90..70"], "y axis: the lower limit has to be below"),
        (["-x", "published", "--x-range", "5..9"], "'5' is no date"),
        (["--shape", "nonsense"], "no column is called 'nonsense'"),
        (["--focus", "nonsense"], "no family in this plot is called"),
    ],
)
def test_mistakes_are_said(options: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["plot", *options]) == 1
    assert said in capsys.readouterr().err


def test_lines_are_drawn_through_families() -> None:
    plain, joined = (drawn("--focus", "ConvNeXt", "--no-pareto", *more).stdout for more in ((), ("--lines",)))
    count = [sum("⠀" < c <= "⣿" for c in text) for text in (plain, joined)]
    assert plain != joined and count[1] > count[0]


def test_a_point_is_a_letter_or_a_shape() -> None:
    done = drawn("--letters", "--shape", "resolution")
    assert "the shapes are drawn" in done.stderr and "res: ●" in done.stdout


def test_palettes_colour_differently() -> None:
    default, other = (drawn("--color", "--palette", name).stdout for name in ("default", "colour-blind"))
    strip = re.compile(r"\x1b\[[\d;]*m")
    assert default != other and strip.sub("", default) == strip.sub("", other)


def test_a_limit_of_rows_is_kept() -> None:
    legend = drawn("--limit", "50").stdout.rstrip().split("\n")[-2:]
    assert sum(int(n) for n in re.findall(r" (\d+)(?:  |$)", "  ".join(line.rstrip() for line in legend))) <= 50
