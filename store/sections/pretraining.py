"""What pretraining on a data set brings: who was pretrained on it, and the same backbones after other pretraining."""

from __future__ import annotations

import sqlite3
from collections import Counter
from statistics import median
from typing import Any, Final

from backbones.store.page import Section
from backbones.store.rows import Column, Rows, Value
from backbones.store.sections.owner import filter_for, main_metric
from backbones.store.sections.tables import columns_of, one, section
from backbones.store.text import fold

MOST_DATASETS: Final = 8

_TOPS: Final = """
  select t.backbone, b.params_m, p.resolution, t.pretraining_dataset, k.intermediate_dataset, max(p.value)
  from placement p cross join setting t on t.id = p.setting cross join condition k on k.id = t.condition
  left join backbone b on b.id = t.backbone_id
  where p.dataset = 'ImageNet-1k' and p.metric = 'top_1' and p.protocol = 'supervised' and p.rank = 1 and p.resolution is not null
    and t.backbone is not null and t.pretraining_dataset is not null group by 1, 3, 4, 5"""


def spellings(connection: sqlite3.Connection, name: str) -> list[str]:
    """The names under which stages of training mean a data set: files write `ImageNet-21k` for ImageNet-22k."""
    rows = connection.execute(
        "select n.name from (select distinct pretraining_dataset as name from checkpoint union select intermediate_dataset from released "
        "union select fine_tuning_dataset from released) n join alias l on l.kind = 'dataset' and l.folded = fold(n.name) where l.entity = ?",
        [name],
    )
    return [name, *sorted({spelling for (spelling,) in rows} - {name})]


def uses(connection: sqlite3.Connection, names: list[str]) -> list[tuple[str, int]]:
    """How many checkpoints were pretrained on it, and how many files went through it later."""
    wanted = f"in ({','.join('?' * len(names))})"
    return [
        (
            "pretrained on it",
            one(connection, f"select count(*) from checkpoint where pretraining_dataset {wanted}", names),
        ),
        (
            "files with it as intermediate",
            one(connection, f"select count(*) from released where intermediate_dataset {wanted}", names),
        ),
        (
            "files fine-tuned on it",
            one(connection, f"select count(*) from released where fine_tuning_dataset {wanted}", names),
        ),
    ]


def seen_best(connection: sqlite3.Connection, names: list[str]) -> tuple[str, str]:
    """The filter of the checkpoints that were pretrained on it, and the metric that most of them have; empty where none has any."""
    wanted = f"({','.join('?' * len(names))})"
    rows = connection.execute(
        "select p.metric, p.dataset, p.protocol from setting t cross join placement p on p.setting = t.id "
        f"where p.rank = 1 and t.pretraining_dataset in {wanted}",
        names,
    ).fetchall()
    metric = main_metric(connection, Counter(rows))
    used = [n for n in names if one(connection, "select 1 from checkpoint where pretraining_dataset = ? limit 1", [n])]
    clause = filter_for("pretraining_dataset", used[0]) if used else ""
    if len(used) > 1:
        clause = f"({' or '.join(filter_for('pretraining_dataset', n) for n in used)})"
    return (clause, metric) if metric else ("", "")


def pretraining_sections(connection: sqlite3.Connection, name: str, names: list[str]) -> list[Section]:
    """The checkpoints, and the comparison with other pretraining; nothing for a data set that none was pretrained on."""
    rows = connection.execute(
        f"""select c.checkpoint, b.backbone, a.family, b.params_m, c.pretraining_method, c.pretraining_epochs, c.pretraining_resolution,
          (select max(p.value) from placement p where p.checkpoint_id = c.id and p.dataset = 'ImageNet-1k' and p.metric = 'top_1'
            and p.rank = 1 and p.protocol = 'supervised') as best
        from checkpoint c left join backbone b on b.id = c.backbone_id left join family a on a.id = b.family_id
        where c.pretraining_dataset in ({",".join("?" * len(names))}) order by best is null, best desc, c.checkpoint""",
        names,
    ).fetchall()
    if not rows:
        return []
    columns = ("checkpoint", "backbone", "family", "params_m", "pretraining_method", "pretraining_epochs", "pretraining_resolution",
               "top_1@ImageNet-1k")  # fmt: skip
    also = f" Also those that say {', '.join(names[1:])}." if names[1:] else ""
    checkpoints = section(
        "checkpoints pretrained on it", Rows(columns_of(columns), tuple(rows)), 
        note=f"The best supervised ImageNet-1k top-1 at any resolution, after any further training.{also}",
        x="params_m", y="top_1@ImageNet-1k", group="pretraining_method",
    )  # fmt: skip
    return checkpoints + _comparison(connection, name)


def _comparison(connection: sqlite3.Connection, name: str) -> list[Section]:
    """The best ImageNet-1k top-1 of the same backbones at the same resolution after other pretraining, side by side.

    What saw another data set between pretraining and fine-tuning says nothing about the pretraining and is left out.
    """
    found: dict[tuple[str, int], dict[str, float]] = {}
    params: dict[str, float | None] = {}
    own = dict(connection.execute("select folded, entity from alias where kind = 'dataset'").fetchall())
    for backbone, size, resolution, spelling, further, value in connection.execute(_TOPS):
        dataset = own.get(fold(spelling), spelling)
        if further is not None and own.get(fold(further), further) != dataset:
            continue
        values = found.setdefault((backbone, resolution), {})
        values[dataset] = max(value, values.get(dataset, value))
        params[backbone] = size
    shared = {key: values for key, values in found.items() if name in values and len(values) > 1}
    if not shared:
        return []
    counts = Counter(dataset for values in shared.values() for dataset in values if dataset != name)
    others = [dataset for dataset, _ in counts.most_common(MOST_DATASETS)]
    base = others[0] if name == "ImageNet-1k" else "ImageNet-1k" if "ImageNet-1k" in others else others[0]
    lines: list[tuple[Value, ...]] = []
    for (backbone, resolution), values in shared.items():
        difference = round(values[name] - values[base], 6) if base in values else None
        lines.append(
            (backbone, params[backbone], resolution, values[name], *(values.get(d) for d in others), difference)
        )
    lines.sort(key=lambda line: (line[-1] is None, -abs(_number(line[-1])), str(line[0]), _number(line[2])))
    columns = (
        *columns_of(("backbone", "params_m", "resolution")), *(_column(d) for d in (name, *others)),
        Column("difference", f"{name} less {base}", "number", "points", decimals=2),
    )  # fmt: skip
    differences = [_number(line[-1]) for line in lines if line[-1] is not None]
    left_out = f" {len(counts) - len(others)} further data sets are left out." if len(counts) > len(others) else ""
    about = f" {name} less {base}: median {median(differences):+.2f} over {len(differences):,}." if differences else ""
    note = (
        "The best supervised ImageNet-1k top-1 of each at the same evaluation resolution; recipes differ. Results with another data set "
        f"between pretraining and fine-tuning are left out.{about}{left_out}"
    )
    return section("the same backbones after other pretraining", Rows(columns, tuple(lines)), note=note)


def _number(value: Value) -> float:
    return float(value) if isinstance(value, int | float) else 0.0


def _column(dataset: str) -> Column:
    return Column(f"pretraining={dataset}", dataset, "number", "percent", True, 2)


def is_pretraining(connection: sqlite3.Connection, folded: str) -> str | None:
    """The own name of a data set that only stages of training name; None where none is called so."""
    row: tuple[Any, ...] | None = connection.execute(
        """select name from (select distinct pretraining_dataset as name from checkpoint
          union select distinct intermediate_dataset from released union select distinct fine_tuning_dataset from released
          union select distinct intermediate_dataset from condition union select distinct fine_tuning_dataset from condition
          union select distinct train_dataset from condition union select distinct dataset from result)
        where name is not null and fold(name) = ? order by name limit 1""",
        [folded],
    ).fetchone()
    return str(row[0]) if row else None
