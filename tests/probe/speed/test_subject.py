"""How a model is made: the size of its images, and where its weights lie until they are in the type that is asked for."""

from __future__ import annotations

from typing import Any

import pytest

torch = pytest.importorskip(
    "torch", reason="measuring needs torch: pip install 'backbones[probe]'", exc_type=ImportError
)
pytest.importorskip("timm", reason="measuring needs timm: pip install 'backbones[probe]'", exc_type=ImportError)

from backbones.probe.speed import subject  # noqa: E402
from backbones.probe.speed.quick_init import Pool  # noqa: E402
from backbones.probe.speed.subject import Subject, Unsupported  # noqa: E402
from backbones.store.measuring.visit import Task  # noqa: E402

POOL = Pool()


def test_images_that_are_not_square_are_measured_as_they_are(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Any] = []
    one = Subject(Task("vit_base_patch16_sapiens2", "throughput", "cpu", "fp32"), "cpu", POOL)
    one._called = lambda images: asked.append(images.shape)
    one.step(2)()
    assert asked == [(2, 3, 1024, 768)] and one.shape == (3, 1024, 768) and one.resolution == 768


def test_a_square_of_a_model_that_is_not_square_is_refused_with_a_sentence() -> None:
    task = Task("vit_base_patch16_sapiens2", "throughput", "cpu", "fp32", resolution=768)
    with pytest.raises(Unsupported, match=r"takes images of 1024 x 768 px.*leave --resolution away"):
        Subject(task, "cpu", POOL)


@pytest.mark.parametrize(
    ("precision", "place"), [("fp32", "meta"), ("amp_bf16", "meta"), ("bf16", "cpu"), ("fp16", "cpu")]
)
def test_half_precision_never_lies_on_the_device_in_full(
    precision: Any, place: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The device is torch's stand-in that holds nothing."""
    made: list[str] = []
    moved: list[tuple[str, torch.dtype]] = []
    real, convert = subject._sized, torch.nn.Module._apply

    def sized(task: Task) -> Any:
        made.append(torch.empty(0).device.type)
        return real(task)

    def apply(self: Any, change: Any, recurse: bool = True) -> Any:
        done = convert(self, change, recurse)
        moved.extend((weight.device.type, weight.dtype) for weight in self.parameters(recurse=False))
        return done

    monkeypatch.setattr(subject, "_sized", sized)
    monkeypatch.setattr(torch.nn.Module, "_apply", apply)
    one = Subject(Task("test_vit", "throughput", "meta", precision), "meta", POOL)
    assert made == [place]
    weight = next(one._model.parameters())
    full = precision in ("fp32", "amp_bf16")
    assert weight.device.type == "meta" and (weight.dtype == torch.float32) is full
    assert full or ("meta", torch.float32) not in moved


@pytest.mark.parametrize("precision", ["fp32", "bf16"])
def test_a_size_that_is_asked_for_is_tried_in_any_precision(precision: Any) -> None:
    assert Subject(Task("test_resnet", "throughput", "cpu", precision, resolution=96), "cpu", POOL).resolution == 96
    with pytest.raises(Unsupported, match="takes no images of 200 px"):
        Subject(Task("test_maxvit", "throughput", "cpu", precision, resolution=200), "cpu", POOL)
