from typing import Any

import pytest

from tests.cloud import TestCloud


@pytest.fixture()
def s3(cloud: TestCloud) -> Any:
    return cloud.client("s3")


@pytest.fixture()
def bucket(s3: Any) -> str:
    s3.create_bucket(Bucket="photos")
    return "photos"
