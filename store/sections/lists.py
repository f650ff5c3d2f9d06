"""Lists of all things of a kind, with counts and dates: the ones with most facts first."""

from __future__ import annotations

import sqlite3
from typing import Final

from backbones.store.inventory import choices
from backbones.store.rows import Column, Rows
from backbones.store.sections.tables import asked

_LISTS: Final[dict[str, str]] = {
    "families": """
        with told as (select s.family_id as id, count(*) as results from result r join subject s on s.id = r.mention group by 1),
          timed as (select s.family_id as id, count(*) as speeds from speed x join subject s on s.id = x.mention group by 1),
          filed as (select b.family_id as id, count(*) as weights_count from released w join backbone b on b.id = w.backbone_id group by 1),
          trained as (select b.family_id as id, count(*) as checkpoints from checkpoint c join backbone b on b.id = c.backbone_id group by 1),
          best as (select b.family_id as id, max(p.value) as best_top_1 from placement p join checkpoint c on c.id = p.checkpoint_id
            join backbone b on b.id = c.backbone_id where p.metric = 'top_1' and p.dataset = 'ImageNet-1k' and p.rank = 1
            and p.protocol = 'supervised' group by 1)
        select a.family, a.published, a.token_mixer, a.hierarchical, (select count(*) from backbone b where b.family_id = a.id) as backbones,
          coalesce(checkpoints, 0) as checkpoints, coalesce(weights_count, 0) as weights_count, coalesce(results, 0) as results,
          coalesce(speeds, 0) as speeds, best_top_1, a.paper
        from family a left join told using (id) left join timed using (id) left join filed using (id) left join trained using (id)
          left join best using (id) order by results desc, a.family""",
    "backbones": "select backbone, family, params_m, timm_name, aliases from backbones order by family, params_m, backbone",
    "checkpoints": """
        select checkpoint, backbone, family, params_m, pretraining_dataset, pretraining_method from checkpoints
        order by family, params_m, checkpoint""",
    "weights": """
        select weights, checkpoint, backbone, library, licence, licence_class, installable, hub_id, why_not from weights order by weights""",
    "datasets": """
        with told as (select r.dataset, count(*) as results, count(distinct s.checkpoint_id) as checkpoints, max(a.published) as newest
            from result r join subject s on s.id = r.mention left join family a on a.id = s.family_id group by 1),
          trained as (select pretraining_dataset as dataset, count(*) as pretrained from checkpoint group by 1)
        select d.dataset, d.tasks, d.domain, d.classes, d.train_images, d.test_images, coalesce(results, 0) as results,
          coalesce(checkpoints, 0) as checkpoints, coalesce(pretrained, 0) as pretrained, newest, d.website
        from dataset d left join told using (dataset) left join trained using (dataset) order by results desc, d.dataset""",
    "heads": """
        with told as (select k.head, count(*) as results, count(distinct s.backbone_id) as backbones, count(distinct r.dataset) as datasets,
            max(a.published) as newest from result r join condition k on k.id = r.condition join subject s on s.id = r.mention
            left join family a on a.id = s.family_id where k.head is not null group by 1)
        select h.head, h.tasks, coalesce(results, 0) as results, coalesce(backbones, 0) as backbones, coalesce(datasets, 0) as datasets,
          newest, h.paper from head h left join told using (head) order by results desc, h.head""",
    "devices": """
        with timed as (select x.device, count(*) as speeds, count(distinct s.backbone_id) as backbones, max(a.published) as newest
            from speed x join subject s on s.id = x.mention left join family a on a.id = s.family_id group by 1),
          precisions as (select device, group_concat(precision, ', ') as precisions from (select distinct device, precision from speed
            where precision is not null order by 1, 2) group by 1)
        select v.device, v.kind, v.vendor, v.memory_gib, coalesce(speeds, 0) as speeds, coalesce(backbones, 0) as backbones, precisions, newest
        from devices v left join timed using (device) left join precisions using (device) order by speeds desc, v.device""",
    "sources": """
        with told as (select source, count(*) as results from result group by 1),
          timed as (select source, count(*) as speeds from speed group by 1), cost_of as (select source, count(*) as costs from cost group by 1)
        select s.source, s.title, s.kind, s.licence, s.version, s.retrieved, coalesce(results, 0) as results, coalesce(speeds, 0) as speeds,
          coalesce(costs, 0) as costs, coalesce(results, 0) + coalesce(speeds, 0) + coalesce(costs, 0) as facts, s.url
        from source s left join told using (source) left join timed using (source) left join cost_of using (source)
        order by facts desc, s.source""",
    "collections": """
        select c.collection, c.title, c.preference, (select count(*) from result r where r.collection = c.collection) as results,
          (select count(*) from speed x where x.collection = c.collection) as speeds from collection c order by c.preference""",
    "metrics": """
        select m.metric, m.label, m.unit, m.higher_is_better, (select count(*) from result r where r.metric = m.metric) as results
        from metric m order by results desc, m.metric""",
    "tasks": "select task, dataset, count(*) as results from result group by 1, 2 order by 3 desc",
    "aliases": "select name, entity, kind, source from aliases order by kind, entity",
    "rankings": "select * from rankings",
    "suspects": "select * from suspects",
    "corrections": "select * from corrections",
}  # fmt: skip

LISTS: Final = (*_LISTS, "columns")


def listing(connection: sqlite3.Connection, kind: str) -> Rows:
    """All things of a kind (one of LISTS), with counts. `newest` is the newest family that has a number there."""
    if kind == "columns":
        found = choices(connection, "column")
        return Rows(
            (Column("column", "column"), Column("label", "label"), Column("rows", "rows", "number")),
            tuple((c.reference, c.label, c.count) for c in found),
        )
    return asked(connection, _LISTS[kind])
