"""What fine-tuning is tried on: small images whose classes differ in colour and texture. Without torch its tests are skipped."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tuning import Data


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Data:
    """24 images to train on, 12 to choose on, 24 to test on."""
    from tuning import drawn

    return drawn(tmp_path_factory.mktemp("images"))


@pytest.fixture(autouse=True)
def one_thread() -> None:
    """The same sums in the same order, and no fight over cores."""
    import torch

    torch.set_num_threads(1)
