"""Which files of this library something is made by: the modules that a command imports, directly or not."""

from functools import cache
from pathlib import Path

import grimp

PACKAGE = "gradevo"
ROOT = Path(__file__).parent


@cache
def _graph() -> grimp.ImportGraph:
    return grimp.build_graph(PACKAGE, cache_dir=None, exclude_type_checking_imports=True)


def sources_of(*modules: str) -> list[Path]:
    """The files whose edit may change what these modules do.

    They are the modules themselves, all that they import inside the package (in functions, too), the packages
    that these lie in, and the files of other kinds beside them, such as templates. What is imported by a name
    that is computed is not seen: name it as well.

    >>> [path.name for path in sources_of("gradevo.errors")]
    ['__init__.py', 'errors.py']
    """
    graph = _graph()
    found: set[str] = set()
    waiting = [f"{PACKAGE}.{name}" if not name.startswith(PACKAGE) else name for name in modules]
    while waiting:
        module = waiting.pop()
        if module not in found:
            found.add(module)
            waiting += graph.find_modules_directly_imported_by(module)
            waiting += [module.rpartition(".")[0]] if "." in module else []
    return sorted({file for module in found for file in _files(module)})


def _files(module: str) -> list[Path]:
    """A module's file; of a package, also what lies in folders that are no packages (templates)."""
    path = ROOT.joinpath(*module.split(".")[1:])
    if not path.is_dir():
        return [path.with_suffix(".py")]
    data = [
        file
        for folder in path.iterdir()
        if folder.is_dir() and folder.name != "__pycache__" and not (folder / "__init__.py").exists()
        for file in folder.rglob("*")
        if file.is_file()
    ]
    return [path / "__init__.py", *data]
