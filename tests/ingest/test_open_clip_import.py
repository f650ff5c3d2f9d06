"""OpenCLIP's tables become the sheets that the catalogue ships: fractions are percent, costs are FLOPs of both towers."""

from __future__ import annotations

from pathlib import Path

import pytest

from backbones.ingest.sheets import open_clip
from backbones.ingest.sheets.open_clip_names import multilingual_column, overview_column, retrieval_column
from backbones.store.errors import FileProblems
from backbones.store.places import SHIPPED
from backbones.store.reading import read_document
from backbones.store.sheet import Sheet

OVERVIEW = "name,pretrained,params (M),FLOPs (B),Average perf. on 38 datasets,ImageNet 1k,Caltech-101,Flickr,WinoGAViL"

DATASETS = (
    "Average perf. on 38 datasets,ImageNet 1k,Caltech-101,CIFAR-10,CIFAR-100,CLEVR Counts,CLEVR Distance,Country211,"
    "Describable Textures,EuroSAT,FGVC Aircraft,Food-101,GTSRB,ImageNet Sketch,ImageNet v2,ImageNet-A,ImageNet-O,ImageNet-R,"
    "KITTI Vehicle Distance,MNIST,ObjectNet,Oxford Flowers-102,Oxford-IIIT Pet,Pascal VOC 2007,PatchCamelyon,Rendered SST2,"
    "RESISC45,Stanford Cars,STL-10,SUN397,SVHN,Flickr,MSCOCO,WinoGAViL,iWildCam,Camelyon17,FMoW,Dollar Street,GeoDE"
)
LANGUAGES = "avg ar bn cs da de el en es fa fi fil fr he hi hr hu id it ja jp ko mi nl no pl pt quz ro ru sv sw te th tr uk vi zh"


def write(folder: Path, name: str, *lines: str) -> Path:
    path = folder / name
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def problem(path: Path) -> str:
    with pytest.raises(FileProblems) as caught:
        open_clip.read_with_notes(path)
    return str(caught.value)


def test_the_overview_becomes_two_sheets_in_percent(tmp_path: Path) -> None:
    path = write(
        tmp_path, "openclip_results.csv", OVERVIEW, "ViT-B-32,openai,151.28,14.78,0.5265,0.6332,0.8758,0.6884,0.4125"
    )
    (images, pairs), notes = open_clip.read_with_notes(path)
    assert images.columns == [
        "weights", "params_m", "printed", "average@Average of 38 data sets (OpenCLIP)", "top_1@ImageNet-1k", "suite_metric@Caltech-101",
    ]  # fmt: skip
    assert images.rows == [["ViT-B-32 openai", 151.28, 14.78, 52.65, 63.32, 87.58]]
    assert images.shared["convention"] == "flops"
    assert pairs.columns[3:] == ["average@Flickr30k", "average@WinoGAViL"]
    assert pairs.shared["task"] == "retrieval"
    assert (images.file, images.first_line) == ("docs/openclip_results.csv", 2)
    assert notes == []


def test_an_older_table_without_costs_is_read(tmp_path: Path) -> None:
    (sheet,), _ = open_clip.read_with_notes(
        write(tmp_path, "openclip_results.csv", "name,pretrained,ImageNet 1k", "ViT-B-32,openai,0.633249")
    )
    assert sheet.rows == [["ViT-B-32 openai", 63.3249]]
    assert "convention" not in sheet.shared


@pytest.mark.parametrize(
    "name", ["open_clip", "open_clip_retrieval", "open_clip_multilingual", "open_clip_retrieval_averages"]
)
def test_every_column_of_the_shipped_sheets_is_one_that_the_reader_gives(name: str) -> None:
    sheet = read_document(SHIPPED / "sheets" / f"{name}.yaml")
    assert isinstance(sheet, Sheet)
    given = {
        column.name
        for header in _headers()
        for column in (overview_column(header), retrieval_column(header), multilingual_column(header))
        if column is not None
    }
    assert set(sheet.columns) - {"weights", "params_m", "printed"} <= given


def _headers() -> list[str]:
    both = ("image", "text")
    pairs = [f"{d} {k} retr. R@{r}" for d in ("Flickr", "MSCOCO") for k in both for r in (1, 5, 10)]
    jaccard = [
        "WinoGAViL avg jaccard score",
        *(f"WinoGAViL jaccard score {p}" for p in ("5", "6", "5-6", "10", "12", "10-12")),
    ]
    suites = ("crossmodal3600", "multilingual_mscoco_captions")
    languages = [f"{d} {k}_retrieval_recall@1 {s}" for d in suites for k in both for s in LANGUAGES.split()]
    return [*DATASETS.split(","), "Average score", *pairs, *jaccard, "avg", *languages]


def test_retrieving_images_is_text_to_image() -> None:
    column = retrieval_column("Flickr image retr. R@5")
    assert column is not None
    assert column.name == "recall_5@Flickr30k:direction=text-to-image"
    spoken = multilingual_column("multilingual_mscoco_captions text_retrieval_recall@1 jp")
    assert spoken is not None
    assert spoken.name == "recall_1@XTD10:direction=image-to-text,language=ja"


def test_recall_5_and_unknown_columns_of_languages_are_left_out_with_a_note(tmp_path: Path) -> None:
    path = write(
        tmp_path, "openclip_multilingual_retrieval_results.csv",
        "model,version,avg,crossmodal3600 image_retrieval_recall@1 de,crossmodal3600 image_retrieval_recall@5 de,mood",
        "nllb-clip-base,v1,0.5,0.25,0.75,good",
    )  # fmt: skip
    (sheet,), notes = open_clip.read_with_notes(path)
    assert sheet.rows == [["nllb-clip-base v1", 50, 25]]
    assert len(notes) == 2
    assert "'mood'" in notes[0]


def test_the_profile_gives_three_costs_of_an_architecture(tmp_path: Path) -> None:
    path = write(
        tmp_path, "model_profile.csv",
        "model,image_size,mparams,image_mparams,text_mparams,gflops,image_gflops,text_gflops",
        "ViT-B-32,224,151.28,87.85,63.43,14.78,8.82,5.96",
    )  # fmt: skip
    (sheet,), _ = open_clip.read_with_notes(path)
    assert sheet.shared["convention"] == "flops"
    assert sheet.rows == [
        ["ViT-B-32 (OpenCLIP)", None, 224, 8.82, 87.85, "line 2"],
        ["ViT-B-32 (OpenCLIP)", "text tower", 224, 5.96, 63.43, "line 2"],
        ["ViT-B-32 (OpenCLIP)", "image and text towers", 224, 14.78, 151.28, "line 2"],
    ]


@pytest.mark.parametrize("value", ["030282.63", "-0.1", "63.3", "much"])
def test_what_is_no_fraction_is_refused_with_its_place(tmp_path: Path, value: str) -> None:
    path = write(tmp_path, "openclip_results.csv", "name,pretrained,ImageNet 1k", f"ViT-B-32,openai,{value}")
    assert f"{path}: line 2, column 'ImageNet 1k': {value!r} is no" in problem(path)


def test_a_file_of_another_name_is_refused(tmp_path: Path) -> None:
    assert "its name says what it holds" in problem(write(tmp_path, "results.csv", "name,pretrained,x", "a,b,0.1"))
    assert "has no column 'name'" in problem(write(tmp_path, "openclip_results.csv", "who,tag,ImageNet 1k", "a,b,0.1"))


@pytest.mark.parametrize("size", ["22²", "٢٢٤", "²"])
def test_digits_of_other_scripts_are_no_size(tmp_path: Path, size: str) -> None:
    header = "model,image_size,mparams,image_mparams,text_mparams,gflops,image_gflops,text_gflops"
    path = write(tmp_path, "model_profile.csv", header, f"ViT-B-32,{size},1,1,1,1,1,1")
    assert f"{path}: line 2, column 'image_size': {size!r} is no number" in problem(path)
