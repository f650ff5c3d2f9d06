"""Where recipes are found and how their files are read; every mistake is a line `file: key.path: sentence`."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any, Final

from pydantic import BaseModel, ValidationError

from backbones.probe.transfer.recipe import EvaluationImages, Recipe, Stage, TrainingImages
from backbones.store.documents import parse_yaml, read_yaml
from backbones.store.errors import FileProblems, UnknownName
from backbones.store.sheet import sentence
from backbones.store.text import closest

_MODELS: Final[tuple[type[BaseModel], ...]] = (Recipe, TrainingImages, EvaluationImages, Stage)


@dataclass(frozen=True, slots=True)
class Found:
    """A recipe, and the text that it stands in."""

    recipe: Recipe
    file: str
    text: str

    @property
    def key(self) -> str:
        """`clash@0123456789ab`: the name and the first 12 hex digits of the SHA-256 of what the recipe says.

        Comments and the sentence about it change nothing, nor does saying what would be so anyway.
        """
        said = self.recipe.model_dump(mode="json", exclude={"about"})
        digest = hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()
        return f"{self.recipe.recipe}@{digest[:12]}"


def shipped_recipes() -> dict[str, Found]:
    """All shipped recipes by name."""
    folder = files("backbones.probe.transfer.recipes")
    named = sorted((one for one in folder.iterdir() if one.name.endswith(".yaml")), key=lambda one: one.name)
    found = (parse_recipe(one.read_text(encoding="utf-8"), one.name) for one in named)
    return {one.recipe.recipe: one for one in found}


def find_recipe(wanted: str) -> Found:
    """A shipped recipe by its name, or a file by its path. UnknownName, FileProblems."""
    if wanted.endswith((".yaml", ".yml")) or "/" in wanted or Path(wanted).is_file():
        return read_recipe(Path(wanted))
    shipped = shipped_recipes()
    if wanted not in shipped:
        raise UnknownName(wanted, "recipe", closest(wanted, shipped))
    return shipped[wanted]


def read_recipe(path: Path) -> Found:
    """A recipe of the user's own. FileProblems lists every mistake."""
    found = Found(_checked(read_yaml(path), str(path)), str(path), path.read_text(encoding="utf-8"))
    shipped = shipped_recipes().get(found.recipe.recipe)
    if shipped is not None and shipped.key != found.key:
        raise FileProblems(
            [
                f"{path}: recipe: {found.recipe.recipe!r} is the name of a shipped recipe that says something else; give it a name of its own"
            ]
        )
    return found


def check_optimisers(found: Found, known: Sequence[str]) -> None:
    """FileProblems where a stage has an optimiser that is not among those that timm knows."""
    problems = []
    for place, stage in enumerate(found.recipe.stages):
        if stage.optimiser not in known:
            near = closest(stage.optimiser, known)
            hint = f"; did you mean {', '.join(map(repr, near))}?" if near else ""
            problems.append(f"{found.file}: stages.{place}.optimiser: timm has no optimiser {stage.optimiser!r}{hint}")
    if problems:
        raise FileProblems(problems)


def parse_recipe(text: str, name: str = "<text>") -> Found:
    """The same from a text."""
    return Found(_checked(parse_yaml(text, name), name), name, text)


def _checked(plain: Any, name: str) -> Recipe:
    if not isinstance(plain, dict):
        raise FileProblems([f"{name}: is no mapping; a recipe starts with `recipe: NAME`"])
    if "recipe" not in plain:
        raise FileProblems([f"{name}: has no key `recipe`, which names it"])
    try:
        return Recipe.model_validate(plain)
    except ValidationError as error:
        raise FileProblems(list(_lines(error, name))) from None


def _lines(error: ValidationError, name: str) -> Iterable[str]:
    for problem in error.errors():
        place = ".".join(str(part) for part in problem["loc"])
        said = sentence(problem)
        if problem["type"] == "extra_forbidden":
            keys = {key for model in _MODELS for key in model.model_fields}
            near = closest(str(problem["loc"][-1]), keys, 1)
            said += f"; did you mean {near[0]!r}?" if near else ""
        yield f"{name}: {place + ': ' if place else ''}{said}"
