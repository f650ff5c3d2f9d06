"""Tokens and dollars before anything is asked: as the service counts them where there is a key, else estimated, and said so."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from backbones.ingest.planning.prices import AS_OF, price_of
from backbones.ingest.planning.questions import THINKING_TOKENS, Question
from backbones.store.errors import BackbonesError

SAFETY: Final = 1.3
"""On estimated input tokens, in upper bounds."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """What answering the questions that are still open may take."""

    model: str
    requests: int
    input_tokens: int
    is_counted: bool
    """By the service; else estimated from the number of characters."""
    reply_tokens: int
    """Expected, without what the model thinks before."""
    most_output_tokens: int
    """That all requests together can use at most: what they allow the model to write, thoughts included."""
    kept: int
    """Answers in the cache, which cost nothing."""
    expected_usd: float | None
    """With as much thinking as reply; None: the price is unknown."""
    most_usd: float | None
    counts: Mapping[str, int] = field(default_factory=dict, repr=False)
    """Input tokens by the text of each question that the service counted."""

    def sentence(self) -> str:
        """The estimate in one line."""
        if not self.requests:
            return f"nothing to ask {self.model}: all {self.kept} answers are kept from before"
        how = "counted by the service" if self.is_counted else "estimated from the number of characters"
        tokens = (
            f"{self.requests} request{'s' * (self.requests > 1)} to {self.model}: {self.input_tokens:,} input tokens ({how}), "
            f"about {self.reply_tokens:,} of output, at most {self.most_output_tokens:,}"
        )
        kept = f"; {self.kept} answer{'s are' if self.kept > 1 else ' is'} kept from before" if self.kept else ""
        if self.expected_usd is None or self.most_usd is None:
            return f"{tokens}; its price is unknown{kept}"
        return f"{tokens}; about ${self.expected_usd:.2f}, at most ${self.most_usd:.2f} (prices of {AS_OF}){kept}"


def estimate(
    model: str,
    questions: Iterable[Question],
    kept: int = 0,
    count: Callable[[Question], int | None] | None = None,
    most_output: int | None = None,
) -> Estimate:
    """What the questions may cost. `count`: ModelClient.count; `most_output`: the model's own limit for one reply."""
    asked = list(questions)
    counted = [count(question) for question in asked] if count else []
    is_counted = bool(counted) and None not in counted
    inputs = [n if n is not None else q.input_tokens for n, q in zip(counted or [None] * len(asked), asked)]
    bounds = [min(q.max_tokens, most_output or q.max_tokens) for q in asked]
    replies = sum(question.reply_tokens for question in asked)
    thoughts = sum(min(question.reply_tokens, THINKING_TOKENS) for question in asked)
    price = price_of(model)
    total, slack = sum(inputs), 1.0 if is_counted else SAFETY
    return Estimate(
        model, len(asked), total, is_counted, replies, sum(bounds), kept,
        price.dollars(total, replies + thoughts) if price else None,
        # All of the input as if it were written to the prompt cache, the dearest way.
        price.dollars(0, sum(bounds), 0, int(total * slack)) if price else None,
        {question.prompt: n for question, n in zip(asked, counted) if n is not None},
    )  # fmt: skip


def check_budget(found: Estimate, max_cost: float | None, is_sure: bool) -> None:
    """BackbonesError where the limit may be passed, or cannot be held because the price is unknown."""
    if max_cost is None or not found.requests:
        return
    if max_cost < 0 or max_cost != max_cost:
        raise BackbonesError("--max-cost is an amount of dollars, 0 or more")
    if found.most_usd is None:
        if not is_sure:
            raise BackbonesError(
                f"the price of {found.model} is unknown, so --max-cost cannot be held; say --yes to ask it all the same, "
                "or name a model of known price with --model"
            )
    elif found.most_usd > max_cost:
        raise BackbonesError(
            f"asking {found.model} may cost up to ${found.most_usd:.2f}, more than --max-cost {max_cost:g}; "
            "raise it, name a cheaper --model, or run with --offline"
        )
