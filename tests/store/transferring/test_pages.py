"""Own results on the pages and lists of the catalogue, and what is said where they do not answer."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

import pytest

from backbones.store.catalog import open_catalog
from backbones.store.default_columns import default_columns
from backbones.store.errors import UnknownName
from backbones.store.listing import listing
from backbones.store.page import Link
from backbones.store.pages import page_of
from backbones.store.row_links import link_of_row
from backbones.store.transferring.keeping import keep
from backbones.store.transferring.outcome import Outcome
from backbones.store.view import Sort, View

if TYPE_CHECKING:
    from tests.store.conftest import World

Make = Callable[..., Outcome]


def _view(text: str, *columns: str, sort: str = "") -> View:
    return View(filter=text, columns=columns, x="", y="", group="", sort=(Sort.parse(sort),) if sort else ())


def test_a_data_set_that_only_the_user_knows_has_no_reports_and_no_year(own: World) -> None:
    connection = open_catalog(own.places)
    titles = {name: [s.title for s in page_of(connection, name).sections] for name in ("My Photos", "ImageNet-1k")}
    assert "what was measured" in titles["My Photos"] and "what is reported" not in titles["My Photos"]
    assert "what is reported" in titles["ImageNet-1k"] and "what was measured" not in titles["ImageNet-1k"]
    found = listing(connection, "datasets")
    names = [column.name for column in found.columns]
    rows = [dict(zip(names, row, strict=True)) for row in found.rows(found.order())]
    newest = {row["dataset"]: row["newest"] for row in rows}
    assert newest["My Photos"] is None and newest["ImageNet-1k"] is not None
    connection.close()


def test_a_checkpoint_s_page_shows_its_own_evaluations_alone(own: World, make: Make) -> None:
    keep(own.places.measurements, make(77.0, model="toynet_small", weights="0123456789abcdef"))
    connection = open_catalog(own.places)
    shown = {}
    for name, kind in (("ToyNet-S", "backbone"), ("ToyNet-S IN-1k", "checkpoint"), ("toynet_small.in1k", "weights")):
        page = page_of(connection, name, kind)
        (section,) = (s for s in page.sections if s.title == "on your own images")
        shown[kind] = len(section.rows)
        assert dict(page.sections[0].rows.rows)["on your own images"] == f"{shown[kind]} evaluations"
    assert shown == {"backbone": 8, "checkpoint": 5, "weights": 5}  # neither random weights nor a file, nor another tag
    connection.close()


def test_a_file_of_weights_leads_to_its_backbone(world: World, make: Make) -> None:
    keep(world.places.measurements, make(77.0, model="toynet_small", weights="0123456789abcdef"))
    keep(world.places.measurements, make(66.0, model="brand_new_net.tag"))
    explorer = world.explorer()
    answer = explorer.answer(_view("top_1@my-photos > 0", "weights", sort="weights"))
    linked = [explorer.ask(partial(link_of_row, key=key)) for key in answer.keys]
    assert linked == [None, Link("backbone", "ToyNet-S")]
    for kind in (None, "weights"):
        page = explorer.ask(partial(page_of, name="toynet_small (file 0123456789abcdef)", kind=kind))
        assert (page.kind, page.name) == ("backbone", "ToyNet-S")
    with pytest.raises(UnknownName, match="no backbone is called 'brand_new_net'"):
        explorer.ask(partial(page_of, name="brand_new_net (file 0123456789abcdef)"))
    explorer.close()


def test_where_nothing_answers_the_conditions_are_told_that_do(world: World, make: Make) -> None:
    file = world.places.measurements
    for shots in (5, 5, 10):
        keep(file, make(60.0, shots=shots, seed=shots, data="few"))
    keep(file, make(61.0, shots=5, model="toynet_small.other", data="few"))
    keep(file, make(10.0, model="toynet_small", weights="random", data="random"))
    keep(file, make(10.0, model="toynet_small", weights="random", shots=5, data="both", protocol="k-NN"))
    explorer = world.explorer()
    nothing = "nothing has top-1 {} at all"
    told = "top_1@{}; results of {} answer only where they are asked for"
    for name, filtered, hint in (
        ("few", "", told.format("few:shots=5: 2 rows", "few training images")),
        ("few", "> 50", told.format("few:shots=5: 2 rows", "few training images")),
        ("random", "> 5", told.format("random:weights=random: 1 row", "random weights")),
        ("both", "> 5", told.format("both:shots=5,weights=random: 1 row", "random weights and few training images")),
    ):
        asked = f"top_1@{name}"
        answer = explorer.answer(_view(f"{asked} {filtered}" if filtered else "", asked))
        assert answer.advice == (nothing.format(name), hint)
        reference = hint.partition(": ")[0]
        assert explorer.answer(_view("", reference)).total == int(hint.partition(": ")[2][0])  # as it says
    answer = explorer.answer(_view("top_1@random:protocol=k-NN > 5", "top_1@random:protocol=k-NN"))
    assert answer.advice == ("nothing has top-1 random k-NN at all",)
    explorer.close()


def test_a_question_for_random_weights_shows_whose_they_were() -> None:
    assert "backbone" in default_columns("top_1@my-photos:weights=random > 5")
    assert "backbone" not in default_columns("top_1@my-photos > 5")


@pytest.mark.parametrize(("weights", "ending"), [("0123456789abcdef", ""), ("random", ",weights=random")])
def test_two_protocols_of_one_file_stand_beside_one_another(
    world: World, make: Make, weights: str, ending: str
) -> None:
    file = world.places.measurements
    for number, protocol in enumerate(("k-NN", "linear probing")):
        keep(file, make(70.0 + number, model="toynet_small", weights=weights, protocol=protocol))
        keep(file, make(50.0 + number, model="toynet_small", weights=weights, protocol=protocol, resolution=160))
        keep(
            file, make(40.0 + number, model="toynet_small", weights="fedcba9876543210", protocol=protocol, data="other")
        )
    keep(file, make(33.0, model="toynet_small", weights="fedcba9876543210", protocol="k-NN"))
    one, other = (f"top_1@my-photos:protocol={protocol}{ending}" for protocol in ("k-NN", "linear-probing"))
    explorer = world.explorer()
    rows = explorer.answer(_view(f"{one} > 40", one, other, sort=f"-{one}")).rows.rows
    assert list(rows) == [(70.0, 71.0), (50.0, 51.0)]  # at the same resolution
    rows = explorer.answer(
        _view("top_1@my-photos:protocol=k-NN = 33", "top_1@my-photos:protocol=k-NN", other)
    ).rows.rows
    assert list(rows) == [(33.0, None)]  # another file
    assert (
        explorer.answer(_view("top_1@imagenet-1k > 0 and top_1@my-photos:protocol=k-NN > 0", "checkpoint")).total == 0
    )
    explorer.close()
