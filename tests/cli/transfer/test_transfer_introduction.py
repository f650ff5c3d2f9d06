"""Before a run it is said what the results will be called; they join a data set of the catalogue's only where all agrees."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path

import pytest

pytest.importorskip("PIL", reason="the modules of image data read images by Pillow")

from backbones.cli.session import Session
from backbones.cli.transfer import Options
from backbones.cli.transfer_introduction import introduce
from backbones.probe.transfer.images import Image, ImageData
from backbones.store.transferring.own_data import asked_in

Say = Callable[..., str]


def images(
    name: str, train: int = 18900, test: int = 8100, is_given: bool = True, data_hash: str = "ab" * 8
) -> ImageData:
    """As many as EuroSAT has, in ten classes."""

    def drawn(of: str, count: int) -> Iterable[Image]:
        return (Image(Path(of), i % 10, f"{of}{i}", 64, 64) for i in range(count))

    classes = tuple(f"c{i}" for i in range(10))
    return ImageData(
        name, classes, tuple(drawn("a", train)), (), tuple(drawn("b", test)), data_hash, (), 0, is_given, "11" * 8
    )


@pytest.fixture
def told(
    tmp_path: Path, furnish: Callable[[Path], Path], monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> Say:
    """What is said of images, on the shipped catalogue."""
    monkeypatch.setenv("BACKBONES_HOME", str(furnish(tmp_path / "home")))
    plain = {name: None for name in Options.__dataclass_fields__} | {"test": 0.2, "val": 0.1, "seed": 7}

    def say(data: ImageData, dataset: str = "", dry_run: bool = False) -> str:
        options = replace(Options(**plain), dataset=dataset, dry_run=dry_run)  # type: ignore[arg-type]
        introduce(Session(), options, data)
        return capfd.readouterr().err

    return say


def noted() -> list[tuple[str, str]]:
    return [(one.data, one.dataset) for one in asked_in(Session().places.measurements)]


def test_a_name_of_the_catalogue_is_said_to_be_another(told: Say) -> None:
    said = told(images("cars"))
    assert "the catalogue calls Stanford Cars 'cars', too" in said and "kept apart as 'cars (yours)'" in said
    assert "--dataset stanford-cars" in said and noted() == [("cars", "")]
    assert "too: " not in told(images("my cars"))


def test_only_images_that_agree_are_joined(told: Say) -> None:
    assert "your results are not joined with eurosat" in told(images("mine", test=8000), "eurosat")
    assert "your results are not joined with eurosat" in told(images("mine", is_given=False), "eurosat")
    assert noted() == [("mine", "")]
    said = told(images("mine"), "eurosat")
    assert "it agrees with what is known of eurosat" in said and "top_1@eurosat:collection=probe" in said
    assert noted() == [("mine", "EuroSAT")]


def test_what_was_joined_once_stays_joined(told: Say) -> None:
    told(images("eurosat"), "eurosat")
    said = told(images("eurosat"))
    assert "too: " not in said and "beside those reported on EuroSAT" in said and noted() == [("eurosat", "EuroSAT")]
    assert "too: " in told(images("eurosat", data_hash="cd" * 8))  # another split


def test_a_dry_run_notes_nothing(told: Say) -> None:
    told(images("mine"), dry_run=True)
    assert noted() == []


def test_how_the_images_are_split_is_noted(told: Say) -> None:
    drawn = images("drawn", 30, 10, is_given=False)
    told(images("given", 30, 10))
    told(drawn)
    told(replace(drawn, name="more drawn", val=drawn.train[:3]))
    found = [one[5:] for one in sorted(asked_in(Session().places.measurements))]
    assert found == [
        (30, 0, "20 % drawn to test on, seed 7"), (30, 0, "given"),
        (30, 3, "20 % drawn to test on, 10 % drawn to choose on, seed 7"),
    ]  # fmt: skip
