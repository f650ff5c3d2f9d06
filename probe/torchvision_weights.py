"""The weights that the installed torchvision knows, read from its enums without a download."""

from __future__ import annotations

import datetime as dt
import importlib.metadata
from pathlib import Path
from typing import Any

from backbones.probe.torchvision_sheets import Released, sheets_of
from backbones.store.errors import BackbonesError
from backbones.store.sheet import Sheet


class MissingLibrary(BackbonesError):
    """A library that has to be installed first."""


def read_with_notes(path: Path | None = None, collection: str | None = None) -> tuple[list[Sheet], list[str]]:
    """The sheets of the installed torchvision, and what was left out.

    There is no file to read: a `path` is refused. Importing torchvision takes 2-4 s.
    """
    if path is not None:
        raise BackbonesError(f"{path}: torchvision's weights are read from the installed package; leave the path out")
    released = released_weights()
    version = importlib.metadata.version("torchvision").partition("+")[0]
    return sheets_of(released, version, dt.date.today().isoformat(), collection)


def released_weights() -> list[Released]:
    """Every member of every weights enum, in the order of the enums' names."""
    try:
        from torchvision.models import (  # type: ignore[import-not-found, import-untyped, unused-ignore]
            get_model_builder,
            get_model_weights,
            list_models,
        )
    except ImportError as error:
        raise MissingLibrary(
            f"torchvision cannot be imported ({error}); install it with `pip install torchvision`"
        ) from None
    found = []
    for model in list_models():
        module = get_model_builder(model).__module__.removeprefix("torchvision.models.")
        found += [_released(member, model, module) for member in get_model_weights(model)]
    return sorted(found, key=lambda r: (r.is_quantized, r.model, r.enum))


def _released(member: Any, model: str, module: str) -> Released:
    meta = member.meta
    unquantized = meta.get("unquantized")
    return Released(
        enum=type(member).__name__,
        tag=member.name,
        model=model,
        module=module,
        params_m=meta["num_params"] / 1e6,
        gmacs=meta.get("_ops"),
        size_mib=meta.get("_file_size"),
        resolution=_crop_size(member.transforms),
        metrics={dataset: dict(values) for dataset, values in meta.get("_metrics", {}).items()},
        unquantized=unquantized.name if unquantized is not None else None,
        has_own_licence="license" in meta,
    )


def _crop_size(transforms: Any) -> int | None:
    """The side of the square that is cut out at evaluation; None where there is none."""
    size = getattr(transforms, "keywords", {}).get("crop_size")
    if isinstance(size, int):
        return size
    sides = set(size or ())
    return int(sides.pop()) if len(sides) == 1 else None
