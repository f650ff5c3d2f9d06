"""OpenMMLab's metafiles: every way of writing that they have, and every way in which they can be wrong."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from backbones.ingest.sheets.openmmlab import read_with_notes
from backbones.store.build import build
from backbones.store.errors import FileProblems
from backbones.store.places import SHIPPED, Places
from backbones.store.reading import parse_document, write_document
from backbones.store.sheet import Sheet

DETECTOR = """
Collections:
- Name: OtterNet
  README: configs/otternet/README.md
  Code: {URL: 'https://github.com/open-mmlab/mmdetection/blob/main/mmdet/models/otter.py'}
Models:
- Name: mask-rcnn_r50_fpn_otter-1x_coco
  In Collection: OtterNet
  Config: configs/otternet/mask-rcnn_r50_fpn_otter-1x_coco.py
  Metadata:
    Training Memory (GB): 4.5
    Epochs: 12
    inference time (ms/im):
    - {value: 62.5, hardware: V100, backend: PyTorch, batch size: 1, mode: FP32, resolution: '(800, 1333)'}
    - {value: 41.25, hardware: V100, backend: PyTorch, batch size: 1, mode: FP16, resolution: '(640, 640)'}
  Results:
  - {Task: Object Detection, Dataset: COCO, Metrics: {box AP: 38.2}}
  - {Task: Instance Segmentation, Dataset: COCO, Metrics: {mask AP: 34.7}}
"""

BARE_LIST = """
- Name: fovea_r101_fpn_4xb4-2x_coco
  In Collection: FoveaBox
  Config: configs/foveabox/fovea_r101_fpn_4xb4-2x_coco.py
  Weights: https://download.openmmlab.com/mmdetection/fovea.pth
  Metadata: {Iterations: 90000}
  Results: [{Task: Object Detection, Dataset: COCO, Metrics: {box AP: 38.6}}]
"""

SEGMENTER = """
Models:
- Name: ann_r50-d8_4xb2-40k_cityscapes-512x1024
  In Collection: ANN
  Results: {Task: Semantic Segmentation, Dataset: Cityscapes, Metrics: {mIoU: 77.4, mIoU(ms+flip): 78.57}}
  Config: configs/ann/ann_r50-d8_4xb2-40k_cityscapes-512x1024.py
  Metadata: {Batch Size: 8, Architecture: [R-50-D8, ANN], Memory (GB): 6.0}
  Weights: https://download.openmmlab.com/mmsegmentation/ann.pth
- Name: ocrnet_hr18_4xb2-adamw-80k_ade20k-512x512
  In Collection: OCRNet
  Results: {Task: Semantic Segmentation, Dataset: '# HRNet backbone', Metrics: {mIoU: 35.0}}
  Config: configs/ocrnet/ocrnet_hr18.py
  Metadata: {Architecture: [HRNetV2p-W18, OCRNet]}
  Weights: https://download.openmmlab.com/mmsegmentation/ocr.pth
"""

POSE = """
Models:
- Name: td-hm_res50_8xb64-20e_jhmdb-sub1-256x256
  In Collection: SimpleBaseline2D
  Config: configs/body_2d_keypoint/topdown_heatmap/jhmdb/td-hm_res50.py
  Metadata: {Architecture: &id001 [SimpleBaseline2D, ResNet], Training Data: JHMDB}
  Results: [{Task: Body 2D Keypoint, Dataset: JHMDB, Metrics: {Elb: 93.8, Mean: 96.1}}]
  Weights: https://download.openmmlab.com/mmpose/res50.pth
- Name: rtmpose-s_8xb256-420e_aic-coco-256x192
  In Collection: RTMPose
  Config: configs/body_2d_keypoint/rtmpose/coco/rtmpose-s.py
  Metadata: {Architecture: *id001, Training Data: [COCO, AI Challenger]}
  Results:
  - {Task: Body 2D Keypoint, Dataset: COCO, Metrics: {AP: 0.722, AP@0.5: 0.891, AR: 1}}
  - {Task: Body 2D Keypoint, Dataset: CrowdPose, Metrics: {AP: 0.706, AP (E): 0.799, AP (M): 0.719}}
  - {Task: Body 2D Keypoint, Dataset: Human-Art(GT), Metrics: {AP: 0.5}}
  - {Task: Hand 2D Keypoint, Dataset: RHD, Metrics: {PCK@0.2: 0.955, EPE: 3.5}}
  - {Task: Face 2D Keypoint, Dataset: WFLW, Metrics: {NME blur: 4.59, NME: 4.05}}
  - {Task: Wholebody 2D Keypoint, Dataset: COCO-WholeBody, Metrics: {Whole AP: 0.58, Foot AP: 0.61}}
  Weights: https://download.openmmlab.com/mmpose/rtm.pth
"""

CLASSIFIER = """
Models:
- Name: mae_vit-base-p16_8xb512-amp-coslr-300e_in1k
  In Collection: MAE
  Config: configs/mae/mae_vit.py
  Metadata: {Training Data: ImageNet-1k, Epochs: 300, FLOPs: 17581972224, Parameters: 111907840}
  Results: null
  Weights: https://download.openmmlab.com/mmselfsup/1.x/mae.pth
  Downstream: [vit-base-p16_mae-300e-pre_8xb2048-linear-coslr-90e_in1k]
- Name: vit-base-p16_mae-300e-pre_8xb2048-linear-coslr-90e_in1k
  In Collection: MAE
  Config: configs/mae/benchmarks/vit.py
  Metadata: {Training Data: ImageNet-1k, Epochs: 90, FLOPs: 17581972992, Parameters: 86567656}
  Results: [{Task: Image Classification, Dataset: ImageNet-1k, Metrics: {Top 1 Accuracy: 60.8}}]
  Weights: null
- Name: otter-tiny_in21k-pre_3rdparty_in1k-384px
  In Collection: Otter
  Config: configs/otter/otter.py
  Metadata: {Training Data: [ImageNet-21k, ImageNet-1k], FLOPs: null, Parameters: 28589128}
  Results: [{Task: Image Classification, Dataset: ImageNet-1k, Metrics: {Top 1 Accuracy: 82.9, Top 5 Accuracy: null}}]
  Weights: https://download.openmmlab.com/mmclassification/v0/otter.pth
  Converted From: {Weights: 'https://example.org/otter_tiny.pth', Code: 'https://example.org/code'}
"""


def put(root: Path, name: str, text: str) -> Path:
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def read(path: Path) -> list[Sheet]:
    return read_with_notes(path)[0]


def rows(sheets: list[Sheet], name: str) -> list[dict[str, Any]]:
    """The rows of one sheet as mappings of what they say, with what is shared."""
    sheet = next(s for s in sheets if s.sheet == name)
    found = [sheet.shared | dict(zip(sheet.columns, row, strict=True)) for row in sheet.rows]
    return [{key: value for key, value in row.items() if value is not None} for row in found]


def detectors(tmp_path: Path) -> list[Sheet]:
    put(tmp_path, "configs/otternet/metafile.yml", DETECTOR)
    put(tmp_path, "configs/foveabox/metafile.yml", BARE_LIST)
    return read(tmp_path)


def test_detectors_are_named_by_their_head_not_by_the_technique(tmp_path: Path) -> None:
    bare, otter = rows(detectors(tmp_path), "mmdet")
    assert (otter["head"], otter["backbone"], otter["family"]) == ("Mask R-CNN", "ResNet-50", "ResNet")
    assert (otter["dataset"], otter["box_ap"], otter["mask_ap"], otter["train_epochs"]) == ("COCO val", 38.2, 34.7, 12)
    assert otter["source_ref"] == "configs/otternet/metafile.yml mask-rcnn_r50_fpn_otter-1x_coco"
    assert (bare["head"], bare["backbone"], bare["conditions"]) == ("FoveaBox", "ResNet-101", "schedule=90k")


def test_latency_and_memory_are_sheets_of_their_own(tmp_path: Path) -> None:
    sheets = detectors(tmp_path)
    slow, fast = rows(sheets, "mmdet_latency")
    assert (slow["latency_ms"], slow["precision"], slow["device"]) == (62.5, "fp32", "NVIDIA V100")
    assert slow.get("resolution") is None, "800 x 1333 is not square"
    assert (fast["latency_ms"], fast["precision"], fast["resolution"]) == (41.25, "fp16", 640)
    assert [row["memory_mib"] for row in rows(sheets, "mmdet_memory")] == [4608.0]


def test_a_result_may_be_one_mapping_and_a_data_set_a_comment(tmp_path: Path) -> None:
    sheets = read_with_notes(put(tmp_path, "configs/ann/metafile.yaml", SEGMENTER).parent.parent)[0]
    ann, ocr = rows(sheets, "mmseg")
    assert (ann["backbone"], ann["head"], ann["miou_ss"], ann["miou_ms"]) == ("ResNet-50-D8", "ANN", 77.4, 78.57)
    assert (ann["conditions"], ann.get("crop_size")) == ("crop=512x1024,schedule=40k,batch=8", None)
    assert (ocr["dataset"], ocr["crop_size"], ocr["conditions"]) == ("ADE20K val", 512, "schedule=80k,batch=8")


def test_fractions_become_percent_and_joints_become_conditions(tmp_path: Path) -> None:
    path = put(tmp_path, "configs/body_2d_keypoint/all.yml", POSE)
    put(tmp_path, "model-index.yml", "Import: [configs/body_2d_keypoint/all.yml]")
    sheets = read(path.parents[2])
    (joints,) = rows(sheets, "mmpose_body_2d_parts")
    assert (joints["pck"], joints["pck:part=elbow"]) == (96.1, 93.8)
    coco, crowd, art = rows(sheets, "mmpose_body_2d")
    assert (coco["keypoint_ap"], coco["keypoint_ap_50"], coco["keypoint_ar"]) == (72.2, 89.1, 100)
    assert coco["train_dataset"] == "COCO + AI Challenger"
    assert (crowd["keypoint_ap_easy"], crowd["keypoint_ap:subset=medium"]) == (79.9, 71.9)
    assert (art["dataset"], art["conditions"]) == ("Human-Art", "boxes=ground-truth")
    (hand,) = rows(sheets, "mmpose_hand_2d")
    assert (hand["pck:threshold=0.2"], hand["keypoint_epe"]) == (95.5, 3.5)
    (face,) = rows(sheets, "mmpose_face_2d")
    assert (face["nme"], face["nme:subset=blur"]) == (4.05, 4.59)
    (whole,) = rows(sheets, "mmpose_wholebody_2d_parts")
    assert (whole["keypoint_ap"], whole["keypoint_ap:part=foot"]) == (58, 61)


def test_weights_know_their_checkpoint_their_stages_and_their_licence(tmp_path: Path) -> None:
    put(tmp_path, "configs/mae/metafile.yml", CLASSIFIER)
    sheets = read(tmp_path / "configs")
    mae, linear, otter = rows(sheets, "mmpretrain_weights")
    assert mae["checkpoint"] == linear["checkpoint"] == mae["weights"]
    assert (linear["backbone"], linear["pretraining_method"], linear["pretraining_epochs"]) == (
        "vit-base-p16",
        "MAE",
        300,
    )
    assert (linear["installable"], linear["why_not"], mae["installable"]) == (False, "no file is released", True)
    assert mae["licence"] == "apache-2.0"
    assert otter.get("licence") is None, "a converted file has the licence of its authors"
    assert (otter["checkpoint"], otter["loader"]) == ("otter-tiny_in21k-pre", otter["weights"])
    assert (otter["pretraining_dataset"], otter["fine_tuning_dataset"]) == ("ImageNet-22k", "ImageNet-1k")
    probed, tuned = rows(sheets, "mmpretrain")
    assert (probed["protocol"], probed["top_1"], probed["printed"]) == ("linear probing", 60.8, 17.581972992)
    assert (tuned["resolution"], tuned["top_1"], tuned["params_m"]) == (384, 82.9, 28.589128)
    assert "top_5" not in tuned, "an empty metric is no fact"
    assert [row["weights"] for row in rows(sheets, "mmpretrain_costs")] == [mae["weights"], linear["weights"]]


def test_the_sheets_are_read_again_as_they_were_written_and_build(tmp_path: Path) -> None:
    sheets = detectors(tmp_path)
    shipped = tmp_path / "shipped"
    (shipped / "sheets").mkdir(parents=True)
    for sheet in sheets:
        assert parse_document(write_document(sheet)) == sheet
        (shipped / "sheets" / f"{sheet.sheet}.yaml").write_text(write_document(sheet), encoding="utf-8")
    home = tmp_path / "home"
    places = Places(
        home / "catalog.db", home / "measurements.db", (home / "family_data",), home / "state.json", shipped
    )
    assert build(places).problems == ()
    with closing(sqlite3.connect(places.catalog)) as connection:
        found = connection.execute(
            "select r.box_ap, t.latency_ms from (select setting, value as box_ap from results where metric = 'box_ap') r "
            "join throughput t on t.setting = r.setting order by t.latency_ms"
        ).fetchall()
    assert [tuple(row) for row in found] == [(38.2, 41.25), (38.2, 62.5)]


@pytest.mark.parametrize("name", ["mmpretrain", "mmpretrain_weights", "mmdet", "mmdet_latency", "mmdet_memory"])
def test_an_import_has_only_columns_that_the_shipped_sheet_has(name: str, tmp_path: Path) -> None:
    put(tmp_path, "a/configs/mae/metafile.yml", CLASSIFIER)
    put(tmp_path, "b/configs/otternet/metafile.yml", DETECTOR)
    sheet = next(s for s in [*read(tmp_path / "a"), *read(tmp_path / "b")] if s.sheet == name)
    like = parse_document((SHIPPED / "sheets" / f"{name}.yaml").read_text(encoding="utf-8"))
    assert isinstance(like, Sheet)
    assert {*sheet.columns, *sheet.shared} <= {*like.columns, *like.shared}
    assert sheet.collection == like.collection


def test_what_has_no_word_is_told_and_counted(tmp_path: Path) -> None:
    text = DETECTOR.replace("box AP: 38.2", "box AP: 138.2, whisker AP: 12, tail AP: long")
    text += text[text.index("- Name: mask") :].replace("mask-rcnn", "faster-rcnn").replace("_r50_", "_otterbone_")
    sheets, notes = read_with_notes(put(tmp_path, "configs/otternet/metafile.yml", text).parents[1])
    first = "configs/otternet/metafile.yml mask-rcnn_r50_fpn_otter-1x_coco: "
    assert (
        first + "metric 'whisker AP' of task 'Object Detection' is not known; left out (2 times; this is the first)"
        in notes
    )
    assert any("box_ap = 138.2 is out of range" in note for note in notes)
    assert any("'tail AP' has a value that is no number" in note for note in notes)
    assert any("faster-rcnn_otterbone" in note and "backbone is not recognised" in note for note in notes)
    assert "box_ap" not in sheets[0].columns
    assert [row["backbone"] for row in rows(sheets, "mmdet")] == ["ResNet-50", "otterbone"]


def test_repeated_numbers_are_rows_and_a_box_ap_of_masks_is_kept_apart(tmp_path: Path) -> None:
    text = DETECTOR.replace("Metrics: {mask AP: 34.7}", "Metrics: {box AP: 34.7}")
    text += "  - {Task: Object Detection, Dataset: COCO, Metrics: {box AP: 39.9}}\n"
    first, masks, *again = rows(read(put(tmp_path, "configs/otternet/metafile.yml", text).parents[1]), "mmdet")
    assert (first.get("task"), first["box_ap"]) == (None, 38.2)
    assert (masks["task"], masks["box_ap"]) == ("instance segmentation", 34.7)
    assert [(row.get("task"), row["box_ap"]) for row in again] == [(None, 39.9)]


def test_a_single_metafile_does_not_take_the_place_of_the_whole_library(tmp_path: Path) -> None:
    sheets = read(put(tmp_path, "configs/otternet/metafile.yml", DETECTOR))
    assert [s.sheet for s in sheets] == ["mmdet_otternet", "mmdet_latency_otternet", "mmdet_memory_otternet"]
    assert sheets[0].collection == "mmdet"


def test_an_index_is_followed_and_what_it_forgets_is_found(tmp_path: Path) -> None:
    put(tmp_path, "mmdet/.mim/model-index.yml", "Import: [configs/otternet/metafile.yml, configs/gone.yml]")
    put(tmp_path, "mmdet/.mim/configs/otternet/metafile.yml", DETECTOR)
    put(tmp_path, "mmdet/.mim/configs/foveabox/metafile.yml", BARE_LIST)
    put(tmp_path, "mmdet/.mim/configs/otternet/schedule.yml", "lr: [0.1, 0.2")
    sheets, notes = read_with_notes(tmp_path / "mmdet")
    assert [row["head"] for row in rows(sheets, "mmdet")] == ["Mask R-CNN", "FoveaBox"]
    assert len(notes) == 1 and "configs/gone.yml" in notes[0]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("Models: [{Name: a", "line 2, column 1"),
        ("Models: 12", "is no metafile"),
        ("- 12", "is no metafile"),
        ("Models: [{In Collection: Otter}]", "Models.0: has no Name"),
        ("Models: []", "lists no model"),
        ("Collections: [{Name: Otter}]", "lists no model"),
        ("a: &a [1]\nb: *c", "undefined alias"),
        ("[" * 5000, "nested deeper than"),
        ("Models: [{Name: " + "1:" * 60 + "1}]", "a number of"),
        ("a: b\n" * 110_000 + "Models: []", "more than"),
    ],
)
def test_a_broken_metafile_is_refused_with_its_place(text: str, sentence: str, tmp_path: Path) -> None:
    path = put(tmp_path, "metafile.yml", text)
    with pytest.raises(FileProblems, match=sentence) as caught:
        read(path)
    assert str(path) in str(caught.value)


def test_a_binary_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "metafile.yml").write_bytes(b"Models:\n- \xff\xfe")
    with pytest.raises(FileProblems, match="not UTF-8"):
        read(tmp_path / "metafile.yml")


def test_an_index_may_not_lead_out_of_its_folder(tmp_path: Path) -> None:
    put(tmp_path, "metafile.yml", BARE_LIST)
    index = put(tmp_path, "library/model-index.yml", "Import: [../metafile.yml]")
    with pytest.raises(FileProblems, match=r"'\.\./metafile\.yml' lies outside"):
        read(index)


def test_a_wrong_folder_says_what_to_give(tmp_path: Path) -> None:
    put(tmp_path, "workflow.yml", "on: push")
    with pytest.raises(FileProblems, match=r"give a metafile\.yml, a model-index\.yml or a folder"):
        read(tmp_path)
    with pytest.raises(FileProblems, match="no such file or folder"):
        read(tmp_path / "nowhere")


def test_which_library_is_asked_for_where_nothing_tells(tmp_path: Path) -> None:
    text = BARE_LIST.replace("mmdetection", "otters")
    path = put(tmp_path, "configs/foveabox/metafile.yml", text)
    with pytest.raises(FileProblems, match=r"no address names it\. Say it with --collection mmpretrain\|mmdet"):
        read(path)
    sheets, notes = read_with_notes(path.parents[1], "mmdet")
    assert (sheets[0].sheet, notes) == ("mmdet", [])
    with pytest.raises(FileProblems, match="'mmotter' is no library of OpenMMLab"):
        read_with_notes(path, "mmotter")


def test_two_libraries_in_one_folder_are_not_mixed(tmp_path: Path) -> None:
    put(tmp_path, "det/configs/otternet/metafile.yml", DETECTOR)
    put(tmp_path, "seg/configs/ann/metafile.yml", SEGMENTER)
    with pytest.raises(FileProblems, match="they name mmdet and mmseg"):
        read(tmp_path)


def test_the_folder_tells_the_library_where_no_address_does(tmp_path: Path) -> None:
    text = BARE_LIST.replace("mmdetection", "otters")
    put(tmp_path, "mmdetection/configs/foveabox/metafile.yml", text)
    assert [s.sheet for s in read(tmp_path / "mmdetection")] == ["mmdet"]


def test_models_without_a_number_are_no_sheet(tmp_path: Path) -> None:
    path = put(tmp_path, "configs/foveabox/metafile.yml", BARE_LIST.replace("{box AP: 38.6}", "{box AP: null}"))
    with pytest.raises(FileProblems, match="say no number"):
        read(path)
