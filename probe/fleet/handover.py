"""What a head leaves to the next one that is given the same command: which jobs still write into its files."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from backbones.store.errors import BackbonesError


class JobList:
    """The jobs of a run, by shard, as long as somebody has to see to their end; in a file that a kill of the head leaves behind."""

    def __init__(self, file: Path) -> None:
        self._file = file

    def left(self) -> dict[int, str]:
        """Those of a head that did not see them through. BackbonesError for a file that nobody can read."""
        try:
            found = json.loads(self._file.read_text(encoding="utf-8"))
            return {int(shard): str(job) for shard, job in found.items()}
        except FileNotFoundError:
            return {}
        except (OSError, ValueError, AttributeError) as error:
            raise BackbonesError(
                f"{self._file}, the list of an earlier run's jobs, cannot be read ({error}); when none of them runs any more, delete it"
            ) from None

    def note(self, jobs: Mapping[int, str]) -> None:
        """What runs now. Written beside and put in place: a kill leaves the old list or the new one."""
        if not jobs:
            self._file.unlink(missing_ok=True)
            return
        beside = self._file.with_suffix(".new")
        beside.write_text(json.dumps({str(shard): job for shard, job in jobs.items()}), encoding="utf-8")
        beside.replace(self._file)
