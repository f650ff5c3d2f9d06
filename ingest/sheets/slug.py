"""Names as parts of file names and of sheets' names."""

from __future__ import annotations

import re


def slug(name: str, empty: str = "file") -> str:
    """Lower case, digits and `_` only: `ViT-B/16+` is `vit_b_16_plus`; `empty` where nothing is left."""
    return re.sub(r"[^a-z0-9]+", "_", name.casefold().replace("+", " plus ")).strip("_") or empty
