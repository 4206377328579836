"""The locked environment, the one for conda and the dependencies agree."""

import re
import subprocess
import tomllib
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement

ROOT = Path(__file__).parents[2]
PIN = re.compile(r"^([a-z0-9-]+)==([^\s;]+)", re.MULTILINE)


def pins(lock: str) -> dict[str, str]:
    return dict(PIN.findall((ROOT / lock).read_text()))


def dependencies() -> dict[str, Requirement]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    return {r.name: r for r in map(Requirement, project["dependencies"])}


def test_conda_and_the_lock_pin_the_same_versions() -> None:
    environment = yaml.safe_load((ROOT / "environment.yml").read_text())
    (packages,) = [part["pip"] for part in environment["dependencies"] if isinstance(part, dict)]
    lock = (ROOT / "requirements.lock").read_text()
    locked = re.findall(r"(?m)^([a-z0-9-]+==.*?) *\\$", lock)
    assert len(locked) > 50
    assert packages == locked


def test_the_lock_fits_the_dependencies() -> None:
    locked = pins("requirements.lock")
    for name, requirement in dependencies().items():
        assert requirement.specifier.contains(locked[name]), name


def test_the_two_locks_agree() -> None:
    run, develop = pins("requirements.lock"), pins("requirements-dev.lock")
    assert {name: develop[name] for name in run.keys() & develop.keys()} == {
        name: run[name] for name in run.keys() & develop.keys()
    }


@pytest.mark.parametrize("lock", ["requirements.lock", "requirements-dev.lock"])
def test_locks_carry_hashes_and_no_addresses(lock: str) -> None:
    text = (ROOT / lock).read_text()
    blocks = re.split(r"(?m)^(?=[a-z0-9-]+==)", text)[1:]
    assert len(blocks) == len(pins(lock))
    assert all("--hash=sha256:" in block for block in blocks)
    assert "://" not in text
    assert not re.search(r"(?m)^\s*--(?!hash)", text)


def test_no_machine_is_named_in_the_project() -> None:
    """Absolute paths of folders that one machine has, and a package index's settings."""
    files = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False)
    if files.returncode:
        pytest.skip("not a git checkout")
    folders = "|".join(["home", "root", "work", "farm", re.escape(str(ROOT)[1:])])
    pattern = re.compile(rf"(?<![\w.])/({folders})/|--(extra-)?index-url|find-links")
    texts = {".py", ".smk", ".yaml", ".yml", ".toml", ".lock", ".md", ".cff", ""}
    for path in (ROOT / name for name in files.stdout.split()):
        if path.suffix in texts and path.is_file() and path != Path(__file__).resolve():
            assert not pattern.search(path.read_text(errors="ignore")), path.relative_to(ROOT)
