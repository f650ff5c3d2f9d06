"""The catalogue is opened and the first question asked in a thread, while the screen is still being imported."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING

from backbones.store.errors import BackbonesError
from backbones.store.explorer import Explorer
from backbones.store.view import View

if TYPE_CHECKING:
    from backbones.plot.palette import Look
    from backbones.tui.shown import Shown

ExplorerFactory = Callable[[], Explorer]


class Opening:
    """An explorer that will be there, with the answer to the first view or the reason why there is none."""

    def __init__(self, factory: ExplorerFactory, view: View) -> None:
        self.view = view
        self.explorer: Explorer | None = None
        self.shown: Shown | None = None
        self.error: Exception | None = None
        self._factory = factory
        self._look: Look | None = None
        self._has_a_look = threading.Event()
        self._thread = threading.Thread(target=self._open, name="opening", daemon=True)

    def start(self) -> Opening:
        """Begin."""
        self._thread.start()
        return self

    def draw_for(self, look: Look) -> Opening:
        """Say what the terminal can show; the picture waits for it."""
        self._look = look
        self._has_a_look.set()
        return self

    def wait(self, timeout_s: float | None = None) -> bool:
        """Wait for the answer; True when there is one, or an error."""
        self._thread.join(timeout_s)
        return not self._thread.is_alive()

    def _open(self) -> None:
        try:
            self.explorer = self._factory()
            answer = self.explorer.answer(self.view)
            from backbones.tui.shown import made_ready  # with the plot 25 ms, in which the answer is computed

            self._has_a_look.wait()
            assert self._look is not None
            self.shown = made_ready(answer, self.view, self._look)
        except Exception as error:  # raised again on the main thread unless it is a sentence for the user
            self.error = error

    @property
    def refusal(self) -> BackbonesError | None:
        """Why the first view has no answer, where that is a sentence for the user; other errors are raised."""
        if self.error is not None and not isinstance(self.error, BackbonesError):
            raise self.error
        return self.error
