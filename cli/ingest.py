"""`backbones ingest`."""

from __future__ import annotations

import os
import re
import sqlite3
import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from backbones.cli.session import Bar, Session, catalog_options, say, table_width
from backbones.store.errors import BackbonesError
from backbones.store.formats import render
from backbones.store.places import Places
from backbones.store.rows import Column, Rows
from backbones.store.text import printable

if TYPE_CHECKING:
    from backbones.ingest.meaning.known import Known
    from backbones.ingest.planning.estimate import Estimate
    from backbones.ingest.planning.planner import PlanOptions
    from backbones.ingest.planning.vocabulary import Vocabulary
    from backbones.ingest.produce import Produced
    from backbones.store.drafts import Finding

MOST_LINES: Final = 20
"""Warnings and notes that are told each; a pipe, a file and the review get all of them."""

_ARXIV: Final = re.compile(r"(\d{4}\.\d{4,5}(?:v\d+)?|[a-z-]+(?:\.[A-Z]{2})?/\d{7}(?:v\d+)?)", re.IGNORECASE)

_COLUMNS: Final = tuple(
    Column(name, name, *(("number", "", None, 0) if name == "page" else ()))
    for name in ("severity", "kind", "family", "page", "table", "path", "text")
)


@click.command("ingest")
@click.argument("paper", metavar="PAPER.pdf|URL")
@click.option("--offline", is_flag=True, help="Ask no model: rules say what rows and columns mean.")
@click.option("--model", metavar="M", help="The language model to ask.")
@click.option("--yes", "-y", is_flag=True, help="Do not ask whether to go on after the estimate.")
@click.option("--max-cost", metavar="USD", type=click.FloatRange(min=0), help="Ask nothing that may cost more dollars.")
@click.option(
    "--output", "-o", metavar="DIR", type=click.Path(path_type=Path, file_okay=False), default=Path(), help="Folder for the draft [here].",
)  # fmt: skip
@click.option(
    "--all-models", is_flag=True, help="Also the numbers of models that the paper compares with, a file a family."
)
@click.option(
    "--dry-run",
    is_flag=True,
    help="Read, estimate and check with the rules' plan, but write nothing and pay for nothing.",
)
@click.option("--force", is_flag=True, help="Overwrite a draft although decisions on it are lost.")
@click.option(
    "--format", "-f", "form", type=click.Choice(["table", "csv", "json", "jsonl", "markdown", "yaml"]), default="table", show_default=True,
    help="How the findings are written.",
)  # fmt: skip
@catalog_options
@click.pass_obj
def command(
    session: Session,
    paper: str,
    offline: bool,
    model: str | None,
    yes: bool,
    max_cost: float | None,
    output: Path,
    all_models: bool,
    dry_run: bool,
    force: bool,
    form: str,
) -> int:
    """Read a paper into a draft: a family file, and the place on the page of every number in it.

    Code copies the numbers out of the tables; a language model, or with --offline rules, only says what rows and columns
    mean. Then everything is checked: each finding is a line on stdout, errors first, and the exit code is 1 while one of
    them is an error. Nothing enters the catalogue: look at DIR/FAMILY.yaml with `backbones review`, then `backbones add` it.

    The model's key is read from ANTHROPIC_API_KEY and kept nowhere; without one the rules are used. What it would cost is
    said before anything is asked. Answers are kept: a run that was interrupted goes on where it was.

    \b
    backbones ingest swin.pdf --offline
    backbones ingest https://arxiv.org/abs/2103.14030 --max-cost 0.50
    """
    from backbones.store.catalog import is_current

    if offline and model:
        raise click.UsageError("--offline asks no model; leave out --model")
    is_built = is_current(session.places)
    say(f"looking at {paper}" if is_built else f"bringing the catalogue up to date first, then looking at {paper}")
    from backbones.ingest.produce import Wishes, produce  # half a second
    from backbones.ingest.rewriting import write_drafts
    from backbones.store.llm_calls import record

    cache = cache_folder(session.places)
    pdf = located(paper, cache)
    if not dry_run:
        check_folder(output)
    connection = session.connect()
    known, vocabulary = names_of(connection)
    narrator = Teller(yes, max_cost)
    asking = None if offline else _options(model, cache, max_cost, yes)
    wishes = Wishes(output, cache, asking, all_models, dry_run, partial(record, session.places.measurements))
    made = produce(pdf, known, vocabulary, wishes, narrator)
    if made is None:
        say("nothing was asked and nothing was written")
        return 1
    made = _compared(made, known, connection)
    drafts = made.drafts if dry_run else write_drafts(made.drafts, force)
    _report(made, form)
    for draft in drafts:
        decided = len(draft.evidence) - len(draft.undecided)
        kept = f", {decided} decided before" if decided else ""
        errors = sum(f.severity == "error" for f in draft.findings)
        say(
            f"{'would write' if dry_run else 'wrote'} {draft.path}: {draft.family}, {len(draft.plain['backbones'])} backbones, "
            f"{len(draft.evidence)} numbers{kept}, {errors} error{'s' * (errors != 1)}"
        )
    if not dry_run:
        first = drafts[0].path
        say(
            f"next: `backbones review {first}` shows each number beside its cell; `backbones add {first}` takes it when it is accepted"
        )
    return 1 if made.errors else 0


class Teller:
    """Narrates a run on stderr and asks whether to go on."""

    def __init__(self, is_sure: bool, max_cost: float | None) -> None:
        self._is_sure, self._max_cost = is_sure, max_cost
        self._bars: dict[str, Bar] = {}

    def say(self, sentence: str) -> None:
        """A line of its own."""
        say(sentence)

    def progress(self, label: str, done: int, total: int, what: str = "") -> None:
        """A bar, on a terminal."""
        self._bars.setdefault(label, Bar(label))(done, total, what)

    def agree(self, estimate: Estimate) -> bool:
        """Yes where the options say so; else the user is asked, who must be there."""
        if self._is_sure:
            return True
        if not (sys.stdin.isatty() and sys.stderr.isatty()):
            if self._max_cost is not None:
                return True  # held before the first request
            raise BackbonesError(
                "nobody is there to be asked; say --yes, or name a limit with --max-cost, or --offline"
            )
        return click.confirm(f"ask {printable(estimate.model)}?", default=False, err=True)


def cache_folder(places: Places) -> Path:
    """Where papers and answers are kept: beside a catalogue that nobody named, which is in the cache itself."""
    return (places.state if places.is_named else places.catalog).parent / "ingest"


def located(paper: str, cache: Path) -> Path:
    """The file that a path names, or that an address was fetched to."""
    from backbones.ingest.fetch import fetch, is_address

    if not is_address(paper):
        if (number := _ARXIV.fullmatch(paper)) and not Path(paper).exists():
            raise BackbonesError(
                f"there is no file {paper!r}; the paper of that number is `backbones ingest https://arxiv.org/abs/{number[1]}`"
            )
        return Path(paper).expanduser()
    bar = Bar("fetching the paper")
    file, is_kept = fetch(paper, cache, lambda seen, total: bar(seen, max(total, seen + 1), ""))
    say(f"{file} was fetched before; delete it to fetch it again" if is_kept else f"fetched {file}")
    return file


def check_folder(folder: Path) -> None:
    """BackbonesError where no file can be written into a folder, which is better known before a model is paid."""
    there = next((one for one in (folder, *folder.absolute().parents) if one.exists()), folder)
    if not there.is_dir():
        raise BackbonesError(f"{str(there)!r} is no folder, so no draft can be written there; name another --output")
    if not os.access(there, os.W_OK | os.X_OK):
        raise BackbonesError(f"the folder {str(there)!r} cannot be written; name another --output")


def names_of(connection: sqlite3.Connection) -> tuple[Known, Vocabulary]:
    """The catalogue's names, for the rules and for the model."""
    from backbones.ingest.meaning.known import Known
    from backbones.ingest.planning.vocabulary import vocabulary_of

    return Known.of(connection), vocabulary_of(connection)


def _options(model: str | None, cache: Path, max_cost: float | None, is_sure: bool) -> PlanOptions:
    from backbones.ingest.planning.planner import PlanOptions
    from backbones.ingest.planning.prices import DEFAULT_MODEL

    return PlanOptions(model or DEFAULT_MODEL, cache, max_cost, is_sure)


def _compared(made: Produced, known: Known, connection: sqlite3.Connection) -> Produced:
    """Tell what the drafts bring to the families that the catalogue has; what has another value there becomes a finding."""
    from backbones.ingest.difference import against_catalogue

    found: list[tuple[Finding, ...]] = []
    for family in made.families:
        difference = against_catalogue(family.family, known, connection)
        for line in difference.lines() if difference else ():
            say(line)
        found.append(difference.findings if difference else ())
    return made.with_findings(found)


def _report(made: Produced, form: str) -> None:
    found = [(draft.family, finding) for draft in made.drafts for finding in draft.findings]
    report_findings(found, form)


def report_findings(found: list[tuple[str, Finding]], form: str) -> None:
    """Findings on stdout: as rows, or on a terminal a line each, the worst first and not without end."""
    found = sorted(found, key=lambda pair: ("error", "warning", "note").index(pair[1].severity))
    if form != "table":
        rows = [(f.severity, f.kind, family, f.page or None, f.table, f.path, f.text) for family, f in found]
        click.echo(render(Rows(_COLUMNS, tuple(rows)), form), nl=False)
        return
    is_cut = table_width() is not None
    for severity in ("error", "warning", "note"):
        own = [finding for _, finding in found if finding.severity == severity]
        shown = own[:MOST_LINES] if is_cut and severity != "error" else own
        for finding in shown:
            place = f", page {finding.page}" * bool(finding.page) + f", {finding.table}" * bool(finding.table)
            click.echo(printable(f"{severity}{place}: {finding.text}"))
        if len(own) > len(shown):
            say(f"and {len(own) - len(shown)} more {severity}s; all of them: --format csv")
    counts = [sum(f.severity == severity for _, f in found) for severity in ("error", "warning", "note")]
    say(", ".join(f"{n} {what}{'s' * (n != 1)}" for n, what in zip(counts, ("error", "warning", "note"))))
