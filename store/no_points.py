"""Why a plot has no points: no row has a value on both of its axes. What is said is the same on the screen and in a terminal."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from backbones.store.measuring.here import here_of, nothing_here
from backbones.store.transferring.laid_in import has_own
from backbones.store.transferring.ranks import COLLECTION

if TYPE_CHECKING:
    from backbones.store.compile import Compiler
    from backbones.store.filters import Filter
    from backbones.store.fragment import Fragment
    from backbones.store.references import Reference
    from backbones.store.rows import Value

OTHER_AXIS: Final = "choose another axis, as params_m"


def why_no_points(
    compiler: Compiler,
    axes: tuple[Reference, Reference],
    rows: Sequence[tuple[Value, Value]],
    limit: int,
    tree: Filter | None,
    unfiltered: Fragment | None,
    names: tuple[str, str],
) -> tuple[str, ...]:
    """Sentences on rows, given by their values, of which none of the first `limit` has both axes.

    `unfiltered` are the rows without the filter `tree`, in which the axes have these names.
    """
    x, y = axes
    which = f"the first {limit:,} rows" if limit < len(rows) else _counted(len(rows))
    told = [f"none of {which} has both {x} and {y}"]
    if more := sum(None not in row for row in rows[limit:]):
        return (*told, f"{_counted(more)} beyond the limit {_have(more)} both; sort by {x}, or raise the limit")
    empty = [axis for axis, values in zip(axes, zip(*rows, strict=True), strict=True) if set(values) == {None}]
    if about := nothing_here(compiler.connection, here_of(empty), compiler.anchor, tree):
        return (*told, *about)
    if unfiltered is not None and (others := _with_both(compiler, unfiltered, names)):
        return (*told, f"without the filter {_counted(others)} {_have(others)} both", OTHER_AXIS)
    return (*told, *(line for axis in empty for line in _of_axis(compiler, axis)), OTHER_AXIS)


def _with_both(compiler: Compiler, rows: Fragment, names: tuple[str, str]) -> int:
    where = " and ".join(f"{name} is not null" for name in names)
    sql = f"select count(*) from ({rows.sql}) where {where}"
    return int(compiler.connection.execute(sql, rows.parameters).fetchone()[0])


def _of_axis(compiler: Compiler, axis: Reference) -> list[str]:
    """What there is of an axis that is empty in all rows."""
    from backbones.store.advice import nothing_at_all
    from backbones.store.compile import Compiler

    if not axis.is_metric:
        return [f"{axis} is known of none of them"]
    alone = Compiler(compiler.connection, axis, compiler.measured)
    found = alone.placements()
    count = compiler.connection.execute(f"select count(*) {found.sql}", found.parameters).fetchone()[0]
    if not count:
        return nothing_at_all(alone)
    told = [
        f"they are those with {compiler.anchor}; {_counted(count)} {_have(count)} {axis}, of other weights or settings"
    ]
    if _is_own(compiler, axis):
        is_both = _is_own(compiler, compiler.anchor)
        which = "the same models by both, with the same weights" if is_both else "the models of these rows"
        told.append(f"`backbones transfer DATA --models NAME,…` evaluates {which}")
    return told


def _is_own(compiler: Compiler, axis: Reference) -> bool:
    """Whether there are results of the user's own on its data set."""
    sql = "select 1 from placement where dataset = ? and metric = ? and collection = ? limit 1"
    return has_own(compiler.connection) and bool(
        compiler.connection.execute(sql, [compiler.place("dataset", axis), axis.name, COLLECTION]).fetchone()
    )


def _counted(rows: int) -> str:
    return f"{rows:,} row{'s' * (rows != 1)}"


def _have(rows: int) -> str:
    return "has" if rows == 1 else "have"
