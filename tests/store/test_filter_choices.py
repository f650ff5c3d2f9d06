"""Ticking values: the text of the filter says so, and everything else in it stays."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from backbones.store.filter_choices import chosen_values, quoted, with_value, with_values
from backbones.store.filters import Comparison, Every, Filter, Not, clauses, parse_filter
from backbones.store.sections.owner import filter_for
from backbones.store.text import fold


def shape(tree: Filter | None) -> Any:
    """The tree without places and texts."""
    if isinstance(tree, Comparison):
        return (str(tree.reference), tree.operator, tree.values)
    if isinstance(tree, Not):
        return ("not", shape(tree.part))
    return None if tree is None else ("and" if isinstance(tree, Every) else "or", *map(shape, tree.parts))


@pytest.mark.parametrize(
    ("before", "value", "on", "after"),
    [
        ("", "Mask R-CNN", True, 'head = "Mask R-CNN"'),
        ("head = UPerNet", "Mask R-CNN", True, 'head in (UPerNet, "Mask R-CNN")'),
        ("head in (a, b)", "b", False, "head = a"),
        ("head in (a, b)", None, True, "(head = none or head in (a, b))"),
        ("(head = none or head in (a, b))", "a", False, "(head = none or head = b)"),
        ("(head = none or head = b)", None, False, "head = b"),
        ("head = a", "a", False, ""),
        ("head = a", "A", True, "head = a"),
        ("params_m<30  and head=a and gmacs < 5", "a", False, "params_m<30 and gmacs < 5"),
        ("params_m < 30 or gmacs < 5", "a", True, "(params_m < 30 or gmacs < 5) and head = a"),
        ("(params_m < 30 or gmacs < 5) and head = a", "a", False, "(params_m < 30 or gmacs < 5)"),
        ("not head = a", "b", True, "not head = a and head = b"),
        ("head != a", "b", True, "head != a and head = b"),
        ("head = a or head = b", "c", True, "head in (a, b, c)"),
        ("head = a or params_m < 3", "c", True, "(head = a or params_m < 3) and head = c"),
        ("head ~ mask", "mask", False, "head ~ mask"),
    ],
)  # fmt: skip
def test_a_tick_changes_only_its_own_clause(before: str, value: str | None, on: bool, after: str) -> None:
    assert with_value(before, "head", value, on) == after
    assert on == any(v == value or (v and value and fold(v) == fold(value)) for v in chosen_values(after, "head"))


@pytest.mark.parametrize(
    ("before", "reference", "value", "after"),
    [
        ("", "prominent", "yes", "prominent = yes"),
        ("installable = no", "installable", "yes", "(installable = no or installable = yes)"),
        ("", "device", "v100", "throughput@v100 > 0"),
        ("throughput@v100 > 0", "device", "rtx-4090", "(throughput@v100 > 0 or throughput@rtx-4090 > 0)"),
        ("throughput@v100 > 9", "device", "v100", "throughput@v100 > 9 and throughput@v100 > 0"),
        ("", "family", "none", 'family = "none"'),
        ("", "family", 'a "b"', "family = 'a \"b\"'"),
    ],
)  # fmt: skip
def test_flags_devices_and_quotes(before: str, reference: str, value: str, after: str) -> None:
    assert with_value(before, reference, value, True) == after


others = st.lists(
    st.sampled_from(
        [
            "params_m < 30", "not family = Swin", "(gmacs < 5 or resolution = 224)", "top_1@imagenet-1k > 80", "hub_id ~ timm",
            "throughput@a100:precision=amp > 5", "not (params_m < 3 and gmacs<2)", "backbone in (ConvNeXt-T, 'Swin-T')",
        ]
    ),
    max_size=3,
)  # fmt: skip
names = st.one_of(
    st.sampled_from(["Mask R-CNN", "and", "in", "UPerNet", "x[/]y[a1]", "it's", "a, b", "(a)", "224"]),
    st.text(min_size=1, max_size=8).filter(lambda v: fold(v) not in ("", "none", "missing", "null")),
).filter(lambda v: not ("'" in v and '"' in v))


@given(names)
def test_a_quoted_value_is_read_back(value: str) -> None:
    tree = parse_filter(f"head = {quoted(value)} and head in ({quoted(value)}, {quoted(value)})")
    assert isinstance(tree, Every)
    assert [part.values for part in tree.parts if isinstance(part, Comparison)] == [(value,), (value, value)]


@given(others, others, st.lists(names, max_size=3, unique_by=fold), st.one_of(st.none(), names))
def test_on_and_off_again_is_an_equivalent_filter(
    first: list[str], last: list[str], ticked: list[str], value: str | None
) -> None:
    assume(value is None or fold(value) not in map(fold, ticked))
    own = with_values("", "head", ticked)
    text = " and ".join([*first, *([own] if own else []), *last])
    on = with_value(text, "head", value, True)
    assert set(chosen_values(on, "head")) == {*ticked, value}
    rest = [shape(part) for part in clauses(parse_filter(" and ".join([*first, *last])))]
    assert [shape(part) for part in clauses(parse_filter(on)) if "head" not in str(shape(part))] == rest
    for clause in (*first, *last):
        assert clause in on
    off = with_value(on, "head", value, False)
    assert chosen_values(off, "head") == tuple(ticked)
    assert shape(parse_filter(off)) == shape(parse_filter(text))
    assert with_value(text, "head", value, False) == text


@given(st.text(st.characters(exclude_categories=["C"]), min_size=1, max_size=12).filter(fold))
def test_a_name_on_a_page_and_in_a_search_is_quoted_the_same_way(name: str) -> None:
    for text in (filter_for("family", name), f"family = {quoted(name)}"):
        tree = parse_filter(text)
        assert isinstance(tree, Comparison)
        assert tree.values == (name,) or fold(tree.values[0]) == fold(name)
