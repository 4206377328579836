"""Sources of a module, computed from imports."""

from gradevo.imports import ROOT, sources_of


def names(*modules: str) -> set[str]:
    return {str(path.relative_to(ROOT)) for path in sources_of(*modules)}


def test_a_module_its_packages_and_what_it_imports() -> None:
    assert names("runfile.rounding") == {"__init__.py", "runfile/__init__.py", "runfile/rounding.py"}
    assert {"errors.py", "atomic.py"} <= names("atomic")
    assert "statistics/fold.py" in names("cli.statistics")  # at third hand
    assert "pictures/figures/norms.py" not in names("cli.draw", "pictures.figures.loss")


def test_imports_in_functions_count_and_those_for_types_do_not() -> None:
    assert "models/iris.py" not in names("models.build")
    assert "statistics/store.py" not in names("statistics.formulas")


def test_templates_and_scripts_belong_to_their_package() -> None:
    found = names("cli.report")
    assert {
        "report/templates/base.html",
        "report/static/style.css",
        "report/charts/static/charts.js",
    } <= found
    assert "report/templates/base.html" not in names("cli.claims")


def test_every_file_of_the_library_is_a_source_of_some_command() -> None:
    from gradevo import FRAMEWORKS
    from gradevo.cli.app import COMMANDS
    from gradevo.models.build import names as models
    from gradevo.pictures.catalogue import jobs, modules_of
    from gradevo.recording.keras.callback import ROWS

    pictures = [module for job in jobs() for module in modules_of(job)]
    found = names(
        "__main__", *(f"cli.{one}" for one in COMMANDS), *pictures, *(f"models.{one}" for one in models())
    )
    every = {
        str(path.relative_to(ROOT))
        for path in ROOT.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    found |= names("recording.recorder", *FRAMEWORKS)  # of loops that no command runs
    found |= names(*(f"recording.keras.rows_{backend}" for backend in ROWS))  # found by the backend's name
    assert every - found == {"imports.py", "testing.py"}  # of the workflow, and of tests
