"""Without the package; what it writes is tested where it is installed, in ``tests/frameworks``."""

from pathlib import Path
from typing import Any

import pytest

from gradevo import GradevoError
from gradevo.export.wandb import write_wandb
from gradevo.statistics.store import Statistics


def test_without_the_package(statistics: Path, tmp_path: Path, no_package: Any) -> None:
    no_package("wandb")
    with (
        Statistics(statistics) as run,
        pytest.raises(GradevoError, match=r"expected wandb to be installed.*gradevo\[wandb\]"),
    ):
        write_wandb(run, tmp_path / "logs")
    assert not (tmp_path / "logs").exists()
