"""What can be listed: the rows of each kind of list, its columns, what they name, and the order one starts with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from backbones.store.rows import Column
from backbones.store.schema import VIEWS

NAMES: Final[dict[str, str]] = {
    "family": "family", "backbone": "backbone", "checkpoint": "checkpoint", "weights": "weights", "dataset": "dataset",
    "pretraining_dataset": "dataset", "intermediate_dataset": "dataset", "fine_tuning_dataset": "dataset",
    "train_dataset": "dataset", "head": "head", "device": "device", "source": "source", "collection": "collection", "list": "list",
}  # fmt: skip
"""The kind of thing that the values of a column name."""

_NUMBERS: Final[dict[str, tuple[str, str, bool | None, int | None]]] = {
    "value": ("value", "", None, None), "params_m": ("params M", "M", False, 1), "gmacs": ("GMACs", "G", False, 2),
    "printed": ("printed", "", None, 2), "activations_m": ("activations M", "M", False, 1), "memory_mib": ("memory MiB", "MiB", False, 0),
    "file_size_mib": ("file MiB", "MiB", False, 0), "size_mib": ("size MiB", "MiB", False, 0), "resolution": ("res", "px", None, 0),
    "crop_size": ("crop", "px", None, 0), "train_epochs": ("epochs", "epochs", None, 0), "batch_size": ("batch", "", None, 0),
    "fine_tuning_epochs": ("ft epochs", "epochs", None, 0), "fine_tuning_resolution": ("ft res", "px", None, 0),
    "pretraining_resolution": ("pt res", "px", None, 0), "pretraining_epochs": ("pt epochs", "epochs", None, 0),
    "throughput_img_s": ("img/s", "img/s", True, 0), "latency_ms": ("ms", "ms", False, 2), "peak_memory_mib": ("peak MiB", "MiB", False, 0),
    "memory_gib": ("memory GiB", "GiB", None, 0), "best_top_1": ("best top-1", "percent", True, 2), "preference": ("preference", "", None, 0),
    "classes": ("classes", "", None, 0), "train_images": ("train images", "", None, 0), "test_images": ("test images", "", None, 0),
    "rank": ("rank", "", False, 0), "was": ("was", "", None, None),
}  # fmt: skip
_FLAGS: Final = ("applied", "hierarchical", "installable", "compiled", "higher_is_better")
_DATES: Final = ("published", "newest", "retrieved")
_LABELS: Final = {
    "dataset": "data set", "pretraining_dataset": "pretraining", "pretraining_method": "pt method", "train_dataset": "train data",
    "fine_tuning_dataset": "fine-tuning", "intermediate_dataset": "intermediate", "higher_is_better": "higher better",
    "newest": "newest family",
}  # fmt: skip


def column_of(name: str, is_count: bool = False) -> Column:
    """How a column of a list is headed and printed; `weights` counts in one list and names in others."""
    if is_count:
        return Column(name, name, "number", decimals=0)
    if name in _NUMBERS:
        label, unit, better, decimals = _NUMBERS[name]
        return Column(name, label, "number", unit, better, decimals)
    label = _LABELS.get(name, name.replace("_", " "))
    return Column(name, label, "flag" if name in _FLAGS else "date" if name in _DATES else "text")


NAME: Final = "coalesce(c.checkpoint, b.backbone)"
"""What a fact is about: a checkpoint, or a backbone where it says no more."""


@dataclass(frozen=True, slots=True)
class FactList:
    """A list of tens of thousands of facts, of which only the rows on the screen are read."""

    table: str
    view: str
    """The public view that says what a row is."""
    columns: tuple[str, ...]
    """The most telling first."""
    order: tuple[str, bool]
    """Column and whether the largest comes first."""
    conditions: bool = False
    """Whether a fact refers to a row of `condition`."""
    numbers: tuple[tuple[str, float], ...] = ()
    """Columns whose numbers may be long, each with a number about as long as they get."""

    @property
    def keyed(self) -> str:
        """The view's SQL with the fact's id as `key`."""
        return f"select f.id as key, {NAME} as name, " + VIEWS[self.view].strip().removeprefix("select")


FACTS: Final[dict[str, FactList]] = {
    "results": FactList(
        "result", "results",
        ("name", "dataset", "metric", "value", "head", "resolution", "backbone", "weights", "protocol", "conditions", "setting",
         "params_m", "gmacs", "published", "test_aug", "train_epochs", "crop_size", "collection", "source", "source_ref", "checkpoint", "family", "task",
         "pretraining_dataset", "pretraining_method", "intermediate_dataset", "fine_tuning_dataset", "fine_tuning_epochs",
         "fine_tuning_resolution", "train_dataset", "unit", "higher_is_better", "origin"),
        ("published", True), True, (("value", 144.375), ("params_m", 14700.5), ("gmacs", 33943.25)),
    ),
    "throughput": FactList(
        "speed", "throughput",
        ("backbone", "device", "precision", "mode", "resolution", "batch_size", "throughput_img_s", "latency_ms", "peak_memory_mib",
         "params_m", "gmacs", "framework", "memory_format", "compiled", "head", "dataset", "task", "setting", "crop_size", "family",
         "checkpoint", "weights", "collection", "source", "source_ref", "origin"),
        ("throughput_img_s", True), False, (("throughput_img_s", 662620.0), ("latency_ms", 9999.99), ("peak_memory_mib", 81920.0),
         ("params_m", 2982.5), ("gmacs", 6716.25)),
    ),
    "costs": FactList(
        "cost", "costs",
        ("backbone", "resolution", "params_m", "gmacs", "printed", "convention", "activations_m", "memory_mib", "file_size_mib", "head",
         "task", "dataset", "setting", "family", "checkpoint", "weights", "collection", "source", "source_ref", "origin"),
        ("gmacs", True), False, (("params_m", 5044.5), ("gmacs", 2982.25), ("printed", 2982.25), ("activations_m", 999.5), ("memory_mib", 81920.0),
         ("file_size_mib", 9999.0)),
    ),
}  # fmt: skip

OF_SUBJECTS: Final = (
    "name", "family", "backbone", "checkpoint", "weights", "published", "pretraining_dataset", "pretraining_method",
)  # fmt: skip
SUBJECTS: Final = f"""select s.id, {NAME} as name, a.family, b.backbone, c.checkpoint, w.weights, a.published, c.pretraining_dataset,
      c.pretraining_method
    from subject s left join family a on a.id = s.family_id left join backbone b on b.id = s.backbone_id
    left join checkpoint c on c.id = s.checkpoint_id left join released w on w.id = s.weights_id"""
OF_CONDITIONS: Final = (
    "protocol", "head", "intermediate_dataset", "fine_tuning_dataset", "train_dataset", "conditions", "setting",
)  # fmt: skip
CONDITIONS: Final = f"select id, {', '.join(OF_CONDITIONS)} from condition"

_FACTS_OF: Final = """(select s.{key} as id, sum(q.n) as n from (select mention, count(*) as n from {table} group by mention) q
            join subject s on s.id = q.mention group by 1)"""


def _results_of(key: str) -> str:
    """How many results each family, backbone … has."""
    return _FACTS_OF.format(key=key, table="result")


def _speeds_of(key: str) -> str:
    """How many speeds each has."""
    return _FACTS_OF.format(key=key, table="speed")


@dataclass(frozen=True, slots=True)
class ThingList:
    """A list of some thousand things, read at once."""

    sql: str
    columns: tuple[str, ...]
    counts: frozenset[str] = frozenset()
    """Those of the columns that count."""


def _things(sql: str, columns: str, counts: str = "") -> ThingList:
    return ThingList(sql, tuple(columns.split()), frozenset(counts.split()))


THINGS: Final[dict[str, ThingList]] = {
    "families": _things(
        f"""select a.family, a.published, b.n, c.n, w.n, r.n, v.n,
          best.value, a.token_mixer, a.hierarchical, a.paper, a.code
        from family a
          left join (select family_id as id, count(*) as n from backbone group by 1) b on b.id = a.id
          left join (select b.family_id as id, count(*) as n from checkpoint c join backbone b on b.id = c.backbone_id group by 1) c on c.id = a.id
          left join (select b.family_id as id, count(*) as n from released w join backbone b on b.id = w.backbone_id group by 1) w on w.id = a.id
          left join {_results_of("family_id")} r on r.id = a.id left join {_speeds_of("family_id")} v on v.id = a.id
          left join (select t.family, max(p.value) as value from placement p join setting t on t.id = p.setting where p.dataset = 'ImageNet-1k'
            and p.metric = 'top_1' and p.protocol = 'supervised' and p.rank = 1 group by 1) best on best.family = a.family
        order by r.n desc, a.family""",
        "family published backbones checkpoints weights results speeds best_top_1 token_mixer hierarchical paper code",
        "backbones checkpoints weights results speeds",
    ),
    "backbones": _things(
        f"""select b.backbone, a.family, b.params_m, a.published, c.n, r.n, v.n, b.timm_name,
          (select group_concat(name, ', ') from (select name from alias l where l.kind = 'backbone' and l.entity_id = b.id
            and l.name <> b.backbone order by name))
        from backbone b left join family a on a.id = b.family_id
          left join (select backbone_id as id, count(*) as n from checkpoint group by 1) c on c.id = b.id
          left join {_results_of("backbone_id")} r on r.id = b.id left join {_speeds_of("backbone_id")} v on v.id = b.id
        order by a.family, b.params_m, b.backbone""",
        "backbone family params_m published checkpoints results speeds timm_name aliases", "checkpoints results speeds",
    ),
    "checkpoints": _things(
        f"""select c.checkpoint, b.backbone, a.family, b.params_m, c.pretraining_dataset, c.pretraining_method, c.pretraining_resolution,
          c.pretraining_epochs, w.n, r.n, a.published
        from checkpoint c left join backbone b on b.id = c.backbone_id left join family a on a.id = b.family_id
          left join (select checkpoint_id as id, count(*) as n from released group by 1) w on w.id = c.id
          left join {_results_of("checkpoint_id")} r on r.id = c.id
        order by a.family, b.params_m, c.checkpoint""",
        "checkpoint backbone family params_m pretraining_dataset pretraining_method pretraining_resolution pretraining_epochs weights results "
        "published", "weights results",
    ),
    "weights": _things(
        f"""select w.weights, c.checkpoint, b.backbone, a.family, w.library, w.licence, w.licence_class, w.installable, r.n, w.size_mib,
          c.pretraining_dataset, w.intermediate_dataset, w.fine_tuning_dataset, w.loader, w.hub_id, w.why_not
        from released w left join checkpoint c on c.id = w.checkpoint_id left join backbone b on b.id = w.backbone_id
          left join family a on a.id = b.family_id left join {_results_of("weights_id")} r on r.id = w.id
        order by w.weights""",
        "weights checkpoint backbone family library licence licence_class installable results size_mib pretraining_dataset "
        "intermediate_dataset fine_tuning_dataset loader hub_id why_not", "results",
    ),
    "datasets": _things(
        """select d.dataset, d.tasks, d.domain, d.classes, d.train_images, d.test_images, r.n, r.backbones, r.checkpoints, t.n, r.newest,
          d.website
        from dataset d left join (select pretraining_dataset as dataset, count(*) as n from checkpoint group by 1) t on t.dataset = d.dataset
          left join (select q.dataset, sum(q.n) as n, count(distinct s.backbone_id) as backbones,
            count(distinct s.checkpoint_id) as checkpoints, max(case when q.reported then a.published end) as newest
            from (select dataset, mention, count(*) as n, max(collection is not 'probe') as reported from result group by 1, 2) q
            join subject s on s.id = q.mention
            left join family a on a.id = s.family_id group by 1) r on r.dataset = d.dataset
        order by r.n desc, d.dataset""",
        "dataset tasks domain classes train_images test_images results backbones checkpoints pretrained newest website",
        "results backbones checkpoints pretrained",
    ),
    "heads": _things(
        """select h.head, h.tasks, r.n, r.backbones, r.datasets, v.n, r.newest, h.paper, h.code from head h
          left join (select k.head, sum(q.n) as n, count(distinct s.backbone_id) as backbones, count(distinct q.dataset) as datasets,
            max(a.published) as newest from (select condition, mention, dataset, count(*) as n from result group by 1, 2, 3) q
            join condition k on k.id = q.condition join subject s on s.id = q.mention left join family a on a.id = s.family_id
            where k.head is not null group by 1) r on r.head = h.head
          left join (select head, count(*) as n from speed where head is not null group by 1) v on v.head = h.head
        order by r.n desc, h.head""",
        "head tasks results backbones datasets speeds newest paper code", "results backbones datasets speeds",
    ),
    "devices": _things(
        """select d.device, case when d.device = :here then 'here' when o.own > 0 then 'in this machine' end, d.kind, d.vendor, d.memory_gib,
          v.n, v.backbones, p.precisions, v.newest, o.measured, o.predicted from devices d
          left join (select x.device, count(*) as n, count(distinct s.backbone_id) as backbones, max(a.published) as newest
            from speed x join subject s on s.id = x.mention left join family a on a.id = s.family_id group by 1) v on v.device = d.device
          left join (select device, group_concat(precision, ', ') as precisions from (select distinct device, precision from speed
            where precision is not null order by 1, 2) group by 1) p on p.device = d.device
          left join (select device, sum(origin = 'measured') as measured, sum(origin = 'predicted') as predicted,
            sum(origin = 'measured' and source = 'probe:' || :host) as own from throughput
            where origin <> 'reported' group by 1) o on o.device = d.device
        order by coalesce(d.device = :here, 0) desc, coalesce(o.own, 0) > 0 desc, coalesce(v.n, 0) + coalesce(o.measured, 0) desc, d.device""",
        "device here kind vendor memory_gib speeds backbones precisions newest measured predicted", "speeds backbones measured predicted",
    ),
    "sources": _things(
        """select s.source, s.title, r.n, v.n, c.n, coalesce(r.n, 0) + coalesce(v.n, 0) + coalesce(c.n, 0) as facts,
          s.kind, s.licence, s.version, s.retrieved, s.url from source s
          left join (select source, count(*) as n from result group by 1) r on r.source = s.source
          left join (select source, count(*) as n from speed group by 1) v on v.source = s.source
          left join (select source, count(*) as n from cost group by 1) c on c.source = s.source
        order by facts desc, s.source""",
        "source title results speeds costs facts kind licence version retrieved url", "results speeds costs facts",
    ),
    "collections": _things(
        """select o.collection, o.title, o.preference, r.n, r.datasets, v.n, c.n from collection o
          left join (select collection, count(*) as n, count(distinct dataset) as datasets from result group by 1) r on r.collection = o.collection
          left join (select collection, count(*) as n from speed group by 1) v on v.collection = o.collection
          left join (select collection, count(*) as n from cost group by 1) c on c.collection = o.collection
        order by o.preference""",
        "collection title preference results datasets speeds costs", "results datasets speeds costs",
    ),
    "aliases": _things("select name, entity, kind, source from aliases order by kind, entity, name", "name entity kind source"),
    "suspects": _things("select fact, kind, confidence, text from suspects", "fact kind confidence text"),
    "corrections": _things(
        'select collection, source_ref, "column", was, value, reason, source, applied from corrections',
        "collection source_ref column was value reason source applied",
    ),
    "rankings": _things(
        "select list, rank, name, checkpoint, task, dataset, collection, source from rankings order by list, rank",
        "list rank name checkpoint task dataset collection source",
    ),
    "metrics": _things(
        """select m.metric, m.label, m.unit, m.higher_is_better, r.n from metric m
          left join (select metric, count(*) as n from result group by 1) r on r.metric = m.metric order by r.n desc, m.metric""",
        "metric label unit higher_is_better results", "results",
    ),
    "tasks": _things(
        "select task, dataset, count(*) from result group by 1, 2 order by 3 desc, 1, 2", "task dataset results", "results"
    ),
    "matches": _things(
        "select name, entity, kind, verdict, rule, evidence, source from matches order by verdict, kind, entity",
        "name entity kind verdict rule evidence source",
    ),
}  # fmt: skip

KINDS: Final[dict[str, str]] = {
    "families": "published lines of architectures", "backbones": "architectures at one size",
    "checkpoints": "backbones after pretraining", "weights": "released files that can be loaded",
    "results": "every number that a source reports", "throughput": "every speed, reported or measured",
    "costs": "parameters, multiply-accumulates, memory, file sizes", "datasets": "what was trained and evaluated on",
    "heads": "what is put on a backbone for detection, segmentation, keypoints", "devices": "what speeds were measured on",
    "sources": "papers, repositories and packages that numbers come from", "collections": "through which collection numbers came",
    "rankings": "lists that others made", "suspects": "facts that are doubted, and why", "corrections": "what was put right",
    "metrics": "what results are in, with unit and direction", "tasks": "what is evaluated on which data set",
    "columns": "what a filter, an axis or a table can name", "aliases": "other names of things", "matches": "which names were judged the same, and which not",
}  # fmt: skip
"""Every list with what it holds, the most used first."""
