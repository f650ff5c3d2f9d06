"""Counts are kept in measurements.db, found again, and stand beside the catalogue's in the public views."""

from __future__ import annotations

import sqlite3
from dataclasses import replace
from pathlib import Path

import pytest

from backbones.store.catalog import connect
from backbones.store.errors import BackbonesError
from backbones.store.measuring import counts as store
from backbones.store.measuring.count import Count, FeatureMap
from backbones.store.measuring.counts import keep, kept, models_of, shipped_version
from backbones.store.places import Places
from backbones.store.sheet import Sheet

MAPS = (FeatureMap(96, 4, 96, 96), FeatureMap(192, 8, 48, 48))
COUNT = Count(
    "convnext_tiny", 384, 384, 28_589_128, 13_135_236_864, 39_480_000, is_own_size=False, feature_maps=MAPS, timm="1.0.31",
    torch="2.15.0",
)  # fmt: skip


@pytest.mark.parametrize(
    "count",
    [
        COUNT,
        replace(COUNT, feature_maps=None),
        replace(COUNT, feature_maps=()),
        replace(COUNT, feature_maps=(FeatureMap(384, 14),)),
        replace(COUNT, uncounted=("aten._cdist_forward", "aten.mv")),
    ],
)
def test_what_is_kept_is_found_again(measurements: Path, count: Count) -> None:
    assert kept(measurements, "1.0.31", 384) == {}
    keep(measurements, [count])
    assert kept(measurements, "1.0.31", 384) == {"convnext_tiny": count}


def test_counts_are_told_apart_by_size_form_and_version(measurements: Path) -> None:
    own = replace(COUNT, height=288, width=288, is_own_size=True)
    fused, later = replace(COUNT, fused=True, macs=1), replace(COUNT, timm="1.0.32", macs=2)
    keep(measurements, [COUNT, own, fused, later])
    assert kept(measurements, "1.0.31") == {"convnext_tiny": own}
    assert kept(measurements, "1.0.31", 288) == {"convnext_tiny": own}
    assert kept(measurements, "1.0.31", 384, fused=True) == {"convnext_tiny": fused}
    assert kept(measurements, "1.0.32", 384) == {"convnext_tiny": later}
    assert kept(measurements, "1.0.30", 384) == {}


def test_a_model_counted_again_is_one_row(measurements: Path) -> None:
    keep(measurements, [replace(COUNT, feature_maps=None)])
    keep(measurements, [COUNT])
    assert kept(measurements, "1.0.31", 384) == {"convnext_tiny": COUNT}
    with sqlite3.connect(measurements) as connection:
        assert connection.execute("select count(*) from count").fetchone() == (1,)
    connection.close()


def test_a_folder_that_cannot_be_written_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(BackbonesError, match="cannot be written"):
        keep(tmp_path / "file" / "measurements.db", [COUNT])


def test_the_views_show_them_as_measured(measurements: Path, shipped: Places) -> None:
    oblong = Count(
        "nobody_knows_it", 1024, 768, 1_000_000, 2_000_000_000, 3_000_000, fused=True, timm="1.0.31", torch="2.15.0"
    )
    keep(measurements, [COUNT, oblong])
    connection = connect(replace(shipped, measurements=measurements))
    sql = "select backbone, family, resolution, setting, params_m, gmacs, activations_m, collection, source_ref from costs where origin = 'measured'"
    assert sorted(connection.execute(sql)) == [
        ("ConvNeXt-T", "ConvNeXt", 384, None, 28.589128, 13.135236864, 39.48, "counted", "timm 1.0.31 convnext_tiny"),
        ("nobody_knows_it", None, None, "fused, 1024x768", 1.0, 2.0, 3.0, "counted", "timm 1.0.31 nobody_knows_it"),
    ]
    sql = "select backbone, stage, channels, stride from feature_maps where origin = 'measured' order by stage"
    assert connection.execute(sql).fetchall() == [("ConvNeXt-T", 1, 96, 4), ("ConvNeXt-T", 2, 192, 8)]
    for view in ("costs", "feature_maps"):
        columns = [[row[1] for row in connection.execute(f"pragma {at}.table_info({view})")] for at in ("main", "temp")]
        assert columns[0] == columns[1]
    connection.close()


# ---- the shipped ones


def test_every_model_of_timm_is_shipped_with_its_feature_maps(shipped: Places) -> None:
    connection = connect(shipped)
    counts = store.shipped(connection)
    assert shipped_version(connection) == "1.0.31" and len(counts) == 1371
    assert all(count.feature_maps and count.macs and count.params for count in counts.values())
    assert counts["resnet50"] == Count(
        "resnet50", 288, 288, 25_557_032, 6_758_334_464, 18_373_096, timm="1.0.31",
        feature_maps=tuple(FeatureMap(c, s) for c, s in ((64, 2), (256, 4), (512, 8), (1024, 16), (2048, 32))),
    )  # fmt: skip
    oblong = counts["vit_base_patch16_sapiens2"]
    assert (oblong.height, oblong.width, oblong.resolution, oblong.setting) == (1024, 768, None, "1024x768")
    connection.close()


def test_fused_forms_are_shipped_where_they_differ(shipped: Places) -> None:
    connection = connect(shipped)
    fused, train = store.shipped(connection, fused=True), store.shipped(connection)
    assert len(fused) == 106 and set(fused) < set(train) and "resnet50" not in fused
    assert all(count.macs <= train[name].macs and count.params < train[name].params for name, count in fused.items())
    assert fused["repvgg_b3"].macs / 1e9 == pytest.approx(26.21, abs=0.005)  # as timm prints it
    connection.close()


def test_a_name_of_the_catalogue_means_its_models(shipped: Places) -> None:
    connection = connect(shipped)
    assert models_of(connection, "ConvNeXt T") == ["convnext_tiny"]
    assert set(models_of(connection, "EfficientNet-B0")) == {"efficientnet_b0", "tf_efficientnet_b0"}
    assert models_of(connection, "nobody knows it") == []
    connection.close()


# ---- what they change in the catalogue


def test_a_count_stands_in_only_where_no_source_says_a_number(shipped: Places) -> None:
    connection = connect(shipped)
    both = "select count(*) from compute c join compute o using (architecture, resolution) where c.collection = 'counted' and o.collection <> 'counted'"
    assert connection.execute(both).fetchone() == (0,)
    alone = connection.execute("select count(*) from compute where collection = 'counted'").fetchone()[0]
    assert 0 < alone < 150
    reported = "select min(gmacs), max(gmacs) from throughput where backbone = 'vit_small_patch14_dinov2' and collection = 'timm' and resolution = 518"
    assert connection.execute(reported).fetchone() == (29.46, 46.76)  # as its tables print them; 46.70 are counted
    connection.close()


def test_the_page_of_a_backbone_shows_counts_and_feature_maps(shipped: Places) -> None:
    from backbones.store.pages import page_of

    connection = connect(shipped)
    text = repr(page_of(connection, "ConvNeXt-T"))
    assert "96, 192, 384, 768 channels at strides 4, 8, 16, 32" in text and "counted" in text
    connection.close()


# ---- what a sheet may say of feature maps


@pytest.mark.parametrize(
    ("channels", "strides", "problem"),
    [
        ("96 192", "4 8", None),
        (None, None, None),
        ("96 192", "4", "rows.0: has 2 feature_channels for 1 feature_strides"),
        ("96 192", None, "rows.0: has 2 feature_channels for 0 feature_strides"),
        ("96, 192", "4 8", "rows.0.feature_channels"),
    ],
)
def test_feature_maps_of_a_sheet_are_whole_numbers_in_pairs(
    channels: str | None, strides: str | None, problem: str | None
) -> None:
    from pydantic import ValidationError

    said = {
        "sheet": "mine", "kind": "costs", "collection": "user", "shared": {"source": "me", "source_ref": "here"},
        "columns": ["backbone", "feature_channels", "feature_strides"], "rows": [["x", channels, strides]],
    }  # fmt: skip
    if problem is None:
        assert Sheet.model_validate(said).rows == [["x", channels, strides]]
        return
    with pytest.raises(ValidationError, match=problem):
        Sheet.model_validate(said)
