"""`backbones views`, `backbones cite`, `backbones tui VIEW` and LaTeX on the command line."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result

from backbones.cli import cite, export, query, tui, views
from backbones.cli.session import Session, say
from backbones.store.errors import BackbonesError
from backbones.store.saved_views import saved_views
from backbones.store.starting_points import STARTING_POINTS


@pytest.fixture(autouse=True)
def home(tmp_path: Path, furnish: Callable[[Path], Path], monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home with the shipped catalogue and nothing saved."""
    monkeypatch.setenv("BACKBONES_HOME", str(furnish(tmp_path / "home")))
    monkeypatch.delenv("BACKBONES_CATALOG", raising=False)
    monkeypatch.chdir(tmp_path)
    return tmp_path / "home"


def call(command: click.Command, *arguments: str) -> Result:
    """One command as `backbones` runs it: an error is a sentence and exit code 1."""

    group = click.Group("backbones", {"it": command})

    def invoke() -> int:
        try:
            result = group.main(["it", *arguments], obj=Session(), standalone_mode=False)
        except click.ClickException as error:
            error.show()
            return error.exit_code
        except BackbonesError as error:
            say(f"backbones: {error}")
            return 1
        return result if isinstance(result, int) else 0

    @click.command()
    def outer() -> None:
        click.get_current_context().exit(invoke())

    return CliRunner().invoke(outer, [])


def test_views_are_saved_listed_shown_renamed_and_removed(home: Path) -> None:
    done = call(
        views.command,
        "save",
        "small [/] fast",
        "-w",
        "params_m < 30",
        "-x",
        "gmacs",
        "-y",
        "top_1@imagenet-v2",
        "-m",
        "why",
    )
    assert (done.exit_code, done.stdout, done.stderr) == (0, "", "saved small [/] fast\n")
    (saved,) = saved_views(home / "measurements.db")
    assert (saved.view.x, saved.view.y, saved.note) == ("gmacs", "top_1@imagenet-v2", "why")
    assert str(saved.view.sort[0]) == "-top_1@imagenet-v2" and "top_1@imagenet-v2" in saved.view.columns

    rows = json.loads(call(views.command, "list", "-f", "json").stdout)
    assert [row["view"] for row in rows] == ["small [/] fast", *(v.name for v in STARTING_POINTS)]
    assert call(views.command).stdout.count("\n") == len(rows) + 2

    shown = {
        row["what"]: row["value"] for row in json.loads(call(views.command, "show", "SMALL-fast", "-f", "json").stdout)
    }
    assert shown["filter"] == "params_m < 30" and shown["picture"].startswith("backbones plot -x gmacs")

    assert call(views.command, "save", "Small Fast").exit_code == 1
    assert call(views.command, "save", "Small Fast", "--from", "zero-shot", "--replace").exit_code == 0
    assert "called q" in call(views.command, "rename", "small fast", "q").stderr
    done = call(views.command, "remove", "q")
    assert done.exit_code == 0 and done.stdout.startswith("# A view") and saved_views(home / "measurements.db") == ()


def test_a_mistake_is_a_sentence_and_nothing_is_saved(home: Path) -> None:
    for arguments, says in (
        (("save", "a", "-x", "paramsm@v100"), "x: "),
        (("save", "a", "-w", "params_m <"), "filter: "),
        (
            (
                "save",
                "a.yaml",
            ),
            "name of a file",
        ),
        (("save", "a", "--sort=-"), "--sort names no column"),
        (("save", "a", "--sort", "+ ,params_m"), "--sort names no column"),
        (("show", "zro-shot"), "did you mean 'Zero-shot'"),
        (("remove", "zero-shot"), "comes with the program"),
        (("rename", "nope", "b"), "no saved view is called 'nope'"),
        (("import", "nothing.yaml"), "nothing.yaml: cannot be read"),
    ):
        done = call(views.command, *arguments)
        assert done.exit_code == 1 and says in done.stderr and not done.stdout, (arguments, done.stderr)
    assert not (home / "measurements.db").exists()


def test_a_view_without_an_order_is_saved_as_query_understands_it(home: Path) -> None:
    for text, order in (("none", ()), ("-gmacs,params_m", ("-gmacs", "params_m")), ("+gmacs", ("gmacs",))):
        done = call(views.command, "save", "mine", "--sort", text, "--replace")
        assert done.exit_code == 0, done.stderr
        (saved,) = saved_views(home / "measurements.db")
        assert tuple(map(str, saved.view.sort)) == order
    assert call(query.command, "params_m < 5", "--sort", "none", "-n", "1").exit_code == 0


def test_a_view_travels_as_a_file(home: Path, tmp_path: Path) -> None:
    assert call(views.command, "save", "mine", "-w", "params_m < 30").exit_code == 0
    printed = call(views.command, "export", "mine").stdout
    assert call(views.command, "export", "mine", "-o", "v.yaml").exit_code == 0
    assert (tmp_path / "v.yaml").read_text() == printed
    assert call(views.command, "export", "mine", "-o", "v.yaml").exit_code == 2
    assert call(views.command, "import", "v.yaml").exit_code == 1
    assert call(views.command, "import", "v.yaml", "--name", "yours").exit_code == 0
    assert [v.name for v in saved_views(home / "measurements.db")] == ["mine", "yours"]


def test_names_are_completed_for_the_shell() -> None:
    assert call(views.command, "save", "coco mine").exit_code == 0
    context = click.Context(views.command)
    found = views.complete_name(context, click.Argument(["name"]), "CO")
    assert [item.value for item in found] == ["coco mine", "COCO Mask R-CNN"]


def test_tui_takes_a_name_or_a_file(tmp_path: Path) -> None:
    assert "zero-shot" in call(tui.command, "zero-shot").stdout
    assert call(views.command, "export", "COCO Mask R-CNN", "-o", "coco.yaml").exit_code == 0
    assert "box AP COCO val" in call(tui.command, "coco.yaml").stdout
    assert call(tui.command, "nothing at all").exit_code == 1
    (tmp_path / "bad.yaml").write_text("view: a\nx: wheights\n")
    done = call(tui.command, "bad.yaml")
    assert done.exit_code == 1 and "bad.yaml: x: " in done.stderr


def test_cite_prints_each_paper_once_and_unknown_names_have_suggestions() -> None:
    done = call(cite.command, "convnext-t", "ConvNeXt", "arxiv:2201.03545", "CAFormer")
    assert done.exit_code == 0 and done.stdout.count("@misc{") == 2 and not done.stderr
    done = call(cite.command, "convnxt")
    assert done.exit_code == 1 and "did you mean 'ConvNeXt'" in done.stderr and not done.stdout
    done = call(cite.command, "ImageNet-1k")
    assert done.exit_code == 1 and "no paper of ImageNet-1k" in done.stderr


def test_rows_are_written_as_latex(tmp_path: Path) -> None:
    done = call(query.command, "params_m < 30", "-n", "3", "-f", "latex")
    assert done.stdout.startswith("% needs") and done.stdout.count(r" \\") == 4
    assert call(export.command, "heads", "-o", "heads.tex").exit_code == 0
    assert r"\begin{tabular}" in (tmp_path / "heads.tex").read_text()
    assert call(export.command, "heads").stdout.startswith("head,tasks,")
