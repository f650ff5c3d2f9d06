"""`backbones ingest-bench`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from backbones.cli.session import Bar, Session, catalog_options, format_option, say, table_width
from backbones.store.formats import render
from backbones.store.rows import Column, Rows

if TYPE_CHECKING:
    from backbones.ingest.benching import Benched
    from backbones.ingest.scoring import Score

_NUMBERS = ("right", "wrong", "besides", "unknown", "found", "missed")


@click.command("ingest-bench")
@click.argument("paper", type=click.Path(path_type=Path))
@click.argument("references", metavar="REFERENCE.yaml…", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--untouched", is_flag=True, help="Say in the output that no rule was ever tuned on this paper.")
@click.option(
    "--whole-reference", is_flag=True, help="Also miss what the reference holds and no cell of the paper prints."
)
@click.option("--wrong", "is_told", is_flag=True, help="List what is wrong and what is missed, on stderr.")
@format_option
@catalog_options
@click.pass_obj
def command(
    session: Session,
    paper: Path,
    references: tuple[Path, ...],
    untouched: bool,
    whole_reference: bool,
    is_told: bool,
    form: str,
) -> int:
    """Score what is read off PAPER against REFERENCE files, number by number and kind by kind.

    PAPER is a PDF, which is read with the rules of --offline, or a file that `backbones ingest` wrote (with a model, say).
    A number is right where the reference answers the same question (backbone, pretraining data, data set, head,
    metric, resolution) with the same value. What the reference lacks, but the paper's row and header bear out, counts
    apart (`besides`). A reference's number is missed only where the paper prints it in some cell, unless --whole-reference.

    precision: right of right and wrong. all_precision: right and besides of everything produced. recall: found of found
    and missed. f1: of precision and recall.
    """
    from backbones.cli.ingest import cache_folder, names_of
    from backbones.ingest.benching import bench

    known, _ = names_of(session.connect())
    bar = Bar("reading pages")
    found = bench(
        paper, references, known, cache_folder(session.places), whole_reference, lambda done, of: bar(done, of, "")
    )
    for line in found.notes:
        say(line)
    if is_told:
        for line in found.told():
            say(line)
    click.echo(
        render(_rows(found, "untouched" if untouched else "tuned"), form, table_width() if form == "table" else None),
        nl=False,
    )
    return 0


def _rows(found: Benched, papers: str) -> Rows:
    """A row for each family and kind of field that one side has, and a total."""
    columns = (
        Column("paper", "paper"), Column("papers", "papers"), Column("family", "family"), Column("field", "field"),
        *(Column(name, name, "number", decimals=0) for name in _NUMBERS),
        *(Column(name, name.replace("_", " "), "number", "percent", decimals=1) for name in ("precision", "all_precision", "recall", "f1")),
    )  # fmt: skip
    rows = []
    for family, scores in found.scores:
        kinds = [(kind, score) for kind, score in scores.by_kind.items() if any(_counts(score))]
        for kind, score in [*kinds, ("all", scores.total)]:
            rows.append((found.paper, papers, family, kind, *_counts(score), *_rates(score)))
    return Rows(columns, tuple(rows))


def _counts(score: Score) -> tuple[int, ...]:
    return score.right, score.wrong, score.true_besides, score.unknown, score.found, score.missed


def _rates(score: Score) -> tuple[float | None, ...]:
    """None where nothing can be judged: 0 of 0 is no success."""
    judged, wanted = score.right + score.wrong, score.found + score.missed
    made = judged + score.true_besides + score.unknown
    return (
        100 * score.strict_precision if judged else None,
        100 * score.precision if made else None,
        100 * score.recall if wanted else None,
        100 * score.f1 if judged and wanted else None,
    )
