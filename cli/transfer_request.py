"""What the options of `backbones transfer` come to: the device, the models with their weights, the recipe."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from pathlib import Path

from backbones.cli.session import Session, say
from backbones.cli.transfer import Options
from backbones.probe.speed.choice import choose_devices
from backbones.probe.speed.plan import usual_precision
from backbones.probe.transfer.installed import Installed
from backbones.probe.transfer.request import Asked, Model, Request, read_protocols, read_shots, read_weights
from backbones.store.errors import BackbonesError


def device_of(wanted: str, here: Installed) -> str:
    """The one that evaluates. BackbonesError where several are meant: all but one would be left idle without a word."""
    found = choose_devices([wanted] if wanted else [], here.devices)
    if len(found) > 1:
        raise BackbonesError(
            f"--device {wanted} means {', '.join(found)}, and one run evaluates on one device; name one, and for several GPUs "
            "start a command for each, with models of its own"
        )
    return found[0]


def request_of(session: Session, options: Options, here: Installed, device: str, cache: Path) -> Request:
    """What the options come to. BackbonesError for what cannot be."""
    protocols = read_protocols(options.protocol) or read_protocols(
        ["k-NN,linear" + ",fine-tuning" * bool(options.recipe)]
    )
    models = _models(session, options, here)
    precision = options.precision or usual_precision(device)
    recipe, training = None, ""
    wanted = options.recipe or "quick"
    if "fine-tuning" in protocols:
        from backbones.probe.transfer.recipe_files import check_optimisers, find_recipe

        recipe = find_recipe(wanted)
        check_optimisers(recipe, here.optimisers)
        wanted = str(Path(wanted).absolute()) if Path(wanted).is_file() else wanted
        training = options.precision or (here.mixed.get(device, "fp32") if recipe.recipe.mixed_precision else "fp32")
    elif options.recipe or options.save_weights:
        option = "--recipe" if options.recipe else "--save-weights"
        raise BackbonesError(f"{option} is of fine-tuning; add it: --protocol fine-tuning")
    return Request(
        tuple(models), protocols, precision, training, read_shots(options.shots),
        tuple(range(options.seed, options.seed + options.seeds)), options.resolution, options.channels_last, recipe, wanted,
        str(cache / "fine-tuning"), _folder_for_weights(options),
    )  # fmt: skip


def _folder_for_weights(options: Options) -> str:
    """Made at once: that it cannot be written is better heard before the training than after it."""
    if options.save_weights is None or options.dry_run:
        return ""
    folder = options.save_weights.expanduser().absolute()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        tempfile.TemporaryFile(dir=folder).close()
    except OSError as error:
        raise BackbonesError(
            f"--save-weights {folder}: nothing can be written there: {error.strerror or error}"
        ) from None
    return str(folder)


def _models(session: Session, options: Options, here: Installed) -> list[Model]:
    named = [name for text in options.models for name in text.split(",") if name.strip()]
    is_own = options.random_weights or bool(options.weights)
    names = here.named(named, with_tags=not options.random_weights) if named else _picked(session, options, here)
    if options.random_weights:
        names = list(dict.fromkeys(name.partition(".")[0] for name in names))
        return [Model(here.facts[name], "random") for name in names]
    if not is_own:
        return [Model(here.facts[name]) for name in names]
    return _with_files(here, named, options.weights)


def _with_files(here: Installed, named: list[str], texts: tuple[str, ...]) -> list[Model]:
    """Images are prepared as for the name. Where the user named the tag, the file is taken for its weights; else it is their own."""
    asked = list(dict.fromkeys(Asked(name, "." in wish) for wish in named for name in here.named([wish])))
    files = read_weights(texts, asked)
    found: dict[Model, None] = {}
    for one in asked:
        of_tag = Asked(one.name, True)
        if one in files and not one.has_tag:
            found[Model(here.facts[one.name.partition(".")[0]], *files[one])] = None
        elif of_tag in files:
            found[Model(here.facts[one.name], *files[of_tag])] = None
        else:
            found[Model(here.facts[one.name])] = None
    return list(found)


def _picked(session: Session, options: Options, here: Installed) -> list[str]:
    from backbones.probe.transfer.picked import picked

    found = picked(session.explorer(), options.pick, here)
    if found.not_in_timm:
        say(f"{found.not_in_timm:,} of {found.rows:,} rows are of a backbone that the installed timm does not have")
    if not found.models:
        raise BackbonesError(
            "nothing to evaluate: " + ("none of the rows is of a model in timm" if found.rows else "no row passes")
        )
    return list(found.models)


def with_weights(request: Request) -> Request:
    """Without the models whose weights cannot be had, which is said at once. BackbonesError where none is left."""
    from backbones.probe.transfer.at_hand import without_weights

    without = without_weights(model.facts for model in request.models if model.weights == "pretrained")
    left = tuple(model for model in request.models if model.name not in without)
    if not left:
        raise BackbonesError("nothing can be evaluated\n" + "\n".join(_few(list(without.values()))))
    for sentence in _few(list(without.values())):
        say(sentence)
    return replace(request, models=left)


def _few(sentences: list[str], most: int = 5) -> list[str]:
    return sentences[:most] + [f"and {len(sentences) - most:,} more models without weights"] * (len(sentences) > most)
