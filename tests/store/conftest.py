"""The shipped catalogue, and a small world of its own for each test that changes files."""

from __future__ import annotations

import pickle
import random
import shutil
import sqlite3
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from backbones.store import build as builder
from backbones.store.build import BuildReport, build
from backbones.store.catalog import connect, open_catalog
from backbones.store.errors import FileProblems
from backbones.store.places import Places
from backbones.store.query import CatalogExplorer
from backbones.store.reading import parse_document
from backbones.store.records import Records
from backbones.store.view import Sort, View

TOYS = Path(__file__).resolve().parent.parent / "families"
Problems = Callable[[str], tuple[str, ...]]


@pytest.fixture(scope="session")
def catalog(shipped: Places) -> Iterator[sqlite3.Connection]:
    """A read-only connection to the shipped catalogue."""
    connection = connect(shipped)
    yield connection
    connection.close()


@pytest.fixture(scope="session")
def explorer(shipped: Places) -> Iterator[CatalogExplorer]:
    """Answers from the shipped catalogue."""
    found = CatalogExplorer(lambda: connect(shipped))
    yield found
    found.close()


@dataclass(slots=True)
class World:
    """A few small YAML files, a user's folder and a catalogue of them."""

    places: Places

    def build(self, from_scratch: bool = False) -> BuildReport:
        """Bring the catalogue up to date."""
        return build(self.places, from_scratch=from_scratch)

    @contextmanager
    def opened(self) -> Iterator[sqlite3.Connection]:
        """A connection to a catalogue that is brought up to date first."""
        connection = open_catalog(self.places)
        try:
            yield connection
        finally:
            connection.close()

    def ask(self, sql: str, *parameters: object) -> list[tuple[object, ...]]:
        """Rows of a catalogue that is brought up to date first."""
        with self.opened() as connection:
            return connection.execute(sql, parameters).fetchall()

    def rows_of(self, text: str, *columns: str, sort: str = "") -> list[tuple[Any, ...]]:
        """What these columns are of the rows that pass a filter."""
        explorer = self.explorer()
        view = View(filter=text, columns=columns, x="", y="", group="", sort=(Sort.parse(sort),) if sort else ())
        rows = explorer.answer(view).rows.rows
        explorer.close()
        return list(rows)

    def everything(self) -> dict[str, Counter[tuple[object, ...]]]:
        """The rows of all public views, in any order."""
        connection = connect(self.places)
        try:
            views = [n for (n,) in connection.execute("select name from sqlite_master where type = 'view'")]
            return {v: Counter(connection.execute(f"select * from {v}")) for v in views}
        finally:
            connection.close()

    def write(self, name: str, text: str) -> Path:
        """A file of the user's."""
        path = self.places.families[0] / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path

    def explorer(self) -> CatalogExplorer:
        """Answers from this world."""
        return CatalogExplorer(lambda: open_catalog(self.places))

    def elsewhere(self, catalog: Path) -> World:
        """The same files with another catalogue."""
        return World(replace(self.places, catalog=catalog))


@pytest.fixture(scope="session")
def read_before() -> Callable[[str], Records | str]:
    """What a file says, read anew only when no file had its name and content before."""
    known: dict[tuple[str, bytes], bytes] = {}
    read = builder._read

    def say(path: str) -> Records | str:
        try:
            key = (path.rpartition("/")[2], Path(path).read_bytes())
        except OSError:
            return read(path)  # it says why
        if key not in known:
            said = read(path)
            if isinstance(said, str):
                return said  # a mistake names the path
            known[key] = pickle.dumps(said)
        found: Records = pickle.loads(known[key])
        return found

    return say


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, read_before: Callable[[str], Records | str]) -> World:
    """Not built yet."""
    monkeypatch.setattr(builder, "_read", read_before)
    shutil.copytree(TOYS, tmp_path / "shipped")
    home = tmp_path / "home"
    home.mkdir()
    return World(
        Places(
            home / "catalog.db",
            home / "measurements.db",
            (home / "family_data",),
            home / "state.json",
            tmp_path / "shipped",
        )
    )


@pytest.fixture(scope="session")
def problems() -> Problems:
    """What is wrong with a text; () where nothing is."""

    def found(text: str) -> tuple[str, ...]:
        try:
            parse_document(text, "x.yaml")
        except FileProblems as error:
            return error.problems
        return ()

    return found


@pytest.fixture(scope="session")
def generated(tmp_path_factory: pytest.TempPathFactory) -> Iterator[sqlite3.Connection]:
    """120 rows of 50 backbones with gaps everywhere, drawn at random."""
    folder = tmp_path_factory.mktemp("generated")
    dice = random.Random(11)
    results, speeds = [], []
    for i in range(120):
        name = f"net{i % 50}"
        res = dice.choice((160, 224, 288))
        params = f"{(i % 50) * 3 + 2}" if (i % 50) % 9 else "null"
        results.append(f"- [{name}, {name} t{i}, {res}, {dice.choice((60, 70, 70.5, 75, 80, 81, 81.3, 84))}, {params}]")
        if dice.random() < 0.6:
            speeds.append(f"- [{name}, {res}, NVIDIA V100, amp_fp16, {dice.choice((100, 500, 900, 990, 1000, 1500))}]")
        if dice.random() < 0.3:
            speeds.append(f"- [{name}, {res}, NVIDIA A100, fp32, {dice.randint(50, 5000)}]")
    head = "source: 'github:toy/library'"
    sheets = folder / "shipped" / "sheets"
    sheets.mkdir(parents=True)
    (sheets / "a.yaml").write_text(
        f"sheet: a\nkind: results\ncollection: timm\nfile: a.csv\nfirst_line: 2\nshared: {{task: classification, dataset: ImageNet-1k, {head}}}\n"
        "columns: [backbone, checkpoint, resolution, top_1, params_m]\nrows:\n" + "\n".join(results) + "\n"
    )
    (sheets / "b.yaml").write_text(
        f"sheet: b\nkind: throughput\ncollection: timm\nfile: b.csv\nfirst_line: 2\nshared: {{{head}}}\n"
        "columns: [backbone, resolution, device, precision, throughput_img_s]\nrows:\n" + "\n".join(speeds) + "\n"
    )
    (sheets / "c.yaml").write_text(
        "sheet: c\nkind: devices\ncolumns: [device, kind]\nrows:\n- [NVIDIA V100, gpu]\n- [NVIDIA A100, gpu]\n"
    )
    (sheets / "d.yaml").write_text(
        "sheet: d\nkind: datasets\ncolumns: [dataset, tasks]\nrows:\n- [ImageNet-1k, classification]\n"
    )
    places = Places(folder / "catalog.db", folder / "measurements.db", (), folder / "state.json", folder / "shipped")
    assert not build(places).problems
    connection = connect(places)
    assert connection.execute("select count(*) from setting where backbone_id is null").fetchone() == (0,)
    yield connection
    connection.close()
