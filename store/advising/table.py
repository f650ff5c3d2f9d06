"""An advice as rows: for tables, files and pipes."""

from __future__ import annotations

from backbones.store.adviser import Advice, Recommended
from backbones.store.rows import Column, Row, Rows
from backbones.store.text import printable

_NAMES = tuple(Column(name, name) for name in ("backbone", "checkpoint", "weights", "setting"))
_PROOF = (
    Column("spread", "spread", "number"), Column("n_sources", "sources", "number", decimals=0), Column("source", "source"),
    Column("licence", "licence"), Column("licence_class", "licence class"), Column("load", "load"), Column("doubts", "doubts"),
)  # fmt: skip


def table_of(advice: Advice, short: bool = False) -> Rows:
    """One row an answer, the best first; `short`: what fits on a screen."""
    rank, reason = Column("rank", "", "number", decimals=0), Column("reason", "reason")
    if short:
        columns = (
            rank,
            Column("name", "checkpoint"),
            Column("setting", "setting"),
            *advice.columns,
            Column("licence_class", "licence"),
            reason,
        )
        return Rows(columns, tuple(_short(number, answer) for number, answer in enumerate(advice.answers, 1)))
    columns = (rank, *_NAMES, *advice.columns, reason, *_PROOF)
    return Rows(columns, tuple(_long(number, answer) for number, answer in enumerate(advice.answers, 1)))


def _short(number: int, answer: Recommended) -> Row:
    return (number, answer.name, answer.setting, *answer.values, answer.evidence.licence_class, answer.reason)


def _long(number: int, answer: Recommended) -> Row:
    proof = answer.evidence
    return (
        number, answer.backbone, answer.checkpoint, answer.weights, answer.setting, *answer.values, answer.reason,
        proof.spread.spread, proof.spread.n_sources, proof.sources[0], proof.licence, proof.licence_class, proof.load or None,
        printable("; ".join(proof.doubts)) or None,
    )  # fmt: skip
