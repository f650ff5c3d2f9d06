"""What goes wrong on the way to an answer: limits, overload, broken connections, replies cut off or malformed."""

from __future__ import annotations

import contextlib
import dataclasses
import json
from typing import Any

import pytest

from backbones.ingest.planning.failures import MOST_ATTEMPTS, UNREACHABLE_ATTEMPTS
from backbones.ingest.planning.planner import estimate_plan, plan_paper
from backbones.ingest.planning.prices import PRICES
from backbones.ingest.planning.vocabulary import Vocabulary
from backbones.store.errors import BackbonesError

THREE = ["p1.t1", "p2.t1", "p2.t2"]


def plan(run: Any, paper: Any, **changes: Any) -> Any:
    options = dataclasses.replace(run.options, **changes)
    return plan_paper(paper, Vocabulary(), options, run.progress, run.calls.append)


def tables_of(found: Any) -> list[str]:
    return [table.table for table in found.plan.tables]


def given_up(found: Any) -> dict[str, str]:
    return {each.id: each.reason for each in found.report.given_up}


# Another attempt may help


def test_a_limited_service_is_asked_again_after_the_time_that_it_says(run: Any, service: Any, kit: Any) -> None:
    service.prose.extend(
        [kit.fails(429, "rate_limit_error", "slow down", retry_after="7"), kit.fails(429, retry_after_ms="250")]
    )
    assert tables_of(plan(run, kit.paper())) == THREE
    assert run.waits == [7.0, 0.25] and [call.status for call in run.calls] == [
        "http_429",
        "http_429",
        "end_turn",
        "end_turn",
    ]
    assert any("waiting 7 s" in what for _, _, what in run.steps)


@pytest.mark.parametrize("status", [408, 409, 500, 503, 529])
def test_a_passing_failure_is_tried_again_with_growing_waits(run: Any, service: Any, kit: Any, status: int) -> None:
    service.tables.extend([kit.fails(status, "overloaded_error", "Overloaded")] * 3)
    assert tables_of(plan(run, kit.paper())) == THREE
    assert len(run.waits) == 3 and 0.75 <= run.waits[0] <= 1 and 1.5 <= run.waits[1] <= 2 and 3 <= run.waits[2] <= 4


def test_attempts_are_bounded(run: Any, service: Any, kit: Any) -> None:
    service.prose.extend([kit.fails(529)] * 20)
    with pytest.raises(BackbonesError, match=r"529.*try again later.*--offline"):
        plan(run, kit.paper())
    assert len(service.requests) == MOST_ATTEMPTS == len(run.calls) and sum(run.waits) < 20


@pytest.mark.parametrize("wait", ["86400", "1e300", "Wed, 21 Oct 2099 07:28:00 GMT"])
def test_nobody_waits_for_a_day(run: Any, service: Any, kit: Any, wait: str) -> None:
    service.prose.append(kit.fails(429, retry_after=wait))
    with pytest.raises(BackbonesError, match=r"asks to wait \d+ s"):
        plan(run, kit.paper())
    assert not run.waits and len(service.requests) == 1


@pytest.mark.parametrize("wait", ["-5", "nan", "inf", "soon", ""])
def test_a_strange_time_to_wait_is_left_aside(run: Any, service: Any, kit: Any, wait: str) -> None:
    service.prose.append(kit.fails(429, retry_after=wait))
    assert tables_of(plan(run, kit.paper())) == THREE and 0.75 <= run.waits[0] <= 1


def test_a_failure_after_answers_keeps_them(run: Any, service: Any, kit: Any) -> None:
    service.tables.extend([kit.says(), *[kit.fails(529)] * 9])
    found = plan(run, kit.paper(*(kit.table(f"p{n}.t1") for n in range(1, 11))))
    assert len(found.plan.tables) == 8 and list(given_up(found)) == ["p9.t1", "p10.t1"]
    assert "529" in given_up(found)["p9.t1"]
    assert len(plan(run, kit.paper(*(kit.table(f"p{n}.t1") for n in range(1, 11)))).plan.tables) == 10


def test_a_service_that_is_not_there_is_a_sentence(run: Any, kit: Any) -> None:
    environment = {"ANTHROPIC_API_KEY": kit.key, "ANTHROPIC_BASE_URL": "http://127.0.0.1:9"}
    said: list[str] = []
    with pytest.raises(BackbonesError, match=r"127\.0\.0\.1 cannot be reached.*--offline"):
        plan_paper(
            kit.paper(), Vocabulary(), dataclasses.replace(run.options, environment=environment), say=said.append
        )
    assert len(run.waits) == UNREACHABLE_ATTEMPTS - 1 == 1
    assert said == ["127.0.0.1 cannot be reached, trying again in 1 s"]


# No other attempt


@pytest.mark.parametrize(
    ("status", "sentence"),
    [
        (400, "refuses the request .400: no.*--offline"),
        (401, "does not take the key in ANTHROPIC_API_KEY"),
        (402, "paid"),
        (403, "may not use claude-sonnet-5-5"),
        (404, "no model 'claude-sonnet-5-5'.*--model"),
    ],
)
def test_a_lasting_failure_is_said_at_once(run: Any, service: Any, kit: Any, status: int, sentence: str) -> None:
    service.prose.append(kit.fails(status))
    with pytest.raises(BackbonesError, match=sentence):
        plan(run, kit.paper())
    assert len(service.requests) == 1 and not run.waits


def test_the_key_follows_no_redirect(run: Any, service: Any, kit: Any) -> None:
    elsewhere = kit.sends(b"", status=307, location=f"{service.url}/elsewhere")
    service.prose.append(elsewhere)
    with pytest.raises(BackbonesError, match="sends requests elsewhere"):
        plan(run, kit.paper())
    assert len(service.requests) == 1


def test_a_service_that_finds_the_schema_too_large_gets_a_smaller_one(run: Any, service: Any, kit: Any) -> None:
    service.tables.append(kit.fails(400, "invalid_request_error", "Invalid schema: The compiled grammar is too large"))
    assert tables_of(plan(run, kit.paper())) == THREE
    first, second = (json.dumps(body["output_config"]) for body in service.requests[1:])
    assert '"mask_ap_75"' in first and '"mask_ap_75"' not in second


def test_a_request_that_is_too_large_is_halved(run: Any, service: Any, kit: Any) -> None:
    service.tables.extend([kit.fails(413, "request_too_large"), kit.fails(413, "request_too_large"), kit.fails(413)])
    found = plan(run, kit.paper())
    assert service.about_tables == [THREE, THREE[:2], THREE[:1], THREE[1:2], THREE[2:]]
    assert tables_of(found) == THREE[1:] and "413" in given_up(found)["p1.t1"]


# The model


def test_limits_are_read_from_the_service(run: Any, service: Any, kit: Any) -> None:
    service.model["max_tokens"] = 5000
    plan(run, kit.paper())
    assert {body["max_tokens"] for body in service.requests} == {5000} and service.gets[0][0].startswith(
        "/v1/models/claude-sonnet-5-5"
    )


def test_a_gateway_that_lists_no_models_is_asked_with_care(run: Any, service: Any, kit: Any) -> None:
    service.model = None
    found = plan(run, kit.paper())
    assert tables_of(found) == THREE and "does not tell the limits" in found.report.notes[0]
    assert {body["max_tokens"] for body in service.requests} == {8192}


def test_a_retired_model_is_not_asked(run: Any, service: Any, kit: Any) -> None:
    service.model["lifecycle"] = "retired"
    with pytest.raises(BackbonesError, match=r"retired.*--model"):
        plan(run, kit.paper())
    assert not service.requests


def test_a_deprecated_model_is_a_note(run: Any, service: Any, kit: Any) -> None:
    service.model["lifecycle"] = "deprecated"
    found = plan(run, kit.paper(), model="claude-sonnet-4-5")  # of which the SDK warns
    assert "deprecated" in found.report.notes[0] and "price" not in found.report.notes[0]


# Cut off


def test_what_was_said_before_the_cut_is_kept_and_the_rest_is_split(run: Any, service: Any, kit: Any) -> None:
    reply = kit.tables_reply(*map(kit.meaning, THREE))
    service.tables.append(kit.says(reply[: reply.index('"p2.t1"') + 300], stop="max_tokens"))
    found = plan(run, kit.paper())
    assert tables_of(found) == THREE and not given_up(found) and service.about_tables == [THREE, ["p2.t1"], ["p2.t2"]]


def test_a_cut_reply_is_never_read_as_a_whole(run: Any, service: Any, kit: Any) -> None:
    """It may be whole JSON by chance, and lack rows."""
    service.tables.append(kit.says(kit.tables_reply(kit.meaning("p1.t1", rows=1)), stop="max_tokens"))
    found = plan(run, kit.paper(kit.table("p1.t1")))
    assert len(found.plan.tables[0].rows) == 2 and service.about_tables == [["p1.t1"]] * 2
    assert service.requests[1]["max_tokens"] < service.requests[2]["max_tokens"]


def test_a_table_that_never_fits_is_given_up(run: Any, service: Any, kit: Any) -> None:
    service.tables.extend([kit.says('{"tables": [', stop="max_tokens")] * 20)
    found = plan(run, kit.paper(kit.table("p1.t1")))
    rooms = [body["max_tokens"] for body in service.requests[1:]]
    assert rooms == sorted(set(rooms)) and rooms[-1] == 128_000
    assert given_up(found) == {
        "p1.t1": "its answer does not fit into the 128,000 tokens that claude-sonnet-5-5 can write"
    }


# Broken off


def test_a_dropped_connection_loses_only_what_had_not_come(run: Any, service: Any, kit: Any) -> None:
    reply = kit.tables_reply(*map(kit.meaning, THREE))
    service.tables.append(kit.says(reply[: reply.index('"p2.t2"') + 100], breaks=True))
    found = plan(run, kit.paper())
    assert tables_of(found) == THREE and service.about_tables == [THREE, ["p2.t2"]]
    assert [call.status for call in run.calls] == ["end_turn", "dropped", "end_turn"]
    assert run.calls[1].output_tokens is None and run.calls[1].cost_usd is None and found.report.uncosted_calls == 1


def test_a_connection_that_always_breaks_is_given_up(run: Any, service: Any, kit: Any) -> None:
    service.tables.extend([kit.says('{"tables": [{"table": ', breaks=True)] * 20)
    found = plan(run, kit.paper())
    assert len(service.about_tables) == 3 and set(given_up(found)) == set(THREE)


def test_an_error_in_the_midst_of_a_reply(run: Any, service: Any, kit: Any) -> None:
    overloaded = ("error", {"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}})
    service.tables.append(kit.streams(overloaded))
    assert tables_of(plan(run, kit.paper())) == THREE and len(run.waits) == 1


def test_a_refusal_costs_only_the_table_that_it_is_about(run: Any, service: Any, kit: Any) -> None:
    service.tables.extend([kit.says("", "refusal"), kit.says(), kit.says("No.", "refusal"), kit.says()])
    found = plan(run, kit.paper())
    assert tables_of(found) == ["p1.t1", "p2.t2"] and given_up(found) == {"p2.t1": "the model declines to answer"}


# Not what was asked for


@pytest.mark.parametrize(
    "text", ["Sure! Here is", '{"tables": 5}', "[]", "", '{"tables": [1, null, {"table": 7}]}', '{"tables": ' * 5000]
)
def test_malformed_replies_are_asked_for_once_more(run: Any, service: Any, kit: Any, text: str) -> None:
    service.tables.append(kit.says(text))
    assert tables_of(plan(run, kit.paper())) == THREE and len(service.about_tables) == 2
    assert "Your last answer could not be used" in service.requests[2]["messages"][0]["content"]
    assert [message["role"] for message in service.requests[2]["messages"]] == ["user"]


def test_only_the_table_that_is_wrong_is_repaired_and_then_given_up(run: Any, service: Any, kit: Any) -> None:
    wrong = kit.meaning("p2.t1")
    del wrong["rows"][1]["head"]
    wrong["batch_size"] = "many"
    service.tables.extend(
        [
            kit.says(kit.tables_reply(kit.meaning("p1.t1"), wrong, kit.meaning("p2.t2"))),
            kit.says(kit.tables_reply(wrong)),
        ]
    )
    found = plan(run, kit.paper())
    assert service.about_tables == [THREE, ["p2.t1"]]
    said = service.requests[2]["messages"][0]["content"]
    assert "p2.t1: rows.1.head: Field required" in said and "batch_size" in said
    assert tables_of(found) == ["p1.t1", "p2.t2"] and "Field required" in given_up(found)["p2.t1"]


def test_words_outside_the_vocabulary_are_asked_for_again_then_left_out(run: Any, service: Any, kit: Any) -> None:
    wrong = kit.meaning("p1.t1", precision="float7")
    wrong["columns"][1]["quantity"] = "beauty"
    service.tables.extend([kit.says(kit.tables_reply(wrong))] * 2)
    found = plan(run, kit.paper(kit.table("p1.t1")))
    assert "'beauty' is not in the vocabulary" in service.requests[2]["messages"][0]["content"]
    assert [column.quantity for column in found.plan.tables[0].columns] == ["label", "top_1"]
    assert any("beauty" in reason for reason in found.report.dropped) and found.plan.tables[0].precision == ""
    assert plan(run, kit.paper(kit.table("p1.t1"))).plan == found.plan and len(service.requests) == 3


def test_a_missing_table_is_asked_for_again(run: Any, service: Any, kit: Any) -> None:
    service.tables.append(kit.says(kit.tables_reply(kit.meaning("p2.t2"), kit.meaning("p1.t1"))))
    assert tables_of(plan(run, kit.paper())) == THREE and service.about_tables == [THREE, ["p2.t1"]]


def test_prose_that_is_answered_badly_leaves_the_tables(run: Any, service: Any, kit: Any) -> None:
    service.prose.extend([kit.says('{"family": 3}')] * 2)
    found = plan(run, kit.paper())
    assert tables_of(found) == THREE and found.plan.family == "" and "family" in given_up(found)["prose"]
    assert found.report.given_up[0].sentence().startswith("the question about family and settings is given up: ")


# The limit of costs


def test_a_limit_below_the_upper_bound_is_refused_before_anything_is_asked(run: Any, service: Any, kit: Any) -> None:
    with pytest.raises(BackbonesError, match=r"may cost up to \$0\.\d\d, more than --max-cost 0.01"):
        plan(run, kit.paper(), max_cost=0.01)
    assert not service.requests


def test_follow_ups_do_not_pass_the_limit(run: Any, service: Any, kit: Any) -> None:
    service.tables.extend([kit.says("nonsense", breaks=True)] * 20)
    found = plan(run, kit.paper(), max_cost=0.36)
    assert len(service.about_tables) < 3 and set(given_up(found)) == set(THREE)
    assert "--max-cost 0.36" in given_up(found)["p1.t1"]


def test_an_unknown_price_refuses_a_limit_unless_sure(run: Any, service: Any, kit: Any) -> None:
    with pytest.raises(BackbonesError, match=r"price of some-model is unknown.*--yes"):
        plan(run, kit.paper(), model="some-model", max_cost=1.0)
    assert not service.requests
    found = plan(run, kit.paper(), model="some-model", max_cost=1.0, is_sure=True)
    assert tables_of(found) == THREE and "2 calls of unknown cost" in found.report.sentences()[0]


# Broken off while the model thinks: nothing of the reply has come, and yet the input and the thoughts are billed


def test_a_call_that_broke_while_the_model_thought_is_no_free_one(run: Any, service: Any, kit: Any) -> None:
    service.tables.extend([kit.thinks(9000)] * 2)
    found = plan(run, kit.paper())
    assert tables_of(found) == THREE and found.report.uncosted_calls == 2
    told = found.report.sentences()[0]
    assert "2 calls of unknown cost, at least $0.0360" in told  # 9,000 tokens at $2 a million, twice


def most_paid_usd(calls: Any, requests: Any) -> float:
    """What the calls can have cost at most: each that is not known to be free with all that it was allowed to write."""
    price = PRICES["claude-sonnet-5-5"]
    asked = iter(requests)
    total = 0.0
    for call in calls:
        body = next(asked)
        known = call.cost_usd
        total += known if known is not None else price.dollars(0, body["max_tokens"], 0, call.input_tokens or 0)
    return total


@pytest.mark.parametrize("limit", [0.29, 0.31, 0.35, 0.45, 0.6, 0.75])
def test_not_even_calls_that_break_while_the_model_thinks_pass_the_limit(
    run: Any, service: Any, kit: Any, limit: float
) -> None:
    service.prose.extend([kit.thinks(3000)] * 20)
    service.tables.extend([kit.thinks(3000)] * 20)
    with contextlib.suppress(BackbonesError):
        plan(run, kit.paper(), max_cost=limit)
    assert len(service.requests) == len(run.calls)
    assert most_paid_usd(run.calls, service.requests) <= limit


def test_where_the_limit_ends_the_attempts_the_reason_is_told_and_nothing_is_waited_for(
    run: Any, service: Any, kit: Any
) -> None:
    service.tables.extend([kit.thinks(3000)] * 20)
    found = plan(run, kit.paper(), max_cost=0.45)
    reason = given_up(found)["p1.t1"]
    assert "--max-cost 0.45" in reason and "broke" in reason
    assert len(run.waits) == len(service.about_tables) - 1


def test_an_answer_of_a_busy_service_costs_nothing(run: Any, service: Any, kit: Any) -> None:
    service.prose.extend([kit.fails(529)] * 3)
    found = plan(run, kit.paper(), max_cost=0.36)
    assert tables_of(found) == THREE and found.report.uncosted_calls == 0 and len(service.requests) == 5


def test_the_limit_is_compared_with_the_estimate_that_was_shown(run: Any, service: Any, kit: Any) -> None:
    shown = estimate_plan(kit.paper(), Vocabulary(), run.options)
    assert shown.is_counted and shown.most_usd is not None
    options = dataclasses.replace(run.options, max_cost=shown.most_usd)
    found = plan_paper(kit.paper(), Vocabulary(), options, log=run.calls.append, agreed=shown)
    assert tables_of(found) == THREE
    less = dataclasses.replace(options, max_cost=0.0, cache=None)
    with pytest.raises(BackbonesError, match=rf"may cost up to \${shown.most_usd:.2f}, "):
        plan_paper(kit.paper(), Vocabulary(), less, agreed=shown)


def test_where_nobody_answers_the_estimate_fails_at_once(run: Any, kit: Any) -> None:
    environment = {"ANTHROPIC_API_KEY": kit.key, "ANTHROPIC_BASE_URL": "http://127.0.0.1:9"}
    said: list[str] = []
    with pytest.raises(BackbonesError, match="cannot be reached"):
        estimate_plan(kit.paper(), Vocabulary(), dataclasses.replace(run.options, environment=environment), said.append)
    assert "how many tokens" in said[0] and len(said) == 2 and len(run.waits) == 1
