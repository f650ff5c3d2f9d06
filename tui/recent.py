"""What was searched for last, kept between runs; the file, which may lie on a slow network, is read and written in threads."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from backbones.tui.targets import Target

FILE = "recent.json"


class Recent:
    """The targets that were chosen, the last first."""

    def __init__(self, state_path: Path | None) -> None:
        self._path = state_path.with_name(FILE) if state_path else None
        self._changing, self._writing = threading.Lock(), threading.Lock()
        self.targets: list[Target] = []
        """The last first; those of former runs once they were read."""

    def use(self, target: Target) -> None:
        """This one was chosen."""
        with self._changing:
            self.targets = _without_copies([target, *self.targets])

    def read(self) -> None:
        """Read what was chosen in former runs, and what other programs kept meanwhile. For a thread."""
        from backbones.tui.targets import read_recent

        found = read_recent(self._path)
        with self._changing:
            self.targets = _without_copies([*self.targets, *found])

    def write(self) -> None:
        """Keep them for the next run. For a thread."""
        from backbones.tui.targets import write_recent

        with self._writing:
            self.read()
            write_recent(self._path, self.targets)


def _without_copies(targets: Iterable[Target]) -> list[Target]:
    from backbones.tui.targets import RECENT

    found: dict[tuple[str, str], Target] = {}
    for target in targets:
        found.setdefault((target.kind, target.name), target)
    return list(found.values())[:RECENT]
