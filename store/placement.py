"""Which results speak of the same setting, and which of them is preferred.

A setting is one checkpoint under one condition (resolution, fine-tuning chain, head, schedule …). Some sources list training
on at a higher resolution as fine-tuning on the pretraining data, others do not: that is no difference. Where a condition knows
several released files of a checkpoint, each file is a setting of its own; copies of one file in several libraries are one.
A result that names a file and no stages of fine-tuning is placed under the file's own stages, where others report them.
Within a setting the value whose collection has the smallest `preference` is chosen; n_sources and spread say what the
others hold. Names and costs are kept beside, so that an answer reads two tables and not eight.
A withdrawn result is in no choice.

The temporary table `scope` (mention, place) holds the mentions whose results are placed: all of them, or whole checkpoints.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable

_WHO = "coalesce(s.checkpoint_id, -r.mention)"


def _run(connection: sqlite3.Connection, script: str) -> None:
    """Each statement inside the running transaction, which executescript would end."""
    for statement in script.split(";\n"):
        connection.execute(statement)


def reckon(connection: sqlite3.Connection, architectures: Iterable[int] | None) -> set[int]:
    """Bring `compute` (GMACs by architecture, resolution and collection) up to date, for all architectures where None.

    Returns the architectures whose GMACs are not what they were.
    """
    if architectures is None:
        connection.execute("delete from compute")
        connection.execute(f"insert into compute {_GMACS.format(some='')}")
        return set()
    connection.execute("create temp table some (architecture integer primary key)")
    connection.executemany("insert into some values (?)", [(number,) for number in architectures])
    of_some = "select * from compute where architecture in (select architecture from temp.some)"
    before = set(connection.execute(of_some))
    some = "and s.architecture in (select architecture from temp.some)"
    now = set(connection.execute(_GMACS.format(some=some)))
    changed = {row[0] for row in before ^ now}
    connection.executemany("delete from compute where architecture = ?", [(number,) for number in changed])
    connection.executemany("insert into compute values (?, ?, ?, ?)", [row for row in now if row[0] in changed])
    return changed


_GMACS = """
select architecture, resolution, collection, gmacs from (
select architecture, resolution, collection, min(gmacs) as gmacs,
  max(collection <> 'counted') over (partition by architecture, resolution) as is_reported from (
  select s.architecture, f.resolution, f.collection, f.gmacs from subject s join speed f on f.mention = s.id
    where f.head is null and f.gmacs is not null {some}
  union all select s.architecture, f.resolution, f.collection, f.gmacs from subject s join cost f on f.mention = s.id
    where f.head is null and f.gmacs is not null and (f.collection <> 'counted' or f.setting is null) {some}
  union all select s.architecture, k.resolution, f.collection, f.gmacs
    from subject s join result f on f.mention = s.id join condition k on k.id = f.condition
    where k.head is null and f.gmacs is not null and f.task = 'classification' {some})
where architecture is not null and resolution is not null group by 1, 2, 3)
where collection <> 'counted' or not is_reported"""
"""Our own counts stand in only where no source says a number."""
_SCOPED = "temp.scope x cross join subject s on s.id = x.mention cross join result r on r.mention = x.mention"
_WHOLE = "result r cross join subject s on s.id = r.mention cross join temp.scope x on x.mention = r.mention"
"""Results with what they speak of: by an index for a part of the catalogue, in their own order for all of it."""


def clear(connection: sqlite3.Connection, everything: bool) -> None:
    """Take the scope's settings and what was placed in them out."""
    if everything:
        connection.execute("delete from placement")
        connection.execute("delete from setting")
        return
    _run(
        connection,
        """
        create temp table former as select t.id from temp.scope x cross join setting t on t.subject = x.mention;
        delete from placement where result in
          (select p.result from temp.former f cross join placement p on p.setting = f.id);
        delete from setting where id in (select id from temp.former)
    """,
    )


def place_settings(connection: sqlite3.Connection, everything: bool) -> None:
    """Add the settings of the scope to `setting`, and its results to the temporary table `placed` (result, setting).

    `bare` (condition, dataset, bare) holds for each condition with plain fine-tuning the data set of that and the same
    condition without it; `staged` for each condition without stages the same with them.
    """
    _run(
        connection,
        f"""
        create temp table keyed as
          select r.id as result, {_WHO} as who, x.place, coalesce(w.copy_of, s.weights_id) as weights_id,
            case when b.dataset = c.pretraining_dataset then b.bare else coalesce(g.staged, r.condition) end as condition,
            -1 as file
          from {_WHOLE if everything else _SCOPED}
          left join checkpoint c on c.id = s.checkpoint_id
          left join released w on w.id = s.weights_id left join released o on o.id = coalesce(w.copy_of, w.id)
          left join staged g on g.condition = r.condition and g.fine_tuning = o.fine_tuning_dataset
            and g.intermediate is o.intermediate_dataset
          left join bare b on b.condition = coalesce(g.staged, r.condition);
        create temp table several as
          select who, condition from keyed group by 1, 2 having count(distinct weights_id) > 1;
        create index temp.several_who on several (who, condition);
        update keyed set file = coalesce(weights_id, 0)
          where exists (select 1 from several v where v.who = keyed.who and v.condition = keyed.condition);
        create temp table chosen as
          select row_number() over (order by who, condition, file) + (select coalesce(max(id), 0) from setting) as id,
            who, condition, file, min(place) as place, max(weights_id) as weights_id
          from keyed group by who, condition, file;
        create index temp.chosen_key on chosen (who, condition, file);
        insert into setting
          select c.id, nullif(max(c.who, 0), 0), s.id, c.condition, c.weights_id, s.backbone_id, s.architecture, k.resolution,
            a.family, b.backbone, m.checkpoint, w.weights, a.published, m.pretraining_dataset
          from chosen c cross join temp.scope x on x.place = c.place cross join subject s on s.id = x.mention
          join condition k on k.id = c.condition
          left join family a on a.id = s.family_id left join backbone b on b.id = s.backbone_id
          left join checkpoint m on m.id = c.who left join released w on w.id = c.weights_id;
        create temp table placed as
          select k.result, c.id as setting from keyed k cross join chosen c using (who, condition, file)
    """,
    )


def place_results(connection: sqlite3.Connection) -> None:
    """Add the scope's results to `placement`."""
    _run(
        connection,
        """
        create temp table known_gmacs as select * from compute;
        create index temp.known_gmacs_key on known_gmacs (architecture, resolution);
        create temp table facts as
          select p.result, p.setting, t.checkpoint_id, r.dataset, r.metric, r.task, k.protocol, k.head, k.resolution,
            k.crop_size, r.collection, r.value, r.source, coalesce(c.preference, 1000) as preference,
            o.rank as trust, coalesce(r.params_m, b.params_m) as params_m,
            case when r.gmacs is not null or k.head is not null then r.gmacs else coalesce(
              (select u.gmacs from known_gmacs u where u.architecture = t.architecture and u.resolution = t.resolution and u.collection = r.collection),
              (select min(u.gmacs) from known_gmacs u where u.architecture = t.architecture and u.resolution = t.resolution)) end as gmacs
          from placed p cross join result r on r.id = p.result cross join setting t on t.id = p.setting
          cross join file o on o.id = r.file cross join condition k on k.id = t.condition
          left join collection c on c.collection = r.collection left join backbone b on b.id = t.backbone_id
          where r.id not in (select fact from corrected d join correction n on n.id = d.correction
            where d.place = 'result.value' and n.value is null);
        create temp table shared as
          select distinct setting from (select setting from facts group by setting, dataset, metric, task having count(*) > 1);
        create index temp.shared_setting on shared (setting);
        insert into placement
          select result, setting, checkpoint_id, dataset, metric, task, protocol, head, resolution, crop_size, collection, value, 1, 1, 0.0, params_m, gmacs
          from facts where setting not in (select setting from shared);
        create temp table several_facts as select * from facts where setting in (select setting from shared);
        create index temp.several_setting on several_facts (setting);
        insert into placement
          select result, setting, checkpoint_id, dataset, metric, task, protocol, head, resolution, crop_size, collection, value,
            row_number() over (same order by preference, trust, result),
            (select count(distinct o.source) from several_facts o
              where o.setting = f.setting and o.dataset is f.dataset and o.metric = f.metric and o.task is f.task),
            round(max(value) over same - min(value) over same, 6), params_m, gmacs
          from several_facts f window same as (partition by setting, dataset, metric, task)
    """,
    )


def place_times(connection: sqlite3.Connection) -> None:
    """Fill `timed`: whose speeds are a backbone's: its own, and those of one whose architecture it shares."""
    _run(
        connection,
        """
        delete from timed;
        insert into timed
          select s.backbone_id, s.checkpoint_id, s.id from subject s
          where s.id in (select mention from speed) and s.backbone_id is not null;
        insert into timed
          select b.id, u.checkpoint_id, u.mention from backbone b join timed u on u.backbone_id = b.architecture where b.architecture <> b.id
    """,
    )


def place_speeds(connection: sqlite3.Connection) -> None:
    """Bring `fastest` up to date for the mentions in the temporary table `moved`; merged branches count where they are asked for only."""
    _run(
        connection,
        """
        delete from fastest where mention in (select mention from moved);
        insert into fastest
          select mention, device, mode, resolution, precision, max(throughput_img_s), min(latency_ms), min(peak_memory_mib)
          from speed where head is null and setting is not 'fused' and mention in (select mention from moved) group by 1, 2, 3, 4, 5
    """,
    )
