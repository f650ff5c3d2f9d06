"""What the tests of predicting share: the shipped tables, and small ones whose law is known."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator

import pytest

from backbones.probe.predicting.tables import Key, Table, Tables, Traits, tables_of
from backbones.store.catalog import connect
from backbones.store.places import Places
from backbones.store.query import CatalogExplorer


@pytest.fixture(scope="session")
def explorer(shipped: Places) -> Iterator[CatalogExplorer]:
    """The shipped catalogue."""
    found = CatalogExplorer(lambda: connect(shipped))
    yield found
    found.close()


@pytest.fixture(scope="session")
def tables(explorer: CatalogExplorer) -> Tables:
    """All of the shipped catalogue."""
    return explorer.ask(tables_of)


@pytest.fixture(scope="session")
def table_of(tables: Tables) -> Callable[..., Table]:
    """The shipped table whose title has these words."""

    def found(*words: str, compiled: bool = False) -> Table:
        (one,) = (t for t in tables.tables if all(w in t.title for w in words) and t.compiled is compiled)
        return one

    return found


@pytest.fixture(scope="session")
def lawful() -> Tables:
    """Four devices of two kinds of layers: speed = factor / GMACs, and convolutions have a factor of their own on each device."""
    dice = random.Random(3)
    traits: dict[Key, Traits] = {}
    for number in range(120):
        size = 0.2 * 1.04**number
        family = "conv" if number % 2 else "attention"
        traits[f"{family}{number}", 224] = Traits(size, size * (6 if family == "conv" else 3), size * 5, family)
    tables = []
    for device, factor, conv in (("A", 1000, 1.0), ("B", 3000, 1.3), ("C", 9000, 0.8), ("D", 5000, 1.6)):
        speeds = {
            key: factor / t.gmacs * (conv if t.family == "conv" else 1) * dice.gauss(1, 0.01)
            for key, t in traits.items()
        }
        tables.append(Table(device, "gpu", "bf16", "", "contiguous", False, speeds))
    return Tables(tuple(tables), traits)
