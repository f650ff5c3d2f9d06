"""The entry point of `backbones`. It imports nothing at first, so that Ctrl-C is a word and an exit code from the start."""

from __future__ import annotations

import os
import sys


def main() -> None:
    """Import the command line, run it and exit."""
    try:
        from backbones.cli.main import main as run

        run()
    except KeyboardInterrupt:  # while modules were imported; after that `run` sees to it
        os.write(2, b"\ninterrupted\n")
        sys.exit(130)


if __name__ == "__main__":
    main()
