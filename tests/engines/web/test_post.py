import asyncio

import pytest

from groundcloud.engines.web import NotTaken
from groundcloud.engines.web.post import HttpPost, may_be_called


@pytest.mark.parametrize(
    ("address", "with_loopback", "without"),
    [
        ("127.0.0.1", True, False),
        ("::1", True, False),
        ("::ffff:127.0.0.1", True, False),
        ("169.254.169.254", False, False),
        ("fe80::1%eth0", False, False),
        ("::ffff:169.254.169.254", False, False),
        ("0.0.0.0", False, False),
        ("224.0.0.1", False, False),
        ("10.0.0.1", True, True),
        ("203.0.113.1", True, True),
    ],
)
def test_which_addresses_may_be_called(address, with_loopback, without):
    assert may_be_called(address, loopback=True) is with_loopback
    assert may_be_called(address, loopback=False) is without


@pytest.mark.parametrize("url", ["ftp://example.com/", "file:///etc/passwd", "http://127.0.0.1:1/", "http:///x"])
def test_what_may_not_be_called_is_refused_for_good(url):
    with pytest.raises(NotTaken) as caught:
        asyncio.run(HttpPost(loopback=False).post(url, {}, b""))
    assert caught.value.permanent


def test_a_receiver_that_is_not_there_may_come_back():
    with pytest.raises(NotTaken) as caught:
        asyncio.run(HttpPost(loopback=True).post("http://127.0.0.1:1/", {}, b""))
    assert not caught.value.permanent
