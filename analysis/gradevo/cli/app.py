"""The command line: a module for each command, loaded when it is called."""

from importlib import import_module
from typing import Any

import typer
import typer.core

COMMANDS = (
    *("check", "fetch", "train", "info", "statistics", "health", "doctor", "draw"),
    *("compare", "claims", "report"),
)
"""In the order in which the workflow calls them; each is ``gradevo.cli.<name>.command``."""


class _Commands(typer.core.TyperGroup):
    """Imports a command when it is asked for: some take seconds to load."""

    def list_commands(self, context: Any) -> list[str]:
        return list(COMMANDS)

    def get_command(self, context: Any, name: str) -> Any:
        if name not in COMMANDS:
            return None
        single = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
        single.command(name, context_settings=dict(app.info.context_settings or {}))(
            import_module(f"gradevo.cli.{name}").command
        )
        return typer.main.get_command(single)


app = typer.Typer(
    cls=_Commands,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    help="The record of how gradients evolve while a neural network learns.",
)


@app.callback()
def main() -> None:
    """The record of how gradients evolve while a neural network learns."""
