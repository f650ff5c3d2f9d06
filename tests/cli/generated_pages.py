"""Runs `docs/generate.py --check` in a process of its own, with a catalogue of the shipped files that is there already.

`python generated_pages.py GENERATE CATALOG`
"""

from __future__ import annotations

import hashlib
import runpy
import sys
from dataclasses import replace
from pathlib import Path

import backbones.store.build as builder
from backbones.store.places import SHIPPED, Places

build = builder.build


def built_before(places: Places) -> builder.BuildReport:
    """Of other files than the installed ones a catalogue is built."""
    if _digests(places.shipped) != _digests(SHIPPED):
        return build(places)
    places.catalog.symlink_to(catalog)  # a build replaces it, and writes into no file that is there
    return build(replace(places, shipped=SHIPPED))


def _digests(folder: Path) -> dict[str, str]:
    return {str(p.relative_to(folder)): hashlib.sha256(p.read_bytes()).hexdigest() for p in folder.rglob("*.yaml")}


_, script, catalog = sys.argv
builder.build = built_before
sys.argv = [script, "--check"]
runpy.run_path(script, run_name="__main__")
