"""Citations: only what the catalogue knows, each paper once."""

from __future__ import annotations

import re
import sqlite3

import pytest

from backbones.store.catalog import connect
from backbones.store.citation import KINDS, arxiv_id, bibliography, bibtex, things_of, things_of_keys
from backbones.store.places import Places
from backbones.store.query import CatalogExplorer
from backbones.store.rows import Column, Rows
from backbones.store.view import View


@pytest.fixture(scope="module")
def catalogue(shipped: Places) -> sqlite3.Connection:
    """The shipped one."""
    return connect(shipped)


def test_an_arxiv_paper_has_its_id_its_year_and_no_authors(catalogue: sqlite3.Connection) -> None:
    found = bibtex(catalogue, "family", "ConvNeXt")
    assert found is not None
    assert found.startswith("% add authors") and "@misc{arxiv-2201.03545,\n" in found
    for line in (
        "eprint        = {2201.03545}",
        "archivePrefix = {arXiv}",
        "year          = {2022}",
        "url           = {https://arxiv.org/abs/2201.03545}",
    ):
        assert line in found
    assert not re.search(r"^\s*author", found, re.MULTILINE)


@pytest.mark.parametrize("kind", ["backbone", "checkpoint", "weights"])
def test_what_belongs_to_a_family_cites_its_paper(catalogue: sqlite3.Connection, kind: str) -> None:
    table = {"weights": "released"}.get(kind, kind)
    join = {
        "backbone": "join backbone b on b.id = x.id",
        "checkpoint": "join backbone b on b.id = x.backbone_id",
        "weights": "join checkpoint c on c.id = x.checkpoint_id join backbone b on b.id = c.backbone_id",
    }[kind]
    sql = (
        f"select x.{kind} from {table} x {join} join family a on a.id = b.family_id where a.family = 'ConvNeXt' limit 1"
    )
    (name,) = catalogue.execute(sql).fetchone()
    assert bibtex(catalogue, kind, name) == bibtex(catalogue, "family", "ConvNeXt")


def test_a_source_says_its_title_version_and_date(catalogue: sqlite3.Connection) -> None:
    name, title, version = catalogue.execute(
        "select source, title, version from source where kind = 'repository' and version is not null order by source limit 1"
    ).fetchone()
    found = bibtex(catalogue, "source", name)
    assert found and title.partition(":")[0] in found and f"version {version}" in found
    assert "% add authors: not in" in found


def test_a_paper_comes_once_whatever_leads_to_it(catalogue: sqlite3.Connection) -> None:
    found = bibliography(
        catalogue,
        [("family", "CAFormer"), ("family", "ConvFormer"), ("source", "arxiv:2201.03545"), ("family", "ConvNeXt")],
    )
    assert re.findall(r"@misc\{(.*),", found) == ["arxiv-2201.03545", "arxiv-2210.13452"]
    assert "CAFormer, ConvFormer" in found


def test_what_has_no_paper_has_no_citation(catalogue: sqlite3.Connection) -> None:
    (name,) = catalogue.execute("select family from family where paper is null limit 1").fetchone()
    assert bibtex(catalogue, "family", name) is None
    assert bibtex(catalogue, "dataset", "ImageNet-1k") is None
    assert bibtex(catalogue, "source", "x'[/]y") is None


def test_every_entry_of_the_catalogue_is_sound(catalogue: sqlite3.Connection) -> None:
    things = [
        (kind, name)
        for kind in ("family", "head", "source")
        for (name,) in catalogue.execute(f"select {kind} from {kind}")
    ]
    found = bibliography(catalogue, things)
    keys = re.findall(r"^@misc\{(.*),$", found, re.MULTILINE)
    assert len(keys) > 200 and len(keys) == len(set(keys))
    assert all(re.fullmatch(r"[A-Za-z0-9.-]+", key) for key in keys)
    for entry in re.split(r"\n(?=@misc)", found):
        fields = re.findall(r"^  (\w+) += \{(.*)\},?$", entry, re.MULTILINE)
        for _, value in fields:
            bare = value.replace(r"\{", "").replace(r"\}", "")
            assert bare.count("{") == bare.count("}")


def test_the_rows_of_an_answer_lead_to_papers_and_sources(catalogue: sqlite3.Connection) -> None:
    answer = CatalogExplorer(lambda: catalogue).answer(View(columns=("params_m",), limit=5))
    things = things_of_keys(catalogue, answer.keys)
    assert {kind for kind, _ in things} <= set(KINDS) and ("source", "arxiv:2106.04803") in things
    assert "@misc{arxiv-2106.04803," in bibliography(catalogue, things)


def test_rows_without_names_lead_nowhere() -> None:
    rows = Rows(
        (Column("checkpoint", "c"), Column("family", "f"), Column("v", "v")),
        ((None, "ViT", 1), (None, None, 2), ("a", "ViT", 3)),
    )
    assert things_of(rows) == [("family", "ViT"), ("checkpoint", "a")]
    assert things_of(rows, 2) == [("checkpoint", "a")]


@pytest.mark.parametrize(
    ("address", "number"),
    [("https://arxiv.org/abs/2508.05307v1", "2508.05307"), ("https://doi.org/10.48550/arXiv.2201.03545", "2201.03545"),
     ("https://arxiv.org/pdf/2103.14030", "2103.14030"), ("arxiv:1404.5997", "1404.5997"), ("https://doi.org/10.1/x", None)],
)  # fmt: skip
def test_an_arxiv_id_is_found_without_its_version(address: str, number: str | None) -> None:
    assert arxiv_id(address) == number
