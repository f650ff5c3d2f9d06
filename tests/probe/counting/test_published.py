"""The shipped counts against the GMACs that timm publishes; every exception stands in docs/measuring_counts.md with its reason."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from backbones.store.catalog import connect
from backbones.store.measuring import counts as store
from backbones.store.places import Places

DOCS = Path(__file__).resolve().parents[3] / "docs" / "measuring_counts.md"
ROUNDED = 0.005
"""Half of the last digit that is printed."""


@pytest.fixture(scope="module")
def catalogue(shipped: Places) -> Iterator[sqlite3.Connection]:
    """The shipped catalogue."""
    connection = connect(shipped)
    yield connection
    connection.close()


def published(connection: sqlite3.Connection) -> dict[tuple[str, int], float]:
    """GMACs by timm's name and resolution, of the newest tables; those of PyTorch 2.1 saw no fused attention."""
    rows = connection.execute(
        "select m.backbone, f.resolution, f.framework, min(f.gmacs) from main.speed f join main.mention m on m.id = f.mention "
        "where f.collection = 'timm' and f.gmacs is not null and f.framework not like 'PyTorch 2.1.%' "
        "and f.mode = 'inference' group by 1, 2, 3 order by f.framework"
    )
    return {(model, resolution): gmacs for model, resolution, _, gmacs in rows}


def agrees(counted: int, printed: float) -> bool:
    """Within 5 % of a number that is rounded to the printed one."""
    return 0.95 * (printed - ROUNDED) <= counted / 1e9 <= 1.05 * (printed + ROUNDED)


def is_near(counted: int, printed: float) -> bool:
    """Within 5 % of the printed digits themselves."""
    return 0.95 * printed <= counted / 1e9 <= 1.05 * printed


def section_of_readings() -> str:
    _, _, section = DOCS.read_text(encoding="utf-8").partition("## Compared with other counters")
    return section.partition("### Exceptions")[0]


def named(text: str) -> set[str]:
    return set(re.findall(r"`([a-z0-9_]+)`", text))


def test_counts_agree_with_what_timm_publishes_and_every_exception_has_its_reason(
    catalogue: sqlite3.Connection,
) -> None:
    train, fused, said = store.shipped(catalogue), store.shipped(catalogue, fused=True), published(catalogue)
    pairs = {name: said[name, count.height] for name, count in train.items() if (name, count.resolution) in said}
    only_fused, apart = set(), set()
    for name, printed in pairs.items():
        if agrees(train[name].macs, printed):
            continue
        (only_fused if name in fused and agrees(fused[name].macs, printed) else apart).add(name)
    assert len(pairs) > 1250
    assert 1 - len(apart) / len(pairs) >= 0.97
    _, _, section = DOCS.read_text(encoding="utf-8").partition("### Exceptions")
    table, _, forms = section.partition("In train form")
    table, _, small = table.partition("By the printed digits themselves")
    assert named(table) == apart
    assert named(forms.partition("##")[0]) == only_fused
    strictly = {
        name
        for name, printed in pairs.items()
        if not any(is_near(count.macs, printed) for count in (train[name], fused.get(name)) if count)
    }
    assert named(small) == strictly - apart and apart <= strictly
    assert all(pairs[name] <= 0.42 and train[name].macs / 1e9 < pairs[name] for name in named(small))
    in_train = sum(is_near(train[name].macs, printed) for name, printed in pairs.items())
    for good in (len(pairs) - len(apart), len(pairs) - len(strictly), in_train):
        assert f"| {good:,} | {good / len(pairs):.1%} |".replace("%", " %") in section_of_readings()


def test_parameters_are_those_that_timm_publishes(catalogue: sqlite3.Connection) -> None:
    train, fused = store.shipped(catalogue), store.shipped(catalogue, fused=True)
    rows = catalogue.execute(
        "select distinct m.backbone, f.params_m from main.speed f join main.mention m on m.id = f.mention "
        "where f.collection = 'timm' and f.framework like 'PyTorch 2.9%' and f.params_m is not null"
    )
    agree = {True: 0, False: 0}
    for name, printed in rows:
        if name in train:
            forms = [count.params / 1e6 for count in (train[name], fused.get(name)) if count]
            agree[any(abs(params - printed) <= 0.01 * printed + 0.005 for params in forms)] += 1
    assert agree[True] / sum(agree.values()) > 0.98
