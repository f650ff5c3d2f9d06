"""Which names mean one thing: accepted joins agree in numbers, and everything else stays apart."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING

import pytest

from backbones.store.errors import QueryError
from backbones.store.query import CatalogExplorer
from backbones.store.view import View

if TYPE_CHECKING:
    from tests.store.conftest import World

_PAIRS = """
from results a join results b on a.backbone = b.backbone and a.checkpoint = b.checkpoint and a.dataset = b.dataset and a.metric = b.metric
  and a.resolution = b.resolution and a.fine_tuning_dataset is b.fine_tuning_dataset and a.intermediate_dataset is b.intermediate_dataset
where a.collection = ? and b.collection = ? and a.dataset = 'ImageNet-1k' and a.metric = 'top_1'
"""


@pytest.mark.parametrize(("one", "other"), [("heedless", "timm"), ("cuqs", "timm"), ("cuqs", "heedless")])
def test_backbones_that_were_joined_agree_in_size(catalog: sqlite3.Connection, one: str, other: str) -> None:
    rows = catalog.execute(
        "with size as materialized (select distinct collection, backbone, params_m from results where params_m > 0) "
        "select a.backbone, a.params_m, b.params_m from size a join size b on a.backbone = b.backbone where a.collection = ? and b.collection = ?",
        [one, other],
    ).fetchall()  # fmt: skip
    assert len(rows) > 10
    assert [row for row in rows if abs(row[1] - row[2]) > 0.04 * row[2]] == []


INTERMEDIATE_UNSAID = {f"convnextv2_{size}.fcmae_ft_in22k_in1k" for size in ("tiny", "base", "large")}
"""timm's table does not say that these saw ImageNet-22k in between, so they look like the plain fine-tuning of the paper."""


@pytest.mark.parametrize(
    ("one", "other", "least"), [("heedless", "timm", 80), ("cuqs", "timm", 5), ("cuqs", "heedless", 5)]
)
def test_checkpoints_that_were_joined_agree_in_accuracy(
    catalog: sqlite3.Connection, one: str, other: str, least: int
) -> None:
    rows = catalog.execute(f"select a.checkpoint, b.weights, a.value, b.value {_PAIRS}", [one, other]).fetchall()
    assert len(rows) >= least
    assert [r for r in rows if abs(r[2] - r[3]) > 0.3 + 1e-9 and r[1] not in INTERMEDIATE_UNSAID] == []


@pytest.mark.parametrize(
    ("weights", "paper", "resolution"),
    [
        ("caformer_m36.sail_in22k_ft_in1k", "CAFormer-M36 IN-22k", 224),
        ("maxvit_base_tf_384.in21k_ft_in1k", "MaxViT-B IN-22k", 384),
        ("maxvit_large_tf_384.in21k_ft_in1k", "MaxViT-L IN-22k", 384),
    ],
)
def test_files_that_disagree_with_the_paper_stay_apart(
    catalog: sqlite3.Connection, weights: str, paper: str, resolution: int
) -> None:
    rows = catalog.execute(
        "select checkpoint, value from results where dataset = 'ImageNet-1k' and metric = 'top_1' and resolution = ? "
        "and (weights = ? or (checkpoint = ? and weights is null))",
        [resolution, weights, paper],
    ).fetchall()
    values = dict(rows)
    assert len(rows) == len(values) == 2
    assert paper in values
    assert abs(max(values.values()) - min(values.values())) > 0.3


@pytest.mark.parametrize(
    ("weights", "checkpoint"),
    [
        ("convnext_tiny.fb_in1k", "ConvNeXt-T IN-1k"),
        ("convnext_tiny.fb_in22k", "ConvNeXt-T IN-22k"),
        ("convnext_tiny.fb_in22k_ft_in1k", "ConvNeXt-T IN-22k"),
        ("convnext_tiny.fb_in22k_ft_in1k_384", "ConvNeXt-T IN-22k"),
        ("convnext_tiny.in12k_ft_in1k", "convnext_tiny.in12k"),
        ("convnext_tiny.dinov3_lvd1689m", "convnext_tiny.dinov3_lvd1689m"),
        ("swin_tiny_patch4_window7_224.ms_in1k", "Swin-T IN-1k"),
    ],
)
def test_a_file_belongs_to_its_pretraining(catalog: sqlite3.Connection, weights: str, checkpoint: str) -> None:
    assert catalog.execute("select checkpoint from weights where weights = ?", [weights]).fetchall() == [(checkpoint,)]


def test_torchvision_own_training_of_a_known_name_is_not_the_authors(catalog: sqlite3.Connection) -> None:
    rows = catalog.execute(
        "select distinct checkpoint, value from results where backbone = 'ConvNeXt-T' and collection = 'torchvision' "
        "and metric = 'top_1'"
    ).fetchall()
    assert rows == [("ConvNeXt-T IN-1k (torchvision V1)", 82.52)]
    authors = "select value from best_results where checkpoint = 'ConvNeXt-T IN-1k' and metric = 'top_1' and dataset = 'ImageNet-1k' and resolution = 224"
    assert catalog.execute(authors).fetchall() == [(82.1,)]


def test_timm_coatnet_is_not_the_papers(catalog: sqlite3.Connection) -> None:
    families = dict(
        catalog.execute(
            "select backbone, family from backbones where backbone in ('CoAtNet-0', 'coatnet_0_rw_224')"
        ).fetchall()
    )
    assert families == {"CoAtNet-0": "CoAtNet", "coatnet_0_rw_224": "CoAtNet (timm)"}


def test_the_values_of_one_setting_come_from_several_sources(catalog: sqlite3.Connection) -> None:
    rows = catalog.execute(
        "select collection, value from results where checkpoint = 'Swin-T IN-1k' and dataset = 'ImageNet-1k' "
        "and metric = 'top_1' and resolution = 224 order by 1"
    ).fetchall()
    assert rows == [("cuqs", 81.3), ("heedless", 81.3), ("swin_readme", 81.2), ("timm", 81.388)]
    best = catalog.execute(
        "select value, spread from best_results where checkpoint = 'Swin-T IN-1k' and dataset = 'ImageNet-1k' "
        "and metric = 'top_1' and resolution = 224 and protocol = 'supervised'"
    ).fetchall()
    assert best == [(81.3, 0.188)]


def test_sizes_whose_names_differ_by_a_point_only_are_two_backbones(catalog: sqlite3.Connection) -> None:
    rows = catalog.execute(
        "select distinct entity_id from alias where kind = 'backbone' and name in ('RegNetX-1.6GF', 'RegNetX-16GF', 'RegNetY-3.2GF', 'RegNetY-32GF')"
    ).fetchall()
    assert len(rows) == 4


def test_every_alias_leads_to_a_thing_that_exists(catalog: sqlite3.Connection) -> None:
    for kind, view in (
        ("backbone", "backbones"),
        ("checkpoint", "checkpoints"),
        ("dataset", "datasets"),
        ("device", "devices"),
        ("weights", "weights"),
    ):
        assert (
            catalog.execute(
                f"select entity from aliases where kind = ? and entity not in (select {kind} from {view})", [kind]
            ).fetchall()
            == []
        )


@pytest.mark.parametrize(
    "filters",
    [
        (
            "backbone = ConvNeXt-T",
            "backbone = convnext_tiny",
            "backbone = CONVNEXT TINY",
            "backbone in ('convnext.tiny')",
        ),
        ("checkpoint = 'ConvNeXt-T IN-22k'", "checkpoint = ConvNeXt-T-IN22k", "checkpoint = convnext_t_in22k"),
        ("top_1@ImageNet-1k > 88", "top_1@imagenet > 88", "top_1@in1k > 88", "acc@IN-1k > 88"),
        (
            "throughput@'NVIDIA RTX 3090' > 9000",
            "throughput@3090 > 9000",
            "fps@rtx-3090 > 9000",
            "speed@rtx3090 > 9000",
        ),
        ("miou_ss@'ADE20K val':head=UPerNet > 50", "miou@ade20k:head=upernet > 50"),
    ],
)
def test_an_alias_works_as_the_name_itself(explorer: CatalogExplorer, filters: tuple[str, ...]) -> None:
    answers = [explorer.answer(View(filter=f, columns=("checkpoint",), sort=(), x="", y="", group="")) for f in filters]
    assert answers[0].total > 0
    assert len({a.keys for a in answers}) == 1


# ---- what users add


def test_a_users_family_file_replaces_the_shipped_one(world: World) -> None:
    world.build()
    world.write("mine.yaml", "family: otter\nsource: own\nbackbones:\n- backbone: Otter-B\n  params_m: 87\n"
                "  checkpoints:\n  - {checkpoint: Otter-B mine, results: "
                "[{task: classification, dataset: ImageNet-1k, resolution: 224, values: {top_1: 84}}]}\n")  # fmt: skip
    assert world.ask("select checkpoint, collection, value from results where family = 'otter'") == [
        ("Otter-B mine", "user", 84.0)
    ]
    assert world.ask("select count(*) from families where family like 'otter'") == [(1,)]


def test_without_the_users_file_the_shipped_one_is_back(world: World) -> None:
    world.build()
    before = world.everything()
    path = world.write("mine.yaml", "family: Otter\nsource: own\nbackbones: [{backbone: Otter-B}]\n")
    assert world.ask("select count(*) from results where family = 'Otter'") == [(0,)]
    path.unlink()
    assert world.ask("select value from results where family = 'Otter'") == [(83.6,)]
    assert world.everything() == before


def test_a_users_sheet_replaces_the_shipped_one_of_its_name(world: World) -> None:
    world.write(
        "sheets/toy_speeds.yaml",
        "sheet: toy_speeds\nkind: throughput\ncollection: user\n"
        "columns: [backbone, device, throughput_img_s, source]\nrows:\n- [toynet_small, v100-16g, 1, own]\n",
    )
    assert world.ask(
        "select backbone, device, throughput_img_s from throughput where collection in ('timm', 'user')"
    ) == [("ToyNet-S", "NVIDIA V100", 1.0)]


ALIAS = "sheet: mine\nkind: aliases\ncolumns: [name, entity, kind, source]\nrows:\n- [{name}, {entity}, {kind}, user]\n"


def test_a_users_alias_moves_facts(world: World) -> None:
    assert world.ask("select backbone from throughput where throughput_img_s = 9000") == [("lonely_net",)]
    path = world.write("mine.yaml", ALIAS.format(name="lonely_net", entity="ToyNet-L", kind="backbone"))
    assert world.ask("select backbone from throughput where throughput_img_s = 9000") == [("ToyNet-L",)]
    path.unlink()
    assert world.ask("select backbone from throughput where throughput_img_s = 9000") == [("lonely_net",)]


def test_a_users_alias_beats_the_shipped_one_of_the_same_name(world: World) -> None:
    assert world.ask("select entity from aliases where name = 'IN1k'") == [("ImageNet-1k",)]
    world.write("mine.yaml", ALIAS.format(name="IN1k", entity="ImageNet-C", kind="dataset"))
    assert world.ask("select entity from aliases where name = 'IN1k'") == [("ImageNet-C",)]


def test_a_users_alias_of_a_file_moves_it_to_a_checkpoint(world: World) -> None:
    world.write("mine.yaml", ALIAS.format(name="toynet_small.other", entity="ToyNet-S IN-1k", kind="weights"))
    assert world.ask("select checkpoint from results where value = 79.2") == [("ToyNet-S IN-1k",)]


def test_an_alias_of_an_alias_is_followed_and_a_circle_ends(world: World) -> None:
    rows = "- [lonely_net, quiet_net, backbone, user]\n- [quiet_net, ToyNet-L, backbone, user]\n"
    path = world.write("mine.yaml", ALIAS.partition("- [")[0] + rows)
    assert world.ask("select backbone from throughput where throughput_img_s = 9000") == [("ToyNet-L",)]
    path.write_text(path.read_text().replace("ToyNet-L", "lonely_net"))
    (found,) = world.ask("select backbone from throughput where throughput_img_s = 9000")
    assert found[0] in ("lonely_net", "quiet_net")


def test_a_doubtful_name_joins_nothing_and_says_why(world: World) -> None:
    text = ALIAS.replace("kind, source]", "kind, source, verdict, rule, evidence]").replace(
        "user]", "user, doubtful, by eye, no numbers]"
    )
    world.write("mine.yaml", text.format(name="lonely_net", entity="ToyNet-L", kind="backbone"))
    assert world.ask("select backbone from throughput where throughput_img_s = 9000") == [("lonely_net",)]
    assert world.ask("select name, entity, verdict, rule, evidence from matches") == [
        ("lonely_net", "ToyNet-L", "doubtful", "by eye", "no numbers")
    ]


def test_a_copy_in_another_library_shares_checkpoint_and_setting(world: World) -> None:
    world.write(
        "zoo.yaml",
        "sheet: zoo\nkind: results\ncollection: zoo\nshared: {dataset: ImageNet-1k, source: zoo}\n"
        "columns: [weights, resolution, top_1]\nrows:\n- [ToyS_Weights, 224, 80.3]\n",
    )
    world.write(
        "zoo_weights.yaml",
        "sheet: zoo_weights\nkind: weights\nshared: {library: zoo}\ncolumns: [weights, backbone, checkpoint]\n"
        "rows:\n- [ToyS_Weights, toys, ToyS of the zoo]\n",
    )
    value = "select checkpoint, backbone, weights from results where value = 80.3"
    best = "select value, n_sources, spread from best_results where checkpoint = 'ToyNet-S IN-1k' and metric = 'top_1' order by 1"
    assert world.ask(value) == [("ToyS of the zoo", "toys", "ToyS_Weights")]
    assert world.ask(best) == [(80.1, 2, 0.1)]
    path = world.write("mine.yaml", ALIAS.format(name="ToyS_Weights", entity="toynet_small.in1k", kind="copy"))
    assert world.ask(value) == [("ToyNet-S IN-1k", "ToyNet-S", "ToyS_Weights")]
    assert world.ask(best) == [(80.1, 3, 0.3)]
    assert world.ask("select count(*) from checkpoints where checkpoint = 'ToyS of the zoo'") == [(0,)]
    path.write_text(path.read_text().replace("toynet_small.in1k", "not_there.in1k"))
    assert world.ask(value) == [("ToyS of the zoo", "toys", "ToyS_Weights")]


@pytest.mark.parametrize(
    ("kind", "old", "new", "sql"),
    [
        ("dataset", "ImageNet-C", "Corrupted", "select dataset from results where metric = 'mce'"),
        ("head", "UPerNet", "Unified", "select distinct head from results where metric = 'miou_ms'"),
        ("device", "NVIDIA V100", "Volta", "select distinct device from throughput"),
    ],
)
def test_a_users_alias_of_a_place_comes_and_goes(world: World, kind: str, old: str, new: str, sql: str) -> None:
    assert world.ask(sql) == [(old,)]
    before = world.everything()
    path = world.write("mine.yaml", ALIAS.format(name=old, entity=new, kind=kind))
    assert world.ask(sql) == [(new,)]
    path.unlink()
    assert world.ask(sql) == [(old,)]
    assert world.everything() == before


MINE = (
    "family: Mine\nsource: own\nbackbones:\n- backbone: Mine-T\n  checkpoints:\n  - checkpoint: Mine-T a\n    results:\n"
    "    - {{task: classification, dataset: {dataset}, resolution: 224, values: {{top_1: 70}}}}\n"
    "  throughput:\n  - {{device: {device}, resolution: 224, throughput_img_s: 5}}\n"
)


def test_a_users_other_spelling_of_a_data_set_and_device_is_understood(world: World) -> None:
    world.write("mine.yaml", MINE.format(dataset="imagenet 1K", device="nvidia v100"))
    assert world.ask("select dataset from results where family = 'Mine'") == [("ImageNet-1k",)]
    assert world.ask("select device from throughput where family = 'Mine'") == [("NVIDIA V100",)]


def test_a_users_own_data_set_and_device_can_be_asked_for(world: World) -> None:
    world.write("mine.yaml", MINE.format(dataset="Otters 7", device="Potato"))
    explorer = world.explorer()
    answer = explorer.answer(
        View(filter="top_1@otters-7 > 1", columns=("checkpoint", "throughput@potato"), sort=(), x="", y="", group="")
    )
    explorer.close()
    assert answer.rows.rows == (("Mine-T a", 5.0),)


def test_names_in_another_alphabet_stay_apart(world: World) -> None:
    world.write("mine.yaml", "family: Ωμέγα\nsource: own\nbackbones: [{backbone: Ω}, {backbone: Ψ}, {backbone: 漢}]\n")
    assert world.ask("select count(*) from backbones where family = 'Ωμέγα'") == [(3,)]


def test_an_unknown_name_is_a_mistake_with_suggestions(explorer: CatalogExplorer) -> None:
    with pytest.raises(QueryError) as caught:
        explorer.answer(View(filter="backbone = ConvNext-Tee"))
    assert any("ConvNeXt" in s for s in caught.value.suggestions)
