"""Models with their weights, and the sentences where those cannot be had."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("torch", reason="torch is not installed (extra `transfer`)")
pytest.importorskip("timm", reason="timm is not installed (extra `transfer`)")

import timm
import torch

from backbones.probe.speed.subject import Unsupported
from backbones.probe.transfer.at_hand import without_weights
from backbones.probe.transfer.preparation import ModelFacts, Preparation
from backbones.probe.transfer.weights import NoWeights, build

PREPARED = Preparation(160, "bicubic", 0.95, "center", (0.5, 0.5, 0.5), (0.5, 0.5, 0.5))


def saved(folder: Path, name: str, seed: int = 7, **settings: Any) -> tuple[Path, dict[str, Any]]:
    torch.manual_seed(seed)
    state = timm.create_model(name, **settings).state_dict()
    file = folder / f"{name}.pth"
    torch.save(state, file)
    return file, state


def test_a_file_of_weights_is_loaded_and_its_classifier_left_away(tmp_path: Path) -> None:
    file, state = saved(tmp_path, "test_resnet")
    for classes in (0, 7):
        model = build("test_resnet", "0123", file=file, num_classes=classes)
        own = model.state_dict()
        assert all(torch.equal(own[key], state[key]) for key in own if not key.startswith("fc."))
    assert model.get_classifier().out_features == 7


def test_a_classifier_for_as_many_classes_is_kept(tmp_path: Path) -> None:
    file, state = saved(tmp_path, "test_resnet", num_classes=7)
    assert torch.equal(
        build("test_resnet", "0123", file=file, num_classes=7).state_dict()["fc.weight"], state["fc.weight"]
    )


def test_safetensors_and_what_training_wraps_weights_in_are_read(tmp_path: Path) -> None:
    safetensors = pytest.importorskip("safetensors.torch")
    _, state = saved(tmp_path, "test_resnet")
    safetensors.save_file(state, tmp_path / "a.safetensors")
    torch.save({"epoch": 3, "state_dict": {f"module.{key}": value for key, value in state.items()}}, tmp_path / "b.pth")
    for name in ("a.safetensors", "b.pth"):
        own = build("test_resnet", "0123", file=tmp_path / name).state_dict()
        assert all(torch.equal(own[key], state[key]) for key in own)


def test_position_embeddings_are_brought_to_another_resolution(tmp_path: Path) -> None:
    file, state = saved(tmp_path, "test_vit")
    model = build("test_vit", "0123", file=file, resolution=192)
    assert model.pos_embed.shape[1] > state["pos_embed"].shape[1]
    assert model(torch.zeros(1, 3, 192, 192)).shape == (1, model.num_features)


def test_weights_of_another_model_are_refused_with_the_number_of_keys(tmp_path: Path) -> None:
    file, _ = saved(tmp_path, "test_vit")
    with pytest.raises(
        NoWeights,
        match=r"test_vit.pth does not fit test_resnet: of \d+ keys \d+ are missing \(first .*unknown to the model",
    ):
        build("test_resnet", "0123", file=file)
    wide = timm.create_model("test_resnet").state_dict()
    key = next(key for key in wide if wide[key].ndim == 4)
    wide[key] = torch.zeros(3, *wide[key].shape[1:])
    torch.save(wide, tmp_path / "wide.pth")
    with pytest.raises(NoWeights, match=r"1 have another shape \(first .*: 3x.* in the file, .* in the model\)"):
        build("test_resnet", "0123", file=tmp_path / "wide.pth")


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("a.pth", b"no weights at all", "no file of weights"),
        (
            "junk.pth",
            b"en\xff\x00junk",
            r"can read.*; save a state dictionary: torch.save\(model.state_dict\(\), FILE\)$",
        ),
        ("b.safetensors", b"\xff" * 100, "no file of weights"),
        ("c.pth", b"", "c.pth is empty; bring the file again"),
        ("gone.pth", None, "there is no file"),
    ],
)
def test_what_is_no_file_of_weights_is_said_so(tmp_path: Path, name: str, content: bytes | None, words: str) -> None:
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(NoWeights, match=words):
        build("test_resnet", "0123", file=tmp_path / name)


def test_of_a_pickled_model_the_state_dictionary_is_asked_for(tmp_path: Path) -> None:
    torch.save(timm.create_model("test_resnet"), tmp_path / "whole.pth")
    with pytest.raises(
        NoWeights, match=r"whole.pth holds Python objects, .* torch.save\(model.state_dict\(\), FILE\)$"
    ):
        build("test_resnet", "0123", file=tmp_path / "whole.pth")


def test_code_in_a_file_of_weights_is_not_run(tmp_path: Path) -> None:
    class Trap:
        def __reduce__(self) -> tuple[Any, ...]:
            return (Path.touch, (tmp_path / "sprung",))

    torch.save({"state_dict": Trap()}, tmp_path / "trap.pth")
    with pytest.raises(NoWeights):
        build("test_resnet", "0123", file=tmp_path / "trap.pth")
    assert not (tmp_path / "sprung").exists()


def test_code_is_not_run_by_a_timm_that_would_unpickle_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Up to timm 1.0.24 its reader of files takes anything unless it is told not to."""
    read, asked = timm.models.load_state_dict, []

    def as_before(path: str, use_ema: bool = True, device: str = "cpu", weights_only: bool = False) -> Any:
        asked.append(weights_only)
        return read(path, use_ema, device, weights_only)

    monkeypatch.setattr(timm.models, "load_state_dict", as_before)
    file, _ = saved(tmp_path, "test_resnet")
    build("test_resnet", "0123", file=file)
    assert asked == [True]


def test_a_file_without_tensors_is_refused(tmp_path: Path) -> None:
    torch.save({"epoch": 3}, tmp_path / "a.pth")
    with pytest.raises(NoWeights, match="holds no state dictionary"):
        build("test_resnet", "0123", file=tmp_path / "a.pth")


def test_random_weights_are_the_same_each_time() -> None:
    one, other = (build("test_vit", "random").state_dict() for _ in range(2))
    assert all(torch.equal(one[key], other[key]) for key in one)


def test_weights_for_another_resolution_are_refused_with_the_cure(tmp_path: Path) -> None:
    file, _ = saved(tmp_path, "mixer_s32_224")
    with pytest.raises(NoWeights, match="leave --resolution away"):
        build("mixer_s32_224", "0123", file=file, resolution=96)


def test_an_unknown_model_is_not_looked_for_anywhere() -> None:
    with pytest.raises(Unsupported, match="has no model 'resnet_nope'"):
        build("resnet_nope.tag", "random")


def test_pretrained_weights_without_network_name_the_hub_and_what_to_do(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    hub = pytest.importorskip("huggingface_hub")
    monkeypatch.setattr(hub.constants, "HF_HUB_CACHE", str(tmp_path))
    monkeypatch.setattr(hub.constants, "HF_HUB_OFFLINE", True)
    facts = ModelFacts("test_vit.r160_in1k", PREPARED, hub_id="timm/test_vit.r160_in1k")
    said = without_weights([facts])["test_vit.r160_in1k"]
    assert said.index("HF_HOME") < said.index("--weights")  # the first keeps the rows beside the published ones
    for words in (
        "timm/test_vit.r160_in1k",
        "--weights test_vit.r160_in1k=FILE",
        "HF_HOME",
        "HF_HUB_OFFLINE is set",
        "--random-weights",
    ):
        assert words in said


def test_weights_in_the_cache_of_the_hub_are_found(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    hub = pytest.importorskip("huggingface_hub")
    repository = tmp_path / "models--timm--test_vit.r160_in1k"
    (repository / "refs").mkdir(parents=True)
    (repository / "refs" / "main").write_text("0" * 40)
    (repository / "snapshots" / ("0" * 40)).mkdir(parents=True)
    (repository / "snapshots" / ("0" * 40) / "model.safetensors").write_bytes(b"x")
    real = hub.try_to_load_from_cache
    monkeypatch.setattr(hub, "try_to_load_from_cache", lambda *a, **k: real(*a, **k, cache_dir=tmp_path))
    assert without_weights([ModelFacts("test_vit.r160_in1k", PREPARED, hub_id="timm/test_vit.r160_in1k")]) == {}


def test_a_model_that_nobody_has_published_weights_of_is_said_so() -> None:
    assert "timm knows no weights of resnet_new" in without_weights([ModelFacts("resnet_new", PREPARED)])["resnet_new"]
