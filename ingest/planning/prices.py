"""What models cost: one small table with its date."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

AS_OF: Final = "2026-11-21"
"""The day on which the table was last compared with https://platform.claude.com/docs/en/about-claude/pricing."""

DEFAULT_MODEL: Final = "claude-sonnet-5-5"


@dataclass(frozen=True, slots=True)
class Price:
    """Dollars for a million tokens. Cache writes are those that last five minutes."""

    input: float
    output: float
    cache_read: float
    cache_write: float

    def dollars(self, input: int, output: int, cache_read: int = 0, cache_write: int = 0) -> float:
        """The cost of so many tokens; `input` counts those that are neither read from nor written to the cache."""
        per_million = (
            input * self.input + output * self.output + cache_read * self.cache_read + cache_write * self.cache_write
        )
        return per_million / 1e6


PRICES: Final = {
    "claude-fable-5-1": Price(10.00, 50.00, 1.00, 12.50),
    "claude-opus-5-5": Price(4.00, 20.00, 0.20, 5.00),
    "claude-sonnet-5-5": Price(2.00, 10.00, 0.10, 2.50),
    # Prompts above 100,000 tokens cost five times as much; ours stay below (questions.MOST_UNIT_CHARS).
    "claude-haiku-5-5": Price(0.10, 0.50, 0.01, 0.125),
}


def price_of(model: str) -> Price | None:
    """None where the price of the model is not in the table."""
    return PRICES.get(model)
