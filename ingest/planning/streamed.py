"""A streamed reply as it comes: its text, who answers, why it ended and what it used. Nothing in it is believed."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Final

from backbones.ingest.planning.prices import Price

MOST_TEXT_CHARS: Final = 2_000_000
"""A reply of 128,000 tokens has some 400,000."""
CUT: Final = frozenset({"max_tokens", "model_context_window_exceeded"})
"""Stop reasons of a reply that would have gone on."""
ENDED: Final = frozenset({"end_turn", "stop_sequence"})


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens, as the service counted them; None: not said."""

    input: int | None = None
    output: int | None = None
    cache_read: int | None = None
    cache_write: int | None = None

    def dollars(self, price: Price | None) -> float | None:
        """None where the price is unknown, or the tokens are."""
        if price is None or self.input is None or self.output is None:
            return None
        return price.dollars(self.input, self.output, self.cache_read or 0, self.cache_write or 0)


@dataclass(frozen=True, slots=True)
class Reply:
    """The text of a reply and how it ended: a stop reason, `dropped` or `too_long`."""

    text: str
    stop: str
    model: str
    usage: Usage


class Transcript:
    """Takes down one reply; what has come stays readable when the rest does not come."""

    def __init__(self, arrived: Callable[[str, str], None]) -> None:
        self._arrived = arrived
        self._parts: list[str] = []
        self._length = 0
        self._stop = ""
        self._used: dict[str, int] = {}
        self.model = ""

    @property
    def has_text(self) -> bool:
        """Whether anything of the reply has come."""
        return bool(self._parts)

    @property
    def usage(self) -> Usage:
        """The output of a reply that broke off was not counted."""
        used = self._used
        return Usage(
            used.get("input_tokens"),
            used.get("output_tokens") if self._stop else None,
            used.get("cache_read_input_tokens"),
            used.get("cache_creation_input_tokens"),
        )

    def reply(self, stop: str) -> Reply:
        """What has come so far."""
        return Reply("".join(self._parts), stop, self.model, self.usage)

    def read(self, events: Iterable[Any]) -> Reply:
        """Take down a stream to its end; one that ends without saying so is `dropped`."""
        for event in events:
            kind = getattr(event, "type", None)
            if kind == "message_stop":
                return self.reply(self._stop or "dropped")
            self._take(event, kind)
            if self._length > MOST_TEXT_CHARS:
                return self.reply("too_long")
        return self.reply("dropped")

    def _take(self, event: Any, kind: Any) -> None:
        if kind == "message_start":
            message = getattr(event, "message", None)
            self.model = str(getattr(message, "model", None) or "")[:100]
            self._count(getattr(message, "usage", None))
        elif kind == "content_block_delta":
            delta = getattr(event, "delta", None)
            text = getattr(delta, "text", None)
            if getattr(delta, "type", None) == "text_delta" and isinstance(text, str):
                self._parts.append(text)
                self._length += len(text)
                self._arrived(text, self.model)
        elif kind == "message_delta":
            self._stop = str(getattr(getattr(event, "delta", None), "stop_reason", None) or "")[:40]
            self._count(getattr(event, "usage", None))

    def _count(self, usage: Any) -> None:
        """Later counts replace earlier ones: they are totals."""
        for name in ("input_tokens", "output_tokens", "cache_read_input_tokens", "cache_creation_input_tokens"):
            value = getattr(usage, name, None)
            if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= 10**9:
                self._used[name] = value
