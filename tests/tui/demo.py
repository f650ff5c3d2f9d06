"""`python tests/tui/demo.py [ROWS [STATE]]`: the screen over made-up rows, for pty tests and for looking at it."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))


def main() -> int:
    """Run until the user leaves."""
    from backbones.store.errors import CatalogError
    from backbones.tui.start import run

    def explorer() -> object:
        from fake import FakeExplorer  # type: ignore[import-not-found]

        if sys.argv[1:] == ["broken"]:
            raise CatalogError("the catalogue x[/].db is damaged: delete it and it is built again")
        return FakeExplorer(int(sys.argv[1]) if len(sys.argv) > 1 else 1_500)

    return run(explorer, None, Path(sys.argv[2]) if len(sys.argv) > 2 else None)  # type: ignore[arg-type]


if __name__ == "__main__":
    sys.exit(main())
