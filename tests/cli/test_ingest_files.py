"""What comes after a draft: `add`, `build` and `check` know its mark, `check --paper` and `ingest-bench` look at the paper."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from reportlab.pdfgen.canvas import Canvas

from backbones.cli.main import backbones
from backbones.ingest import hand_made
from backbones.store.documents import dump_yaml, read_yaml
from backbones.store.drafts import Draft, Evidence, Finding, write_draft
from backbones.store.errors import BackbonesError
from backbones.store.places import Places

WIDTHS = (60, 140, 200)
ROWS = (
    ("Model", "#param.", "top-1 acc."),
    ("Tern-T", "28M", "81.3"),
    ("Tern-S", "50M", "83.0"),
    ("Tern-B", "88M", "83.5"),
)


@pytest.fixture
def pdf(tmp_path: Path) -> Path:
    """A paper of one table."""
    path = tmp_path / "tern.pdf"
    canvas = Canvas(str(path), pagesize=(612, 792), pageCompression=0)

    def text(x: float, y: float, words: str, size: float = 8) -> None:
        canvas.setFont("Times-Roman", size)
        canvas.drawString(x, 792 - y, words)

    text(60, 60, "Tern: a family that is made up", 16)
    for line in range(4):
        text(
            60,
            84 + 12 * line,
            "We propose Tern and show that it is better than the others on all of the tasks that we consider.",
            10,
        )
    text(60, 150, "Table 1. Classification on ImageNet-1K at 224 pixels.", 9)
    canvas.line(58, 792 - 156, 260, 792 - 156)
    for number, row in enumerate(ROWS):
        for x, words in zip(WIDTHS, row):
            text(x, 166 + 12 * number, words)
        if not number:
            canvas.line(58, 792 - 170, 260, 792 - 170)
    canvas.line(58, 792 - 207, 260, 792 - 207)
    canvas.save()
    return path


def family(name: str = "Tern", **top_1: float) -> dict[str, Any]:
    backbones = [
        {
            "backbone": f"{name}-{size}",
            "checkpoints": [
                {
                    "checkpoint": f"{name}-{size} IN-1k",
                    "pretraining": {"dataset": "ImageNet-1k"},
                    "results": [
                        {
                            "task": "classification",
                            "dataset": "ImageNet-1k",
                            "resolution": 224,
                            "values": {"top_1": value},
                        }
                    ],
                }
            ],
        }
        for size, value in top_1.items()
    ]
    return {"family": name, "source": "me", "backbones": backbones}


def write(path: Path, plain: dict[str, Any]) -> Path:
    path.write_text(dump_yaml(plain), encoding="utf-8")
    return path


def call(*arguments: object) -> Result:
    return CliRunner().invoke(backbones, [str(a) for a in arguments], standalone_mode=False)


def test_a_draft_is_not_added_unless_asked_for(toys: Places, tmp_path: Path) -> None:
    file = write(tmp_path / "tern.yaml", {"draft": True, **family(T=81.3)})
    refused = call("add", file)
    assert isinstance(refused.exception, BackbonesError)
    assert "nobody has accepted this draft yet" in str(refused.exception) and "backbones review" in str(
        refused.exception
    )
    done = call("add", "--draft", file)
    assert done.return_value == 0, done.output
    assert "nobody has looked at its numbers" in done.stderr
    assert "draft" not in read_yaml(toys.families[0] / "tern.yaml")
    again = call("add", "--draft", file)
    assert again.return_value == 0, "the same draft once more is no other file"


def test_a_draft_among_the_users_files_stays_out_of_the_catalogue(toys: Places) -> None:
    toys.families[0].mkdir(parents=True)
    file = write(toys.families[0] / "tern.yaml", {"draft": True, **family(T=81.3)})
    done = call("build")
    assert done.return_value == 1 and "nobody has accepted this draft yet" in done.stderr
    write(file, family(T=81.3))
    assert call("build").return_value == 0
    write(file, {"draft": False, **family(T=81.3)})
    assert call("build").return_value == 0


def test_check_takes_a_draft_for_what_it_is(toys: Places, tmp_path: Path) -> None:
    assert call("check", write(tmp_path / "tern.yaml", {"draft": True, **family(T=81.3)})).return_value == 0


def test_add_shows_what_changes_before_it_replaces_anything(toys: Places, tmp_path: Path) -> None:
    assert call("add", write(tmp_path / "tern.yaml", family(T=81.3, S=83.0))).return_value == 0
    file = write(tmp_path / "tern.yaml", family(T=81.4, B=83.5))
    refused = call("add", file)
    assert isinstance(refused.exception, BackbonesError) and "--replace" in str(refused.exception)
    target = toys.families[0] / "tern.yaml"
    lines = [
        f"Tern against {target}: 1 number new, 0 the same, 1 with another value, 1 gone",
        "  other: Tern-T: top_1 81.4 (ImageNet-1k, 224 px), there 81.3",
        "  gone: Tern-S: top_1 83 (ImageNet-1k, 224 px)",
        "  new: Tern-B: top_1 83.5 (ImageNet-1k, 224 px)",
    ]
    assert refused.stdout.splitlines() == lines
    assert read_yaml(target)["backbones"][1]["backbone"] == "Tern-S"
    done = call("add", file, "--replace")
    assert (done.return_value, done.stdout.splitlines()) == (0, lines)
    assert call("add", file).stdout == ""


def test_a_paper_does_not_drive_out_most_of_a_shipped_family_unasked(toys: Places, tmp_path: Path) -> None:
    file = write(tmp_path / "toynet.yaml", family("ToyNet", S=80.1))
    refused = call("add", file)
    assert isinstance(refused.exception, BackbonesError) and "more than half" in str(refused.exception)
    assert "gone: ToyNet-S: box_ap 43.1 (COCO val, Mask R-CNN)" in refused.stdout
    assert not (toys.families[0] / "toynet.yaml").exists()
    assert call("add", file, "--replace").return_value == 0


def test_check_looks_every_number_up_in_the_paper(toys: Places, tmp_path: Path, pdf: Path) -> None:
    good = write(tmp_path / "good.yaml", family(T=81.3, S=83.0))
    done = call("check", good, "--paper", pdf)
    assert done.return_value == 0, done.output
    wrong = write(tmp_path / "wrong.yaml", family(T=81.3, S=83.5))
    done = call("check", wrong, "--paper", pdf)
    assert done.return_value == 1
    (line,) = [line for line in done.stdout.splitlines() if line.startswith("error")]
    assert "Tern-S: top_1 83.5" in line and "another model's" in line and "page 1" in line
    assert "1 file checked, 1 with mistakes" in done.stderr
    absent = call("check", write(tmp_path / "absent.yaml", family(T=99.1)), "--paper", pdf)
    assert absent.return_value == 1 and "is in no cell" in absent.stdout


def test_check_warns_where_another_engine_reads_another_number(
    toys: Places, tmp_path: Path, pdf: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = hand_made.read_again

    def misread(*arguments: Any) -> Any:
        return {place: text.replace("83.0", "88.0") for place, text in real(*arguments).items()}

    monkeypatch.setattr(hand_made, "read_again", misread)
    done = call("check", write(tmp_path / "good.yaml", family(T=81.3, S=83.0)), "--paper", pdf)
    assert done.return_value == 0, "a warning is no error"
    assert "warning, page 1, p1.t1: Tern-S: top_1 83" in done.stdout
    assert "the cell reads 83.0 in one reading and 88.0 in another" in done.stdout


def test_a_sheet_has_no_paper(toys: Places, tmp_path: Path, pdf: Path) -> None:
    sheet = toys.shipped / "sheets" / "toy_weights.yaml"
    done = call("check", sheet, "--paper", pdf)
    assert isinstance(done.exception, BackbonesError) and "family files" in str(done.exception)


def test_the_bench_scores_a_pdf_and_a_draft_alike(toys: Places, tmp_path: Path, pdf: Path) -> None:
    reference = write(tmp_path / "reference.yaml", family(T=81.3, S=83.1, L=84.0))
    done = call("ingest-bench", pdf, reference, "--format", "json", "--untouched", "--wrong")
    assert done.return_value == 0, done.output
    rows = {row["field"]: row for row in json.loads(done.stdout)}
    one = rows["classification"]
    assert (one["right"], one["wrong"], one["besides"], one["found"], one["missed"]) == (1, 1, 1, 1, 1)
    assert (one["precision"], one["recall"], one["f1"], one["papers"]) == (50, 50, 50, "untouched")
    assert "wrong: terns top_1 83 (imagenet1k, imagenet1k, 224), in the reference 83.1" in done.stderr
    assert (rows["params"]["besides"], rows["params"]["precision"], rows["params"]["recall"]) == (3, None, None)
    whole = call("ingest-bench", pdf, reference, "--format", "json", "--whole-reference")
    assert {r["field"]: r["missed"] for r in json.loads(whole.stdout)}["classification"] == 2
    assert call("ingest", pdf, "--offline", "-o", tmp_path).return_value == 0
    again = call("ingest-bench", tmp_path / "tern.yaml", reference, "--format", "json")
    counts = ("right", "wrong", "besides", "unknown", "found", "missed")
    draft = {row["field"]: [row[name] for name in counts] for row in json.loads(again.stdout)}
    assert draft == {field: [row[name] for name in counts] for field, row in rows.items()}


def test_a_reference_of_another_family_is_all_missed_and_said(toys: Places, tmp_path: Path, pdf: Path) -> None:
    reference = write(tmp_path / "reference.yaml", family("Crane", T=81.3))
    done = call("ingest-bench", pdf, reference, "--format", "json")
    assert "nothing was produced for 'Crane'; produced: Tern" in done.stderr
    assert json.loads(done.stdout)[-1]["recall"] == 0


def test_an_unaccepted_draft_is_added_as_the_decisions_on_it_leave_it(toys: Places, tmp_path: Path) -> None:
    path, holder = "backbones.{}.checkpoints.0.results.0.values.top_1", family(T=81.3, S=83.0, B=83.5)
    values = (81.3, 83.0, 83.5)
    evidence = tuple(
        Evidence(path.format(n), v, f"{v}", 1, "p1.t1", "1", n, 2, None, "Tern", "top-1", "", "offline")
        for n, v in enumerate(values)
    )
    finding = Finding("error", "row", "look", path.format(0))
    draft = Draft(tmp_path / "tern.yaml", holder, "t.pdf", "0" * 64, "Tern", evidence, (finding,))
    write_draft(draft.decide(path.format(0), "rejected").decide(path.format(1), "corrected", 83.2))
    done = call("add", "--draft", tmp_path / "tern.yaml")
    assert done.return_value == 0, done.output
    assert "nobody has looked at 1 of its 3 numbers; the check found 1 errors and 0 warnings" in done.stderr
    added = read_yaml(toys.families[0] / "tern.yaml")
    values_added = [b["checkpoints"][0]["results"][0]["values"]["top_1"] for b in added["backbones"]]
    assert values_added == [83.2, 83.5]


def test_numbers_of_a_paper_are_added_to_the_family_and_take_nothing_away(toys: Places, tmp_path: Path) -> None:
    assert (
        call("add", write(tmp_path / "tern.yaml", {"token_mixer": "Attention", **family(T=81.3, S=83.0)})).return_value
        == 0
    )
    more = {"adds": True, **family(T=81.4, B=83.5), "source": "paper:tern-two"}
    more["backbones"][0]["params_m"] = 29.0
    done = call("add", write(tmp_path / "more.yaml", more))
    assert done.return_value == 0, done.output
    assert "2 numbers new" in done.stdout and "gone" not in done.stdout
    rows = call(
        "sql", "select backbone, value from results where family = 'Tern' order by backbone, value", "-f", "csv"
    )
    assert rows.stdout.split()[1:] == ["Tern-B,83.5", "Tern-S,83", "Tern-T,81.3", "Tern-T,81.4"]
    facts = call("sql", "select token_mixer from families where family = 'Tern'", "-f", "csv")
    assert facts.stdout.split()[1:] == ["Attention"]
    again = call("add", tmp_path / "more.yaml")
    assert again.return_value == 0, again.output
