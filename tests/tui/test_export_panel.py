"""The panel that copies and writes: from the first screen, from a long list, with nothing to take."""

from __future__ import annotations

import csv
import json
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from backbones.store.rows import Column, Rows
from backbones.store.view import View
from backbones.store.view_file import read_view
from backbones.tui.clipboard import Sent
from backbones.tui.export_panel import ExportPanel
from backbones.tui.prompt import PromptPanel
from backbones.tui.takeaway import Takeaway, of_answer

pytestmark = pytest.mark.asyncio
VIEW = View(filter="params_m < 20", columns=("checkpoint", "top_1@imagenet-1k", "params_m"))


@pytest.fixture
def copied(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[str]:
    """What was copied; the current folder is empty."""
    found: list[str] = []
    monkeypatch.setattr("backbones.tui.export_panel.send", lambda text, *_: found.append(text) or Sent("sent [/] away"))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(ExportPanel, "last_forms", {})
    return found


def here(s: Any, column: int = 1) -> Takeaway:
    """What the first screen offers."""
    return of_answer(s.explore.shown, 1, column)


async def opened(s: Any, place: Takeaway) -> ExportPanel:
    """The panel, with its preview."""
    panel = ExportPanel(place, s.explorer)
    s.app.push_screen(panel)
    await s.until(lambda: panel.is_mounted and panel.list.marked is not None)
    await s.settle()
    return panel


async def take(s: Any, place: Takeaway, label: str, form: str = "", key: str = "enter") -> None:
    """Mark a line, choose a form, press a key."""
    panel = await opened(s, place)
    at = next(i for i, offer in enumerate(panel.offers) if offer.label.startswith(label))
    panel.action_move(at - (panel.list.marked or 0))
    while form and panel.form.name != form:
        panel.action_form(1)
    await s.tap(key)


@pytest.mark.parametrize("size", [(120, 40), (80, 24), (60, 15)])
async def test_everything_there_is_stands_in_the_panel(
    catalogue: Callable[..., Any], copied: list[str], size: tuple[int, int]
) -> None:
    async with catalogue(size=size, view=VIEW) as s:
        panel = await opened(s, here(s))
        labels = [offer.label.partition(":")[0] for offer in panel.offers]
        assert labels == [
            "the cell", "the row", "the column", "the whole table", "the picture", "the citations of the row",
            "the citations of all rows", "the command line", "the view",
        ]  # fmt: skip
        assert "the whole table: " in s.text() and "CSV" in s.text()
        await s.press("right")
        assert "Markdown" in s.text()


async def test_each_thing_is_copied_as_what_it_is(catalogue: Callable[..., Any], copied: list[str]) -> None:
    async with catalogue(view=VIEW) as s:
        place = here(s)
        assert isinstance(place.rows, Rows)
        rows = place.rows
        wanted: list[tuple[str, str, Callable[[str], bool]]] = [
            ("the cell", "text", lambda t: t == f"{rows.rows[1][1]:.2f}"),
            ("the row", "JSON", lambda t: json.loads(t) == [rows.records()[1]]),
            ("the column", "text", lambda t: t.splitlines() == [f"{r[1]:.2f}" for r in rows]),
            ("the whole table", "CSV", lambda t: len(list(csv.reader(t.splitlines()))) == len(rows) + 1),
            ("the whole table", "LaTeX", lambda t: t.count(r" \\") == len(rows) + 1),
            ("the picture", "text", lambda t: t.count("\n") == 30 and "top-1" in t),
            ("the citations of the row", "BibTeX", lambda t: "@misc{" in t),
            ("the citations of all rows", "BibTeX", lambda t: t.count("@misc{") > 20),
            ("the command line", "of the table", lambda t: t == VIEW.query_command() + "\n"),
            ("the command line", "of the picture", lambda t: t == VIEW.plot_command() + "\n"),
            ("the view", "YAML", lambda t: t.startswith("# A view") and "filter: params_m < 20" in t),
        ]
        for label, form, is_right in wanted:
            await take(s, place, label, form)
            await s.until(lambda: s.app.screen is s.explore)
            assert is_right(copied[-1]), (label, form, copied[-1][:200])
        assert len(copied) == len(wanted)


async def test_a_file_is_written_and_never_over_another_unasked(
    catalogue: Callable[..., Any], copied: list[str], tmp_path: Path
) -> None:
    async with catalogue(view=VIEW) as s:
        await take(s, here(s), "the whole table", "Markdown", "w")
        await s.until(lambda: isinstance(s.app.screen, PromptPanel))
        name = s.app.screen.field.value
        assert name == "top-1-imagenet-1k-by-params-m.md"
        await s.press("enter")
        await s.until(lambda: s.app.screen is s.explore)
        assert (tmp_path / name).read_text().startswith("| checkpoint |")
        assert sorted(p.name for p in tmp_path.iterdir()) == [name]

        await take(s, here(s), "the whole table", "Markdown", "w")
        await s.until(lambda: isinstance(s.app.screen, PromptPanel))
        prompt = s.app.screen
        assert prompt.field.value == "top-1-imagenet-1k-by-params-m-2.md"
        prompt.field.value = name
        before = (tmp_path / name).read_text()
        (tmp_path / name).write_text("old")
        await s.press("enter")
        assert "enter again replaces it" in s.text() and (tmp_path / name).read_text() == "old"
        await s.press("enter")
        await s.until(lambda: s.app.screen is s.explore)
        assert (tmp_path / name).read_text() == before


async def test_the_suffix_decides_the_form_and_mistakes_are_sentences(
    catalogue: Callable[..., Any], copied: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    async with catalogue(view=VIEW) as s:
        await take(s, here(s), "the whole table", "CSV", "w")
        await s.until(lambda: isinstance(s.app.screen, PromptPanel))
        prompt = s.app.screen
        for text, says in (
            ("", "name a file"),
            ("/no [/] folder/x.csv", "there is no folder /no [/] folder"),
            ("~", "is a folder"),
        ):
            prompt.field.value = text
            await s.press("enter")
            assert says in str(prompt.said.visual), text
        prompt.field.value = "~/table.json"
        await s.press("enter")
        await s.until((tmp_path / "table.json").exists)
        await s.until(lambda: s.app.screen is s.explore)
        assert isinstance(json.loads((tmp_path / "table.json").read_text()), list)


async def test_a_picture_goes_to_a_file_or_it_is_said_what_is_missing(
    catalogue: Callable[..., Any], copied: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with catalogue(view=VIEW) as s:
        await take(s, here(s), "the picture", "SVG")  # Enter: it cannot be copied, so a file is asked for
        await s.until(lambda: isinstance(s.app.screen, PromptPanel))
        monkeypatch.setitem(__import__("sys").modules, "altair", None)
        await s.press("enter")
        assert "pip install 'backbones[export]'" in str(s.app.screen.said.visual)
        monkeypatch.undo()
        monkeypatch.chdir(tmp_path)
        await s.press("enter")
        await s.until((tmp_path / "top-1-imagenet-1k-by-params-m.svg").exists, 20)
        assert (tmp_path / "top-1-imagenet-1k-by-params-m.svg").read_text().startswith("<svg")


async def test_what_is_too_large_to_copy_offers_a_file(
    catalogue: Callable[..., Any], copied: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("backbones.tui.export_panel.send", lambda *_: Sent("not copied: too large", is_gone=False))
    async with catalogue(view=VIEW) as s:
        await take(s, here(s), "the whole table")
        await s.until(lambda: isinstance(s.app.screen, PromptPanel))
        assert s.app.screen.field.value.endswith(".csv")
        await s.press("escape")
        assert isinstance(s.app.screen, ExportPanel)


async def test_the_view_that_was_written_can_be_read_again(
    catalogue: Callable[..., Any], copied: list[str], tmp_path: Path
) -> None:
    async with catalogue(view=VIEW) as s:
        await take(s, here(s), "the view", key="w")
        await s.until(lambda: isinstance(s.app.screen, PromptPanel))
        s.app.screen.field.value = "v.yaml"
        await s.press("enter")
        await s.until((tmp_path / "v.yaml").exists)
        assert read_view(tmp_path / "v.yaml").view == VIEW


async def test_a_long_list_is_read_only_when_it_is_taken_and_keys_go_on(
    catalogue: Callable[..., Any], copied: list[str], tmp_path: Path
) -> None:
    asked = 0

    def rows(connection: Any) -> Rows:
        nonlocal asked
        asked += 1
        found = connection.execute("select family, backbone, dataset, metric, value, source from results limit 60000")
        return Rows(tuple(Column(d[0], d[0]) for d in found.description), tuple(found))

    async with catalogue(view=VIEW) as s:
        place = Takeaway("all [/] results", rows, row=0, column=1, about=(("source", "arxiv:2201.03545"),))
        await take(s, place, "the whole table", "CSV", "w")
        await s.until(lambda: isinstance(s.app.screen, PromptPanel), 10)
        assert s.app.screen.field.value == "all-results.csv"
        began = asked
        await s.tap("enter")
        slowest, end = 0.0, time.monotonic() + 20
        while isinstance(s.app.screen, PromptPanel) and time.monotonic() < end:
            start = time.monotonic()
            await s.tap("j")
            slowest = max(slowest, time.monotonic() - start)
        await s.until(lambda: s.app.screen is s.explore, 10)
        assert asked > began  # once more for each time that a question of the screen came first
        with (tmp_path / "all-results.csv").open() as file:
            assert sum(1 for _ in csv.reader(file)) == 60_001
        assert slowest < 0.5
        await take(s, place, "the citation: arxiv:2201.03545")
        await s.until(lambda: s.app.screen is s.explore)
        assert copied == [copied[0]] and "@misc{arxiv-2201.03545," in copied[0]


async def test_an_empty_answer_offers_what_it_can(catalogue: Callable[..., Any], copied: list[str]) -> None:
    async with catalogue(view=VIEW.with_(filter="params_m < 0")) as s:
        panel = await opened(s, of_answer(s.explore.shown, 0, 0))
        assert not any(offer.label.startswith(("the cell", "the row", "the column")) for offer in panel.offers)
        assert "the whole table: 0 rows" in s.text()
        await s.press("escape")
        await take(s, of_answer(s.explore.shown, 0, 0), "the citations of all rows")
        await s.settle()
        assert any("nothing to copy" in n.message for n in s.app._notifications) and not copied


async def test_names_are_shown_as_they_are_with_made_up_rows(screen: Callable[..., Any], copied: list[str]) -> None:
    async with screen() as s:
        shown = s.explore.shown
        row = next(i for i in range(len(shown.answer.rows)) if shown.name(i) == "x[/]y[a1]")
        panel = await opened(s, of_answer(shown, row, 0))
        assert "the row: x[/]y[a1]" in s.text()
        await s.press("escape")
        await take(s, of_answer(shown, row, 0), "the row", "Markdown", "w")
        await s.until(lambda: isinstance(s.app.screen, PromptPanel))
        await s.settle()
        assert "Write the row: x[/]y[a1] to" in s.text() and s.app.screen.field.value == "x-y-a1.md"
        assert panel.offers


async def test_the_form_that_was_taken_last_comes_first(catalogue: Callable[..., Any], copied: list[str]) -> None:
    async with catalogue(view=VIEW) as s:
        await take(s, here(s), "the whole table", "LaTeX")
        await s.until(lambda: s.app.screen is s.explore)
        assert "‹ LaTeX ›" in (await opened(s, here(s)), s.text())[1]
        zoomed = replace(s.explore.shown.scatter, spec=s.explore.plot.spec)
        assert of_answer(s.explore.shown, 0, 0, zoomed).picture is zoomed
