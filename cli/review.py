"""`backbones review`."""

from __future__ import annotations

from pathlib import Path

import click

from backbones.cli.session import Session, catalog_options, say


@click.command("review")
@click.argument("draft", metavar="DRAFT.yaml", type=click.Path(path_type=Path))
@click.option(
    "--output",
    "-o",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="Write the accepted file here [in the draft's place].",
)
@click.option("--no-mouse", is_flag=True, help="Leave the mouse to the terminal.")
@catalog_options
@click.pass_obj
def command(session: Session, draft: Path, output: Path | None, no_mouse: bool) -> int:
    """Look at a draft that `backbones ingest` wrote: each number beside its cell; accept, correct or reject it.

    Every decision is kept at once, and the review goes on where it was left. Accepting the draft takes its `draft` mark
    away: then `backbones add` takes it.
    """
    from backbones.tui.review import review

    done = review(draft, output, mouse=not no_mouse, config_path=session.places.config)
    if done.written is not None:
        say(f"accepted {done.draft.family} as {done.written}; next: `backbones add {done.written}`")
    elif not done.code and (left := len(done.draft.undecided)):
        say(f"{left} of {len(done.draft.evidence)} numbers are undecided; `backbones review {draft}` goes on")
    return done.code
