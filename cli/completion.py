"""`backbones completion`."""

from __future__ import annotations

import click


@click.command("completion")
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def command(shell: str) -> None:
    """Print the completion script of a SHELL.

    \b
    bash: eval "$(backbones completion bash)"      in ~/.bashrc
    zsh:  eval "$(backbones completion zsh)"       in ~/.zshrc
    fish: backbones completion fish > ~/.config/fish/completions/backbones.fish
    """
    from click.shell_completion import get_completion_class

    from backbones.cli.main import backbones

    kind = get_completion_class(shell)
    assert kind is not None
    click.echo(kind(backbones, {}, "backbones", "_BACKBONES_COMPLETE").source())
