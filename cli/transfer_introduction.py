"""What a run of `backbones transfer` says of the images before it begins: how many, what is odd, what they are called."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING

from backbones.cli.session import Session, say
from backbones.cli.transfer import Options
from backbones.store.text import slug

if TYPE_CHECKING:
    from backbones.probe.transfer.images import ImageData


def introduce(session: Session, options: Options, data: ImageData) -> None:
    """Say what there is and what its results will be called, and note it unless it is a dry run."""
    val = f", {len(data.val):,} to choose on" if data.val else ""
    say(
        f"{data.name}: {len(data.classes):,} classes, {len(data.train):,} images to train on{val}, {len(data.test):,} to test on"
    )
    for finding in data.findings:
        say(finding)
    connection = session.connect()
    dataset = ""
    if options.dataset:
        from backbones.probe.transfer.known import compare_with_known, known_as

        differences = compare_with_known(connection, options.dataset, data)
        for sentence in differences or [f"it agrees with what is known of {options.dataset}"]:
            say(sentence)
        dataset = known_as(connection, options.dataset, data)
    _say_name(session, connection, options, data, dataset)
    if not options.dry_run:
        from backbones.store.transferring.own_data import note_asked

        note_asked(
            session.places.measurements, data.name, data.data_hash, data.images_hash, dataset, len(data.train), len(data.val),
            _split(options, data),
        )  # fmt: skip


def _split(options: Options, data: ImageData) -> str:
    """Where the split comes from: `20 % drawn to test on, seed 0`"""
    parts = ["given" if data.is_given else f"{100 * options.test:g} % drawn to test on"]
    if data.val and not data.is_val_given:
        parts.append(f"{100 * options.val:g} % drawn to choose on")
    return ", ".join([*parts, f"seed {options.seed}"] if parts != ["given"] else parts)


def _say_name(
    session: Session, connection: sqlite3.Connection, options: Options, data: ImageData, dataset: str
) -> None:
    """What the results will be called, where the user may not expect it."""
    from backbones.store.measurements import OF_THE_USER
    from backbones.store.transferring.own_data import asked_in
    from backbones.store.transferring.own_names import catalog_dataset
    from backbones.store.transferring.versions import renamed

    before = asked_in(session.places.measurements)
    joined = dataset or next(
        (one.dataset for one in before if (one.data, one.data_hash) == (data.name, data.data_hash)), ""
    )
    if joined:
        say(
            f"your results are laid beside those reported on {joined}, below them: top_1@{slug(joined)}:collection=probe"
        )
    elif known := catalog_dataset(connection, data.name):
        say(
            f"the catalogue calls {known} {data.name!r}, too: your results are kept apart as {data.name + OF_THE_USER!r}; "
            f"--name gives them another name, --dataset {slug(known)} joins them where images and split are those of {known}"
        )
    called = data.name + OF_THE_USER * bool(catalog_dataset(connection, data.name))
    if said := renamed(session.places.measurements, data.name, data.data_hash, data.images_hash, called):
        say(said)
    if options.dataset and not dataset:
        say(
            f"your results are not joined with {options.dataset}: that takes a split that is given, and the published numbers of classes and images"
        )
