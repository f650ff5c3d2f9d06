"""`python tests/tui/breaking.py WHERE [STATE [nowhere]]`: the screen with a bug in one place, to see how it ends.

`nowhere`: and no folder for temporary files.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))


def main() -> int:
    """Run until the bug, or until the user leaves."""
    from fake import FakeExplorer  # type: ignore[import-not-found]

    from backbones.tui import app, start, table

    where = sys.argv[1]

    class Breaking(app.BackbonesApp):
        """Has a bug."""

        CSS_PATH = Path(app.__file__).with_name("explore.tcss")  # a subclass's is relative to its own module

        def action_about(self) -> None:
            """`i` meets it."""
            if where == "key":
                raise RuntimeError("the bug [/] in a key")
            if where == "worker":
                self.run_worker(self._fail, thread=True)
            if where == "render":
                table.ResultsTable.render_line = _fail  # type: ignore[assignment,method-assign]
                self.explore.table.refresh()
            if where == "callback":
                self.call_later(self._fail)
            if where == "coroutine":
                self.run_worker(self._fail_later())

        def _fail(self) -> None:
            raise RuntimeError("the bug [/] in a thread")

        async def _fail_later(self) -> None:
            raise RuntimeError("the bug [/] in a coroutine")

        def on_mount(self) -> None:
            """The start meets it."""
            if where == "mount":
                raise RuntimeError("the bug [/] at the start")

    def _fail(*_: object) -> None:
        raise RuntimeError("the bug [/] in a line")

    explorer = FakeExplorer(200)
    if where == "answer":
        explorer.describe = _fail
    state = Path(sys.argv[2]) if len(sys.argv) > 2 else None
    if sys.argv[3:] == ["nowhere"]:
        tempfile.gettempdir = lambda: str(state)
    return start.run(lambda: explorer, None, state, app_class=Breaking)


if __name__ == "__main__":
    sys.exit(main())
