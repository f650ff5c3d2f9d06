"""Which names mean the same thing: declarations and mentions become families, backbones, checkpoints and weights.

Two names are one entity where they fold to the same text, or where an alias says so. The first declaration of a thing
names it and each later one only fills what is still unknown.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from backbones.store.records import Mention, Plain
from backbones.store.text import fold
from backbones.store.vocabulary import licence_class

_NAMING: Final = {"family": 0, "backbone": 1}
"""What says that a thing exists also names it: read before everything that only mentions it."""


@dataclass(slots=True)
class Entity:
    """A thing with one name, its attributes and the other entities it belongs to."""

    id: int
    name: str
    known: Plain = field(default_factory=dict)
    owner: int | None = None
    """A backbone's family, a checkpoint's backbone, a file's checkpoint."""

    def learn(self, values: Plain) -> None:
        """Fill in what is not known yet."""
        for key, value in values.items():
            self.known.setdefault(key, value)


class Register:
    """All entities of one kind by their folded names and aliases, in the order in which they were found."""

    def __init__(self, kind: str, known: Mapping[str, int] | None = None) -> None:
        """`known`: ids by folded name of an earlier build, which these entities keep."""
        self.kind = kind
        self.entities: list[Entity] = []
        self.aliases: dict[str, tuple[str, str, str]] = {}
        """folded alias -> entity's name, alias as written, source."""
        self._by_fold: dict[str, Entity] = {}
        self._by_id: dict[int, Entity] = {}
        self._known = known or {}
        self._last = max(self._known.values(), default=0)

    def __getitem__(self, number: int) -> Entity:
        return self._by_id[number]

    def alias(self, name: str, entity: str, source: str) -> None:
        """Say that a name stands for an entity; the first to say so wins."""
        self.aliases.setdefault(fold(name), (entity, name, source))

    def canonical(self, name: str) -> str:
        """The entity's name that a name stands for; an alias of an alias is followed, a circle is left where it closes."""
        seen = set()
        while (said := self.aliases.get(folded := fold(name))) and folded not in seen:
            seen.add(folded)
            name = said[0]
        return name

    def find(self, name: str | None) -> Entity | None:
        """The entity of that name or alias, if it exists."""
        return self._by_fold.get(fold(self.canonical(name))) if name else None

    def ensure(self, name: str) -> Entity:
        """The entity of that name or alias, made if it is new."""
        name = self.canonical(name)
        key = fold(name)
        entity = self._by_fold.get(key)
        if entity is None:
            entity = self._by_fold[key] = Entity(self._number(key), name)
            self._by_id[entity.id] = entity
            self.entities.append(entity)
        return entity

    def _number(self, folded: str) -> int:
        """An entity's id: its former one, else one that no other entity has or had."""
        if (number := self._known.get(folded)) is None:
            number = self._last = self._last + 1
        return number

    def all_aliases(self) -> Iterable[tuple[str, Entity, str]]:
        """Name, entity, source; every entity's own name included."""
        for entity in self.entities:
            yield entity.name, entity, "catalogue"
        for folded, (target, written, source) in self.aliases.items():
            found = self._by_fold.get(fold(self.canonical(target)))
            if found is not None and (fold(found.name) != folded or written != found.name):
                yield written, found, source


@dataclass(frozen=True, slots=True)
class Subject:
    """What a mention was found to be; None where it names none."""

    family: int | None
    backbone: int | None
    architecture: int | None
    checkpoint: int | None
    weights: int | None


class Identity:
    """Resolves all names of a catalogue at once."""

    def __init__(
        self,
        declarations: Iterable[tuple[str, Plain]],
        mentions: Iterable[Mention],
        known: Mapping[str, Mapping[str, int]] | None = None,
    ) -> None:
        """`known`: kind -> folded name -> id of an earlier build; who was there keeps its id."""
        before = known or {}
        self.families, self.backbones = (
            Register("family", before.get("family")),
            Register("backbone", before.get("backbone")),
        )
        self.checkpoints = Register("checkpoint", before.get("checkpoint"))
        self.weights = Register("weights", before.get("weights"))
        kinds = ("dataset", "head", "device", "source", "collection")
        self.others = {kind: Register(kind, before.get(kind)) for kind in kinds}
        self._belongs: dict[str, str] = {}
        self._copies: dict[str, str] = {}
        self._architecture: dict[int, str] = {}
        declared = list(declarations)
        for kind, body in declared:
            self._learn_aliases(kind, body)
        declared.sort(key=lambda said: _NAMING.get(said[0], len(_NAMING)))
        for kind, body in declared:
            self._learn(kind, body)
        for mention in mentions:
            self._meet(mention)
        for folded, original in self._copies.items():
            self._join_copy(folded, original)
        for kind, body in declared:
            if kind == "pretraining" and (checkpoint := self.checkpoints.find(body["checkpoint"])):
                checkpoint.learn(body)  # only where a released file still belongs to it
            elif kind == "measured_device":
                self.others["device"].ensure(body["device"]).learn(
                    body
                )  # what its maker says is known already, and stays
        self._settle()

    def _learn_aliases(self, kind: str, body: Plain) -> None:
        registers = {"family": self.families, "backbone": self.backbones, "checkpoint": self.checkpoints} | self.others
        if kind == "alias":
            if body.get("verdict", "same") != "same":
                return
            if body["kind"] == "weights":
                self._belongs.setdefault(fold(body["name"]), body["entity"])
            elif body["kind"] == "copy":
                self._copies.setdefault(fold(body["name"]), body["entity"])
            elif body["kind"] in registers:
                registers[body["kind"]].alias(body["name"], body["entity"], body["source"])
        elif kind == "belongs":
            self._belongs.setdefault(fold(body["weights"]), body["checkpoint"])
        elif kind in registers:
            for name in body.get("aliases", ()):
                registers[kind].alias(name, body[kind], "family file")
            if kind == "backbone" and body.get("timm_name"):
                self.backbones.alias(body["timm_name"], body["backbone"], "timm")

    def _learn(self, kind: str, body: Plain) -> None:
        if kind == "family":
            self.families.ensure(body["family"]).learn(body)
        elif kind in ("backbone", "placed"):
            self._backbone(body["backbone"], body.get("family")).learn(body)
        elif kind == "checkpoint":
            self._checkpoint(body["checkpoint"], body.get("backbone")).learn(body)
        elif kind == "belongs":
            self._released(body["weights"], None, None)
        elif kind == "weights":
            self._released(body["weights"], body.get("checkpoint"), body.get("backbone")).learn(body)
        elif kind in self.others:
            self.others[kind].ensure(body[kind]).learn(body)

    def _backbone(self, name: str, family: str | None) -> Entity:
        entity = self.backbones.ensure(name)
        if entity.owner is None and family:
            entity.owner = self.families.ensure(family).id
        return entity

    def _checkpoint(self, name: str, backbone: str | None) -> Entity:
        entity = self.checkpoints.ensure(name)
        if entity.owner is None and backbone:
            entity.owner = self._backbone(backbone, None).id
        return entity

    def _released(self, name: str, checkpoint: str | None, backbone: str | None) -> Entity:
        entity = self.weights.ensure(name)
        checkpoint = self._belongs.get(fold(name), checkpoint)
        if fold(name) in self._copies:
            entity.known.setdefault("checkpoint", checkpoint)  # only if the original turns out to be unknown
        elif entity.owner is None and checkpoint:
            entity.owner = self._checkpoint(checkpoint, backbone).id
        if backbone:
            entity.known.setdefault("backbone", self._backbone(backbone, None).name)
        return entity

    def _join_copy(self, folded: str, original: str) -> None:
        """The same trained numbers in another library's file: one checkpoint, and one setting where both were evaluated."""
        copy, first = self.weights.find(folded), self.weights.find(original)
        if copy is None:
            return
        if first is not None and first is not copy and first.owner is not None:
            copy.known["copy_of"], copy.owner = first.known.get("copy_of", first.id), first.owner
        elif checkpoint := copy.known.get("checkpoint"):
            copy.owner = self._checkpoint(checkpoint, copy.known.get("backbone")).id

    def _meet(self, mention: Mention) -> None:
        """A mention brings what it names into being."""
        if mention.backbone:
            self._backbone(mention.backbone, mention.family)
        elif mention.family:
            self.families.ensure(mention.family)
        if mention.checkpoint:
            self._checkpoint(mention.checkpoint, mention.backbone)
        if mention.weights:
            self._released(mention.weights, mention.checkpoint, mention.backbone)

    def _settle(self) -> None:
        for backbone in self.backbones.entities:
            other = backbone.known.get("architecture")
            found = self.backbones.find(other) if other else None
            backbone.known["architecture_id"] = found.id if found else backbone.id
        files: dict[int, list[Entity]] = {}
        for released in self.weights.entities:
            if "licence" in released.known or "library" in released.known:
                released.known["licence_class"] = licence_class(released.known.get("licence"))
            if released.known.get("library") == "timm" and (owner := self.backbone_of_weights(released)):
                owner.known.setdefault("timm_name", released.name.partition(".")[0])
            if released.owner is not None:
                files.setdefault(released.owner, []).append(released)
        for checkpoint in self.checkpoints.entities:
            for key in ("licence_class", "installable"):
                said = {r.known.get(key) for r in files.get(checkpoint.id, [])}
                if len(said) == 1:
                    checkpoint.known[key] = said.pop()

    def backbone_of_weights(self, released: Entity) -> Entity | None:
        """The backbone of a released file: its checkpoint's, else the one it names."""
        if released.owner is not None and (owner := self.checkpoints[released.owner].owner) is not None:
            return self.backbones[owner]
        return self.backbones.find(released.known.get("backbone"))

    def subject(self, mention: Mention) -> Subject:
        """What a mention means, from the most specific name that it gives."""
        weights = self.weights.find(mention.weights)
        checkpoint = self.checkpoints.find(mention.checkpoint)
        if weights is not None and weights.owner is not None and checkpoint is None:
            checkpoint = self.checkpoints[weights.owner]
        backbone = None
        if checkpoint is not None and checkpoint.owner is not None:
            backbone = self.backbones[checkpoint.owner]
        elif weights is not None:
            backbone = self.backbone_of_weights(weights)
        backbone = backbone or self.backbones.find(mention.backbone)
        family = backbone.owner if backbone is not None and backbone.owner else None
        if family is None and (found := self.families.find(mention.family)):
            family = found.id
        return Subject(
            family,
            backbone.id if backbone else None,
            backbone.known["architecture_id"] if backbone else None,
            checkpoint.id if checkpoint else None,
            weights.id if weights else None,
        )

    def rows(self) -> dict[str, list[tuple[Any, ...]]]:
        """The rows of the entity tables, in the column order of the schema."""

        def k(e: Entity, *keys: str) -> tuple[Any, ...]:
            return tuple(e.known.get(key) for key in keys)

        found: dict[str, list[tuple[Any, ...]]] = {
            "family": [(e.id, e.name, *k(e, "token_mixer", "hierarchical", "published", "paper", "code")) for e in self.families.entities],
            "backbone": [(e.id, e.name, e.owner, *k(e, "params_m", "timm_name", "architecture_id")) for e in self.backbones.entities],
            "checkpoint": [
                (e.id, e.name, e.owner, self._dataset(e, "pretraining_dataset"),
                 *k(e, "pretraining_method", "pretraining_resolution", "pretraining_epochs", "licence_class", "installable"))
                for e in self.checkpoints.entities
            ],
            "released": [self._released_row(e) for e in self.weights.entities],
            "dataset": [
                (e.id, e.name, *k(e, "tasks", "domain", "classes", "train_images", "test_images", "website"))
                for e in self.others["dataset"].entities
            ],
            "head": [(e.id, e.name, *k(e, "tasks", "paper", "code")) for e in self.others["head"].entities],
            "device": [(e.id, e.name, *k(e, "kind", "vendor", "memory_gib")) for e in self.others["device"].entities],
            "source": [
                (e.id, e.name, *k(e, "title", "url", "kind", "licence", "version", "retrieved"))
                for e in self.others["source"].entities
            ],
            "collection": [(e.id, e.name, *k(e, "title", "preference")) for e in self.others["collection"].entities],
        }  # fmt: skip
        return found

    def _dataset(self, e: Entity, key: str) -> str | None:
        """The data set that something was trained on, under the catalogue's name: ImageNet-21k is ImageNet-22k."""
        said: str | None = e.known.get(key)
        found = self.others["dataset"].find(said)
        return found.name if found else said

    def _released_row(self, e: Entity) -> tuple[Any, ...]:
        backbone = self.backbone_of_weights(e)
        keys = ("library", "loader", "hub_id", "licence", "licence_class", "intermediate_dataset", "fine_tuning_dataset",
                "installable", "why_not", "size_mib", "copy_of")  # fmt: skip
        values = [self._dataset(e, key) if key.endswith("_dataset") else e.known.get(key) for key in keys]
        if values[1] is None and values[0] == "timm":
            values[1] = e.name
        return (e.id, e.name, e.owner, backbone.id if backbone else None, *values)

    def alias_rows(self) -> list[tuple[Any, ...]]:
        """The rows of the table `alias`, without an id."""
        registers = [self.families, self.backbones, self.checkpoints, self.weights]
        registers += [self.others[kind] for kind in ("dataset", "head", "device")]
        rows = [
            (name, fold(name), entity.name, entity.id, register.kind, source)
            for register in registers
            for name, entity, source in register.all_aliases()
        ]
        spelled = {(row[0], row[4]) for row in rows}
        for backbone in self.backbones.entities:  # measurements are joined by timm's exact name
            name = backbone.known.get("timm_name")
            if name and (name, "backbone") not in spelled and self.backbones.find(name) is backbone:
                rows.append((name, fold(name), backbone.name, backbone.id, "backbone", "timm"))
        return rows
