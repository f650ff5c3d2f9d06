"""A question in words, answered: what the catalogue knows and what this machine has to measure put together."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Mapping, Sequence

from backbones.probe.predicting.anchors import ANCHORS, FEW
from backbones.probe.predicting.answering import MOST, NO_CANDIDATE, Measure, Reply, Step, answer
from backbones.probe.predicting.candidates import field_of, reaching
from backbones.probe.predicting.doubt import USUAL, VISITS
from backbones.probe.predicting.prediction import CONFIDENCE
from backbones.probe.predicting.question import Question
from backbones.probe.predicting.tables import Key, counted, tables_of
from backbones.store.errors import BackbonesError
from backbones.store.query import CatalogExplorer


def check(question: Question, explorer: CatalogExplorer, models: Container[str] | None = None) -> None:
    """BackbonesError where no model of timm (of these) passes what the catalogue can judge: said before anything is measured."""
    counts = explorer.ask(counted)
    keys = {(name, count.height) for name, count in counts.items() if models is None or name in models}
    if not field_of(explorer, question, keys).candidates:
        raise BackbonesError(NO_CANDIDATE)


def ask(
    question: Question,
    explorer: CatalogExplorer,
    measure: Measure,
    *,
    models: Container[str] | None = None,
    known: Mapping[Key, Sequence[float]] | None = None,
    without: Iterable[str] = (),
    few: int = FEW,
    most: int = MOST,
    confidence: float = CONFIDENCE,
    visits: int = VISITS,
    usual: float = USUAL["gpu"],
    tell: Callable[[Step], None] | None = None,
) -> Reply:
    """The answer to a question about this machine, which `measure` measures.

    `models`: those that the installed timm builds (None: all that are counted); `known`: the speeds of visits made before in the
    same setting; `visits` and `usual`: as `answer` has them; `without`: devices whose tables are not to be learnt from.
    BackbonesError with a sentence where it cannot be answered.
    """
    tables = explorer.ask(lambda connection: tables_of(connection, without))
    here = {key for key in tables.traits if models is None or key[0] in models}
    field = field_of(explorer, question, here)
    built = {model for model, _ in here}
    return answer(
        question, field, measure, reaching(tables, field), anchors=[a for a in ANCHORS if a.model in built], few=few, most=most,
        confidence=confidence, known=known, visits=visits, usual=usual, tell=tell,
    )  # fmt: skip
