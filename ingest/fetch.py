"""`fetch`: a paper's PDF from an https address, into the cache. Nothing but a public server is ever asked."""

from __future__ import annotations

import contextlib
import hashlib
import http.client
import ipaddress
import os
import re
import socket
import ssl
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import SplitResult, quote, urljoin, urlsplit

from backbones.ingest.reader import LARGEST_MIB
from backbones.store.errors import BackbonesError
from backbones.store.text import printable, slug

MOST_REDIRECTS: Final = 5
SILENCE_S: Final = 20.0
"""Without a byte."""
MOST_SECONDS: Final = 300.0
"""For all of it, however slowly bytes trickle in."""

Progress = Callable[[int, int], None]
"""Is told (bytes so far, bytes expected or 0)."""

_ARXIV = re.compile(r"/(?:abs|pdf|html)/((?:\d{4}\.\d{4,5}|[a-z-]+(?:\.[A-Z]{2})?/\d{7})(?:v\d+)?)(?:\.pdf)?/?$")
_ARXIV_ID = re.compile(r"arxiv:\s*((?:\d{4}\.\d{4,5}|[a-z-]+/\d{7})(?:v\d+)?)$", re.IGNORECASE)
_ARXIV_HOSTS: Final = ("arxiv.org", "www.arxiv.org", "export.arxiv.org")
_PDF_TYPES: Final = ("application/pdf", "application/x-pdf", "application/octet-stream", "binary/octet-stream", "")
_ALSO_V4: Final = ipaddress.ip_network("64:ff9b::/96")


@dataclass(frozen=True, slots=True)
class Reach:
    """Which servers may be asked, and how long and how much they may answer."""

    is_local: bool = False
    """This machine alone, without encryption: for tests with a server of their own."""
    most_bytes: int = LARGEST_MIB << 20
    most_seconds: float = MOST_SECONDS
    silence_s: float = SILENCE_S


PUBLIC: Final = Reach()


def is_address(text: str) -> bool:
    """Whether this names something on the network and no file."""
    return re.match(r"[a-z][a-z0-9+.-]*://", text, re.IGNORECASE) is not None or _ARXIV_ID.match(text) is not None


def fetch(text: str, cache: Path, progress: Progress | None = None, reach: Reach = PUBLIC) -> tuple[Path, bool]:
    """The PDF at an address, in `cache`; whether it was there from before. BackbonesError, a sentence, where there is none.

    `arxiv:2103.14030` and the addresses of arXiv's abstracts stand for their PDFs.
    """
    url = address_of(text)
    parts = _checked(url, reach)
    digest = hashlib.sha256(url.encode()).hexdigest()[:12]
    stem = slug(printable(f"{parts.hostname} {parts.path.removesuffix('.pdf')}")).strip("-.")[-80:].strip("-.")
    file = cache / "downloads" / f"{stem or 'paper'}-{digest}.pdf"
    if file.is_file():
        return file, True
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        handle, half = tempfile.mkstemp(dir=file.parent, prefix=".", suffix=".part")
    except OSError as error:
        raise BackbonesError(
            f"{file.parent} cannot be written: {error.strerror}; download the paper yourself"
        ) from None
    try:
        with os.fdopen(handle, "wb") as out:
            for piece in _follow(url, reach, progress):
                out.write(piece)
        os.replace(half, file)
    except OSError as error:
        raise BackbonesError(f"{file} cannot be written: {error.strerror}") from None
    finally:
        with contextlib.suppress(OSError):
            os.unlink(half)
    return file, False


def address_of(text: str) -> str:
    """The PDF's own address where arXiv's page on a paper is named; any other address as it is."""
    if found := _ARXIV_ID.match(text.strip()):
        return f"https://arxiv.org/pdf/{found.group(1)}"
    url = text.strip()
    with contextlib.suppress(ValueError):
        parts = urlsplit(url)
        if (parts.hostname or "") in _ARXIV_HOSTS and (found := _ARXIV.match(parts.path)):
            return f"{parts.scheme}://{parts.netloc}/pdf/{found.group(1)}"
    return url


def _checked(url: str, reach: Reach) -> SplitResult:
    """The parts of an address that may be asked."""
    shown = repr(printable(url)[:200])
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
        (host or "").encode("idna")
    except ValueError:
        raise BackbonesError(f"{shown} is no address; copy it from the browser") from None
    if parts.scheme != "https" and not (reach.is_local and parts.scheme == "http"):
        raise BackbonesError(
            f"{shown} is not https; only https addresses are asked. Download the paper and name the file"
        )
    if not host:
        raise BackbonesError(f"{shown} names no server; copy the address from the browser")
    if parts.username is not None or parts.password is not None:
        raise BackbonesError(
            "an address with a user's name or password is not asked; download the paper and name the file"
        )
    return parts


def _follow(url: str, reach: Reach, progress: Progress | None) -> Iterator[bytes]:
    """The content at an address, over redirects, each checked like the first."""
    ends = time.monotonic() + reach.most_seconds
    for _ in range(MOST_REDIRECTS + 1):
        parts = _checked(url, reach)
        host = parts.hostname or ""
        try:
            connection = _connect(parts, reach, ends)
            clock = threading.Timer(max(0.0, ends - time.monotonic()) + 0.01, _hang_up, [connection.sock])
            clock.daemon = True
            clock.start()
            held = contextlib.ExitStack()
            try:
                answer = held.enter_context(contextlib.closing(_asked(connection, parts)))
                if answer.status in (301, 302, 303, 307, 308) and (target := answer.getheader("Location")):
                    url = _joined(url, target)
                    continue
                yield from _content(answer, host, reach, ends, progress)
                return
            finally:
                clock.cancel()
                held.close()
                connection.close()
        except (OSError, http.client.HTTPException, ValueError) as error:
            raise BackbonesError(_broken(host, error, time.monotonic() >= ends, reach)) from None
    raise BackbonesError(
        f"{printable(urlsplit(url).hostname or '')} sends the request on more than {MOST_REDIRECTS} times; "
        "download the paper and name the file"
    )


def _joined(url: str, target: str) -> str:
    try:
        return urljoin(url, target)
    except ValueError:
        return target  # its own check says what is wrong with it


def _asked(connection: http.client.HTTPConnection, parts: SplitResult) -> http.client.HTTPResponse:
    """The answer to one request, which says nothing of the user."""
    path = quote(parts.path or "/", safe="/%:@!$&'()*+,;=~-._")
    query = quote(parts.query, safe="/%:@!$&'()*+,;=~-._?")
    headers = {"User-Agent": "backbones", "Accept": "application/pdf", "Accept-Encoding": "identity"}
    connection.request("GET", f"{path}?{query}" if query else path, headers=headers)
    return connection.getresponse()


def _broken(host: str, error: Exception, is_late: bool, reach: Reach) -> str:
    """Why nothing came, in words."""
    if is_late:
        return f"{host} did not send the paper within {reach.most_seconds:.0f} s; download it and name the file"
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"{host} does not prove who it is ({printable(error.verify_message)}); it is not asked"
    if isinstance(error, TimeoutError):
        return (
            f"{host} did not answer within {reach.silence_s:.0f} s; try again, or download the paper and name the file"
        )
    if isinstance(error, socket.gaierror):
        return f"no server is called {host!r}; check the address and the network"
    if isinstance(error, OSError):
        return f"{host} cannot be reached ({error.strerror or type(error).__name__}); check the network"
    return f"{host} answers with something that is no web page; download the paper and name the file"


def _connect(parts: SplitResult, reach: Reach, ends: float) -> http.client.HTTPConnection:
    """A connection to a checked address of the server: the name is looked up once, so it cannot change in between."""
    host = (parts.hostname or "").encode("idna").decode("ascii")
    port = parts.port or (443 if parts.scheme == "https" else 80)
    limit = max(0.1, min(reach.silence_s, ends - time.monotonic()))
    failure: OSError = OSError("it has no address")
    for _, _, _, _, place in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM):
        _refuse_private(host, str(place[0]), reach)
        try:
            connection = socket.create_connection((str(place[0]), port), timeout=limit)
        except OSError as error:
            failure = error
            continue
        made: http.client.HTTPConnection = http.client.HTTPConnection(host, port, timeout=limit)
        if parts.scheme == "https":
            try:
                connection = ssl.create_default_context().wrap_socket(connection, server_hostname=host)
            except BaseException:
                connection.close()
                raise
            made.default_port = 443  # no port in the Host header
        made.sock = connection
        return made
    raise failure


def _refuse_private(host: str, address: str, reach: Reach) -> None:
    found = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(found, ipaddress.IPv6Address):
        inside = found.ipv4_mapped or found.sixtofour or (found.teredo[1] if found.teredo else None)
        found = inside or (ipaddress.IPv4Address(int(found) & 0xFFFFFFFF) if found in _ALSO_V4 else found)
    if reach.is_local:
        if not found.is_loopback:
            raise BackbonesError(f"{host} is not this machine")
    elif not found.is_global or found.is_multicast or found.is_reserved:
        raise BackbonesError(
            f"{host} stands in a private network ({found}), which is not asked; download the paper and name the file"
        )


def _hang_up(line: socket.socket) -> None:
    """Ends whatever waits on it."""
    with contextlib.suppress(OSError):
        line.shutdown(socket.SHUT_RDWR)


def _content(
    answer: http.client.HTTPResponse, host: str, reach: Reach, ends: float, progress: Progress | None
) -> Iterator[bytes]:
    """The body of an answer that is a PDF of a size that can be read."""
    if answer.status != 200:
        raise BackbonesError(f"{host} {_refusal(answer.status)}")
    kind = (answer.getheader("Content-Type") or "").partition(";")[0].strip().lower()
    if kind not in _PDF_TYPES:
        raise BackbonesError(
            f"{host} sends {printable(kind)[:60]!r}, not a PDF; name the address of the PDF itself, or download it and name the file"
        )
    if (answer.getheader("Content-Encoding") or "identity").strip().lower() != "identity":
        raise BackbonesError(f"{host} packs what it sends, unasked; download the paper and name the file")
    length = answer.length or 0
    if length > reach.most_bytes:
        raise BackbonesError(_too_large(host, reach))
    seen, start = 0, b""
    while piece := answer.read1(1 << 16):
        if time.monotonic() >= ends:
            raise TimeoutError
        seen += len(piece)
        if seen > reach.most_bytes:
            raise BackbonesError(_too_large(host, reach))
        if len(start) < 1024:
            start += piece[:1024]
            if len(start) >= 1024:
                _refuse_other(start, host)
        if progress is not None:
            progress(seen, length)
        yield piece
    if time.monotonic() >= ends:
        raise TimeoutError
    _refuse_other(start, host)
    if length and seen != length:
        raise BackbonesError(f"{host} broke off after {seen:,} of {length:,} bytes; try again")


def _too_large(host: str, reach: Reach) -> str:
    return f"{host} sends more than {reach.most_bytes / 2**20:.3g} MiB, the most that is read of a paper"


def _refuse_other(start: bytes, host: str) -> None:
    if b"%PDF-" not in start[:1024]:
        raise BackbonesError(
            f"{host} sends something that is no PDF; open the address in a browser and name the PDF's own"
        )


def _refusal(status: int) -> str:
    return {
        401: "wants to know who asks (401); download the paper and name the file",
        403: "does not let programs have it (403); download the paper and name the file",
        404: "has no such paper (404); check the address",
        410: "has it no more (410); check the address",
        429: "takes no more requests for now (429); try again later",
    }.get(status, f"answers {status}; try again later, or download the paper and name the file")
