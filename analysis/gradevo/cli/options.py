"""Arguments and options of the commands, each once."""

import inspect
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer

from gradevo.config.experiment import Thresholds

ConfigArgument = Annotated[Path, typer.Argument(help="Configuration file.")]
Raw = Annotated[Path, typer.Option(help="Folder of downloads and of files that you put there yourself.")]
Sources = Annotated[Path, typer.Option(help="Where each dataset comes from.")]
RunFile = Annotated[Path, typer.Argument(help="Run file, also one that is still growing.")]
AllStatistics = Annotated[
    list[Path], typer.Argument(help="statistics.h5 of all experiments and seeds.", show_default=False)
]


def with_thresholds(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command an option for each threshold of health in place of its parameter ``limits``."""

    def called(**given: Any) -> None:
        chosen = {name: given.pop(name) for name in Thresholds.model_fields}
        command(**given, limits=Thresholds(**chosen))

    own = [one for one in inspect.signature(command).parameters.values() if one.name != "limits"]
    called.__signature__ = inspect.Signature([*own, *map(_option, Thresholds.model_fields)])  # type: ignore[attr-defined]
    called.__annotations__ = {one.name: one.annotation for one in called.__signature__.parameters.values()}  # type: ignore[attr-defined]
    called.__doc__ = command.__doc__
    return called


def _option(name: str) -> inspect.Parameter:
    field = Thresholds.model_fields[name]
    bounds = {type(part).__name__: part for part in field.metadata}
    option = typer.Option(
        min=getattr(bounds.get("Ge"), "ge", None),
        max=getattr(bounds.get("Le"), "le", None),
        help=field.description,
    )
    return inspect.Parameter(
        name, inspect.Parameter.KEYWORD_ONLY, default=field.default, annotation=Annotated[float, option]
    )
