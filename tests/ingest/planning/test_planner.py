"""From a paper to a plan over real HTTP with the vendor's SDK: what is asked, kept, and not asked again."""

from __future__ import annotations

import dataclasses
import json
import logging
import subprocess
import sys
import traceback
from pathlib import Path
from typing import Any

import pytest

from backbones.ingest.planning.client import ModelClient
from backbones.ingest.planning.planner import PlanOptions, estimate_plan, plan_paper
from backbones.ingest.planning.questions import job_of
from backbones.ingest.planning.vocabulary import Vocabulary
from backbones.store import llm_calls
from backbones.store.errors import BackbonesError

WORDS = Vocabulary(("ImageNet-1k",), ("UPerNet",), ("NVIDIA V100",), ("MAE",))


def plan(run: Any, paper: Any, **changes: Any) -> Any:
    options = dataclasses.replace(run.options, **changes)
    return plan_paper(paper, WORDS, options, run.progress, run.calls.append)


def test_every_table_of_a_paper_gets_a_meaning(run: Any, service: Any, kit: Any) -> None:
    found = plan(run, kit.paper())
    assert [table.table for table in found.plan.tables] == ["p1.t1", "p2.t1", "p2.t2"] and found.plan.family == "Tern"
    assert found.plan.tables[0].rows[1].backbone == "Tern-1" and found.plan.tables[0].columns[2].quantity == "top_1"
    assert found.report.answered == 4 and not found.report.given_up and not found.report.dropped
    assert service.about_tables == [["p1.t1", "p2.t1", "p2.t2"]]
    assert {done for done, _, _ in run.steps} == {0, 1, 2, 3, 4}


def test_the_request_is_one_that_the_service_takes(run: Any, service: Any, kit: Any) -> None:
    plan(run, kit.paper())
    body = service.requests[1]
    assert body["stream"] is True and body["model"] == "claude-sonnet-5-5" and 12_000 < body["max_tokens"] <= 128_000
    assert not {"temperature", "top_p", "tools", "tool_choice", "thinking"} & set(body)
    (system,) = body["system"]
    assert system["cache_control"] == {"type": "ephemeral"} and "UPerNet" in system["text"]
    schema = body["output_config"]["format"]["schema"]
    entry = schema["$defs"]["TableMeaning"]
    assert entry["additionalProperties"] is False and set(entry["required"]) == set(entry["properties"])
    assert "classification" in entry["properties"]["task"]["enum"] and '"title"' not in json.dumps(schema)
    assert kit.key in " ".join(service.headers[0].values())


def test_a_repeated_run_asks_nothing_and_needs_no_key(run: Any, service: Any, kit: Any) -> None:
    first = plan(run, kit.paper())
    asked = len(service.requests), len(service.gets)
    second = plan(run, kit.paper(), environment={})
    assert second.plan == first.plan and second.report.from_cache == 4 and second.report.calls == 0
    assert (len(service.requests), len(service.gets)) == asked
    assert (
        "nothing to ask"
        in estimate_plan(kit.paper(), WORDS, dataclasses.replace(run.options, environment={})).sentence()
    )


@pytest.mark.parametrize("what", ["model", "vocabulary", "table"])
def test_another_question_is_asked_anew(run: Any, service: Any, kit: Any, what: str) -> None:
    plan(run, kit.paper())
    service.requests.clear()
    if what == "model":
        plan(run, kit.paper(), model="claude-haiku-5-5")
        assert service.about_tables == [["p1.t1", "p2.t1", "p2.t2"]]
    elif what == "vocabulary":
        plan_paper(kit.paper(), Vocabulary(("CIFAR-10",)), run.options)
        assert service.about_tables == [["p1.t1", "p2.t1", "p2.t2"]] and len(service.requests) == 1
    else:
        plan(run, kit.paper(kit.table("p1.t1"), kit.table("p2.t1", rows=3), kit.table("p2.t2")))
        assert service.about_tables == [["p2.t1"]]


def test_a_damaged_file_of_the_cache_is_asked_for_again(run: Any, service: Any, kit: Any) -> None:
    plan(run, kit.paper())
    service.requests.clear()
    files = sorted((run.options.cache / "answers").glob("*.json"))
    assert len(files) == 4
    contents = [json.loads(file.read_text()) for file in files]
    other = next(place for place, plain in enumerate(contents) if plain["answer"].get("table") == "p2.t1")
    contents[other]["answer"]["table"] = "p9.t9"  # of another table
    files[other].write_text(json.dumps(contents[other]))
    half = next(place for place, plain in enumerate(contents) if plain["answer"].get("table") == "p2.t2")
    files[half].write_bytes(files[half].read_bytes()[:40])
    assert plan(run, kit.paper()).report.from_cache == 2 and service.about_tables == [["p2.t1", "p2.t2"]]
    assert plan(run, kit.paper()).report.from_cache == 4


def test_a_file_of_the_cache_under_another_name_answers_nothing(run: Any, service: Any, kit: Any) -> None:
    paper = kit.paper(kit.table("p1.t1", caption="Table 1."))
    plan(run, paper)
    (file,) = (file for file in (run.options.cache / "answers").iterdir() if b'"p1.t1"' in file.read_bytes())
    other = kit.paper(kit.table("p1.t1", caption="Table 2."))
    key = job_of(other, WORDS, run.options.model).units[1].key
    file.rename(file.with_name(f"{key}.json"))
    service.requests.clear()
    assert plan(run, other).report.from_cache == 0 and service.about_tables == [["p1.t1"]]


def test_a_cache_that_cannot_be_written_is_no_error(run: Any, kit: Any, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    assert len(plan(run, kit.paper(), cache=tmp_path / "file").plan.tables) == 3
    assert len(plan(run, kit.paper(), cache=None).plan.tables) == 3


def test_tables_without_numbers_are_not_asked_about(run: Any, service: Any, kit: Any) -> None:
    found = plan(run, kit.paper(kit.table("p1.t1"), kit.table("p1.t2", rows=0)))
    assert found.report.without_numbers == ("p1.t2",) and service.about_tables == [["p1.t1"]]


def test_many_tables_are_asked_in_batches(run: Any, service: Any, kit: Any) -> None:
    found = plan(run, kit.paper(*(kit.table(f"p{n}.t1") for n in range(1, 21))))
    assert len(found.plan.tables) == 20 and [len(ids) for ids in service.about_tables] == [8, 8, 4]


def test_a_table_too_large_for_any_request_is_given_up_in_a_sentence(run: Any, service: Any, kit: Any) -> None:
    found = plan(run, kit.paper(kit.table("p1.t1"), kit.table("p2.t1", rows=6000)))
    assert found.report.given_up[0].sentence() == "p2.t1 is given up: it is too large for one request"
    assert service.about_tables == [["p1.t1"]]


def test_an_interruption_keeps_what_was_answered(run: Any, service: Any, kit: Any) -> None:
    def interrupt(done: int, total: int, what: str) -> None:
        if what == "p2.t1 is understood":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        plan_paper(kit.paper(), WORDS, run.options, interrupt, run.calls.append)
    assert [call.status for call in run.calls] == ["end_turn", "interrupted"] and run.calls[1].cost_usd is None
    assert not list((run.options.cache / "answers").glob(".*"))
    found = plan(run, kit.paper())
    assert service.about_tables[1:] == [["p2.t2"]] and len(found.plan.tables) == 3


def test_every_call_is_logged_without_any_text(run: Any, kit: Any, tmp_path: Path) -> None:
    database = tmp_path / "home" / "measurements.db"
    found = plan_paper(kit.paper(), WORDS, run.options, None, lambda call: llm_calls.record(database, call))
    prose, tables = llm_calls.calls(database)
    assert (prose.purpose, tables.purpose) == ("ingest prose", "ingest tables") and len(tables.prompt_sha256) == 64
    assert tables.model_asked == "claude-sonnet-5-5" and tables.model_answered == "claude-sonnet-5-5-20261001"
    assert (tables.input_tokens, tables.output_tokens, tables.cache_read_tokens, tables.status) == (
        1000,
        200,
        300,
        "end_turn",
    )
    assert tables.cost_usd == pytest.approx((1000 * 2 + 200 * 10 + 300 * 0.10) / 1e6)
    assert found.report.calls == 2 and found.report.cost_usd == pytest.approx(2 * tables.cost_usd)
    assert b"Tern" not in database.read_bytes()


def test_a_log_that_cannot_be_written_does_not_end_the_run(run: Any, kit: Any, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no database")
    found = plan_paper(kit.paper(), WORDS, run.options, None, lambda call: llm_calls.record(tmp_path / "file", call))
    assert len(found.plan.tables) == 3 and len(found.report.notes) == 1 and "not logged" in found.report.notes[0]


def test_without_a_key_nothing_is_sent_and_the_offline_way_is_named(run: Any, service: Any, kit: Any) -> None:
    for environment in ({}, {"ANTHROPIC_API_KEY": "  "}):
        with pytest.raises(BackbonesError, match=r"ANTHROPIC_API_KEY.*--offline"):
            plan(run, kit.paper(), environment=environment | {"ANTHROPIC_BASE_URL": service.url})
    assert not service.requests and not service.gets


@pytest.mark.parametrize("key", ["kéy", "a b", "a\x1b[31mb"])
def test_a_key_that_cannot_be_one_is_not_shown(run: Any, kit: Any, key: str) -> None:
    with pytest.raises(BackbonesError) as raised:
        plan(run, kit.paper(), environment={"ANTHROPIC_API_KEY": key})
    assert key not in str(raised.value) and "ANTHROPIC_API_KEY" in str(raised.value)


@pytest.mark.parametrize("url", ["http://[", "no address", "ftp://example.org"])
def test_an_address_that_is_none_is_a_sentence(run: Any, kit: Any, url: str) -> None:
    with pytest.raises(BackbonesError, match="ANTHROPIC_BASE_URL"):
        plan(run, kit.paper(), environment={"ANTHROPIC_API_KEY": kit.key, "ANTHROPIC_BASE_URL": url})


def test_the_key_is_nowhere(
    run: Any,
    service: Any,
    kit: Any,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
    tmp_path: Path,
) -> None:
    """Not in logs at their most talkative, files, reprs, sentences, or the tracebacks of errors that quote it."""
    caplog.set_level(logging.DEBUG)
    database, seen = tmp_path / "measurements.db", []
    log = lambda call: llm_calls.record(database, call)  # noqa: E731
    plan_paper(kit.paper(), WORDS, run.options, run.progress, log)
    for refusal in (
        kit.fails(401, "authentication_error", f"invalid x-api-key: {kit.key}"),
        kit.fails(400, "invalid_request_error", f"{kit.key} {kit.key}"),
        kit.sends(kit.key.encode(), status=500),
        kit.streams(("error", {"type": "error", "error": {"type": "x", "message": kit.key}})),
        kit.says(kit.tables_reply(kit.meaning("p1.t1")), stop=kit.key, model=kit.key),
    ):
        service.prose.extend([refusal] * 5)
        service.tables.extend([refusal] * 5)
        try:
            found = plan_paper(
                kit.paper(), Vocabulary((str(len(seen)),)), dataclasses.replace(run.options, cache=None), None, log
            )
            seen += found.report.sentences()
        except BackbonesError as error:
            seen += [*traceback.format_exception(error), repr(error), repr(error.__context__), repr(error.__cause__)]
            assert error.__context__ is None
        service.prose.clear()
        service.tables.clear()
    out, err = capfd.readouterr()
    files = b"".join(file.read_bytes() for file in tmp_path.rglob("*") if file.is_file())
    assert caplog.text and kit.key not in caplog.text and kit.key not in out + err and kit.key.encode() not in files
    assert seen and kit.key not in "".join(seen) + repr(run.options) + str(run.steps)


def test_the_sdk_is_imported_only_when_a_request_is_made() -> None:
    code = (
        "import sys, backbones.ingest.planning.planner, backbones.ingest.planning.estimate\n"
        "assert not {'anthropic', 'httpx2', 'pdfplumber'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True, env={"PYTHONPATH": ":".join(sys.path)})


def test_without_the_sdk_the_way_to_get_it_is_named(run: Any, kit: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "anthropic", None)
    with pytest.raises(BackbonesError, match=r"pip install 'backbones\[ingest\]'.*--offline"):
        plan(run, kit.paper())


def test_another_service_is_asked_only_where_the_given_environment_names_it(
    kit: Any, service: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ANTHROPIC_BASE_URL", service.url)
    client = ModelClient("claude-sonnet-5-5", {"ANTHROPIC_API_KEY": kit.key})
    assert client._service.base_url.host == "api.anthropic.com" and kit.key not in repr(vars(client))
    client.close()


def test_a_plain_run_takes_the_key_from_the_environment(
    service: Any, kit: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ANTHROPIC_API_KEY", kit.key)
    monkeypatch.setenv("ANTHROPIC_BASE_URL", service.url)
    monkeypatch.setenv("ANTHROPIC_AUTH_TOKEN", "another-secret")
    assert len(plan_paper(kit.paper(), WORDS, PlanOptions()).plan.tables) == 3
    sent = " ".join(service.headers[0].values())
    assert kit.key in sent and "another-secret" not in sent
