"""A service of the tests' own that speaks the Messages API over real HTTP, and papers to ask it about."""

from __future__ import annotations

import json
import re
import threading
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from backbones.ingest.paper import Box, Cell, Column, Paper, Row, Table
from backbones.ingest.planning.planner import PlanOptions
from backbones.store.llm_calls import LlmCall

KEY = "sk-test-0123456789abcdef"
_NOWHERE = Box(0, 0, 1, 1)


def meaning(table: str, rows: int = 2, **changes: Any) -> dict[str, Any]:
    """A good answer about a table of `make_paper`."""
    nothing = {"dataset": "", "head": "", "pretraining_dataset": "", "resolution": 0}
    column = nothing | {"part": 0, "device": "", "precision": ""}
    row = {"family": "Tern", "pretraining_method": "", "intermediate_dataset": ""} | nothing
    row.pop("dataset")
    return {
        "table": table, "task": "classification", **nothing, "dataset": "ImageNet-1k", "protocol": "supervised",
        "pretraining_method": "", "device": "", "precision": "", "batch_size": 0, "convention": "macs",
        "columns": [{"column": c, "quantity": q, **column} for c, q in enumerate(("label", "params_m", "top_1"))],
        "rows": [{"row": r, "label_column": 0, "backbone": f"Tern-{r}", **row} for r in range(rows)],
    } | changes  # fmt: skip


def tables_reply(*meanings: Any) -> str:
    return json.dumps({"tables": list(meanings)})


def prose_reply(family: str = "Tern", *facts: Any) -> str:
    return json.dumps({"family": family, "facts": list(facts)})


def asked_ids(body: dict[str, Any]) -> list[str]:
    """The tables in a request."""
    return re.findall(r'^<table id="([^"]+)"', body["messages"][0]["content"], re.MULTILINE)


def is_prose(body: dict[str, Any]) -> bool:
    return "facts" in body["output_config"]["format"]["schema"]["properties"]


def good_answer(body: dict[str, Any]) -> str:
    return prose_reply() if is_prose(body) else tables_reply(*(meaning(table) for table in asked_ids(body)))


Respond = Callable[["_Exchange", dict[str, Any]], None]


class _Exchange(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def log_message(self, *_: Any) -> None:
        pass

    def do_GET(self) -> None:
        service = self.server.service
        service.gets.append((self.path, dict(self.headers)))
        if service.model is None:
            self.fail(404, "not_found_error", "no such model")
        else:
            self.send(200, json.dumps(service.model).encode(), "application/json")

    def do_POST(self) -> None:
        service = self.server.service
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        if self.path.endswith("count_tokens"):
            service.counted.append(body)
            if service.counts is None:
                self.fail(404, "not_found_error", "no counting here")
            else:
                self.send(200, json.dumps({"input_tokens": service.counts}).encode(), "application/json")
            return
        service.requests.append(body)
        service.headers.append(dict(self.headers))
        wanted = service.prose if is_prose(body) else service.tables
        (wanted.popleft() if wanted else says())(self, body)

    def send(self, status: int, content: bytes, kind: str, headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        for name, value in ({"content-type": kind, "content-length": str(len(content))} | (headers or {})).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)

    def fail(self, status: int, kind: str, message: str, headers: dict[str, str] | None = None) -> None:
        body = {"type": "error", "error": {"type": kind, "message": message}}
        self.send(status, json.dumps(body).encode(), "application/json", headers)

    def begin(self) -> None:
        self.send_response(200)
        self.send_header("content-type", "text/event-stream")
        self.send_header("transfer-encoding", "chunked")
        self.end_headers()

    def event(self, name: str, payload: Any) -> None:
        self.chunk(f"event: {name}\ndata: {json.dumps(payload)}\n\n".encode())

    def chunk(self, content: bytes) -> None:
        self.wfile.write(b"%x\r\n%b\r\n" % (len(content), content))
        self.wfile.flush()

    def hang_up(self) -> None:
        """The connection ends where the stream does not."""
        self.wfile.flush()
        self.close_connection = True


def says(
    text: str | Callable[[dict[str, Any]], str] = good_answer,
    stop: str | None = "end_turn",
    breaks: bool = False,
    piece: int = 40,
    usage: Any = None,
    model: Any = None,
) -> Respond:
    """A streamed reply; with `breaks` the connection is lost before its end."""

    def respond(exchange: _Exchange, body: dict[str, Any]) -> None:
        reply = text if isinstance(text, str) else text(body)
        used = usage or {"input_tokens": 1000, "cache_creation_input_tokens": 0, "cache_read_input_tokens": 300}
        message = {
            "id": "msg_1", "type": "message", "role": "assistant", "model": model or body["model"] + "-20261001", "content": [],
            "stop_reason": None, "stop_sequence": None, "usage": {**used, "output_tokens": 1},
        }  # fmt: skip
        try:
            exchange.begin()
            exchange.event("message_start", {"type": "message_start", "message": message})
            start = {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}}
            exchange.event("content_block_start", start)
            exchange.event("ping", {"type": "ping"})
            for place in range(0, len(reply), piece):
                delta = {"type": "text_delta", "text": reply[place : place + piece]}
                exchange.event("content_block_delta", {"type": "content_block_delta", "index": 0, "delta": delta})
            if breaks:
                exchange.hang_up()
                return
            exchange.event("content_block_stop", {"type": "content_block_stop", "index": 0})
            end = {"stop_reason": stop, "stop_sequence": None}
            exchange.event("message_delta", {"type": "message_delta", "delta": end, "usage": {"output_tokens": 200}})
            exchange.event("message_stop", {"type": "message_stop"})
            exchange.wfile.write(b"0\r\n\r\n")
        except OSError:  # the client has heard enough
            exchange.close_connection = True

    return respond


def fails(status: int, kind: str = "api_error", message: str = "no", **headers: str) -> Respond:
    """An answer that is an error."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return lambda exchange, body: exchange.fail(status, kind, message, named)


def sends(content: bytes, kind: str = "text/html", status: int = 200, **headers: str) -> Respond:
    """Anything at all."""
    return lambda exchange, body: exchange.send(status, content, kind, headers)


def streams(*events: tuple[str, Any]) -> Respond:
    """Events as they are."""

    def respond(exchange: _Exchange, body: dict[str, Any]) -> None:
        exchange.begin()
        for name, payload in events:
            exchange.event(name, payload)
        exchange.wfile.write(b"0\r\n\r\n")

    return respond


def thinks(input_tokens: int) -> Respond:
    """A reply that breaks off while the model still thinks."""

    def respond(exchange: _Exchange, body: dict[str, Any]) -> None:
        message = {
            "id": "msg_1", "type": "message", "role": "assistant", "model": body["model"], "content": [],
            "stop_reason": None, "stop_sequence": None, "usage": {"input_tokens": input_tokens, "output_tokens": 1},
        }  # fmt: skip
        exchange.begin()
        exchange.event("message_start", {"type": "message_start", "message": message})
        block = {"type": "thinking", "thinking": "", "signature": ""}
        exchange.event("content_block_start", {"type": "content_block_start", "index": 0, "content_block": block})
        delta = {"type": "thinking_delta", "thinking": "hm " * 50}
        exchange.event("content_block_delta", {"type": "content_block_delta", "index": 0, "delta": delta})
        exchange.hang_up()

    return respond


class _Server(ThreadingHTTPServer):
    service: Service
    daemon_threads = True
    request_queue_size = 32

    def handle_error(self, *_: Any) -> None:
        pass


@dataclass
class Service:
    """What the service shall answer, request by request (then good answers), and what it was asked."""

    url: str = ""
    tables: deque[Respond] = field(default_factory=deque)
    prose: deque[Respond] = field(default_factory=deque)
    counts: int | None = 1234
    model: dict[str, Any] | None = field(
        default_factory=lambda: {
            "type": "model", "id": "claude-sonnet-5-5", "display_name": "test", "created_at": "2026-09-22T00:00:00Z",
            "lifecycle": "active", "max_tokens": 128_000, "max_input_tokens": 1_000_000,
        }
    )  # fmt: skip
    requests: list[dict[str, Any]] = field(default_factory=list)
    counted: list[dict[str, Any]] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    gets: list[tuple[str, dict[str, str]]] = field(default_factory=list)

    @property
    def about_tables(self) -> list[list[str]]:
        """The tables of each request that was about tables."""
        return [asked_ids(body) for body in self.requests if not is_prose(body)]


@dataclass
class Run:
    """Options that lead to the service, and what was seen on the way."""

    options: PlanOptions
    waits: list[float]
    steps: list[tuple[int, int, str]] = field(default_factory=list)
    calls: list[LlmCall] = field(default_factory=list)

    def progress(self, done: int, total: int, what: str) -> None:
        self.steps.append((done, total, what))


@pytest.fixture
def service() -> Iterator[Service]:
    found = Service()
    server = _Server(("127.0.0.1", 0), _Exchange)
    server.service = found
    found.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    yield found
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture(autouse=True)
def _no_surroundings(monkeypatch: pytest.MonkeyPatch) -> None:
    """No key, service or proxy of the person who runs the tests."""
    for name in (
        "ANTHROPIC_API_KEY",
        "ANTHROPIC_BASE_URL",
        "ANTHROPIC_AUTH_TOKEN",
        "ANTHROPIC_CUSTOM_HEADERS",
        "ANTHROPIC_LOG",
    ):
        monkeypatch.delenv(name, raising=False)
    for name in ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def run(service: Service, tmp_path: Path) -> Run:
    waits: list[float] = []
    environment = {"ANTHROPIC_API_KEY": KEY, "ANTHROPIC_BASE_URL": service.url}
    return Run(PlanOptions(cache=tmp_path / "cache", environment=environment, sleep=waits.append), waits)


def make_table(table: str, rows: int | tuple[Row, ...] = 2, **changes: Any) -> Table:
    """Models, parameters and top-1; resolution 224 in the caption."""
    count = rows if isinstance(rows, int) else 0
    cells = [(f"Tern-{r}", f"{20 + r}M", f"{80 + r / 10:.1f}") for r in range(count)]
    parts: dict[str, Any] = {
        "id": table, "page": int(table[1 : table.index(".")]), "number": "1", "part": "", "title": "",
        "caption": "Table 1. Results on ImageNet-1K at 224 pixels.",
        "columns": tuple(Column((header,)) for header in ("Model", "#param.", "top-1 acc.")),
        "rows": tuple(Row("", tuple(Cell(text, _NOWHERE) for text in row)) for row in cells) if count else rows or (),
        "box": _NOWHERE,
    }  # fmt: skip
    return Table(**(parts | changes))


def make_paper(*tables: Table, **changes: Any) -> Paper:
    parts: dict[str, Any] = {
        "sha256": "0" * 64, "name": "tern.pdf", "page_count": 2, "title": "Tern: a backbone of the tests", "arxiv": "",
        "tables": tables or (make_table("p1.t1"), make_table("p2.t1"), make_table("p2.t2")), "missing": (),
        "prose": (("Tern: a backbone of the tests", "We propose Tern."), ("We train for 300 epochs with a batch", "size of 1024.")),
    }  # fmt: skip
    return Paper(**(parts | changes))


class Kit:
    """The functions above, for test modules, which cannot import this one."""

    key = KEY
    meaning = staticmethod(meaning)
    tables_reply = staticmethod(tables_reply)
    prose_reply = staticmethod(prose_reply)
    says = staticmethod(says)
    fails = staticmethod(fails)
    sends = staticmethod(sends)
    streams = staticmethod(streams)
    thinks = staticmethod(thinks)
    table = staticmethod(make_table)
    paper = staticmethod(make_paper)


@pytest.fixture(scope="session")
def kit() -> Kit:
    return Kit()
