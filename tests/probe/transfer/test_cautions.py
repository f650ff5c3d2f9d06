"""Cautions are what code says and a user can follow."""

from __future__ import annotations

import re
from pathlib import Path

import backbones.probe.transfer as evaluating
from backbones.cli.transfer import run
from backbones.store.transferring import cautions
from backbones.store.transferring.cautions import CAUTIONS


def test_every_caution_is_set_somewhere() -> None:
    (folder,) = evaluating.__path__
    code = "".join(file.read_text(encoding="utf-8") for file in sorted(Path(folder).glob("*.py")))
    _, _, rules = Path(str(cautions.__file__)).read_text(encoding="utf-8").partition("def cautions_of")
    assert [name for name in CAUTIONS if f'"{name}"' not in code + rules] == []


def test_options_that_cautions_name_are_there() -> None:
    there = {option for parameter in run.params for option in parameter.opts}
    named = {option for sentence in CAUTIONS.values() for option in re.findall(r"--[a-z-]+", sentence)}
    assert named and named <= there
