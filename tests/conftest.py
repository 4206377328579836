"""Which tests run in the same process when several share the work (pytest-xdist)."""

import pytest

PIPELINE = "pipeline"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A file's tests stay together, and so do all that need the finished pipeline.

    It takes minutes to make: begun last, one process would be alone with it while the other waits.
    """
    groups = {item: _group(item) for item in items}
    for item, group in groups.items():
        item.add_marker(pytest.mark.xdist_group(group))
    items.sort(key=lambda item: groups[item] != PIPELINE)


def _group(item: pytest.Item) -> str:
    return PIPELINE if "finished" in getattr(item, "fixturenames", ()) else item.path.stem
