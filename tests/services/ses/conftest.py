import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import botocore.auth
import pytest

from groundcloud.engines.mail.mailbox import LocalMailbox
from groundcloud.main import Planes
from tests.cloud import TestCloud


@pytest.fixture()
def mailbox(tmp_path: Path) -> LocalMailbox:
    return LocalMailbox(tmp_path / "mail")


@pytest.fixture()
def cloud(tmp_path: Path, mailbox: LocalMailbox, monkeypatch: pytest.MonkeyPatch) -> Iterator[TestCloud]:
    """A fresh cloud with a mailbox. botocore signs by its clock."""
    planes = Planes(tmp_path)
    made = TestCloud(tmp_path, planes=planes, engines={"mail": mailbox})
    monkeypatch.setattr(
        botocore.auth, "get_current_datetime", lambda remove_tzinfo=True: made.clock().replace(tzinfo=None)
    )
    yield made
    made.close()
    planes.close()


@pytest.fixture()
def ses(cloud: TestCloud) -> Any:
    return cloud.client("ses")


@pytest.fixture()
def ses2(cloud: TestCloud) -> Any:
    return cloud.client("sesv2")


@pytest.fixture()
def link(cloud: TestCloud, mailbox: LocalMailbox) -> Callable[[], str]:
    """The link of the last mail that asks."""

    def work() -> str:
        cloud.deliver()
        [found] = re.findall(r"https?://\S+Token=\S+", list(mailbox.list())[-1].text)
        return found

    return work


@pytest.fixture()
def verified(cloud: TestCloud, ses: Any, link: Callable[[], str]) -> str:
    """An address that mail may come from."""
    ses.verify_email_identity(EmailAddress="ann@example.com")
    assert cloud.request("GET", link(), {})[0] == 200
    return "ann@example.com"
