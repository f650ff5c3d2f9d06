"""What an import may cost: the screen loads no framework, the store no parser."""

from __future__ import annotations

import subprocess
import sys

import pytest


@pytest.mark.parametrize(
    ("module", "forbidden"),
    [
        (
            "backbones.tui.app",
            {
                "torch",
                "timm",
                "anthropic",
                "pdfplumber",
                "numpy",
                "pydantic",
                "yaml",
                "sqlite_utils",
                "click",
                "plotext",
                "altair",
            },
        ),
        ("backbones.plot.raster", {"textual", "numpy", "plotext", "altair", "click"}),
        (
            "backbones.store.query",
            {"textual", "rich", "click", "torch", "timm", "pydantic", "yaml", "sqlite_utils", "numpy"},
        ),
        ("backbones.store.build", {"textual", "rich", "torch", "timm"}),
    ],
)
def test_a_module_loads_nothing_that_it_does_not_need(module: str, forbidden: set[str]) -> None:
    code = f"import sys, {module}; print(*sorted({forbidden!r} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.strip() == ""
