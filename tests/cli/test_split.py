"""`backbones split` and `backbones imagenet-val` as a user runs them, the wrong ways too."""

from __future__ import annotations

import csv
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

pytest.importorskip("PIL", reason="reads images by Pillow")

from PIL import Image, ImageEnhance

from backbones.cli.main import run
from backbones.probe.transfer import split_folder
from backbones.probe.transfer.images import load_data

Command = Callable[..., tuple[int, str, str]]


@pytest.fixture
def split(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Command:
    """Exit code, stdout and stderr of `backbones …`, run in a folder with `pets`: two classes of ten."""
    monkeypatch.setenv("BACKBONES_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    for number in range(20):
        path = tmp_path / "pets" / ("cat" if number % 2 else "dog") / f"{number}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.effect_noise((16, 16), 10 + 5 * number).save(path)

    def command(*words: str) -> tuple[int, str, str]:
        code = run(["split", *words])
        out, err = capfd.readouterr()
        return code, out, err

    return command


def files(folder: str) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in Path(folder).rglob("*") if path.is_file())


def test_a_folder_is_split_by_copies_or_hard_links(split: Command) -> None:
    code, out, err = split("pets", "out", "--test", "0.3", "--val", "0.1", "--format", "json")
    assert (code, err.splitlines()[-1]) == (0, "wrote 20 images to out")
    assert json.loads(out) == [{"class": c, "images": 10, "train": 6, "val": 1, "test": 3} for c in ("cat", "dog")]
    assert split("pets", "linked", "--test", "0.3", "--val", "0.1", "--link")[0] == 0
    assert files("out") == files("linked") and len(files("out")) == 20
    assert {path.split("/")[0] for path in files("out")} == {"train", "val", "test"}
    assert all(path.stat().st_nlink == 2 for path in Path("linked").rglob("*.png"))
    assert split("pets", "other", "--test", "0.3", "--val", "0.1", "--seed", "1")[0] == 0
    assert files("other") != files("out")
    for both in (("--link", "--copy"), ("--copy", "--link")):
        code, _, err = split("pets", "both", *both)
        assert code == 2 and "--copy and --link exclude each other" in err and not Path("both").exists()
    data = load_data(Path("out"))
    assert (len(data.train), len(data.val), len(data.test)) == (12, 2, 6)


def test_a_manifest_says_the_same_and_copies_nothing(split: Command) -> None:
    split("pets", "out")
    code, _, err = split("pets", "--manifest", "lists/pets.csv")
    assert code == 0 and "no image was copied" in err
    with open("lists/pets.csv", newline="") as text:
        rows = list(csv.DictReader(text))
    assert rows[0]["path"].startswith("../pets/cat/")
    assert sorted(f"{r['split']}/{r['label']}/{Path(r['path']).name}" for r in rows) == files("out")
    assert load_data(Path("lists/pets.csv")).data_hash == load_data(Path("out")).data_hash
    assert "is there already" in split("pets", "--manifest", "lists/pets.csv")[2]


def test_files_of_one_name_do_not_meet(split: Command) -> None:
    for folder in ("2023", "2024"):
        Path(f"pets/cat/{folder}").mkdir()
        Image.effect_noise((16, 16), 99 if folder == "2023" else 7).save(f"pets/cat/{folder}/1.PNG")
    assert split("pets", "out")[0] == 0
    assert len(files("out")) == 22


def test_images_are_never_mixed_into_a_folder(split: Command) -> None:
    Path("full").mkdir()
    Path("full/mine.txt").touch()
    for target, said in (
        ("full", "full is not empty (mine.txt)"), ("pets/out", "lies in pets"), ("pets", "holds the images that are read"),
        (".", "holds the images that are read"), ("full/mine.txt", "is a file"), ("full/mine.txt/x", "not a directory"),
    ):  # fmt: skip
        code, _, err = split("pets", target)
        assert code == 1 and said in err, target
    assert files("full") == ["mine.txt"] and len(files("pets")) == 20
    Path("empty").mkdir()
    assert split("pets", "empty")[0] == 0 and len(files("empty")) == 20
    assert "is split already" in split("empty", "again")[2]


@pytest.mark.parametrize(
    "words",
    [
        ("pets",), ("pets", "out", "--manifest", "x.csv"), ("pets", "--manifest", "x.csv", "--link"), ("pets", "out", "--test", "1"),
        ("pets", "out", "--test", "0"), ("--check", "pets", "out"), ("--check", "pets", "--seed", "3"), (),
    ],
)  # fmt: skip
def test_what_cannot_be_meant_is_a_usage_error(split: Command, words: tuple[str, ...]) -> None:
    code, out, err = split(*words)
    assert (code, out) == (2, "") and "Usage" in err and not Path("out").exists()


def test_an_interrupt_leaves_nothing(split: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    copy, copied = split_folder._put, []

    def interrupted(source: Path, target: Path, how: split_folder.How) -> None:
        copied.append(target)
        if len(copied) == 7:
            raise KeyboardInterrupt
        copy(source, target, how)

    monkeypatch.setattr(split_folder, "_put", interrupted)
    assert split("pets", "out")[0] == 130
    assert sorted(os.listdir()) == ["home", "pets"]


def test_what_a_kill_left_is_recognised_and_made_anew(split: Command) -> None:
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    left = Path("out.unfinished/train/cat")
    left.mkdir(parents=True)
    shutil.copy("pets/cat/1.png", left)
    mark = Path("out.unfinished") / split_folder.MARK
    mark.write_text(json.dumps({"host": split_folder.platform.node(), "pid": os.getppid()}))
    assert f"process {os.getppid()} is writing" in split("pets", "out")[2]
    mark.write_text("[]")
    assert "was not left by a split" in split("pets", "out")[2]
    mark.write_text(json.dumps({"host": split_folder.platform.node(), "pid": gone.pid}))
    assert split("pets", "out")[0] == 0
    assert len(files("out")) == 20 and not Path("out.unfinished").exists()


def test_near_duplicates_in_two_splits_are_listed_or_kept_together(split: Command) -> None:
    for path in Path("pets").rglob("*.png"):
        picture = Image.effect_mandelbrot(
            (64, 48), (-2 + int(path.stem) / 9, -1, 1, 1 + int(path.stem) / 20), 60
        ).convert("L")
        picture.save(path)
        for light in (90, 110):
            ImageEnhance.Brightness(picture).enhance(light / 100).save(path.with_name(f"{path.stem}-{light}.png"))
    code, _, err = split("pets", "apart")
    assert code == 0 and "look like one of another split: --group-near-duplicates keeps" in err
    code, out, err = split("--check", "apart", "--format", "json")
    assert code == 1 and "0 images are in another split too" in err
    leaks = json.loads(out)
    assert leaks and all(
        (leak["found"], leak["split"], leak["in_split"]) == ("near duplicate", "test", "train") for leak in leaks
    )
    assert all(Path(leak["image"]).is_file() and Path(leak["as_image"]).is_file() for leak in leaks)
    code, _, err = split("pets", "together", "--group-near-duplicates")
    assert code == 0 and "each group is in one split" in err
    code, out, err = split("--check", "together")
    assert (code, out) == (0, "") and "none looks like one of another split" in err


def test_check_finds_copies_under_any_name(split: Command) -> None:
    split("pets", "out")
    shutil.copy(next(Path("out/test/cat").iterdir()), "out/train/dog/other.png")
    code, out, err = split("--check", "out", "-f", "csv")
    assert code == 1 and out.splitlines()[1].startswith("same content,1,test,out/test/cat/")
    assert "1 image is in another split too, and 0 images look like one there" in err
    assert "is not split" in split("--check", "pets")[2]


def test_what_a_list_names_without_suffix_or_hidden_is_found_in_the_folder(split: Command) -> None:
    """`transfer` looks for images by their suffix and passes hidden ones by; a list names what it likes."""
    for number in range(5):
        pets = Path("pets")
        (pets / "cat" / f"{2 * number + 1}.png").rename(pets / f"scan.{number}")
        (pets / "dog" / f"{2 * number}.png").rename(pets / f".{number}.png")
        Image.open(pets / f"scan.{number}").convert("RGB").save(pets / f"jpeg{number}", "JPEG")
    lines = [f"pets/scan.{n},cat\npets/.{n}.png,dog\npets/jpeg{n},jpeg\n" for n in range(5)]
    Path("pets.csv").write_text("path,label\n" + "".join(lines))
    code, _, err = split("pets.csv", "out", "--no-leak-check")
    assert code == 0, err
    data = load_data(Path("out"))
    assert len(data.train) + len(data.test) == 15 and data.classes == ("cat", "dog", "jpeg")
    listed = load_data(Path("pets.csv"), seed=42)
    assert data.data_hash == listed.data_hash and {i.path.name for i in data.test} <= {
        *(f"scan.{n}.png" for n in range(5)), *(f"{n}.png" for n in range(5)), *(f"jpeg{n}.jpg" for n in range(5))
    }  # fmt: skip
    assert split("--check", "out", "--format", "json")[0] in (0, 1)


@pytest.mark.parametrize("label", [".hidden", "__MACOSX", "@eaDir"])
def test_a_class_that_would_be_a_hidden_folder_is_refused(split: Command, label: str) -> None:
    Path("pets.csv").write_text(
        "path,label\n"
        + "".join(f"pets/cat/{n}.png,{label}\n" for n in range(1, 9, 2))
        + "pets/dog/0.png,dog\npets/dog/2.png,dog\n"
    )
    code, _, err = split("pets.csv", "out")
    assert code == 1 and "would be a hidden folder" in err and not Path("out").exists()
    assert split("pets.csv", "--manifest", "list.csv")[0] == 0
    assert {one for one in load_data(Path("list.csv")).classes} == {label, "dog"}


def test_classes_of_a_csv_may_not_lead_out_of_the_folder(split: Command) -> None:
    Path("list.csv").write_text("path,label\npets/dog/0.png,../../x\npets/dog/2.png,../../x\npets/cat/1.png,b\n")
    code, _, err = split("list.csv", "out")
    assert (
        code == 1
        and "class '../../x' cannot be a folder's name" in err
        and sorted(os.listdir()) == ["home", "list.csv", "pets"]
    )
    assert split("list.csv", "--manifest", "m.csv")[0] == 0


@pytest.fixture
def flat(tmp_path: Path) -> Path:
    """Twelve images of three classes and their list."""
    (tmp_path / "val").mkdir()
    lines = ["ImageId,PredictionString"]
    for number in range(12):
        name = f"ILSVRC2012_val_{number:08d}"
        (tmp_path / "val" / f"{name}.JPEG").write_bytes(bytes(number))
        boxes = f"n0000000{number % 3} 1 2 3 4 " * (1 + number % 2)
        lines.append(f"{name},{boxes}")
    (tmp_path / "LOC_val_solution.csv").write_text("\n".join(lines) + "\n")
    return tmp_path


Sort = Callable[..., tuple[int, dict[str, int], str]]


@pytest.fixture
def sort(flat: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Sort:
    """Exit code, counts and stderr of `backbones imagenet-val val LOC_val_solution.csv …`."""
    monkeypatch.chdir(flat)

    def command(
        *words: str, folder: str = "val", solution: str = "LOC_val_solution.csv"
    ) -> tuple[int, dict[str, int], str]:
        code = run(["imagenet-val", folder, solution, *words, "--format", "json"])
        out, err = capfd.readouterr()
        return code, {row["what"]: row["images"] for row in json.loads(out or "[]")}, err

    return command


def test_validation_images_are_sorted_and_a_second_run_does_nothing(sort: Sort) -> None:
    code, counts, err = sort("out")
    assert (code, counts["linked"], counts["in place already"]) == (0, 12, 0)
    assert "the list has 12 images in 3 classes; all of ImageNet's are 50,000 in 1,000" in err
    assert Path("out/n00000002/ILSVRC2012_val_00000005.JPEG").samefile("val/ILSVRC2012_val_00000005.JPEG")
    assert sort("out")[1]["in place already"] == 12
    assert sort("copied", "--copy")[1]["copied"] == 12 and files("copied") == files("out")


def test_an_interrupted_move_is_begun_again_also_in_place(sort: Sort) -> None:
    Path("val/n00000001").mkdir()
    Path("val/ILSVRC2012_val_00000001.JPEG").rename("val/n00000001/ILSVRC2012_val_00000001.JPEG")
    code, counts, _ = sort("val", "--move")
    assert (code, counts["moved"], counts["in place already"]) == (0, 11, 1)
    assert files("val") == [
        f"n0000000{n % 3}/ILSVRC2012_val_{n:08d}.JPEG" for n in sorted(range(12), key=lambda n: (n % 3, n))
    ]
    assert sort("val", "--move")[:2] == (0, {**counts, "moved": 0, "in place already": 12})
    assert "it is sorted already" in sort("elsewhere")[2]


def test_missing_and_other_images_are_named(sort: Sort) -> None:
    Path("val/ILSVRC2012_val_00000003.JPEG").unlink()
    Path("val/ILSVRC2012_val_00000099.JPEG").touch()
    Path("val/readme.txt").touch()
    Path("out/n00000001").mkdir(parents=True)
    Path("out/n00000001/ILSVRC2012_val_00000004.JPEG").write_bytes(b"something else")
    code, counts, err = sort("out")
    assert (code, counts["missing"], counts["not in the list"], counts["in place with another size"]) == (1, 1, 2, 1)
    assert "missing: ILSVRC2012_val_00000003" in err and "ILSVRC2012_val_00000099.JPEG, readme.txt" in err
    assert Path("out/n00000001/ILSVRC2012_val_00000004.JPEG").read_bytes() == b"something else"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("ImageId,PredictionString\nn02017213_7894,n02017213 115 49 448 294 \n", "as in LOC_train_solution.csv"),
        ("ImageId,PredictionString\nILSVRC2012_test_00000003,1 0 0 0 0 \n", "as in LOC_sample_submission.csv"),
        ("n01440764 tench, Tinca tinca\n", "its first line is 'n01440764 tench, Tinca tinca'"),
        ("490\n361\n", "its first line is '490'"),
        ("ImageId,PredictionString\n", "no line below the first"),
        ("ImageId,PredictionString\nILSVRC2012_val_00000001,cat 1 2 3 4\n", "'cat 1 2 3 4' for a class and its boxes"),
        ("ImageId,PredictionString\nILSVRC2012_val_00000001,../x 1 2 3 4\n", "for a class and its boxes"),
        ("ImageId,PredictionString\nILSVRC2012_val_00000001,n00000001 1 2 3 4 n00000002 1 2 3 4\n", "names several classes"),
        ("ImageId,PredictionString\n../../x,n00000001 1 2 3 4\n", "has '../../x' for an image"),
    ],
)  # fmt: skip
def test_another_list_is_told_for_what_it_is(sort: Sort, content: str, said: str) -> None:
    Path("list.csv").write_text(content)
    code, _, err = sort("out", solution="list.csv")
    assert code == 1 and said in err and not Path("out").exists()


def test_a_folder_without_the_images_is_told_and_where_they_may_be(sort: Sort) -> None:
    Path("kaggle/ILSVRC/Data/CLS-LOC").mkdir(parents=True)
    shutil.copytree("val", "kaggle/ILSVRC/Data/CLS-LOC/val")
    assert "name kaggle/ILSVRC/Data/CLS-LOC/val" in sort("out", folder="kaggle")[2]
    assert "is no folder" in sort("out", folder="nothing")[2]
    assert "use --move" in sort("val")[2]
    assert not Path("out").exists()
