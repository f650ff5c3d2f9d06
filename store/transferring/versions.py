"""Several sets of images, or splits of them, under one name: which has the plain name, and what the others are called."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Container, Iterable
from pathlib import Path
from typing import NamedTuple

from backbones.store.text import fold
from backbones.store.transferring.keeping import reading
from backbones.store.transferring.own_data import OwnData, rows_of

Key = tuple[str, str]
"""Folded name, and the hash over the split."""


class Version(NamedTuple):
    """One set of images in one split under a name, with what is known of it."""

    asked: str
    """Or evaluated, the later of both."""
    data: str
    data_hash: str
    images_hash: str
    dataset: str

    @property
    def key(self) -> Key:
        """By which it is known."""
        return key_of(self.data, self.data_hash)

    def apart(self, images_hash: str) -> str:
        """What stands behind the name where other images, of that hash whatever their split, have the plain one."""
        known = self.images_hash and images_hash
        what = ("other split " if self.images_hash == images_hash else "other images ") if known else ""
        return f" ({what}{self.data_hash[:8] or 'earlier'})"


def versions_of(evaluated: Iterable[tuple[str, str | None, str]], asked: Iterable[OwnData]) -> dict[str, list[Version]]:
    """By folded name those that were evaluated (name, hash over the split, when), the one asked for last first."""
    said = {key_of(one.data, one.data_hash): one for one in sorted(asked, key=lambda one: one.asked)}
    latest: dict[Key, tuple[str, str]] = {}
    for data, data_hash, when in evaluated:
        key = key_of(data, data_hash)
        latest[key] = max(latest.get(key, ("", "")), (when, data))
    found: dict[str, list[Version]] = defaultdict(list)
    for key, (when, data) in latest.items():
        known = said.get(key, OwnData("", "", "", "", ""))
        found[key[0]].append(Version(max(when, known.asked), data, key[1], known.images_hash, known.dataset))
    for versions in found.values():
        versions.sort(reverse=True, key=lambda one: (one.asked, one.data, one.data_hash))
    return found


def endings(versions: Iterable[list[Version]], with_results: Container[Key]) -> dict[Key, str]:
    """What stands behind the name of each; nothing behind that of the one with results that was asked for last."""
    found: dict[Key, str] = {}
    for each in versions:
        last = next((one for one in each if one.key in with_results), each[0])
        found |= {one.key: one.apart(last.images_hash) if one is not last else "" for one in each}
    return found


def key_of(data: str, data_hash: str | None) -> Key:
    """By which a set of images in one split is known under a name in any spelling."""
    return fold(data) or data, data_hash or ""


def renamed(path: Path, data: str, data_hash: str, images_hash: str, called: str = "") -> str:
    """What earlier results are called once these images are asked for, where others have had the name; else empty.

    `called`: what the views call these images where it is not the name itself.
    """
    with reading(path) as connection:
        if connection is None:
            return ""
        evaluated = connection.execute(
            "select data, data_hash, max(started) from outcome where status = 'ok' group by 1, 2"
        ).fetchall()
        known = versions_of(evaluated, rows_of(connection))
    last = next(iter(known.get(key_of(data, data_hash)[0], [])), None)
    if last is None or last.data_hash == data_hash:
        return ""
    what = "another split of these images" if last.images_hash == images_hash != "" else "other images"
    return f"{what} had the name {data!r}: their results are called {(called or data) + last.apart(images_hash)!r} once these have results"
