"""Features on disk: one folder for each way of making them, one row for each content of an image. No torch here.

What was extracted is written in parts as it comes, each by one rename, so that an interrupt loses the last batches at most and
two programs do not disturb each other; at the end the parts become one file. Everything here can be deleted at any time.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import time
import uuid
import weakref
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final

from backbones.probe.transfer.in_use import hold, locked
from backbones.probe.transfer.installed import installed_version
from backbones.probe.transfer.origin import Origin, added_up, origin_of, seconds_of
from backbones.probe.transfer.preparation import Preparation

POOLING: Final = "pre-logits"
"""What timm's classifier of the model gets: `forward_head(forward_features(images), pre_logits=True)`."""
FORM: Final = 1
"""Version of what stands in the files and of the way of extracting."""
MOST_GIB: Final = 20.0
"""From which on the features that were not used for longest are removed."""
LEFT_BEHIND_S: Final = 600.0
"""A file that is still being written after so long is one of a program that was killed."""
_GONE: Final = ".gone-"
"""Begins the name of a folder that is being removed."""


@dataclass(frozen=True, slots=True)
class Space:
    """One way of making features; all that changes them is in here, but for the image."""

    model: str
    weights: str
    preparation: Preparation
    precision: str
    timm: str = ""
    seed: int = 0
    """Of random weights."""
    device: str = "cpu"
    """Its kind: the last digits of features differ between kinds."""

    @property
    def name(self) -> str:
        """Of the folder: the model, so that people find it, and 12 hex digits."""
        plain = json.dumps([asdict(self), POOLING, FORM], sort_keys=True)
        return f"{self.model}-{hashlib.sha256(plain.encode()).hexdigest()[:12]}"


@dataclass(slots=True, weakref_slot=True)
class Store:
    """The features of one space: in memory once asked for, on disk as they come."""

    folder: Path
    _rows: dict[str, int] = field(default_factory=dict)
    _values: Any = None
    _fresh: list[tuple[list[str], Any]] = field(default_factory=list)
    _parts: list[Path] = field(default_factory=list)
    _unreadable: dict[str, str] = field(default_factory=dict)
    last: Origin | None = None
    """The last pass of this run; None where all features were there."""

    @classmethod
    def open(cls, root: Path, space: Space) -> Store:
        """What is there of a space; damaged parts are removed. As long as the store lives, `prune` leaves the space alone."""
        store = cls(root / space.name)
        if (lock := hold(store.folder)) is not None:
            weakref.finalize(store, os.close, lock)
        with suppress(OSError):
            os.utime(store.folder)  # `prune` takes the others first
        store._sweep()
        _write(store.folder / "space.json", asdict(space))
        store._load()
        store._unreadable = store._known_unreadable()
        return store

    def __contains__(self, content: str) -> bool:
        return content in self._rows

    def missing(self, contents: Iterable[str]) -> list[str]:
        """Those that are not there, each once; less what cannot be decoded."""
        return [
            content
            for content in dict.fromkeys(contents)
            if content not in self._rows and content not in self._unreadable
        ]

    def values(self, contents: Sequence[str]) -> Any:
        """float32 (n, d) of these contents, all of which are there."""
        import numpy as np

        self._gather()
        if not len(contents):
            return np.zeros((0, 0 if self._values is None else self._values.shape[1]), np.float32)
        return self._values[[self._rows[content] for content in contents]]

    def add(self, contents: Sequence[str], values: Any) -> None:
        """Keep float32 (n, d), at once and for good."""
        import numpy as np

        values = np.ascontiguousarray(values, np.float32)
        self._parts.append(self._write_part(list(contents), values))
        self._note(list(contents), values)

    def note_unreadable(self, reasons: Mapping[str, str]) -> None:
        """Contents that this Pillow cannot decode, and why: they are not tried again."""
        if reasons.keys() - self._unreadable.keys():
            self._unreadable = {**self._known_unreadable(), **reasons}
            plain = {"pillow": installed_version("pillow"), "contents": self._unreadable}
            _write(self.folder / "unreadable.json", plain)

    def _known_unreadable(self) -> dict[str, str]:
        try:
            plain = json.loads((self.folder / "unreadable.json").read_text())
            known: dict[str, str] = plain["contents"] if plain["pillow"] == installed_version("pillow") else {}
        except (OSError, ValueError, TypeError, KeyError):
            return {}
        return known

    def origin(self, images: int, device: str, data: str) -> Origin:
        """How the features of so many of these images came about on a device ("": any)."""
        return origin_of(added_up(self._origins()), images, device, data)

    def seconds(self, images: int, device: str, data: str) -> float | None:
        """What the features of so many of these images take to be made on a device; None where none were made there."""
        return seconds_of(added_up(self._origins()), images, device, data)

    def note_origin(self, origin: Origin) -> None:
        """More was extracted; what was said of the same part before is replaced, other parts under the same conditions add up."""
        self.last = origin
        others = added_up(one for one in self._origins() if not one.part or one.part != origin.part)
        _write(self.folder / "origins.json", [asdict(one) for one in (*others, origin)])

    def _origins(self) -> list[Origin]:
        try:
            return [Origin(**plain) for plain in json.loads((self.folder / "origins.json").read_text())]
        except (OSError, ValueError, TypeError):
            return []

    def tidy(self) -> None:
        """Make one file of the parts."""
        if len(self._parts) < 2:
            return
        self._gather()
        before, names = list(self._parts), [""] * len(self._rows)
        for content, row in self._rows.items():
            names[row] = content
        self._parts = [self._write_part(names, self._values)]
        for part in before:
            part.unlink(missing_ok=True)

    def _load(self) -> None:
        for part in sorted(self.folder.glob("*.npz")):
            try:
                contents, values = _read_part(part)
            except FileNotFoundError:  # another program has just made one file of the parts
                return self._load_again()
            except OSError:  # it cannot be read now, which says nothing about what is in it
                continue
            except (ValueError, KeyError, EOFError, RuntimeError):
                part.unlink(missing_ok=True)
                continue
            self._parts.append(part)
            self._note(contents, values)

    def _sweep(self) -> None:
        """Remove what writers that were killed left half-written."""
        for file in self.folder.glob("*.tmp"):
            with suppress(OSError):
                if time.time() - file.stat().st_mtime > LEFT_BEHIND_S:
                    file.unlink()

    def _load_again(self) -> None:
        self._rows, self._values, self._fresh, self._parts = {}, None, [], []
        self._load()

    def _note(self, contents: list[str], values: Any) -> None:
        """Rows of contents that are new."""
        new = [place for place, content in enumerate(contents) if content not in self._rows]
        for place in new:
            self._rows[contents[place]] = len(self._rows)
        if new:
            self._fresh.append(([contents[place] for place in new], values[new]))

    def _gather(self) -> None:
        import numpy as np

        if self._fresh:
            blocks = [values for _, values in self._fresh]
            self._values = np.concatenate(blocks if self._values is None else [self._values, *blocks])
            self._fresh = []

    def _write_part(self, contents: list[str], values: Any) -> Path:
        import numpy as np

        part = self.folder / f"{time.time_ns()}-{uuid.uuid4().hex[:8]}.npz"
        fresh = part.with_suffix(".tmp")
        self.folder.mkdir(parents=True, exist_ok=True)  # somebody may have deleted it
        with fresh.open("wb") as file:
            np.savez(file, contents=np.array(contents, dtype="S16"), values=values)
        fresh.replace(part)
        return part


def _read_part(part: Path) -> tuple[list[str], Any]:
    import zipfile

    import numpy as np

    try:
        with part.open("rb") as file, np.load(file, allow_pickle=False) as plain:
            contents, values = [one.decode() for one in plain["contents"]], plain["values"]
    except zipfile.BadZipFile as error:
        raise ValueError(str(error)) from None
    if values.dtype != np.float32 or values.ndim != 2 or len(values) != len(contents):
        raise ValueError(f"{part} does not hold features")
    return contents, values


def _write(file: Path, plain: Any) -> None:
    fresh = file.with_name(f"{file.stem}-{uuid.uuid4().hex[:8]}.tmp")
    file.parent.mkdir(parents=True, exist_ok=True)
    fresh.write_text(json.dumps(plain))
    fresh.replace(file)


def prune(root: Path, most_gib: float = MOST_GIB) -> int:
    """Remove what was not used for longest until the rest is small enough; how many spaces went. What is in use stays."""
    spaces = []
    for folder in root.iterdir() if root.is_dir() else ():
        if folder.name.startswith(_GONE):
            shutil.rmtree(folder, ignore_errors=True)
            continue
        with suppress(OSError):
            size = sum(file.stat().st_size for file in folder.iterdir())
            spaces.append((folder.stat().st_mtime, size, folder))
    total, gone = sum(size for _, size, _ in spaces), 0
    for _, size, folder in sorted(spaces, key=lambda one: one[0])[:-1]:
        if total <= most_gib * 2**30:
            break
        if _remove(folder):
            total, gone = total - size, gone + 1
    return gone


def _remove(folder: Path) -> bool:
    """Unless somebody uses it."""
    away = folder.with_name(f"{_GONE}{uuid.uuid4().hex}")
    try:
        lock = locked(folder, shared=False)
    except BlockingIOError:
        return False
    try:
        folder.rename(away)
    except OSError:
        return False
    finally:
        if lock is not None:
            os.close(lock)
    shutil.rmtree(away, ignore_errors=True)
    return True
