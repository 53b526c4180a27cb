"""When `up` ends with the demo. What it deploys is tested with machines, in `tests/machines/test_demo.py`."""

from argparse import Namespace

import pytest

from groundcloud.cli import demo, host
from groundcloud.folder import Admin, DataFolder
from groundcloud.settings import load


@pytest.fixture()
def folder(tmp_path):
    return DataFolder(tmp_path / "data")


@pytest.fixture()
def wanted(folder, monkeypatch):
    """Whether an `up` with these flags ends with it, on a host that runs machines, or lacks something for that."""

    def ask(*, json=False, foreground=False, lacking=(), environment=None, **flags):
        monkeypatch.setattr(host, "lacking", lambda settings: list(lacking))
        where = {"GROUNDCLOUD_DATA": str(folder.data), "XDG_CONFIG_HOME": str(folder.data / "none")}
        loaded = load(flags, {**where, **(environment or {})})
        return demo.is_wanted(Namespace(json=json, foreground=foreground), loaded, folder)

    return ask


def test_a_persons_first_start_ends_with_it(wanted):
    assert wanted()


def test_a_script_gets_none(wanted, tmp_path):
    assert not wanted(json=True)
    assert not wanted(foreground=True)
    assert not wanted(data=str(tmp_path / "own"))


def test_a_host_without_machines_gets_none(wanted):
    assert not wanted(lacking=["root"])


def test_what_somebody_says_is_done(wanted):
    assert not wanted(demo=False)
    assert not wanted(environment={"GROUNDCLOUD_DEMO": "off"})
    assert wanted(demo=True, json=True, lacking=["root"])


def test_a_cloud_that_was_there_before_is_left_as_it_is(wanted, folder):
    folder.prepare()
    folder.keep_admin(
        Admin("123456789012", "admin", "AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY")
    )
    assert not wanted()
    folder.demo.mkdir()
    assert wanted()  # it was begun, and is not complete
    (folder.demo / "found.json").write_text("{}")
    assert not wanted()
