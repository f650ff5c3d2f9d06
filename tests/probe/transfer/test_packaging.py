"""What an installation has: every package of the tree, the recipes, and the file of feature maps."""

from __future__ import annotations

import subprocess
import sys
import tomllib
import zipfile
from importlib.resources import files
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
DATA = {
    "backbones/probe/counting/feature_maps.csv",
    "backbones/probe/transfer/recipes/clash.yaml",
    "backbones/probe/transfer/recipes/quick.yaml",
    "backbones/probe/transfer/recipes/rsb-100.yaml",
}

needs_tree = pytest.mark.skipif(not (ROOT / "pyproject.toml").exists(), reason="the tests run without the source tree")


@needs_tree
def test_every_folder_with_modules_is_declared_as_a_package() -> None:
    said = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["setuptools"]
    tops = {name.split(".")[1] for name in said["packages"]}
    there = {file.parent.relative_to(ROOT) for top in tops for file in (ROOT / top).rglob("__init__.py")}
    named = {".".join(("backbones", *folder.parts)): folder.as_posix() for folder in there}
    assert set(said["packages"]) == set(named)
    assert said["package-dir"] == named


def test_the_installed_package_has_its_data() -> None:
    for name in DATA:
        package, _, file = name.rpartition("/")
        assert files(package.replace("/", ".")).joinpath(file).is_file(), name


@needs_tree
def test_a_wheel_of_the_tree_has_the_data(tmp_path: Path) -> None:
    pytest.importorskip("setuptools", minversion="77", reason="setuptools 77 or newer is not installed here")
    code = "import sys, setuptools.build_meta as build; print(build.build_wheel(sys.argv[1]))"
    tree = tmp_path / "tree"
    tree.mkdir()
    for one in ROOT.iterdir():
        if one.name not in ("build", "tests", "docs", ".git") and not one.name.endswith(".egg-info"):
            (tree / one.name).symlink_to(one)
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path)], cwd=tree, capture_output=True, text=True, timeout=300, check=False
    )
    assert done.returncode == 0, done.stderr[-2000:]
    (wheel,) = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    assert names >= DATA
    assert not [name for name in names if name.endswith((".db", ".pt"))]
