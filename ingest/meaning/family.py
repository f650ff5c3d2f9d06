"""Which family a paper proposes: the line of models that its title, its rows and its sentences name most."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

from backbones.ingest.meaning import lexicon
from backbones.ingest.meaning.known import Known
from backbones.ingest.meaning.label import Label, is_model_like, read_label
from backbones.ingest.meaning.prose import Prose
from backbones.ingest.meaning.views import says_other, view_of
from backbones.ingest.paper import Paper, Table
from backbones.store.text import fold


def proposed_family(paper: Paper, prose: Prose, known: Known) -> str:
    """The catalogue's name of it where it has one, else as printed; empty where no table names a model.

    In the title or marked as ours counts most, then in how many tables and sentences it stands; being cited counts against it.
    """
    tables, ours, cited, printed = Counter[str](), Counter[str](), Counter[str](), dict[str, str]()
    sized, labels = Counter[str](), Counter[str]()
    for table in paper.tables:
        seen: set[str] = set()
        for label in _labels(table):
            stem = fold(label.stem)
            printed.setdefault(stem, label.stem)
            seen.add(stem)
            labels[stem] += 1
            ours[stem] += label.is_ours
            cited[stem] += label.is_cited
            sized[stem] += bool(label.size)
        tables.update(seen)
    text = " ".join(sentence for _, sentence in prose.sentences)
    title, lead = _title(paper)

    def score(stem: str) -> float:
        name = re.escape(printed[stem])
        said = len(re.findall(rf"(?<![\w-]){name}(?![a-z])", text))
        in_title = re.search(rf"(?<![\w-]){name}(?![\w])", title, re.IGNORECASE) is not None
        leads = fold(lead) == stem
        return (
            20 * leads
            + 8 * in_title
            + 3 * min(ours[stem], 4)
            + 2 * tables[stem]
            + said / 8
            - 4 * cited[stem] / labels[stem]
        )

    candidates = [stem for stem in tables if len(stem) > 2 and (sized[stem] or ours[stem])]
    if not candidates:
        return ""
    best = printed[max(candidates, key=score)]
    return known.name("family", best) or best


def _title(paper: Paper) -> tuple[str, str]:
    """The title's words, and the name before its colon."""
    title = lexicon.clean(paper.title)
    lead = title.partition(":")[0] if ":" in title else ""
    return title, re.sub(r"\b(?:transformers?|networks?)\b", "", lead, flags=re.IGNORECASE).strip()


def _labels(table: Table) -> Iterator[Label]:
    for row in view_of(table).table.rows:
        for cell in row.cells[:3]:
            if cell is not None and is_model_like(cell.text) and not says_other(cell.text):
                yield read_label(cell.text)


def is_of(stem: str, family: str) -> bool:
    """Whether a label's line is the family, nothing more: Swin V2 is not Swin."""
    one, other = fold(stem), fold(family)
    return one == other or _bare(one) == _bare(other)


def _bare(name: str) -> str:
    return re.sub(r"(?:transformers?|networks?|nets?)$", "", name)
