"""What changed between two sheets of one name."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from backbones.store.sheet import MetricColumn, Sheet
from backbones.store.text import printable

MOST_LINES: Final = 10
"""New rows, rows that are gone and changed values are told one by one up to this number each."""

_SUBJECT: Final = ("weights", "checkpoint", "backbone", "family")
_SETTING: Final = (
    "task", "dataset", "head", "protocol", "conditions", "setting", "resolution", "crop_size", "device", "precision",
    "framework", "memory_format", "compiled", "mode",
)  # fmt: skip
_TELLS_APART: Final = ("batch_size", "train_dataset", "train_epochs", "test_aug", "fine_tuning_dataset", "source")
"""Looked at only where a sheet has several rows of one subject in one setting."""
_NAMES: Final = {
    "rankings": ("list", "name"), "datasets": ("dataset",), "heads": ("head",), "devices": ("device",),
    "sources": ("source",), "collections": ("collection",), "aliases": ("name", "kind", "source"),
    "suspects": ("fact", "kind"), "corrections": ("collection", "source_ref", "column"),
}  # fmt: skip
_PLACE: Final = "source_ref"
"""Where a row stands in its source: it moves with every row before it, and is no value."""

Key = tuple[Any, ...]
Plain = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Changes:
    """The difference of a sheet from the one that it takes the place of."""

    sheet: str
    rows: int
    before: bool
    """Whether there was a sheet of this name."""
    new: tuple[str, ...] = ()
    gone: tuple[str, ...] = ()
    values: tuple[str, ...] = ()
    """`top_1@ImageNet-1k of convnext_tiny.fb_in1k: 82.066 -> 82.1`"""
    unchanged: int = 0
    moved: bool = False
    """All rows say the same, but stand elsewhere in their source or in another order, or the head differs."""

    @property
    def none(self) -> bool:
        """Whether the two are the same."""
        return self.before and not (self.new or self.gone or self.values or self.moved)

    @property
    def loses_most(self) -> bool:
        """Whether more than half of the rows that were there are gone."""
        return len(self.gone) > self.rows - len(self.new)

    def lines(self) -> Iterator[str]:
        """A line that counts, then the first of each kind."""
        yield f"{self.sheet}: {self._summary()}"
        for what, told in (("", self.values), ("new: ", self.new), ("gone: ", self.gone)):
            yield from (f"  {what}{line}" for line in told[:MOST_LINES])
            if len(told) > MOST_LINES:
                yield f"  {what}and {len(told) - MOST_LINES:,} more"

    def _summary(self) -> str:
        if not self.before:
            return f"new sheet, {_count(self.rows, 'row')}"
        said = []
        if self.values:
            said.append(f"{_count(len(self.values), 'value')} changed")
        if self.new:
            said.append(f"{_count(len(self.new), 'row')} new")
        if self.gone:
            said.append(f"{_count(len(self.gone), 'row')} gone")
        if self.moved:
            said.append("same values, at other places in the source")
        return ", ".join([*said, f"{_count(self.unchanged, 'row')} unchanged"])


def changes(old: Sheet | None, new: Sheet) -> Changes:
    """What a sheet brings, row by row; rows are the same that name the same subject in the same setting."""
    if old is None:
        return Changes(new.sheet, len(new.rows), before=False)
    if old.kind != new.kind:
        fresh, gone = ([_name(row, several=True) for row in _rows(sheet)] for sheet in (new, old))
        return Changes(new.sheet, len(new.rows), True, tuple(fresh), tuple(gone))
    before, after = _keyed(old, new)
    values: list[str] = []
    unchanged = 0
    several = _subjects_with_several_rows(after)
    for key, row in after.items():
        if key not in before:
            continue
        told = [_told(row, column, *pair, several) for column, pair in _differences(before[key], row).items()]
        values += told
        unchanged += not told
    gone = [_name(row, several=True) for key, row in before.items() if key not in after]
    fresh = [_name(row, several=True) for key, row in after.items() if key not in before]
    moved = not (values or gone or fresh) and _facts(old) != _facts(new)
    return Changes(new.sheet, len(new.rows), True, tuple(fresh), tuple(gone), tuple(values), unchanged, moved)


def _facts(sheet: Sheet) -> Plain:
    """What a sheet says, less the words about itself."""
    return sheet.model_dump(exclude={"note", "sources"})


def _keyed(old: Sheet, new: Sheet) -> tuple[dict[Key, Plain], dict[Key, Plain]]:
    columns = _NAMES.get(new.kind, _SUBJECT + _SETTING)
    before, after = _rows(old), _rows(new)
    if not (_unique(before, columns) and _unique(after, columns)):
        columns += _TELLS_APART
    return _by_key(before, columns), _by_key(after, columns)


def _rows(sheet: Sheet) -> list[Plain]:
    return [sheet.shared | dict(zip(sheet.columns, row, strict=True)) for row in sheet.rows]


def _unique(rows: list[Plain], columns: tuple[str, ...]) -> bool:
    return len({_key(row, columns) for row in rows}) == len(rows)


def _key(row: Plain, columns: tuple[str, ...]) -> Key:
    return tuple(map(row.get, columns))


def _by_key(rows: list[Plain], columns: tuple[str, ...]) -> dict[Key, Plain]:
    """Rows that nothing tells apart are the first, the second … of their kind."""
    found: dict[Key, Plain] = {}
    seen: dict[Key, int] = {}
    for row in rows:
        key = _key(row, columns)
        seen[key] = seen.get(key, 0) + 1
        found[(*key, seen[key])] = row
    return found


def _subjects_with_several_rows(rows: dict[Key, Plain]) -> set[str]:
    names = [_subject(row) for row in rows.values()]
    seen: set[str] = set()
    return {name for name in names if name in seen or seen.add(name)}  # type: ignore[func-returns-value]


def _differences(old: Plain, new: Plain) -> dict[str, tuple[Any, Any]]:
    columns = dict.fromkeys([*new, *old])
    return {
        c: (old.get(c), new.get(c)) for c in columns if c != _PLACE and old.get(c) != new.get(c)
    }  # fmt: skip


def _told(row: Plain, column: str, was: Any, now: Any, several: set[str]) -> str:
    return f"{_label(row, column)} of {_name(row, _subject(row) in several)}: {_shown(was)} -> {_shown(now)}"


def _label(row: Plain, column: str) -> str:
    """The column with the data set that it is about."""
    metric, colon, conditions = column.partition(":")
    if "@" not in metric and row.get("dataset") and MetricColumn.of(metric):
        return f"{metric}@{row['dataset']}{colon}{conditions}"
    return column


def _subject(row: Plain) -> str:
    for name in (*_SUBJECT, "name", "dataset", "head", "device", "source", "collection", "fact"):
        if row.get(name):
            return str(row[name])
    return "a row"


def _name(row: Plain, several: bool) -> str:
    """The subject, with resolution, head and batch size where it has several rows."""
    size = f"{row['resolution']} px" if row.get("resolution") else None
    batch = f"batch size {row['batch_size']}" if row.get("batch_size") else None
    said = [str(s) for s in (size, row.get("head"), row.get("setting"), row.get("conditions"), batch) if s]
    return printable(_subject(row) + (f" ({', '.join(said)})" if several and said else ""))


def _shown(value: Any) -> str:
    if value is None:
        return "nothing"
    return f"{value:.15g}" if isinstance(value, float) else printable(str(value))


def _count(number: int, what: str) -> str:
    return f"{number:,} {what}{'' if number == 1 else 's'}"
