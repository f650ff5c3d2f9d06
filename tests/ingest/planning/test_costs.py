"""Tokens and dollars before and after: prices, estimates, limits, the log."""

from __future__ import annotations

import dataclasses
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from backbones.ingest.planning.estimate import check_budget, estimate
from backbones.ingest.planning.planner import estimate_plan, plan_paper
from backbones.ingest.planning.prices import AS_OF, DEFAULT_MODEL, PRICES, Price, price_of
from backbones.ingest.planning.questions import job_of
from backbones.ingest.planning.vocabulary import Vocabulary, vocabulary_of
from backbones.store import llm_calls, measurements
from backbones.store.catalog import open_catalog
from backbones.store.errors import BackbonesError
from backbones.store.llm_calls import LlmCall
from backbones.store.places import Places

CALL = LlmCall("2026-11-21T10:00:00Z", "m", "m-1", "0" * 64, "ingest tables", "end_turn", 12.5, 10, 20, None, 0, 0.5)


def questions_of(paper: Any, model: str = DEFAULT_MODEL) -> Any:
    job = job_of(paper, Vocabulary(), model)
    return job.questions(job.units)


def test_a_price_is_for_a_million_tokens_of_each_kind() -> None:
    assert Price(2, 10, 0.1, 2.5).dollars(1_000_000, 100_000, 200_000, 400_000) == pytest.approx(2 + 1 + 0.02 + 1)
    assert price_of("nobody-knows") is None and price_of(DEFAULT_MODEL) is PRICES[DEFAULT_MODEL]
    assert all(0 < p.cache_read < p.input < p.cache_write < p.output for p in PRICES.values())


def test_without_a_key_the_estimate_says_that_it_is_one(run: Any, service: Any, kit: Any) -> None:
    found = estimate_plan(
        kit.paper(), Vocabulary(), dataclasses.replace(run.options, environment={"ANTHROPIC_BASE_URL": service.url})
    )
    assert not found.is_counted and not service.counted and not service.gets
    assert "estimated from the number of characters" in found.sentence() and f"prices of {AS_OF}" in found.sentence()


def test_with_a_key_the_service_counts(run: Any, service: Any, kit: Any) -> None:
    service.model["max_tokens"] = 3000
    found = estimate_plan(kit.paper(), Vocabulary(), run.options)
    assert (found.is_counted, found.input_tokens, found.requests, found.most_output_tokens) == (True, 2 * 1234, 2, 6000)
    assert found.most_usd == pytest.approx((2468 * 2.5 + 6000 * 10) / 1e6) and found.expected_usd < found.most_usd
    assert "counted by the service" in found.sentence() and not service.requests
    assert set(service.counted[0]) == {"model", "messages", "system", "output_config"}


def test_a_service_that_does_not_count_leaves_an_estimate(run: Any, service: Any, kit: Any) -> None:
    service.counts = None
    found = estimate_plan(kit.paper(), Vocabulary(), run.options)
    assert not found.is_counted and found.input_tokens > 1000


def test_kept_answers_cost_nothing(run: Any, service: Any, kit: Any) -> None:
    paper = kit.paper(kit.table("p1.t1"), kit.table("p2.t1"))
    plan_paper(paper, Vocabulary(), run.options)
    found = estimate_plan(kit.paper(kit.table("p1.t1"), kit.table("p2.t1", rows=5)), Vocabulary(), run.options)
    assert (found.requests, found.kept) == (1, 2) and "2 answers are kept from before" in found.sentence()
    nothing = estimate_plan(paper, Vocabulary(), dataclasses.replace(run.options, environment={}))
    assert nothing.sentence() == f"nothing to ask {DEFAULT_MODEL}: all 3 answers are kept from before"
    check_budget(nothing, 0.0, False)


def test_an_unknown_price_is_said(kit: Any) -> None:
    found = estimate("nobody-knows", questions_of(kit.paper()))
    assert found.expected_usd is None and "its price is unknown" in found.sentence() and "$" not in found.sentence()
    check_budget(found, None, False)
    check_budget(found, 1.0, True)
    with pytest.raises(BackbonesError, match=r"--max-cost cannot be held.*--yes"):
        check_budget(found, 1.0, False)


@pytest.mark.parametrize("limit", [-1.0, float("nan")])
def test_a_limit_is_an_amount(kit: Any, limit: float) -> None:
    with pytest.raises(BackbonesError, match="amount of dollars"):
        check_budget(estimate(DEFAULT_MODEL, questions_of(kit.paper())), limit, True)


def test_a_limit_is_held_by_the_upper_bound(kit: Any) -> None:
    found = estimate(DEFAULT_MODEL, questions_of(kit.paper()))
    check_budget(found, found.most_usd, False)
    with pytest.raises(BackbonesError, match=r"may cost up to \$"):
        check_budget(found, found.most_usd * 0.99, True)


def test_the_log_survives_in_a_database_of_before(tmp_path: Path) -> None:
    path = tmp_path / "measurements.db"
    measurements.migrate(path)
    with sqlite3.connect(path) as old:
        old.execute(
            "insert into model_call (datetime_utc, model_asked, purpose, prompt_sha256, duration_ms) values ('t','m','p','s',1)"
        )
    old.close()
    assert llm_calls.calls(path) == () and llm_calls.calls(tmp_path / "none.db") == ()
    llm_calls.record(path, CALL)
    llm_calls.record(path, CALL)
    first, *others = llm_calls.calls(path)
    assert first.model_asked == "m" and first.status is None and others == [CALL, CALL]
    measurements.migrate(path)
    llm_calls.migrate(path)
    assert len(llm_calls.calls(path)) == 3


def test_a_log_that_is_no_database_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x" * 5000)
    for action in (lambda: llm_calls.record(tmp_path / "file", CALL), lambda: llm_calls.calls(tmp_path / "file")):
        with pytest.raises(BackbonesError, match=r"file"):
            action()


def test_the_vocabulary_is_read_from_the_catalogue(shipped: Places) -> None:
    with open_catalog(shipped) as connection:
        found = vocabulary_of(connection)
    assert {"ImageNet-1k", "ADE20K val"} <= set(found.datasets) and "UPerNet" in found.heads
    assert (
        "NVIDIA V100" in found.devices
        and "MAE" in found.pretraining_methods
        and list(found.heads) == sorted(found.heads)
    )
