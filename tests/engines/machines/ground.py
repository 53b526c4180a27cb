"""An engine with a folder of its own, a network for its machines, and a count of what it leaves behind."""

import os
import time
from contextlib import suppress
from pathlib import Path

import pytest

from groundcloud.engines.host.places import CACHE, RUN
from groundcloud.engines.machines import loops
from groundcloud.engines.machines.cgroups import Cgroups
from groundcloud.engines.machines.image.build import build
from groundcloud.engines.machines.images import Images
from groundcloud.engines.machines.lxd import address
from groundcloud.engines.machines.lxd.machines import LxdMachines
from groundcloud.engines.machines.lxd.project import Project
from groundcloud.engines.machines.lxd.volumes import ClusterVolumes
from groundcloud.engines.machines.names import Folders
from groundcloud.engines.machines.nspawn import NspawnMachines
from groundcloud.engines.machines.volumes import FileVolumes
from groundcloud.engines.machines.wanted import Machine, MachineFailed
from tests.engines.machines.lab import Lab

IMAGES = Path(os.environ.get("GROUNDCLOUD_IMAGES") or CACHE)
IMAGE = "debian-12"
SECONDS = 120
ENGINES = pytest.mark.parametrize("engine", ["nspawn", "lxd"], scope="module")
"""The mark of tests of what each machine engine does."""


def built_image():
    """The image of these tests, built at the first use on a host; each later run finds it."""
    build(IMAGES, IMAGE, lambda progress: None)
    return IMAGE


class Ground:
    """Machines i-0, i-1 and so on, at 10.9.0.10, 10.9.0.11 and so on. With the address of a cluster, they are its."""

    def __init__(self, folder, cluster=""):
        self.image = built_image()
        self.cluster = cluster
        self.folders = Folders(folder / "state", IMAGES)
        self.folders.prepare()
        self.tag = f"t{os.getpid()}{abs(hash(folder)) % 10**6}"
        self.lab = Lab(folder)
        self.answers = {}
        self.begin()

    def begin(self):
        """A new engine, as after a restart of its process."""
        if self.cluster:
            self.project = Project(address.address_of(self.cluster), self.tag)
            self.project.prepare()
            self.volumes = ClusterVolumes(self.folders, Images(self.folders), self.project)
            self.machines = LxdMachines(self.folders, self.volumes, self.project, RUN / self.tag / "mounts")
        else:
            self.volumes = FileVolumes(self.folders, Images(self.folders))
            self.machines = NspawnMachines(self.folders, self.volumes, Cgroups(self.tag))
        self.machines.adopt()

    def boot(self, number=0, *, user_data="", image="", size=8, answers=None, **wanted):
        """Start a machine and give it a network."""
        address = address_of(number)
        self.answers[address] = {"user-data": user_data, **(answers or {})}
        self.lab.serve(self.answers)
        self.create_root(f"vol-{number}", size, image or self.image)
        return self.start(number, **wanted)

    def create_root(self, volume, size, image):
        """Make a root volume, once its image is where it is needed."""
        last = time.monotonic() + SECONDS
        while True:
            try:
                return self.volumes.create_root(volume, size, image)
            except MachineFailed:
                if image not in self.volumes.building() or time.monotonic() > last:
                    raise
                time.sleep(0.05)

    def start(self, number=0, **wanted):
        fields = {"image": self.image, "host_name": f"ip-10-9-0-{10 + number}", "vcpus": 2, "memory_mib": 256, **wanted}
        state = self.machines.start(Machine(id=f"i-{number}", root=f"vol-{number}", **fields))
        self.lab.plug(state.pid, address_of(number))
        return state

    def ssh(self, command, number=0, **options):
        return self.lab.ssh(address_of(number), command, **options)

    def state(self, number=0):
        return self.machines.states()[f"i-{number}"]

    def wait(self, done, seconds=SECONDS):
        last = time.monotonic() + seconds
        while not done():
            assert time.monotonic() < last, "it takes too long"
            time.sleep(0.01)

    def stop(self, number=0, *, force=False):
        self.machines.stop(f"i-{number}", force=force)
        self.wait(lambda: not self.state(number).running)

    def group(self, number, controller):
        """The cgroup that has a machine's limits; the controller is empty on the unified hierarchy."""
        name = f"{self.project.lxd.project}_vol-{number}" if self.cluster else ""
        path = f"lxc.payload.{name}" if name else f"groundcloud/{self.tag}/i-{number}"
        return Path("/sys/fs/cgroup", controller, path)

    def is_over(self, number):
        """Whether a machine has ended, also when no engine looks."""
        if self.cluster:
            return not self.project.process(f"vol-{number}")
        return (self.folders.run(f"i-{number}") / "ended").exists()

    def close(self):
        """End everything, and find what is left."""
        for state in self.machines.states().values():
            self.machines.stop(state.id, force=True)
        self.wait(lambda: not any(state.running for state in self.machines.states().values()))
        for machine_id in list(self.machines.states()):
            self.machines.remove(machine_id)
        self.machines.close()
        self.lab.close()
        if self.cluster:
            self.project.remove()
            (RUN / self.tag / "mounts").rmdir()
            (RUN / self.tag).rmdir()
        self.wait(lambda: not leaks(self.folders.state, self.tag))


def address_of(number):
    return f"10.9.0.{10 + number}"


def leaks(folder, tag):
    """Whatever of an installation is still on the host: processes, mounts, loop devices, cgroups, ranges of users."""
    found = [f"loop device {device} of {file}" for file, device in loops.all_found() if file.is_relative_to(folder)]
    found += [f"cgroup {path}" for path in Path("/sys/fs/cgroup").glob(f"**/groundcloud/{tag}")]
    for claim in Path("/run/groundcloud/users").glob("[0-9]*"):
        with suppress(FileNotFoundError):
            found += [f"range {claim.name}"] if Path(claim.read_text()).is_relative_to(folder) else []
    namespaces = set()
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            words = (process / "cmdline").read_bytes().split(b"\0")
            found += [f"process {process.name}: {words}"] if str(folder).encode() in b" ".join(words) else []
            namespace = os.readlink(process / "ns/mnt")
            if namespace not in namespaces:
                namespaces.add(namespace)
                lines = (process / "mountinfo").read_text().splitlines()
                found += [f"mount {line}" for line in lines if str(folder) in line]
    return found
