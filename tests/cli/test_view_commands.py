"""The command line of a view, read by the real commands, is the same view."""

from __future__ import annotations

import shlex
from typing import Any, cast

import click
import pytest
from hypothesis import given
from hypothesis import strategies as st

from backbones.cli import plot, query
from backbones.store.columns import column_of
from backbones.store.errors import QueryError
from backbones.store.filters import parse_filter, references_of
from backbones.store.places import Places
from backbones.store.query import CatalogExplorer
from backbones.store.references import Reference, parse_reference
from backbones.store.rows import Column
from backbones.store.view import Sort, View
from backbones.store.view_commands import PLOT_COLUMNS, joined_names, split_names

ATTRIBUTES = ("checkpoint", "family", "params_m", "gmacs", "published", "resolution", "weights", "pretraining_dataset")
METRICS = (
    "top_1@imagenet-1k", "top_1@imagenet-v2", "box_ap@coco-val:head=mask-rcnn,train_epochs=12", "mce@imagenet-c",
    "miou_ss@'a set, with commas'",
)  # fmt: skip
SPEEDS = ("throughput@rtx3090:precision=amp,batch_size=256", "latency@v100")
references = st.sampled_from((*ATTRIBUTES, *METRICS, *SPEEDS))
names = (
    st.text(st.characters(exclude_categories=["Cs", "Cc", "Zl", "Zp"]), min_size=1, max_size=12)
    .map(str.strip)
    .filter(bool)
)
filters = st.sampled_from((
    "", "params_m < 30", "box_ap@coco-val > 40 and gmacs < 5", "family in (ConvNeXt, 'Swin Transformer')", "not family = ViT",
    "top_1@imagenet-v2 > 70", "checkpoint ~ \"it's\"", "- nonsense",
))  # fmt: skip
ranges = st.sampled_from(["", "5..100", "..30", "-3..", "2021-06.."])
views = st.builds(
    View, filter=filters, columns=st.lists(references, min_size=1, max_size=4, unique=True).map(tuple),
    sort=st.lists(st.builds(Sort, references, st.booleans()), max_size=2).map(tuple), limit=st.none() | st.integers(1, 999),
    x=references, y=references, group=st.sampled_from(ATTRIBUTES), focus=st.lists(names, max_size=3).map(tuple), pareto=st.booleans(),
    only_front=st.booleans(), labels=st.booleans(), letters=st.booleans(), log_x=st.none() | st.booleans(), log_y=st.booleans(),
    shape=st.just("") | st.sampled_from(ATTRIBUTES), lines=st.booleans(), x_range=ranges, y_range=ranges,
    best_per=st.sampled_from([None, "family", "backbone"]),
)  # fmt: skip


class Words:
    """The part of an explorer that the commands ask before they ask for rows."""

    def describe(self, reference: str) -> Column:
        """What the words alone say."""
        return column_of(parse_reference(reference))

    def main_metric(self, filter: str, columns: tuple[str, ...]) -> str:
        """As the catalogue chooses it."""
        return CatalogExplorer.main_metric(cast(Any, self), filter, columns)


def parsed(command: click.Command, text: str) -> dict[str, Any]:
    """What click makes of a command line."""
    words = shlex.split(text)
    assert words[:2] == ["backbones", command.name]
    return command.make_context(command.name or "", words[2:]).params


def of_plot(text: str) -> View:
    options = parsed(plot.command, text)
    for name in ("title", "save", "width", "height", "use_ascii", "color", "light", "palette"):
        del options[name]
    return plot.view_of(cast(Any, Words()), **options)


def of_query(text: str) -> View:
    options = parsed(query.command, text)
    wanted = ("filter", "columns", "sort", "limit", "pareto", "best_per", "rows_of")
    return query.view_of(cast(Any, Words()), **{name: options[name] for name in wanted})


def anchor(view: View) -> Reference | None:
    """The metric that decides which rows there are, as store/query.py finds it."""
    drawn = [view.y] if view.group and view.y else []
    try:
        filtered = [str(r) for r in references_of(parse_filter(view.filter))]
    except QueryError:
        filtered = []
    texts = [
        *drawn,
        *filtered,
        *(s.reference for s in view.sort),
        *view.columns,
        view.x,
        view.y,
        view.group,
        view.shape,
    ]
    return next((r for t in texts if t and (r := parse_reference(t)).is_metric), None)


@given(views)
def test_the_plot_command_of_a_view_draws_the_same_picture(view: View) -> None:
    again = of_plot(view.plot_command())
    if again.columns == PLOT_COLUMNS != view.columns:  # left out: points have the same names, rows are the same
        assert "checkpoint" in view.columns and anchor(again) == anchor(view)
        again = again.with_(columns=view.columns)
    assert again == view


@given(views)
def test_the_query_command_of_a_view_prints_the_same_table(view: View) -> None:
    again = of_query(view.query_command())
    told = ("filter", "columns", "sort", "limit", "only_front", "best_per")
    assert [getattr(again, name) for name in told] == [getattr(view, name) for name in told]
    assert anchor(again) == anchor(view)
    if view.only_front:
        assert (again.x, again.y) == (view.x, view.y)


@given(st.lists(names, max_size=5))
def test_names_with_commas_and_quotes_are_told_apart(chosen: list[str]) -> None:
    assert split_names(joined_names(chosen)) == tuple(chosen)


def test_the_commands_of_the_view_one_starts_with_are_short() -> None:
    assert View().plot_command() == "backbones plot -x params_m -y top_1@imagenet-1k --group family"
    assert View().query_command().endswith("--sort -top_1@imagenet-1k")


SAME_ROWS = (
    View(),
    View(filter="box_ap@coco-val > 45"),
    View(filter="params_m < 30 and family = ConvNeXt", best_per="backbone", sort=(Sort("top_1@imagenet-1k", False),)),
    View(x="gmacs", y="top_1@imagenet-1k", only_front=True, filter="top_1@imagenet-v2 > 60"),
    View(y="params_m", x="gmacs", columns=("checkpoint", "top_1@imagenet-v2"), sort=(Sort("params_m"),)),
    View(shape="resolution", lines=True, limit=100, log_y=True, x_range="5..100", columns=("family", "weights")),
)


@pytest.mark.parametrize("view", SAME_ROWS)
def test_both_commands_give_the_rows_that_the_screen_shows(view: View, shipped: Places) -> None:
    from backbones.plot.picture import picture
    from backbones.store.catalog import connect

    explorer = CatalogExplorer(lambda: connect(shipped))
    answer = explorer.answer(view)
    asked, drawn = of_query(view.query_command()), of_plot(view.plot_command())
    table = explorer.answer(asked)
    assert table.keys == answer.keys and len(answer.keys) > 3
    width = len(view.columns)
    assert [row[:width] for row in table.rows] == [row[:width] for row in answer.rows]
    again = picture(explorer.answer(drawn), drawn)
    assert (again.spec, again.points) == ((shown := picture(answer, view)).spec, shown.points)
