"""The command line: a module for each command, loaded when it is called."""

import ast
from importlib import import_module
from pathlib import Path
from typing import Any

import typer
import typer.core

COMMANDS = (
    *("check", "fetch", "train", "info", "statistics", "health", "doctor", "draw"),
    *("compare", "claims", "report", "watch", "export"),
)
"""In the order in which the workflow calls them; each is ``gradevo.cli.<name>.command``."""


class _Commands(typer.core.TyperGroup):
    """Imports a command when it is called: some take seconds to load."""

    def list_commands(self, context: Any) -> list[str]:
        return list(COMMANDS)

    def get_command(self, context: Any, name: str) -> Any:
        """A command by what help says of it, read from its source."""
        if name not in COMMANDS:
            return None
        module = ast.parse(Path(__file__).with_name(f"{name}.py").read_text(encoding="utf-8"))
        functions = {node.name: node for node in module.body if isinstance(node, ast.FunctionDef)}
        return typer.core.TyperCommand(name, help=ast.get_docstring(functions["command"]))

    def resolve_command(self, context: Any, args: list[str]) -> Any:
        name, _, rest = super().resolve_command(context, args)
        single = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
        single.command(name, context_settings=dict(app.info.context_settings or {}))(
            import_module(f"gradevo.cli.{name}").command
        )
        return name, typer.main.get_command(single), rest


app = typer.Typer(
    cls=_Commands,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


@app.callback()
def main() -> None:
    """The record of how gradients evolve while a neural network learns."""
