"""A group whose first word may be left out: `transfer DATA` is `transfer run DATA`, and `transfer --help` is that of `run`."""

from __future__ import annotations

import importlib
from collections.abc import Mapping

import click

_WIDEST = 90
"""Letters of the line that tells what another command of the group does."""


class DefaultGroup(click.Group):
    """Whatever is no command belongs to the default one. Further commands are added to the group, or named in `others`."""

    default = "run"
    others: Mapping[str, tuple[str, str]] = {}
    """name -> module that holds `command`, one line of help; imported when it is called."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        known = {*self.commands, *self.others}
        return super().parse_args(ctx, args if args and args[0] in known else [self.default, *args])

    def list_commands(self, ctx: click.Context) -> list[str]:
        return [*super().list_commands(ctx), *self.others]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in self.others:
            return super().get_command(ctx, cmd_name)
        found = importlib.import_module(self.others[cmd_name][0]).command
        assert isinstance(found, click.Command)
        return found

    def get_help(self, ctx: click.Context) -> str:
        found = self.commands[self.default]
        inner = click.Context(
            found, ctx, self.default, terminal_width=ctx.terminal_width, max_content_width=ctx.max_content_width
        )
        return found.get_help(inner)

    def told(self) -> list[tuple[str, str]]:
        """The commands beside the default one, each with its line of help."""
        added = [(name, one.get_short_help_str(_WIDEST)) for name, one in self.commands.items() if name != self.default]
        return added + [(name, text) for name, (_, text) in self.others.items()]


class DefaultContext(click.Context):
    """Is called as the group is: nobody types the name of the default command."""

    @property
    def command_path(self) -> str:
        return super().command_path.removesuffix(f" {self.command.name}")


class DefaultCommand(click.Command):
    """Its help is that of the whole group."""

    context_class = DefaultContext

    def format_usage(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        path = ctx.command_path.removesuffix(f" {self.name}")
        formatter.write_usage(path, " ".join(self.collect_usage_pieces(ctx)))

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        group = ctx.parent.command if ctx.parent else None
        if isinstance(group, DefaultGroup):
            with formatter.section("Commands"):
                formatter.write_dl(group.told())
