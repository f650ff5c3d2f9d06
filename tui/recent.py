"""What was searched for last, kept between runs; read when it is first looked at."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from backbones.tui.targets import Target

FILE = "recent.json"


class Recent:
    """The targets that were chosen, the last first."""

    def __init__(self, state_path: Path | None) -> None:
        self._path = state_path.with_name(FILE) if state_path else None
        self._targets: list[Target] | None = None

    @property
    def targets(self) -> list[Target]:
        """The last first."""
        if self._targets is None:
            from backbones.tui.targets import read_recent

            self._targets = read_recent(self._path)
        return self._targets

    def use(self, target: Target) -> None:
        """This one was chosen."""
        from backbones.tui.targets import RECENT, write_recent

        others = [other for other in self.targets if (other.kind, other.name) != (target.kind, target.name)]
        self._targets = [target, *others][:RECENT]
        write_recent(self._path, self._targets)
