"""What is said of a folder of images that is looked through."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from backbones.probe.transfer.images import ImageData, load_data
from backbones.store.errors import BackbonesError

Draw = Callable[..., Path]
"""Draws an image: name in the folder of the test, number, side."""


def told(data: ImageData) -> str:
    """All that is odd about it."""
    return "\n".join(data.findings)


def refused(path: Path, **options: float) -> str:
    """Why it cannot be used."""
    with pytest.raises(BackbonesError) as error:
        load_data(path, **options)  # type: ignore[arg-type]
    return str(error.value)
