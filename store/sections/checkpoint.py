"""The pages of a checkpoint and of released weights: training stages, files and how to load them, every value."""

from __future__ import annotations

import sqlite3
from typing import Any, Final

from backbones.store.page import Copyable, Page, Section
from backbones.store.sections.doubts import doubts, sources
from backbones.store.sections.downstream import downstream
from backbones.store.sections.family import add_best, add_counts, bibtex, other_names
from backbones.store.sections.here import measured_here
from backbones.store.sections.loading import Released, hub_call, load_call
from backbones.store.sections.owner import Owner, filter_for
from backbones.store.sections.rankings import rankings
from backbones.store.sections.reevaluated import reevaluated
from backbones.store.sections.results import classification, frozen, metric_of, placed, robustness, zero_shot
from backbones.store.sections.speeds import every_speed
from backbones.store.sections.tables import Facts, table
from backbones.store.sections.values import every_value

_ABOUT: Final = """
  select a.family, b.backbone, b.params_m, b.id, b.architecture, c.pretraining_dataset, c.pretraining_method, c.pretraining_resolution,
    c.pretraining_epochs, c.licence_class, c.installable, c.checkpoint, c.id
  from checkpoint c left join backbone b on b.id = c.backbone_id left join family a on a.id = b.family_id where c.id = ?"""


def checkpoint_page(connection: sqlite3.Connection, owner: Owner, most: int) -> Page:
    """Everything about a checkpoint."""
    family, backbone, params, _, architecture, dataset, method, resolution, epochs, licence, installable, *_ = (
        connection.execute(_ABOUT, [owner.id]).fetchone()
    )
    found = placed(connection, owner)
    facts = Facts().add("backbone", backbone, "backbone").add("family", family, "family").add("params M", params)
    facts.add("pretraining data set", dataset, "dataset").add("pretraining method", method)
    facts.add("pretraining resolution", resolution).add("pretraining epochs", epochs)
    facts.add("licence class", licence).flag("installable", installable)
    facts.add("other names", other_names(connection, "checkpoint", owner))
    add_counts(connection, facts, owner)
    here = measured_here(connection, facts, architecture, owner)
    files, copies = released_files(connection, "w.checkpoint_id = ?", [owner.id])
    sections = [
        add_best(facts, found, "checkpoint").section(),
        *training_stages(connection, owner),
        *files,
        *classification(found, "checkpoint"),
        *robustness(found, "checkpoint"),
        *zero_shot(found, "checkpoint"),
        *frozen(found, "checkpoint"),
        *downstream(connection, found, owner),
        *every_value(connection, f"r.mention in {owner.subjects}", [owner.id], most, leave_out=("checkpoint",)),
        *every_speed(connection, architecture, owner.subjects, owner.id),
        *here,
        *reevaluated(connection, owner),
        *rankings(connection, owner),
        *doubts(connection, owner),
        *sources(connection, f"x.mention in {owner.subjects}", [owner.id]),
    ]
    subtitle = ", ".join(
        filter(None, ("checkpoint", backbone and f"of {backbone}", dataset and f"pretrained on {dataset}"))
    )
    copies += bibtex(connection, "checkpoint", owner.name)
    return Page(
        "checkpoint", owner.name, subtitle, tuple(sections), copies, filter_for("checkpoint", owner.name),
        metric_of(connection, owner, found),
    )  # fmt: skip


def weights_page(connection: sqlite3.Connection, owner: Owner, most: int) -> Page:
    """Everything about a released file."""
    (
        library,
        loader,
        hub,
        licence,
        licence_class,
        installable,
        why_not,
        size,
        checkpoint,
        backbone,
        family,
        params,
        architecture,
        original,
    ) = connection.execute(
        """select w.library, w.loader, w.hub_id, w.licence, w.licence_class, w.installable, w.why_not, w.size_mib, c.checkpoint, b.backbone,
              a.family, b.params_m, b.architecture, o.weights
            from released w left join checkpoint c on c.id = w.checkpoint_id left join backbone b on b.id = w.backbone_id
              left join family a on a.id = b.family_id left join released o on o.id = w.copy_of where w.id = ?""",
        [owner.id],
    ).fetchone()
    found = placed(connection, owner)
    call = load_call(Released(owner.name, library, loader, hub, norm_of(connection, owner.id)))
    facts = (
        Facts()
        .add("checkpoint", checkpoint, "checkpoint")
        .add("backbone", backbone, "backbone")
        .add("family", family, "family")
    )
    facts.add("library", library).add("load", call).add("hub id", hub).add("licence", licence).add(
        "licence class", licence_class
    )
    facts.flag("installable", installable).add("why not", why_not).add("size MiB", size).add("params M", params)
    facts.add("the same file as", original, "weights")
    facts.add("other names", other_names(connection, "weights", owner))
    add_counts(connection, facts, owner)
    here = measured_here(connection, facts, architecture, owner)
    files, copies = released_files(
        connection, "w.id = ? or w.copy_of = ? or w.id = (select copy_of from released where id = ?)", [owner.id] * 3
    )
    sections = [
        add_best(facts, found, "weights").section(),
        *training_stages(connection, owner),
        *(files if files and len(files[0].rows) > 1 else []),
        *classification(found, "weights"),
        *robustness(found, "weights"),
        *zero_shot(found, "weights"),
        *frozen(found, "weights"),
        *downstream(connection, found, owner),
        *every_value(
            connection, f"r.mention in {owner.subjects}", [owner.id], most, leave_out=("checkpoint", "weights"), note="Every value that names this file."
        ),
        *every_speed(connection, architecture, owner.subjects, owner.id),
        *here,
        *reevaluated(connection, owner),
        *rankings(connection, owner),
        *doubts(connection, owner),
        *sources(connection, f"x.mention in {owner.subjects}", [owner.id]),
    ]  # fmt: skip
    subtitle = ", ".join(
        filter(None, ("weights", library and f"of {library}", checkpoint and f"checkpoint {checkpoint}"))
    )
    copies += bibtex(connection, "weights", owner.name)
    return Page(
        "weights", owner.name, subtitle, tuple(sections), copies, _filter_of(connection, owner), metric_of(connection, owner, found)
    )  # fmt: skip


def _filter_of(connection: sqlite3.Connection, owner: Owner) -> str:
    """Its rows on the first screen stand under the file that others are copies of."""
    row = connection.execute(
        f"select t.weights, count(*) from setting t where {owner.settings} and t.weights is not null group by 1 order by 2 desc",
        owner.parameters,
    ).fetchone()
    return filter_for("weights", row[0] if row else owner.name)


def training_stages(connection: sqlite3.Connection, owner: Owner) -> list[Section]:
    """The stages of training in order: pretraining, then those of each chain that files or results name."""
    of_weights = owner.kind == "weights"
    first = connection.execute(
        "select c.pretraining_dataset, c.pretraining_method, c.pretraining_resolution, c.pretraining_epochs from checkpoint c where c.id = "
        + ("(select checkpoint_id from released where id = ?)" if of_weights else "?"),
        [owner.id],
    ).fetchone()
    lines: list[tuple[Any, ...]] = []
    if first and any(v is not None for v in first):
        lines.append((1, "pretraining", first[0], first[1], first[3], first[2], None, None))
    chains: dict[tuple[Any, ...], list[str]] = {}
    own = "w.id = ?" if of_weights else "w.checkpoint_id = ?"
    for weights, *chain in connection.execute(
        f"""select w.weights, w.intermediate_dataset, w.fine_tuning_dataset, null, null from released w
          where {own} and coalesce(w.intermediate_dataset, w.fine_tuning_dataset) is not null
        union select coalesce(w.weights, ''), k.intermediate_dataset, k.fine_tuning_dataset, r.fine_tuning_epochs,
            coalesce(r.fine_tuning_resolution, case when r.fine_tuning_epochs is not null then k.resolution end)
          from result r join condition k on k.id = r.condition join subject s on s.id = r.mention left join released w on w.id = s.weights_id
          where r.mention in {owner.subjects} and coalesce(k.intermediate_dataset, k.fine_tuning_dataset) is not null""",
        [owner.id, owner.id],
    ):
        chains.setdefault(tuple(chain), []).append(weights)
    told = {chain[:2] for chain in chains if chain[2] is not None or chain[3] is not None}
    for chain in sorted(
        chains, key=lambda c: tuple((v is None, v or 0) if i > 1 else (v is not None, v or "") for i, v in enumerate(c))
    ):
        intermediate, fine_tuning, epochs, resolution = chain
        files = [name for name in chains[chain] if name]
        if chain[2:] == (None, None) and chain[:2] in told and not files:
            continue
        named = ", ".join(sorted(set(files))) or None
        if intermediate:
            lines.append((2, "intermediate fine-tuning", intermediate, None, None, None, named, None))
        if fine_tuning:
            lines.append((3 if intermediate else 2, "fine-tuning", fine_tuning, None, epochs, resolution, named, None))
    names = ("stage", "training", "dataset", "method", "epochs", "resolution", "files", "note")
    return table("training stages", names, dict.fromkeys(lines))


def norm_of(connection: sqlite3.Connection, weights: int) -> str | None:
    """The norm of the attacks that a file was evaluated under; `corruptions` where it was only under these."""
    rows = connection.execute(
        "select distinct k.conditions, r.dataset from subject s join result r on r.mention = s.id join condition k on k.id = r.condition "
        "where s.weights_id = ?",
        [weights],
    ).fetchall()
    for norm in ("linf", "l2"):
        if any(f"norm={norm}" in (conditions or "") for conditions, _ in rows):
            return norm
    return "corruptions" if any((dataset or "").endswith(("-C", "-3DCC")) for _, dataset in rows) else None


def released_files(
    connection: sqlite3.Connection, where: str, parameters: list[Any]
) -> tuple[list[Section], tuple[Copyable, ...]]:
    """The files with their licence and load call, and the calls to copy."""
    rows = connection.execute(
        f"""select w.weights, w.library, w.loader, w.hub_id, w.intermediate_dataset, w.fine_tuning_dataset, w.licence, w.licence_class,
          w.installable, w.why_not, w.size_mib, o.weights, w.id
        from released w left join released o on o.id = w.copy_of where {where} order by w.copy_of is not null, w.weights""",
        parameters,
    ).fetchall()
    lines: list[tuple[Any, ...]] = []
    copies: list[Copyable] = []
    for (
        weights,
        library,
        loader,
        hub,
        intermediate,
        fine_tuning,
        licence,
        licence_class,
        installable,
        why_not,
        size,
        original,
        number,
    ) in rows:
        norm = norm_of(connection, number) if library == "robustbench" else None
        released = Released(weights, library, loader, hub, norm)
        call, from_hub = load_call(released), hub_call(released)
        lines.append((weights, library, call, f"hf-hub:{hub}" if hub else None, intermediate, fine_tuning, licence, licence_class, installable,
                      why_not, size, original))  # fmt: skip
        copies += [Copyable(f"load {weights}", call)] if call else []
        copies += [Copyable(f"load {weights} from the hub", from_hub)] if from_hub and from_hub != call else []
    names = ("weights", "library", "load", "hub", "intermediate_dataset", "fine_tuning_dataset", "licence", "licence_class", "installable",
             "why_not", "size_mib", "copy_of")  # fmt: skip
    note = "No file is known by a call of its library." if lines and not copies else ""
    return table("released files", names, lines, note=note), tuple(copies)
