"""From a view's references and filter to one parameterised SQL statement.

The rows of an answer are the settings that have the *anchor*: the first metric that the question names. Other metrics join
on the setting, and those of another data set, where the setting has none, on the checkpoint (the same resolution first, then
the better value). A speed joins a classification row on architecture and resolution (on the checkpoint where neither says a
resolution), a downstream row on its own collection, checkpoint, head and setting; of several it is the best.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Sequence
from typing import Any, Final

from backbones.store.columns import ATTRIBUTE_SQL, VOCABULARY_SQL, column_of
from backbones.store.errors import QueryError
from backbones.store.fragment import Fragment
from backbones.store.own_speeds import TOLD_OF_PREDICTIONS, OwnSpeeds, of_fastest, of_reported
from backbones.store.references import SPEEDS, Reference
from backbones.store.rows import Column
from backbones.store.text import closest, fold, slug
from backbones.store.this_machine import HERE, is_here
from backbones.store.transferring.laid_in import has_own
from backbones.store.transferring.ranks import COLLECTION, ranks_asked
from backbones.store.usual_protocol import usual_protocol
from backbones.store.vocabulary import (
    CONDITION_KEYS,
    MEMORY_FORMATS,
    METRICS,
    MODES,
    ORIGINS,
    PRECISIONS,
    conditions_of,
)

DEFAULT_ANCHOR: Final = Reference("top_1", "imagenet-1k")

_JOINS: Final = (
    ("r", "join result r on r.id = p.result", ""),
    ("k", "join condition k on k.id = r.condition", "r"),
    ("s", "join subject s on s.id = t.subject", ""),
    ("b", "left join backbone b on b.id = s.backbone_id", "s"),
    ("a", "left join family a on a.id = s.family_id", "s"),
    ("c", "left join checkpoint c on c.id = t.checkpoint_id", ""),
    ("w", "left join released w on w.id = t.weights_id", ""),
)
"""Alias, join, and the alias that it needs. Only those that an expression reads are joined: each costs 0.5 ms for 2,000 rows."""


def joined(expressions: str) -> str:
    """`from …` with the tables that these expressions read."""
    needed = {alias for alias, _, _ in _JOINS if re.search(rf"\b{alias}\.", expressions)}
    needed |= {other for alias, _, other in _JOINS if alias in needed and other}
    joins = " ".join(join for alias, join, _ in _JOINS if alias in needed)
    return f"from placement p join setting t on t.id = p.setting {joins}"


_PLACED: Final = ("resolution", "crop_size", "protocol", "head", "task")
"""Columns of `condition` and `result` that `placement` has too."""

_AMP: Final = ("amp", "amp_fp16", "amp_bf16")


class Compiler:
    """Compiles the references and filters of one question against one catalogue."""

    def __init__(
        self, connection: sqlite3.Connection, anchor: Reference, measured: bool, only_own: bool = False
    ) -> None:
        """`only_own`: of the anchor the user's own results are asked for, also those that answer only then."""
        self.connection, self.anchor, self.measured, self.only_own = connection, anchor, measured, only_own
        self._names: dict[tuple[str, str], str] = {}
        self._protocols: dict[tuple[str, str], str] = {}
        self._parts: dict[str, dict[str, str]] | None = None
        self.own, self.has_own = OwnSpeeds(connection), has_own(connection)

    def column(self, reference: Reference) -> Column:
        """What a reference is; QueryError for a data set, device or condition that the catalogue does not know."""
        if reference.is_metric:
            self._metric_where(reference, "q")
            return column_of(reference, self.place("dataset", reference))
        if reference.is_speed:
            self._speed_conditions(reference)
            return column_of(reference, self.place("device", reference))
        return column_of(reference)

    def base(self, expressions: str, narrowed: Sequence[Fragment] = ()) -> Fragment:
        """`from … where …` of the candidate rows, with the tables that the expressions read."""
        conditions, parameters = self._metric_where(self.anchor, "p")
        parameters = parameters + [v for part in narrowed for v in part.parameters]
        where = " and ".join([*conditions, *(part.sql for part in narrowed)])
        return Fragment(f"{joined(expressions + where)} where {where}", parameters)

    def placements(self) -> Fragment:
        """`from … where …` of the candidates alone, to count them by index."""
        conditions, parameters = self._metric_where(self.anchor, "p")
        return Fragment(f"from placement p where {' and '.join(conditions)}", parameters)

    def value(self, reference: Reference) -> Fragment:
        """The SQL expression of a reference within the candidate rows."""
        if reference == self.anchor:
            return Fragment("p.value")
        if reference.is_metric:
            return self._other_metric(reference)
        if reference.is_speed:
            return self._speed(reference)
        return Fragment(ATTRIBUTE_SQL[reference.name])

    # ---- names of data sets and devices

    def place(self, kind: str, reference: Reference) -> str:
        """The catalogue's name of a data set or device; unknown names are mistakes."""
        where = reference.where or ""
        if kind == "device" and is_here(where):
            return HERE
        key = (kind, where)
        if key not in self._names:
            row = self.connection.execute(
                "select entity from alias where kind = ? and folded = ? limit 1", [kind, fold(where)]
            ).fetchone()
            row = row or self._by_ending(kind, where) or self._measured_device(kind, where)
            if row is None:
                known = [n for (n,) in self.connection.execute("select name from alias where kind = ?", [kind])]
                word = "data set" if kind == "dataset" else "device"
                known += ["here"] * (kind == "device")
                raise QueryError(
                    f"no {word} is called {where!r}", str(reference), len(reference.name) + 1, closest(where, known)
                )
            self._names[key] = row[0]
        return self._names[key]

    def _by_ending(self, kind: str, where: str) -> tuple[str] | None:
        """`4090` or `rtx 4090` for `NVIDIA RTX 4090`, if only one device ends so."""
        if kind != "device" or not fold(where):
            return None
        rows = self.connection.execute("select device from device").fetchall()
        ending = [row for row in rows if fold(row[0]).endswith(fold(where))]
        return ending[0] if len(ending) == 1 else None

    def _measured_device(self, kind: str, where: str) -> tuple[str] | None:
        """A device that only measurements know."""
        if kind != "device" or not self.measured:
            return None
        rows = self.connection.execute("select distinct device from measurements.measurement").fetchall()
        return next((row for row in rows if fold(row[0]) == fold(where)), None)

    # ---- metrics

    def _metric_where(self, reference: Reference, table: str) -> tuple[list[str], list[Any]]:
        dataset = self.place("dataset", reference)
        conditions, parameters = [f"{table}.dataset = ?", f"{table}.metric = ?"], [dataset, reference.name]
        keys = dict(reference.keys)
        only_own = self.only_own and reference == self.anchor and "collection" not in keys
        ranks = ",".join(map(str, ranks_asked([*keys, "collection"] if only_own else keys)))
        if "protocol" not in keys and "collection" not in keys:
            keys["protocol"] = self.protocol(reference)
        if "collection" in keys or only_own:
            chosen: list[Any] = [COLLECTION]
            if not only_own:
                _, _, chosen = self.compared(reference, "collection", keys.pop("collection"))
            conditions.append(
                f"{table}.rank = (select min(z.rank) from placement z where z.setting = {table}.setting and "
                f"(z.rank > 1 or z.rank in ({ranks})) and "
                f"z.dataset = {table}.dataset and z.metric = {table}.metric and z.collection = ?) and {table}.collection = ?"
            )
            parameters += chosen * 2
        else:
            conditions.append(f"{table}.rank in ({ranks})" if ranks != "1" else f"{table}.rank = 1")
        for key, value in keys.items():
            column, test, given = self.compared(reference, key, value)
            if column in _PLACED:
                conditions.append(test.format(f"{table}.{column}"))
            else:
                conditions.append(
                    "exists (select 1 from setting y join condition x on x.id = y.condition "
                    f"where y.id = {table}.setting and {test.format(f'x.{column}')})"
                )
            parameters += given
        return conditions, parameters

    def protocol(self, reference: Reference) -> str:
        """The protocol that a reference without one means: `supervised` where anything is, else what most results are."""
        dataset, metric = self.place("dataset", reference), reference.name
        if (known := self._protocols.get((dataset, metric))) is None:
            known = self._protocols[dataset, metric] = usual_protocol(self.connection, dataset, metric)
        return known

    def compared(self, reference: Reference, key: str, value: str) -> tuple[str, str, list[Any]]:
        """What a metric's key asks for: a column, a test with `{}` in its place, and the test's parameters.

        The columns are those of `condition`, beside `task` and `collection` of the result. QueryError for a value that
        nothing has.
        """
        if key in CONDITION_KEYS or (key in ("crop_size", "train_epochs") and not _is_number(value)):
            key = {"crop_size": "crop", "train_epochs": "schedule"}.get(key, key)
            texts = self._with_part(reference, key, value)
            return "conditions", f"{{}} in ({','.join('?' * len(texts))})", list(texts)
        if key in ("resolution", "crop_size", "train_epochs"):
            return key, "{} = ?", [self._number(reference, key, value)]
        if key in ("conditions", "setting"):
            return key, "fold({}) = ?", [fold(value)]
        return key, "{} = ?", [self._one_of(reference, key, value)]

    def _with_part(self, reference: Reference, key: str, value: str) -> list[str]:
        """The texts of `conditions` with a part of that key and value, as `shots=10`."""
        if self._parts is None:
            rows = self.connection.execute("select distinct conditions from condition where conditions is not null")
            self._parts = {text: {fold(k): v for k, v in conditions_of(text).items()} for (text,) in rows}
        said = {text: parts[fold(key)] for text, parts in self._parts.items() if fold(key) in parts}
        if found := [text for text, other in said.items() if fold(other) == fold(value)]:
            return found
        raise _no_such(reference, key, value, sorted(set(said.values())))

    def _number(self, reference: Reference, key: str, value: str) -> float:
        try:
            return float(value)
        except ValueError:
            raise QueryError(f"{key} is a number, not {value!r}", str(reference), _at(reference, value)) from None

    def _one_of(self, reference: Reference, key: str, value: str) -> str:
        known = [v for (v,) in self.connection.execute(VOCABULARY_SQL[key]) if v is not None]
        for candidate in known:
            if fold(candidate) == fold(value):
                return str(candidate)
        raise _no_such(reference, key, value, known)

    def _other_metric(self, reference: Reference) -> Fragment:
        conditions, parameters = self._metric_where(reference, "q")
        where = " and ".join(conditions)
        same = f"(select q.value from placement q where q.setting = p.setting and {where} limit 1)"
        if self.place("dataset", reference) == self.place("dataset", self.anchor) and not self._elsewhere(reference):
            return Fragment(same, parameters)
        best = "max" if METRICS[reference.name].higher_is_better else "min"
        elsewhere = f"(select {best}(q.value) from placement q where q.checkpoint_id = t.checkpoint_id and {where}"
        sql = f"{same}, {elsewhere} and q.resolution = t.resolution), {elsewhere})"
        if not self.has_own:
            return Fragment(f"coalesce({sql})", parameters * 3)
        own = (  # of a file that the user named, or of random weights, which are of no checkpoint
            f"(select {best}(q.value) from setting y cross join placement q on q.setting = y.id where t.checkpoint_id is null "
            f"and y.subject = t.subject and p.collection = '{COLLECTION}' and q.collection = '{COLLECTION}' and {where}"
        )
        return Fragment(f"coalesce({sql}, {own} and q.resolution = t.resolution), {own}))", parameters * 5)

    def _elsewhere(self, reference: Reference) -> bool:
        """Whether it asks for another setting than the anchor's; another collection reports on the same one."""
        own, anchor = (dict(r.keys) for r in (reference, self.anchor))
        own.pop("collection", None), anchor.pop("collection", None)
        return (bool(own) and own != anchor) or ranks_asked(own) != ranks_asked(anchor)

    # ---- speeds

    def _speed_conditions(self, reference: Reference) -> tuple[list[str], list[Any]]:
        """The test of each condition for a row `x`, and the parameters; `own_speeds.of_reported` and its like say it for a table."""
        keys = {key: value for key, value in reference.keys if key != "origin"}
        conditions = ["x.mode = ?", f"x.fused = {_flag(reference, 'fused', keys.pop('fused', 'no'))}"]
        parameters: list[Any] = [self._choice(reference, "mode", keys.pop("mode", "inference"), MODES)]
        if "precision" in keys:
            precision = self._choice(reference, "precision", keys.pop("precision"), PRECISIONS)
            accepted = _AMP if precision == "amp" else (precision,)
            conditions.append(f"x.precision in ({','.join('?' * len(accepted))})")
            parameters += accepted
        if "memory_format" in keys:
            named = {"nchw": "contiguous", "nhwc": "channels_last"}.get(
                fold(keys["memory_format"]), keys["memory_format"]
            )
            del keys["memory_format"]
            conditions.append("x.memory_format = ?")
            parameters.append(self._choice(reference, "memory_format", named, MEMORY_FORMATS))
        if "compiled" in keys:
            conditions.append("x.compiled = ?")
            parameters.append(_flag(reference, "compiled", keys.pop("compiled")))
        for key in ("batch_size", "resolution"):
            if key in keys:
                conditions.append(f"x.{key} = ?")
                parameters.append(self._number(reference, key, keys.pop(key)))
        for key, value in keys.items():
            conditions.append(f"fold(x.{key}) = ?")
            parameters.append(fold(value))
        return conditions, parameters

    def _choice(self, reference: Reference, key: str, value: str, known: Sequence[str]) -> str:
        for candidate in known:
            if fold(candidate) == fold(value):
                return candidate
        raise _no_such(reference, key, value, known)

    def _speed(self, reference: Reference) -> Fragment:
        device = self.place("device", reference)
        conditions, parameters = self._speed_conditions(reference)
        column, best = SPEEDS[reference.name], "max" if reference.name == "throughput" else "min"
        where = " and ".join(conditions)
        resolution = "" if "resolution" in dict(reference.keys) else " and x.resolution = t.resolution"
        origin = self.origin(reference)
        if origin == "predicted":
            is_known = self.measured and self.knows_predictions(reference)
            return self.own.predicted(column, device, where + resolution, parameters) if is_known else Fragment("null")
        measured = None
        if self.measured and origin != "reported":
            measured = self.own.measured(f"{best}(x.{column})", device, where + resolution, parameters)
        if device == HERE or origin == "measured":
            return measured or Fragment("null")
        is_plain = set(dict(reference.keys)) <= {"mode", "precision", "resolution", "origin"}
        rows = (
            "timed u join fastest x on x.mention = u.mention"
            if is_plain
            else "timed u join speed x on x.mention = u.mention"
        )
        headless = "" if is_plain else "x.head is null and "
        alone = (
            f"(select {best}(x.{column}) from {rows} where u.backbone_id = t.backbone_id and x.device = ? "
            f"and {headless}{of_fastest(where) if is_plain else of_reported(where)}{resolution})"
        )
        given = [device, *parameters]
        if resolution:  # where no resolution is said, a speed has to be of that very checkpoint
            own = alone.replace(resolution, " and x.resolution is null and u.checkpoint_id = t.checkpoint_id")
            alone, given = f"(case when t.resolution is null then {own} else {alone} end)", given * 2
        downstream = (
            f"(select {best}(x.{column}) from timed u join speed x on x.mention = u.mention "
            "where u.backbone_id = t.backbone_id and (u.checkpoint_id is null or u.checkpoint_id = t.checkpoint_id) "
            "and x.device = ? and x.head = p.head and x.collection = p.collection "
            "and (x.setting is k.setting or x.source_ref = r.source_ref) "
            f"and {of_reported(where)})"
        )
        is_alone = METRICS[self.anchor.name].is_classification
        reported = Fragment(alone, given) if is_alone else Fragment(downstream, [device, *parameters])
        if measured is None:
            return reported
        both = f"(select {best}(v) from (select {reported.sql} as v union all select {measured.sql}))"
        return Fragment(both, reported.parameters + measured.parameters)

    def knows_predictions(self, reference: Reference) -> bool:
        """Whether predictions tell all that a speed is asked for under."""
        return reference.name == "throughput" and set(dict(reference.keys)) <= TOLD_OF_PREDICTIONS

    def origin(self, reference: Reference) -> str | None:
        """Which origin a speed is asked for: `reported`, `measured`, `predicted`; None: reported or measured."""
        said = dict(reference.keys).get("origin")
        return None if said is None else self._choice(reference, "origin", said, ORIGINS)


def _no_such(reference: Reference, key: str, value: str, known: Sequence[str]) -> QueryError:
    near = [
        slug(v) if " " in v else v for v in closest(value, known) or list(known[:4])
    ]  # as it has to be typed: no blanks
    return QueryError(f"no {key.replace('_', ' ')} is called {value!r}", str(reference), _at(reference, value), near)


def _at(reference: Reference, value: str) -> int:
    """Where the value of a key stands in the reference's text."""
    text = str(reference)
    return text.find(f"={value}") + 1 or max(text.find(value), 0)


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _flag(reference: Reference, key: str, value: str) -> int:
    wanted = {"true": 1, "yes": 1, "1": 1, "false": 0, "no": 0, "0": 0}.get(fold(value))
    if wanted is None:
        raise QueryError(f"{key} is yes or no, not {value!r}", str(reference), _at(reference, value))
    return wanted
