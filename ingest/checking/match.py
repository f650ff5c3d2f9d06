"""Whether a claim stands in the paper: its value, in a row that names its model, under a header that says its metric."""

from __future__ import annotations

import re
from collections.abc import Sequence

from backbones.ingest.checking.cells import PaperCell
from backbones.ingest.checking.claims import Claim
from backbones.ingest.meaning.known import Known
from backbones.ingest.plan import ERRORS
from backbones.store.drafts.evidence import Finding
from backbones.store.text import fold, printable

_NO_METRIC = ("params_m", "compute", "throughput_img_s", "latency_ms", "peak_memory_mib")


class Matcher:
    """Finds the cells that bear claims out."""

    def __init__(self, cells: Sequence[PaperCell], known: Known, prose: Sequence[str] = ()) -> None:
        """`prose`: the words of each page on which a table could not be read."""
        self._known = known
        self._cells = cells
        self._prose = prose
        self._by_name: dict[str, list[PaperCell]] = {}
        self._near: dict[str, list[PaperCell]] = {}
        for cell in cells:
            for name in cell.names:
                self._by_name.setdefault(name, []).append(cell)
            for name in cell.near:
                self._near.setdefault(name, []).append(cell)

    def rows_of(self, claim: Claim) -> list[PaperCell]:
        """The cells in rows that name the claim's model: exactly, once folded, or by another of its names."""
        return self._cells_of(claim, self._by_name)

    def _cells_of(self, claim: Claim, by_name: dict[str, list[PaperCell]]) -> list[PaperCell]:
        names = {fold(name) for name in claim.spellings}
        if entity := self._known.name("backbone", claim.backbone):
            names.add(fold(entity))
        found = [cell for name in names for cell in by_name.get(name, [])]
        return list({(c.table.id, c.row, c.column, c.value): c for c in found}.values())

    def check(self, claim: Claim) -> tuple[list[PaperCell], list[Finding]]:
        """The cells that bear a claim out, and what is wrong with it."""
        own = self.rows_of(claim)
        near = self._cells_of(claim, self._near)
        if not own and not near:
            return [], [
                self._found(
                    claim,
                    "error",
                    "row",
                    f"no row of a table names {claim.backbone}; correct the name, or give the number its own source",
                )
            ]
        same = [cell for cell in own if _is_value(claim, cell)]
        named = [cell for cell in same if _says(cell, claim.quantity)]
        if not named:
            return [], [self._unclear(claim, own, same, near) or self._missing(claim, own, same)]
        fitting = [cell for cell in named if not _conflicts(claim, cell)]
        if not fitting:
            conflict = _conflicts(claim, named[0])
            return named, [
                self._found(
                    claim,
                    "warning",
                    "setting",
                    f"stands in {named[0].place}, but {conflict}; correct the setting or the value",
                    named[0],
                )
            ]
        if all(c.quantity != claim.quantity for c in fitting):
            return fitting, [
                self._found(
                    claim,
                    "warning",
                    "header",
                    f"the header in {fitting[0].place} does not say which of {claim.quantity} and {fitting[0].quantity} it is; look at the text",
                    fitting[0],
                )
            ]
        if not any(_is_equal(claim, c) for c in fitting):
            return fitting, [
                self._found(
                    claim,
                    "warning",
                    "rounded",
                    f"{fitting[0].place} prints {fitting[0].printed}; write it as it is printed",
                    fitting[0],
                )
            ]
        return fitting, []

    def _unclear(
        self, claim: Claim, own: list[PaperCell], same: list[PaperCell], near: list[PaperCell]
    ) -> Finding | None:
        """A warning where the number may well be the model's, in a table that the rules do not understand."""
        is_answered = any(c.quantity == claim.quantity and c.is_sure and not _conflicts(claim, c) for c in own)
        names = {fold(name) for name in claim.spellings}
        beside = [
            cell
            for cell in near
            if not (is_answered and names & cell.about)
            and _is_value(claim, cell)
            and (_says(cell, claim.quantity) or not (cell.is_sure and cell.quantity))
        ]
        if beside:
            text = f"{beside[0].place} prints it, where row, header or caption name the model as well as others; look at it"
            return self._found(claim, "warning", "row", text, beside[0])
        turned = [cell for cell in own if not cell.is_sure and not cell.quantity and claim.quantity in ERRORS.values()]
        same = same or [cell for cell in turned if abs(100 - cell.value - claim.value) < 1e-6]
        unsure = [cell for cell in same if not (cell.is_sure and cell.quantity)]
        if unsure and len(unsure) == len(same) and not any(_rivals(claim, cell, each) for cell in same for each in own):
            text = f"{unsure[0].place} prints it, but the header does not say {claim.quantity}; look at it"
            return self._found(claim, "warning", "header", text, unsure[0])
        if not same and self._is_in_unread(claim) and not self._others(claim):
            text = "may stand in a table that was not read; look at the paper"
            return self._found(claim, "warning", "missing", text)
        return None

    def _is_in_unread(self, claim: Claim) -> bool:
        number = re.compile(rf"(?<![\d.]){re.escape(f'{claim.value:.10g}')}0*(?![\d]|\.\d)")
        return any(number.search(text) and fold(claim.backbone) in fold(text) for text in self._prose)

    def _others(self, claim: Claim) -> list[PaperCell]:
        """Cells of other models that print the value as the claim's quantity."""
        return [c for c in self._cells if c.quantity == claim.quantity and _is_value(claim, c) and c.names]

    def _missing(self, claim: Claim, own: list[PaperCell], same: list[PaperCell]) -> Finding:
        if same:
            return self._found(
                claim,
                "error",
                "header",
                f"the row has this number, but under another header: {same[0].place}; look for {claim.quantity} in that row",
                same[0],
            )
        others = self._others(claim)
        right = [cell for cell in own if cell.quantity == claim.quantity and not _conflicts(claim, cell)] or [
            cell for cell in own if cell.quantity == claim.quantity
        ]
        prints = "; its own rows print " + ", ".join(dict.fromkeys(cell.printed for cell in right[:4])) if right else ""
        if others:
            return self._found(claim, "error", "row", f"is another model's: {others[0].place}{prints}", others[0])
        return self._found(
            claim,
            "error",
            "missing",
            f"is in no cell of a row that names the model{prints}; correct it, or give it its own source",
            right[0] if right else None,
        )

    def _found(self, claim: Claim, severity: str, kind: str, text: str, cell: PaperCell | None = None) -> Finding:
        assert severity in ("error", "warning")
        where = (cell.table.page, cell.table.id) if cell is not None else (0, "")
        return Finding(
            "error" if severity == "error" else "warning", kind, printable(f"{claim.place}: {text}"), claim.path, *where
        )


def _rivals(claim: Claim, cell: PaperCell, other: PaperCell) -> bool:
    """Whether another cell of the same row is under the claim's own header."""
    return (
        (other.table.id, other.row) == (cell.table.id, cell.row)
        and other.quantity == claim.quantity
        and other.is_sure
        and not _conflicts(claim, other)
    )


def _is_value(claim: Claim, cell: PaperCell) -> bool:
    """Equal; parameters may be rounded in the file to fewer digits than the paper has."""
    if _is_equal(claim, cell):
        return True
    if claim.quantity != "params_m" or cell.quantity != claim.quantity:
        return False
    digits = len(f"{claim.value:.6f}".rstrip("0").partition(".")[2])
    return digits < cell.decimals and abs(round(cell.value, digits) - claim.value) < 1e-9


def _is_equal(claim: Claim, cell: PaperCell) -> bool:
    return abs(claim.value - cell.value) < 1e-6 * max(1.0, abs(cell.value))


def _says(cell: PaperCell, quantity: str) -> bool:
    """The header says the quantity; a bare `mIoU` may be either when nothing in the paper says which."""
    if cell.quantity == quantity:
        return True
    return cell.is_open and {cell.quantity, quantity} == {"miou_ss", "miou_ms"}


def _conflicts(claim: Claim, cell: PaperCell) -> str:
    """What the row, header and caption say otherwise than the claim; empty: nothing."""
    if (
        claim.dataset
        and cell.dataset
        and fold(claim.dataset) != fold(cell.dataset)
        and claim.quantity not in _NO_METRIC
    ):
        return f"that is on {cell.dataset}, not on {claim.dataset}"
    if (
        claim.task
        and cell.task
        and claim.quantity in _NO_METRIC
        and _is_dense(claim.task) != _is_dense(cell.task)
        and cell.task != "speed"
    ):
        return f"that table is on {cell.task}"
    if not claim.task and _is_dense(cell.task):
        return f"those are a whole model's for {cell.task}"
    if claim.head and cell.head and fold(claim.head) != fold(cell.head):
        return f"that is with {cell.head}, not with {claim.head}"
    if (
        claim.resolution
        and cell.resolution
        and claim.resolution != cell.resolution
        and claim.quantity != "params_m"
        and not _is_detection(claim.task)
    ):
        return f"that is at {cell.resolution} px, not at {claim.resolution} px"
    if claim.pretraining and cell.pretraining and claim.quantity not in _NO_METRIC:
        last, printed = fold(claim.pretraining[-1]), fold(cell.pretraining[-1])
        if last != printed:
            return f"that is after pretraining on {cell.pretraining[-1]}, not on {claim.pretraining[-1]}"
    return ""


def _is_dense(task: str) -> bool:
    return task not in ("classification", "speed", "", "skip", "retrieval")


def _is_detection(task: str) -> bool:
    return task in ("detection", "instance segmentation")
