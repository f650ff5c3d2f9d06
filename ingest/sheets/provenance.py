"""Where imported numbers come from: the source of each sheet with the version that was read and the day."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from backbones.ingest.sheets import open_clip, openmmlab, timm
from backbones.ingest.sheets.checkout import commit_of, release_of
from backbones.store.family_file import Source
from backbones.store.sheet import Sheet

_GITHUB: Final = "github:"

DESCRIBED: Final[dict[str, Source]] = {
    timm.SOURCE: Source(
        title="timm result and benchmark tables", url="https://github.com/huggingface/pytorch-image-models",
        kind="repository", licence="Apache-2.0",
    ),
    open_clip.SOURCE: Source(
        title="OpenCLIP: result tables", url="https://github.com/mlfoundations/open_clip", kind="repository", licence="mit",
    ),
    **dict(openmmlab.source_of(collection) for collection in openmmlab.COLLECTIONS),
}  # fmt: skip
"""Sources that are read from a file or a folder, as the shipped sheets describe them."""

_NAMES: Final = {
    f"{_GITHUB}open-mmlab/{repository}": (repository, *spelled)
    for repository, spelled in ((openmmlab.REPOSITORIES[c], names) for c, names in openmmlab.COLLECTIONS.items())
}
"""What else the repository and its package are called."""


def with_sources(sheets: Iterable[Sheet], path: Path | None, today: dt.date | None = None) -> list[Sheet]:
    """The sheets, each with its source declared: what was read, and when.

    The version is that of the installed package where the path lies in one, else the commit of the source's checkout
    around it; where neither is known, it says when the numbers were imported. A sheet that declares its version itself
    does so for all of the same import.
    """
    sheets = list(sheets)
    day = (today or dt.date.today()).isoformat()
    declared = {key: source for sheet in sheets for key, source in sheet.sources.items() if source.version}
    found = []
    for sheet in sheets:
        key = sheet.shared.get("source")
        if key in DESCRIBED and path is not None:
            said = DESCRIBED[key].model_copy(update={"version": _version(key, path, day), "retrieved": day})
        elif key in declared:
            said = declared[key]
        else:
            found.append(sheet)
            continue
        found.append(sheet.model_copy(update={"sources": {**sheet.sources, key: said}}))
    return found


def _version(key: str, path: Path, day: str) -> str:
    names = _NAMES.get(key, (key.rpartition("/")[2],))
    return release_of(path, names) or commit_of(path, names) or f"as imported {day}"
