"""What has to be asked about a paper, piece by piece, and how pieces are put together to requests."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final, Literal

from backbones.ingest.paper import Paper, Table
from backbones.ingest.planning import prompt, reply
from backbones.ingest.planning.vocabulary import Vocabulary

PROSE: Final = "prose"
"""The id of the piece that asks for the family and the facts."""

MOST_UNIT_CHARS: Final = 60_000
"""A larger table is not asked about. The largest of the papers at hand has 9,000."""
MOST_REQUEST_CHARS: Final = 24_000
MOST_REQUEST_TABLES: Final = 8
MOST_REPLY_TOKENS: Final = 12_000
"""Expected of one request: short ones are finished sooner, lose less when they break off, and cost the same."""

THINKING_TOKENS: Final = 12_000
"""Room before the reply: newer models think first, and that counts as output."""
CHARS_PER_TOKEN: Final = 2.6
"""Of tables, as measured; prose has more."""


@dataclass(frozen=True, slots=True)
class Unit:
    """One table, or the prose: what is asked, answered and kept for itself."""

    id: str
    text: str
    reply_tokens: int
    """Expected."""
    key: str
    """The name of its answer in the cache: sha256 of model, system text, schema and this text."""


@dataclass(frozen=True, slots=True)
class Question:
    """One request: pieces of one kind."""

    kind: Literal["tables", "prose"]
    title: str
    system: str
    units: tuple[Unit, ...]
    problems: tuple[str, ...] = ()
    """What was wrong with the last answer; a question that has them is not repaired again."""
    room: int = 1
    """Multiplies the tokens that the reply may have."""
    drops: int = 0
    """How many times the connection broke while these were answered."""
    is_plain: bool = False
    """Asked with the schema that leaves the vocabulary out, which some models refuse as too large."""

    @property
    def prompt(self) -> str:
        """The text of the user's turn."""
        if self.kind == "prose":
            return prompt.prose_question(self.units[0].text, self.problems)
        return prompt.tables_question(self.title, [unit.text for unit in self.units], self.problems)

    @property
    def schema(self) -> dict[str, Any]:
        """What the reply has to look like."""
        return reply.prose_schema() if self.kind == "prose" else reply.tables_schema(not self.is_plain)

    @property
    def reply_tokens(self) -> int:
        """Expected."""
        return sum(unit.reply_tokens for unit in self.units)

    @property
    def max_tokens(self) -> int:
        """The upper bound that the request sets, before that of the model."""
        return self.room * (2 * self.reply_tokens + THINKING_TOKENS)

    @property
    def input_tokens(self) -> int:
        """Estimated; the schema goes into the prompt too."""
        chars = len(self.system) + len(self.prompt) + len(json.dumps(self.schema))
        return int(chars / CHARS_PER_TOKEN) + 1

    def of(self, units: Iterable[Unit], **changes: Any) -> Question:
        """The same question about other pieces."""
        return replace(self, units=tuple(units), **changes)


@dataclass(frozen=True, slots=True)
class Job:
    """All that has to be asked about a paper."""

    model: str
    title: str
    tables_system: str
    prose_system: str
    units: tuple[Unit, ...]
    too_large: tuple[str, ...] = field(default=())
    """Ids of tables that no request can hold."""
    without_numbers: tuple[str, ...] = field(default=())

    def questions(self, units: Sequence[Unit]) -> list[Question]:
        """Requests for these pieces: the prose alone, tables in batches in the order of the paper."""
        prose = [Question("prose", self.title, self.prose_system, (u,)) for u in units if u.id == PROSE]
        tables = [u for u in units if u.id != PROSE]
        return prose + [Question("tables", self.title, self.tables_system, batch) for batch in _batches(tables)]


def job_of(paper: Paper, vocabulary: Vocabulary, model: str) -> Job:
    """What to ask about a paper. No network, no key."""
    tables_system, prose_system = prompt.tables_system(vocabulary), prompt.prose_system()
    texts = {table.id: prompt.table_text(table) for table in paper.tables if prompt.has_numbers(table)}
    prose = prompt.prose_text(paper)
    units = [Unit(PROSE, prose, 1500, _key(model, prose_system, reply.prose_schema(), prose))]
    for table in paper.tables:
        if len(text := texts.get(table.id, "")) in range(1, MOST_UNIT_CHARS):
            asked = prompt.tables_question(paper.title, [text])
            units.append(
                Unit(table.id, text, _expected(table), _key(model, tables_system, reply.tables_schema(), asked))
            )
    known = {unit.id for unit in units}
    too_large = tuple(table for table in texts if table not in known)
    without = tuple(table.id for table in paper.tables if table.id not in texts)
    return Job(model, paper.title, tables_system, prose_system, tuple(units), too_large, without)


def _expected(table: Table) -> int:
    """Tokens of a reply with an entry for every row and column (420, 130 and 200 characters of JSON)."""
    return 140 + 45 * len(table.columns) + 70 * len(table.rows)


def _key(model: str, system: str, schema: dict[str, Any], text: str) -> str:
    return hashlib.sha256(json.dumps([model, system, schema, text], sort_keys=True).encode()).hexdigest()


def _batches(units: Sequence[Unit]) -> list[tuple[Unit, ...]]:
    batches: list[list[Unit]] = []
    for unit in units:
        last = batches[-1] if batches else []
        is_full = (
            len(last) == MOST_REQUEST_TABLES
            or sum(len(u.text) for u in (*last, unit)) > MOST_REQUEST_CHARS
            or sum(u.reply_tokens for u in (*last, unit)) > MOST_REPLY_TOKENS
        )
        if not last or is_full:
            batches.append([unit])
        else:
            last.append(unit)
    return [tuple(batch) for batch in batches]
