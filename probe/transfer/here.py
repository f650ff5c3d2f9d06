"""Prints, as JSON, what the installed timm knows of its models, and torch's devices: `python -P -m backbones.probe.transfer.here`."""

from __future__ import annotations

import json
import sys
from typing import Any

from backbones.probe.speed.worker import CANNOT


def main() -> int:
    """Ask and print."""
    try:
        import timm
        from timm.optim import list_optimizers

        from backbones.probe.speed.devices import device_names

        devices = device_names()
    except ImportError as missing:
        sys.stderr.write(
            f"evaluating needs torch and timm, and {missing.name} is missing; install them with: pip install 'backbones[transfer]'\n"
        )
        return CANNOT
    defaults: dict[str, str] = {}
    facts: dict[str, list[Any]] = {}
    for name in timm.list_models():
        configuration = timm.get_pretrained_cfg(name)
        defaults[name] = f"{name}.{configuration.tag}" if configuration and configuration.tag else name
        facts[name] = _facts(configuration)
    for name in timm.list_pretrained():
        facts[name] = _facts(timm.get_pretrained_cfg(name))
    mixed = {device: _mixed(device) for device in devices}
    sys.stdout.write(
        json.dumps(
            {"defaults": defaults, "facts": facts, "devices": devices, "mixed": mixed, "optimisers": list_optimizers()}
        )
        + "\n"
    )
    return 0


def _mixed(device: str) -> str:
    from backbones.probe.transfer.recipe_files import find_recipe
    from backbones.probe.transfer.stepping import training_precision

    return training_precision(find_recipe("quick").recipe, device)


def _facts(configuration: Any) -> list[Any]:
    """In the order of `known.read`."""
    from timm.data import resolve_data_config

    plain = configuration.to_dict() if configuration else {}
    asked = resolve_data_config({}, pretrained_cfg=plain, use_test_size=True)
    channels, _, side = asked["input_size"]
    url = plain.get("url") or ""
    return [
        side, asked["interpolation"], asked["crop_pct"], asked["crop_mode"], list(asked["mean"]), list(asked["std"]), channels,
        bool(plain.get("fixed_input_size")), plain.get("hf_hub_id") or "", plain.get("hf_hub_filename") or "",
        url if isinstance(url, str) else url[0],
    ]  # fmt: skip


if __name__ == "__main__":
    sys.exit(main())
