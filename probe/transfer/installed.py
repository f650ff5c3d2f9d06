"""The models of the installed timm and the devices that torch sees: asked once in a process of its own (4 s), then remembered."""

from __future__ import annotations

import fnmatch
import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, Final

from backbones.probe.doctor.extras import torch_build
from backbones.probe.speed.worker import CANNOT
from backbones.probe.transfer.preparation import ModelFacts, Preparation
from backbones.store.errors import BackbonesError, UnknownName
from backbones.store.text import closest, fold

ASK: Final = (sys.executable, "-P", "-m", "backbones.probe.transfer.here")
_PATIENCE_S: Final = 180
_VISIBLE: Final = ("CUDA_VISIBLE_DEVICES", "HIP_VISIBLE_DEVICES", "ROCR_VISIBLE_DEVICES", "ZE_AFFINITY_MASK")
_NODES: Final = ("/dev/nvidia0", "/dev/nvidiactl", "/dev/kfd", "/dev/dri/renderD128")


@dataclass(frozen=True, slots=True)
class Installed:
    """What can be evaluated, and on what."""

    defaults: dict[str, str]
    """Every architecture, and its name with the tag of its default weights, if there are any."""
    facts: dict[str, ModelFacts]
    """By architecture and by name with tag."""
    devices: tuple[str, ...]
    """As torch calls them, `cpu` last."""
    mixed: dict[str, str]
    """The precision of training in mixed precision, by device."""
    optimisers: tuple[str, ...] = ()
    """Those of timm."""

    def named(self, wishes: Iterable[str], with_tags: bool = True) -> list[str]:
        """The models that are meant, each once, in the order of the wishes: names with or without tag, and globs.

        A name without a tag has timm's default one; without `with_tags` (weights are random, or from a file) none has a tag.
        UnknownName with suggestions.
        """
        found: dict[str, None] = {}
        for wish in wishes:
            found |= dict.fromkeys(self._meant(wish.strip().removeprefix("timm/"), with_tags))
        return list(found)

    def _meant(self, wish: str, with_tags: bool) -> list[str]:
        if any(sign in wish for sign in "*?["):
            names = [name for name in self.facts if "." in name] if "." in wish else list(self.defaults)
            if matching := [name for name in names if fnmatch.fnmatchcase(name, wish.lower())]:
                return [self._tagged(name, with_tags) for name in matching]
            raise UnknownName(wish, "model of timm", [])
        name, _, tag = wish.partition(".")
        exact = next((one for one in self.defaults if fold(one) == fold(name)), None)
        if exact is None:
            raise UnknownName(wish, "model of timm", closest(name, list(self.defaults)))
        if not tag or not with_tags:
            return [self._tagged(exact, with_tags)]
        of_this = [one for one in self.facts if one.partition(".")[0] == exact and "." in one]
        if f"{exact}.{tag}" in of_this:
            return [f"{exact}.{tag}"]
        tags = [one.partition(".")[2] for one in of_this]
        raise UnknownName(wish, "model of timm", [f"{exact}.{near}" for near in closest(tag, tags) or tags[:5]])

    def _tagged(self, name: str, with_tags: bool) -> str:
        architecture = name.partition(".")[0]
        if not with_tags:
            return architecture
        return name if "." in name else self.defaults[architecture]


def installed(folder: Path, command: Sequence[str] = ASK) -> Installed:
    """What is installed here; `folder` keeps the answer until torch, timm or the visible devices change.

    BackbonesError with a sentence where torch or timm is missing.
    """
    file = folder / f"timm-{_fingerprint()}.json"
    with suppress(OSError, ValueError, KeyError, TypeError, IndexError):
        return _read(json.loads(file.read_text()))
    plain = _ask(command)
    with suppress(OSError):  # remembering is only for speed
        folder.mkdir(parents=True, exist_ok=True)
        fresh = file.with_suffix(f".{os.getpid()}")
        fresh.write_text(json.dumps(plain))
        fresh.replace(file)
    return _read(plain)


def installed_version(package: str) -> str:
    """The version of a package without importing it; empty where it is missing."""
    try:
        return version(package)
    except PackageNotFoundError:
        return ""


def torch_version() -> str:
    """As PyTorch calls itself, with what it was built for: `2.15.0+cu132`. Its package may leave that out."""
    build = torch_build()
    return installed_version("torch") if build is None else build.version


def _fingerprint() -> str:
    """12 hex digits of what the answer depends on."""
    seen: list[Any] = [torch_version(), installed_version("timm"), sys.executable]
    seen += [os.environ.get(name) for name in _VISIBLE] + [os.path.exists(node) for node in _NODES]
    return hashlib.sha256(json.dumps(seen).encode()).hexdigest()[:12]


def _ask(command: Sequence[str]) -> dict[str, Any]:
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=_PATIENCE_S, check=False)
    except subprocess.TimeoutExpired:
        raise BackbonesError(
            f"torch did not start within {_PATIENCE_S} s; try `python -c 'import torch, timm'`"
        ) from None
    if done.returncode == CANNOT:
        raise BackbonesError(done.stderr.strip())
    try:
        found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
        _read(found)
        return found
    except (IndexError, ValueError, KeyError, TypeError):
        last = (done.stderr.strip().splitlines() or [f"exit code {done.returncode}"])[-1]
        raise BackbonesError(f"torch and timm cannot be asked for models: {last}") from None


def _read(plain: dict[str, Any]) -> Installed:
    facts = {}
    for name, (side, interpolation, crop_pct, crop_mode, mean, std, *rest) in plain["facts"].items():
        facts[name] = ModelFacts(
            name, Preparation(side, interpolation, crop_pct, crop_mode, tuple(mean), tuple(std)), *rest
        )
    return Installed(plain["defaults"], facts, tuple(plain["devices"]), plain["mixed"], tuple(plain["optimisers"]))
