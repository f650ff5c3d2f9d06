"""Facets: each count is the number of rows that the answer has once the value is ticked."""

from __future__ import annotations

import pytest

from backbones.store.errors import QueryError
from backbones.store.facets import METRIC, Facet, FacetValue, Memory, facets, with_value
from backbones.store.query import CatalogExplorer
from backbones.store.view import View

PLAIN = View(columns=("checkpoint",), sort=(), x="")
ATTRIBUTES = {
    "metric", "prominent", "family", "head", "resolution", "pretraining_dataset", "pretraining_method", "token_mixer",
    "hierarchical", "licence_class", "installable", "library", "device", "collection", "source",
}  # fmt: skip


def asked(explorer: CatalogExplorer, view: View) -> dict[str, Facet]:
    return {facet.reference: facet for facet in explorer.ask(lambda connection: facets(connection, view))}


def total(explorer: CatalogExplorer, view: View) -> int:
    return explorer.answer(view).total


def ticked(view: View, facet: Facet, value: FacetValue) -> View:
    """The view with that value of the facet and no other."""
    text = view.filter
    for other in facet.chosen:
        text = with_value(text, facet.reference, other.value, False)
    return view.with_(filter=with_value(text, facet.reference, value.value, True))


@pytest.mark.parametrize(
    ("text", "y"),
    [
        ("", "top_1@imagenet-1k"),
        ("prominent = yes and pretraining_dataset in (ImageNet-22k, ImageNet-1k)", "top_1@imagenet-1k"),
        ("top_1@imagenet-v2 > 70 or params_m < 10", "top_1@imagenet-1k"),
        ("(licence_class = none or licence_class = permissive) and throughput@rtx-4090 > 0", "top_1@imagenet-1k"),
        ("family = ConvNeXt and hierarchical = yes", "miou_ss@ade20k"),
        ("", "box_ap@coco-val"),
        ("head = 'Mask R-CNN' and throughput@v100 > 0", "box_ap@coco-val"),
        ("", "top_1@imagenet-1k:protocol=zero-shot"),
    ],
)  # fmt: skip
def test_a_count_is_what_the_answer_has(explorer: CatalogExplorer, text: str, y: str) -> None:
    view = PLAIN.with_(filter=text, y=y)
    found = asked(explorer, view)
    assert found.keys() == ATTRIBUTES
    checked = 0
    for facet in found.values():
        if facet.reference == METRIC:
            continue
        last = [value for value in facet.values if value.value is None]
        for value in dict.fromkeys((*facet.values[:1], *facet.values[-1:], *last, *facet.chosen)):
            checked += 1
            assert total(explorer, ticked(view, facet, value)) == value.count, (facet.reference, value)
    assert checked > 20


def test_counts_of_metrics_are_the_rows_of_that_metric(explorer: CatalogExplorer) -> None:
    for text in ("", "prominent = yes", "family = ConvNeXt and pretraining_dataset = ImageNet-22k"):
        metric = asked(explorer, PLAIN.with_(filter=text))[METRIC]
        assert [(v.shown, v.group) for v in metric.chosen] == [("top-1", "ImageNet-1k · classification")]
        for value in [v for v in metric.values if v.count][::40]:
            assert value.value is not None
            assert total(explorer, PLAIN.with_(filter=text, y=value.value)) == value.count, value


def test_metrics_may_be_left_uncounted(explorer: CatalogExplorer) -> None:
    view, memory = PLAIN.with_(filter="family = ConvNeXt"), Memory()
    quick = explorer.ask(lambda c: facets(c, view, memory, with_metrics=False))
    whole = explorer.ask(lambda c: facets(c, PLAIN, memory))
    full = explorer.ask(lambda c: facets(c, view, memory))
    assert quick[0] == whole[0] != full[0]
    assert quick[1:] == full[1:]


def test_a_metric_of_another_protocol_is_known_as_chosen(explorer: CatalogExplorer) -> None:
    metric = asked(explorer, PLAIN.with_(y="top_1@ImageNet1k:protocol=linearprobing"))[METRIC]
    assert [v.shown for v in metric.chosen] == ["top-1 linear probing"]


def test_values_are_chosen_however_they_are_spelt_and_stay_listed_without_rows(explorer: CatalogExplorer) -> None:
    view = PLAIN.with_(filter="family in (convnext, swin) and pretraining_dataset = imagenet22k and resolution = 224.0")
    found = asked(explorer, view)
    assert [(v.value, v.shown) for v in found["family"].chosen] == [("convnext", "ConvNeXt"), ("swin", "Swin")]
    assert [v.shown for v in found["pretraining_dataset"].chosen] == ["ImageNet-22k"]
    assert [v.shown for v in found["resolution"].chosen] == ["224"]
    nothing = asked(explorer, PLAIN.with_(filter="head = UPerNet"))
    assert [(v.shown, v.count) for v in nothing["head"].chosen] == [("UPerNet", 0)]
    assert all(v.count == 0 for v in nothing["family"].values)


def test_a_device_has_one_name_whatever_the_filter_calls_it(explorer: CatalogExplorer) -> None:
    device = asked(explorer, PLAIN.with_(filter="throughput@4090 > 0"))["device"]
    assert [(v.value, v.shown) for v in device.chosen] == [("4090", "NVIDIA RTX 4090")]
    assert with_value("throughput@4090 > 0", "device", device.chosen[0].value, False) == ""


def test_a_mistake_in_the_filter_is_a_query_error(explorer: CatalogExplorer) -> None:
    for text in ("famly = x", "head = nosuchhead", "params_m <"):
        with pytest.raises(QueryError):
            asked(explorer, PLAIN.with_(filter=text))


def test_with_a_memory_the_answer_is_the_same(explorer: CatalogExplorer) -> None:
    memory, view = Memory(), View(filter="prominent = yes")
    first = explorer.ask(lambda c: facets(c, view, memory))
    for _ in range(2):
        assert explorer.ask(lambda c: facets(c, view, memory)) == first
    assert first == explorer.ask(lambda c: facets(c, view))
