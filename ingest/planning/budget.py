"""What a run may still spend. A call that nobody told the cost of counts as the most that it could have cost."""

from __future__ import annotations

from dataclasses import dataclass

from backbones.ingest.planning.prices import Price
from backbones.ingest.planning.report import PlanReport


@dataclass(slots=True)
class Budget:
    """Holds a run to a limit in dollars; None: there is none. Without a price nothing can be held."""

    most_usd: float | None
    price: Price | None
    report: PlanReport
    _unknown_usd: float = 0.0
    """At most spent by calls whose cost nobody told."""
    _settled: int = 0

    def allows(self, input_tokens: int, max_tokens: int) -> bool:
        """Whether a call with so much input, allowed to write so much, may be made. To be asked before every attempt at
        the same question: what became of the one before is in the report.
        """
        seen = self.settle(input_tokens, max_tokens)
        if self.most_usd is None or self.price is None:
            return True
        most = self.price.dollars(0, max_tokens, 0, max(input_tokens, seen))
        return self.report.cost_usd + self._unknown_usd + most <= self.most_usd

    def settle(self, input_tokens: int, max_tokens: int) -> int:
        """Count the calls of unknown cost since the last time, each as the most that it may have cost.

        Returns the most input tokens that the service has counted in one of them: an estimate may be too low.
        """
        most_seen = 0
        for call in self.report.uncosted[self._settled :]:
            seen = (call.input_tokens or 0) + (call.cache_read_tokens or 0) + (call.cache_write_tokens or 0)
            most_seen = max(most_seen, seen)
            if self.price is not None:
                self._unknown_usd += self.price.dollars(0, max_tokens, 0, max(input_tokens, seen))
        self._settled = len(self.report.uncosted)
        return most_seen
