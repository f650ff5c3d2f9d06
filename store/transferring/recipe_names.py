"""How a fine-tuning recipe is called where people read it: by its name, which several recipes may have."""

from __future__ import annotations

from collections.abc import Iterable


def told_recipe(recipe: str, among: Iterable[str]) -> str:
    """`quick` for `quick@0123456789ab`; with its hash where one of the others is another recipe of that name."""
    name = _name(recipe)
    return name if {other for other in among if _name(other) == name} <= {recipe} else recipe


def _name(recipe: str) -> str:
    return recipe.partition("@")[0]
