"""One function that makes a timm model with its weights, for frozen features and for fine-tuning alike."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

from backbones.probe.speed.subject import Unsupported
from backbones.store.text import printable

_OFFLINE: Final = (
    "LocalEntryNotFound",
    "OfflineMode",
    "ConnectionError",
    "ConnectError",
    "Timeout",
    "URLError",
    "gaierror",
)
"""What the names of errors hold that mean: the file is not here and nobody can be asked for it."""

_SAVE: Final = "torch.save(model.state_dict(), FILE)"


class NoWeights(Exception):
    """The weights cannot be had, or the file does not fit; the sentence says what to do."""


def build(
    model: str,
    weights: str = "pretrained",
    *,
    file: Path | None = None,
    num_classes: int = 0,
    resolution: int = 0,
    device: str = "cpu",
    seed: int = 0,
    **settings: Any,
) -> Any:
    """A model of timm's on a device, in training mode as timm makes it.

    `weights`: `pretrained` (those of the model's tag), `random` (drawn from `seed`), or anything else with `file`: a state
    dictionary as torch or safetensors saves it. `num_classes` 0: no classifier, `forward` gives the pooled features; else a
    new one, drawn from `seed`. `resolution` 0: the model's own. `settings` go to `timm.create_model` (drop_path_rate …).
    NoWeights, Unsupported.
    """
    import timm
    import torch

    if not timm.is_model(model.partition(".")[0]):  # a name of the hub would be asked for over the network
        raise Unsupported(f"timm {timm.__version__} has no model {model.partition('.')[0]!r}")
    torch.manual_seed(seed)
    is_pretrained = weights == "pretrained" and file is None
    try:
        made = _sized(model, resolution, pretrained=is_pretrained, num_classes=num_classes, **settings)
    except (Unsupported, NoWeights):
        raise
    except Exception as error:
        if is_pretrained and "size mismatch" in str(error):
            raise Unsupported(
                f"the weights of {model} are not for images of {resolution} px; leave --resolution away"
            ) from None
        if is_pretrained and (sentence := _why_not_fetched(model, error)):
            raise NoWeights(sentence) from None
        raise
    if file is not None:
        try:
            load(made, model, file)
        except NoWeights as error:
            if resolution and "another shape" in str(error):
                raise NoWeights(
                    f"{error}; or the weights are for another resolution: leave --resolution away"
                ) from None
            raise
    return made.to(device)


def _sized(model: str, resolution: int, **settings: Any) -> Any:
    """Made for a resolution, which networks with position embeddings must be told."""
    import timm

    facts = timm.get_pretrained_cfg(model)
    if not resolution or (facts and resolution == facts.input_size[1]):
        return timm.create_model(model, **settings)
    name = model.partition(".")[0]
    try:
        return timm.create_model(model, img_size=resolution, **settings)
    except TypeError:  # convolutional networks take any size and have no such argument
        if facts and facts.fixed_input_size and resolution != (facts.test_input_size or facts.input_size)[1]:
            raise Unsupported(
                f"{name} takes images of {facts.input_size[1]} px only; leave --resolution away"
            ) from None
        return timm.create_model(model, **settings)
    except (AssertionError, ValueError) as error:
        raise Unsupported(f"{name} takes no images of {resolution} px: {printable(str(error))}") from None


def load(made: Any, model: str, file: Path) -> None:
    """Load a file of weights into a model of that name. NoWeights where they do not fit."""
    state = _read(file)
    classifiers = made.pretrained_cfg.get("classifier") or ()
    classifiers = (classifiers,) if isinstance(classifiers, str) else tuple(classifiers)
    own = made.state_dict()
    fresh = {key for key in own if key.rpartition(".")[0] in classifiers}
    """The new classifier's: the file's is for other classes."""
    fitting = _fitting(state, own, fresh)
    if _misfits(fitting, own, fresh):  # weights in the words of their authors, or for another resolution
        convert = getattr(importlib.import_module(type(made).__module__), "checkpoint_filter_fn", None)
        with suppress(Exception):  # made for other files than this; what is said next is about the file itself
            fitting = _fitting(convert(dict(state), made), own, fresh) if convert else fitting
    if misfits := _misfits(fitting, own, fresh):
        raise NoWeights(_does_not_fit(model, file, fitting, own, misfits))
    made.load_state_dict(fitting, strict=False)


def _fitting(state: Mapping[str, Any], own: Mapping[str, Any], fresh: set[str]) -> dict[str, Any]:
    """The file's tensors without a classifier of another shape."""
    return {
        key: value
        for key, value in state.items()
        if key not in fresh or getattr(value, "shape", None) == own[key].shape
    }


def _misfits(state: Mapping[str, Any], own: Mapping[str, Any], fresh: set[str]) -> dict[str, str]:
    """What the model has and the file lacks, or has in another shape: key to a word on it."""
    found = {}
    for key, value in own.items():
        if key not in state:
            if key not in fresh and not key.endswith("num_batches_tracked"):
                found[key] = "missing"
        elif tuple(state[key].shape) != tuple(value.shape):
            found[key] = f"{_shape(state[key])} in the file, {_shape(value)} in the model"
    return found


def _does_not_fit(
    model: str, file: Path, state: Mapping[str, Any], own: Mapping[str, Any], misfits: Mapping[str, str]
) -> str:
    missing = [key for key, word in misfits.items() if word == "missing"]
    shapes = [f"{key}: {word}" for key, word in misfits.items() if word != "missing"]
    unknown = [key for key in state if key not in own]
    parts = [f"{len(missing):,} are missing (first {missing[0]})"] if missing else []
    parts += [f"{len(shapes):,} have another shape (first {shapes[0]})"] if shapes else []
    parts += [f"{len(unknown):,} of the file's are unknown to the model"] if unknown else []
    return printable(
        f"{file.name} does not fit {model}: of {len(own):,} keys {', '.join(parts)}; name the model that it is of"
    )


def _shape(tensor: Any) -> str:
    return "x".join(map(str, tensor.shape)) or "a single number"


def _read(file: Path) -> Mapping[str, Any]:
    """The tensors in a file, without what training wraps them in. Nothing but tensors is read: no code is run."""
    from timm.models import load_state_dict

    try:
        state = load_state_dict(str(file), weights_only=True)  # timm below 1.0.25 would unpickle anything
    except FileNotFoundError:
        raise NoWeights(f"there is no file {file}") from None
    except MemoryError:
        raise
    except Exception as error:  # of any kind: whatever bytes a file holds are taken for instructions
        raise NoWeights(_unreadable(file, error)) from None
    tensors = {key: value for key, value in state.items() if hasattr(value, "shape")} if isinstance(state, dict) else {}
    if not tensors:
        raise NoWeights(f"{file.name} holds no state dictionary; save one: {_SAVE}")
    return tensors


def _unreadable(file: Path, error: BaseException) -> str:
    """What is wrong with it, and the cure."""
    if not file.stat().st_size:
        return f"{file.name} is empty; bring the file again"
    text = printable(" ".join(str(error).split()))
    if (
        "WeightsUnpickler" in text
        or "Unsupported global" in text
        or "unsupported GLOBAL" in text.replace("Unsupported", "unsupported")
    ):
        return (
            f"{file.name} holds Python objects, as a whole pickled model, and none are read, since they could run code; save its "
            f"tensors where you trust the file: {_SAVE}"
        )
    reason = f" ({text[:120]})" if " " in text else ""
    return f"{file.name} is no file of weights that torch or safetensors can read{reason}; save a state dictionary: {_SAVE}"


def _why_not_fetched(model: str, error: BaseException) -> str:
    """The sentence for an error that means: no weights; empty for any other error."""
    import timm

    facts = timm.get_pretrained_cfg(model)
    if facts is None or not facts.has_weights:
        return no_such_weights(model)
    chain: BaseException | None = error
    while chain is not None:
        if any(
            word in type(chain).__name__
            for word in (*_OFFLINE, "HfHub", "RepositoryNotFound", "HTTPError", "EntryNotFound")
        ):
            return not_at_hand(model, str(facts.hf_hub_id or facts.url), printable(" ".join(str(error).split()))[:160])
        chain = chain.__cause__ or chain.__context__
    return ""


def not_at_hand(model: str, where: str, why: str = "") -> str:
    """Weights exist but cannot be had here."""
    return (
        f"the weights of {model} are not on this machine and cannot be fetched" + (f" ({why})" if why else "")
        + f": they are {where}. Let HF_HOME name a folder that has them (fetched once on a machine with network, then copied), or "
        f"bring the file and say --weights {model}=FILE, whose rows say that nobody compared it; --random-weights goes without "
        "and marks the rows"
    )  # fmt: skip


def no_such_weights(model: str) -> str:
    """Nobody has published any that timm knows."""
    return (
        f"timm knows no weights of {model}; name a model with a tag that has some, say --weights {model}=FILE, "
        "or --random-weights, which marks the rows"
    )
