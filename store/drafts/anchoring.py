"""A draft that was edited by hand: each number's evidence follows it to its new place in the file.

Evidence names a number by its place in the YAML, where lists are counted. What `ingest` wrote is kept beside it, so that the
elements of both files can be paired, whatever was put in, taken out or moved.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from backbones.store.drafts.evidence import Evidence, Finding

BY_HAND: Final = "changed by hand in the file"
_NAMES: Final = ("backbone", "checkpoint", "weights")
"""Elements of a list that have one of these are the same where their names are."""


def places(old: Any, new: Any, before: str = "", after: str = "") -> dict[str, str]:
    """Path of every leaf of `old` to its path in `new`; those that are gone are left out."""
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        pairs: list[tuple[Any, Any]] = [(key, key) for key in old if key in new]
    elif isinstance(old, list) and isinstance(new, list):
        pairs = list(_paired(old, new))
    elif isinstance(old, (Mapping, list)) or isinstance(new, (Mapping, list)):
        return {}
    else:
        return {before: after}
    found: dict[str, str] = {}
    for here, there in pairs:
        found |= places(old[here], new[there], f"{before}.{here}".lstrip("."), f"{after}.{there}".lstrip("."))
    return found


def value_at(plain: Any, path: str) -> Any:
    """What a file has at a path; None: nothing."""
    for key in path.split("."):
        try:
            plain = plain[int(key)] if isinstance(plain, list) else plain[key]
        except (KeyError, IndexError, ValueError, TypeError):
            return None
    return plain


def anchored(
    written: Any, plain: Any, evidence: Sequence[Evidence], findings: Sequence[Finding]
) -> tuple[tuple[Evidence, ...], tuple[Finding, ...], int]:
    """Evidence and findings at their places in `plain`, and how many numbers are there no more.

    A number that has another value now was corrected by whoever edited the file.
    """
    where = places(written, plain)
    kept = []
    for one in evidence:
        there = where.get(one.path)
        value = None if there is None else value_at(plain, there)
        if there is None or isinstance(value, bool) or not isinstance(value, (int, float)):
            continue
        one = replace(one, path=there)
        if value != one.value and value != one.corrected:
            how = one.how if BY_HAND in one.how else f"{one.how}; {BY_HAND}" if one.how else BY_HAND
            one = replace(one, decision="corrected", corrected=float(value), how=how)
        kept.append(one)
    told = tuple(
        replace(finding, path=_above(where, finding.path)) for finding in findings if not finding.path or _above(where, finding.path)
    )  # fmt: skip
    return tuple(kept), told, len(evidence) - len(kept)


def _above(where: Mapping[str, str], path: str) -> str:
    """The new path of a leaf, or of what holds leaves; empty: it is gone."""
    if path in where:
        return where[path]
    depth = path.count(".") + 1
    below = (new for old, new in where.items() if old.startswith(f"{path}."))
    return ".".join(next(below, "").split(".")[:depth])


def _paired(old: Sequence[Any], new: Sequence[Any]) -> Iterator[tuple[int, int]]:
    """Positions of the same elements: equal ones in order, then those of one name, then those that share most."""
    left, free = list(range(len(old))), list(range(len(new)))
    for is_same in (_is_equal, _has_name_of, _is_alike):
        for at in tuple(left):
            best = max(
                (there for there in free if is_same(old[at], new[there])),
                default=None,
                key=lambda n: (_shared(old[at], new[n]), -n),
            )
            if best is not None:
                left.remove(at)
                free.remove(best)
                yield at, best


def _is_equal(one: Any, other: Any) -> bool:
    return bool(one == other)


def _name(element: Any) -> Any:
    return next((element[key] for key in _NAMES if key in element), None) if isinstance(element, Mapping) else None


def _has_name_of(one: Any, other: Any) -> bool:
    return _name(one) is not None and _name(one) == _name(other)


def _is_alike(one: Any, other: Any) -> bool:
    """Elements without a name that share at least half of what the shorter one says."""
    if _name(one) is not None or _name(other) is not None:
        return False
    return 2 * _shared(one, other) >= min(len(_leaves(one)), len(_leaves(other)))


def _shared(one: Any, other: Any) -> int:
    mine, yours = _leaves(one), _leaves(other)
    return len(mine.items() & yours.items())


def _leaves(node: Any, path: str = "") -> dict[str, str]:
    if isinstance(node, Mapping):
        return {k: v for key, held in node.items() for k, v in _leaves(held, f"{path}.{key}").items()}
    if isinstance(node, list):
        return {k: v for at, held in enumerate(node) for k, v in _leaves(held, f"{path}.{at}").items()}
    return {path: repr(node)}
