"""Agreement: what numbers say about two names, and the table that tells how names were joined."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from backbones.store.agreement import Comparison, compare
from backbones.store.catalog import open_catalog
from backbones.store.errors import QueryError, UnknownName
from backbones.store.name_page import name_page, name_pair, review
from backbones.store.tolerances import ACCURACY_WITHIN, GMACS_WITHIN, PARAMS_WITHIN

if TYPE_CHECKING:
    from tests.store.conftest import World

ROWS = """
sheet: {collection}_rows
kind: results
collection: {collection}
shared: {{task: classification, dataset: ImageNet-1k, source: {collection}-paper, convention: macs}}
columns: [backbone, checkpoint, resolution, pretraining_dataset, params_m, printed, top_1]
rows:
- {row}
"""

COSTS = """
sheet: {collection}_costs
kind: costs
collection: {collection}
shared: {{source: {collection}-paper, convention: macs}}
columns: [backbone, resolution, printed]
rows:
- {row}
"""

ALIASES = """
sheet: reasoned
kind: aliases
columns: [name, entity, kind, source, verdict, rule, evidence]
rows:
- [toy_small_x, ToyNet-S, backbone, zoo, same, size word, params 20 M and 20.1 M]
- [lonely_net.in1k, ToyNet-L IN-22k, weights, zoo, doubtful, same folder, nothing comparable]
- [Otter-B IN-1k, ToyNet-L IN-22k, checkpoint, papers, apart, by hand, 'top-1 83.6 and 86.4']
- [plain, ToyNet-S, backbone, zoo, null, null, null]
"""


def connection_of(world: World) -> closing[sqlite3.Connection]:
    """The catalogue of a world, brought up to date."""
    return closing(open_catalog(world.places))


def compared(world: World, one: str, other: str) -> Comparison:
    """Two checkpoints of two collections: backbone, checkpoint, resolution, pretraining data, params, GMACs, top-1."""
    world.write("one.yaml", ROWS.format(collection="one", row=one))
    world.write("other.yaml", ROWS.format(collection="other", row=other))
    with connection_of(world) as connection:
        return compare(connection, "pika_a", "pika_b")


SAME = "[pika_net, pika_a, 224, ImageNet-1k, 28.59, 4.47, 82.07]"


@pytest.mark.parametrize(
    ("other", "verdict", "said"),
    [
        ("[pika_other, pika_b, 224, ImageNet-1k, 28.6, 4.5, 82.1]", "doubtful", "params 28.59 M and 28.6 M"),
        ("[pika_other, pika_b, 224, ImageNet-1k, 28.6, 4.5, 82.37]", "doubtful", "top-1 ImageNet-1k at 224: 82.07 and 82.37"),
        (
            "[pika_other, pika_b, 224, ImageNet-1k, 28.6, 4.5, 82.52]", "apart",
            "top-1 ImageNet-1k at 224: 82.07 and 82.52 differ by 0.45, more than 0.3",
        ),
        ("[pika_other, pika_b, 224, ImageNet-1k, 50.2, 4.5, 82.07]", "apart", "params 28.59 M and 50.2 M differ by 43%, more than 4%"),
        (
            "[pika_other, pika_b, 224, ImageNet-1k, 28.6, 5.9, 82.07]", "doubtful",
            "GMACs at 224: 4.47 and 5.9 differ by 24%, as two ways of counting may",
        ),
        ("[pika_other, pika_b, 224, ImageNet-1k, 28.6, 6.6, 82.07]", "apart", "GMACs at 224: 4.47 and 6.6 differ by 32%, more than 30%"),
        ("[pika_other, pika_b, 224, ImageNet-22k, 28.6, 4.5, 82.07]", "apart", "pretraining data: ImageNet-1k and ImageNet-22k"),
        ("[pika_other, pika_b, 384, ImageNet-1k, 28.6, 13, 82.07]", "doubtful", "that does not tell two models of one size apart"),
        ("[pika_other, pika_b, 384, null, null, null, 82.07]", "doubtful", "no number is known of both"),
        ("[pika_other, pika_b, 224, null, null, null, 82.07]", "doubtful", "params are not known of both"),
    ],
)  # fmt: skip
def test_numbers_tell_whether_two_checkpoints_can_be_one(world: World, other: str, verdict: str, said: str) -> None:
    found = compared(world, SAME, other)
    assert (found.verdict, said in found.evidence) == (verdict, True), found.evidence


def test_the_decisive_evidence_stands_first(world: World) -> None:
    found = compared(world, SAME, "[pika_other, pika_b, 224, ImageNet-1k, 28.6, 4.5, 85]")
    assert found.evidence[0].startswith("top-1 ImageNet-1k at 224: 82.07 and 85 differ")
    assert "params 28.59 M and 28.6 M" in found.evidence


def test_both_sizes_of_imagenet_s_large_set_are_one(world: World) -> None:
    found = compared(
        world,
        "[pika_net, pika_a, 224, ImageNet-21k, 28.59, 4.47, 82.07]",
        "[pika_other, pika_b, 224, ImageNet-22k, 28.59, 4.47, 82.07]",
    )
    assert "pretraining data: ImageNet-21k" in found.evidence
    assert found.verdict == "doubtful"


def test_checkpoints_that_the_catalogue_has_apart_are_never_one_by_their_numbers(world: World) -> None:
    found = compared(world, SAME, SAME.replace("pika_a", "pika_b"))
    assert (found.verdict, found.evidence[0]) == (
        "doubtful",
        "the catalogue has them apart: checkpoints pika_a and pika_b; numbers that agree do not make them one training",
    )


def test_compute_alone_tells_two_apart_where_nothing_else_is_known(world: World) -> None:
    world.write("one.yaml", COSTS.format(collection="one", row="[pika_net, 224, 4.47]"))
    world.write("two.yaml", COSTS.format(collection="two", row="[pika_twin, 224, 5.9]"))
    with connection_of(world) as connection:
        found = compare(connection, "pika_net", "pika_twin")
    assert (found.verdict, found.evidence[:2]) == (
        "apart",
        ("GMACs at 224: 4.47 and 5.9 differ by 24%, as two ways of counting may", "nothing else is known of both"),
    )


def test_backbones_that_one_collection_lists_are_two_architectures(world: World) -> None:
    row = "[pika_net, pika_a, 224, ImageNet-1k, 28, 4, 82]\n- [pika_other, pika_b, 224, ImageNet-1k, 28, 4, 82]"
    world.write("one.yaml", ROWS.format(collection="one", row=row))
    with connection_of(world) as connection:
        found = compare(connection, "pika_net", "pika_other")
    assert (found.verdict, found.evidence[0]) == ("apart", "listed as two by one")


@pytest.mark.parametrize(
    ("other", "verdict"),
    [("zebra_net", "apart"), ("pikav2_net", "apart"), ("pikav1_net", "doubtful"), ("fast_pika_net", "doubtful")],
)
def test_names_of_two_families_are_two_backbones(world: World, other: str, verdict: str) -> None:
    world.write("one.yaml", ROWS.format(collection="one", row=SAME))
    world.write("two.yaml", ROWS.format(collection="two", row=f"[{other}, x_b, 224, ImageNet-1k, 28.6, 4.5, 79]"))
    with connection_of(world) as connection:
        found = compare(connection, "pika_net", other)
    assert (found.verdict, found.evidence[0] == "names of two families") == (verdict, verdict == "apart")


def test_a_backbone_has_its_own_params_not_those_of_a_row_about_it(world: World) -> None:
    sizes = (
        "sheet: sizes\nkind: backbones\ncolumns: [backbone, params_m]\nrows: [[pika_net, 25.6], [pika_twin, 44.6]]\n"
    )
    world.write("sizes.yaml", sizes)
    world.write("one.yaml", ROWS.format(collection="one", row=SAME))
    world.write("two.yaml", ROWS.format(collection="two", row=SAME.replace("pika_net", "pika_twin")))
    with connection_of(world) as connection:
        found = compare(connection, "pika_net", "pika_twin")
    assert (found.verdict, found.evidence[0]) == ("apart", "params 25.6 M and 44.6 M differ by 43%, more than 4%")


def test_two_names_in_one_collection_stay_two_though_all_numbers_agree(world: World) -> None:
    row = "[pika_net, pika_a, 224, ImageNet-1k, 28, 4, 82]\n- [pika_other, pika_b, 224, ImageNet-1k, 28, 4, 82]"
    found = compared(world, row, "[unrelated, unrelated_c, 224, ImageNet-1k, 1, 1, 50]")
    assert (found.verdict, found.evidence[1]) == ("doubtful", "the numbers agree, but one lists them as two")


def test_names_without_a_common_word_stay_doubtful(world: World) -> None:
    world.write("one.yaml", ROWS.format(collection="one", row=SAME))
    world.write("two.yaml", ROWS.format(collection="two", row=SAME.replace("pika", "zebra")))
    with connection_of(world) as connection:
        found = compare(connection, "pika_a", "zebra_a")
    assert found.verdict == "doubtful"
    assert found.evidence[1] == "the numbers agree, but the names and families have no word in common"


def test_params_that_count_something_else_are_not_compared(world: World) -> None:
    world.write("one.yaml", ROWS.format(collection="one", row=SAME))
    row = "[pika_towers, pika_b, 224, ImageNet-1k, 151, 14.8, 82.1]"
    world.write("two.yaml", ROWS.format(collection="open_clip", row=row))
    with connection_of(world) as connection:
        found = compare(connection, "pika_a", "pika_b")
    assert found.verdict == "doubtful"
    assert "params are not known of both" in found.evidence


def test_weights_of_one_checkpoint_are_the_same(world: World) -> None:
    world.write("mine.yaml", ALIASES.replace("lonely_net.in1k, ToyNet-L IN-22k, weights, zoo, doubtful",
                                             "toynet_small.other, ToyNet-S IN-1k, weights, zoo, same"))  # fmt: skip
    with connection_of(world) as connection:
        found = compare(connection, "toynet_small.in1k", "toynet_small.other")
        assert (found.verdict, found.evidence) == ("same", ("both are weights of checkpoint ToyNet-S IN-1k",))
        assert compare(connection, "ToyNet-S", "toynet_small.in1k").verdict == "same"


def test_a_copy_in_another_library_is_the_same_file(world: World) -> None:
    world.write("mine.yaml", ALIASES.replace("lonely_net.in1k, ToyNet-L IN-22k, weights, zoo, doubtful",
                                             "lonely_net.in1k, toynet_small.in1k, copy, zoo, same"))  # fmt: skip
    with connection_of(world) as connection:
        found = compare(connection, "lonely_net.in1k", "toynet_small.in1k")
        page = dict(name_page(connection, "toynet_small.in1k"))
    assert found.evidence == ("both are one trained file, first released as toynet_small.in1k",)
    files = {row["weights"]: row for row in page["released files"].records()}
    assert (files["lonely_net.in1k"]["copy_of"], files["lonely_net.in1k"]["rule"]) == (
        "toynet_small.in1k",
        "same folder",
    )


def test_other_accuracies_do_not_part_two_backbones(world: World) -> None:
    world.write("one.yaml", ROWS.format(collection="one", row=SAME))
    world.write("two.yaml", ROWS.format(collection="two", row="[pika_twin, pika_b, 224, ImageNet-1k, 28.6, 4.5, 79]"))
    with connection_of(world) as connection:
        found = compare(connection, "pika_net", "pika_twin")
    assert found.verdict == "doubtful"
    assert any("differ by 3.07" in sentence for sentence in found.evidence)


def test_only_what_has_numbers_is_compared(world: World) -> None:
    with connection_of(world) as connection:
        with pytest.raises(QueryError, match="is a device"):
            compare(connection, "V100-16g", "ToyNet-S")
        with pytest.raises(UnknownName, match="did you mean 'ToyNet-S"):
            compare(connection, "ToyNet-S", "tojnet s")


def test_checkpoints_of_the_shipped_files_that_are_one_are_found_to_be(catalog: sqlite3.Connection) -> None:
    """The thresholds hold for what people joined: few of the joined pairs of two collections are apart by their numbers."""
    pairs = catalog.execute("""
        select a.value, b.value from results a join results b on a.checkpoint = b.checkpoint and a.resolution = b.resolution
        where a.collection = 'heedless' and b.collection = 'timm' and a.dataset = 'ImageNet-1k' and b.dataset = a.dataset
          and a.metric = 'top_1' and b.metric = 'top_1' and a.fine_tuning_dataset is b.fine_tuning_dataset""").fetchall()
    assert len(pairs) > 50
    assert sum(abs(a - b) <= ACCURACY_WITHIN for a, b in pairs) > 0.9 * len(pairs)
    assert 0 < PARAMS_WITHIN < GMACS_WITHIN < 0.1


def test_matches_hold_every_alias_that_gives_a_reason(world: World) -> None:
    world.write("mine.yaml", ALIASES)
    assert world.ask("select name, verdict, rule, evidence from matches order by name") == [
        ("Otter-B IN-1k", "apart", "by hand", "top-1 83.6 and 86.4"),
        ("lonely_net.in1k", "doubtful", "same folder", "nothing comparable"),
        ("toy_small_x", "same", "size word", "params 20 M and 20.1 M"),
    ]
    assert world.ask("select entity from aliases where name = 'toy_small_x'") == [("ToyNet-S",)]
    assert world.ask("select checkpoint from weights where weights = 'lonely_net.in1k'") == [("lonely_net.in1k",)]


def test_the_page_of_a_name_says_why_each_name_is_one(world: World) -> None:
    world.write("mine.yaml", ALIASES)
    with connection_of(world) as connection:
        sections = dict(name_page(connection, "toynet small"))
    assert sections["name"].records()[0] == {
        "name": "toynet small", "kind": "backbone", "entity": "ToyNet-S", "of": None, "also": None,
    }  # fmt: skip
    names = {row["name"]: row for row in sections["names"].records()}
    assert names["toy_small_x"] == {
        "name": "toy_small_x", "source": "zoo", "rule": "size word", "evidence": "params 20 M and 20.1 M",
    }  # fmt: skip
    assert names["toynet_small"]["source"] == "timm"
    assert "toynet_small.in1k" in sections["released files"].values("weights")
    assert "ToyNet-L" in sections["names like it"].values("name")


def test_the_page_of_a_name_shows_what_was_rejected(world: World) -> None:
    world.write("mine.yaml", ALIASES)
    with connection_of(world) as connection:
        page = dict(name_page(connection, "ToyNet-L IN-22k"))
    assert page["apart or doubtful"].values("verdict") == ["apart", "doubtful"]
    assert page["name"].values("of") == ["backbone ToyNet-L"]


def test_two_names_are_judged_by_identity_then_by_tables_then_by_numbers(world: World) -> None:
    world.write("mine.yaml", ALIASES)
    with connection_of(world) as connection:
        identical = name_pair(connection, "toy_small_x", "ToyNet-S")
        rejected = name_pair(connection, "ToyNet-L IN-22k", "Otter-B IN-1k")
        devices = name_pair(connection, "V100-16g", "UPerNet")
    assert identical[0] == "same"
    assert identical[1].values("by") == ["identity", "aliases of zoo"]
    assert rejected[0] == "apart"
    assert rejected[1].values("by")[:2] == ["aliases of papers", "numbers"]
    assert (devices[0], devices[1].values("by")) == ("apart", ["identity"])


def test_rows_about_other_names_of_two_things_are_no_reason(world: World) -> None:
    world.write("mine.yaml", ALIASES)
    with connection_of(world) as connection:
        identical = name_pair(connection, "toynet_small", "ToyNet-S")  # toy_small_x is another name of it
        apart = name_pair(connection, "ToyNet-L IN-22k", "toynet_small.in1k")
    assert identical[1].values("by") == ["identity"]
    assert "numbers" in apart[1].values("by") and not [b for b in apart[1].values("by") if "aliases" in str(b)]


def test_a_row_about_one_name_and_the_thing_of_the_other_is_a_reason(world: World) -> None:
    world.write("mine.yaml", ALIASES)
    with connection_of(world) as connection:
        found = name_pair(connection, "toynet_small", "toy_small_x")
    assert found[1].values("by") == ["identity", "aliases of zoo"]


def test_review_lists_the_doubtful_pairs_of_a_source(world: World) -> None:
    world.write("mine.yaml", ALIASES)
    with connection_of(world) as connection:
        assert review(connection).values("name") == ["lonely_net.in1k"]
        assert review(connection, "zoo").values("name") == ["lonely_net.in1k"]
        assert review(connection, "Zoo").values("name") == ["lonely_net.in1k"]
        assert review(connection, "papers").values("name") == []
        with pytest.raises(QueryError, match="is called 'plain'; there are papers, zoo"):
            review(connection, "plain")
