"""The command line as a user types it: data on stdout, narration on stderr, exit codes, no tracebacks."""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from backbones.cli.main import COMMANDS, backbones, run
from backbones.store.places import Places
from backbones.store.schema import VIEWS


@pytest.fixture(scope="session")
def home(tmp_path_factory: pytest.TempPathFactory, furnish: Callable[[Path], Path]) -> Path:
    """A home whose catalogue is built once."""
    folder = furnish(tmp_path_factory.mktemp("home"))
    os.environ["BACKBONES_HOME"] = str(folder)
    assert run(["build"]) == 0
    return folder


@pytest.fixture(autouse=True)
def _at_home(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BACKBONES_HOME", str(home))
    monkeypatch.delenv("BACKBONES_CATALOG", raising=False)


def call(*arguments: str) -> Result:
    """One command in this process."""
    return CliRunner().invoke(backbones, arguments)


def command_line(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """One command as a process."""
    return subprocess.run(
        [sys.executable, "-m", "backbones.cli.main", *arguments],
        capture_output=True, text=True, timeout=60, env=os.environ | environment, check=False,
    )  # fmt: skip


def records(*arguments: str) -> list[dict[str, object]]:
    """The rows of a command as JSON."""
    done = call(*arguments, "--format", "json")
    assert done.exit_code == 0, done.output
    found = json.loads(done.stdout)
    assert isinstance(found, list)
    return found


def test_query_prints_the_best_first_and_keeps_the_limit() -> None:
    rows = records("query", "top_1@imagenet-1k > 83 and params_m < 30", "--limit", "5")
    values = [row["top_1@imagenet-1k"] for row in rows]
    assert len(rows) == 5
    assert values == sorted(values, key=lambda v: -float(str(v)))
    assert all(float(str(row["params_m"])) < 30 for row in rows)


def test_query_answers_the_question_on_the_front_page() -> None:
    rows = records(
        "query",
        "throughput@v100:precision=amp > 1000",
        "-c",
        "checkpoint,top_1@imagenet-1k,throughput@v100:precision=amp",
        "-n",
        "1",
    )
    assert rows[0]["checkpoint"] == "ViT-S (DeiT III) IN-22k"
    assert rows[0]["top_1@imagenet-1k"] == 83.1


def test_query_counts_what_the_filter_could_not_judge_on_stderr() -> None:
    done = call("query", "throughput@v100 > 1000", "--format", "json", "-n", "1")
    assert "rows have no throughput@v100" in done.stderr
    assert json.loads(done.stdout)


def test_query_without_rows_names_the_clause_and_what_would_help() -> None:
    done = call("query", "top_1@imagenet-1k > 95 and params_m < 30")
    assert done.exit_code == 0
    assert "`top_1@imagenet-1k > 95` removed the last" in done.stderr
    assert "the nearest has top_1@imagenet-1k = 86.444" in done.stderr


@pytest.mark.parametrize("form", ["table", "csv", "json", "jsonl", "markdown", "yaml"])
def test_every_format_holds_the_same_rows(form: str) -> None:
    done = call("query", "family = Vim", "-c", "checkpoint,top_1@imagenet-1k", "--format", form)
    assert done.exit_code == 0
    assert done.stdout.count("Vim-B IN-1k-LS") == 1
    if form == "csv":
        assert len(list(csv.DictReader(done.stdout.splitlines()))) == 6


def test_pareto_keeps_only_rows_that_no_row_beats() -> None:
    front = records("query", "--pareto", "params_m,top_1@imagenet-1k", "-c", "checkpoint,params_m,top_1@imagenet-1k")
    everything = records("query", "-c", "checkpoint,params_m,top_1@imagenet-1k")
    points = [
        (float(str(r["params_m"])), float(str(r["top_1@imagenet-1k"]))) for r in everything if r["params_m"] is not None
    ]
    expected = {p for p in points if not any(q[0] <= p[0] and q[1] >= p[1] and q != p for q in points)}
    assert {(float(str(r["params_m"])), float(str(r["top_1@imagenet-1k"]))) for r in front} == expected


def test_best_per_family_has_each_family_once() -> None:
    rows = records("query", "--best-per", "family", "-c", "family,checkpoint,top_1@imagenet-1k")
    named = [row["family"] for row in rows if row["family"] is not None]
    assert len(named) == len(set(named)) > 100


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["query", "parms < 3"], 1, "did you mean params_m"),
        (["query", "family = convnxt"], 1, "did you mean ConvNeXt"),
        (["query", "top_1@imagenet-1k > 83 an params_m < 30"], 1, "`and` or `or` is expected here"),
        (["query", "throughput@v10 > 1"], 1, "V100"),
        (["query", "--limit", "many"], 2, "many"),
        (["query", "--pareto", "params_m"], 2, "X,Y"),
        (["qery"], 2, "Did you mean query?"),
        (["show", "convnxt"], 1, "'ConvNeXt'"),
        (["list", "thing"], 2, "families"),
        (["sql", "select * from nowhere"], 1, "names the views"),
        (["sql", "delete from result"], 1, "only reading"),
        (["sql", "attach database 'x.db' as y"], 1, "only reading"),
        (["sql", "pragma query_only = off"], 1, "only reading"),
        (["plot", "-x", "family"], 1, "an axis needs numbers"),
        (["plot", "--focus", "Foo"], 1, "no family in this plot"),
        (["plot", "--x-range", "9"], 1, "LOW..HIGH"),
        (["plot", "--save", "figure.gif"], 1, ".png"),
        (["check", "nothing.yaml"], 1, "nothing.yaml"),
        (["export", "nothing"], 1, "nothing"),
        (["export", "catalog"], 2, "--output"),
    ],
)
def test_a_mistake_is_a_sentence_with_the_right_exit_code(
    arguments: list[str], code: int, said: str, capfd: pytest.CaptureFixture[str]
) -> None:
    assert run(arguments) == code
    captured = capfd.readouterr()
    assert said in captured.err + captured.out
    assert "Traceback" not in captured.err


def test_sql_reads_the_public_views() -> None:
    assert records("sql", "select count(*) as n from results where collection = 'heedless'") == [{"n": 2657}]


def test_show_finds_a_thing_by_any_of_its_names() -> None:
    for name in ("ConvNeXt-T IN-22k", "convnext-t in22k", "ConvNeXt-T-IN22k"):
        assert call("show", name).stdout.splitlines()[0] == "ConvNeXt-T IN-22k (checkpoint)"
    assert "convnext_tiny.fb_in22k_ft_in1k" in call("show", "ConvNeXt-T IN-22k").stdout


def test_show_tells_what_is_doubted() -> None:
    assert "86.6 by timm" in call("show", "CAFormer-M36 IN-22k").stdout


@pytest.mark.parametrize(
    "kind",
    ["families", "datasets", "heads", "devices", "sources", "collections", "metrics", "tasks", "columns", "suspects"],
)
def test_list_counts_facts(kind: str) -> None:
    assert len(records("list", kind)) > 5


def test_plot_in_a_pipe_is_plain_text_of_the_size_asked_for() -> None:
    done = command_line("plot", "--width", "80", "--height", "24")
    lines = done.stdout.splitlines()
    assert done.returncode == 0
    assert "\x1b" not in done.stdout
    assert len(lines) == 24
    assert max(map(len, lines)) <= 80


def test_plot_in_ascii_has_nothing_else() -> None:
    assert command_line("plot", "--ascii").stdout.isascii()


@pytest.mark.parametrize("suffix", [".png", ".svg", ".pdf", ".html"])
def test_plot_saves_a_figure(suffix: str, tmp_path: Path) -> None:
    file = tmp_path / f"figure{suffix}"
    assert run(["plot", "--where", "family in (ConvNeXt, Swin)", "--save", str(file)]) == 0
    start = {".png": b"\x89PNG", ".svg": b"<svg", ".pdf": b"%PDF", ".html": b"<!DOCTYPE html"}[suffix]
    assert file.read_bytes().startswith(start)


def test_check_names_every_mistake_of_a_file(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "bad.yaml"
    file.write_text("family: X\nsource: y\nbackbones:\n- backbone: A\n  params_m: many\n  hue: red\n")
    assert run(["check", str(file)]) == 1
    lines = capfd.readouterr().out.splitlines()
    assert lines == [
        f"{file}: backbones.0.params_m: has to be a valid number, not 'many'",
        f"{file}: backbones.0.hue: unknown key",
    ]


def test_add_puts_a_family_into_the_catalogue(toys: Places, tmp_path: Path) -> None:
    assert not toys.catalog.exists()
    file = tmp_path / "mynet.yaml"
    result = "{task: classification, dataset: ImageNet-1k, resolution: 224, values: {top_1: 99.5}}"
    head = "family: MyNet\nsource: me\nbackbones:\n- backbone: MyNet-T\n  checkpoints:\n  - checkpoint: MyNet-T IN-1k\n"
    file.write_text(f"{head}    results:\n    - {result}\n")
    assert run(["add", str(file)]) == 0
    assert records("query", "-n", "1", "-c", "checkpoint,source")[0] == {"checkpoint": "MyNet-T IN-1k", "source": "me"}
    file.write_text(file.read_text().replace("99.5", "99.6"))
    assert run(["add", str(file)]) == 1, "a file that differs is not replaced by accident"
    assert run(["add", str(file), "--replace"]) == 0
    assert records("query", "-n", "1", "-c", "top_1@imagenet-1k") == [{"top_1@imagenet-1k": 99.6}]


def test_export_gives_back_the_yaml_of_a_family() -> None:
    from backbones.store.reading import parse_document

    document = parse_document(call("export", "convnext").stdout)
    assert document.to_plain()["family"] == "ConvNeXt"


def test_a_reader_that_leaves_early_is_no_error() -> None:
    done = subprocess.run(
        f"{sys.executable} -m backbones.cli.main query --format jsonl | head -n 1",
        shell=True,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0
    assert done.stderr == ""
    assert json.loads(done.stdout)


def test_without_a_terminal_the_screen_prints_summary_and_plot() -> None:
    done = command_line("tui")
    assert done.returncode == 0
    assert "families" in done.stdout.splitlines()[0]
    assert "top-1 ImageNet-1k" in done.stdout


def test_a_query_imports_nothing_slow() -> None:
    code = (
        "import sys; from backbones.cli.main import run; run(['query', 'top_1@imagenet-1k > 83 and params_m < 30', '--limit', '5']);"
        "print(sorted({'pydantic', 'yaml', 'textual', 'sqlite_utils', 'numpy', 'torch', 'plotext'} & set(sys.modules)), file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, env=dict(os.environ), check=True
    )
    assert done.stderr.splitlines()[-1] == "[]"


def test_every_command_has_help_and_stands_in_the_docs() -> None:
    page = (Path(__file__).parents[2] / "docs" / "commands.md").read_text(encoding="utf-8")
    for name in COMMANDS:
        done = call(name, "--help")
        assert done.exit_code == 0
        assert len(done.stdout.splitlines()) > 4
        assert f"## backbones {name}" in page


def test_generated_pages_are_current(shipped: Places) -> None:
    here = Path(__file__)
    script = here.parents[2] / "docs" / "generate.py"
    done = subprocess.run(
        [sys.executable, str(here.with_name("generated_pages.py")), str(script), str(shipped.catalog)],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.stdout == ""
    assert done.returncode == 0, done.stderr


def test_every_public_view_can_be_exported() -> None:
    for view in VIEWS:
        assert run(["export", view, "--output", os.devnull]) == 0


def test_completion_scripts_are_printed_for_three_shells() -> None:
    for shell in ("bash", "zsh", "fish"):
        assert "_BACKBONES_COMPLETE" in call("completion", shell).stdout


def test_keys_are_listed_as_the_configuration_takes_them() -> None:
    import tomllib

    done = call("tui", "--print-keys")
    assert done.exit_code == 0
    keys = tomllib.loads(done.output)["keys"]
    assert keys["app.quit"] == "q" and keys["view.filter"] == "slash" and len(keys) > 80
