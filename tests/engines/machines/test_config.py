"""A cloud-config as things to do. Source: cloud-init's module reference."""

import base64
import gzip

import pytest
import yaml

from groundcloud.engines.machines.agent.config import Config, File, User, decoded, merged, read, script


def config(text):
    return read(yaml.safe_load(text))


def test_nothing_asks_for_nothing():
    assert read({}) == Config(users=[], keys=[], boot_commands=[], run_commands=[], files=[],
                              packages=[], mounts=[], notes=[])  # fmt: skip


def test_users_with_keys_groups_and_sudo():
    found = config("""
        users:
          - default
          - name: ann
            groups: sudo, docker
            sudo: ALL=(ALL) NOPASSWD:ALL
            shell: /bin/sh
            ssh_authorized_keys: [ssh-ed25519 AAAA ann]
          - bob
        ssh_authorized_keys: [ssh-ed25519 BBBB owner]
    """)
    assert found.users == [
        User("ann", keys=["ssh-ed25519 AAAA ann"], groups=["sudo", "docker"], sudo=["ALL=(ALL) NOPASSWD:ALL"],
             shell="/bin/sh"),
        User("bob"),
    ]  # fmt: skip
    assert found.keys == ["ssh-ed25519 BBBB owner"]


def test_files_with_encodings_modes_and_owners():
    packed = base64.b64encode(gzip.compress(b"packed")).decode()
    found = config(f"""
        write_files:
          - path: /etc/a
            content: text
            permissions: '0600'
            owner: ann:users
          - {{path: /etc/b, content: !!binary aGVsbG8=, defer: true, append: true}}
          - {{path: /etc/c, content: {packed}, encoding: gz+b64, permissions: 0755}}
          - {{path: /etc/d, content: x, encoding: rot13}}
          - {{content: nowhere}}
    """)
    assert found.files == [
        File("/etc/a", b"text", 0o600, "ann:users"),
        File("/etc/b", b"hello", append=True, deferred=True),
        File("/etc/c", b"packed", 0o755),
    ]
    assert len(found.notes) == 2
    assert "rot13 is not known" in found.notes[0]


@pytest.mark.parametrize("name", ["b64", "base64"])
def test_base64_has_two_names(name):
    assert decoded("aGVsbG8=", name) == b"hello"


def test_commands_are_words_or_lines_of_shell():
    found = config("""
        bootcmd: [echo early > /tmp/early]
        runcmd:
          - [touch, "/tmp/a file"]
          - echo $HOME | tee /tmp/home
          - 5
          - {other: command}
    """)
    assert script(found.run_commands) == "#!/bin/sh\ntouch '/tmp/a file'\necho $HOME | tee /tmp/home\n5\n"
    assert found.boot_commands == ["echo early > /tmp/early"]
    assert found.notes == ["runcmd: {'other': 'command'} is no command"]


def test_packages_by_name_and_version():
    found = config("{package_update: true, package_upgrade: true, packages: [nginx, [curl, 7.88.1-10], {pip: x}]}")
    assert found.update
    assert found.upgrade
    assert found.packages == ["nginx", "curl=7.88.1-10"]
    assert found.notes == ["packages: {'pip': 'x'} is no package"]


def test_mounts_get_the_default_fields():
    found = config("mounts: [[xvdf, /data], [/dev/xvdg, /srv, ext4, noatime], [/dev/xvdh, none, swap], [xvdi, null]]")
    assert found.mounts == [
        ("/dev/xvdf", "/data", "auto", "defaults,nofail", "0", "2"),
        ("/dev/xvdg", "/srv", "ext4", "noatime", "0", "2"),
    ]
    assert len(found.notes) == 2


def test_what_cannot_be_had_and_what_is_unknown_becomes_a_note():
    found = config("{ntp: {enabled: true}, swap: {size: 1G}, apt: {sources: {}}, timezone: Asia/Seoul, hostname: web}")
    assert found.notes == [
        "ntp is not done: the machine has its host's clock",
        "swap is not done: a machine has no swap of its own",
        "apt is not known here",
    ]
    assert (found.time_zone, found.host_name) == ("Asia/Seoul", "web")


def test_a_later_part_replaces_keys_of_an_earlier_one():
    assert merged([{"runcmd": ["a"], "hostname": "x"}, {"runcmd": ["b"]}]) == {"runcmd": ["b"], "hostname": "x"}
