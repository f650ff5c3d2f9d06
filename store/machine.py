"""Which machine this is, without asking any framework."""

from __future__ import annotations

import contextlib
import functools
import hashlib
import os
import platform
import re
import secrets
from pathlib import Path
from typing import Final

_FILES: Final = (Path("/etc/machine-id"), Path("/var/lib/dbus/machine-id"))
_OWN: Final = "machine-id"
"""The file in the data folder that stands in for them: containers have an empty one, or none, and a new name at each start."""
_IDS: Final = re.compile(rb"[0-9a-fA-F-]{16,64}")


def host_id() -> str:
    """A stable name of this machine that does not give its host name away: 12 hex digits.

    From the system's own id; else one that is drawn once and kept in the data folder; else from the name.
    """
    if (of_system := _of_system(_FILES)) is not None:
        return of_system
    from backbones.store.places import places

    return _of_folder(places().measurements.parent)


@functools.lru_cache(maxsize=8)
def _of_system(files: tuple[Path, ...]) -> str | None:
    found = next(filter(None, map(_id_in, files)), None)
    return None if found is None else _hashed(found)


@functools.lru_cache(maxsize=8)
def _of_folder(folder: Path) -> str:
    file = folder / _OWN
    return _hashed(_id_in(file) or _drawn(file) or platform.node().encode())


def _hashed(said: bytes) -> str:
    return hashlib.sha256(said).hexdigest()[:12]


def _id_in(file: Path) -> bytes:
    """What a file says; nothing where it says no id: an image leaves it empty, `uninitialized` or all zeros."""
    try:
        with file.open("rb") as opened:
            said = opened.read(100).strip()
    except OSError:
        return b""
    return said if _IDS.fullmatch(said) and said.strip(b"0-") else b""


def _drawn(file: Path) -> bytes:
    """An id that is written into the file; of several programs at once the first one's. Nothing where it cannot be kept."""
    new = f"{secrets.token_hex(16)}\n"
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        if file.exists() and not _id_in(file):  # damaged, or an older program's that was killed
            file.unlink()
        whole = file.with_name(f"{_OWN}.{new[:8]}")
        whole.write_text(new)
        try:
            with contextlib.suppress(FileExistsError):  # another program's, which is whole as well
                os.link(whole, file)
        except OSError:  # links are unknown here
            whole.replace(file)
        finally:
            whole.unlink(missing_ok=True)
    except OSError:
        return b""
    return _id_in(file)
