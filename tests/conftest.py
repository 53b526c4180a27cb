import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

from tests.cloud import TestCloud

# How long an example takes says more about the machine than about the code.
settings.register_profile("groundcloud", deadline=None)
settings.load_profile("groundcloud")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A test of real machines depends on what else its host does: one that fails is run once more, and the summary
    shows both. All other tests fail at once."""
    for item in items:
        if item.get_closest_marker("machines"):
            item.add_marker(pytest.mark.flaky(reruns=1))


@pytest.fixture(autouse=True)
def _no_settings_of_the_user(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Tests see no AWS settings of whoever runs them."""
    for name in [name for name in os.environ if name.startswith(("AWS_", "GROUNDCLOUD_"))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "no-config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "no-credentials"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")


@pytest.fixture()
def cloud(tmp_path: Path) -> Iterator[TestCloud]:
    """A fresh cloud in this process, its clock standing still."""
    made = TestCloud(tmp_path)
    yield made
    made.close()


@pytest.fixture()
def iam(cloud: TestCloud) -> Any:
    return cloud.client("iam")


@pytest.fixture()
def sts(cloud: TestCloud) -> Any:
    return cloud.client("sts")
