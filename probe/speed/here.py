"""Prints, as JSON, the models of the installed timm, the devices that torch sees and their names: `python -P -m backbones.probe.speed.here`."""

from __future__ import annotations

import json
import sys

from backbones.probe.speed.worker import CANNOT


def main() -> int:
    """Ask and print."""
    try:
        import timm

        from backbones.probe.speed.devices import device_names, full_names

        devices, names = device_names(), full_names()
    except ImportError as missing:
        sys.stderr.write(
            f"measuring needs torch and timm, and {missing.name} is missing; install them with: pip install 'backbones[probe]'\n"
        )
        return CANNOT
    sys.stdout.write(json.dumps({"models": timm.list_models(), "devices": devices, "names": names}) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
