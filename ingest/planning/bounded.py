"""Responses of bounded size and duration, whatever the other end sends."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any, Final

import httpx2

MOST_BYTES: Final = 64 * 2**20
"""Of one response. A reply of 128,000 tokens takes some 10 MB as a stream of events."""
MOST_SECONDS: Final = 1200.0


class _Bounded(httpx2.SyncByteStream):
    def __init__(self, stream: httpx2.SyncByteStream) -> None:
        self._stream = stream

    def __iter__(self) -> Iterator[bytes]:
        seen, end = 0, time.monotonic() + MOST_SECONDS
        for chunk in self._stream:
            seen += len(chunk)
            if seen > MOST_BYTES:
                raise httpx2.ReadError("the response is too large")
            if time.monotonic() > end:
                raise httpx2.ReadTimeout("the response takes too long")
            yield chunk

    def close(self) -> None:
        self._stream.close()


def http_client(sdk: Any) -> httpx2.Client:
    """The SDK's own HTTP client, with bounds, and without redirects: they would carry the key to another host."""

    def bound(response: httpx2.Response) -> None:
        if isinstance(response.stream, httpx2.SyncByteStream):
            response.stream = _Bounded(response.stream)

    client: httpx2.Client = sdk.DefaultHttpxClient(follow_redirects=False, event_hooks={"response": [bound]})
    return client
