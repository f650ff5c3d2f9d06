"""The language model behind one method, `ask`: streamed, bounded, tried again where that may help, and logged.

The key comes from ANTHROPIC_API_KEY alone. It is in the SDK's client and in nothing that is shown, raised or kept.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import os
import random
import time
import warnings
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final, TypeVar

from backbones.ingest.planning import failures
from backbones.ingest.planning.failures import MOST_ATTEMPTS, Failure, OverBudget, ServiceError
from backbones.ingest.planning.prices import Price, price_of
from backbones.ingest.planning.questions import Question
from backbones.ingest.planning.streamed import Reply, Transcript
from backbones.store.errors import BackbonesError
from backbones.store.llm_calls import LlmCall

if TYPE_CHECKING:
    import anthropic

VENDOR_URL: Final = "https://api.anthropic.com"
LONGEST_WAIT_S: Final = 120.0
"""A service that asks for more is asked again on another day."""
FIRST_WAIT_S: Final = 1.0
SILENCE_S: Final = 120.0
"""Without a byte; the service sends pings."""
ASSUMED_OUTPUT: Final = 8192
"""Tokens, of a model whose limits the service does not tell."""

T = TypeVar("T")
Arrived = Callable[[str, str], None]
"""Gets a piece of a reply and the name of the model that writes it."""
Say = Callable[[str], None]
Allowed = Callable[[], bool]
"""Whether an attempt may be paid for."""
Log = Callable[[LlmCall], None]


@dataclass(frozen=True, slots=True)
class Limits:
    """What the model can take and give, in tokens; None: not told."""

    input: int | None
    output: int
    note: str = ""


def key_in(environment: Mapping[str, str]) -> str:
    """The key; a BackbonesError, a sentence, where there is none or it cannot be one."""
    key = environment.get("ANTHROPIC_API_KEY", "").strip()
    if not key:
        raise BackbonesError(failures.NO_KEY)
    if not (key.isascii() and key.isprintable()) or " " in key:
        raise BackbonesError(f"ANTHROPIC_API_KEY holds characters that no key has; set it again, {failures.OFFLINE}")
    return key


class ModelClient:
    """One model of the service. BackbonesError where there is no key or no SDK."""

    def __init__(
        self,
        model: str,
        environment: Mapping[str, str] = os.environ,
        log: Log | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        key = key_in(environment)
        sdk = _sdk()
        import httpx2

        from backbones.ingest.planning.bounded import http_client

        self.model = model
        self.price: Price | None = price_of(model)
        self._log, self._sleep = log, sleep
        url = environment.get("ANTHROPIC_BASE_URL", "").strip()
        self._is_named_service = bool(url)
        self._clean = _Cleaner(key)
        failure = None
        try:
            self._service: anthropic.Anthropic = sdk.Anthropic(
                api_key=key,
                base_url=url or VENDOR_URL,
                max_retries=0,  # `ask` has its own: each attempt is logged, and waits are bounded
                timeout=sdk.Timeout(SILENCE_S, connect=15.0),
                http_client=http_client(sdk),
                open_telemetry=False,
            )
        except (ValueError, TypeError, sdk.AnthropicError, httpx2.InvalidURL) as error:
            failure = self._clean(error)
        if failure is not None:
            raise ServiceError(f"ANTHROPIC_BASE_URL is no address of a service: {failure}")
        self._host = self._clean(self._service.base_url.host) or "the service"

    def close(self) -> None:
        """Close the connections."""
        self._service.close()

    def limits(self, say: Say = lambda text: None) -> Limits:
        """The model's own limits, as the service tells them."""
        found = self._attempts(lambda: self._caught(lambda: self._service.models.retrieve(self.model)), say)
        if isinstance(found, Failure):
            if found.code in (404, 405, 501) and self._is_named_service:
                return Limits(None, ASSUMED_OUTPUT, f"the service does not tell the limits of {self.model}")
            raise found.error()
        lifecycle = getattr(found, "lifecycle", None)
        if lifecycle == "retired":
            raise ServiceError(f"the model {self.model} is retired; name another with --model")
        output = _tokens(getattr(found, "max_tokens", None))
        most_input = _tokens(getattr(found, "max_input_tokens", None))
        note = f"the model {self.model} is deprecated; it will go away" if lifecycle == "deprecated" else ""
        return Limits(most_input or None, output or ASSUMED_OUTPUT, note)

    def count(self, question: Question, say: Say = lambda text: None) -> int | None:
        """Input tokens of a question, as the service counts them (free of charge); None where it does not count."""
        content = self._content(question)
        found = self._attempts(
            lambda: self._caught(lambda: self._service.messages.count_tokens(model=self.model, **content)), say
        )
        if isinstance(found, Failure):
            if found.code in (401, 402, 403) or (found.code == 404 and not self._is_named_service):
                raise found.error()
            return None
        return _tokens(getattr(found, "input_tokens", None))

    def ask(
        self,
        question: Question,
        max_tokens: int,
        arrived: Arrived,
        say: Say = lambda text: None,
        allowed: Allowed = lambda: True,
    ) -> Reply:
        """The reply, however it ended. `arrived` gets its text piece by piece; ServiceError where there is none.

        An attempt that brought nothing is made again where that may help, after the time that the service asks for.
        `allowed` is asked before each attempt; OverBudget where it does not allow one.
        """
        found = self._attempts(lambda: self._stream(question, max_tokens, arrived), say, allowed)
        if isinstance(found, Failure):
            raise found.error()
        return found

    def clean(self, text: str) -> str:
        """The text of a reply without the key, should it stand in there."""
        return self._clean.without_key(text)

    # One request

    def _attempts(self, attempt: Callable[[], T | Failure], say: Say, allowed: Allowed = lambda: True) -> T | Failure:
        """What the last of some attempts brought: its result or its Failure."""
        number = 0
        said = ""
        while True:
            if not allowed():
                raise OverBudget(said)
            number += 1
            found = attempt()
            if not isinstance(found, Failure) or not found.is_passing or number >= found.attempts:
                return found
            said = found.sentence
            wait = found.wait_s if found.wait_s is not None else _back_off(number)
            if wait > LONGEST_WAIT_S:
                sentence = f"the service asks to wait {wait:.0f} s; try again then, {failures.OFFLINE}"
                return Failure(found.status, sentence, False)
            if not allowed():
                raise OverBudget(said)  # at once: there is nothing to wait for
            if found.status == "connection":
                say(f"{self._host} cannot be reached, trying again in {wait:.0f} s")
            else:
                say(f"waiting {wait:.0f} s after {found.status.replace('_', ' ')}, attempt {number} of {MOST_ATTEMPTS}")
            self._sleep(wait)

    def _stream(self, question: Question, max_tokens: int, arrived: Arrived) -> Reply | Failure:
        """One request: its reply, or why there is none. Logged in any case, also when it is interrupted."""
        transcript = Transcript(arrived)
        started, clock = dt.datetime.now(dt.UTC), time.monotonic()
        status = "interrupted"
        try:
            found = self._take_down(transcript, question, max_tokens)
            status = found.status if isinstance(found, Failure) else found.stop
            return found
        finally:
            self._write_log(question, transcript, started, 1000 * (time.monotonic() - clock), status)

    def _take_down(self, transcript: Transcript, question: Question, max_tokens: int) -> Reply | Failure:
        content = self._content(question)
        stream = self._caught(lambda: self._opened(content, max_tokens))
        if isinstance(stream, Failure):
            return stream
        broken: list[Failure] = []
        with stream:
            reply = self._without_key(transcript.read(self._events(stream, broken)))
        if reply.stop != "dropped" or transcript.has_text:
            return reply
        return broken[0] if broken else failures.of_protocol(self._host)

    def _events(self, stream: Iterator[Any], broken: list[Failure]) -> Iterator[Any]:
        """The events up to the end of the stream, or to what breaks it."""
        while (event := self._caught(lambda: next(stream, None))) is not None:
            if isinstance(event, Failure):
                broken.append(event)
                return
            yield event

    def _without_key(self, reply: Reply) -> Reply:
        """A service may send back what it was sent."""
        return replace(reply, text=self.clean(reply.text), stop=self._clean(reply.stop), model=self._clean(reply.model))

    def _opened(self, content: dict[str, Any], max_tokens: int) -> Any:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # `limits` says it, in a sentence
            return self._service.messages.create(model=self.model, max_tokens=max_tokens, stream=True, **content)

    def _content(self, question: Question) -> dict[str, Any]:
        system: dict[str, Any] = {"type": "text", "text": question.system}
        if question.kind == "tables":
            system["cache_control"] = {"type": "ephemeral"}  # the same for every batch, repair and split
        schema = _sdk().transform_schema(json.loads(json.dumps(question.schema)))
        return {
            "system": [system],
            "messages": [{"role": "user", "content": question.prompt}],
            "output_config": {"format": {"type": "json_schema", "schema": schema}},
        }

    def _caught(self, action: Callable[[], T]) -> T | Failure:
        """What the action returns, or the Failure that its exception stands for; the exception itself is let go of."""
        import httpx2

        sdk = _sdk()
        try:
            return action()
        except sdk.APIStatusError as error:
            headers = {name.lower(): value for name, value in error.response.headers.items()}
            type_ = str(error.type or "")[:60]
            return failures.of_status(error.status_code, type_, self._clean(error.api_message), headers, self.model)
        except (sdk.APIConnectionError, httpx2.TransportError) as error:  # the SDK's own has httpx2's as its cause
            cause = error.__cause__ or error
            if isinstance(cause, (httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.UnsupportedProtocol)):
                return failures.of_no_connection(self._host)
            is_slow = isinstance(cause, httpx2.TimeoutException)
            return failures.of_timeout(self._host) if is_slow else failures.of_broken_connection(self._host)
        except (sdk.AnthropicError, httpx2.HTTPError, ValueError, TypeError, AttributeError, RecursionError):
            return failures.of_protocol(
                self._host
            )  # the SDK trusts what it gets: any of these comes of a strange answer

    def _write_log(self, question: Question, transcript: Transcript, at: dt.datetime, ms: float, status: str) -> None:
        if self._log is None:
            return
        sent = json.dumps([self.model, question.system, question.prompt, question.schema], sort_keys=True)
        usage = transcript.usage
        self._log(
            LlmCall(
                at.strftime("%Y-%m-%dT%H:%M:%SZ"), self.model, self._clean(transcript.model) or None,
                hashlib.sha256(sent.encode()).hexdigest(), f"ingest {question.kind}", self._clean(status), round(ms, 1),
                usage.input, usage.output, usage.cache_read, usage.cache_write, usage.dollars(self.price),
            )
        )  # fmt: skip


class _Cleaner:
    """Words of the service, made fit to be shown. Its repr shows no key."""

    def __init__(self, key: str) -> None:
        self._key = key

    def without_key(self, text: str) -> str:
        return text.replace(self._key, "[key]")

    def __call__(self, text: Any) -> str:
        return failures.said(text, self._key)


def _sdk() -> Any:
    """The vendor's SDK: 0.8 s to import, so only when a request is made."""
    try:
        import anthropic
    except ImportError:
        raise BackbonesError(
            f"asking a language model needs the package anthropic: pip install 'backbones[ingest]', {failures.OFFLINE}"
        ) from None
    return anthropic


def _back_off(number: int) -> float:
    """1, 2, 4 … s, less up to a quarter: those who wait at the same time shall not come back at the same time."""
    return FIRST_WAIT_S * float(2 ** (number - 1)) * (1 - random.random() / 4)


def _tokens(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= 10**9 else None
