"""What is suggested while one types, against the shipped catalogue."""

from __future__ import annotations

import random
import sqlite3
from typing import TYPE_CHECKING

import pytest

from backbones.store.compile import DEFAULT_ANCHOR, Compiler
from backbones.store.completion import CompletionKind, Completions, complete
from backbones.store.conditions import Conditions
from backbones.store.errors import QueryError
from backbones.store.filters import parse_filter, references_of
from backbones.store.query import CatalogExplorer
from backbones.store.references import parse_reference
from backbones.store.view import View

if TYPE_CHECKING:
    from tests.store.conftest import World


def texts(found: Completions) -> list[str]:
    return [item.text for item in found.items]


def at(catalog: sqlite3.Connection, text: str, kind: CompletionKind = "filter", **options: str) -> Completions:
    """Suggestions at the `|` of a text, else at its end."""
    cursor = text.index("|") if "|" in text else len(text)
    return complete(catalog, text.replace("|", "", 1), cursor, kind=kind, **options)


def taken(text: str, found: Completions, choice: int) -> str:
    return text[: found.start] + found.items[choice].text + text[found.end :]


def means_something(catalog: sqlite3.Connection, text: str, kind: str) -> None:
    """Raises QueryError where it does not."""
    if kind == "filter":
        tree = parse_filter(text)
        if tree is not None:
            named = {reference: "v" for reference in references_of(tree)}
            Conditions(Compiler(catalog, DEFAULT_ANCHOR, False), named, text).condition(tree)
    else:
        Compiler(catalog, DEFAULT_ANCHOR, False).column(parse_reference(text))


@pytest.mark.parametrize("seed", range(60))
def test_whatever_is_taken_step_by_step_means_something_in_the_end(catalog: sqlite3.Connection, seed: int) -> None:
    dice = random.Random(seed)
    kind: CompletionKind = "filter" if seed % 3 else dice.choice(["axis", "column"])
    text, steps = "", 0
    while steps < 40:
        found = complete(catalog, text, len(text), kind=kind)
        choices = [i for i, item in enumerate(found.items) if item.text]
        if not choices:
            if kind == "filter" and found.items:  # a number is asked for
                text += "3"
                steps += 1
                assert complete(catalog, text + " ", len(text) + 1, kind=kind).items
                text += " "
                continue
            break
        is_whole = steps > 12 and _is_whole(catalog, text, kind)
        if is_whole or (kind != "filter" and dice.random() < 0.3 and _is_whole(catalog, text, kind)):
            break
        text = taken(text, found, dice.choice(choices[:12]))
        steps += 1
    means_something(catalog, text, kind)


def _is_whole(catalog: sqlite3.Connection, text: str, kind: str) -> bool:
    try:
        means_something(catalog, text, kind)
    except QueryError:
        return False
    return bool(text)


@pytest.mark.parametrize("seed", range(12))
def test_a_suggested_reference_has_the_rows_that_it_promises(
    catalog: sqlite3.Connection, explorer: CatalogExplorer, seed: int
) -> None:
    dice = random.Random(seed)
    anchor = dice.choice(
        ["top_1@imagenet-1k", "top_1@imagenet-v2", "box_ap@coco-val:head=mask-r-cnn", "miou_ss@ade20k-val"]
    )
    name = dice.choice(["top_1@", "box_ap@", "miou_ss@", "recall_1@", "throughput@", "latency@", "throughput@"])
    found = at(catalog, name, "axis", anchor=anchor)
    if not found.items:
        pytest.skip("this anchor has no such speed")
    place = dice.choice(found.items[:12])
    text, count = name + place.text, place.count
    for _ in range(dice.randint(0, 2)):
        keys = at(catalog, text + (":" if ":" not in text else ","), "axis", anchor=anchor)
        if not keys.items:
            break
        key = dice.choice(keys.items)
        values = at(catalog, text + (":" if ":" not in text else ",") + key.text, "axis", anchor=anchor)
        value = dice.choice(values.items[:20])
        text, count = text + (":" if ":" not in text else ",") + key.text + value.text, value.count
    reference = parse_reference(text)
    y = text if reference.is_metric else anchor
    answer = explorer.answer(View(x=text, y=y, columns=("checkpoint",), sort=(), pareto=False))
    points = sum(value is not None for value in answer.rows.values(str(reference)))
    assert count == points, text
    if reference.is_metric:
        assert answer.total == count


@pytest.mark.parametrize(
    "name", ["family", "pretraining_dataset", "licence_class", "installable", "token_mixer", "resolution"]
)
def test_a_suggested_value_leaves_the_rows_that_it_promises(
    catalog: sqlite3.Connection, explorer: CatalogExplorer, name: str
) -> None:
    for item in at(catalog, f"{name} = ").items[:60:7]:
        if item.text:
            view = View(filter=f"{name} = {item.text}", columns=("checkpoint",), sort=(), pareto=False)
            assert explorer.answer(view).total == item.count, item.text


def test_every_data_set_and_device_is_written_so_that_it_is_found(catalog: sqlite3.Connection) -> None:
    for name in texts(at(catalog, "", "axis")):
        if name.endswith("@"):
            for item in at(catalog, name, "axis").items:
                means_something(catalog, name + item.text, "axis")


def test_names_come_by_prefix_then_inside_then_nearly(catalog: sqlite3.Connection) -> None:
    assert texts(at(catalog, "par"))[0] == "params_m "
    assert texts(at(catalog, "licnce"))[0].startswith("licence")
    assert "robust_top_1@" in texts(at(catalog, "top"))
    assert texts(at(catalog, "top"))[0] == "top_1@"
    assert texts(at(catalog, "flops"))[0] == "gmacs ", "an alias leads to its column"
    assert texts(at(catalog, "family = confnex"))[0] == "ConvNeXt"


def test_places_conditions_and_values_have_rows(catalog: sqlite3.Connection) -> None:
    assert at(catalog, "top_1@").items[0].text == "imagenet-1k"
    assert "head=" in texts(at(catalog, "box_ap@coco-val:"))
    assert "head=" not in texts(at(catalog, "top_1@imagenet-1k:")), "its rows have none"
    assert "conditions=" not in texts(at(catalog, "recall_1@xm3600:"))
    assert {"direction=", "language="} <= set(texts(at(catalog, "recall_1@xm3600:")))
    assert "attack=" in texts(at(catalog, "robust_top_1@imagenet-1k:"))
    assert all(item.count for item in at(catalog, "box_ap@coco-val:head=").items)
    assert texts(at(catalog, "throughput@v100:precision=")) == ["amp", "fp32", "fp16"]


def test_values_are_quoted_where_they_have_to_be(catalog: sqlite3.Connection) -> None:
    assert '"ConvNeXt V2"' in texts(at(catalog, "family = conv"))
    assert texts(at(catalog, "family in (ConvNeXt"))[:2] == ["ConvNeXt, ", "ConvNeXt)"]
    assert "ConvNeXt" not in texts(at(catalog, "family in (ConvNeXt, "))
    assert set(texts(at(catalog, "installable = "))) == {"yes", "no", "none"}
    found = at(catalog, 'family = "Conv| V2"')
    assert taken('family = "Conv V2"', found, 0) == "family = ConvNeXt"


def test_a_number_has_its_range_as_a_hint(catalog: sqlite3.Connection) -> None:
    (hint,) = at(catalog, "params_m < ").items
    assert hint.text == "" and ".." in hint.label and hint.label.endswith(" M")
    assert at(catalog, "params_m < 3").items == (hint,)


def test_after_a_comparison_come_and_or_and_the_closing_parenthesis(catalog: sqlite3.Connection) -> None:
    assert texts(at(catalog, "params_m < 30 ")) == ["and ", "or "]
    assert texts(at(catalog, "(params_m < 30 ")) == ["and ", "or ", ")"]
    assert texts(at(catalog, "params_m < 30 a")) == ["and "]
    assert texts(at(catalog, "family = Swin a")) == ["Swin and "]
    assert texts(at(catalog, "params_m < 30 | and gmacs < 5")) == []


def test_in_the_middle_of_a_text_only_what_keeps_it_sound_is_suggested(catalog: sqlite3.Connection) -> None:
    text = "top_1@imagenet-1k > 83 and family = ViT"
    found = complete(catalog, text, 6)
    assert (found.start, found.end) == (6, 17)
    for choice in range(len(found.items)):
        means_something(catalog, taken(text, found, choice), "filter")
    assert texts(complete(catalog, "par < 30", 3)) == ["params_m"]
    found = complete(catalog, "params_m < 30", 2)
    for choice in range(len(found.items)):
        means_something(catalog, taken("params_m < 30", found, choice), "filter")


@pytest.mark.parametrize(
    "text",
    [
        "((((",
        "@",
        ":",
        "top_1@x:y=,",
        "a b c",
        "params_m < < 3",
        "not not",
        '"',
        "x[/]y[a1]",
        "in (",
        "family in (a b, 'c",
        "é@ü:ß=",
        "top_1@'",
    ],
)
def test_no_text_is_a_mistake(catalog: sqlite3.Connection, text: str) -> None:
    for cursor in range(-1, len(text) + 2):
        for kind in ("filter", "axis", "group", "column"):
            found = complete(catalog, text, cursor, kind=kind)  # type: ignore[arg-type]
            assert 0 <= found.start <= found.end <= len(text)


def test_an_axis_is_a_number_or_a_date_and_a_colour_is_neither(catalog: sqlite3.Connection) -> None:
    compiler = Compiler(catalog, DEFAULT_ANCHOR, False)
    for name in texts(at(catalog, "", "axis")):
        assert name.endswith("@") or compiler.column(parse_reference(name)).kind in ("number", "date")
    for name in texts(at(catalog, "", "group")):
        assert compiler.column(parse_reference(name)).kind in ("text", "flag")


def test_counts_are_made_anew_for_another_catalogue(world: World) -> None:
    world.build()
    connection = world.explorer().connection
    before = {item.text: item.count for item in complete(connection, "family = ", 9).items}
    other = world.elsewhere(world.places.catalog.with_name("other.db"))
    other.write(
        "walrus.yaml",
        (world.places.shipped / "toynet.yaml").read_text().replace("ToyNet", "Walrus").replace("toynet", "walrus"),
    )
    other.build()
    after = {item.text: item.count for item in complete(other.explorer().connection, "family = ", 9).items}
    assert "Walrus" in after and "Walrus" not in before
