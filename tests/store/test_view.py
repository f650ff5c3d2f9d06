"""A view is one frozen value that survives a state file and a command line."""

from __future__ import annotations

import json
import shlex
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backbones.store.view import Sort, View

words = (
    st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=12)
    .map(str.strip)
    .filter(lambda w: w and not w.startswith("-"))
)
views = st.builds(
    View, filter=words, columns=st.lists(words, max_size=3).map(tuple), sort=st.lists(st.builds(Sort, words, st.booleans()), max_size=2).map(tuple),
    limit=st.none() | st.integers(0, 999), x=words, y=words, group=words, focus=st.lists(words, max_size=2).map(tuple), pareto=st.booleans(),
    only_front=st.booleans(), labels=st.booleans(), letters=st.booleans(), log_x=st.none() | st.booleans(), log_y=st.booleans(),
    best_per=st.sampled_from([None, "family", "backbone"]), shape=st.just("") | words, lines=st.booleans(), x_range=st.just("") | words,
)  # fmt: skip


@given(views)
def test_a_view_comes_back_from_its_state_file(view: View) -> None:
    assert View.from_dict(json.loads(json.dumps(view.to_dict()))) == view


def test_the_default_view_is_an_empty_state() -> None:
    assert View().to_dict() == {}
    assert View.from_dict({}) == View()


@pytest.mark.parametrize(
    ("plain", "message"),
    [
        ({"colour": 1}, "'colour' is no part of a view"), ({"columns": "params_m"}, "'columns' has to be a list of texts"),
        ({"columns": [1]}, "'columns' has to be a list of texts"), ({"pareto": "yes"}, "'pareto' has to be true or false"), ({"x": 3}, "'x' has to be a text"),
    ],
)  # fmt: skip
def test_a_state_that_is_none_is_refused(plain: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        View.from_dict(plain)


@given(views)
def test_the_commands_of_a_view_survive_a_shell(view: View) -> None:
    for command in (view.query_command(), view.plot_command()):
        assert shlex.split(command)[0] == "backbones"
        assert view.filter in shlex.split(command)


@pytest.mark.parametrize(
    ("text", "expected"),
    [("-params_m", Sort("params_m", True)), ("params_m", Sort("params_m", False)), (" - gmacs ", Sort("gmacs", True))],
)
def test_a_minus_sorts_the_largest_first(text: str, expected: Sort) -> None:
    assert Sort.parse(text) == expected
    assert Sort.parse(str(expected)) == expected
