import os

import pytest

from groundcloud.engines.machines.image.accounts import add_users, free_number, with_member

pytestmark = pytest.mark.machines


def test_users_get_numbers_homes_and_groups_and_no_password(tmp_path):
    etc = tmp_path / "etc"
    (etc / "skel").mkdir(parents=True)
    (etc / "skel" / ".profile").write_text("profile")
    (etc / "passwd").write_text("root:x:0:0:root:/root:/bin/bash\nubuntu:x:1000:1000::/home/ubuntu:/bin/bash\n")
    (etc / "group").write_text("root:x:0:\nadm:x:4:\nsudo:x:27:ubuntu\nubuntu:x:1000:\nadmin:x:110:\n")
    (etc / "shadow").write_text("root:*:1:0:99999:7:::\n")
    add_users(tmp_path, ("admin", "ec2-user", "ubuntu"), ("adm", "sudo"))
    passwd = (etc / "passwd").read_text().splitlines()
    assert passwd[2:] == ["admin:x:1001:110::/home/admin:/bin/bash", "ec2-user:x:1002:1002::/home/ec2-user:/bin/bash"]
    assert (etc / "group").read_text().splitlines() == [
        "root:x:0:", "adm:x:4:admin,ec2-user", "sudo:x:27:ubuntu,admin,ec2-user", "ubuntu:x:1000:", "admin:x:110:",
        "ec2-user:x:1002:",
    ]  # fmt: skip
    assert [line.split(":")[:2] for line in (etc / "shadow").read_text().splitlines()] == [
        ["root", "*"], ["admin", "!"], ["ec2-user", "!"],
    ]  # fmt: skip
    home = os.stat(tmp_path / "home/admin/.profile")
    assert (home.st_uid, home.st_gid) == (1001, 110)


def test_numbers_that_are_taken_are_passed_over():
    assert free_number(["a:x:1000:1000", "b:x:1001:", "broken"]) == 1002


def test_a_member_is_added_once():
    assert with_member("sudo:x:27:", "ann", 3) == "sudo:x:27:ann"
    assert with_member("sudo:x:27:ann", "ann", 3) == "sudo:x:27:ann"
