"""Where nothing is found, the answer says which clause did it and how near the catalogue comes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from backbones.store.query import CatalogExplorer
from backbones.store.view import View

if TYPE_CHECKING:
    from tests.store.conftest import World


@pytest.fixture
def toys(world: World) -> CatalogExplorer:
    return world.explorer()


def advice(explorer: CatalogExplorer, text: str) -> tuple[str, ...]:
    answer = explorer.answer(View(filter=text, columns=("checkpoint",), x="", y="", group="", sort=()))
    explorer.close()
    assert answer.total == 0
    return answer.advice


def test_the_clause_that_removed_the_last_rows_is_named_with_the_nearest_value(toys: CatalogExplorer) -> None:
    assert advice(toys, "params_m < 50 and top_1@imagenet-1k > 85") == (
        "`top_1@imagenet-1k > 85` removed the last 3 of 5 rows",
        "without `params_m < 50`: 1 row; the nearest has params_m = 80",
        "without `top_1@imagenet-1k > 85`: 3 rows; the nearest has top_1@imagenet-1k = 80.1",
    )


def test_the_nearest_value_counts_only_rows_that_pass_the_rest(toys: CatalogExplorer) -> None:
    assert "without `params_m < 10`: 1 row; the nearest has params_m = 86" in advice(
        toys, "params_m < 10 and family = Otter"
    )


def test_a_clause_without_numbers_says_how_many_rows_it_hides(toys: CatalogExplorer) -> None:
    assert advice(toys, "family = Otter and resolution = 384") == (
        "`resolution = 384` removed the last 1 of 5 rows", "without `family = Otter`: 1 row", "without `resolution = 384`: 1 row",
    )  # fmt: skip


def test_a_value_that_nothing_has_is_said_so(toys: CatalogExplorer) -> None:
    assert advice(toys, "family = Otter and throughput@v100 > 1") == (
        "`throughput@v100 > 1` removed the last 1 of 5 rows",
        "without `family = Otter`: 3 rows",
        "without `throughput@v100 > 1`: 1 row, none of which has throughput@v100",
    )


def test_one_clause_alone_is_enough(toys: CatalogExplorer) -> None:
    assert advice(toys, "params_m > 1000") == (
        "`params_m > 1000` removed the last 5 of 5 rows", "without `params_m > 1000`: 5 rows; the nearest has params_m = 86",
    )  # fmt: skip


def test_two_clauses_that_are_both_to_blame_are_not_told_apart(toys: CatalogExplorer) -> None:
    assert advice(toys, "params_m > 1000 and gmacs > 1000")[-1] == "no single clause is to blame; loosen two of them"


def test_a_part_in_parentheses_is_one_clause(toys: CatalogExplorer) -> None:
    assert (
        advice(toys, "(family = Otter or params_m < 50) and resolution = 384")[1]
        == "without `family = Otter or params_m < 50`: 1 row"
    )


def test_a_metric_that_nothing_has_is_named(toys: CatalogExplorer) -> None:
    assert advice(toys, "box_ap@imagenet-1k > 3") == ("nothing has box AP ImageNet-1k at all",)


def test_very_many_clauses_get_a_short_answer(toys: CatalogExplorer) -> None:
    assert advice(toys, " and ".join(["params_m > 1000"] * 100)) == ("nothing passes all 100 clauses; ask with fewer",)


def test_an_answer_with_rows_gives_no_advice(toys: CatalogExplorer) -> None:
    assert toys.answer(View(columns=("checkpoint",), x="", y="")).advice == ()
    toys.close()


def test_advice_leaves_the_connection_read_only(toys: CatalogExplorer) -> None:
    toys.answer(View(filter="params_m > 1000", columns=("checkpoint",), x="", y=""))
    assert toys.connection.execute("pragma query_only").fetchone() == (1,)
    toys.close()


def test_a_question_is_explained_in_sentences(toys: CatalogExplorer) -> None:
    text = toys.explain(
        View(filter="params_m < 50 and not (family in (Otter, ToyNet))", columns=("checkpoint",), x="", y="")
    )
    toys.close()
    assert text.startswith(
        "one row per checkpoint and setting that has top-1 ImageNet-1k (supervised)\nand params_m is below 50\nand not (family is one of Otter, ToyNet)\n"
    )
