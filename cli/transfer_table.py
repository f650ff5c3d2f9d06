"""What came of models on the user's images, as a table with sentences below."""

from __future__ import annotations

from collections.abc import Sequence

import click

from backbones.cli.session import say, table_width
from backbones.cli.transfer_progress import is_decoding_the_limit
from backbones.store.formats import render
from backbones.store.rows import Column, Rows
from backbones.store.text import printable
from backbones.store.transferring.budgeted import furthest
from backbones.store.transferring.cautions import CAUTIONS
from backbones.store.transferring.outcome import Outcome
from backbones.store.transferring.ranking import Ranked, named, ranked, ranking
from backbones.store.transferring.recipe_names import told_recipe

_FOR_PROGRAMS = frozenset(("chosen", "details", "cautions", "as_good"))
"""Columns that a table on a terminal has no room for."""

_NAMED = 8
"""Models that a sentence names."""


def tell_outcomes(outcomes: Sequence[Outcome], form: str, per_class: bool, is_halved: bool) -> None:
    """The ranked models; after successive halving each by what it got furthest with."""
    found = furthest(ranked(outcomes)) if is_halved else ranked(outcomes)
    if not found:
        return
    rows = ranking(found)
    if form != "table":
        click.echo(render(rows, form), nl=False)
        return
    click.echo(render(_with_recipes_named(without(rows, _FOR_PROGRAMS)), form, table_width()), nl=False)
    if per_class:
        _tell_classes(found[0])
    _tell_cautions(found)


def without(rows: Rows, names: frozenset[str]) -> Rows:
    """Less columns."""
    kept = [place for place, column in enumerate(rows.columns) if column.name not in names]
    return Rows(tuple(rows.columns[at] for at in kept), tuple(tuple(row[at] for at in kept) for row in rows))


def _with_recipes_named(rows: Rows) -> Rows:
    """By their names, where these tell them apart."""
    at = next((place for place, column in enumerate(rows.columns) if column.name == "recipe"), None)
    if at is None:
        return rows
    every = [str(row[at]) for row in rows if row[at] is not None]
    return Rows(
        rows.columns,
        tuple((*row[:at], row[at] and told_recipe(str(row[at]), every), *row[at + 1 :]) for row in rows),
    )


def _tell_classes(best: Ranked) -> None:
    names = ("class", "images", "precision", "recall", "f1")
    columns = tuple(
        Column(n, n, "text" if n == "class" else "number", decimals=None if n == "class" else 0 if n == "images" else 2)
        for n in names
    )
    scores = best.scores
    rows = tuple((c.name, c.images, c.precision, c.recall, c.f1) for c in scores.classes)
    say(f"\n{best.name}, {best.outcome.evaluation.protocol}, by class:")
    click.echo(render(Rows(columns, rows), "table", table_width()), nl=False)
    for true, answered, images in scores.confusions[:10]:
        say(f"{images:,} of {true} taken for {answered}")


def _tell_cautions(found: Sequence[Ranked]) -> None:
    """Each once, with how many it is about where it is not about all."""
    for name, sentence in CAUTIONS.items():
        about = [one for one in found if name in one.outcome.cautions]
        if about:
            say(sentence if len(about) == len(found) else f"{len(about)} of {len(found)} rows: {sentence}")
    _tell_fewer_tests(found)
    _tell_guessing(found)
    if slowed := [one for one in found if is_decoding_the_limit(one.outcome.cost)]:
        fastest = max(one.outcome.cost.model_img_s or 0.0 for one in slowed)
        say(
            f"{len(slowed)} of {len(found)} rows: img/s is how fast the images are decoded, the models alone reach up to {fastest:,.0f} img/s; "
            "smaller copies of the images are decoded faster."
        )


def _tell_fewer_tests(found: Sequence[Ranked]) -> None:
    """After a time budget: whose top-1 is of other test images than the best one's."""
    most = max(one.scores.images for one in found)
    fewer = [one.name for one in found if one.scores.images < most]
    if fewer:
        more = f" and {len(fewer) - _NAMED:,} more" if len(fewer) > _NAMED else ""
        say(f"Tested on fewer than {most:,} images: {', '.join(fewer[:_NAMED])}{more}.")


def _tell_guessing(found: Sequence[Ranked]) -> None:
    """Whose numbers an answer that looks at no image may reach; random weights, where real ones are there, are left out."""
    real = [one for one in found if not one.is_random] or found
    not_above = [one for one in real if not one.beats_most_frequent]
    if not_above:
        name, share = real[0].most_frequent
        say(
            f"{len(not_above)} of {len(found)} rows are not certainly better than always answering {printable(name)}, the most frequent class: "
            f"{share:.2f} % of the test images."
        )


def tell_failures(failed: Sequence[Outcome]) -> None:
    """Each that could not be evaluated, with its reason."""
    if not failed:
        return
    say(f"{len(failed):,} could not be evaluated:")
    for one in failed:
        say(
            f"  {named(one.evaluation)} {one.evaluation.protocol}: {one.status.replace('_', ' ')}"
            + (f", {one.error}" if one.error else "")
        )
