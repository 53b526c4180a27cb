"""What makes a distribution's tree a machine here: the agent, the users, and nothing that only slows it down."""

import shutil
import subprocess
from pathlib import Path
from typing import NamedTuple

from groundcloud.engines.machines.image.accounts import add_users
from groundcloud.engines.machines.image.recipe import AGENT, DATABASE, FILES

_USERS = ("admin", "ec2-user", "ubuntu")

_MASKED = (
    "apt-daily-upgrade.timer", "apt-daily.timer", "console-getty.service", "dev-hugepages.mount",
    "dpkg-db-backup.timer", "e2scrub_all.timer", "e2scrub_reap.service", "fstrim.timer", "getty-static.service",
    "getty.target", "getty@tty1.service", "kmod-static-nodes.service", "networkd-dispatcher.service",
    "proc-sys-fs-binfmt_misc.automount", "sys-fs-fuse-connections.mount", "sys-kernel-config.mount",
    "sys-kernel-debug.mount", "sys-kernel-tracing.mount", "systemd-ask-password-console.path",
    "systemd-ask-password-wall.path", "systemd-binfmt.service", "systemd-firstboot.service",
    "systemd-journal-flush.service", "systemd-journald-audit.socket",
    "systemd-machine-id-commit.service", "systemd-modules-load.service", "systemd-networkd.service",
    "systemd-networkd.socket", "systemd-pcrphase-sysinit.service", "systemd-pcrphase.service",
    "systemd-pstore.service", "systemd-random-seed.service", "systemd-remount-fs.service", "systemd-repart.service",
    "systemd-resolved.service", "systemd-sysusers.service", "systemd-timesyncd.service",
    "systemd-tmpfiles-setup-dev.service", "systemd-update-utmp-runlevel.service", "systemd-update-utmp.service",
    "motd-news.timer", "ssh.socket", "ldconfig.service", "systemd-update-done.service",
    "systemd-journal-catalog-update.service", "systemd-hwdb-update.service", "systemd-tmpfiles-setup-dev-early.service",
)  # fmt: skip
"""What a machine without hardware of its own does not need, or what its host does for it."""

_GENERATORS = (
    "systemd-bless-boot-generator", "systemd-cryptsetup-generator", "systemd-debug-generator",
    "systemd-getty-generator", "systemd-gpt-auto-generator", "systemd-hibernate-resume-generator",
    "systemd-integritysetup-generator", "systemd-run-generator", "systemd-system-update-generator",
    "systemd-veritysetup-generator",
)  # fmt: skip
"""Programs that would each look, before anything else is started, for hardware that is not there."""

_ON_DEMAND = ("dbus.service", "systemd-logind.service")
"""What the bus starts when somebody asks for it."""

_ENABLED = {
    "groundcloud-keys.service": "ssh.service.wants",
    "groundcloud-init.service": "sysinit.target.wants",
    "groundcloud-rsa.timer": "timers.target.wants",
    "groundcloud-mounts.service": "multi-user.target.wants",
    "ssh.service": "sysinit.target.wants",
}

_NO_LOGIN = ("ssh.service", "groundcloud-keys.service", "groundcloud-init.service", "groundcloud-mounts.service")
"""What a database's machine does without: nobody logs in, and its agent asks for all else."""

_RESOLVER = "nameserver 169.254.169.253\n"
"""The VPC's resolver, which every machine reaches at this address."""


class File(NamedTuple):
    """A file of ours in a machine."""

    path: str
    """Without a slash in front."""
    content: bytes
    mode: int


def files(*, databases: bool = False) -> list[File]:
    """What this project puts into each image. A packaged file may have lost its mode, so that comes from what it is."""
    found = [(path.relative_to(FILES), path) for path in sorted(FILES.rglob("*")) if path.is_file()]
    found += [(Path("usr/lib/groundcloud/agent", path.name), path) for path in sorted(AGENT.glob("*.py"))]
    if databases:
        found += [(Path("usr/lib/groundcloud/database", path.name), path) for path in sorted(DATABASE.glob("*.py"))]
    return [File(str(target), path.read_bytes(), _mode(target, path.read_bytes())) for target, path in found]


def _mode(target: Path, content: bytes) -> int:
    return 0o440 if "sudoers.d" in target.parts else 0o755 if content.startswith(b"#!") else 0o644


def finish(tree: Path, ours: list[File], *, trusted: bool, databases: bool = False) -> None:
    """Make a tree bootable here. For a thread whose root the tree is: its links lead nowhere else.

    Of a tree that is not `trusted`, no program is run. Raises OSError.
    """
    for file in ours:
        path = tree / file.path
        path.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
        path.unlink(missing_ok=True)
        path.write_bytes(file.content)
        path.chmod(file.mode)
    for kind in ("ext4", "xfs", "btrfs"):
        _link(tree / f"usr/sbin/mount.{kind}", "../lib/groundcloud/mount-disk")
    add_users(tree, _USERS, ("adm", "sudo"))
    _services(tree)
    if databases:
        _serve_databases(tree)
    _forget(tree)
    if trusted:  # the first boot is quicker with compiled modules
        compiled = ["/usr/bin/python3", "-m", "compileall", "-q", "/usr/lib/groundcloud"]
        subprocess.run(
            compiled, check=False, stdin=subprocess.DEVNULL, capture_output=True, env={"PATH": "/usr/bin:/bin"}
        )


def _services(tree: Path) -> None:
    units = tree / "etc/systemd/system"
    for name in _MASKED:
        _link(units / name, "/dev/null")
    for name, wants in _ENABLED.items():
        (units / wants).mkdir(parents=True, exist_ok=True)
        where = "/etc/systemd/system" if (units / name).exists() else "/lib/systemd/system"
        _link(units / wants / name, f"{where}/{name}")
    _link(units / "default.target", "/lib/systemd/system/multi-user.target")
    (tree / "etc/systemd/system/multi-user.target.wants/ssh.service").unlink(missing_ok=True)
    _link(tree / "etc/tmpfiles.d/systemd-nologin.conf", "/dev/null")  # who has the key may come in at once
    for name in _ON_DEMAND:
        (tree / "usr/lib/systemd/system/multi-user.target.wants" / name).unlink(missing_ok=True)
    generators = tree / "etc/systemd/system-generators"
    generators.mkdir(exist_ok=True)
    for name in _GENERATORS:
        _link(generators / name, "/dev/null")


def _serve_databases(tree: Path) -> None:
    """The agent of databases in the place of what is for logins."""
    units = tree / "etc/systemd/system"
    for name in _NO_LOGIN:
        _link(units / name, "/dev/null")
    _link(units / "multi-user.target.wants/groundcloud-database.service", "../groundcloud-database.service")


def _link(path: Path, target: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.is_symlink() or path.exists():
        path.unlink()
    path.symlink_to(target)


def _forget(tree: Path) -> None:
    """What the host has left in the tree, and what each machine makes for itself."""
    for path in (*tree.glob("etc/ssh/ssh_host_*"), tree / "etc/hostname", tree / "var/lib/dbus/machine-id"):
        path.unlink(missing_ok=True)
    _fresh(tree / "etc/machine-id", "")
    _fresh(tree / "etc/resolv.conf", _RESOLVER)
    _fresh(tree / "etc/fstab", "# device  folder  type  options  dump  check\n")
    for folder in (tree / "var/cache/apt/archives", tree / "var/lib/apt/lists"):
        for path in folder.glob("*") if folder.is_dir() else ():
            if path.is_file():
                path.unlink()
    for folder in (tree / "tmp", tree / "run"):
        for path in folder.iterdir() if folder.is_dir() else ():
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path)
            else:
                path.unlink()


def _fresh(path: Path, text: str) -> None:
    if path.is_symlink():
        path.unlink()
    path.write_text(text)
    path.chmod(0o644)
