"""What the machine's processor is called, on several systems."""

import platform
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from gradevo import processor
from gradevo.processor import instruction_sets, processor_model


def test_linux_tells_it_in_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "cpuinfo"
    file.write_text("processor\t: 0\nmodel\t\t: 1\nmodel name\t: Tide 7: a wave\n\nmodel name\t: other\n")
    monkeypatch.setattr(platform, "system", lambda: "Linux")
    monkeypatch.setattr(processor, "LINUX", file)
    assert processor_model() == "Tide 7: a wave"


def test_macos_tells_it_by_a_command(monkeypatch: pytest.MonkeyPatch) -> None:
    def run(command: Any, **options: Any) -> subprocess.CompletedProcess[str]:
        return subprocess.CompletedProcess(command, 0, f"{command[-1]}\n")

    monkeypatch.setattr(platform, "system", lambda: "Darwin")
    monkeypatch.setattr(subprocess, "run", run)
    assert processor_model() == "machdep.cpu.brand_string"


@pytest.mark.parametrize("text", [None, "CPU part\t: 0xd0c\n"])
def test_others_by_what_python_knows(
    text: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "cpuinfo"
    if text is not None:
        file.write_text(text)
    monkeypatch.setattr(platform, "system", lambda: "Linux")
    monkeypatch.setattr(platform, "processor", lambda: "wave")
    monkeypatch.setattr(processor, "LINUX", file)
    assert processor_model() == "wave"


def test_instruction_sets_are_those_found(monkeypatch: pytest.MonkeyPatch) -> None:
    assert instruction_sets()
    found = {"SIMD Extensions": {"baseline": ["SSE2"], "found": ["AVX2"], "not found": ["AVX512F"]}}
    monkeypatch.setattr(np, "show_config", lambda mode: found)
    assert instruction_sets() == ["SSE2", "AVX2"]
    monkeypatch.setattr(np, "show_config", lambda mode: {})
    assert instruction_sets() == []
