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

    parameters = [one for one in inspect.signature(command).parameters.values() if one.name != "limits"]
    for name, field in Thresholds.model_fields.items():
        bounds = {
            key: getattr(part, key) for part in field.metadata for key in ("ge", "le") if hasattr(part, key)
        }
        option = typer.Option(min=bounds.get("ge"), max=bounds.get("le"), help=field.description)
        kind = Annotated[float, option]
        parameters.append(
            inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=field.default, annotation=kind)
        )
    called.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    called.__annotations__ = {one.name: one.annotation for one in parameters}
    called.__doc__ = command.__doc__
    return called
