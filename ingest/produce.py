"""`produce`: a PDF becomes drafts that are checked; everything that is asked or told on the way goes through a `Narrator`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import count
from pathlib import Path
from typing import Final, Protocol

from backbones.ingest.checking import Checker
from backbones.ingest.expand import Expanded, expand, grids
from backbones.ingest.expanding.untaken import findings_on
from backbones.ingest.meaning.context import Context
from backbones.ingest.meaning.known import Known
from backbones.ingest.meaning.views import as_read
from backbones.ingest.offline import plan_offline
from backbones.ingest.paper import Paper
from backbones.ingest.plan import Plan
from backbones.ingest.planning.estimate import Estimate, check_budget
from backbones.ingest.planning.failures import OFFLINE, ServiceError
from backbones.ingest.planning.planner import PlanOptions, estimate_plan, has_key, plan_paper
from backbones.ingest.planning.vocabulary import Vocabulary
from backbones.ingest.reader import read_paper
from backbones.ingest.second_reading import disagreements, places_of, read_again
from backbones.ingest.skipped import findings_of, skipped_tables, told_of_skipped
from backbones.store.drafts import SEVERITIES, Draft, Finding, draft_path
from backbones.store.errors import BackbonesError
from backbones.store.llm_calls import LlmCall
from backbones.store.text import printable

MOST_TOLD: Final = 20
"""Tables that were not read, a line each."""


class Narrator(Protocol):
    """Whoever started the run."""

    def say(self, sentence: str) -> None:
        """Tell what was found or done."""

    def progress(self, label: str, done: int, total: int, what: str = "") -> None:
        """Tell how far a step is."""

    def agree(self, estimate: Estimate) -> bool:
        """Whether to go on for so much."""


@dataclass(frozen=True, slots=True)
class Wishes:
    """What the user wants."""

    folder: Path
    """For the drafts; nothing is written there by `produce`."""
    cache: Path | None = None
    asking: PlanOptions | None = None
    """How the model is asked; None: nobody is asked, rules say what the tables mean."""
    all_models: bool = False
    is_dry: bool = False
    """Nobody is paid: an estimate, then the plan of the answers that are kept, or of the rules."""
    log: Callable[[LlmCall], None] | None = None


@dataclass(frozen=True, slots=True)
class Produced:
    """What a paper gave."""

    paper: Paper
    plan: Plan
    drafts: tuple[Draft, ...]
    """The proposed family's first; each with what the checks found."""
    families: tuple[Expanded, ...]
    """The same as checked files."""

    def with_findings(self, found: Sequence[Sequence[Finding]]) -> Produced:
        """With more findings, a list for each draft."""
        drafts = [
            replace(draft, findings=_sorted([*draft.findings, *more]))
            for draft, more in zip(self.drafts, found, strict=True)
        ]
        return replace(self, drafts=tuple(drafts))

    @property
    def errors(self) -> int:
        """Findings that no draft may keep."""
        return sum(finding.severity == "error" for draft in self.drafts for finding in draft.findings)


def produce(pdf: Path, known: Known, vocabulary: Vocabulary, wishes: Wishes, narrator: Narrator) -> Produced | None:
    """Read, plan, expand and check. None: the user did not want to pay. BackbonesError where the paper gives nothing."""
    paper = read_paper(pdf, wishes.cache, lambda done, of: narrator.progress("reading pages", done, of))
    for sentence in told_of(paper):
        narrator.say(sentence)
    planned = _plan(paper, known, vocabulary, wishes, narrator)
    if planned is None:
        return None
    plan, origin, doubts = planned
    expansion = expand(paper, plan, origin, wishes.all_models)
    used = {one.table for made in expansion.families for one in made.evidence}
    skipped = skipped_tables(paper, plan, used, origin)
    if told := told_of_skipped(paper, skipped):
        narrator.say(told)
    if not expansion.families:
        why = f": {expansion.findings[0].text}" if expansion.findings else ""
        raise BackbonesError(
            f"{paper.name!r} gives no number of a model of {printable(plan.family) or 'its own'!r}{why}. "
            "Try --all-models, or another --model"
        )
    families = tuple(_beside_what_is_known(made, known) for made in expansion.families)
    whole = [*doubts, *expansion.findings, *_unread(paper), *findings_on(paper, plan), *findings_of(skipped)]
    checker = Checker(paper, known)
    texts = read_again(
        pdf,
        [place for made in families for place in places_of(made.evidence)],
        lambda done, of: narrator.progress("reading numbers again", done, of),
    )
    drafts: list[Draft] = []
    paths = _apart([draft_path(wishes.folder, made.family.family) for made in families])
    for made, path in zip(families, paths):
        found = [*checker.draft(made.family, made.evidence), *disagreements(places_of(made.evidence), texts)]
        findings = _sorted([*found, *(whole if not drafts else ())])
        drafts.append(
            Draft(
                path,
                made.plain,
                printable(paper.name),
                paper.sha256,
                printable(paper.title),
                made.evidence,
                findings,
                grids(paper, made.evidence),
            )
        )
    return Produced(paper, plan, tuple(drafts), families)


def _beside_what_is_known(made: Expanded, known: Known) -> Expanded:
    """Of a family that the catalogue has, the paper's numbers are added to it; what the family is, is known better there."""
    if known.name("family", made.family.family) is None:
        return made
    plain = {"family": made.plain["family"], "adds": True, **made.plain}
    plain.pop("paper", None)
    return replace(made, family=made.family.model_copy(update={"adds": True, "paper": None}), plain=plain)


def told_of(paper: Paper) -> list[str]:
    """What was read, and what was not, a line each."""
    numbers = {(table.number, table.caption) for table in paper.tables}
    rows = sum(len(table.rows) for table in paper.tables)
    parts = f" in {len(paper.tables)} parts" if len(paper.tables) > len(numbers) else ""
    lines = [
        f"{paper.name}: {_many(paper.page_count, 'page')}, {_many(len(numbers), 'table')}{parts}, {_many(rows, 'row')}"
    ]
    for missing in paper.missing[:MOST_TOLD]:
        lines.append(
            f"  table {missing.number} on page {missing.page} is not taken: {missing.why}"
            if missing.why
            else f"  no table was found for the caption of table {missing.number} on page {missing.page}"
        )
    if len(paper.missing) > MOST_TOLD:
        lines.append(f"  and {_many(len(paper.missing) - MOST_TOLD, 'table')} more; the findings have all of them")
    for table in paper.tables:
        if table.left_over:
            words = " ".join(table.left_over)
            words = words if len(words) <= 80 else words[:79] + "…"
            lines.append(
                f"  table {table.number}{table.part} on page {table.page}: {_many(len(table.left_over), 'word')} in no cell: {words}"
            )
    return [printable(line) for line in lines]


def _many(count: int, what: str) -> str:
    return f"{count} {what}{'s' * (count != 1)}"


def _plan(
    paper: Paper, known: Known, vocabulary: Vocabulary, wishes: Wishes, narrator: Narrator
) -> tuple[Plan, str, list[Finding]] | None:
    """The plan, who made it, and what is to be doubted about it."""
    options, estimate = wishes.asking, None
    seen = as_read(paper)
    if options is not None:
        estimate = _estimate(seen, vocabulary, options, wishes.is_dry, narrator)
        narrator.say(estimate.sentence())
        if estimate.requests and not has_key(options):
            moot = " and --max-cost has nothing to hold" if options.max_cost is not None else ""
            narrator.say(
                f"ANTHROPIC_API_KEY is not set, so no model is asked{moot}: rules say what the tables mean, as with --offline"
            )
            options = None
        elif estimate.requests and wishes.is_dry:
            narrator.say("this is a dry run, so no model is asked: rules say what the tables mean, as with --offline")
            options = None
        elif estimate.requests:
            check_budget(estimate, options.max_cost, options.is_sure)
            if not narrator.agree(estimate):
                return None
    if options is None:
        return plan_offline(paper, known), "offline", []
    plan, report = plan_paper(
        seen,
        vocabulary,
        options,
        lambda done, of, what: narrator.progress("asking the model", done, of, what),
        wishes.log,
        estimate,
        narrator.say,
    )
    for line in report.sentences():
        narrator.say(printable(line))
    doubts = [
        Finding(
            "warning",
            "plan",
            printable(f"{given.sentence()}; run again, {OFFLINE}"),
            table=given.id if "." in given.id else "",
        )
        for given in report.given_up
    ]
    if not plan.family:
        plan = plan.model_copy(update={"family": Context.of(paper, known).family})
    return plan, ", ".join(sorted(report.answered_by)) or options.model, doubts


def _estimate(paper: Paper, vocabulary: Vocabulary, options: PlanOptions, is_dry: bool, narrator: Narrator) -> Estimate:
    """As the service counts; a dry run makes do without the service."""
    try:
        estimate = estimate_plan(paper, vocabulary, options, narrator.say)
    except ServiceError as error:
        if not is_dry:
            raise
        narrator.say(f"the tokens are estimated from the number of characters: {error}")
        return estimate_plan(paper, vocabulary, replace(options, environment={}))
    if is_dry:
        try:
            check_budget(estimate, options.max_cost, options.is_sure)
        except BackbonesError as error:
            narrator.say(f"without --dry-run nothing would be asked: {error}")
    return estimate


def _unread(paper: Paper) -> list[Finding]:
    """Notes on what the reading left out."""
    notes = [
        Finding(
            "note", "missing",
            printable(
                f"table {m.number} on page {m.page} was not read{f' ({m.why})' if m.why else ''}; "
                f"take its numbers by hand: {' '.join(m.text.split())[:120]}"
            ),
            page=m.page,
        )
        for m in paper.missing
    ]  # fmt: skip
    return notes + [
        Finding(
            "note", "missing",
            printable(f"table {t.number}{t.part} on page {t.page} has words in no cell: {' '.join(t.left_over)[:160]}"),
            page=t.page, table=t.id,
        )
        for t in paper.tables
        if t.left_over
    ]  # fmt: skip


def _sorted(findings: list[Finding]) -> tuple[Finding, ...]:
    """The worst first, each once."""
    return tuple(sorted(dict.fromkeys(findings), key=lambda f: (SEVERITIES.index(f.severity), f.page, f.path)))


def _apart(paths: Iterable[Path]) -> list[Path]:
    """Families whose names make one file name get different ones."""
    taken: set[Path] = set()
    apart: list[Path] = []
    for path in paths:
        numbers = count(2)
        free = path
        while free in taken:
            free = path.with_stem(f"{path.stem}_{next(numbers)}")
        taken.add(free)
        apart.append(free)
    return apart
