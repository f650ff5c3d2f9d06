"""What a process that reads a stranger's file may use."""

from __future__ import annotations

import contextlib


def hold_to(memory_mib: int, seconds: int, most_written_bytes: int | None = None) -> None:
    """Hold this process to so much memory and processor time, and to files of that size, where the system can.

    It leaves no core file.
    """
    try:
        import resource
    except ImportError:  # Windows: the caller's clock alone
        return
    limits = [(resource.RLIMIT_AS, memory_mib << 20), (resource.RLIMIT_CPU, seconds), (resource.RLIMIT_CORE, 0)]
    if most_written_bytes is not None:
        limits.append((resource.RLIMIT_FSIZE, most_written_bytes))
    for kind, most in limits:
        with contextlib.suppress(ValueError, OSError):
            _, hard = resource.getrlimit(kind)
            resource.setrlimit(kind, (most if hard == resource.RLIM_INFINITY else min(most, hard), hard))
