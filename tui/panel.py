"""A panel over a screen that closes itself and nothing else."""

from __future__ import annotations

from typing import TypeVar

from textual.await_complete import AwaitComplete
from textual.screen import ModalScreen

T = TypeVar("T")


class Panel(ModalScreen[T]):
    """Closes once: Textual 8.2.8's `dismiss` takes whatever screen is on top away, and answers twice when called twice.

    Keys in one packet, and answers that open another panel meanwhile, do that.
    """

    def dismiss(self, result: T | None = None) -> AwaitComplete:
        """Close, with a result; nothing where it is closed, or another panel is over it."""
        return super().dismiss(result) if self.is_active else AwaitComplete()
