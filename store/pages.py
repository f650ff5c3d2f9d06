"""What is known about one named thing, in sections; lists of all things of a kind."""

from __future__ import annotations

import sqlite3
from typing import Any, Final

from backbones.store.errors import UnknownName
from backbones.store.findings import DOUBT
from backbones.store.inventory import choices
from backbones.store.rows import Column, Rows
from backbones.store.text import closest, fold
from backbones.store.values import corrected

KINDS: Final = ("family", "checkpoint", "weights", "backbone", "dataset", "head", "device", "source", "collection")
"""In the order in which a name is looked up."""

_NUMBERS: Final = {
    "params_m": ("params M", 1), "gmacs": ("GMACs", 2), "resolution": ("res", 0), "value": ("value", None), "spread": ("spread", 2),
    "throughput_img_s": ("img/s", 0), "latency_ms": ("ms", 2), "batch_size": ("batch", 0), "n_sources": ("sources", 0),
    "pretraining_resolution": ("pt res", 0), "pretraining_epochs": ("pt epochs", None), "train_epochs": ("epochs", None),
    "rank": ("rank", 0), "classes": ("classes", 0), "train_images": ("train images", 0), "test_images": ("test images", 0),
    "memory_gib": ("GiB", None), "best_top_1": ("best top-1", 2), "preference": ("preference", 0), "size_mib": ("MiB", 0),
    "crop_size": ("crop", 0),
}  # fmt: skip

_LISTS: Final[dict[str, str]] = {
    "families": """select a.family, a.published, a.token_mixer, a.hierarchical,
        (select count(*) from backbone b where b.family_id = a.id) as backbones,
        (select count(*) from subject s join result r on r.mention = s.id where s.family_id = a.id) as results,
        (select max(p.value) from placement p join checkpoint c on c.id = p.checkpoint_id join backbone b on b.id = c.backbone_id
          where b.family_id = a.id and p.metric = 'top_1' and p.dataset = 'ImageNet-1k' and p.rank = 1 and p.protocol = 'supervised') as best_top_1,
        a.paper from family a order by results desc, a.family""",
    "backbones": "select backbone, family, params_m, timm_name, aliases from backbones order by family, params_m, backbone",
    "checkpoints": "select checkpoint, backbone, family, params_m, pretraining_dataset, pretraining_method from checkpoints order by family, params_m, checkpoint",
    "weights": "select weights, checkpoint, backbone, library, licence, licence_class, installable, hub_id, why_not from weights order by weights",
    "datasets": """select d.dataset, d.tasks, d.domain, d.classes, d.train_images, d.test_images,
        (select count(*) from result r where r.dataset = d.dataset) as results, d.website from dataset d order by results desc, d.dataset""",
    "heads": """select h.head, h.tasks, (select count(*) from result r join condition k on k.id = r.condition where k.head = h.head) as results,
        h.paper from head h order by results desc, h.head""",
    "devices": """select v.device, v.kind, v.vendor, v.memory_gib, (select count(*) from speed x where x.device = v.device) as speeds,
        (select group_concat(p, ', ') from (select distinct precision as p from speed x where x.device = v.device and precision is not null order by 1)) as precisions
        from device v order by speeds desc, v.device""",
    "sources": """select s.source, s.title, s.kind, s.licence, s.version,
        (select count(*) from result r where r.source = s.source) + (select count(*) from speed x where x.source = s.source) as facts, s.url
        from source s order by facts desc, s.source""",
    "collections": """select c.collection, c.title, c.preference, (select count(*) from result r where r.collection = c.collection) as results,
        (select count(*) from speed x where x.collection = c.collection) as speeds from collection c order by c.preference""",
    "metrics": """select m.metric, m.label, m.unit, m.higher_is_better, (select count(*) from result r where r.metric = m.metric) as results
        from metric m order by results desc, m.metric""",
    "tasks": "select task, dataset, count(*) as results from result group by 1, 2 order by 3 desc",
    "aliases": "select name, entity, kind, source from aliases order by kind, entity",
    "rankings": "select * from rankings",
    "suspects": "select * from suspects",
    "corrections": "select * from corrections",
}  # fmt: skip

LISTS: Final = (*_LISTS, "columns")


def listing(connection: sqlite3.Connection, kind: str) -> Rows:
    """All things of a kind (one of LISTS), with counts."""
    if kind == "columns":
        found = choices(connection, "column")
        return Rows(
            (Column("column", "column"), Column("label", "label"), Column("rows", "rows", "number")),
            tuple((c.reference, c.label, c.count) for c in found),
        )
    return _rows(connection, _LISTS[kind], [])


def _rows(connection: sqlite3.Connection, sql: str, parameters: list[Any]) -> Rows:
    cursor = connection.execute(sql, parameters)
    names = [d[0] for d in cursor.description]
    values = cursor.fetchall()
    return Rows(tuple(_column(n) for n in names), tuple(values))


def _column(name: str) -> Column:
    if name in _NUMBERS:
        label, decimals = _NUMBERS[name]
        return Column(name, label, "number", decimals=decimals)
    if name in ("results", "backbones", "speeds", "facts", "checkpoints"):
        return Column(name, name, "number", decimals=0)
    if name in ("hierarchical", "installable", "higher_is_better", "compiled", "chosen", "applied"):
        return Column(name, name.replace("_", " "), "flag")
    return Column(name, name.replace("_", " "))


def find(connection: sqlite3.Connection, name: str, kind: str | None = None) -> tuple[str, str, int]:
    """kind, name and id of what a name stands for; an exact spelling wins. UnknownName with suggestions."""
    rows = connection.execute(
        "select kind, entity, entity_id, name from alias where folded = ?", [fold(name)]
    ).fetchall()
    for table in ("source", "collection"):
        rows += connection.execute(
            f"select '{table}', {table}, id, {table} from {table} where fold({table}) = ?", [fold(name)]
        ).fetchall()
    rows = [r for r in rows if kind is None or r[0] == kind]
    if not rows:
        raise UnknownName(
            name,
            kind or "family, backbone, checkpoint, weights, data set, head, device or source",
            _suggest(connection, name, kind),
        )
    rows.sort(key=lambda r: (KINDS.index(r[0]), r[3] != name))
    return rows[0][0], rows[0][1], rows[0][2]


def _suggest(connection: sqlite3.Connection, name: str, kind: str | None) -> list[str]:
    from backbones.store import search  # only on a mistake

    if (kind is None or kind in search.KINDS) and (hits := search.search(connection, name, kind, 3)):
        return [hit.matched for hit in hits]
    rows = connection.execute("select distinct name from alias where ? is null or kind = ?", [kind, kind])
    return closest(name, [n for (n,) in rows])


Section = tuple[str, Rows]

_RESULTS = f"""select c.checkpoint, w.weights, r.dataset, r.metric, r.value, k.resolution, k.head, k.train_epochs, k.fine_tuning_dataset,
    r.test_aug, r.params_m, r.gmacs, p.n_sources, p.spread, r.collection, r.source, r.source_ref,
    case when p.rank is null then 0 when count(*) over (partition by p.setting, r.dataset, r.metric) > 1 then p.rank = 1 end as chosen,
    {corrected("result", "r")} as correction, {DOUBT.format(t="r")} as doubt
    from result r join subject s on s.id = r.mention join condition k on k.id = r.condition left join placement p on p.result = r.id
    left join checkpoint c on c.id = s.checkpoint_id left join released w on w.id = s.weights_id"""
_SPEEDS = f"""select b.backbone, x.device, x.precision, x.resolution, x.head, x.mode, x.batch_size, x.throughput_img_s, x.latency_ms, x.framework,
    x.memory_format, x.compiled, x.collection, x.source, x.source_ref,
    {corrected("speed", "x")} as correction, {DOUBT.format(t="x")} as doubt
    from speed x join subject s on s.id = x.mention left join backbone b on b.id = s.backbone_id"""
_ORDER = (
    " order by r.task, r.dataset, r.metric, k.head, k.resolution,"
    " max(r.value) over (partition by p.setting, r.dataset, r.metric) desc, p.setting, p.rank"
)
"""The values of one fact stand one below the other, the chosen one first."""

_SECTIONS: Final[dict[str, tuple[tuple[str, str], ...]]] = {
    "family": (
        ("family", "select family, published, token_mixer, hierarchical, paper, code from family where id = ?"),
        ("backbones", "select b.backbone, b.params_m, b.timm_name, (select count(*) from checkpoint c where c.backbone_id = b.id) as checkpoints from backbone b where family_id = ? order by params_m"),
        ("results", f"{_RESULTS} where s.family_id = ? and p.rank = 1 {_ORDER}"),
        ("throughput", f"{_SPEEDS} where s.family_id = ? order by x.device, x.precision, b.params_m"),
        ("doubts", "select q.kind, q.confidence, q.text from suspect q join family a on q.fact like '% family:' || a.family where a.id = ?"),
    ),
    "backbone": (
        ("backbone", "select backbone, family, params_m, timm_name, aliases from backbones where backbone = (select backbone from backbone where id = ?)"),
        ("checkpoints", "select checkpoint, pretraining_dataset, pretraining_method, pretraining_resolution, pretraining_epochs from checkpoint where backbone_id = ?"),
        ("results", f"{_RESULTS} where s.backbone_id = ? {_ORDER}"),
        ("throughput", f"{_SPEEDS} where s.architecture = (select architecture from backbone where id = ?) order by x.mode, x.resolution, x.device, x.precision"),
    ),
    "checkpoint": (
        ("checkpoint", "select * from checkpoints where checkpoint = (select checkpoint from checkpoint where id = ?)"),
        ("weights", "select weights, library, loader, hub_id, licence, licence_class, installable from released where checkpoint_id = ?"),
        ("results", f"{_RESULTS} where s.checkpoint_id = ? {_ORDER}"),
        ("throughput", f"{_SPEEDS} where s.architecture = (select b2.architecture from checkpoint c2 join backbone b2 on b2.id = c2.backbone_id where c2.id = ?) order by x.mode, x.resolution, x.device, x.precision"),
    ),
    "weights": (
        ("weights", "select * from weights where weights = (select weights from released where id = ?)"),
        ("results", f"{_RESULTS} where s.weights_id = ? {_ORDER}"),
    ),
    "dataset": (
        ("data set", "select dataset, tasks, domain, classes, train_images, test_images, website from dataset where id = ?"),
        ("best results", f"{_RESULTS} where r.dataset = (select dataset from dataset where id = ?) and p.rank = 1 order by r.metric, r.value desc"),
    ),
    "head": (
        ("head", "select head, tasks, paper, code from head where id = ?"),
        ("results", f"{_RESULTS} where k.head = (select head from head where id = ?) and p.rank = 1 order by r.dataset, r.metric, r.value desc"),
    ),
    "device": (
        ("device", "select device, kind, vendor, memory_gib from device where id = ?"),
        ("throughput", f"{_SPEEDS} where x.device = (select device from device where id = ?) order by x.throughput_img_s desc"),
    ),
    "source": (
        ("source", "select source, title, url, kind, licence, version, retrieved from source where id = ?"),
        ("results", f"{_RESULTS} where r.source = (select source from source where id = ?) {_ORDER}"),
        ("throughput", f"{_SPEEDS} where x.source = (select source from source where id = ?)"),
    ),
    "collection": (
        ("collection", "select collection, title, preference from collection where id = ?"),
        ("results", f"{_RESULTS} where r.collection = (select collection from collection where id = ?) {_ORDER}"),
        ("throughput", f"{_SPEEDS} where x.collection = (select collection from collection where id = ?)"),
    ),
}  # fmt: skip


def page(connection: sqlite3.Connection, kind: str, number: int) -> list[Section]:
    """The sections of a thing's page; empty ones and empty columns are left out."""
    found = []
    for title, sql in _SECTIONS[kind]:
        rows = without_empty_columns(_rows(connection, sql, [number]))
        if rows.rows:
            found.append((title, rows))
    return found


def without_empty_columns(rows: Rows) -> Rows:
    """The rows without the columns in which nothing is said."""
    kept = [i for i in range(len(rows.columns)) if any(row[i] is not None for row in rows)]
    return Rows(tuple(rows.columns[i] for i in kept), tuple(tuple(row[i] for i in kept) for row in rows))
