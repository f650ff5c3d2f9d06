"""Whether pretrained weights lie on this machine or can be fetched: asked for all models before any is evaluated. No torch here."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from backbones.probe.transfer.preparation import ModelFacts
from backbones.probe.transfer.weights import no_such_weights, not_at_hand
from backbones.store.text import printable

_PLAIN: Final = "pytorch_model.bin"
_SAFE: Final = {_PLAIN: "model.safetensors", "open_clip_pytorch_model.bin": "open_clip_model.safetensors"}
"""A file of the hub, and the one that timm takes rather, where the hub has it."""
_PATIENCE_S: Final = 8.0


def without_weights(models: Iterable[ModelFacts]) -> dict[str, str]:
    """The models whose weights cannot be had, and a sentence on each.

    The hub is asked once, for the first file that is not here; where it does not answer, nothing else is asked for.
    """
    found: dict[str, str] = {}
    unreachable: str | None = None
    for model in models:
        if not model.has_weights:
            found[model.name] = no_such_weights(model.name)
        elif not is_here(model):
            if unreachable is None:
                unreachable = _why_unreachable(model)
            if unreachable:
                found[model.name] = not_at_hand(model.name, model.hub_id or model.url, unreachable)
    return found


def is_here(model: ModelFacts) -> bool:
    """Whether its file lies in the hub's cache, or in torch's."""
    if model.hub_id:
        try:
            from huggingface_hub import try_to_load_from_cache
        except ImportError:
            return False
        repository, _, revision = model.hub_id.partition("@")
        return any(
            isinstance(try_to_load_from_cache(repository, file, revision=revision or None), str)
            for file in _files(model)
        )
    return (_torch_folder() / Path(model.url).name).exists()


def _files(model: ModelFacts) -> list[str]:
    file = model.hub_file or _PLAIN
    return [safe, file] if (safe := _SAFE.get(file)) else [file]


def _torch_folder() -> Path:
    cache = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    home = os.environ.get("TORCH_HOME") or f"{cache}/torch"
    return Path(home).expanduser() / "hub" / "checkpoints"


def _why_unreachable(model: ModelFacts) -> str:
    """Empty where the hub answers, be it with a refusal: that is then said of the one model."""
    if model.hub_id:
        try:
            from huggingface_hub import constants, get_hf_file_metadata, hf_hub_url
        except ImportError:
            return "huggingface_hub is not installed"
        if constants.HF_HUB_OFFLINE:
            return "HF_HUB_OFFLINE is set"
        repository, _, revision = model.hub_id.partition("@")
        try:
            get_hf_file_metadata(
                hf_hub_url(repository, _files(model)[0], revision=revision or None), timeout=_PATIENCE_S
            )
        except Exception as error:
            if getattr(error, "response", None) is not None:
                return ""
            return f"no answer from the hub: {printable(' '.join(str(error).split()))[:120]}"
        return ""
    return _why_no_answer(model.url)


def _why_no_answer(url: str) -> str:
    from urllib.error import HTTPError, URLError
    from urllib.request import Request, urlopen

    try:
        with urlopen(Request(url, method="HEAD"), timeout=_PATIENCE_S):
            return ""
    except HTTPError:
        return ""
    except (URLError, OSError, ValueError) as error:
        return f"no answer: {printable(str(error))[:120]}"
