"""`sk2siem completion SHELL`: what a shell has to read once so that it completes commands, options and their values."""

import click
from click.shell_completion import get_completion_class

NAME = "sk2siem"
VARIABLE = "_SK2SIEM_COMPLETE"
SHELLS = ("bash", "zsh", "fish")


@click.command("completion")
@click.argument("shell", type=click.Choice(SHELLS))
@click.pass_context
def command(context: click.Context, shell: str) -> None:
    """Print the completion script for SHELL, to be read by the file with which that shell starts.

    \b
    Example:
      sk2siem completion bash

    \b
    bash  ~/.bashrc:                   source <(sk2siem completion bash)
    zsh   ~/.zshrc, after compinit:    source <(sk2siem completion zsh)
    fish  once:    sk2siem completion fish > ~/.config/fish/completions/sk2siem.fish
    """
    found = get_completion_class(shell)
    assert found is not None
    click.echo(found(context.find_root().command, {}, NAME, VARIABLE).source())
