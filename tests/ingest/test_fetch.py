"""Fetching a paper, from a server of the tests' own that speaks HTTP over a real socket."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from backbones.ingest.fetch import MOST_REDIRECTS, PUBLIC, Reach, address_of, fetch, is_address
from backbones.store.errors import BackbonesError

PDF = b"%PDF-1.4\n" + b"x" * 5000
LOCAL = Reach(is_local=True, most_bytes=20_000, most_seconds=5.0, silence_s=2.0)
Answer = Callable[["_Exchange"], None]


class _Exchange(BaseHTTPRequestHandler):
    server: _Server

    def log_message(self, *_: object) -> None:
        pass

    def do_GET(self) -> None:
        self.server.asked.append((self.path, dict(self.headers)))
        self.server.answers[self.path](self)


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Exchange)
        self.answers: dict[str, Answer] = {}
        self.asked: list[tuple[str, dict[str, str]]] = []
        self.url = f"http://127.0.0.1:{self.server_port}"

    def handle_error(self, *_: object) -> None:
        pass


@pytest.fixture
def server() -> Iterator[_Server]:
    found = _Server()
    thread = threading.Thread(target=found.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    yield found
    found.shutdown()
    found.server_close()
    thread.join()


def sends(content: bytes = PDF, status: int = 200, **headers: str) -> Answer:
    def answer(exchange: _Exchange) -> None:
        exchange.send_response(status)
        named = {"Content-Type": "application/pdf", "Content-Length": str(len(content))}
        named |= {name.replace("_", "-"): value for name, value in headers.items()}
        for name, value in named.items():
            if value:
                exchange.send_header(name, value)
        exchange.end_headers()
        exchange.wfile.write(content)

    return answer


def redirects(target: str) -> Answer:
    return sends(b"", 302, Location=target)


def refusal(url: str, folder: Path, reach: Reach = LOCAL) -> str:
    """The sentence; nothing stays in the cache."""
    with pytest.raises(BackbonesError) as caught:
        fetch(url, folder, reach=reach)
    assert not (folder / "downloads").exists() or list((folder / "downloads").iterdir()) == []
    return str(caught.value)


def test_a_pdf_is_kept_and_not_fetched_twice(server: _Server, tmp_path: Path) -> None:
    server.answers["/a/paper.pdf"] = sends()
    seen: list[tuple[int, int]] = []
    file, was_kept = fetch(f"{server.url}/a/paper.pdf", tmp_path, lambda *told: seen.append(told), LOCAL)
    assert (file.read_bytes(), was_kept, seen[-1]) == (PDF, False, (len(PDF), len(PDF)))
    assert fetch(f"{server.url}/a/paper.pdf", tmp_path, reach=LOCAL) == (file, True)
    (asked,) = server.asked
    assert not {"Authorization", "Cookie", "Referer"} & set(asked[1])


def test_redirects_are_followed_up_to_a_number(server: _Server, tmp_path: Path) -> None:
    for hop in range(MOST_REDIRECTS + 2):
        server.answers[f"/{hop}"] = redirects(f"/{hop + 1}")
    server.answers["/near"] = redirects(f"/{MOST_REDIRECTS + 3}")
    server.answers[f"/{MOST_REDIRECTS + 3}"] = sends()
    assert fetch(f"{server.url}/near", tmp_path / "near", reach=LOCAL)[0].read_bytes() == PDF
    assert "more than 5 times" in refusal(f"{server.url}/0", tmp_path / "far")


@pytest.mark.parametrize(
    ("target", "said"),
    [
        ("ftp://127.0.0.1/x.pdf", "not https"),
        ("file:///etc/passwd", "not https"),
        ("http://me:secret@127.0.0.1/x.pdf", "name or password"),
        ("http://192.0.2.1/x.pdf", "not this machine"),
        ("http://[::1", "no address"),
    ],
)
def test_every_hop_is_checked_like_the_first(server: _Server, tmp_path: Path, target: str, said: str) -> None:
    server.answers["/x"] = redirects(target)
    sentence = refusal(f"{server.url}/x", tmp_path)
    assert said in sentence
    assert "secret" not in sentence


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("http://example.org/x.pdf", "not https"),
        ("https://user@example.org/x.pdf", "name or password"),
        ("https:///x.pdf", "names no server"),
        ("https://127.0.0.1/x.pdf", "private network"),
        ("https://10.1.2.3/x.pdf", "private network"),
        ("https://169.254.169.254/latest/meta-data", "private network"),
        ("https://[::1]/x.pdf", "private network"),
        ("https://[::ffff:10.0.0.1]/x.pdf", "private network"),
        ("https://[64:ff9b::7f00:1]/x.pdf", "private network"),
        ("https://[2002:7f00:1::]/x.pdf", "private network"),
        ("https://localhost/x.pdf", "private network"),
        ("https://0.0.0.0/x.pdf", "private network"),
        ("https://224.0.0.1/x.pdf", "private network"),
    ],
)
def test_only_public_servers_are_asked_and_only_with_https(tmp_path: Path, url: str, said: str) -> None:
    assert said in refusal(url, tmp_path, PUBLIC)


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (sends(b"<html>", Content_Type="text/html; charset=utf-8"), "'text/html', not a PDF"),
        (sends(b"<html>" + b" " * 3000), "no PDF"),
        (sends(b""), "no PDF"),
        (sends(PDF, Content_Encoding="gzip"), "packs what it sends"),
        (sends(PDF * 5), "more than 0.0191 MiB"),
        (sends(PDF * 5, Content_Length=""), "more than 0.0191 MiB"),
        (sends(PDF, Content_Length="9000"), "broke off after 5,009 of 9,000 bytes"),
        (sends(b"no", 404), "has no such paper (404)"),
        (sends(b"no", 503), "answers 503"),
        (sends(b"", 302, Location=""), "answers 302"),
    ],
)
def test_what_is_no_paper_ends_in_a_sentence(server: _Server, tmp_path: Path, answer: Answer, said: str) -> None:
    server.answers["/x"] = answer
    assert said in refusal(f"{server.url}/x", tmp_path)


def test_a_server_that_trickles_is_left(server: _Server, tmp_path: Path) -> None:
    def trickle(exchange: _Exchange) -> None:
        exchange.send_response(200)
        exchange.end_headers()
        exchange.wfile.write(b"%PDF-")
        for _ in range(100):
            time.sleep(0.05)
            exchange.wfile.write(b"x")
            exchange.wfile.flush()

    server.answers["/x"] = trickle
    started = time.monotonic()
    assert "did not send the paper within" in refusal(f"{server.url}/x", tmp_path, Reach(True, 20_000, 0.4, 2.0))
    assert time.monotonic() - started < 2


def test_headers_without_end_are_left_too(server: _Server, tmp_path: Path) -> None:
    def trickle(exchange: _Exchange) -> None:
        for _ in range(100):
            exchange.wfile.write(b"HTTP/1.1 200 OK\r\n"[:1])
            exchange.wfile.flush()
            time.sleep(0.05)

    server.answers["/x"] = trickle
    started = time.monotonic()
    assert "did not send the paper within" in refusal(f"{server.url}/x", tmp_path, Reach(True, 20_000, 0.4, 2.0))
    assert time.monotonic() - started < 2


def test_a_server_that_says_nothing_is_left(server: _Server, tmp_path: Path) -> None:
    server.answers["/x"] = lambda exchange: time.sleep(1)
    assert "did not answer within" in refusal(f"{server.url}/x", tmp_path, Reach(True, 20_000, 5.0, 0.2))


def test_an_abstract_on_arxiv_stands_for_its_pdf() -> None:
    pdf = "https://arxiv.org/pdf/2103.14030"
    for text in ("arxiv:2103.14030", "arXiv: 2103.14030", "https://arxiv.org/abs/2103.14030", f"{pdf}.pdf", pdf):
        assert address_of(text) == pdf
    assert address_of("https://arxiv.org/abs/2103.14030v2") == f"{pdf}v2"
    assert address_of("https://arxiv.org/abs/cs/0112017") == "https://arxiv.org/pdf/cs/0112017"
    assert address_of("https://example.org/abs/2103.14030") == "https://example.org/abs/2103.14030"


def test_addresses_are_told_from_files() -> None:
    assert all(map(is_address, ("https://a.org/x", "http://a.org", "ftp://a", "arxiv:2103.14030")))
    assert not any(map(is_address, ("paper.pdf", "./https/x.pdf", "C:\\papers\\a.pdf", "arxiv.pdf", "2103.14030")))
