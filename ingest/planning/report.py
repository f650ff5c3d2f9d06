"""What became of a paper's tables: answered, kept, given up with a reason; tokens and dollars."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from backbones.ingest.plan import TableMeaning
from backbones.ingest.planning.cache import Kept
from backbones.ingest.planning.prices import price_of
from backbones.ingest.planning.questions import PROSE
from backbones.ingest.planning.reply import ProseReply, meaning_of
from backbones.store.llm_calls import LlmCall

Progress = Callable[[int, int, str], None]
"""Is told: pieces done, pieces, what happens."""


@dataclass(frozen=True, slots=True)
class Found:
    """An answer, to one table or to the question about the prose."""

    answered_by: str
    meaning: TableMeaning | None = None
    prose: ProseReply | None = None

    def to_kept(self) -> Kept:
        """As the cache keeps it."""
        answer = self.meaning or self.prose
        return Kept(self.answered_by, answer.model_dump(mode="json") if answer else None)

    @classmethod
    def from_kept(cls, unit: str, kept: Kept) -> Found | None:
        """None where what is kept is no answer to that piece."""
        if unit == PROSE:
            prose = _prose(kept.answer)
            return cls(kept.answered_by, prose=prose) if prose else None
        meaning = meaning_of(kept.answer)
        return cls(kept.answered_by, meaning) if meaning and meaning.table == unit else None


def _prose(plain: Any) -> ProseReply | None:
    try:
        return ProseReply.model_validate(plain, strict=True)
    except ValueError:
        return None


@dataclass(frozen=True, slots=True)
class GivenUp:
    """A table, or the prose, that has no answer."""

    id: str
    reason: str

    def sentence(self) -> str:
        """In words."""
        what = "the question about family and settings" if self.id == PROSE else self.id
        return f"{what} is given up: {self.reason}"


@dataclass(slots=True)
class PlanReport:
    """What the run did and what it did not do."""

    model: str
    from_cache: int = 0
    answered: int = 0
    """By the model, in this run."""
    without_numbers: tuple[str, ...] = ()
    """Tables that hold no number; nobody was asked about them."""
    given_up: list[GivenUp] = field(default_factory=list)
    dropped: list[str] = field(default_factory=list)
    """Parts of answers that cannot be, with the reason."""
    notes: list[str] = field(default_factory=list)
    answered_by: set[str] = field(default_factory=set)
    calls: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    cache_read_tokens: int = 0
    cache_write_tokens: int = 0
    cost_usd: float = 0.0
    uncosted: list[LlmCall] = field(default_factory=list)
    """Calls that may have cost something that nobody told: they broke off, or the price is unknown."""
    broken_usd: float = 0.0
    """What those cost at least: the input that the service had counted before they broke off."""

    def add(self, call: LlmCall) -> None:
        """Count a call in."""
        self.calls += 1
        self.input_tokens += call.input_tokens or 0
        self.output_tokens += call.output_tokens or 0
        self.cache_read_tokens += call.cache_read_tokens or 0
        self.cache_write_tokens += call.cache_write_tokens or 0
        self.cost_usd += call.cost_usd or 0.0
        if call.cost_usd is None and not _is_free(call):
            self.uncosted.append(call)
            if (price := price_of(call.model_asked)) is not None and call.input_tokens is not None:
                cached = call.cache_read_tokens or 0, call.cache_write_tokens or 0
                self.broken_usd += price.dollars(call.input_tokens, 0, *cached)

    @property
    def uncosted_calls(self) -> int:
        """How many they are."""
        return len(self.uncosted)

    def sentences(self) -> list[str]:
        """The report, a line each."""
        asked = (
            f"{self.answered} answer{'s' * (self.answered != 1)} by {', '.join(sorted(self.answered_by)) or self.model}"
        )
        used = (
            f"{self.calls} call{'s' * (self.calls != 1)}, {self.input_tokens + self.cache_read_tokens + self.cache_write_tokens:,} "
            f"tokens in, {self.output_tokens:,} out, {self._cost()}"
        )
        lines = [f"{asked}, {self.from_cache} kept from before; {used}"]
        lines += [each.sentence() for each in self.given_up]
        return [*lines, *self.dropped, *self.notes]

    def _cost(self) -> str:
        if not self.uncosted_calls:
            return f"${self.cost_usd:.4f}"
        calls = f"{self.uncosted_calls} call{'s' * (self.uncosted_calls > 1)} of unknown cost"
        calls += f", at least ${self.broken_usd:.4f}" if self.broken_usd else ""
        return f"${self.cost_usd:.4f} and {calls}" if self.cost_usd else calls


def _is_free(call: LlmCall) -> bool:
    """The service was not reached, or answered with an error before it began; a stream that began has status 200."""
    is_refused = call.status.startswith("http_") and call.status != "http_200"
    return call.input_tokens is None and (is_refused or call.status == "connection")
