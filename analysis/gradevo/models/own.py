"""Models of a user's own Python file, which is like a module of this package."""

import re
import sys
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

from gradevo.errors import GradevoError


def is_file(model: str) -> bool:
    """Whether an experiment's model is a file, not a name."""
    return model.endswith(".py")


def layers_of(path: Path, where: str) -> Callable[[Any, int, int], Any]:
    """The function ``layers`` of a file, whose mistakes are explained, too.

    Args:
        path: The file. What lies beside it cannot be imported: the workflow would not see its edits.
        where: What asks for it, for messages.

    Raises:
        GradevoError: If there is no such file, it fails, or has no such function.
    """
    try:
        source = path.read_bytes()
    except OSError as error:
        raise GradevoError(
            f"{where}: model: expected a Python file, found none at {path} ({error.strerror})"
        ) from error
    module = ModuleType(f"own_{path.stem}")
    module.__file__ = str(path)
    sys.modules[module.__name__] = module  # where Keras looks for its classes
    with _explained(path, where):
        # Not by an import, which would leave a folder of bytecode beside the file.
        exec(compile(source, str(path), "exec"), vars(module))
    function = getattr(module, "layers", None)
    if not callable(function):
        raise GradevoError(
            f"{where}: model: expected a function layers(input_shape, outputs, seed) in {path}, found none"
        )

    def layers(input_shape: Any, outputs: int, seed: int) -> Any:
        with _explained(path, where):
            return function(input_shape, outputs, seed)

    return layers


@contextmanager
def training(path: Path, where: str) -> Iterator[None]:
    """Explain what the file's own code raises while the block trains its model; all else is raised as it is.

    Args:
        path: The file.
        where: What asks for it, for messages.

    Raises:
        GradevoError: With the line of the file that failed.
    """
    try:
        yield
    except Exception as error:
        origin: BaseException | None = error
        while origin is not None:
            if not isinstance(origin, GradevoError) and (lines := _lines(origin, path)):
                raise _fault(origin, lines, path, where) from error
            origin = origin.__cause__ or origin.__context__  # which Keras hides where it raises another
        raise


@contextmanager
def _explained(path: Path, where: str) -> Iterator[None]:
    """Turn whatever a file raises into one line that names the line of the file."""
    try:
        yield
    except Exception as error:
        raise _fault(error, _lines(error, path), path, where) from error


def _lines(error: BaseException, path: Path) -> list[int | None]:
    """The lines of the file that an error went through; the last one is where it was raised."""
    frames = traceback.extract_tb(error.__traceback__)
    lines = [frame.lineno for frame in frames if frame.filename == str(path)]
    if isinstance(error, SyntaxError) and error.filename == str(path):
        lines.append(error.lineno)
    # TensorFlow tells in the message which line made a node of the graph that fails.
    nodes = re.findall(rf'File "{re.escape(str(path))}", line (\d+)', str(error))
    return lines or [int(line) for line in nodes]


def _fault(error: BaseException, lines: Sequence[int | None], path: Path, where: str) -> GradevoError:
    line = f", line {lines[-1]}" if lines else ""
    said = str(error.msg if isinstance(error, SyntaxError) else error)
    # Keras puts what was raised in bold type between sentences of its own.
    bold = re.search(r"\x1b\[1m(.+?)(?:\n|\x1b\[0m)", said)
    if said.startswith("Graph execution error"):  # TensorFlow tells where, and what behind it
        said = said.rpartition("\n\n")[2]
    said = bold[1] if bold else said.strip().partition("\n")[0]
    return GradevoError(
        f"{where}: model: {path}{line}: expected Python that runs, found {type(error).__name__}: {said}"
    )
