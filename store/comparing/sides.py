"""What is compared: names and rows, found in the catalogue, with what is known of each."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

from backbones.store.errors import QueryError, UnknownName
from backbones.store.page import Link
from backbones.store.pages import find
from backbones.store.rows import Value

_COMPARED: Final = ("family", "backbone", "checkpoint", "weights")
_MANY: Final = 1 << 62

_WHO: Final = """
select a.family, a.published, a.token_mixer, a.hierarchical, b.id as backbone_id, b.backbone, b.params_m, b.architecture,
  c.id as checkpoint_id, c.checkpoint, c.pretraining_dataset, c.pretraining_method, c.pretraining_resolution,
  c.pretraining_epochs, w.id as weights_id, w.weights, coalesce(w.licence_class, c.licence_class) as licence_class, w.licence,
  coalesce(w.installable, c.installable) as installable, w.size_mib
"""
_FROM: Final[dict[str, str]] = {
    "backbone": "from backbone b left join family a on a.id = b.family_id left join checkpoint c on 0 left join released w on 0 where b.id = ?",
    "checkpoint": "from checkpoint c left join backbone b on b.id = c.backbone_id left join family a on a.id = b.family_id "
    "left join released w on w.id = (select id from released x where x.checkpoint_id = c.id "
    "order by x.installable desc, x.library = 'timm' desc, x.id limit 1) "
    "where c.id = ?",
    "weights": "from released w left join checkpoint c on c.id = w.checkpoint_id left join backbone b on b.id = coalesce(c.backbone_id, w.backbone_id) "
    "left join family a on a.id = b.family_id where w.id = ?",
    "row": "from placement p join setting t on t.id = p.setting left join backbone b on b.id = t.backbone_id "
    "left join family a on a.id = b.family_id left join checkpoint c on c.id = t.checkpoint_id left join released w on w.id = t.weights_id "
    "where p.result = ?",
}


@dataclass(frozen=True, slots=True)
class Side:
    """One of the models that are compared."""

    asked: str
    """As asked for: a name, or `#` and a row's key."""
    label: str
    kind: str
    """`backbone`, `checkpoint`, `weights` or `row`."""
    number: int
    """Its id; of a row its setting's checkpoint, else backbone."""
    setting: int | None = None
    """Of a row."""
    is_alone: bool = False
    """Whether only the results of that setting are its own."""
    test: tuple[str, str] | None = None
    """Data set and metric of a row."""
    resolution: int | None = None
    """Of a row; where speeds and MACs are wanted."""
    backbone_id: int | None = None
    architecture: int | None = None
    checkpoint_id: int | None = None
    weights_id: int | None = None
    link: Link | None = None
    """Its page."""
    attributes: Mapping[str, Value] = field(default_factory=dict)


def sides_of(connection: sqlite3.Connection, names: Sequence[str]) -> list[Side]:
    """The models that names and rows stand for, each with a label of its own.

    Of two rows of one checkpoint each is its own setting only.
    """
    found = [_side(connection, name) for name in names]
    rows = [side.number for side in found if side.setting is not None]
    found = [replace(s, is_alone=s.setting is not None and rows.count(s.number) > 1) for s in found]
    labels = [side.label for side in found]
    alike = {label: [s for s in found if s.label == label] for label in labels if labels.count(label) > 1}
    return [_told_apart(connection, s, alike[s.label]) if s.label in alike else s for s in found]


def _side(connection: sqlite3.Connection, name: str) -> Side:
    if name.startswith("#") and name[1:].isdecimal():
        key = int(name[1:])
        return _row_side(connection, name, key if key < _MANY else -1)
    kind, own_name, number = find(connection, name)
    if kind not in _COMPARED:
        word = "data set" if kind == "dataset" else kind
        raise QueryError(f"{name!r} is a {word}: families, backbones, checkpoints, weights and rows are compared")
    if kind == "family":
        side = _row_side(connection, name, _best_row(connection, own_name, number))
        return replace(side, label=f"{own_name}: {side.label}")
    who = _record(connection, _WHO + _FROM[kind], number)
    assert who is not None
    return Side(
        name, own_name, kind, number, backbone_id=who["backbone_id"], architecture=who["architecture"],
        checkpoint_id=who["checkpoint_id"], weights_id=who["weights_id"] if kind == "weights" else None,
        link=Link(kind, own_name), attributes=_attributes(who, kind),
    )  # fmt: skip


def _row_side(connection: sqlite3.Connection, name: str, key: int) -> Side:
    extra = ", t.id as setting_id, t.resolution, p.dataset, p.metric, p.params_m as row_params, t.checkpoint as own_checkpoint "
    who = _record(connection, _WHO + extra + _FROM["row"], key)
    if who is None:
        raise UnknownName(name, "row")
    label = str(who["checkpoint"] or who["weights"] or who["backbone"] or who["family"] or name)
    kind = next((k for k in ("checkpoint", "weights", "backbone", "family") if who[k] is not None), None)
    return Side(
        name, label, "row", who["checkpoint_id"] or -(who["backbone_id"] or 0), who["setting_id"], False,
        (who["dataset"], who["metric"]), who["resolution"], who["backbone_id"], who["architecture"], who["checkpoint_id"],
        who["weights_id"], Link(kind, str(who[kind])) if kind else None, _attributes(who | {"params_m": who["row_params"]}, "row"),
    )  # fmt: skip


def _best_row(connection: sqlite3.Connection, family: str, number: int) -> int:
    """The family's best row by ImageNet-1k top-1, else by what most of its rows report."""
    rows = connection.execute(
        """select p.result, p.dataset, p.metric, p.value, m.higher_is_better, p.protocol from subject s join setting t on t.subject = s.id
        join placement p on p.setting = t.id and p.rank = 1 join metric m on m.metric = p.metric where s.family_id = ? order by p.result""",
        [number],
    ).fetchall()
    if not rows:
        raise QueryError(f"nothing was reported of the family {family!r}, so no row of it can be compared")
    counts: dict[tuple[Any, ...], int] = {}
    for row in rows:
        counts[row[1], row[2], row[5]] = counts.get((row[1], row[2], row[5]), 0) + 1
    usual = ("ImageNet-1k", "top_1", "supervised")
    test = usual if usual in counts else max(counts, key=lambda t: (counts[t], str(t)))
    of_test = [row for row in rows if (row[1], row[2], row[5]) == test]
    return int(max(of_test, key=lambda row: row[3] if row[4] else -row[3])[0])


def _told_apart(connection: sqlite3.Connection, side: Side, alike: Sequence[Side]) -> Side:
    """With a label that says in what it is another: its kind, resolution, head, conditions or file."""
    own, *others = (_particulars(connection, s) for s in (side, *(s for s in alike if s is not side)))
    parts = [(text, rest) for text, *rest in zip(own, *others, strict=True) if text and any(text != r for r in rest)]
    enough = [text for text, rest in parts if text not in rest][:1] or [text for text, _ in parts]
    return replace(side, label=f"{side.label} ({', '.join(enough) or side.asked})")


def _particulars(connection: sqlite3.Connection, side: Side) -> tuple[str, ...]:
    row = connection.execute(
        "select t.resolution, k.head, k.train_epochs, k.conditions, k.setting, k.fine_tuning_dataset, t.weights from setting t "
        "join condition k on k.id = t.condition where t.id = ?",
        [side.setting],
    ).fetchone()
    resolution, head, epochs, *rest = row or (None,) * 7
    size = f"{resolution} px" if resolution else ""
    return (side.kind, size, head or "", f"{epochs:g} epochs" if epochs else "", *(text or "" for text in rest))


def _attributes(who: Mapping[str, Any], kind: str) -> dict[str, Value]:
    return {"kind": kind, **{key: value for key, value in who.items() if value is not None}}


def _record(connection: sqlite3.Connection, sql: str, number: int) -> dict[str, Any] | None:
    cursor = connection.execute(sql, [number])
    row = cursor.fetchone()
    return dict(zip([d[0] for d in cursor.description], row, strict=True)) if row else None
