"""What a file brings, against another file and against the catalogue."""

from __future__ import annotations

import sqlite3
from typing import Any

from backbones.ingest.difference import MOST_LINES, against_catalogue, between
from backbones.ingest.meaning.known import Known
from backbones.store.catalog import connect
from backbones.store.family_file import FamilyFile
from backbones.store.places import Places


def family(name: str = "Arvo", params: float = 28.6, **sizes: dict[str, float]) -> FamilyFile:
    """Sizes with results on ImageNet-1k at 224 px."""
    backbones = []
    for size, values in sizes.items():
        result: dict[str, Any] = {
            "task": "classification",
            "dataset": "ImageNet-1k",
            "resolution": 224,
            "values": values,
        }
        checkpoint = {"checkpoint": f"{name}-{size} 1k", "pretraining": {"dataset": "ImageNet-1k"}, "results": [result]}
        backbones.append({"backbone": f"{name}-{size}", "params_m": params, "checkpoints": [checkpoint]})
    return FamilyFile.model_validate({"family": name, "source": "s", "backbones": backbones})


def test_equal_files_differ_in_nothing() -> None:
    found = between(family(T={"top_1": 82.1}), family(T={"top_1": 82.1}), "old.yaml")
    assert found.is_none
    assert list(found.lines()) == ["Arvo against old.yaml: 0 numbers new, 2 the same, 0 with another value"]


def test_new_changed_and_gone_numbers_are_told() -> None:
    old = family(T={"top_1": 82.1, "top_5": 95.9}, S={"top_1": 83.0})
    found = between(old, family(T={"top_1": 82.13}, B={"top_1": 83.8}), "old.yaml")
    assert list(found.lines()) == [
        "Arvo against old.yaml: 2 numbers new, 1 the same, 1 with another value, 3 gone",
        "  other: Arvo-T: top_1 82.13 (ImageNet-1k, 224 px), there 82.1",
        "  gone: Arvo-T: top_5 95.9 (ImageNet-1k, 224 px)",
        "  gone: Arvo-S: params_m 28.6",
        "  gone: Arvo-S: top_1 83 (ImageNet-1k, 224 px)",
        "  new: Arvo-B: params_m 28.6",
        "  new: Arvo-B: top_1 83.8 (ImageNet-1k, 224 px)",
    ]
    assert found.loses_most


def test_losing_less_than_half_is_told_apart() -> None:
    old = family(T={"top_1": 82.1, "top_5": 95.9}, S={"top_1": 83.0})
    assert not between(old, family(T={"top_1": 82.1}, S={"top_1": 83.0}), "old.yaml").loses_most


def test_long_lists_are_cut_with_their_number() -> None:
    old, new = family(T={"top_1": 82.1}), family(**{f"X{n}": {"top_1": 80.0} for n in range(20)})
    assert f"  new: and {2 * 20 - MOST_LINES} more" in list(between(old, new, "old.yaml").lines())


def test_the_catalogue_knows_other_spellings_and_names_its_source(shipped: Places) -> None:
    connection = connect(shipped)
    known = Known.of(connection)
    (value, source) = _top_1(connection, "ConvNeXt-T")
    found = against_catalogue(family("convnext", 28.6, T={"top_1": value}, S={"top_1": 12.3}), known, connection)
    assert found is not None
    assert any("top_1 12.3" in line and "there" in line and "(" in line for line in found.other)
    assert not any(f"convnext-T: top_1 {value:.10g}" in line for line in (*found.other, *found.new)), source
    assert found.gone == ()


def _top_1(connection: sqlite3.Connection, backbone: str) -> tuple[float, str]:
    row = connection.execute(
        "select value, source from results where backbone = ? and dataset = 'ImageNet-1k' and metric = 'top_1' and resolution = 224"
        " and pretraining_dataset = 'ImageNet-1k' and protocol = 'supervised' and conditions is null",
        [backbone],
    ).fetchone()
    return float(row[0]), str(row[1])


def test_a_family_that_the_catalogue_does_not_have_has_no_difference(shipped: Places) -> None:
    connection = connect(shipped)
    assert against_catalogue(family("Arvo", T={"top_1": 82.1}), Known.of(connection), connection) is None


def test_only_equal_pretraining_is_compared_with_the_catalogue(shipped: Places) -> None:
    connection = connect(shipped)
    known = Known.of(connection)

    def pretrained(method: str) -> FamilyFile:
        result = {"task": "detection", "dataset": "COCO val", "head": "Mask R-CNN", "values": {"box_ap": 1.0}}
        checkpoint = {
            "checkpoint": "c",
            "pretraining": {"dataset": "ImageNet-1k", "method": method},
            "results": [result],
        }
        backbone = {"backbone": "ConvNeXt V2-B", "checkpoints": [checkpoint]}
        return FamilyFile.model_validate({"family": "ConvNeXt V2", "source": "s", "backbones": [backbone]})

    supervised = against_catalogue(pretrained("Supervised"), known, connection)
    masked = against_catalogue(pretrained("FCMAE"), known, connection)
    assert supervised is not None and (len(supervised.new), len(supervised.other)) == (1, 0)
    assert masked is not None and (len(masked.new), len(masked.other)) == (0, 1)


def test_another_value_of_the_same_source_is_a_warning_at_its_path(shipped: Places) -> None:
    connection = connect(shipped)
    value, source = _top_1(connection, "ConvNeXt-T")
    mine = family("convnext", None, T={"top_1": value - 0.7})
    mine = mine.model_copy(update={"source": source})
    found = against_catalogue(mine, Known.of(connection), connection)
    assert found is not None
    (finding,) = found.findings
    assert (finding.severity, finding.kind) == ("warning", "catalogue") and f"has {value:.10g}" in finding.text
    assert finding.path.endswith("values.top_1")
    other = against_catalogue(mine.model_copy(update={"source": "me"}), Known.of(connection), connection)
    assert other is not None and [f.severity for f in other.findings] == ["note"]
