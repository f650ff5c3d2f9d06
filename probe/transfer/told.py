"""What earlier evaluations on this machine tell of the speeds of models that are asked for."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from backbones.probe.speed.device_names import cpu_name, this_cpu
from backbones.probe.transfer.images import ImageData
from backbones.probe.transfer.request import Request
from backbones.probe.transfer.span import Span
from backbones.store.transferring.speeds import Told

SAME: Final = Span(0.95, 1.4)
OTHER: Final = Span(0.5, 2.0)
"""How far from the truth a speed of training may be, of the same images and of others, which may be larger or fewer."""
DECODING_S: Final = 0.001
DECODING_S_A_PIXEL: Final = 8e-9
"""Of an image on one core: resizing, and reading its file."""


def heard_of(
    told: Iterable[Told], request: Request, data: ImageData, device: str
) -> tuple[dict[str, float], dict[str, Span]]:
    """Images a second of models alone, the most that was found, and seconds an image of training by the request's recipe.

    Of several trainings the fastest counts, of the same images where there is one: few images are slower, and so is a busy machine.
    """
    here = [one for one in told if (one.device == cpu_name(this_cpu())) == (device == "cpu")]
    recipe = request.recipe.key if request.recipe else ""
    known: dict[str, float] = {}
    trained: dict[str, Span] = {}
    for model in request.models:
        own = [one for one in here if one.model == model.name.partition(".")[0]]
        side = request.resolution_of(model, "k-NN")
        speeds = [
            one.model_img_s
            for one in own
            if one.model_img_s and (one.resolution, one.precision) == (side, request.precision)
        ]
        if speeds:
            known[model.name] = max(speeds)
        conditions = recipe, request.resolution_of(model, "fine-tuning"), request.training_precision
        trainings = [
            one for one in own if one.training_img_s and (one.recipe, one.resolution, one.precision) == conditions
        ]
        if recipe and trainings:
            best = max(trainings, key=lambda one: (one.data_hash == data.data_hash, one.training_img_s or 0.0))
            far = SAME if best.data_hash == data.data_hash else OTHER
            trained[model.name] = far * (1 / (best.training_img_s or 1.0))
    return known, trained


def decoding_s(data: ImageData) -> float:
    """Seconds that a core takes for one of these images, in the middle."""
    every = (*data.train, *data.val, *data.test)
    pixels = sum(image.width * image.height for image in every) / max(1, len(every))
    return DECODING_S + pixels * DECODING_S_A_PIXEL
