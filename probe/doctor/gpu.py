"""The GPU: whether driver and PyTorch fit, and what would disturb a measurement."""

from __future__ import annotations

import importlib
import os
import platform
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from backbones.probe.doctor.cards import Card, Driver, driver_by_nvml, driver_by_smi
from backbones.probe.doctor.check import Check, Verdict
from backbones.probe.doctor.extras import Torch, numbers, torch_build
from backbones.probe.doctor.terminal import Ask, ask

_NVIDIA, _AMD, _INTEL = "0x10de", "0x1002", "0x8086"
_VENDORS: Final = {_NVIDIA: "NVIDIA", _AMD: "AMD", _INTEL: "Intel"}
_INSTALL: Final = "install the driver from your distribution or from NVIDIA"


def gpu_checks() -> list[Check]:
    """What was found on this machine."""
    return judged(driver(), torch_build(), graphics_cards(), is_apple=_is_apple())


def driver(ask: Ask = ask) -> Driver | None:
    """What the NVIDIA driver says, asked by the package or by its program."""
    found: Driver | None = None
    try:
        pynvml = importlib.import_module("pynvml")
    except ImportError:
        pass
    else:
        found = driver_by_nvml(pynvml)
    if found is None or (found.trouble and not found.cards):
        return driver_by_smi(ask) or found
    return found


def judged(driver: Driver | None, torch: Torch | None, hardware: list[str], is_apple: bool = False) -> list[Check]:
    """The lines about driver, PyTorch and each GPU."""
    if driver is None or not driver.cards:
        return [*_without(driver, hardware, is_apple), *_torch_alone(torch, hardware, is_apple)]
    told = f"NVIDIA {driver.version}" + (f", knows CUDA up to {driver.cuda}" if driver.cuda else "")
    found = [
        _line("driver", "ok", f"{told}; {len(driver.cards)} GPU{'s' if len(driver.cards) > 1 else ''} (by {driver.by})")
    ]
    found.append(_match(driver, torch))
    for card in driver.cards:
        found += _card(card)
    if driver.by != "nvidia-ml-py":
        advice = "pip install nvidia-ml-py"
        found.append(
            _line("nvidia-ml-py", "warn", "not installed: clocks, throttling and energy are not recorded", advice)
        )
    return found


def _without(driver: Driver | None, hardware: list[str], is_apple: bool) -> Iterator[Check]:
    if driver is not None and driver.trouble:
        advice = "after an update of the driver, restart the machine (or reload its modules)"
        yield _line("driver", "fail", f"the NVIDIA driver does not answer: {driver.trouble}", advice)
    elif "NVIDIA" in hardware:
        yield _line("driver", "fail", "an NVIDIA GPU is there, but no driver answers", f"{_INSTALL}, then restart")
    elif "AMD" in hardware:
        yield _line("driver", "ok", "an AMD GPU; nothing more is looked at: see `rocm-smi`")
    elif is_apple:
        yield _line("driver", "ok", "Apple silicon: measured as `mps`")
    else:
        yield _line("driver", "ok", "no GPU found; models are measured on the CPU")


def _torch_alone(torch: Torch | None, hardware: list[str], is_apple: bool) -> Iterator[Check]:
    if torch is None:
        yield _line("PyTorch", "ok", "not installed; only needed to measure", "pip install 'backbones[probe]'")
    elif "AMD" in hardware and "NVIDIA" not in hardware and torch.hip is None and not is_apple:
        advice = "install the build for ROCm that pytorch.org names, if your GPU is one that it knows"
        yield _line("PyTorch", "warn", f"{torch.version} is not built for ROCm: it will not use the AMD GPU", advice)
    else:
        yield _line("PyTorch", "ok", f"{torch.version}, built for {_built_for(torch)}")


def _match(driver: Driver, torch: Torch | None) -> Check:
    """Whether PyTorch's CUDA is one that the driver knows."""
    if torch is None:
        return _line("PyTorch", "warn", "not installed: the GPU cannot be measured", "pip install 'backbones[probe]'")
    told = f"{torch.version}, built for {_built_for(torch)}"
    if torch.cuda is None:
        advice = "install the build for CUDA that pytorch.org names"
        return _line("PyTorch", "fail", f"{told}: it does not use the NVIDIA GPU", advice)
    if not driver.cuda:
        return _line("PyTorch", "ok", f"{told}; whether the driver knows that CUDA was not told")
    wanted, known = numbers(torch.cuda), numbers(driver.cuda)
    if wanted[:1] > known[:1]:
        advice = f"update the driver, or install a PyTorch built for CUDA {known[0]}"
        return _line("PyTorch", "fail", f"{told}, but the driver knows CUDA up to {driver.cuda} only", advice)
    if wanted > known:
        return _line(
            "PyTorch", "ok", f"{told}; the driver's CUDA {driver.cuda} is older, of the same major version: it runs"
        )
    return _line("PyTorch", "ok", f"{told}: the driver knows it")


def _card(card: Card) -> Iterator[Check]:
    what = f"GPU {card.index}"
    memory = f", {card.memory_used_mib or 0:,} of {card.memory_mib:,} MiB used" if card.memory_mib else ""
    warm = f", {card.temperature} °C" if card.temperature is not None else ""
    yield _line(what, "ok", f"{card.name}{memory}{warm}")
    if card.processes:
        shown = ", ".join(map(str, card.processes[:5])) + (" …" if len(card.processes) > 5 else "")
        advice = "stop them before measuring; their numbers would be marked as taken on a shared device"
        yield _line(
            what,
            "warn",
            f"{len(card.processes)} other process{'es' if len(card.processes) > 1 else ''} compute on it: {shown}",
            advice,
        )
    if card.throttled_by:
        advice = "improve its cooling or power supply, or let it rest"
        yield _line(what, "warn", f"it slows itself down now: {', '.join(card.throttled_by)}", advice)
    if card.persistence is False:
        yield _line(
            what, "warn", "persistence mode is off: the first call after a pause is slow", "sudo nvidia-smi -pm 1"
        )
    if card.mig:
        advice = "measure an instance by its UUID (CUDA_VISIBLE_DEVICES=MIG-…); it is a smaller device than the whole"
        yield _line(what, "warn", "split into instances (MIG)", advice)
    if card.exclusive:
        advice = "sudo nvidia-smi -c 0, if others need it too"
        yield _line(what, "warn", "only one process may use it at a time (compute mode)", advice)
    limit, usual = card.power_limit_w, card.default_power_limit_w
    if limit and usual and limit < 0.99 * usual:
        advice = f"sudo nvidia-smi -pl {usual:.0f} restores it; else compare only with boards under the same limit"
        yield _line(what, "warn", f"may draw {limit:.0f} W of its usual {usual:.0f} W", advice)


def graphics_cards(root: Path = Path("/sys/bus/pci/devices")) -> list[str]:
    """Vendors of the display and compute controllers that the bus has, whether a driver runs them or not."""
    found = []
    try:
        entries = sorted(os.listdir(root))
    except OSError:
        return []
    for entry in entries:
        try:
            kind = (root / entry / "class").read_text().strip()
            vendor = (root / entry / "vendor").read_text().strip()
        except OSError:
            continue
        if kind.startswith(("0x0300", "0x0302", "0x0380", "0x1200")) and vendor in _VENDORS:
            found.append(_VENDORS[vendor])
    return found


def _is_apple() -> bool:
    return platform.system() == "Darwin" and platform.machine() == "arm64"


def _built_for(torch: Torch) -> str:
    return f"CUDA {torch.cuda}" if torch.cuda else f"ROCm {torch.hip}" if torch.hip else "the CPU"


def _line(what: str, verdict: Verdict, found: str, advice: str = "") -> Check:
    return Check("gpu", what, verdict, found, advice)
