"""One timm model on the meta device: what it costs, found without weights, memory or computing."""

from __future__ import annotations

import warnings
from typing import Any

import timm
import torch

from backbones.probe.counting.meter import Meter
from backbones.probe.counting.tracing import Tracer
from backbones.store.measuring.count import Count, FeatureMap


def model_names() -> list[str]:
    """All architectures that this timm can build."""
    return list(timm.list_models())


def count(name: str, resolution: int | None = None, fused: bool = False, features: bool = False) -> Count:
    """Count a model at a resolution (its own test resolution where None), in train form or with its branches merged.

    Whatever timm or torch raises for a model that cannot be built so, or cannot take that resolution, is let through.
    """
    with warnings.catch_warnings(), torch.inference_mode():
        warnings.simplefilter("ignore")
        model, is_built_for_size = _build(name, resolution)
        own = _own_size(model)
        height, width = (resolution, resolution) if resolution else own[1:]
        if fused:
            model = _fuse(model)
        image = torch.empty(1, own[0], height, width, device="meta")
        with Meter() as meter:
            model(image)
        maps = _feature_maps(name, resolution, image, fused) if features else None
    return Count(
        name, height, width, sum(p.numel() for p in model.parameters()), meter.macs, meter.activations, fused,
        (height, width) == own[1:], maps, tuple(sorted(meter.uncounted)), timm.__version__, str(torch.__version__).partition("+")[0],
        is_built_for_size, hasattr(model, "forward_intermediates"),
    )  # fmt: skip


def _build(name: str, resolution: int | None, **options: Any) -> tuple[Any, bool]:
    """The model on the meta device; where its layers depend on the resolution, built for that, which is said."""
    with torch.device("meta"):
        model = timm.create_model(name, pretrained=False, **options).eval()
        if resolution is None or _own_size(model)[1:] == (resolution, resolution):
            return model, False
        try:
            return timm.create_model(name, pretrained=False, img_size=resolution, **options).eval(), True
        except TypeError:  # `unexpected keyword argument`: it takes any size as it is
            return model, False


def _own_size(model: Any) -> tuple[int, int, int]:
    """Channels, height and width that timm tests it with."""
    size = timm.data.resolve_model_data_config(model, use_test_size=True)["input_size"]
    return size[0], size[1], size[2]


def _fuse(model: Any) -> Any:
    """The form for inference: branches that are added are one convolution, and normalisation is part of it."""
    from timm.utils import reparameterize_model

    with torch.device("meta"):
        return reparameterize_model(model, inplace=True)


def _feature_maps(name: str, resolution: int | None, image: torch.Tensor, fused: bool) -> tuple[FeatureMap, ...]:
    """The maps that `features_only` gives, with what each is computed from; none where a model has no such form."""
    try:
        model, _ = _build(name, resolution, features_only=True)
    except (RuntimeError, AttributeError, NotImplementedError):
        return ()
    if fused:
        model = _fuse(model)
    told = model.feature_info
    channels, strides = told.channels(), told.reduction()
    indices = tuple(getattr(told, "out_indices", ())) or tuple(range(len(channels)))
    try:
        with Tracer(model.parameters()) as tracer:
            outputs = list(model(image))
    except RuntimeError:  # gemma4_vit looks into its positions, and there are no numbers
        return tuple(FeatureMap(c, int(s), index=i) for c, s, i in zip(channels, strides, indices, strict=True))
    return tuple(
        FeatureMap(c, int(stride), *_size(tuple(out.shape), c), index, *tracer.behind(out))
        for c, stride, index, out in zip(channels, strides, indices, outputs, strict=True)
    )


def _size(shape: tuple[int, ...], channels: int) -> tuple[int | None, int | None]:
    """Height and width of (1, C, H, W) or (1, H, W, C); of other shapes nothing is known."""
    if len(shape) != 4:
        return None, None
    return (shape[2], shape[3]) if shape[1] == channels else (shape[1], shape[2])
