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
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, Final

from backbones.probe.transfer.preparation import Preparation

POOLING: Final = "pre-logits"
"""What timm's classifier of the model gets: `forward_head(forward_features(images), pre_logits=True)`."""
FORM: Final = 1
"""Version of what stands in the files and of the way of extracting."""
MOST_GIB: Final = 20.0
"""From which on the features that were not used for longest are removed."""


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

    @property
    def name(self) -> str:
        """Of the folder: the model, so that people find it, and 12 hex digits."""
        plain = json.dumps([asdict(self), POOLING, FORM], sort_keys=True)
        return f"{self.model}-{hashlib.sha256(plain.encode()).hexdigest()[:12]}"


@dataclass(frozen=True, slots=True)
class Origin:
    """How features came about; kept beside them, since the device is not asked again."""

    device: str = ""
    torch: str = ""
    timm: str = ""
    images: int = 0
    """Over which the time was taken."""
    seconds: float = 0.0
    peak_memory_mib: float | None = None
    batch_size: int = 0
    decoding_share: float = 0.0
    """Share of the time in which the model waited for images."""

    @property
    def img_s(self) -> float | None:
        """Images a second, the model's making left out."""
        return self.images / self.seconds if self.seconds else None

    def plus(self, other: Origin) -> Origin:
        """Both together; devices and versions are the later one's."""
        seconds = self.seconds + other.seconds
        waited = self.seconds * self.decoding_share + other.seconds * other.decoding_share
        peaks = [peak for peak in (self.peak_memory_mib, other.peak_memory_mib) if peak is not None]
        return replace(
            other, images=self.images + other.images, seconds=seconds, peak_memory_mib=max(peaks, default=None),
            decoding_share=waited / seconds if seconds else 0.0,
        )  # fmt: skip


@dataclass(slots=True)
class Store:
    """The features of one space: in memory once asked for, on disk as they come."""

    folder: Path
    _rows: dict[str, int] = field(default_factory=dict)
    _values: Any = None
    _fresh: list[tuple[list[str], Any]] = field(default_factory=list)
    _parts: list[Path] = field(default_factory=list)

    @classmethod
    def open(cls, root: Path, space: Space) -> Store:
        """What is there of a space; damaged parts are removed."""
        store = cls(root / space.name)
        store.folder.mkdir(parents=True, exist_ok=True)
        with suppress(OSError):
            os.utime(store.folder)  # it is in use: `prune` takes the others first
        _write(store.folder / "space.json", asdict(space))
        store._load()
        return store

    def __contains__(self, content: str) -> bool:
        return content in self._rows

    def missing(self, contents: Iterable[str]) -> list[str]:
        """Those that are not there, each once."""
        return [content for content in dict.fromkeys(contents) if content not in self._rows]

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

    @property
    def origin(self) -> Origin:
        """How they came about."""
        try:
            return Origin(**json.loads((self.folder / "origin.json").read_text()))
        except (OSError, ValueError, TypeError):
            return Origin()

    def note_origin(self, origin: Origin) -> None:
        """More was extracted."""
        _write(self.folder / "origin.json", asdict(self.origin.plus(origin)))

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
            except (OSError, ValueError, KeyError, EOFError):
                part.unlink(missing_ok=True)
                continue
            self._parts.append(part)
            self._note(contents, values)

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
    fresh = file.with_suffix(f".{os.getpid()}")
    fresh.write_text(json.dumps(plain))
    fresh.replace(file)


def prune(root: Path, most_gib: float = MOST_GIB) -> int:
    """Remove what was not used for longest until the rest is small enough; how many spaces went."""
    spaces = []
    for folder in root.iterdir() if root.is_dir() else ():
        with suppress(OSError):
            size = sum(file.stat().st_size for file in folder.iterdir())
            spaces.append((folder.stat().st_mtime, size, folder))
    total, gone = sum(size for _, size, _ in spaces), 0
    for _, size, folder in sorted(spaces, key=lambda one: one[0])[:-1]:
        if total <= most_gib * 2**30:
            break
        shutil.rmtree(folder, ignore_errors=True)
        total, gone = total - size, gone + 1
    return gone
