"""The report on one data set: what it says, in Markdown and in one HTML file that needs nothing else."""

from __future__ import annotations

import re
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest
from painted import paint
from reported import EVIL, MODELS, outcome, written

from backbones.probe.transfer.images import load_data
from backbones.probe.transfer.report import data_named
from backbones.store.errors import UnknownName
from backbones.store.places import Places, places
from backbones.store.transferring.keeping import keep
from backbones.store.transferring.own_data import note_asked


@pytest.fixture
def home(tmp_path: Path, furnish: Callable[[Path], Path], monkeypatch: pytest.MonkeyPatch) -> Places:
    """The shipped catalogue, and outcomes of six models on data of a nasty name."""
    folder = furnish(tmp_path / "home")
    monkeypatch.setenv("BACKBONES_HOME", str(folder))
    file = folder / "measurements.db"
    for minute, (model, top_1) in enumerate(MODELS):
        keep(file, outcome(model, top_1, minute))
        keep(file, outcome(model, top_1 - 30, minute, shots=5))
    keep(file, outcome("resnet50", 20.0, weights="random", cautions=("random_weights",)))
    keep(file, outcome("vit_base_patch16_224.augreg_in21k", 0.0, status="no_weights", scores=None, error="no network"))
    return places(env={"BACKBONES_HOME": str(folder)})


class Page(HTMLParser):
    """Tags and texts of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


def test_a_report_says_everything_in_both_forms(home: Places, tmp_path: Path) -> None:
    code, said = written([EVIL, "-o", str(tmp_path / "out")])
    assert code == 0, said
    assert (
        "convnext_small.fb_in1k is best: 92.00 % top-1 (89.00 to 95.00) by linear probing, on 100 test images." in said
    )
    text = (tmp_path / "out" / "report.md").read_text(encoding="utf-8")
    for expected in (
        "## Ranking", "As good, as far as 100 test images can tell: convnext_tiny.fb_in1k", "linear probing: ImageNet-1k top-1 predicts top-1 on",
        "6 models.", "## Few training images: linear probing", "| convnext_small.fb_in1k | 62.00 | 92.00 |", "## What is taken for what", "random weights",
        "no weights", "no network", "![",
    ):  # fmt: skip
        assert expected in text, expected
    files = {path.name for path in (tmp_path / "out").iterdir()}
    assert set(re.findall(r"\]\(([\w.-]+\.svg)\)", text)) == files - {"report.md", "report.html"}
    page = Page((tmp_path / "out" / "report.html").read_text(encoding="utf-8"))
    names = [tag for tag, _ in page.tags]
    assert names.count("h2") == text.count("\n## ") and names.count("svg") == len(files) - 2


def test_the_page_is_whole_and_fetches_nothing(home: Places, tmp_path: Path) -> None:
    assert written([EVIL, "-o", str(tmp_path / "out")])[0] == 0
    page = Page((tmp_path / "out" / "report.html").read_text(encoding="utf-8"))
    assert not {"script", "link", "iframe", "img", "object"} & {tag for tag, _ in page.tags}
    assert not [
        name
        for _, attributes in page.tags
        for name in attributes
        if name in ("src", "href", "srcset") or name.startswith("on")
    ]
    assert any(EVIL in text for text in page.texts)
    for picture in (tmp_path / "out").glob("*.svg"):
        assert "<script" not in picture.read_text(encoding="utf-8")


def test_without_the_extra_pictures_are_plain_and_that_is_said(
    home: Places, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "altair", None)
    assert written([EVIL, "-o", str(tmp_path / "out")])[0] == 0
    assert (
        "backbones\\[export\\]" in (text := (tmp_path / "out" / "report.md").read_text(encoding="utf-8"))
        or "backbones[export]" in text
    )
    drawn = (tmp_path / "out" / "imagenet-linear-probing.svg").read_text(encoding="utf-8")
    assert drawn.count("<circle") == 6 and "convnext_small.fb_in1k" in drawn and "<script" not in drawn


def test_a_folder_or_another_spelling_stands_for_its_name(
    home: Places, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "My Cats").mkdir()
    keep(home.measurements, outcome("resnet50.a1_in1k", 85.0, data="My Cats"))
    monkeypatch.chdir(tmp_path)
    assert (
        written([str(tmp_path / "My Cats")])[0] == 0
        and (tmp_path / "transfer-report-my-cats" / "report.html").is_file()
    )
    assert "too few to say" in (tmp_path / "transfer-report-my-cats" / "report.md").read_text(encoding="utf-8")
    code, said = written(["my cots"])
    assert code == 1 and "did you mean 'My Cats'" in said
    code, said = written(["my_cats"])
    assert code == 1 and "exists already" in said and written(["my_cats", "--replace"])[0] == 0


def test_a_folder_that_was_given_another_name_is_known_by_its_images(home: Places, tmp_path: Path) -> None:
    images = load_data(paint(tmp_path / "photos", count=6, side=8))
    other_split = load_data(tmp_path / "photos", seed=3)
    assert other_split.data_hash != images.data_hash
    for minute, (name, data) in enumerate((("birds", images), ("fowl", other_split))):
        keep(home.measurements, outcome("resnet50.a1_in1k", 85.0, minute, data=name, data_hash=data.data_hash))
        note_asked(home.measurements, name, data.data_hash, data.images_hash)
        time.sleep(0.01)  # times are kept in milliseconds
    note_asked(home.measurements, "never evaluated", images.data_hash, images.images_hash)
    assert data_named(home.measurements, str(tmp_path / "photos")) == "fowl"
    code, said = written([str(tmp_path / "photos"), "-o", str(tmp_path / "out")])
    assert code == 0 and f"the images of {tmp_path / 'photos'} were evaluated last as fowl" in said
    assert (tmp_path / "out" / "report.md").read_text(encoding="utf-8").startswith("# Backbones on fowl")
    (tmp_path / "photos" / "red" / "more.png").write_bytes((tmp_path / "photos" / "blue" / "0.png").read_bytes())
    (tmp_path / "empty").mkdir()
    for unknown in ("photos", "empty"):
        with pytest.raises(UnknownName, match=unknown):
            data_named(home.measurements, str(tmp_path / unknown))


def test_each_protocol_has_a_best_of_its_own(home: Places, tmp_path: Path) -> None:
    for minute, (model, top_1) in enumerate(MODELS[:2]):
        keep(home.measurements, outcome(model, top_1, minute, data="few"))
        keep(home.measurements, outcome(model, top_1 - 10 * minute, minute, data="few", protocol="k-NN"))
    for minute, hexes in enumerate(("a" * 12, "b" * 12)):
        tuned = outcome(MODELS[0][0], 95.0 - minute, 9, data="few", protocol="fine-tuning", recipe=f"quick@{hexes}")
        keep(home.measurements, tuned)
    code, said = written(["few", "-o", str(tmp_path / "out")])
    assert code == 0
    assert (
        "resnet18.a1_in1k was evaluated alone: 95.00 % top-1 (92.00 to 98.00) by fine-tuning (quick@aaaaaaaaaaaa)"
        in said
    )
    assert "94.00 % top-1 (91.00 to 97.00) by fine-tuning (quick@bbbbbbbbbbbb)" in said
    assert "resnet50.a1_in1k is best: 85.00 % top-1 (82.00 to 88.00) by linear probing" in said
    assert "resnet18.a1_in1k is best: 78.00 % top-1 (75.00 to 81.00) by k-NN" in said
    assert "As good, as far as 100 test images can tell: resnet50.a1_in1k." in said and said.count("As good") == 1
    assert "Compare models within one of these ways only" in said and "most frequent class" not in said


def test_what_is_no_better_than_the_most_frequent_class_is_said(home: Places, tmp_path: Path) -> None:
    keep(home.measurements, outcome(MODELS[0][0], 53.0, data="hard"))
    keep(home.measurements, outcome(MODELS[1][0], 40.0, 1, data="hard"))
    folder = ["-o", str(tmp_path / "out"), "--replace"]
    code, said = written(["hard", *folder])
    assert code == 0 and "the most frequent class (50.00 % of the test images)" in said
    assert "No model is certainly better than always answering x</td>" in said
    keep(home.measurements, outcome(MODELS[2][0], 53.5, 2, data="hard"))
    said = written(["hard", *folder])[1]
    assert "2 of 3 lines are not certainly better than" in said
    assert "resnet18.a1_in1k by linear probing, resnet50.a1_in1k by linear probing." in said


def test_failures_are_told_apart_by_their_weights_and_do_not_mix_the_conditions(home: Places, tmp_path: Path) -> None:
    keep(home.measurements, outcome("resnet50.a1_in1k", 85.0, data="files", torch="2.15.0+cu132"))
    for minute, file in enumerate(("1" * 16, "2" * 16)):
        lost = outcome(
            "resnet50", 0.0, minute, data="files", weights=file, status="no_weights", scores=None, torch="2.15.0"
        )
        keep(home.measurements, lost)  # fmt: skip
    assert written(["files", "-o", str(tmp_path / "out")])[0] == 0
    text = (tmp_path / "out" / "report.md").read_text(encoding="utf-8")
    failures = text[text.index("## Did not end well") :]
    assert (
        "| resnet50 (1111111111111111 weights) |" in failures and "| resnet50 (2222222222222222 weights) |" in failures
    )
    assert "1 outcomes that ended well" not in text and "1 outcome that ended well" in text
    assert "| torch | 2.15.0+cu132 |" in text and "| weights | pretrained |" in text


def test_images_that_changed_are_reported_alone(home: Places, tmp_path: Path) -> None:
    keep(home.measurements, outcome("resnet50.a1_in1k", 55.0, minute=50, data_hash="cd" * 8))
    assert written([EVIL, "-o", str(tmp_path / "out")])[0] == 0
    text = (tmp_path / "out" / "report.md").read_text(encoding="utf-8")
    assert "14 outcomes are of other images under this name and left out" in text and "convnext" not in text


def test_the_split_that_was_asked_for_last_is_reported(home: Places, tmp_path: Path) -> None:
    keep(home.measurements, outcome("resnet50.a1_in1k", 55.0, minute=50, data_hash="cd" * 8))
    note_asked(home.measurements, EVIL, "cd" * 8, "11" * 8)
    note_asked(home.measurements, EVIL, "ab" * 8, "11" * 8)  # the first split again, which needs no new outcome
    assert written([EVIL, "-o", str(tmp_path / "out")])[0] == 0
    text = (tmp_path / "out" / "report.md").read_text(encoding="utf-8")
    assert "1 outcome is of another split of these images and left out" in text and "convnext" in text
    assert "6 models." in text  # and the plain name is that of this split


def test_a_name_that_the_catalogue_knows_is_not_reported_as_its_data_set(home: Places, tmp_path: Path) -> None:
    for minute, (model, top_1) in enumerate(MODELS):
        keep(home.measurements, outcome(model, 100 - top_1, minute, data="imagenet"))
    assert written(["imagenet", "-o", str(tmp_path / "out")])[0] == 0
    text = (tmp_path / "out" / "report.md").read_text(encoding="utf-8")
    assert "ImageNet-1k top-1 runs against top-1 on imagenet" in text and "6 models." in text


def test_joined_data_are_compared_by_their_own_numbers(home: Places, tmp_path: Path) -> None:
    for minute, (model, top_1) in enumerate(MODELS):
        keep(home.measurements, outcome(model, 100 - top_1, minute, data="mine"))
    note_asked(home.measurements, "mine", "ab" * 8, "11" * 8, "EuroSAT")
    assert written(["mine", "-o", str(tmp_path / "out")])[0] == 0
    text = (tmp_path / "out" / "report.md").read_text(encoding="utf-8")
    assert "ImageNet-1k top-1 runs against top-1 on mine" in text and "6 models." in text


def test_after_a_budget_only_the_same_images_are_compared(home: Places, tmp_path: Path) -> None:
    """All saw 20 images a class, the best two all of them: on those they are worse, since there are harder test images."""
    for minute, (model, top_1) in enumerate(MODELS):
        keep(
            home.measurements,
            outcome(model, top_1, minute, data="budget", protocol="k-NN", details="images=20,pooling=avg"),
        )
        if top_1 > 89:
            whole = outcome(model, top_1 - 40, minute, data="budget", protocol="k-NN")
            assert whole.scores is not None
            keep(home.measurements, replace(whole, scores=replace(whole.scores, images=500)))
    last = outcome("resnet101.a1_in1k", 97.0, 30, data="budget", protocol="k-NN", details="images=10,pooling=avg")
    keep(home.measurements, replace(last, notes=("memory was short",)))
    code, said = written(["budget", "-o", str(tmp_path / "out")])
    assert code == 0 and "convnext_small.fb_in1k is best: 52.00 % top-1" in said and "on 500 test images" in said
    assert "As good, as far as 500 test images can tell: convnext_tiny.fb_in1k." in said
    assert "5 of 7 lines are of other numbers of test images" in said and "swin_tiny" in said
    text = (tmp_path / "out" / "report.md").read_text(encoding="utf-8")
    table = text[text.index("## Ranking") :]
    order = [table.index(model) for model in ("convnext_small", "convnext_tiny", "swin_tiny", "resnet50", "resnet101")]
    assert order == sorted(order)
    assert "| resnet101.a1_in1k | 1 | memory was short |" in text and "| data | budget, content abab" in text
    assert "| test images |" in table
    (line,) = (line for line in text.splitlines() if line.startswith("k-NN: ImageNet"))
    assert (
        "6 models." in line and "at most 20 images a class" in line and "1 model was evaluated on other images" in line
    )
    assert "does not tell" not in line and "predicts" in line


def test_only_random_weights_are_no_answer(
    tmp_path: Path, furnish: Callable[[Path], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = furnish(tmp_path / "home")
    monkeypatch.setenv("BACKBONES_HOME", str(folder))
    code, said = written(["x"])
    assert code == 1 and "nothing was evaluated" in said
    keep(folder / "measurements.db", outcome("resnet50", 20.0, weights="random"))
    code, said = written([EVIL, "-o", str(tmp_path / "out")])
    assert code == 0 and "No model with real weights" in said and "No model is certainly better than always" in said
