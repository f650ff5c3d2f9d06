"""Provenance: which version of its source an imported table is."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from backbones.ingest.sheets import timm
from backbones.ingest.sheets.checkout import commit_of, release_of
from backbones.ingest.sheets.provenance import DESCRIBED, with_sources
from backbones.store.documents import parse_yaml
from backbones.store.places import SHIPPED
from backbones.store.reading import read_document
from backbones.store.sheet import Sheet

COMMIT = "0123456789abcdef0123456789abcdef01234567"
DAY = dt.date(2026, 2, 28)


def put(path: Path, text: str) -> Path:
    """A file with its folders."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A checkout of timm's repository on a branch."""
    root = tmp_path / "timm"
    put(root / ".git" / "HEAD", "ref: refs/heads/main\n")
    put(root / ".git" / "refs" / "heads" / "main", f"{COMMIT}\n")
    put(root / "results" / "a.csv", "")
    return root


def results(source: str = timm.SOURCE, **head: object) -> Sheet:
    return Sheet.model_validate(
        {
            "sheet": "x", "kind": "results", "collection": "timm", "shared": {"source": source, "dataset": "ImageNet-1k"},
            "columns": ["weights", "top_1"], "rows": [["a.in1k", 70.0]], **head,
        }
    )  # fmt: skip


def test_the_commit_of_a_branch_is_in_its_file_or_packed(checkout: Path) -> None:
    assert commit_of(checkout / "results" / "a.csv") == "01234567"
    (checkout / ".git" / "refs" / "heads" / "main").unlink()
    assert commit_of(checkout / "results") is None
    put(
        checkout / ".git" / "packed-refs",
        f"# pack-refs with: peeled\n{'f' * 40} refs/heads/other\n{COMMIT} refs/heads/main\n",
    )
    assert commit_of(checkout / "results") == "01234567"


def test_a_detached_head_is_the_commit(checkout: Path) -> None:
    put(checkout / ".git" / "HEAD", "abcdef01" * 5)
    assert commit_of(checkout) == "abcdef01"


def test_a_worktree_has_its_own_head_and_the_branches_of_the_first(checkout: Path, tmp_path: Path) -> None:
    own = checkout / ".git" / "worktrees" / "second"
    put(own / "HEAD", "ref: refs/heads/main\n")
    put(own / "commondir", "../..\n")
    put(tmp_path / "second" / ".git", f"gitdir: {own}\n")
    assert commit_of(tmp_path / "second") == "01234567"


@pytest.mark.parametrize(
    "head", ["", "ref: refs/heads/gone", "ref: ../../secret", "ref: refs/../HEAD", "ref: refs/loop"]
)
def test_a_head_that_leads_nowhere_is_no_commit(checkout: Path, head: str) -> None:
    put(checkout / ".git" / "HEAD", head)
    put(checkout / ".git" / "refs" / "loop", "ref: refs/loop")
    put(checkout / "secret", COMMIT)
    assert commit_of(checkout) is None


@pytest.mark.parametrize(
    ("url", "commit"),
    [
        ("https://github.com/someone/pytorch-image-models.git", "01234567"),
        ("git@github.com:someone/pytorch-image-models", "01234567"),
        ("https://github.com/someone/my-thesis", None),
    ],
)
def test_a_table_in_a_checkout_of_something_else_is_not_of_its_commit(
    checkout: Path, url: str, commit: str | None
) -> None:
    put(checkout / ".git" / "config", f'[remote "origin"]\n\turl = {url}\n\tfetch = +refs/heads/*\n')
    assert commit_of(checkout / "results", ["pytorch-image-models"]) == commit


def test_metafiles_of_an_installed_package_are_of_its_release(checkout: Path) -> None:
    site = checkout / "venv" / "site-packages"
    put(site / "mmpretrain-1.2.0.dist-info" / "METADATA", "")
    path = put(site / "mmpretrain" / ".mim" / "model-index.yml", "")
    assert release_of(path, ["mmpretrain"]) == "1.2.0"
    assert release_of(path, ["mmdet"]) is None
    key = "github:open-mmlab/mmpretrain"
    assert with_sources([results(key)], path, DAY)[0].sources[key].version == "1.2.0", "not the checkout around it"


def test_each_sheet_declares_its_source_with_version_and_day(checkout: Path) -> None:
    (sheet,) = with_sources([results()], checkout / "results" / "a.csv", DAY)
    assert sheet.sources[timm.SOURCE].to_plain() == {
        "title": "timm result and benchmark tables", "url": "https://github.com/huggingface/pytorch-image-models",
        "kind": "repository", "licence": "Apache-2.0", "version": "01234567", "retrieved": "2026-02-28",
    }  # fmt: skip


def test_a_table_of_no_checkout_is_as_imported_that_day(tmp_path: Path) -> None:
    (sheet,) = with_sources([results()], put(tmp_path / "a.csv", ""), DAY)
    assert sheet.sources[timm.SOURCE].version == "as imported 2026-02-28"


def test_other_sources_stay_and_a_declared_version_is_for_all_sheets() -> None:
    said = {"package:x": {"version": "3"}}
    sheets = [
        results("package:x", sources={"other": {"title": "Other"}}),
        results("package:x", sources=said),
        results("y"),
    ]
    first, second, third = with_sources(sheets, None, DAY)
    assert {key: source.to_plain() for key, source in first.sources.items()} == {"other": {"title": "Other"}} | said
    assert second.sources["package:x"].version == "3"
    assert third.sources == {}


@pytest.mark.parametrize("key", DESCRIBED)
def test_sources_are_described_as_the_shipped_sheets_do(key: str) -> None:
    described = DESCRIBED[key].to_plain()
    found = []
    for file in sorted((SHIPPED / "sheets").glob("*.yaml")):
        head = file.read_text(encoding="utf-8").partition("\nrows:")[0]  # what is said of a source stands there
        if key in head:
            said = parse_yaml(head)
            assert isinstance(said, dict)
            found += [source for name, source in said.get("sources", {}).items() if name == key]
        if "\nkind: sources\n" in head:
            sheet = read_document(file)
            assert isinstance(sheet, Sheet)
            found += [dict(zip(sheet.columns, row, strict=True)) for row in sheet.rows if row[0] == key]
    assert found
    assert {tuple(said.get(name) for name in described) for said in found} == {tuple(described.values())}
