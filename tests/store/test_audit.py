"""Each check finds what it is for in a small world, and nothing in a sound one."""

from __future__ import annotations

import sqlite3
import time
from typing import TYPE_CHECKING

import pytest

from backbones.store import audit
from backbones.store.auditing.values import PEAK_TFLOPS
from backbones.store.findings import Finding
from backbones.store.reading import parse_document
from backbones.store.tolerances import COUNTED_OTHERWISE

if TYPE_CHECKING:
    from tests.store.conftest import World

RESULTS = (
    "sheet: {name}\nkind: results\ncollection: {collection}\nshared: {{source: '{source}'}}\n"
    "columns: [{columns}]\nrows:\n"
)


def findings(world: World) -> list[Finding]:
    connection = world.explorer().connection
    try:
        return audit.audit(connection)
    finally:
        connection.close()


def results(
    world: World, columns: str, *rows: str, name: str = "mine", collection: str = "papers", source: str = "own"
) -> list[Finding]:
    """The findings after a sheet of results was added."""
    head = RESULTS.format(name=name, collection=collection, source=source, columns=columns)
    world.write(f"{name}.yaml", head + "".join(f"- [{row}]\n" for row in rows))
    return findings(world)


def speeds(world: World, columns: str, *rows: str) -> list[Finding]:
    """The findings after a sheet of speeds was added."""
    world.write(
        "speeds.yaml",
        f"sheet: mine\nkind: throughput\ncollection: papers\nshared: {{source: own}}\ncolumns: [{columns}]\nrows:\n"
        + "".join(f"- [{row}]\n" for row in rows),
    )
    return findings(world)


def one(found: list[Finding], kind: str, fact: str) -> Finding:
    of = [f for f in found if (f.kind, f.fact) == (kind, fact)]
    assert len(of) == 1, found
    return of[0]


def test_a_sound_world_has_no_findings(world: World) -> None:
    assert findings(world) == []


def test_two_values_of_one_source_are_a_likely_conflict(world: World) -> None:
    found = results(
        world,
        "checkpoint, resolution, top_1@ImageNet-1k, source_ref",
        "New IN-1k, 224, 81.0, a",
        "New IN-1k, 224, 81.5, b",
    )
    assert one(found, "conflict", "papers b").severity == "likely"


def test_values_under_one_reference_lack_a_condition(world: World) -> None:
    columns = "checkpoint, resolution, conditions, top_1@ImageNet-1k, source_ref"
    rows = [f"New IN-1k, 224, 'language={x}', {value}, a" for x in ("de", "en") for value in (70, 75, 80)]
    finding = one(results(world, columns, *rows), "conflict", "papers a")
    assert "3 values under one reference in each of 2 settings: the condition" in finding.text
    assert finding.values == "70, 75, 80; 70, 75, 80"


@pytest.mark.parametrize(("value", "severity"), [(80.3, None), (80.9, "maybe"), (83.2, "likely")])
def test_sources_that_differ(world: World, value: float, severity: str | None) -> None:
    found = results(
        world,
        "checkpoint, resolution, top_1@ImageNet-1k, source_ref",
        f"ToyNet-S IN-1k, 224, {value}, a",
        collection="other",
    )
    of = [f.severity for f in found if f.kind == "conflict"]
    assert of == ([severity] if severity else [])


def test_collections_that_evaluate_otherwise_are_no_mistake_of_a_fact(world: World) -> None:
    models = [f"M{i} IN-1k" for i in range(6)]
    for name, add in (("one", 0), ("two", 5)):
        found = results(
            world, "checkpoint, top_1@ImageNet-V2, source_ref", *(f"{m}, {50 + i + add}, r{i}" for i, m in enumerate(models)),
            name=name, collection=name, source=name,
        )  # fmt: skip
    of = [f for f in found if f.kind == "conflict"]
    assert len(of) == 6
    assert {f.severity for f in of} == {"maybe"}
    assert all("as of most models" in f.text for f in of)


def test_flops_taken_for_macs(world: World) -> None:
    found = results(world, "backbone, resolution, top_1@ImageNet-1k, printed, source_ref", "ToyNet-S, 224, 80, 9, a")
    assert any("FLOPs taken for MACs" in f.text and f.severity == "likely" for f in found)


def test_parameters_of_another_model(world: World) -> None:
    found = results(world, "backbone, resolution, top_1@ImageNet-1k, params_m, source_ref", "ToyNet-S, 224, 80, 47, a")
    assert one(found, "conflict", "papers a").severity == "likely"


@pytest.mark.parametrize("collection", COUNTED_OTHERWISE)
def test_what_is_counted_otherwise_is_no_conflict(world: World, collection: str) -> None:
    columns = "backbone, resolution, top_1@ImageNet-1k, params_m, printed, source_ref"
    found = results(world, columns, "ToyNet-S, 224, 80, 47, 9, a", collection=collection)
    assert [f for f in found if f.fact == f"{collection} a"] == []


def test_who_counts_otherwise_prints_sizes(catalog: sqlite3.Connection) -> None:
    rows = catalog.execute("select collection, count(params_m) + count(gmacs) from result group by 1").fetchall()
    assert {collection for collection, sizes in rows if sizes} >= set(COUNTED_OTHERWISE)


def test_the_rows_of_one_training_print_one_cost(world: World) -> None:
    columns = "backbone, head, train_epochs, task, dataset, box_ap, mask_ap, printed, source_ref"
    found = results(
        world, columns,
        "ToyNet-S, Cascade Mask R-CNN, 12, detection, COCO val, 45, null, 600, a",
        "ToyNet-S, Cascade Mask R-CNN, 12, detection, COCO val, null, 40, 700, b",
    )  # fmt: skip
    assert one(found, "conflict", "papers a").values == "600, 700"


IMPOSSIBLE = {
    "top-5 below top-1": ("checkpoint, top_1@ImageNet-1k, top_5@ImageNet-1k, source_ref", "X IN-1k, 90, 80, a", "sure"),
    "AP above AP50": (
        "backbone, head, box_ap@COCO val, box_ap_50@COCO val, source_ref",
        "X, Mask R-CNN, 61, 60, a",
        "sure",
    ),
    "AP75 above AP50": (
        "backbone, head, box_ap_75@COCO val, box_ap_50@COCO val, source_ref",
        "X, Mask R-CNN, 61, 60, a",
        "sure",
    ),
    "mask above box": (
        "backbone, head, box_ap@COCO val, mask_ap@COCO val, source_ref",
        "X, Mask R-CNN, 40, 45, a",
        "maybe",
    ),
    "robust above clean": (
        "checkpoint, top_1@CIFAR-10, robust_top_1@CIFAR-10, source_ref",
        "X IN-1k, 60, 70, a",
        "sure",
    ),
    "exactly zero": ("checkpoint, top_1@ImageNet-1k, source_ref", "X IN-1k, 0, a", "maybe"),
}


@pytest.mark.parametrize("case", IMPOSSIBLE)
def test_what_cannot_be(world: World, case: str) -> None:
    columns, row, severity = IMPOSSIBLE[case]
    assert one(results(world, columns, row), "impossible value", "papers a").severity == severity


def test_equal_values_of_an_order_are_possible(world: World) -> None:
    columns = "checkpoint, top_1@MNIST, top_5@MNIST, robust_top_1@MNIST, source_ref"
    assert results(world, columns, "X IN-1k, 99, 99, 99, a") == []


def test_speeds_that_cannot_be(world: World) -> None:
    columns = "backbone, resolution, device, precision, throughput_img_s, printed, source_ref"
    found = speeds(
        world,
        columns,
        "X, 224, NVIDIA V100, fp16, 0, 5, a",
        "X, 224, NVIDIA V100, fp16, 90000, 5, b",
        "X, 224, NVIDIA V100, fp16, 9000, 5, c",
    )
    assert one(found, "impossible value", "papers a").severity == "sure"
    assert "900 TFLOPS" in one(found, "impossible value", "papers b").text
    assert not [f for f in found if f.fact == "papers c"]


def test_every_device_with_a_peak_is_one_of_the_catalogue(catalog: sqlite3.Connection) -> None:
    devices = {device for (device,) in catalog.execute("select device from device")}
    assert set(PEAK_TFLOPS) <= devices


def test_placeholders(world: World) -> None:
    found = results(
        world, "backbone, resolution, top_1@ImageNet-1k, printed, source_ref", "A, 224, 81, 0, a", "B, 224, 99.9, 5, b"
    )
    assert one(found, "placeholder", "papers a").severity == "sure"
    assert one(found, "placeholder", "papers b").severity == "maybe"


def test_one_value_copied_down_a_family(world: World) -> None:
    columns = "family, backbone, checkpoint, resolution, params_m, top_1@ImageNet-1k, source_ref"
    rows = [
        f"Fam, Fam-{size}, Fam-{size} IN-1k, 224, {params}, {{}}, r{size}"
        for size, params in (("T", 10), ("S", 20), ("B", 80))
    ]
    assert (
        "3 backbones have the same"
        in one(results(world, columns, *(r.format(77.7) for r in rows)), "placeholder", "papers rB").text
    )
    assert not results(world, columns, *(r.format(70 + i) for i, r in enumerate(rows)))


def test_costs_that_do_not_grow(world: World) -> None:
    columns = "backbone, resolution, top_1@ImageNet-1k, printed, source_ref"
    found = results(
        world,
        columns,
        "A, 224, 81, 5, a",
        "A, 384, 82, 5, b",
        "B, 224, 81, 5, c",
        "B, 384, 82, 8, d",
        "C, 224, 81, 5, e",
        "C, 384, 82, 14.7, f",
    )
    assert [(f.fact, f.severity) for f in found if f.kind == "outlier"] == [
        ("papers b", "sure"),
        ("papers d", "likely"),
    ]


def test_accuracy_that_falls_with_resolution(world: World) -> None:
    columns = "weights, backbone, resolution, top_1@ImageNet-1k, source_ref"
    found = results(
        world,
        columns,
        "w.one, A, 224, 81, a",
        "w.one, A, 288, 78, b",
        "w.two, A, 224, 81, c",
        "w.two, A, 288, 80.5, d",
        "w.two, A, 800, 60, e",
    )
    assert [f.fact for f in found if f.kind == "outlier"] == ["papers b"]


def test_a_speed_off_the_middle(world: World) -> None:
    columns = "backbone, resolution, device, precision, framework, throughput_img_s, source_ref"
    rows = [
        f"X, 224, NVIDIA A100, fp16, PyTorch 2.{i}, {speed}, r{i}" for i, speed in enumerate((1000, 1100, 300, 2900))
    ]
    assert [f.fact for f in speeds(world, columns, *rows) if f.kind == "outlier"] == ["papers r2"]


def test_a_larger_backbone_that_is_much_worse(world: World) -> None:
    columns = "family, backbone, checkpoint, resolution, params_m, printed, top_1@ImageNet-1k, source_ref"
    world.write(
        "trained.yaml",
        "family: Fam\nsource: own\ncollection: papers\nbackbones:\n"
        + "".join(
            f"- backbone: Fam-{s}\n  checkpoints:\n  - checkpoint: Fam-{s} IN-1k\n    pretraining: {{dataset: ImageNet-1k, method: Supervised}}\n"
            for s in "TSB"
        ),
    )
    found = results(
        world,
        columns,
        "Fam, Fam-T, Fam-T IN-1k, 224, 10, 2, 78, t",
        "Fam, Fam-S, Fam-S IN-1k, 224, 20, 4, 74, s",
        "Fam, Fam-B, Fam-B IN-1k, 224, 80, 1, 74, b",
    )
    assert [f.fact for f in found if f.kind == "outlier"] == ["papers s"]


@pytest.mark.parametrize(
    ("published", "wrong"),
    [
        ("2021-12-31", True),
        ("2022-01-01", False),
        ("2022", False),
        ("2021", True),
        ("2023-05-01", False),
        ("2999-01-01", True),
    ],
)
def test_dates(world: World, published: str, wrong: bool) -> None:
    world.write(
        "fam.yaml",
        f"family: Fam\nsource: own\npublished: '{published}'\npaper: https://arxiv.org/abs/2201.03545\nbackbones: [{{backbone: Fam-T}}]\n",
    )
    assert [f.fact for f in findings(world) if f.kind == "date"] == (["user family:Fam"] if wrong else [])


def test_upkeep_of_corrections_and_suspects(world: World) -> None:
    world.write(
        "c.yaml",
        "sheet: c\nkind: corrections\ncolumns: [collection, source_ref, column, was, reason, source]\nrows:\n- [papers, table 1, top_9, 5, because, own]\n",
    )
    world.write(
        "s.yaml",
        "sheet: s\nkind: suspects\ncolumns: [fact, kind, text]\nrows:\n- [papers table 1, value, a]\n"
        "- ['papers family:ToyNet', value, b]\n- [papers table 77, value, c]\n",
    )
    found = findings(world)
    assert "no column is called 'top_9'" in one(found, "stale correction", "papers table 1").text
    assert [f.fact for f in found if f.kind == "dangling suspect"] == ["papers table 77"]


# ---- the report


def test_findings_become_a_sheet_that_can_be_read_and_is_the_same_again(world: World) -> None:
    found = results(
        world,
        "checkpoint, resolution, top_1@ImageNet-1k, source_ref",
        "New IN-1k, 224, 81.0, a",
        "New IN-1k, 224, 81.5, b",
    )
    from backbones.store.documents import dump_yaml

    text = dump_yaml(audit.as_suspects(found, frozenset()), "../sheet.schema.json")
    assert parse_document(text, "x.yaml")
    world.write("sheets/suspects_audit.yaml", text)
    connection = world.explorer().connection
    again = audit.as_suspects(audit.audit(connection), audit.known_suspects(connection, by_hand=True))
    assert dump_yaml(again, "../sheet.schema.json") == text
    assert audit.known_suspects(connection) == {"papers b"}
    connection.close()


def test_a_fact_that_a_person_suspects_is_not_written_again(world: World) -> None:
    found = results(world, "checkpoint, top_1@ImageNet-1k, source_ref", "X IN-1k, 0, a")
    assert audit.as_suspects(found, frozenset({"papers a"}))["rows"] == []


def test_findings_are_chosen_by_kind_collection_and_severity() -> None:
    some = [Finding(k, s, f"{c} 1", "", "") for k in audit.KINDS[:2] for s in ("sure", "maybe") for c in ("a", "b")]  # type: ignore[arg-type]
    assert len(audit.chosen(some)) == 8
    assert len(audit.chosen(some, ["conflict"], ["a"], ["sure"])) == 1
    assert audit.counts(some) == [("conflict", 4), ("impossible value", 4)]


def test_every_check_states_its_rule() -> None:
    assert all(check.__doc__ and len(check.__doc__) > 40 for check in audit.CHECKS)


def test_the_whole_catalogue_is_audited_in_seconds_and_always_alike(catalog: sqlite3.Connection) -> None:
    started = time.process_time()
    found = audit.audit(catalog)
    assert time.process_time() - started < 5
    assert len(found) > 100
    assert found == audit.audit(catalog)
    assert {f.kind for f in found} <= set(audit.KINDS)
