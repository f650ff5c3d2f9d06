"""What is compared: this machine's visits of a time or under a fingerprint, or the speeds that are reported of a device."""

from __future__ import annotations

import re
import sqlite3
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Final, NamedTuple

from backbones.store.compile import DEFAULT_ANCHOR, Compiler
from backbones.store.errors import BackbonesError, QueryError
from backbones.store.machine import host_id
from backbones.store.measured_backbones import device_here
from backbones.store.measuring.current import CURRENT
from backbones.store.measuring.days import beginning
from backbones.store.measuring.glances import Glance, days_of, fingerprints_of, glances, of_one_size
from backbones.store.measuring.sample import spread
from backbones.store.references import Reference
from backbones.store.text import fold

_HEX: Final = re.compile(r"[0-9a-f]{4,12}")
_FUSED: Final = ("fused",)


class What(NamedTuple):
    """What a speed is of: a model in a setting. Sides meet where all of it is equal."""

    model: str | int
    """timm's name, or the architecture in the catalogue."""
    resolution: int
    precision: str
    compiled: bool
    mode: str
    """`throughput`, `latency`, `training`."""
    more: tuple[str, ...] = ()
    """Device, layout, form and batch size asked for, where both sides are this machine's; else the form, where it is merged."""
    card: str = ""
    """Which of several cards of one name."""

    @property
    def is_fused(self) -> bool:
        """Whether branches were merged."""
        return _FUSED[0] in self.more


@dataclass(frozen=True, slots=True)
class Figure:
    """A speed with what its rounds say of its uncertainty."""

    value: float
    """Images a second; milliseconds of latency."""
    batch_size: int | None
    low: float = 0.0
    high: float = 0.0
    """The range of the rounds, each widened by its interval."""
    spread: float | None = None
    """Range over median of the rounds; None for a single one, or a number somebody reports."""


@dataclass(frozen=True, slots=True)
class Side:
    """One of the two things that are compared."""

    label: str
    visits: tuple[Glance, ...] | None = None
    """None: reported of a device."""
    device: str = ""


def side_of(connection: sqlite3.Connection, path: Path, text: str) -> Side:
    """The side that a text means: `here`, `today`, `yesterday`, a date or its beginning, a fingerprint's beginning, a device.

    BackbonesError with suggestions where it means none, or where nothing was measured then.
    """
    said = text.strip()
    if fold(said) == "here":
        device = device_here(connection)
        if device is None:
            raise BackbonesError("nothing was measured on this machine yet; `backbones probe NAME…` measures")
        return Side(f"here ({device})", glances(path, "device = ?", [device]), device)
    if (date := beginning(said)) is not None:
        if not (found := glances(path, "started glob ?", [f"{date}*"])):
            raise BackbonesError(f"nothing was measured on this machine on {date}; {_runs_hint(path)}")
        return Side(date, found)
    if _HEX.fullmatch(said) and (whole := fingerprints_of(path, said)):
        if len(whole) > 1:
            raise BackbonesError(f"{said!r} is the beginning of {', '.join(whole)}; write more of it")
        return Side(whole[0], glances(path, "fingerprint = ?", whole))
    try:
        device = Compiler(connection, DEFAULT_ANCHOR, measured=True).place("device", Reference("throughput", said))
    except QueryError as error:
        near = f"; did you mean {', '.join(error.suggestions)}?" if error.suggestions else "."
        raise BackbonesError(
            f"{said!r} is no device{near} Name a device, `here`, a date as 2026-11-20, or a fingerprint; {_runs_hint(path)}"
        ) from None
    return Side(device, None, device)


def later_than(path: Path, side: Side) -> Side:
    """What was measured on this machine after all visits of that side."""
    before = side.visits or ()
    devices = {one.device for one in before}
    later = glances(path, "rtrim(started, 'Z') > ?", [max(one.moment for one in before)])
    found = tuple(one for one in later if one.device in devices)
    if not found:
        raise BackbonesError(f"nothing was measured after {side.label}; probe again, then compare")
    return Side(f"after {side.label}", found)


def own_figures(side: Side) -> tuple[dict[What, Figure], str]:
    """The speeds of a side's visits, each model in each setting on each card for itself, and what is to be said of them.

    Visits are put together under one key only; of several keys (another driver, another version) the latest counts.
    """
    groups: dict[What, dict[str, list[Glance]]] = defaultdict(lambda: defaultdict(list))
    for one in side.visits or ():
        groups[_what(one)][one.key].append(one)
    chosen = {what: max(keys.values(), key=lambda group: group[-1].moment) for what, keys in groups.items()}
    several = sum(len(keys) > 1 for keys in groups.values())
    return {what: _figure(of_one_size(group)) for what, group in chosen.items()}, _said(side, several, chosen.values())


def _said(side: Side, several: int, chosen: Iterable[list[Glance]]) -> str:
    """That a side has one setting under several conditions, and which count."""
    if not several:
        return ""
    counts = Counter(group[-1].fingerprint for group in chosen)
    named = ", ".join(f"{fingerprint} ({n:,})" for fingerprint, n in counts.most_common(4))
    return (
        f"{side.label}: {several:,} measured under several conditions (driver, versions), the latest of each count: {named}; "
        "`backbones measurements list --runs` tells them apart, a fingerprint names one"
    )


def _what(one: Glance) -> What:
    form = _FUSED if one.fused else ()
    more = (one.device, one.memory_format, *form, f"{one.asked_batch_size}")
    return What(one.model, one.resolution, one.precision, one.compiled, one.quantity, more, one.card)


def without_cards(*sides: dict[What, Figure]) -> tuple[dict[What, Figure], ...]:
    """Sides that meet whichever card it was, where each side has but one of every name: a card may have been replaced."""
    for figures in sides:
        cards = {(what.more[0], what.card) for what in figures}
        if len(cards) > len({device for device, _ in cards}):
            return sides
    return tuple({what._replace(card=""): figure for what, figure in figures.items()} for figures in sides)


def best_by_architecture(
    own: Mapping[What, Figure], architectures: Mapping[str, int]
) -> tuple[dict[What, Figure], dict[What, str]]:
    """The fastest of each architecture, resolution, precision, compile and form, and the name that it was measured under."""
    best: dict[What, Figure] = {}
    names: dict[What, str] = {}
    for what, figure in own.items():
        if what.mode == "latency" or (architecture := architectures.get(str(what.model))) is None:
            continue
        plain = what._replace(model=architecture, more=_FUSED if what.is_fused else (), card="")
        if plain not in best or figure.value > best[plain].value:
            best[plain], names[plain] = figure, str(what.model)
    return best, names


def reported_figures(connection: sqlite3.Connection, device: str) -> tuple[dict[What, Figure], dict[What, str]]:
    """The best throughput of each architecture in each setting on a device; what others measured where nobody reports any.

    A sheet that this machine exported is no report of others, also where it was added here: `speed` hides it.
    """
    rows = connection.execute(
        """select s.architecture, x.resolution, x.precision, coalesce(x.compiled, 0), x.setting is 'fused', x.mode, x.throughput_img_s,
          x.batch_size, b.backbone
        from speed x join subject s on s.id = x.mention join backbone b on b.id = s.backbone_id
        where x.device = ? and x.head is null and x.throughput_img_s > 0 and x.resolution is not null and x.precision is not null
          and s.architecture is not null""",
        [device],
    ).fetchall()
    if not rows and "measurements" in [row[1] for row in connection.execute("pragma database_list")]:
        rows = connection.execute(
            f"""select b.architecture, m.resolution, m.precision, m.compiled, m.fused, m.mode, m.throughput_img_s, m.batch_size, m.backbone
            from {CURRENT} m join main.alias l on l.kind = 'backbone' and l.folded = fold(m.backbone)
              join main.backbone b on b.id = l.entity_id
            where m.device = ? and m.host <> ? and m.head is null and m.throughput_img_s > 0""",
            [device, host_id()],
        ).fetchall()
    best: dict[What, Figure] = {}
    names: dict[What, str] = {}
    for architecture, resolution, precision, compiled, fused, mode, speed, batch, backbone in rows:
        quantity = "training" if mode == "training" else "throughput"
        what = What(architecture, resolution, precision, bool(compiled), quantity, _FUSED if fused else ())
        if what not in best or speed > best[what].value:
            best[what], names[what] = Figure(speed, batch), backbone
    return best, names


def architectures_of(connection: sqlite3.Connection, models: Iterable[str]) -> dict[str, int]:
    """The architecture of each model that the catalogue knows."""
    found: dict[str, int] = {}
    for model in set(models):
        row = connection.execute(
            "select b.architecture from alias l join backbone b on b.id = l.entity_id where l.kind = 'backbone' and l.folded = ? limit 1",
            [fold(model)],
        ).fetchone()
        if row is not None:
            found[model] = row[0]
    return found


def _figure(group: list[Glance]) -> Figure:
    values = [one.value for one in group]
    low = min(one.value * (1 - one.ci) for one in group)
    high = max(one.value * (1 + one.ci) for one in group)
    return Figure(median(values), group[-1].batch_size, low, high, spread(values) if len(values) > 1 else None)


def _runs_hint(path: Path) -> str:
    days = sorted(days_of(path, 5))
    told = f"there are visits of {', '.join(days)}" if days else "nothing was measured yet"
    return f"{told}; `backbones measurements list --runs` shows all"
