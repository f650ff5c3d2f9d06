"""What shall be measured and how, as a person says it in the form, and as a command line."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from backbones.store.measuring.visit import PRECISIONS

BATCH_SIZES: Final = (0, 1, 4, 8, 16, 32, 64, 128, 256, 512, 1024)
"""What the arrow keys offer; 0: the probe searches for the best."""
LARGEST_BATCH: Final = 1_000_000


@dataclass(frozen=True, slots=True)
class Words:
    """The models of a run as the command names them: by name, or as the rows of a filter."""

    names: tuple[str, ...] = ()
    where: str = ""
    unnamed: tuple[str, ...] = ()
    """Labels of rows of which no model is known: they cannot be named."""

    def options(self) -> tuple[str, ...]:
        """Of rows some may be no model of timm's: they are left out. Whoever asks again wants another try of what failed."""
        return ("--where", self.where, "--retry") if self.where else ("--skip-unknown", "--retry")


@dataclass(frozen=True, slots=True)
class Wish:
    """The settings of a run; as they are here, the command needs no option for them."""

    devices: str = ""
    """Empty: the first accelerator, else the CPU."""
    precision: str = ""
    """Empty: the device's usual one."""
    batch_size: int = 0
    latency: bool = True
    training: bool = False
    is_quick: bool = False

    def options(self) -> tuple[str, ...]:
        """Options of `backbones probe`."""
        found: list[str] = []
        found += ["--devices", self.devices] if self.devices else []
        found += ["--precision", self.precision] if self.precision else []
        found += ["--batch-size", str(self.batch_size)] if self.batch_size else []
        found += ["--no-latency"] if not self.latency and not self.is_quick else []
        found += ["--train"] if self.training else []
        found += ["--quick"] if self.is_quick else []
        return tuple(found)


def command(wish: Wish, words: Words) -> str:
    """For a shell: what the app does."""
    return shlex.join(["backbones", "probe", *words.names, *words.options(), *wish.options()])


def arguments(wish: Wish, words: Words, *more: str) -> tuple[str, ...]:
    """For the child: the same, told in events. No name is taken for an option or for another command."""
    told = ("--progress", "jsonl", "--yes", *more)
    return ("probe", *told, *words.options(), *wish.options(), *(("--", *words.names) if words.names else ()))


# ---- the form's fields


@dataclass(frozen=True, slots=True)
class Setting:
    """One line of the form."""

    name: str
    """Of a field of `Wish`."""
    label: str


SETTINGS: Final = (
    Setting("devices", "devices"),
    Setting("precision", "precision"),
    Setting("batch_size", "batch size"),
    Setting("latency", "latency"),
    Setting("training", "training"),
    Setting("is_quick", "how"),
)


def choices(name: str, devices: Sequence[str]) -> tuple[str | int | bool, ...]:
    """What a field may be; `devices` are those that are known to be here."""
    if name == "devices":
        return ("", *(devices or ("cpu",)), "all")
    if name == "precision":
        return ("", *PRECISIONS)
    return BATCH_SIZES if name == "batch_size" else (False, True)


def turned(wish: Wish, name: str, steps: int, devices: Sequence[str]) -> Wish:
    """With the next choice of a field; a batch size that was typed goes to its neighbour."""
    known = choices(name, devices)
    now = getattr(wish, name)
    if name == "batch_size" and now not in known:
        known = tuple(sorted({*BATCH_SIZES, now}))
    at = known.index(now) if now in known else 0
    changes: dict[str, Any] = {name: known[(at + steps) % len(known)]}
    return replace(wish, **changes)


def said(wish: Wish, name: str) -> str:
    """A field's value as the form shows it."""
    if name == "devices":
        return {"": "first accelerator, else the CPU", "all": "all, the CPU last"}.get(wish.devices, wish.devices)
    if name == "precision":
        return wish.precision or "the device's usual one"
    if name == "batch_size":
        return f"{wish.batch_size:,}" if wish.batch_size else "search for the best"
    if name == "latency":
        return "no" if not wish.latency else "not in a quick run" if wish.is_quick else "of single images"
    if name == "training":
        return "training steps too" if wish.training else "no"
    return "quick: one short visit" if wish.is_quick else "careful: two visits, a third where they disagree"
