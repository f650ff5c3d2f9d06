"""What is read off a paper against reference files: which family against which file, and on which numbers."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from backbones.ingest.checking import Checker
from backbones.ingest.expand import expand
from backbones.ingest.meaning.known import Known
from backbones.ingest.meaning.numbers import numbers_of
from backbones.ingest.offline import plan_offline
from backbones.ingest.reader import read_paper
from backbones.ingest.scoring import FieldTuple, Scores, score
from backbones.store.drafts import read_draft
from backbones.store.errors import BackbonesError
from backbones.store.family_file import FamilyFile
from backbones.store.reading import read_document
from backbones.store.text import fold, printable


@dataclass(slots=True)
class Benched:
    """The scores of one paper."""

    paper: str
    scores: list[tuple[str, Scores]] = field(default_factory=list)
    """By family."""
    notes: list[str] = field(default_factory=list)

    def told(self) -> Iterator[str]:
        """Every wrong and every missed number, a line each."""
        for family, scores in self.scores:
            for made, wanted in scores.wrong:
                yield f"{family}: wrong: {_shown(made)}, in the reference {wanted.value:.10g}"
            for one in scores.unknown:
                yield f"{family}: unknown: {_shown(one)}"
            for one in scores.missed:
                yield f"{family}: missed: {_shown(one)}"


@dataclass(frozen=True, slots=True)
class _Made:
    """A produced family with what bears its numbers out."""

    file: FamilyFile
    borne_out: set[str]


def bench(
    paper: Path,
    references: Sequence[Path],
    known: Known,
    cache: Path | None = None,
    is_whole: bool = False,
    progress: Callable[[int, int], None] | None = None,
) -> Benched:
    """Score a PDF, read by rules, or a produced file. `is_whole`: numbers that no cell of the paper prints can be missed, too."""
    wanted = [_reference(path) for path in references]
    found = Benched(printable(paper.name))
    if paper.suffix.lower() in (".yaml", ".yml"):
        made, printed = _of_file(paper)
    else:
        made, printed = _of_pdf(paper, known, cache, progress)
    by_name = {fold(known.name("family", one.file.family) or one.file.family): one for one in made}
    for reference in wanted:
        one = by_name.get(fold(known.name("family", reference.family) or reference.family))
        if one is None:
            names = ", ".join(m.file.family for m in made) or "none"
            found.notes.append(f"nothing was produced for {reference.family!r}; produced: {printable(names)}")
            one = _Made(reference.model_copy(update={"backbones": []}), set())
        scores = score(one.file, reference, None if is_whole else printed, one.borne_out)
        found.scores.append((reference.family, scores))
    return found


def _reference(path: Path) -> FamilyFile:
    document = read_document(path)
    if not isinstance(document, FamilyFile):
        raise BackbonesError(f"{path} is a sheet; a reference is a family file")
    return document


def _of_pdf(
    pdf: Path, known: Known, cache: Path | None, progress: Callable[[int, int], None] | None
) -> tuple[list[_Made], set[float]]:
    """All families of a paper, by rules, and the values that its cells print."""
    paper = read_paper(pdf, cache, progress)
    checker = Checker(paper, known)
    families = expand(paper, plan_offline(paper, known), all_models=True).families
    printed = {
        number.value for table in paper.tables for _, _, cell in table.cells() for number in numbers_of(cell.text)
    }
    return [_Made(made.family, checker.borne_out(made.family)) for made in families], printed


def _of_file(path: Path) -> tuple[list[_Made], set[float]]:
    """A produced draft, with the tables beside it; what its check calls an error is not borne out."""
    draft = read_draft(path)
    doubted = {finding.path for finding in draft.findings if finding.severity == "error"}
    printed = {number.value for grid in draft.grids for row in grid.rows for text in row for number in numbers_of(text)}
    paths = {one.path for one in draft.evidence} - doubted
    return [_Made(FamilyFile.model_validate(draft.plain), paths)], printed


def _shown(one: FieldTuple) -> str:
    setting = ", ".join(
        str(part) for part in (one.pretraining, one.dataset, one.head, one.resolution, one.device) if part
    )
    return printable(f"{one.backbone} {one.metric} {one.value:.10g}" + (f" ({setting})" if setting else ""))
