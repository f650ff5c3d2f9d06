"""Which models a user means: names, globs and architectures with a tag, over what the installed timm has."""

from __future__ import annotations

import fnmatch
import json
import subprocess
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from backbones.probe.speed.worker import CANNOT
from backbones.store.errors import BackbonesError, UnknownName
from backbones.store.text import closest, fold

_ASK: Final = (sys.executable, "-P", "-m", "backbones.probe.speed.here")
_PATIENCE_S: Final = 180


@dataclass(frozen=True, slots=True)
class Here:
    """What can be measured, and on what."""

    models: tuple[str, ...]
    """All architectures of the installed timm."""
    devices: tuple[str, ...]
    """As torch calls them, `cpu` last."""
    names: Mapping[str, str] = field(default_factory=dict)
    """What the makers call them, where there are several accelerators."""


def look_around(command: Sequence[str] = _ASK) -> Here:
    """Ask torch and timm in a process of their own: 4 s. BackbonesError with a sentence where they are missing."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=_PATIENCE_S, check=False)
    except subprocess.TimeoutExpired:
        raise BackbonesError(
            f"torch did not start within {_PATIENCE_S} s; try `python -c 'import torch, timm'`"
        ) from None
    if done.returncode == CANNOT:
        raise BackbonesError(done.stderr.strip())
    try:
        found = json.loads(done.stdout.splitlines()[-1])
        return Here(tuple(found["models"]), tuple(found["devices"]), dict(found["names"]))
    except (IndexError, ValueError, KeyError, TypeError):
        last = (done.stderr.strip().splitlines() or [f"exit code {done.returncode}"])[-1]
        raise BackbonesError(f"torch and timm cannot be asked for models: {last}") from None


def choose_models(wanted: Iterable[str], known: Sequence[str]) -> list[str]:
    """The models that are meant, each once, in the order of the wishes. UnknownName with suggestions.

    `resnet50` is itself; `resnet50.a1_in1k` is `resnet50`, since weights do not change speed; `convnext_*` is all that match.
    """
    by_fold = {fold(name): name for name in known}
    found: dict[str, None] = {}
    for wish in wanted:
        name = wish.strip().removeprefix("timm/")
        matching = [one for one in known if fnmatch.fnmatchcase(one, name.lower())] if _is_glob(name) else []
        if exact := by_fold.get(fold(name)) or by_fold.get(fold(name.partition(".")[0])):
            matching = [exact]
        if not matching:
            raise UnknownName(wish, "model of timm", [] if _is_glob(name) else closest(name.partition(".")[0], known))
        found |= dict.fromkeys(matching)
    return list(found)


def choose_devices(wanted: Iterable[str], known: Sequence[str]) -> list[str]:
    """The devices that are meant: names, `cuda` for its first, `all`, or nothing for the first accelerator, else the CPU."""
    found: dict[str, None] = {}
    for wish in (part.strip().lower() for one in wanted for part in one.split(",")):
        name = next((one for one in known if one == wish or one.partition(":")[0] == wish), None)
        if wish == "all":
            found |= dict.fromkeys(known)
        elif name:
            found[name] = None
        else:
            raise BackbonesError(f"there is no device {wish!r} here; torch sees {', '.join(known)}")
    return list(found) or list(known[:1])


def refuse_impossible(precisions: Iterable[str], devices: Sequence[str]) -> None:
    """BackbonesError, before a worker is started, where no device can compute so."""
    if "tf32" in precisions and not any(device.partition(":")[0] == "cuda" for device in devices):
        raise BackbonesError(f"{', '.join(devices)} has no TF32, which NVIDIA GPUs have from Ampere on; ask for fp32")


def alike(wanted: Iterable[str], here: Here) -> list[list[str]]:
    """The devices that are meant, those of one name together; where nothing is said, all that are like the first.

    BackbonesError where no two are alike.
    """
    wanted = tuple(wanted)
    groups: dict[str, list[str]] = {}
    for device in choose_devices(wanted or ("all",), here.devices):
        groups.setdefault(here.names.get(device, device), []).append(device)
    found = list(groups.values()) if wanted else list(groups.values())[:1]
    if all(len(group) < 2 for group in found):
        named = {
            device: f" ({here.names[device]})" if device in here.names else "" for group in found for device in group
        }
        devices = ", ".join(device + name for device, name in named.items())
        raise BackbonesError(f"--spread is for several devices of one name, and there is only {devices}; leave it away")
    return found


def _is_glob(name: str) -> bool:
    return any(sign in name for sign in "*?[")
