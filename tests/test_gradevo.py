"""The package's own names are imported when they are first asked for."""

import importlib

import pytest

import gradevo


def test_a_framework_that_is_missing_is_named_with_what_installs_it(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str) -> object:
        if name == "gradevo.jax":
            raise ModuleNotFoundError("No module named 'optax'", name="optax")
        return importlib.import_module(name)

    monkeypatch.setattr(gradevo, "import_module", missing)
    with pytest.raises(gradevo.GradevoError, match=r"gradevo\.jax: expected optax .* 'gradevo\[jax\]'"):
        gradevo.__getattr__("jax")
    with pytest.raises(AttributeError, match="no attribute 'jux'"):
        gradevo.__getattr__("jux")
