"""Filters: precedence, quotes, carets, limits; nothing but a QueryError ever escapes."""

from __future__ import annotations

import dataclasses
import time
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from backbones.store.errors import QueryError
from backbones.store.filters import MAX_DEPTH, MAX_LENGTH, Comparison, Every, Filter, Not, Some, clauses, parse_filter
from backbones.store.query import CatalogExplorer
from backbones.store.references import Reference
from backbones.store.view import View

OPERATORS = ("=", "!=", "<", "<=", ">", ">=", "~", "!~", "in", "not in")


def shape(tree: Filter | None) -> Any:
    """The tree without places and texts."""
    if isinstance(tree, Comparison):
        return (str(tree.reference), tree.operator, tree.values)
    if isinstance(tree, Not):
        return ("not", shape(tree.part))
    if tree is None:
        return None
    return ("and" if isinstance(tree, Every) else "or", *map(shape, tree.parts))


values = st.one_of(
    st.sampled_from(["83", "ConvNeXt", "and", "or", "not", "", "a b", "'", '"', "in", "(x)", ","]), st.text(max_size=8)
).filter(lambda v: not ("'" in v and '"' in v))
columns = st.sampled_from(
    [
        Reference("params_m"),
        Reference("family"),
        Reference("top_1", "imagenet-1k"),
        Reference("box_ap", "coco val", (("head", "mask rcnn"),)),
    ]
)
comparisons = st.builds(
    lambda r, o, v: Comparison(r, o, tuple(v) if "in" in o else (v[0],)),
    columns,
    st.sampled_from(OPERATORS),
    st.lists(values, min_size=1, max_size=3),
)
trees: st.SearchStrategy[Filter] = st.recursive(
    comparisons,
    lambda inner: st.one_of(
        inner.map(Not),
        st.lists(inner, min_size=2, max_size=3).map(lambda p: Every(tuple(p))),
        st.lists(inner, min_size=2, max_size=3).map(lambda p: Some(tuple(p)))
    ),
    max_leaves=8,
)  # fmt: skip


def written(tree: Filter) -> str:
    if isinstance(tree, Comparison):
        quoted = [f'"{v}"' if "'" in v else f"'{v}'" for v in tree.values]
        return f"{tree.reference} {tree.operator} " + (f"({', '.join(quoted)})" if "in" in tree.operator else quoted[0])
    if isinstance(tree, Not):
        return f"not ({written(tree.part)})"
    return (" and " if isinstance(tree, Every) else " or ").join(f"({written(p)})" for p in tree.parts)


@given(trees)
def test_a_filter_is_read_as_it_was_written(tree: Filter) -> None:
    assert shape(parse_filter(written(tree))) == shape(tree)


@given(trees)
def test_the_text_of_every_part_reads_as_that_part(tree: Filter) -> None:
    for part in clauses(parse_filter(written(tree))):
        assert shape(parse_filter(part.text)) == shape(part)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("params<1 and gmacs<2 or resolution<3", ("or", ("and", ("params_m", "<", ("1",)), ("gmacs", "<", ("2",))), ("resolution", "<", ("3",)))),
        ("params<1 or gmacs<2 and resolution<3", ("or", ("params_m", "<", ("1",)), ("and", ("gmacs", "<", ("2",)), ("resolution", "<", ("3",))))),
        ("(params<1 or gmacs<2) and resolution<3", ("and", ("or", ("params_m", "<", ("1",)), ("gmacs", "<", ("2",))), ("resolution", "<", ("3",)))),
        ("not params<1 and gmacs<2", ("and", ("not", ("params_m", "<", ("1",))), ("gmacs", "<", ("2",)))),
        ("not (params<1 and gmacs<2)", ("not", ("and", ("params_m", "<", ("1",)), ("gmacs", "<", ("2",))))),
        ("not not params<1", ("not", ("not", ("params_m", "<", ("1",))))),
        ("!(params<1)", ("not", ("params_m", "<", ("1",)))),
        ("params<1 && gmacs<2 || resolution<3", ("or", ("and", ("params_m", "<", ("1",)), ("gmacs", "<", ("2",))), ("resolution", "<", ("3",)))),
        ("PARAMS<1 AND gmacs<2", ("and", ("params_m", "<", ("1",)), ("gmacs", "<", ("2",)))),
        ("family = ConvNeXt V2 and params<1", ("and", ("family", "=", ("ConvNeXt V2",)), ("params_m", "<", ("1",)))),
        ("family in (ConvNeXt V2, 'Swin')", ("family", "in", ("ConvNeXt V2", "Swin"))),
        ("family not  in (Swin)", ("family", "not in", ("Swin",))),
        ("family is Swin", ("family", "=", ("Swin",))),
        ("family is not none", ("family", "!=", ("none",))),
        ("family <> Swin", ("family", "!=", ("Swin",))),
        ("family == 'and'", ("family", "=", ("and",))),
        ("family ~ \"it's\"", ("family", "~", ("it's",))),
        ("params_m>1e3", ("params_m", ">", ("1e3",))),
        ("params_m > -5", ("params_m", ">", ("-5",))),
        ("top_1@imagenet-1k>83", ("top_1@imagenet-1k", ">", ("83",))),
        ("hub_id = timm/a.b:c", ("hub_id", "=", ("timm/a.b:c",))),
        ("orphan", None), ("", None), ("   ", None),
    ],
)  # fmt: skip
def test_words_bind_as_in_other_languages(text: str, expected: Any) -> None:
    if text == "orphan":
        with pytest.raises(QueryError):
            parse_filter(text)
    else:
        assert shape(parse_filter(text)) == expected


@pytest.mark.parametrize(
    ("text", "position", "message"),
    [
        ("parms < 3", 0, "no column is called 'parms'"),
        ("params_m < 3 and parms < 3", 17, "no column is called 'parms'"),
        ("params_m", 8, "a comparison is expected here"),
        ("params_m <", 10, "a value is expected here"),
        ("params_m < 3 gmacs < 2", 19, None),
        ("(params_m < 3", 0, "this ( is never closed"),
        ("params_m < 3)", 12, "a ) without its ("),
        ("params_m < 3 and", 16, "a comparison is expected here"),
        ("and params_m < 3", 0, "no column is called 'and'"),
        ("family in Swin", 10, "a list in parentheses is expected after in"),
        ("family in (Swin", 10, "this ( is never closed"),
        ("family in ()", 11, "a value is expected here"),
        ("family = 'open", 9, "a value is expected here"),
        ("top_1 > 3", 0, "top_1 needs a data set"),
        ("gmacs < 1 or top_1@ > 3", 19, "the name of a data set or device is expected after @"),
        ("params_m < 3 and gmacs < many", 25, "gmacs is a number; 'many' is none"),
        ("gmacs < 1 and top_1@imagenett > 3", 20, "no data set is called 'imagenett'"),
        ("gmacs < 1 and family = Swinn", 23, "no family is called 'Swinn'"),
        ("gmacs < 1 and family < Swin", 14, "family is text; compare it with =, !=, in or ~"),
        ("published > January", 12, "'January' is no date; write 2022, 2022-01 or 2022-01-10"),
        ("installable > yes", 0, "installable is yes or no; compare it with = or !="),
        ("installable = perhaps", 14, "installable is yes or no, not 'perhaps'"),
        ("params_m ~ 3", 11, "params_m is a number; ~ looks into text"),
    ],
)
def test_the_caret_stands_under_the_mistake(
    explorer: CatalogExplorer, text: str, position: int, message: str | None
) -> None:
    with pytest.raises(QueryError) as caught:
        explorer.answer(View(filter=text))
    if message is not None:
        assert caught.value.message.startswith(message)
        assert caught.value.position == position
    lines = str(caught.value).split("\n")
    assert lines[1] == f"  {text}"
    assert lines[2] == "  " + " " * caught.value.position + "^"


@pytest.mark.parametrize(
    ("text", "suggestion"),
    [
        ("parms_m < 3", "params_m"), ("famly = Swin", "family"), ("family = ConvNxt", "ConvNeXt"), ("top_1@imagenet-2k > 3", "ImageNet-22k"),
        ("licence_class = permisive", "permissive"), ("pretraining_dataset = imagenet22", "ImageNet-22k"), ("head = upernett", "UPerNet"),
    ],
)  # fmt: skip
def test_a_typing_mistake_gets_a_suggestion(explorer: CatalogExplorer, text: str, suggestion: str) -> None:
    with pytest.raises(QueryError) as caught:
        explorer.answer(View(filter=text))
    assert suggestion in caught.value.suggestions
    assert f"did you mean {caught.value.suggestions[0]}" in str(caught.value)


# ---- limits and hostility


def ask(explorer: CatalogExplorer, text: str) -> int | None:
    """How many rows, None for a QueryError; anything else fails the test."""
    try:
        return explorer.answer(View(filter=text, columns=("checkpoint",), sort=(), x="", y="", group="", limit=3)).total
    except QueryError as error:
        assert str(error)
        return None


HOSTILE = [
    "family = '; drop table family; --'", "family = \"x' or 1=1 --\"", "family = x') or (1=1", "family ~ %", "family ~ _", "hub_id = '%'",
    "family = Swin; delete from family", "top_1@\"x' union select 1 --\" > 3", "conditions = ') or 1=1 --", "1=1", "' or ''='", "source_ref ~ '\x00'",
    "params_m < 1; attach 'x' as y", "family = (select family from family)", "params_m in (select 1)", "family = load_extension('x')",
    "throughput@v100:source=\"' or 1=1 --\" > 3", "params_m < 0x10", "params_m < 1e400", "params_m < nan", "params_m < inf", "params_m < -inf",
    "resolution = 99999999999999999999999", "params_m < १२", "published > ²²²²", "family = \ud800", "hub_id = \ud800", "family ~ \ud800",
    "top_1@imagenet-1k:resolution=nan > 1", "top_1@imagenet-1k:resolution=1e999 > 1", "top_1@imagenet-1k:conditions=\ud800 > 1", "published = 2022-%%",
    "throughput@v100:batch_size=1e999 > 1", "throughput@\ud800 > 1", "throughput@v100:framework=\ud800 > 1", "family in (\ud800)",
    "n_sources = 1_0", "origin = x",
]  # fmt: skip


@pytest.mark.parametrize("text", HOSTILE)
def test_a_hostile_filter_finds_nothing_it_should_not_and_changes_nothing(explorer: CatalogExplorer, text: str) -> None:
    before = explorer.connection.execute("select count(*) from family").fetchone()
    everything = ask(explorer, "")
    found = ask(explorer, text)
    assert explorer.connection.execute("select count(*) from family").fetchone() == before
    if "'" in text and "1=1" in text:
        assert found in (None, 0) and everything
    assert explorer.connection.execute("pragma query_only").fetchone() == (1,)


def test_ten_thousand_characters_are_read_and_one_more_is_not(explorer: CatalogExplorer) -> None:
    text = ("params_m < 30 and " * 1000)[: MAX_LENGTH - 20].rsplit(" and ", 1)[0]
    assert ask(explorer, text.ljust(MAX_LENGTH)) == ask(explorer, "params_m < 30")
    with pytest.raises(QueryError, match="10,001 characters; 10,000 are read"):
        parse_filter(text.ljust(MAX_LENGTH + 1))


@pytest.mark.parametrize(
    "text",
    [
        "res<1 | " * 1240 + "res>1", "res>1 & " * 1240 + "res>1", "res<1 & " * 1240 + "res>1", "resolution in (" + "1," * 4980 + "224)",
        "!(" * (MAX_DEPTH // 2) + "res>1" + ")" * (MAX_DEPTH // 2), "not " * MAX_DEPTH + "res>1", "(" * MAX_DEPTH + "res>1" + ")" * MAX_DEPTH,
        "(res<1 | " * MAX_DEPTH + "res>1" + ")" * MAX_DEPTH, "(res>1 & (res<1 | " * (MAX_DEPTH // 2) + "res>1" + "))" * (MAX_DEPTH // 2),
        "!(res>1 & " * (MAX_DEPTH // 2) + "res in (1, 2)" + ")" * (MAX_DEPTH // 2),
        "(res<1 | not " * (MAX_DEPTH // 2) + "published = 2022" + ")" * (MAX_DEPTH // 2),
    ],
    ids=["or", "and", "none", "in", "not (", "not", "(", "or (", "and or (", "not and", "or not"],
)  # fmt: skip
def test_the_longest_and_the_deepest_filters_are_answered(explorer: CatalogExplorer, text: str) -> None:
    assert len(text) <= MAX_LENGTH
    started = time.perf_counter()
    assert ask(explorer, text) is not None
    assert time.perf_counter() - started < 5


def test_many_columns_in_one_filter_are_answered_or_refused_soon(explorer: CatalogExplorer) -> None:
    started = time.perf_counter()
    ask(explorer, " or ".join(f"top_1@imagenet-1k:resolution={n} > 99" for n in range(200)))
    assert time.perf_counter() - started < 10


@pytest.mark.parametrize("opening", ["(", "not ", "!("])
def test_deeper_nesting_is_refused_with_a_sentence(opening: str) -> None:
    with pytest.raises(QueryError, match=f"nested deeper than {MAX_DEPTH}"):
        parse_filter(opening * 2000 + "res>1")


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.text(max_size=60))
def test_random_text_is_an_answer_or_a_mistake(explorer: CatalogExplorer, text: str) -> None:
    ask(explorer, text)


TOKENS = [
    "params_m", "top_1@imagenet-1k", "throughput@v100", "box_ap@coco:head=mask-rcnn", "family", "published", "installable", "<", "<=", "=", "!=", "~", "!~",
    "in",
    "not in", "not", "and", "or", "(", ")", ",", "Swin", "ConvNeXt", "83", "1e3", "2022", "yes", "none", "'", '"', "@", ":", "head=", "%", ";", "--",
    "licence_class",
    "permissive", "unknown", "is", "null", "-", "conditions", "n_sources", "&", "|", "!", "\u202e", "é",
]  # fmt: skip


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(tokens=st.lists(st.sampled_from(TOKENS), max_size=14), space=st.sampled_from(["", " ", "  "]))
def test_random_words_of_the_language_are_an_answer_or_a_mistake(
    explorer: CatalogExplorer, tokens: list[str], space: str
) -> None:
    ask(explorer, space.join(tokens))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.one_of(st.text(max_size=30), st.lists(st.sampled_from(TOKENS), max_size=6).map(" ".join)))
def test_random_columns_are_an_answer_or_a_mistake(explorer: CatalogExplorer, text: str) -> None:
    try:
        explorer.answer(View(columns=(text,), x="", y="", group="", sort=(), limit=1))
    except QueryError as error:
        assert str(error)


@given(tree=trees)
def test_a_tree_is_a_value(tree: Filter) -> None:
    assert dataclasses.replace(tree) == tree and hash(tree) == hash(dataclasses.replace(tree))


@pytest.mark.parametrize(
    ("text", "quoted"),
    [
        ("gmacs < 1 and top_1@my photos > 3", 'top_1@"my photos"'),
        ("top_1@müll from the bin:shots=5 > 3", 'top_1@"müll from the bin"'),
        ("top_1@a:head=big head > 3", 'top_1@a:head="big head"'),
        ("top_1@photos and gmacs < 1", ""),
        ("family params_m < 3", ""),
    ],
)
def test_a_name_with_blanks_is_told_to_be_quoted(text: str, quoted: str) -> None:
    with pytest.raises(QueryError, match="a comparison is expected here") as caught:
        parse_filter(text)
    assert caught.value.message.partition("; a name with blanks stands in quotes: ")[2] == quoted
    if quoted:
        broken = quoted.replace('"', "")
        assert parse_filter(text.replace(broken, quoted)) is not None
