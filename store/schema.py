"""The catalogue's tables, indexes and public views.

Base tables are singular and may change; the plural views are a contract. `mention` holds names as files print them,
`subject` what each mention was found to be; facts point at mentions, so that a new alias moves them without touching them.
"""

from __future__ import annotations

import zlib
from typing import Final

APPLICATION_ID: Final = 0x42424F4E
"""Marks a SQLite file as a catalogue of this program, in bytes 68-71 of its header."""

REVISION: Final = 9
"""Raised when what is derived changes though the tables stay the same: an older catalogue is rebuilt."""

HIDDEN: Final = "hidden by a file of the same name"
"""Stands for the hash of a file whose facts were left out; it is parsed again once nothing hides it."""

TABLES: Final[dict[str, dict[str, type]]] = {
    "file": {"id": int, "name": str, "path": str, "shipped": int, "size": int, "mtime_ns": int, "sha256": str, "rank": int},
    "declaration": {"file": int, "body": str},
    "file_mention": {"file": int, "mention": int, "place": int},
    "file_condition": {"file": int, "condition": int},
    "file_name": {"file": int, "place": str, "name": str, "canonical": str},
    "mention": {"id": int, "family": str, "backbone": str, "checkpoint": str, "weights": str},
    "condition": {
        "id": int, "protocol": str, "head": str, "resolution": int, "crop_size": int, "intermediate_dataset": str,
        "fine_tuning_dataset": str, "train_dataset": str, "train_epochs": float, "conditions": str, "setting": str,
    },
    "result": {
        "id": int, "file": int, "mention": int, "condition": int, "task": str, "dataset": str, "metric": str, "value": float,
        "test_aug": str, "fine_tuning_epochs": float, "fine_tuning_resolution": int, "params_m": float, "printed": float,
        "convention": str, "gmacs": float, "collection": str, "source": str, "source_ref": str,
    },
    "speed": {
        "id": int, "file": int, "mention": int, "task": str, "dataset": str, "head": str, "resolution": int, "crop_size": int,
        "setting": str, "device": str, "precision": str, "framework": str, "memory_format": str, "compiled": int,
        "mode": str, "batch_size": int, "throughput_img_s": float, "latency_ms": float, "peak_memory_mib": float,
        "params_m": float, "printed": float, "convention": str, "gmacs": float, "collection": str, "source": str,
        "source_ref": str,
    },
    "cost": {
        "id": int, "file": int, "mention": int, "head": str, "task": str, "dataset": str, "resolution": int, "setting": str,
        "params_m": float,
        "printed": float, "convention": str, "gmacs": float, "activations_m": float, "memory_mib": float,
        "file_size_mib": float, "collection": str, "source": str, "source_ref": str, "feature_channels": str,
        "feature_strides": str,
    },
    "spelling": {"place": str, "fact": int, "said": str},
    "family": {
        "id": int, "family": str, "token_mixer": str, "hierarchical": int, "published": str, "paper": str, "code": str,
    },
    "backbone": {
        "id": int, "backbone": str, "family_id": int, "params_m": float, "timm_name": str, "architecture": int,
    },
    "checkpoint": {
        "id": int, "checkpoint": str, "backbone_id": int, "pretraining_dataset": str, "pretraining_method": str,
        "pretraining_resolution": int, "pretraining_epochs": float, "licence_class": str, "installable": int,
    },
    "released": {
        "id": int, "weights": str, "checkpoint_id": int, "backbone_id": int, "library": str, "loader": str, "hub_id": str,
        "licence": str, "licence_class": str, "intermediate_dataset": str, "fine_tuning_dataset": str, "installable": int,
        "why_not": str, "size_mib": float, "copy_of": int,
    },
    "subject": {
        "id": int, "family_id": int, "backbone_id": int, "architecture": int, "checkpoint_id": int, "weights_id": int,
    },
    "dataset": {
        "id": int, "dataset": str, "tasks": str, "domain": str, "classes": int, "train_images": int, "test_images": int,
        "website": str,
    },
    "head": {"id": int, "head": str, "tasks": str, "paper": str, "code": str},
    "device": {"id": int, "device": str, "kind": str, "vendor": str, "memory_gib": float},
    "source": {
        "id": int, "source": str, "title": str, "url": str, "kind": str, "licence": str, "version": str, "retrieved": str,
    },
    "collection": {"id": int, "collection": str, "title": str, "preference": int},
    "alias": {"id": int, "name": str, "folded": str, "entity": str, "entity_id": int, "kind": str, "source": str},
    "match": {
        "id": int, "name": str, "entity": str, "kind": str, "source": str, "verdict": str, "rule": str, "evidence": str,
    },
    "suspect": {"id": int, "fact": str, "kind": str, "confidence": str, "text": str},
    "correction": {
        "id": int, "collection": str, "source_ref": str, "column": str, "was": float, "value": float, "reason": str,
        "source": str, "dataset": str, "applied": int,
    },
    "corrected": {"place": str, "fact": int, "said": float, "correction": int},
    "ranking": {
        "id": int, "list": str, "rank": int, "name": str, "checkpoint": str, "task": str, "dataset": str, "collection": str,
        "source": str,
    },
    "bare": {"condition": int, "dataset": str, "bare": int},
    "staged": {"condition": int, "intermediate": str, "fine_tuning": str, "staged": int},
    "setting": {
        "id": int, "checkpoint_id": int, "subject": int, "condition": int, "weights_id": int, "backbone_id": int,
        "architecture": int, "resolution": int, "family": str, "backbone": str, "checkpoint": str, "weights": str,
        "published": str, "pretraining_dataset": str,
    },
    "placement": {
        "result": int, "setting": int, "checkpoint_id": int, "dataset": str, "metric": str, "task": str, "protocol": str,
        "head": str, "resolution": int, "crop_size": int, "collection": str, "value": float, "rank": int, "n_sources": int,
        "spread": float, "params_m": float, "gmacs": float,
    },
    "prominence": {"setting": int, "because": str},
    "metric": {"metric": str, "label": str, "unit": str, "higher_is_better": int},
    "timed": {"backbone_id": int, "checkpoint_id": int, "mention": int},
    "fastest": {
        "mention": int, "device": str, "mode": str, "resolution": int, "precision": str, "throughput_img_s": float,
        "latency_ms": float, "peak_memory_mib": float,
    },
    "compute": {"architecture": int, "resolution": int, "collection": str, "gmacs": float},
}  # fmt: skip
"""Every base table with its columns. An entity keeps its id as long as it is in the catalogue.

`file.rank` is the file's place among all, the most trusted first. A result of file 0 is the user's own (store.transferring): the
catalogue itself has none, nor a placement of a rank below 1. `file_mention`, `file_condition` and `file_name` tell what a
file's facts use, `place` being the first fact that uses a mention, or the column of a name."""

FOREIGN_KEYS: Final[dict[str, dict[str, str]]] = {
    "declaration": {"file": "file"},
    "result": {"file": "file", "mention": "mention", "condition": "condition"},
    "speed": {"file": "file", "mention": "mention"},
    "cost": {"file": "file", "mention": "mention"},
    "backbone": {"family_id": "family"},
    "checkpoint": {"backbone_id": "backbone"},
    "released": {"checkpoint_id": "checkpoint", "backbone_id": "backbone"},
    "placement": {"result": "result", "setting": "setting"},
}

PRIMARY_KEYS: Final = {"placement": "result", "bare": "condition", "prominence": "setting"}
"""Where it is not `id`."""

PLACED: Final = ("setting", "placement", "compute")
"""What is computed from facts by SQL: their indexes are made after the rows where all rows are computed anew."""

INDEXES: Final[dict[str, tuple[tuple[str, ...], ...]]] = {
    "mention": (("family", "backbone", "checkpoint", "weights"),),
    "result": (("file",), ("mention",)),
    "speed": (
        ("file",),
        ("mention", "device", "resolution"),
        ("mention", "device", "head"),
        ("device",),
    ),
    "cost": (("file",), ("mention",)),
    "declaration": (("file",),),
    "file_mention": (("file",),),
    "file_condition": (("file",),),
    "file_name": (("file",),),
    "spelling": (("place", "fact"),),
    "subject": (("architecture",), ("checkpoint_id",), ("backbone_id",), ("family_id",)),
    "setting": (("subject",),),
    "alias": (("folded", "kind"), ("kind", "entity_id")),
    "placement": (
        ("dataset", "metric", "protocol", "rank"),
        ("setting", "dataset", "metric"),
        ("checkpoint_id", "dataset", "metric", "rank"),
    ),
    "timed": (("backbone_id", "mention"),),
    "fastest": (("mention", "device", "resolution"),),
    "compute": (("architecture", "resolution"),),
    "checkpoint": (("backbone_id",),),
    "released": (("checkpoint_id",),),
    "backbone": (("family_id",),),
    "suspect": (("fact",),),
    "corrected": (("place", "fact"),),
}

_NAMED: Final = """
from {fact} f
join subject s on s.id = f.mention
left join family a on a.id = s.family_id
left join backbone b on b.id = s.backbone_id
left join checkpoint c on c.id = s.checkpoint_id
left join released w on w.id = s.weights_id
"""


def _gmacs(setting: str) -> str:
    """A row's own number; else its collection's for that architecture and resolution, else anybody's."""
    key = f"from compute u where u.architecture = s.architecture and u.resolution = {setting}.resolution"
    return (
        f"case when f.gmacs is not null or {setting}.head is not null then f.gmacs else coalesce("
        f"(select u.gmacs {key} and u.collection = f.collection), (select min(u.gmacs) {key})) end"
    )


RESULT_COLUMNS: Final = f"""
a.family, b.backbone, c.checkpoint, w.weights, f.task, f.dataset, k.protocol, f.metric, f.value,
(select unit from metric m where m.metric = f.metric) as unit,
(select higher_is_better from metric m where m.metric = f.metric) as higher_is_better,
k.head, k.resolution, k.crop_size, k.fine_tuning_dataset, f.fine_tuning_epochs, f.fine_tuning_resolution,
k.intermediate_dataset, k.train_dataset, k.train_epochs, f.test_aug, k.conditions, k.setting,
{_gmacs("k")} as gmacs,
coalesce(f.params_m, b.params_m) as params_m, c.pretraining_dataset, c.pretraining_method,
case f.file when 0 then 'measured' else 'reported' end as origin, f.collection, f.source, f.source_ref, a.published"""


def _results(fact: str, extra: str = "") -> str:
    named = _NAMED.format(fact=fact)
    return f"select {RESULT_COLUMNS}{extra} {named} join condition k on k.id = f.condition"


VIEWS: Final[dict[str, str]] = {
    "families": "select family, token_mixer, hierarchical, published, paper, code from family",
    "backbones": """
        select b.backbone, a.family, b.params_m, b.timm_name,
          (select group_concat(name, ', ') from (select name from alias l
            where l.kind = 'backbone' and l.entity_id = b.id and l.name <> b.backbone order by name)) as aliases
        from backbone b left join family a on a.id = b.family_id""",
    "checkpoints": """
        select c.checkpoint, b.backbone, a.family, b.params_m, c.pretraining_dataset, c.pretraining_method,
          c.pretraining_resolution, c.pretraining_epochs
        from checkpoint c left join backbone b on b.id = c.backbone_id left join family a on a.id = b.family_id""",
    "weights": """
        select w.weights, c.checkpoint, b.backbone, a.family,
          nullif(coalesce(c.pretraining_dataset, '') || coalesce(' > ' || w.intermediate_dataset, '')
            || coalesce(' > ' || w.fine_tuning_dataset, ''), '') as training,
          w.library, w.loader, w.hub_id, w.licence, w.licence_class, w.installable, w.why_not, w.size_mib
        from released w left join checkpoint c on c.id = w.checkpoint_id left join backbone b on b.id = w.backbone_id
        left join family a on a.id = b.family_id""",
    "datasets": "select dataset, tasks, domain, classes, train_images, test_images, website from dataset",
    "heads": "select head, tasks, paper, code from head",
    "sources": "select source, title, url, kind, licence, version, retrieved from source",
    "devices": "select device, kind, vendor, memory_gib from device",
    "aliases": "select name, entity, kind, source from alias where name <> entity",
    "matches": "select name, entity, kind, source, verdict, rule, evidence from match",
    "suspects": "select fact, kind, confidence, text from suspect",
    "corrections": """
        select collection, source_ref, "column", was, value, reason, source, applied from correction""",
    "rankings": "select list, rank, name, checkpoint, task, dataset, collection, source from ranking",
    "costs": f"""
        select a.family, b.backbone, c.checkpoint, w.weights, f.head, f.task, f.dataset, f.resolution,
          coalesce(f.params_m, b.params_m) as params_m, f.gmacs, f.printed, f.convention, f.activations_m, f.memory_mib,
          f.file_size_mib, 'reported' as origin, f.collection, f.source, f.source_ref, f.setting
        {_NAMED.format(fact="cost")}""",
    "feature_maps": f"""
        select distinct a.family, b.backbone, h.key + 1 as stage, h.value as channels, t.value as stride, 'reported' as origin,
          f.collection, f.source
        {_NAMED.format(fact="cost")} join json_each('[' || replace(f.feature_channels, ' ', ',') || ']') h
        join json_each('[' || replace(f.feature_strides, ' ', ',') || ']') t on t.key = h.key
        where f.feature_channels is not null""",
    "results": _results("result"),
    "throughput": f"""
        select a.family, b.backbone, c.checkpoint, w.weights, f.task, f.dataset, f.head, f.resolution, f.crop_size, f.setting,
          f.device, f.precision, f.framework, f.memory_format, f.compiled, f.mode, f.batch_size, f.throughput_img_s,
          f.latency_ms, f.peak_memory_mib,
          {_gmacs("f")} as gmacs,
          coalesce(f.params_m, b.params_m) as params_m, 'reported' as origin, f.collection, f.source, f.source_ref
        {_NAMED.format(fact="speed")}""",
    "best_results": _results("result", ", p.n_sources, p.spread")
    + " join placement p on p.result = f.id and p.rank in (1, 0)",
}
"""The public views. Documented in docs/schema.md; a column is never renamed or removed within a major version."""

VERSION: Final = zlib.crc32(repr((REVISION, TABLES, FOREIGN_KEYS, PRIMARY_KEYS, INDEXES, VIEWS)).encode()) & 0x7FFFFFFF
"""What `pragma user_version` of a catalogue of this schema is."""
