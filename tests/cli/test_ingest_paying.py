"""`backbones ingest` and money: what is asked, told and paid, and what is not."""

from __future__ import annotations

import importlib.util
import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from backbones.cli.main import backbones
from backbones.store import llm_calls
from backbones.store.drafts import read_draft
from backbones.store.errors import BackbonesError
from backbones.store.places import Places

SPEC = importlib.util.spec_from_file_location("drawn_and_served", Path(__file__).with_name("test_ingest.py"))
assert SPEC is not None and SPEC.loader is not None
SHARED = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(SHARED)
_alone, service, paper, PLANNING = SHARED._alone, SHARED.service, SHARED.paper, SHARED.PLANNING
call, ingest = SHARED.call, SHARED.ingest
Draw = Callable[..., Path]


def test_without_a_key_the_estimate_is_told_and_the_offline_way_is_taken(paper: Draw) -> None:
    pdf = paper()
    done = ingest(pdf)
    assert done.return_value == 0, done.output
    assert "2 requests to claude-sonnet-5-5" in done.stderr and "$" in done.stderr
    assert "ANTHROPIC_API_KEY is not set" in done.stderr
    assert {e.origin for e in read_draft(pdf.parent / "out" / "tern.yaml").evidence} == {"offline"}


def test_the_model_is_asked_and_logged_and_not_asked_again(paper: Draw, service: Any, toys: Places) -> None:
    pdf = paper()
    done = ingest(pdf, "--yes")
    assert done.return_value == 0, done.output
    draft = read_draft(pdf.parent / "out" / "tern.yaml")
    assert {e.origin for e in draft.evidence} == {"claude-sonnet-5-5-20261001"}
    logged = llm_calls.calls(toys.measurements)
    assert len(logged) == len(service.requests) == 2
    again = ingest(pdf)
    assert again.return_value == 0, again.output
    assert "nothing to ask" in again.stderr
    assert len(service.requests) == 2
    everything = done.output + again.output + draft.path.read_text() + toys.measurements.read_bytes().decode("latin-1")
    assert PLANNING.KEY not in everything


def test_nobody_is_asked_unless_somebody_agrees(paper: Draw, service: Any) -> None:
    pdf = paper()
    with pytest.raises(BackbonesError, match="--yes"):
        raise ingest(pdf).exception or AssertionError
    refused = ingest(pdf, "--max-cost", "0.0001")
    assert isinstance(refused.exception, BackbonesError) and "more than --max-cost" in str(refused.exception)
    assert service.requests == []
    assert ingest(pdf, "--max-cost", "5").return_value == 0
    assert len(service.requests) == 2


def test_on_a_terminal_the_user_is_asked(paper: Draw, service: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from backbones.cli import ingest as module

    class Terminal:
        def __init__(self, stream: Any) -> None:
            self._stream = stream

        def __getattr__(self, name: str) -> Any:
            return (lambda: True) if name == "isatty" else getattr(self._stream, name)

    class Sys:
        @property
        def stdin(self) -> Any:
            return Terminal(sys.stdin)

        @property
        def stderr(self) -> Any:
            return Terminal(sys.stderr)

    monkeypatch.setattr(module, "sys", Sys())
    pdf = paper()
    arguments = ["ingest", str(pdf), "-o", str(pdf.parent / "out")]
    no = CliRunner().invoke(backbones, arguments, input="n\n", standalone_mode=False)
    assert no.return_value == 1 and "ask claude-sonnet-5-5?" in no.stderr
    assert "nothing was asked and nothing was written" in no.stderr
    assert service.requests == [] and not (pdf.parent / "out").exists()
    yes = CliRunner().invoke(backbones, arguments, input="y\n", standalone_mode=False)
    assert yes.return_value == 0, yes.output
    assert len(service.requests) == 2


def test_a_dry_run_pays_nothing_and_writes_nothing(paper: Draw, service: Any) -> None:
    pdf = paper()
    done = ingest(pdf, "--dry-run")
    assert done.return_value == 0 and "2 requests to" in done.stderr and "counted by the service" in done.stderr
    assert "this is a dry run, so no model is asked: rules say" in done.stderr
    assert "would write" in done.stderr and "6 numbers" in done.stderr, "read, estimated, and checked"
    assert service.requests == [] and len(service.counted) == 2
    offline = ingest(pdf, "--dry-run", "--offline")
    assert offline.return_value == 0 and "would write" in offline.stderr
    assert service.requests == [] and not (pdf.parent / "out").exists()


def test_a_dry_run_uses_the_answers_that_are_kept(paper: Draw, service: Any) -> None:
    pdf = paper()
    assert ingest(pdf, "--yes").return_value == 0
    done = ingest(pdf, "--dry-run")
    assert done.return_value == 0 and "2 answers" in done.stderr and "dry run, so no model" not in done.stderr
    assert "2 kept from before" in done.stderr and len(service.requests) == 2


def test_a_dry_run_needs_no_network(paper: Draw, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANTHROPIC_API_KEY", PLANNING.KEY)
    monkeypatch.setenv("ANTHROPIC_BASE_URL", "http://127.0.0.1:9")
    done = ingest(paper(), "--dry-run", "--max-cost", "1")
    assert done.return_value == 0, done.output
    lines = done.stderr.splitlines()
    assert any(line.startswith("asking the service of claude-sonnet-5-5 how many tokens") for line in lines)
    assert "127.0.0.1 cannot be reached, trying again in 1 s" in lines
    assert "the tokens are estimated from the number of characters: 127.0.0.1 cannot be reached" in done.stderr
    assert "(estimated from the number of characters)" in done.stderr and "would write" in done.stderr


def test_a_dry_run_says_that_the_limit_would_stop_it(paper: Draw, service: Any) -> None:
    done = ingest(paper(), "--dry-run", "--max-cost", "0")
    assert done.return_value == 0 and "more than --max-cost 0" in done.stderr and "would write" in done.stderr


def test_the_limit_is_refused_with_the_number_that_was_shown(paper: Draw, service: Any) -> None:
    done = ingest(paper(), "--max-cost", "0")
    shown = re.search(r"at most (\$\d+\.\d\d)", done.stderr)
    refused = re.search(r"may cost up to (\$\d+\.\d\d)", str(done.exception))
    assert shown and refused and shown[1] == refused[1]
    assert service.requests == []


def test_without_a_key_a_limit_has_nothing_to_hold(paper: Draw) -> None:
    done = ingest(paper(), "--max-cost", "1")
    assert "no model is asked and --max-cost has nothing to hold" in done.stderr


def test_a_folder_that_cannot_be_written_is_refused_before_anything_is_paid(paper: Draw, service: Any) -> None:
    pdf = paper()
    for folder in (pdf, pdf / "out"):
        done = call("ingest", pdf, "-o", folder, "--yes")
        assert done.exception is not None and service.counted == [] and service.requests == []
    assert isinstance(done.exception, BackbonesError) and "is no folder" in str(done.exception)
