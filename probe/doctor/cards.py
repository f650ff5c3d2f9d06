"""What the driver says of the NVIDIA GPUs: by nvidia-ml-py where it is installed, else by nvidia-smi. No torch."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

Ask = Callable[[Sequence[str]], str | None]

HOT: Final = {0x08: "hardware slowdown", 0x20: "hot (driver)", 0x40: "hot (hardware)", 0x80: "power brake"}
"""Reasons for lower clocks that are no normal ones. A power cap under full load is normal."""


@dataclass(frozen=True, slots=True)
class Card:
    """One GPU; None is what was not told."""

    index: int
    name: str
    uuid: str = ""
    memory_mib: int | None = None
    memory_used_mib: int | None = None
    persistence: bool | None = None
    mig: bool | None = None
    ecc: bool | None = None
    exclusive: bool | None = None
    """Only one process may use it."""
    temperature: int | None = None
    power_limit_w: float | None = None
    default_power_limit_w: float | None = None
    throttled_by: tuple[str, ...] = ()
    processes: tuple[int, ...] = ()
    """Numbers of those that compute on it."""


@dataclass(frozen=True, slots=True)
class Driver:
    """The driver and its GPUs."""

    version: str
    cuda: str
    """The newest CUDA that it knows; empty where it was not told."""
    cards: tuple[Card, ...]
    by: str
    """How it was asked: `nvidia-ml-py` or `nvidia-smi`."""
    trouble: str = ""
    """Why it gave no answer."""


def driver_by_nvml(nvml: Any) -> Driver | None:
    """What NVML says; None where no driver is installed. Whatever else hinders it is the driver's `trouble`."""
    try:
        nvml.nvmlInit()
    except nvml.NVMLError as error:
        if isinstance(error, getattr(nvml, "NVMLError_LibraryNotFound", ())):
            return None
        return Driver("", "", (), "nvidia-ml-py", str(error))
    ask = _Asker(nvml)
    try:
        number = ask("nvmlSystemGetCudaDriverVersion_v2") or ask("nvmlSystemGetCudaDriverVersion") or 0
        count = ask("nvmlDeviceGetCount") or 0
        cards = [_card(nvml, ask, index) for index in range(count)]
        cuda = f"{number // 1000}.{number % 1000 // 10}" if number else ""
        return Driver(_text(ask("nvmlSystemGetDriverVersion")), cuda, tuple(c for c in cards if c), "nvidia-ml-py")
    finally:
        ask("nvmlShutdown")


class _Asker:
    """Asks NVML; a question that a device does not answer has no answer."""

    def __init__(self, nvml: Any) -> None:
        self._nvml = nvml

    def __call__(self, question: str, *arguments: Any) -> Any:
        try:
            return getattr(self._nvml, question)(*arguments)
        except (self._nvml.NVMLError, AttributeError):
            return None


def _card(nvml: Any, ask: _Asker, index: int) -> Card | None:
    handle = ask("nvmlDeviceGetHandleByIndex", index)
    if handle is None:
        return None
    memory = ask("nvmlDeviceGetMemoryInfo", handle)
    limit, usual = (
        ask("nvmlDeviceGetEnforcedPowerLimit", handle),
        ask("nvmlDeviceGetPowerManagementDefaultLimit", handle),
    )
    reasons = ask("nvmlDeviceGetCurrentClocksEventReasons", handle)
    if reasons is None:
        reasons = ask("nvmlDeviceGetCurrentClocksThrottleReasons", handle)
    mode = ask("nvmlDeviceGetComputeMode", handle)
    return Card(
        index, _text(ask("nvmlDeviceGetName", handle)) or "GPU", _text(ask("nvmlDeviceGetUUID", handle)),
        None if memory is None else int(memory.total) >> 20, None if memory is None else int(memory.used) >> 20,
        _flag(ask("nvmlDeviceGetPersistenceMode", handle)), _flag(_first(ask("nvmlDeviceGetMigMode", handle))),
        _flag(_first(ask("nvmlDeviceGetEccMode", handle))), None if mode is None else int(mode) != 0,
        ask("nvmlDeviceGetTemperature", handle, getattr(nvml, "NVML_TEMPERATURE_GPU", 0)),
        None if limit is None else limit / 1000, None if usual is None else usual / 1000,
        tuple(told for bit, told in HOT.items() if (reasons or 0) & bit),
        tuple(sorted(process.pid for process in ask("nvmlDeviceGetComputeRunningProcesses", handle) or ())),
    )  # fmt: skip


_FIELDS: Final = (
    "index", "name", "uuid", "memory.total", "memory.used", "persistence_mode", "mig.mode.current", "ecc.mode.current", "compute_mode",
    "temperature.gpu", "enforced.power.limit", "power.default_limit", "clocks_throttle_reasons.active", "driver_version",
)  # fmt: skip


def driver_by_smi(ask: Ask) -> Driver | None:
    """What `nvidia-smi` says; None where there is none, or it finds nothing."""
    text = ask(["nvidia-smi", f"--query-gpu={','.join(_FIELDS)}", "--format=csv,noheader,nounits"])
    if not text:
        return None
    running: dict[str, list[int]] = {}
    for line in (ask(["nvidia-smi", "--query-compute-apps=gpu_uuid,pid", "--format=csv,noheader"]) or "").splitlines():
        uuid, _, pid = line.partition(",")
        if pid.strip().isdecimal():
            running.setdefault(uuid.strip(), []).append(int(pid))
    cards, version = [], ""
    for row in csv.reader(io.StringIO(text), skipinitialspace=True):
        if len(row) != len(_FIELDS) or not row[0].strip().isdecimal():
            continue
        said = dict(
            zip(
                _FIELDS,
                (None if v.startswith("[") or v in ("N/A", "") else v for v in map(str.strip, row)),
                strict=True,
            )
        )
        version = said["driver_version"] or version
        cards.append(_card_of(said, running))
    return Driver(version, "", tuple(cards), "nvidia-smi") if cards else None


def _card_of(said: dict[str, str | None], running: dict[str, list[int]]) -> Card:
    reasons = int(said["clocks_throttle_reasons.active"] or "0", 16)
    uuid, mode = said["uuid"] or "", said["compute_mode"]
    return Card(
        int(said["index"] or 0), said["name"] or "GPU", uuid, _whole(said["memory.total"]), _whole(said["memory.used"]),
        _enabled(said["persistence_mode"]), _enabled(said["mig.mode.current"]), _enabled(said["ecc.mode.current"]),
        None if mode is None else mode != "Default", _whole(said["temperature.gpu"]), _number(said["enforced.power.limit"]),
        _number(said["power.default_limit"]), tuple(told for bit, told in HOT.items() if reasons & bit),
        tuple(sorted(running.get(uuid, ()))),
    )  # fmt: skip


def _text(value: Any) -> str:
    return value.decode(errors="replace") if isinstance(value, bytes) else str(value or "")


def _first(value: Any) -> Any:
    return value[0] if isinstance(value, tuple | list) and value else value


def _flag(value: Any) -> bool | None:
    return None if value is None else bool(value)


def _enabled(value: str | None) -> bool | None:
    return None if value is None else value.casefold() == "enabled"


def _number(value: str | None) -> float | None:
    try:
        return None if value is None else float(value)
    except ValueError:
        return None


def _whole(value: str | None) -> int | None:
    number = _number(value)
    return None if number is None else int(number)
