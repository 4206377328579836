"""Names in a configuration are those of something that exists."""

from pathlib import Path

import pytest
import yaml

from gradevo.cli.known import known
from gradevo.config.load import parse_config
from gradevo.errors import GradevoError

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            {"views": ["through_time"], "activation_gradients": False},
            "through_time shows what activation_gradients",
        ),
        ({"views": ["flows"]}, "iris.views: expected one of figures, animation, flow, .*, found flows"),
        ({"pictures": ["films"]}, "iris.pictures: expected one of .*, found films"),
        ({"model": "mine/none.py"}, "iris.model: expected a Python file, found none at mine/none.py"),
        ({"model": "resnet"}, "iris.model: expected one of .*, found resnet"),
    ],
)
def test_what_does_not_exist_is_refused(change: dict[str, object], message: str) -> None:
    config = yaml.safe_load((ROOT / "config/default.yaml").read_text())
    config["definitions"]["iris"] |= change
    with pytest.raises(GradevoError, match=message):
        known(parse_config(config), ROOT / "data/sources.yaml", "config")
