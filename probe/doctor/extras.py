"""Which extras are installed, by their metadata alone: nothing of them is imported."""

from __future__ import annotations

import importlib.util
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Final

from backbones.probe.doctor.check import Check

Version = Callable[[str], str | None]

EXTRAS: Final[dict[str, tuple[str, dict[str, str]]]] = {
    "probe": ("measure models on this machine", {"torch": "2.6", "timm": "1.0.20"}),
    "transfer": ("evaluate models on your own images", {"scikit-learn": "1.5"}),
    "export": ("save plots as PNG, SVG, PDF or HTML", {"altair": "6.0", "vl-convert-python": "1.9"}),
    "slurm": ("measure on a Slurm cluster", {"submitit": "1.5"}),
    "ray": ("measure on a Ray cluster", {"ray": "2.40"}),
}
"""Extra -> what it is for, and what it installs from which version on."""
BESIDES: Final[dict[str, dict[str, str]]] = {"transfer": {"torch": "2.6", "timm": "1.0.20", "torchvision": "0.21"}}
"""What an extra needs beside its own, and others bring too: that alone does not say that somebody wanted the extra."""
WITH_NVIDIA: Final[dict[str, dict[str, str]]] = {"probe": {"nvidia-ml-py": "12.560"}}
"""What an extra installs that is missed only where an NVIDIA GPU is."""
_SIGNS: Final = (Path("/dev/nvidiactl"), Path("/proc/driver/nvidia/version"))
"""What a driver of NVIDIA's puts there, also into a container."""


@dataclass(frozen=True, slots=True)
class Torch:
    """What a PyTorch was built for, read from its version.py."""

    version: str
    cuda: str | None
    hip: str | None


def installed(package: str) -> str | None:
    """The version of a package; None where it is not installed."""
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def extra_checks(version_of: Version = installed, has_nvidia: bool | None = None) -> list[Check]:
    """A line an extra. `has_nvidia`: whether an NVIDIA GPU is here; None: look."""
    has_nvidia = is_nvidia_here() if has_nvidia is None else has_nvidia
    return [
        _check(extra, what, needs, BESIDES.get(extra, {}), WITH_NVIDIA.get(extra, {}) if has_nvidia else {}, version_of)
        for extra, (what, needs) in EXTRAS.items()
    ]


def is_nvidia_here(signs: Sequence[Path] = _SIGNS) -> bool:
    """Whether this machine has an NVIDIA GPU, as far as driver and bus tell."""
    from backbones.probe.doctor.gpu import graphics_cards

    return any(sign.exists() for sign in signs) or "NVIDIA" in graphics_cards()


def _check(
    extra: str, what: str, own: dict[str, str], besides: dict[str, str], of_gpu: dict[str, str], version_of: Version
) -> Check:
    """`own` decides whether the extra is installed, unless nothing of `besides` is there; these and `of_gpu` are missed only then."""
    there = {package: version_of(package) for package in own | besides}
    install = f"pip install 'backbones[{extra}]'"
    told = ", ".join(f"{package} {found}" for package, found in there.items() if found)
    missing = [package for package, found in there.items() if not found]
    if set(own) <= set(missing) or (besides and set(besides) <= set(missing)):
        return Check("extras", extra, "ok", f"not installed; only needed to {what}", install)
    if missing:
        return Check("extras", extra, "warn", f"{told}, but no {', '.join(missing)}; needed to {what}", install)
    if unread := [package for package in of_gpu if not version_of(package)]:
        lost = f"{told}, but no {', '.join(unread)}: clocks, throttling and energy of the GPU are not recorded"
        return Check("extras", extra, "warn", lost, install)
    needs = own | besides | of_gpu
    there |= {package: version_of(package) for package in of_gpu}
    told = ", ".join(f"{package} {found}" for package, found in there.items() if found)
    if old := [p for p, least in needs.items() if numbers(there[p] or "") < numbers(least)]:
        wanted = ", ".join(f"{p} {needs[p]}" for p in old)
        return Check("extras", extra, "warn", f"{told}: older than {wanted}", f"pip install -U 'backbones[{extra}]'")
    return Check("extras", extra, "ok", told)


def torch_build(folder: Path | None = None) -> Torch | None:
    """The installed PyTorch, without importing it; None where there is none, or none that says."""
    if folder is None:
        spec = importlib.util.find_spec("torch")
        if spec is None or spec.origin is None:
            return None
        folder = Path(spec.origin).parent
    try:
        text = (folder / "version.py").read_text(encoding="utf-8")
    except OSError:
        return None
    said = dict(re.findall(r"^(__version__|cuda|hip)\b[^=\n]*=\s*(.+?)\s*$", text, re.MULTILINE))
    plain = {name: value.strip("'\"") for name, value in said.items()}
    if "__version__" not in plain:
        return None
    return Torch(plain["__version__"], _unless_none(plain.get("cuda")), _unless_none(plain.get("hip")))


def numbers(text: str) -> tuple[int, ...]:
    """`2.15.0+cu132` as numbers, to put versions in order; what follows a plus does not count."""
    return tuple(map(int, re.findall(r"\d+", text.partition("+")[0])))


def _unless_none(value: str | None) -> str | None:
    return None if value in (None, "None", "") else value
