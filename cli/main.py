"""`backbones`: the group of commands, each imported when it is called, and the one place that knows exit codes."""

from __future__ import annotations

import importlib
import os
import sys
from typing import Any

import click

from backbones.cli.session import Session, catalog_options, say

COMMANDS = {
    "tui": ("backbones.cli.tui", "The screen: table, plot and filters. What `backbones-tui` starts."),
    "query": ("backbones.cli.query", "Print the models that a filter leaves, with the columns you name."),
    "plot": ("backbones.cli.plot", "Draw a scatter plot into the terminal, a pipe or a file."),
    "pick": ("backbones.cli.pick", "The adviser: a task and limits in, a short list with reasons out."),
    "compare": ("backbones.cli.compare", "Things side by side, the winner of each row marked."),
    "views": ("backbones.cli.views", "Saved views: list, save, rename, send to others, import."),
    "cite": ("backbones.cli.cite", "BibTeX for the papers of what you name."),
    "list": ("backbones.cli.listing", "List what the catalogue holds: families, datasets, devices, columns …"),
    "show": ("backbones.cli.show", "Everything about one family, backbone, checkpoint, data set …"),
    "search": ("backbones.cli.search", "Find things by a name that is nearly right."),
    "aliases": ("backbones.cli.aliases", "Which names mean the same thing, and why."),
    "values": ("backbones.cli.values", "Every value of one fact side by side: who says what, and which is chosen."),
    "audit": ("backbones.cli.audit", "What is doubtful in the catalogue: conflicts, impossible values, outliers."),
    "stats": ("backbones.cli.stats", "How much the catalogue holds, how complete and how fresh it is."),
    "sql": ("backbones.cli.sql", "Ask the public views in SQL (read-only)."),
    "build": ("backbones.cli.build", "Bring the catalogue up to date with the YAML files."),
    "check": ("backbones.cli.check", "Check YAML files; every mistake is named."),
    "add": ("backbones.cli.add", "Check a YAML file and add it to your own."),
    "ingest": ("backbones.cli.ingest", "Read a paper into a draft: numbers with their places on its pages, checked."),
    "review": ("backbones.cli.review", "Look at a draft: each number beside its cell; accept, correct, reject."),
    "ingest-bench": ("backbones.cli.ingest_bench", "Score what is read off a paper against reference files."),
    "import": ("backbones.cli.import_", "Read a published table (timm, OpenCLIP, OpenMMLab, any CSV) into sheets."),
    "export": ("backbones.cli.export", "Write a public view, a YAML file or the catalogue to a file."),
    "probe": (
        "backbones.cli.probe",
        "Measure how fast models run on this machine; export and compare what was measured.",
    ),
    "count": (
        "backbones.cli.count",
        "Parameters, MACs, activations and feature maps of timm's models, without running them.",
    ),
    "transfer": (
        "backbones.cli.transfer",
        "Which backbone for your own images: k-NN, linear probing, fine-tuning; report.",
    ),
    "features": (
        "backbones.cli.features",
        "Feature maps of a timm backbone by stage: channels, stride, shape, parameters and MACs.",
    ),
    "split": (
        "backbones.cli.split",
        "Split a folder of images for training and testing; look for leaks between splits.",
    ),
    "imagenet-val": ("backbones.cli.imagenet_val", "Sort the flat ImageNet validation images into class folders."),
    "measurements": ("backbones.cli.measurements", "What the probe measured: list it, merge files, forget some of it."),
    "doctor": (
        "backbones.cli.doctor",
        "What is in order on this machine and what is not: terminal, catalogue, GPU, extras.",
    ),
    "completion": ("backbones.cli.completion", "Print the shell completion script."),
}
"""name -> module that holds `command`, one line of help. Nothing is imported before it is called."""


class LazyGroup(click.Group):
    """A group whose commands are imported one at a time: `query` must not pay for what `tui` needs (0.2 s)."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        found = importlib.import_module(COMMANDS[cmd_name][0]).command
        assert isinstance(found, click.Command)
        return found

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and args[0] not in COMMANDS and not args[0].startswith("-"):
            from backbones.store.text import closest

            near = closest(args[0], COMMANDS)
            ctx.fail(
                f"no command is called {args[0]!r}."
                + (f" Did you mean {', '.join(near)}?" if near else " See backbones --help.")
            )
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in COMMANDS.items()])


def _version(ctx: click.Context, _: click.Parameter, value: bool) -> None:
    if value and not ctx.resilient_parsing:
        from importlib.metadata import version

        click.echo(f"backbones {version('backbones')}")
        ctx.exit()


@click.group(
    cls=LazyGroup,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.option(
    "--version", is_flag=True, is_eager=True, expose_value=False, callback=_version, help="Show the version and exit."
)
@catalog_options
@click.pass_context
def backbones(ctx: click.Context) -> None:
    """Which backbone for my task, on my hardware? Every number with its source.

    \b
    backbones query 'top_1@imagenet-1k > 83 and params_m < 30' --limit 5
    backbones plot -x params_m -y top_1@imagenet-1k --pareto
    backbones show ConvNeXt-T
    backbones-tui
    """
    ctx.ensure_object(Session)
    if ctx.invoked_subcommand is None:
        click.echo(ctx.get_help())


def main(arguments: list[str] | None = None) -> None:
    """Run and exit: 0 ok, 1 refused or findings, 2 usage, 130 interrupted."""
    sys.exit(run(sys.argv[1:] if arguments is None else arguments))


def run(arguments: list[str]) -> int:
    """The exit code of one command line; a user's mistake never shows a traceback."""
    from backbones.store.errors import BackbonesError

    try:
        result: Any = backbones.main(arguments, prog_name="backbones", standalone_mode=False)
        sys.stdout.flush()
        return result if isinstance(result, int) else 0
    except click.exceptions.Exit as error:
        return error.exit_code
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except BackbonesError as error:
        say(f"backbones: {error}")
        return 1
    except (click.Abort, KeyboardInterrupt):
        click.echo("interrupted", err=True)
        return 130
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # the reader has gone; so do we
        return 0
    except Exception as error:
        if (sentence := _about_the_disk(error)) is None:
            raise
        say(f"backbones: {sentence}")
        return 1


def _about_the_disk(error: Exception) -> str | None:
    """Damage of the catalogue and a full or closed disk are no bugs."""
    import sqlite3

    damage = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_IOERR)
    if isinstance(error, sqlite3.DatabaseError) and getattr(error, "sqlite_errorcode", 0) & 0xFF in damage:
        return f"the catalogue is damaged: {error}. Run `backbones build --fresh`"
    if isinstance(error, OSError) and error.errno is not None:
        return f"{error.strerror}: {error.filename}" if error.filename else str(error.strerror)
    return None


if __name__ == "__main__":
    main()
