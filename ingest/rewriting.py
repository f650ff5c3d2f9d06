"""A draft where one was written before: decisions go over to the same numbers, and none is lost unasked."""

from __future__ import annotations

import contextlib
import os
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from backbones.store.drafts import Draft, Evidence, evidence_path, read_draft, write_draft
from backbones.store.errors import BackbonesError, FileProblems


def write_drafts(drafts: Sequence[Draft], is_forced: bool = False) -> tuple[Draft, ...]:
    """Write all of them, or none: BackbonesError where that would destroy what a person did, unless it is forced.

    What is overwritten by force is kept beside it as `.bak`. What was decided on a number of an earlier draft stays decided
    where the same cell gives the same number again.
    """
    kept = tuple(_over(draft, is_forced) for draft in drafts)
    for draft in kept:
        try:
            draft.path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise BackbonesError(
                f"{draft.path.parent} cannot be made: {error.strerror}; name another --output"
            ) from None
        if is_forced:
            _set_aside(draft.path)
        write_draft(draft, replace_files=True)
    return kept


def _set_aside(path: Path) -> None:
    """What a person may have worked on is kept beside it as `.bak`."""
    for file in (path, evidence_path(path)):
        with contextlib.suppress(FileNotFoundError):
            try:
                os.replace(file, file.with_name(f"{file.name}.bak"))
            except FileNotFoundError:
                raise
            except OSError as error:
                raise BackbonesError(f"{file} cannot be set aside: {error.strerror}; name another --output") from None


def _over(new: Draft, is_forced: bool) -> Draft:
    """The draft with the decisions of the one that it takes the place of."""
    beside = evidence_path(new.path)
    if not (os.path.lexists(new.path) or os.path.lexists(beside)):
        return new
    try:
        old = read_draft(new.path)
    except FileProblems as error:
        if is_forced:
            return new
        raise BackbonesError(
            f"{error}\n{new.path if os.path.lexists(new.path) else beside} is not overwritten; "
            "name another --output, or say --force"
        ) from None
    if old.sha256 != new.sha256 and not is_forced:
        raise BackbonesError(
            f"{new.path} is the draft of another paper ({old.paper}); name another --output, or say --force"
        )
    if old.edited and not is_forced:
        raise BackbonesError(
            f"{new.path} was edited by hand and would be overwritten; name another --output, or say --force"
        )
    draft, lost = _with_decisions(new, old)
    if lost and not is_forced:
        what = "1 decision" if lost == 1 else f"{lost} decisions"
        raise BackbonesError(
            f"{new.path} holds {what} on numbers that are not in the paper's new draft, and they would be lost; "
            "name another --output, or say --force"
        )
    return draft


def _with_decisions(new: Draft, old: Draft) -> tuple[Draft, int]:
    """The new draft as far as the old one was decided, and how many decisions find no number."""
    decided: dict[tuple[Any, ...], list[Evidence]] = defaultdict(list)
    for one in old.evidence:
        if one.decision:
            decided[_identity(old, one)].append(one)
    evidence = []
    for one in new.evidence:
        same = decided[_identity(new, one)]
        if same:
            found = next((each for each in same if each.path == one.path), same[0])
            same.remove(found)
            one = replace(one, decision=found.decision, corrected=found.corrected, how=found.how)
        evidence.append(one)
    return replace(new, evidence=tuple(evidence)), sum(map(len, decided.values()))


def _identity(draft: Draft, one: Evidence) -> tuple[Any, ...]:
    return (draft.sha256, one.table, one.row, one.column, one.quantity, one.backbone, one.printed, one.value)
