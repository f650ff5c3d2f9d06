"""Prints, as JSON, the models of the installed timm, the devices that torch sees and their names: `python -P -m backbones.probe.speed.here`."""

from __future__ import annotations

import json
import sys
from importlib.util import find_spec

from backbones.probe.speed.worker import CANNOT


def about_missing(first: str) -> str:
    """What to install, with all that is missing: the first is what an import ended at, and may be another's own."""
    names = [name for name in ("torch", "timm") if find_spec(name) is None] or [first]
    verb = "are" if len(names) > 1 else "is"
    return f"measuring needs torch and timm, and {' and '.join(names)} {verb} missing; install them with: pip install 'backbones[probe]'"


def main() -> int:
    """Ask and print."""
    try:
        import timm

        from backbones.probe.speed.devices import device_names, full_names

        devices, names = device_names(), full_names()
    except ImportError as missing:
        sys.stderr.write(about_missing(missing.name or str(missing)) + "\n")
        return CANNOT
    sys.stdout.write(json.dumps({"models": timm.list_models(), "devices": devices, "names": names}) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
