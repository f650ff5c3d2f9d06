"""Column references: read, written back, forgiving in spelling, exact about mistakes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backbones.store.errors import QueryError
from backbones.store.query import CatalogExplorer
from backbones.store.references import (
    ATTRIBUTES,
    RESULT_KEYS,
    SPEED_KEYS,
    SPEEDS,
    Reference,
    parse_reference,
    split_references,
)  # fmt: skip
from backbones.store.vocabulary import METRICS

values = st.one_of(
    st.sampled_from(
        [
            "imagenet-1k",
            "ImageNet-1k (200 classes of A)",
            "a,b",
            "a:b=c",
            "@",
            "=",
            "",
            " ",
            "x<3",
            "it's",
            '27"',
            "κ",
            "(",
            "a and b",
        ]
    ),
    st.text(st.characters(exclude_categories=["Cc", "Cs"]), max_size=12),
).filter(lambda v: not ("'" in v and '"' in v))


@st.composite
def references(draw: st.DrawFn) -> Reference:
    kind = draw(st.sampled_from(["attribute", "metric", "speed"]))
    if kind == "attribute":
        return Reference(draw(st.sampled_from(ATTRIBUTES)))
    name, allowed = (
        (draw(st.sampled_from(sorted(METRICS))), RESULT_KEYS)
        if kind == "metric"
        else (draw(st.sampled_from(sorted(SPEEDS))), SPEED_KEYS)
    )
    keys = draw(st.lists(st.sampled_from(allowed), unique=True, max_size=3))
    return Reference(name, draw(values), tuple((key, draw(values)) for key in keys))


@given(references())
def test_a_reference_is_read_as_it_was_written(reference: Reference) -> None:
    assert parse_reference(str(reference)) == reference


@given(st.lists(references(), max_size=5))
def test_a_list_of_references_is_split_where_it_was_joined(wanted: list[Reference]) -> None:
    assert [parse_reference(t) for t in split_references(",".join(map(str, wanted)))] == wanted


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("params_m", "params_m"), ("Params", "params_m"), ("PARAMS-M", "params_m"), ("flops", "gmacs"), ("license", "licence"), ("model", "checkpoint"),
        ("acc@in1k", "top_1@in1k"), ("fps@v100:layout=NHWC", "throughput@v100:memory_format=NHWC"), ("  gmacs ", "gmacs"),
        ("box_ap@coco-val:head=mask-rcnn", "box_ap@coco-val:head=mask-rcnn"),
        ("miou_ms@ade20k:head=upernet,crop=512", "miou_ms@ade20k:head=upernet,crop_size=512"),
        ("top_1@'ImageNet-1k (200 classes of A)'", 'top_1@"ImageNet-1k (200 classes of A)"'), ("throughput@here", "throughput@here"),
    ],
)  # fmt: skip
def test_spellings_of_a_reference_become_one(text: str, expected: str) -> None:
    assert str(parse_reference(text)) == expected


@pytest.mark.parametrize(
    ("text", "message", "position", "suggestion"),
    [
        ("parms_m", "no column is called 'parms_m'", 0, "params_m"),
        ("top1@imagenet", None, 0, ""),
        ("top_1", "top_1 needs a data set, as top_1@imagenet-1k", 0, ""),
        ("throughput", "throughput needs a device, as throughput@v100", 0, ""),
        ("params_m@x", "params_m stands alone; only metrics and speeds take @ and conditions", 0, ""),
        ("top_1@", "the name of a data set or device is expected after @", 6, ""),
        ("top_1@a:", "KEY=VALUE is expected after the colon", 8, ""),
        ("top_1@a:hed=x", "top_1 has no condition 'hed'", 8, "head"),
        ("throughput@a:protocol=x", "throughput has no condition 'protocol'", 13, ""),
        (
            "top_1@my photos:shots=5",
            "'photos:shots=5' does not belong to a column reference; a name with blanks stands in quotes: top_1@\"my photos\"",
            8,
            "",
        ),
        ("params_m gmacs", "'gmacs' does not belong to a column reference", 8, ""),
        ("", "a column is expected here", 0, ""),
        ("42", "a column is expected here", 0, ""),
    ],
)
def test_a_mistake_in_a_reference_is_pointed_at(text: str, message: str | None, position: int, suggestion: str) -> None:
    if message is None:
        assert parse_reference(text).name == "top_1"
        return
    with pytest.raises(QueryError) as caught:
        parse_reference(text)
    assert (caught.value.message, caught.value.position) == (message, position)
    assert not suggestion or suggestion in caught.value.suggestions


@pytest.mark.parametrize(
    ("text", "message", "suggestion"),
    [
        ("top_1@imagenett-1k", "no data set is called 'imagenett-1k'", "ImageNet-1k"),
        ("throughput@v10", "no device is called 'v10'", "V100"),
        ("box_ap@coco:head=mask-rccn", "no head is called 'mask-rccn'", "mask-r-cnn"),
        ("throughput@v100:precision=fp61", "no precision is called 'fp61'", "fp16"),
        ("top_1@imagenet:resolution=big", "resolution is a number, not 'big'", ""),
        ("throughput@v100:compiled=perhaps", "compiled is yes or no, not 'perhaps'", ""),
        ("top_1@imagenet:collection=tim", "no collection is called 'tim'", "timm"),
    ],
)
def test_a_name_that_the_catalogue_does_not_know_is_a_mistake(
    explorer: CatalogExplorer, text: str, message: str, suggestion: str
) -> None:
    with pytest.raises(QueryError) as caught:
        explorer.describe(text)
    assert caught.value.message == message
    assert not suggestion or suggestion in caught.value.suggestions


@pytest.mark.parametrize("name", [*ATTRIBUTES, *(f"{m}@imagenet-1k" for m in METRICS), *(f"{s}@v100" for s in SPEEDS)])
def test_every_column_can_be_described_and_asked_for(explorer: CatalogExplorer, name: str) -> None:
    from backbones.store.view import View

    column = explorer.describe(name)
    assert column.label and column.kind in ("text", "number", "date", "flag")
    explorer.answer(View(columns=("checkpoint", name), x="", y="", group="", sort=(), limit=1))


def test_every_choice_of_a_picker_is_a_column_that_answers(explorer: CatalogExplorer) -> None:
    for kind in ("axis", "group", "column"):
        for choice in explorer.choices(kind):
            assert choice.count > 0
            assert explorer.describe(choice.reference).label
