"""A folder of images split, and an existing split looked at: what is read, grouped and found, without a word to the user."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from backbones.probe.transfer.contents import Progress
from backbones.probe.transfer.layout import SPLITS, Split
from backbones.probe.transfer.leaks import Leak, leaks_between, near_duplicates
from backbones.probe.transfer.likeness import Look, looks_of
from backbones.probe.transfer.readable import Readable, layout_of, odd_classes, read_layout
from backbones.probe.transfer.seen import Seen
from backbones.probe.transfer.split_folder import Placed
from backbones.probe.transfer.splitting import assigned, check_shares
from backbones.store.errors import BackbonesError

Bars = Callable[[str], Progress]
"""A progress bar by what it tells of."""


@dataclass(frozen=True, slots=True)
class Splitting:
    """Images with their splits, what shows the same in different splits, and what else was found."""

    placed: tuple[Placed, ...]
    leaks: tuple[Leak, ...]
    """Positions in `placed`."""
    findings: tuple[str, ...]
    groups: int = 0
    """Groups of more than one image that look alike or are copies."""
    grouped: int = 0
    """Images in them."""


def split_images(
    source: Path,
    *,
    val: float,
    test: float,
    seed: int,
    bars: Bars,
    is_grouped: bool = False,
    is_checked: bool = True,
) -> Splitting:
    """Draw the splits. `is_grouped` keeps near duplicates together; `is_checked` looks for those that are apart."""
    check_shares(val, test)
    layout = layout_of(source)
    if layout.is_split:
        raise BackbonesError(
            f"{source} is split already; look at it with `backbones split --check {source}`, or name one of its folders to split that"
        )
    seen = Seen()
    readable, findings, _ = read_layout(layout, seen, bars("reading images"))
    digests = [one.content.digest for one in readable]
    looks = looks_of(_paths(readable), digests, seen, bars("comparing images")) if is_grouped or is_checked else []
    groups = near_duplicates(looks, digests, bars("looking for near duplicates")) if looks else []
    names = _names(groups, digests) if is_grouped else digests
    splits = assigned([one.found.label for one in readable], names, val=val, test=test, seed=seed)
    if test > 0:
        findings += odd_classes(sorted({one.found.label for one in readable}), readable, splits)
    return _made(readable, splits, findings, groups, looks, digests)


def check_split(folder: Path, bars: Bars) -> Splitting:
    """Copies and near duplicates between the splits of a folder or CSV."""
    layout = layout_of(folder)
    if not layout.is_split:
        raise BackbonesError(
            f"{folder} is not split: expected train/ with val/ or test/ beside it, or a CSV with a column split"
        )
    seen = Seen()
    readable, findings, _ = read_layout(layout, seen, bars("reading images"))
    digests = [one.content.digest for one in readable]
    looks = looks_of(_paths(readable), digests, seen, bars("comparing images"))
    splits: list[Split] = [one.found.split or "train" for one in readable]
    groups = near_duplicates(looks, digests, bars("looking for near duplicates"))
    return _made(readable, splits, findings, groups, looks, digests)


def _names(groups: Sequence[int], digests: Sequence[str]) -> list[str]:
    """The smallest digest of each image's group: a name that does not depend on the order of files."""
    smallest: dict[int, str] = {}
    for group, digest in zip(groups, digests, strict=True):
        smallest[group] = min(digest, smallest.get(group, digest))
    return [smallest[group] for group in groups]


def _made(
    readable: Sequence[Readable],
    splits: Sequence[Split],
    findings: Sequence[str],
    groups: Sequence[int],
    looks: Sequence[Look | None],
    digests: Sequence[str],
) -> Splitting:
    placed = tuple(
        Placed(one.found.path, one.found.label, split, one.content.digest)
        for one, split in zip(readable, splits, strict=True)
    )
    leaks = leaks_between(groups, splits, looks, digests, SPLITS) if groups else []
    sizes = [size for size in Counter(groups).values() if size > 1]
    return Splitting(placed, tuple(leaks), tuple(findings), len(sizes), sum(sizes))


def _paths(readable: Sequence[Readable]) -> list[Path]:
    return [one.found.path for one in readable]
