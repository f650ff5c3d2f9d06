"""`backbones transfer recipes`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from backbones.cli.session import format_option, say, table_width
from backbones.store.errors import BackbonesError
from backbones.store.formats import render
from backbones.store.rows import Column, Row, Rows

if TYPE_CHECKING:
    from backbones.probe.transfer.recipe_files import Found


@click.command("recipes")
@click.argument("name", required=False, metavar="[NAME]")
@format_option
def command(name: str | None, form: str) -> None:
    """The recipes for fine-tuning; with NAME (or a FILE of your own, which is checked) the text of one.

    A recipe of your own starts as a copy of a shipped one; --recipe takes its path. What a key means stands in docs/recipes.md.

    \b
    backbones transfer recipes
    backbones transfer recipes clash > mine.yaml
    backbones transfer recipes mine.yaml
    """
    from backbones.probe.transfer.recipe_files import find_recipe, shipped_recipes

    if name is not None:
        found = find_recipe(name)
        if name not in shipped_recipes():
            _check_with_timm(found)
        click.echo(found.text.rstrip("\n"))
        return
    columns = (
        Column("recipe", "recipe"), Column("epochs", "epochs", "number", decimals=0), Column("batch_size", "batch", "number", decimals=0),
        Column("optimisers", "optimisers"), Column("resolution", "res", "number", "px", decimals=0), Column("about", "about"),
    )  # fmt: skip
    rows: list[Row] = []
    for shipped in shipped_recipes().values():
        recipe = shipped.recipe
        optimisers = ", ".join(stage.optimiser for stage in recipe.stages)
        rows.append(
            (recipe.recipe, recipe.epochs, recipe.batch_size, optimisers, recipe.evaluation.resolution, recipe.about)
        )
    click.echo(render(Rows(columns, tuple(rows)), form, table_width() if form == "table" else None), nl=False)


def _check_with_timm(found: Found) -> None:
    """What only timm knows; that it is not installed is said."""
    from backbones.probe.transfer.installed import installed
    from backbones.probe.transfer.recipe_files import check_optimisers
    from backbones.probe.transfer.seen import cache_folder

    try:
        optimisers = installed(cache_folder() / "transfer").optimisers
    except BackbonesError as error:
        say(f"the names of optimisers are not checked: {error}")
        return
    check_optimisers(found, optimisers)
