"""timm's tables become the sheets that the catalogue ships, and what cannot be read is said with its place."""

from __future__ import annotations

from pathlib import Path

import pytest

from backbones.ingest.sheets import timm
from backbones.ingest.sheets.timm_names import chain_of, chain_of_tag, conditions_of
from backbones.store.documents import parse_yaml
from backbones.store.errors import FileProblems
from backbones.store.places import SHIPPED
from backbones.store.reading import read_document
from backbones.store.sheet import Sheet

HEADER = "model,img_size,top1,top1_err,top5,top5_err,param_count,crop_pct,interpolation"
SPEEDS = (
    "model,infer_samples_per_sec,infer_step_time,infer_batch_size,infer_img_size,infer_gmacs,infer_macts,param_count"
)


def results(folder: Path, *rows: str, name: str = "results-imagenet.csv") -> Path:
    path = folder / name
    path.write_text("\n".join([HEADER, *rows]) + "\n", encoding="utf-8")
    return path


def problem(path: Path) -> str:
    with pytest.raises(FileProblems) as caught:
        timm.read_with_notes(path)
    return str(caught.value)


def shipped(name: str) -> Sheet:
    document = read_document(SHIPPED / "sheets" / f"{name}.yaml")
    assert isinstance(document, Sheet)
    return document


def test_a_results_file_gives_the_head_and_the_rows_of_the_shipped_sheet(tmp_path: Path) -> None:
    path = results(
        tmp_path,
        "eva02_large_patch14_448.mim_m38m_ft_in22k_in1k,448,90.056,9.944,99.054,0.946,305.08,1.000,bicubic",
        "eva02_large_patch14_448.mim_in22k_ft_in22k_in1k,448,89.956,10.044,99.014,0.986,305.08,1.000,bicubic",
    )
    (sheet,), notes = timm.read_with_notes(path)
    like = shipped("timm_imagenet")
    assert (sheet.sheet, sheet.file, sheet.first_line, sheet.shared) == (like.sheet, like.file, 2, like.shared)
    assert sheet.columns == like.columns
    assert sheet.rows == like.rows[:2]
    assert notes == []


@pytest.mark.parametrize(
    "name",
    sorted(p.stem for part in ("infer", "train") for p in (SHIPPED / "sheets").glob(f"timm_{part}_*.yaml")),
)
def test_the_name_of_a_benchmark_says_the_conditions_of_the_shipped_sheet(name: str) -> None:
    head = parse_yaml((SHIPPED / "sheets" / f"{name}.yaml").read_text(encoding="utf-8").partition("\nrows:")[0])
    assert isinstance(head, dict)
    said = conditions_of(Path(head["file"]).stem)
    assert said == {key: value for key, value in head["shared"].items() if key != "source"}


def test_the_rule_of_tags_gives_the_chain_of_every_shipped_result() -> None:
    sheet = shipped("timm_imagenet")
    differ = [row[0] for row in sheet.rows if chain_of_tag(row[0]) != (row[-2], row[-1])]
    assert len(sheet.rows) > 1500
    assert differ == []


@pytest.mark.parametrize(
    ("name", "chain"),
    [
        ("new_net.clip_laion2b_soup_ft_in12k_in1k_384", ("ImageNet-12k", "ImageNet-1k")),
        ("new_net.in22k_ft_in22k_in1k", ("ImageNet-22k", "ImageNet-1k")),
        ("new_net.fb_in22k_ft_in1k", (None, "ImageNet-1k")),
        ("new_net.fcmae_ft_in1k", (None, "ImageNet-1k")),
        ("new_net.ra2_in1k", (None, None)),
        ("new_net", (None, None)),
    ],
)
def test_the_chain_of_weights_that_are_not_listed_comes_from_the_tag(
    name: str, chain: tuple[str | None, str | None]
) -> None:
    assert chain_of(name) == chain


def test_a_folder_gives_results_speeds_and_costs_of_rows_without_a_speed(tmp_path: Path) -> None:
    results(tmp_path, "resnet18.a1_in1k,224,71.5,28.5,90.1,9.9,11.69,0.950,bicubic", name="results-sketch.csv")
    file = tmp_path / "benchmark-infer-amp-nhwc-pt240-cu124-rtx4090.csv"
    lines = [SPEEDS, "resnet18,9000.5,1,1024,224,1.82,2.48,11.69", "vit_huge,,,,448,544.7,,631.67"]
    file.write_text("\n".join(lines), encoding="utf-8")
    (tmp_path / "results-all.csv").write_text("model\nx\n", encoding="utf-8")
    (tmp_path / "benchmark-infer-amp-nchw-pt240-cu124-tpu.csv").write_text("model\nx\n", encoding="utf-8")

    sheets, notes = timm.read_with_notes(tmp_path)

    by_name = {sheet.sheet: sheet for sheet in sheets}
    assert set(by_name) == {"timm_sketch", "timm_infer_amp_nhwc_pt240_cu124_rtx4090", "timm_costs"}
    speeds = by_name["timm_infer_amp_nhwc_pt240_cu124_rtx4090"]
    assert speeds.columns == ["backbone", "resolution", "batch_size", "throughput_img_s", "printed", "params_m"]
    assert speeds.rows == [["resnet18", 224, 1024, 9000.5, 1.82, 11.69]]
    assert (speeds.shared["memory_format"], speeds.shared["device"]) == ("channels_last", "NVIDIA RTX 4090")
    assert by_name["timm_costs"].rows == [["vit_huge", 448, 544.7, 631.67, f"{file.name} line 3"]]
    assert [note.partition(":")[0] for note in notes] == [
        "benchmark-infer-amp-nchw-pt240-cu124-tpu.csv",
        "results-all.csv",
    ]


def test_one_file_with_a_row_without_a_speed_says_so_and_keeps_the_rest(tmp_path: Path) -> None:
    file = tmp_path / "benchmark-infer-amp-nhwc-pt240-cu124-rtx4090.csv"
    lines = [SPEEDS, "vit_huge,,,,448,544.7,,631.67", "resnet18,9000.5,1,1024,224,1.82,2.48,11.69"]
    file.write_text("\n".join(lines), encoding="utf-8")
    (sheet,), (note,) = timm.read_with_notes(file)
    assert sheet.first_line == 3
    assert "line 2 says no speed" in note


def test_rows_after_a_blank_line_keep_their_place_in_the_source(tmp_path: Path) -> None:
    row = "resnet18.a1_in1k,224,71.5,28.5,90.1,9.9,11.69,0.950,bicubic"
    (sheet,), _ = timm.read_with_notes(results(tmp_path, row, "", row.replace("18", "34")))
    assert sheet.first_line is None
    assert [r[sheet.columns.index("source_ref")] for r in sheet.rows] == ["line 2", "line 4"]


def test_another_collection_has_sheets_of_its_own(tmp_path: Path) -> None:
    path = results(tmp_path, "resnet18.a1_in1k,224,71.5,28.5,90.1,9.9,11.69,0.950,bicubic")
    (sheet,), _ = timm.read_with_notes(path, "mine")
    assert (sheet.sheet, sheet.collection) == ("mine_imagenet", "mine")


def test_a_cell_that_says_nothing_stays_unknown(tmp_path: Path) -> None:
    (sheet,), _ = timm.read_with_notes(results(tmp_path, "resnet18.a1_in1k,224,71.5,28.5,NaN,,11.69,,bicubic"))
    assert sheet.rows[0][sheet.columns.index("top_5")] is None
    assert sheet.rows[0][sheet.columns.index("test_aug")] is None


@pytest.mark.parametrize(
    ("row", "says"),
    [
        ("resnet18.a1_in1k,224,abc,1,90.1,9,11.69,0.95,bicubic", "line 2, column 'top1': 'abc' is no number"),
        ("resnet18.a1_in1k,224,inf,1,90.1,9,11.69,0.95,bicubic", "line 2, column 'top1': 'inf' is no finite number"),
        (
            "resnet18.a1_in1k,22.5,71.5,1,90.1,9,11.69,0.95,bicubic",
            "line 2, column 'img_size': '22.5' is no whole number",
        ),
        (
            "resnet18.a1_in1k,224,715.0,1,90.1,9,11.69,0.95,bicubic",
            "line 2 (top_1): has to be less than or equal to 100",
        ),
        (",224,71.5,1,90.1,9,11.69,0.95,bicubic", "line 2, column 'model': is empty"),
        ("resnet18.a1_in1k,224,71.5", "line 2: has 3 cells for 9 columns"),
    ],
)
def test_a_mistake_is_said_with_file_line_and_column(tmp_path: Path, row: str, says: str) -> None:
    path = results(tmp_path, row)
    assert f"{path}: {says}" in problem(path)


def test_a_missing_column_is_named_with_what_may_have_been_meant(tmp_path: Path) -> None:
    path = tmp_path / "results-imagenet.csv"
    path.write_text("model,img_size,top_1,top5,param_count,crop_pct\nx,224,1,1,1,1\n", encoding="utf-8")
    assert "has no column 'top1'; did you mean 'top_1'?" in problem(path)


def test_a_path_that_holds_nothing_is_refused(tmp_path: Path) -> None:
    assert "holds no table of timm's results" in problem(tmp_path)
    assert "is not there" in problem(tmp_path / "nowhere.csv")
    other = tmp_path / "results-unheard-of.csv"
    other.write_text("model\nx\n", encoding="utf-8")
    assert "left out" in problem(other)
    assert "is no table of timm's results" in problem(other.rename(tmp_path / "notes.csv"))
