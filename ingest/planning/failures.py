"""Requests that failed: whether another attempt may help, after how long, and the sentence for the user."""

from __future__ import annotations

import email.utils
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from backbones.store.errors import BackbonesError
from backbones.store.text import printable

OFFLINE: Final = "or run with --offline, which needs no model"
NO_KEY: Final = f"there is no key for the language model: set ANTHROPIC_API_KEY, {OFFLINE}"

_PASSING: Final = frozenset({408, 409, 429})
_PASSING_TYPES: Final = frozenset({"rate_limit_error", "overloaded_error", "api_error", "timeout_error"})
_SCHEMA = re.compile(r"schema|grammar|output_config", re.IGNORECASE)
_MOST_CHARS: Final = 200
MOST_ATTEMPTS: Final = 5
UNREACHABLE_ATTEMPTS: Final = 2
"""A name that is not known and a port that nobody listens on seldom mend themselves in seconds."""


class ServiceError(BackbonesError):
    """The service gives no answer: the sentence says why and what to do."""


class SchemaRefused(ServiceError):
    """The service does not take the schema that the request carries."""


class TooLarge(ServiceError):
    """The service does not take so large a request."""


class OverBudget(ServiceError):
    """Another attempt may pass the limit of costs."""


@dataclass(frozen=True, slots=True)
class Failure:
    """What became of one attempt. It holds no exception: those hold the request, and that the key."""

    status: str
    """`http_429`, `connection` (there never was one), `dropped`, `timeout`, `protocol`."""
    sentence: str
    is_passing: bool
    """Another attempt may help."""
    wait_s: float | None = None
    """How long the service asks to wait."""
    code: int = 0
    message: str = ""
    attempts: int = MOST_ATTEMPTS
    """That are made when each fails like this one."""

    def error(self) -> ServiceError:
        """The error to raise when no attempt is left."""
        if self.code == 413 or (self.code == 400 and "too long" in self.message):
            return TooLarge(self.sentence)
        if self.code == 400 and _SCHEMA.search(self.message):
            return SchemaRefused(self.sentence)
        return ServiceError(self.sentence)


def of_status(code: int, type_: str, message: str, headers: Mapping[str, str], model: str) -> Failure:
    """The failure of an HTTP answer that is none, or of an error event in a stream (which has status 200)."""
    said = f": {message}" if message else ""
    sentence = {
        400: f"the service refuses the request (400{said}); try another --model, {OFFLINE}",
        401: f"the service does not take the key in ANTHROPIC_API_KEY (401{said}); set a valid one, {OFFLINE}",
        402: f"the service wants to be paid first (402{said}); see to the account, {OFFLINE}",
        403: f"the key in ANTHROPIC_API_KEY may not use {model} (403{said}); name another with --model, {OFFLINE}",
        404: f"the service knows no model {model!r} (404{said}); name another with --model, {OFFLINE}",
        413: f"the request is too large for the service (413{said}); {OFFLINE.removeprefix('or ')}",
        429: f"the service takes no more requests for now (429{said}); try again later, {OFFLINE}",
    }.get(code, f"the service fails ({code}{said}); try again later, {OFFLINE}")
    if 300 <= code < 400:
        sentence = (
            f"the service sends requests elsewhere ({code}), which is not followed with a key; check ANTHROPIC_BASE_URL"
        )
    if code == 200:
        sentence = f"the service broke off ({type_ or 'error'}{said}); try again later, {OFFLINE}"
    is_passing = code in _PASSING or code >= 500 or (code == 200 and type_ in _PASSING_TYPES)
    told = headers.get("x-should-retry", "")
    if told in ("true", "false"):
        is_passing = told == "true"
    return Failure(f"http_{code}", sentence, is_passing, wait_of(headers), code, message)


def of_timeout(what: str) -> Failure:
    """Nothing came within the time. `what`: the host."""
    return Failure("timeout", f"{what} did not answer in time; try again later, {OFFLINE}", True)


def of_no_connection(what: str) -> Failure:
    """Nobody was reached, so nobody was asked."""
    sentence = f"{what} cannot be reached; check the network and ANTHROPIC_BASE_URL, {OFFLINE}"
    return Failure("connection", sentence, True, attempts=UNREACHABLE_ATTEMPTS)


def of_broken_connection(what: str) -> Failure:
    """The connection broke after the request was on its way; who answers may have begun, and may want to be paid."""
    return Failure("dropped", f"the connection to {what} broke; try again later, {OFFLINE}", True)


def of_protocol(what: str) -> Failure:
    """An answer that is none of the Messages API."""
    sentence = f"{what} answers with something that is no reply of a model; check ANTHROPIC_BASE_URL, {OFFLINE}"
    return Failure("protocol", sentence, True)


def wait_of(headers: Mapping[str, str]) -> float | None:
    """Seconds that the service asks to wait: `retry-after-ms`, else `retry-after` in seconds or as a date."""
    for header, factor in (("retry-after-ms", 1e-3), ("retry-after", 1.0)):
        try:
            seconds = float(headers.get(header, "")) * factor
        except ValueError:
            continue
        return seconds if 0 <= seconds < float("inf") else None
    try:
        parsed = email.utils.parsedate_tz(headers.get("retry-after", ""))
        return max(0.0, email.utils.mktime_tz(parsed) - time.time()) if parsed else None
    except (ValueError, OverflowError):
        return None


def said(text: Any, key: str) -> str:
    """Words of the service that may be shown: printable, short, and without the key."""
    clean = printable(str(text)[:4000]).replace(key, "[key]") if text else ""
    return clean if len(clean) <= _MOST_CHARS else clean[:_MOST_CHARS] + "…"
