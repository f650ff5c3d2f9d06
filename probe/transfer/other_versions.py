"""What an earlier run evaluated with other versions of timm or torch than those that are installed now."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from backbones.probe.transfer.installed import installed_version, torch_version
from backbones.store.transferring.outcome import Outcome

_PARTS: Final = {"timm": 3, "torch": 2}
"""How many numbers of a version tell: a patch of torch's changes no answers, one of timm's may change weights or preparation."""


def other_versions(kept: Iterable[Outcome]) -> str:
    """A sentence on outcomes that a run goes on from; empty where all are of today's versions."""
    every = list(kept)
    told = [*_told("timm", [one.timm for one in every], installed_version("timm"))]
    told += _told("torch", [one.torch for one in every], torch_version())
    if not told:
        return ""
    (count, first), *rest = told
    first = f"{count:,} of those evaluated before {'was' if count == 1 else 'were'} with {first}"
    return (
        f"{', '.join([first, *(f'{count:,} with {other}' for count, other in rest)])}; --no-resume evaluates them anew"
    )


def _told(package: str, versions: Sequence[str], now: str) -> Iterable[tuple[int, str]]:
    """How many, and `timm 1.0.20 (now 1.0.31)`; nothing where a version is not known."""
    today = _telling(package, now)
    others = [version for each in versions if each and now and (version := _telling(package, each)) != today]
    if others:
        yield len(others), f"{package} {' or '.join(dict.fromkeys(others))} (now {today})"


def _telling(package: str, version: str) -> str:
    """`2.15` of torch's `2.15.0+cu132`."""
    return ".".join(version.partition("+")[0].split(".")[: _PARTS[package]])
