"""`backbones import`: what changed goes to stdout, sheets go to the user's files, a no-op writes nothing."""

from __future__ import annotations

import datetime as dt
import json
import os
import re
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from backbones.cli.main import backbones, run
from backbones.store.places import Places
from backbones.store.reading import read_document
from backbones.store.sheet import Sheet

HEADER = "model,img_size,top1,top1_err,top5,top5_err,param_count,crop_pct,interpolation"
ROWS = (
    "convnext_tiny.fb_in1k,288,82.066,17.934,95.854,4.146,28.59,1.000,bicubic",
    "resnet50.a1_in1k,288,81.218,18.782,95.106,4.894,25.56,1.000,bicubic",
    "resnet18.a1_in1k,288,73.158,26.842,91.026,8.974,11.69,1.000,bicubic",
)


@pytest.fixture
def places(toys: Places) -> Places:
    """A small shipped catalogue and a user's empty home."""
    return toys


@pytest.fixture
def table(tmp_path: Path) -> Path:
    """A table of timm's that the shipped catalogue does not have yet."""
    return write(tmp_path, *ROWS)


def write(folder: Path, *rows: str) -> Path:
    path = folder / "results-imagenet.csv"
    path.write_text("\n".join([HEADER, *rows]) + "\n", encoding="utf-8")
    return path


def call(*arguments: str | Path) -> Result:
    return CliRunner().invoke(backbones, ["import", *map(str, arguments)], standalone_mode=False)


def own_files(places: Places) -> list[str]:
    folder = places.families[0] / "sheets"
    return sorted(p.name for p in folder.iterdir()) if folder.exists() else []


def ship(places: Places, table: Path) -> None:
    """Make the table's sheet a shipped one; those of timm have their source described in another sheet."""
    assert call("timm", table, "--output", places.shipped / "sheets").return_value == 0
    sheet = places.shipped / "sheets" / "timm_imagenet.yaml"
    text, declared = re.subn(r"sources:\n  .*\n", "", sheet.read_text(encoding="utf-8"))
    assert declared == 1
    sheet.write_text(text, encoding="utf-8")


def test_a_new_table_becomes_a_sheet_of_the_user_and_stands_in_the_catalogue(places: Places, table: Path) -> None:
    done = call("timm", table)
    assert done.return_value == 0, done.stderr
    assert done.stdout == "timm_imagenet: new sheet, 3 rows\n"
    assert own_files(places) == ["timm_imagenet.yaml"]
    answer = CliRunner().invoke(
        backbones,
        ["sql", "select value from results where weights = 'resnet50.a1_in1k' and metric = 'top_1'", "-f", "csv"],
    )
    assert "81.218" in answer.stdout


def test_one_changed_value_a_row_gone_and_a_new_one_are_told(places: Places, table: Path, tmp_path: Path) -> None:
    ship(places, table)
    new = "resnet34.a1_in1k,288,77.9,22.1,93.8,6.2,21.8,1.000,bicubic"
    done = call("timm", write(tmp_path, ROWS[0].replace("82.066", "82.1"), ROWS[1], new))
    assert done.return_value == 0, done.stderr
    assert done.stdout.splitlines() == [
        "timm_imagenet: 1 value changed, 1 row new, 1 row gone, 1 row unchanged",
        "  top_1@ImageNet-1k of convnext_tiny.fb_in1k: 82.066 -> 82.1",
        "  new: resnet34.a1_in1k (288 px)",
        "  gone: resnet18.a1_in1k (288 px)",
    ]
    assert "take the place of the shipped timm_imagenet" in done.stderr
    assert own_files(places) == ["timm_imagenet.yaml"]


def test_the_next_import_is_compared_with_the_users_own_sheet(places: Places, table: Path, tmp_path: Path) -> None:
    ship(places, table)
    assert call("timm", write(tmp_path, ROWS[0].replace("82.066", "82.1"), *ROWS[1:])).return_value == 0
    done = call("timm", write(tmp_path, ROWS[0].replace("82.066", "82.2"), *ROWS[1:]))
    assert "82.1 -> 82.2" in done.stdout


def test_an_import_that_changes_nothing_writes_nothing_and_says_so(places: Places, table: Path) -> None:
    ship(places, table)
    done = call("timm", table)
    assert done.return_value == 0
    assert done.stdout == "timm_imagenet: 3 rows unchanged\n"
    assert "nothing was written" in done.stderr
    assert own_files(places) == []


def test_rows_in_another_order_are_the_same_values_at_other_places(places: Places, table: Path, tmp_path: Path) -> None:
    ship(places, table)
    done = call("timm", write(tmp_path, *reversed(ROWS)))
    assert done.stdout == "timm_imagenet: same values, at other places in the source, 3 rows unchanged\n"
    assert own_files(places) == ["timm_imagenet.yaml"]


def test_many_changes_are_counted_and_the_first_ten_told(places: Places, tmp_path: Path) -> None:
    rows = [f"net{i}.a1_in1k,224,50.{i:02d},1,90,1,10,1.000,bicubic" for i in range(15)]
    ship(places, write(tmp_path, *rows))
    done = call("timm", write(tmp_path, *(row.replace(",50.", ",51.") for row in rows)), "--dry-run")
    lines = done.stdout.splitlines()
    assert lines[0] == "timm_imagenet: 15 values changed, 0 rows unchanged"
    assert len(lines) == 12
    assert lines[-1] == "  and 5 more"


def test_a_dry_run_only_reports(places: Places, table: Path) -> None:
    done = call("timm", table, "--dry-run")
    assert done.return_value == 0
    assert "new sheet" in done.stdout
    assert "would write 1 sheet" in done.stderr
    assert own_files(places) == []
    assert not places.catalog.exists()


def test_an_output_folder_gets_the_sheets_and_the_catalogue_stays(places: Places, table: Path, tmp_path: Path) -> None:
    done = call("timm", table, "--output", tmp_path / "out")
    assert done.return_value == 0
    sheet = read_document(tmp_path / "out" / "timm_imagenet.yaml")
    assert isinstance(sheet, Sheet)
    assert len(sheet.rows) == 3
    assert own_files(places) == []
    assert not places.catalog.exists()


def test_note_and_sources_of_the_present_sheet_stay_without_the_old_version(
    places: Places, table: Path, tmp_path: Path
) -> None:
    ship(places, table)
    shipped = places.shipped / "sheets" / "timm_imagenet.yaml"
    head = "note: re-evaluated\nsources: {my-source: {title: Mine, version: abc}}\nkind: results"
    shipped.write_text(shipped.read_text(encoding="utf-8").replace("kind: results", head), encoding="utf-8")
    assert call("timm", write(tmp_path, *ROWS[:2])).return_value == 0
    sheet = read_document(places.families[0] / "sheets" / "timm_imagenet.yaml")
    assert isinstance(sheet, Sheet)
    assert sheet.note == "re-evaluated"
    assert sheet.sources["my-source"].title == "Mine"
    assert sheet.sources["my-source"].version is None


SOURCE = "github:huggingface/pytorch-image-models"
SOURCES = f"""
sheet: sources
kind: sources
columns: [source, title, url, kind, licence, version, retrieved]
rows: [['{SOURCE}', timm result and benchmark tables, null, repository, Apache-2.0, aa4b5850, '2026-01-31']]
"""


def shown_source() -> dict[str, str]:
    """What `backbones show` says of timm's tables."""
    done = CliRunner().invoke(backbones, ["show", SOURCE, "--format", "json"], standalone_mode=False)
    card = json.loads(done.stdout)[0]
    return {key: card[key] for key in ("title", "version", "retrieved")}


def test_imported_numbers_have_the_version_that_was_read_until_the_sheet_is_deleted(
    places: Places, table: Path, tmp_path: Path
) -> None:
    ship(places, table)
    (places.shipped / "sheets" / "sources.yaml").write_text(SOURCES, encoding="utf-8")
    of_shipped = {"title": "timm result and benchmark tables", "version": "aa4b5850", "retrieved": "2026-01-31"}
    assert shown_source() == of_shipped
    checkout = tmp_path / "pytorch-image-models"
    (checkout / "results").mkdir(parents=True)
    (checkout / ".git").mkdir()
    (checkout / ".git" / "HEAD").write_text("0123456789abcdef0123456789abcdef01234567\n", encoding="utf-8")
    assert "nothing changed" in call("timm", write(checkout / "results", *ROWS)).stderr
    assert shown_source() == of_shipped
    changed = write(checkout / "results", ROWS[0].replace("82.066", "82.1"), *ROWS[1:])
    assert call("timm", changed).return_value == 0
    today = dt.date.today().isoformat()
    assert shown_source() == of_shipped | {"version": "01234567", "retrieved": today}
    (checkout / ".git" / "HEAD").write_text("f" * 40, encoding="utf-8")
    assert "nothing changed" in call("timm", changed).stderr, "another version alone is no change"
    (places.families[0] / "sheets" / "timm_imagenet.yaml").unlink()
    assert shown_source() == of_shipped


def test_a_table_of_no_checkout_says_when_it_was_imported(places: Places, table: Path) -> None:
    assert call("timm", table).return_value == 0
    assert shown_source()["version"] == f"as imported {dt.date.today().isoformat()}"


def test_the_sources_of_a_mapping_stay_as_they_are(places: Places, tmp_path: Path) -> None:
    (tmp_path / "acc.csv").write_text("model,acc\nresnet18,70\n", encoding="utf-8")
    mapping = tmp_path / "map.yaml"
    mapping.write_text(
        f"sheet: mine\nkind: results\ncollection: user\nshared: {{dataset: ImageNet-1k, source: '{SOURCE}'}}\n"
        f"sources: {{'{SOURCE}': {{version: mine}}}}\ncolumns: {{backbone: model, top_1: acc}}\n",
        encoding="utf-8",
    )
    assert call("csv", tmp_path / "acc.csv", "--mapping", mapping).return_value == 0
    sheet = read_document(places.families[0] / "sheets" / "mine.yaml")
    assert isinstance(sheet, Sheet)
    assert sheet.sources[SOURCE].to_plain() == {"version": "mine"}


def test_one_bad_file_of_a_folder_leaves_everything_as_it_was(
    places: Places, table: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bad = tmp_path / "results-sketch.csv"
    bad.write_text(f"{HEADER}\nresnet18.a1_in1k,224,much,1,1,1,1,1,x\n", encoding="utf-8")
    assert run(["import", "timm", str(tmp_path)]) == 1
    assert f"{bad}: line 2, column 'top1': 'much' is no number" in capsys.readouterr().err
    assert own_files(places) == []


def test_a_csv_file_comes_in_by_its_mapping(places: Places, tmp_path: Path) -> None:
    (tmp_path / "acc.csv").write_text("\ufeffmodel;acc\nresnet18;0.7\n", encoding="utf-8")
    mapping = tmp_path / "map.yaml"
    mapping.write_text(
        "sheet: mine\nkind: results\ncollection: user\nshared: {dataset: ImageNet-1k, source: me}\n"
        "columns: {backbone: model, top_1: {column: acc, scale: 100}}\n",
        encoding="utf-8",
    )
    done = call("csv", tmp_path / "acc.csv", "--mapping", mapping)
    assert done.return_value == 0, done.stderr
    assert done.stdout == "mine: new sheet, 1 row\n"
    assert own_files(places) == ["mine.yaml"]


@pytest.mark.parametrize(
    "arguments",
    [["timm"], ["csv", "x.csv"], ["timm", "x", "--mapping", "m.yaml"], ["torchvision", "x"], ["keras", "x"]],
)
def test_a_wrong_use_is_exit_2(places: Places, arguments: list[str]) -> None:
    assert run(["import", *arguments]) == 2


def test_a_file_of_another_sheet_is_never_written_over(
    places: Places, table: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    mine = places.families[0] / "sheets" / "timm_imagenet.yaml"
    mine.parent.mkdir(parents=True)
    mine.write_text("sheet: other\nkind: devices\ncolumns: [device]\nrows: [[x]]\n", encoding="utf-8")
    assert run(["import", "timm", str(table)]) == 1
    assert "holds something else" in capsys.readouterr().err
    assert mine.read_text(encoding="utf-8").startswith("sheet: other")


def test_an_output_that_cannot_be_written_is_a_sentence(
    places: Places, table: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "taken").write_text("", encoding="utf-8")
    assert run(["import", "timm", str(table), "--output", str(tmp_path / "taken" / "deeper")]) == 1
    assert "cannot be written" in capsys.readouterr().err


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="the superuser may write everywhere")
def test_a_closed_folder_is_a_sentence(
    places: Places, table: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    closed = tmp_path / "closed"
    closed.mkdir()
    closed.chmod(0o500)
    assert run(["import", "timm", str(table), "--output", str(closed)]) == 1
    assert "cannot be written" in capsys.readouterr().err


def test_a_missing_torchvision_is_a_sentence(
    places: Places, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("torchvision", "torchvision.models"):
        monkeypatch.setitem(sys.modules, name, None)
    assert run(["import", "torchvision"]) == 1
    said = capsys.readouterr().err
    assert "`pip install torchvision`" in said


METAFILE = """
Models:
- Name: fovea_r101_fpn_4xb4-2x_coco
  In Collection: FoveaBox
  Weights: https://download.openmmlab.com/mmdetection/fovea.pth
  Results: [{Task: Object Detection, Dataset: COCO, Metrics: {box AP: 38.6}}]
"""


def library(folder: Path, models: int) -> Path:
    """An index and metafiles of so many models."""
    (folder / "configs" / "fovea").mkdir(parents=True, exist_ok=True)
    text = METAFILE + "".join(METAFILE.split("Models:")[1].replace("_r101_", f"_r{n}_") for n in range(1, models))
    (folder / "configs" / "fovea" / "metafile.yml").write_text(text, encoding="utf-8")
    (folder / "model-index.yml").write_text("Import: [configs/fovea/metafile.yml]", encoding="utf-8")
    return folder


def test_an_import_that_would_remove_most_rows_needs_replace(
    places: Places, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ship(places, write(tmp_path, *ROWS))
    part = str(write(tmp_path, ROWS[0]))
    assert run(["import", "timm", part]) == 1
    said = capsys.readouterr()
    assert "2 of the 3 rows of timm_imagenet would be gone. Name the whole table, or say --replace" in said.err
    assert "2 rows gone" in said.out
    assert own_files(places) == []
    assert call("timm", part, "--dry-run").return_value == 0
    assert call("timm", part, "--output", tmp_path / "out").return_value == 0, "nothing is replaced there"
    assert own_files(places) == []
    assert call("timm", part, "--replace").return_value == 0
    assert own_files(places) == ["timm_imagenet.yaml"]


def test_a_dry_run_says_that_replace_is_needed(places: Places, tmp_path: Path) -> None:
    ship(places, write(tmp_path, *ROWS))
    done = call("timm", write(tmp_path, ROWS[0]), "--dry-run")
    assert "say --replace" in done.stderr
    assert "say --replace" not in call("timm", tmp_path / "results-imagenet.csv", "--dry-run", "--replace").stderr


def test_half_of_the_rows_may_go(places: Places, tmp_path: Path) -> None:
    ship(places, write(tmp_path, *ROWS[:2]))
    assert call("timm", write(tmp_path, ROWS[0], ROWS[2])).return_value == 0


def test_a_sheet_of_another_kind_does_not_take_the_place_of_the_present_one(places: Places, table: Path) -> None:
    ship(places, table)
    shipped = places.shipped / "sheets" / "timm_imagenet.yaml"
    shipped.write_text("sheet: timm_imagenet\nkind: devices\ncolumns: [device]\nrows: [[x]]\n", encoding="utf-8")
    assert run(["import", "timm", str(table)]) == 1
    assert own_files(places) == []


def test_a_part_of_a_library_leaves_the_shipped_library_as_it_is(places: Places, tmp_path: Path) -> None:
    whole = library(tmp_path / "mmdetection", models=4)
    assert call("openmmlab", whole, "--output", places.shipped / "sheets").return_value == 0
    assert call("openmmlab", whole).stdout == "mmdet: 4 rows unchanged\n"
    done = call("openmmlab", library(whole, models=1) / "configs" / "fovea")
    assert done.stdout == "mmdet_fovea: new sheet, 1 row\n"
    assert own_files(places) == ["mmdet_fovea.yaml"]
