"""Which machine this is, without asking any framework."""

from __future__ import annotations

import hashlib
import platform
from pathlib import Path


def host_id() -> str:
    """A stable name of this machine that does not give its host name away: 12 hex digits."""
    for file in ("/etc/machine-id", "/var/lib/dbus/machine-id"):
        try:
            return hashlib.sha256(Path(file).read_bytes().strip()).hexdigest()[:12]
        except OSError:
            continue
    return hashlib.sha256(platform.node().encode()).hexdigest()[:12]
