"""The catalogue is opened and the first question asked in a thread, while the screen is still being imported."""

from __future__ import annotations

import threading
from collections.abc import Callable

from backbones.plot.palette import Look
from backbones.store.errors import BackbonesError
from backbones.store.explorer import Explorer
from backbones.store.view import View
from backbones.tui.shown import Shown, prepare

ExplorerFactory = Callable[[], Explorer]


class Opening:
    """An explorer that will be there, with the answer to the first view or the reason why there is none."""

    def __init__(self, factory: ExplorerFactory, view: View, look: Look) -> None:
        self.view, self.look = view, look
        self.explorer: Explorer | None = None
        self.shown: Shown | None = None
        self.error: Exception | None = None
        self._factory = factory
        self._thread = threading.Thread(target=self._open, name="opening", daemon=True)

    def start(self) -> Opening:
        """Begin."""
        self._thread.start()
        return self

    def wait(self, timeout_s: float | None = None) -> bool:
        """Wait for the answer; True when there is one, or an error."""
        if self._thread.ident is None:
            self._thread.start()
        self._thread.join(timeout_s)
        return not self._thread.is_alive()

    def _open(self) -> None:
        try:
            self.explorer = self._factory()
            self.shown = prepare(self.explorer, self.view, self.look)
        except Exception as error:  # raised again on the main thread unless it is a sentence for the user
            self.error = error

    @property
    def refusal(self) -> BackbonesError | None:
        """Why the first view has no answer, where that is a sentence for the user; other errors are raised."""
        if self.error is not None and not isinstance(self.error, BackbonesError):
            raise self.error
        return self.error
