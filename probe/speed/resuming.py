"""What a run goes on from: the visits that stand in measurements already."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from backbones.store.measuring.keeping import visits
from backbones.store.measuring.visit import Visit


def kept_in(file: Path, retry: bool = False) -> Callable[[str], list[Visit]]:
    """For `Run`: what is kept of a key. A failure stands in the way of another try only where nothing went well, unless `retry`."""

    def earlier(key: str) -> list[Visit]:
        found = visits(file, key=key)
        return [visit for visit in found if visit.status == "ok"] or ([] if retry else found)

    return earlier
