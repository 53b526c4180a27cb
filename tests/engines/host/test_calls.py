"""Calls to the privileged process over a real socket: their types, their errors, their descriptors, who may ask."""

import os
import socket
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier, Thread

import msgspec
import pytest

from groundcloud.engines.host import wire
from groundcloud.engines.host.client import Host, HostAway, HostMachines, HostNetworks, HostVolumes, host_engines
from groundcloud.engines.host.places import places, socket_of
from groundcloud.engines.host.server import Server
from groundcloud.engines.host.table import FUNCTIONS, NoSuchCall, arguments, bound
from groundcloud.engines.machines.wanted import Disk, DiskUse, Machine, MachineFailed, Seal, State, Usage
from groundcloud.engines.network.wanted import Flow, Interface, Network, Traffic, Unreachable

MACHINE = Machine("i-1", "debian-12", "vol-1", "ip-10-0-0-1", 1, 512, disks=(Disk("vol-2", "xvdf"),))
NETWORK = Network("vpc-1", ("10.0.0.0/16",))
FLOW = Flow("eni-1", True, "10.0.0.4", "10.0.0.5", 6, 40000, 22, 3, 180)


class Recorder:
    """Engines that note their calls."""

    def __init__(self):
        self.calls = []

    def __getattr__(self, name):
        def call(*given, **named):
            self.calls.append((name, given, named))
            return self.answer(name, *given)

        return call

    def answer(self, name, *given):
        if name == "start":
            return State(given[0].id, True, 77, 1.5)
        if name == "states":
            return {"i-1": State("i-1", False, ended="died")}
        if name == "console":
            return b"\x00\xff console"
        if name == "flows":
            return [FLOW]
        if name == "images":
            return {"debian-12"}
        if name == "reboot":
            raise MachineFailed("i-1 does not run")
        if name == "plug":
            raise Unreachable("no interface")
        if name == "forget":
            raise RuntimeError("a bug")
        if name == "listen":
            reading, writing = os.pipe()
            os.write(writing, b"through")
            os.close(writing)
            return {"metadata": reading}
        return None


@pytest.fixture()
def engines(tmp_path):
    """Engines behind a socket, and clients of them."""
    recorder = Recorder()
    path = tmp_path / "host.sock"
    server = Server(path, os.geteuid(), bound(recorder, recorder, recorder, lambda: {"pool": "192.0.2.0/24"}, dict))
    thread = Thread(target=server.run)
    thread.start()
    host = Host(path)
    yield recorder, host
    host.close()
    server.close()
    thread.join()
    assert not path.exists()


def test_values_arrive_as_what_they_were(engines):
    recorder, host = engines
    machines, volumes, networks = HostMachines(host), HostVolumes(host), HostNetworks(host)
    assert machines.start(MACHINE) == State("i-1", True, 77, 1.5)
    assert machines.states() == {"i-1": State("i-1", False, ended="died")}
    assert machines.console("i-1") == b"\x00\xff console"
    machines.stop("i-1", force=True)
    machines.detach("i-1", "vol-2")
    machines.attach("i-1", Disk("vol-2", "xvdf", read_only=True))
    volumes.create("vol-3", 5, "", Seal(bytes(range(64))))
    volumes.unlock("vol-3", bytes(range(64)))
    assert networks.flows("vpc-1") == [FLOW]
    assert volumes.images() == {"debian-12"}
    networks.reconcile(NETWORK)
    assert recorder.calls == [
        ("start", (MACHINE,), {}),
        ("states", (), {}),
        ("console", ("i-1",), {}),
        ("stop", ("i-1",), {"force": True}),
        ("detach", ("i-1", "vol-2"), {"force": False}),
        ("attach", ("i-1", Disk("vol-2", "xvdf", read_only=True)), {}),
        ("create", ("vol-3", 5, "", Seal(bytes(range(64)))), {}),
        ("unlock", ("vol-3", bytes(range(64))), {}),
        ("flows", ("vpc-1",), {}),
        ("images", (), {}),
        ("reconcile", (NETWORK,), {}),
    ]


def test_errors_of_the_contract_come_back_as_they_are(engines):
    _, host = engines
    with pytest.raises(MachineFailed, match="i-1 does not run"):
        HostMachines(host).reboot("i-1")
    with pytest.raises(Unreachable, match="no interface"):
        HostNetworks(host).plug("vpc-1", "eni-1", "i-1", "eth0")
    with pytest.raises(MachineFailed, match="RuntimeError: a bug"):
        HostMachines(host).forget("i-1")
    assert HostVolumes(host).images() == {"debian-12"}


def test_descriptors_are_passed(engines):
    _, host = engines
    found = HostNetworks(host).listen("vpc-1")
    with os.fdopen(found["metadata"], "rb") as reading:
        assert reading.read() == b"through"


@pytest.mark.parametrize(
    ("name", "given"),
    [
        ("machines.stop", ["../i", False]),
        ("machines.stop", ["i-1", "yes"]),
        ("machines.stop", ["i-1"]),
        ("machines.__class__", []),
        ("os.system", ["true"]),
        ("volumes.create", ["vol-1", 0, ""]),
        ("volumes.create", ["vol-1", 10**9, ""]),
        ("volumes.create_root", ["vol-1", 8, "/etc"]),
        ("machines.start", [{"id": "i-1"}]),
        ("network.plug", ["vpc-1", "eni-1", "i-1", "eth0; reboot"]),
    ],
)
def test_what_is_not_in_the_table_is_not_done(engines, name, given):
    recorder, host = engines
    with pytest.raises(NoSuchCall):
        arguments(name, given)
    connection = host._connect()
    with connection:
        wire.send(connection, wire.Call(name, given))
        answer = msgspec.json.decode(wire.receive(connection)[0], type=wire.Answer)
    assert answer.error == "NoSuchCall"
    assert recorder.calls == []


def test_calls_run_side_by_side(engines):
    recorder, host = engines
    both = Barrier(4, timeout=20)
    recorder.answer = lambda name, *given: both.wait() and None
    with ThreadPoolExecutor(4) as threads:
        list(threads.map(HostVolumes(host).delete, ["vol-1", "vol-2", "vol-3", "vol-4"]))
    assert len(recorder.calls) == 4


def test_nonsense_ends_its_connection_and_no_other(engines):
    _, host = engines
    for nonsense in (b"\xff\xff\xff\xff", b"\0\0\0\x05hello", b"\0"):
        with host._connect() as connection:
            connection.sendall(nonsense)
            connection.shutdown(socket.SHUT_WR)
            while connection.recv(4096):
                pass
    assert HostVolumes(host).images() == {"debian-12"}


def test_a_client_finds_the_process_again_after_it_was_away(engines, tmp_path):
    recorder, host = engines
    assert HostVolumes(host).images() == {"debian-12"}
    again = Server(tmp_path / "again.sock", os.geteuid(), bound(recorder, recorder, recorder, dict, dict))
    thread = Thread(target=again.run)
    thread.start()
    for connection in host._idle:
        connection.shutdown(socket.SHUT_RDWR)
    host._path = tmp_path / "again.sock"
    assert HostVolumes(host).images() == {"debian-12"}
    host.close()
    again.close()
    thread.join()


def test_without_the_process_there_are_no_engines(tmp_path):
    assert host_engines(tmp_path / "nothing.sock") == {}
    with pytest.raises(HostAway):
        Host(tmp_path / "nothing.sock").call("host.about")
    with pytest.raises(MachineFailed, match="does not answer"):
        HostMachines(Host(tmp_path / "nothing.sock")).states()


def test_the_socket_is_its_owner_alone(engines):
    _, host = engines
    assert host._path.stat().st_mode & 0o777 == 0o600


def test_another_user_is_refused(tmp_path):
    """The mode of the socket keeps others out; should it fail to, the kernel's word on who asks does."""
    server = Server(tmp_path / "host.sock", os.geteuid(), {"host.about": dict})
    server._users = {os.geteuid() + 1}
    thread = Thread(target=server.run)
    thread.start()
    with pytest.raises(HostAway):
        Host(tmp_path / "host.sock").call("host.about")
    server.close()
    thread.join()


def test_root_files_lie_where_only_root_puts_some(tmp_path):
    own, other = places(tmp_path, 0), places(tmp_path, 1000)
    assert own.folder == tmp_path / "machines"
    assert tmp_path not in other.folder.parents
    assert own.socket == other.socket == socket_of(tmp_path)
    assert len(str(own.socket)) < 100


def test_what_machines_use_arrives_as_it_was_counted(tmp_path):
    used = {"i-1": Usage(1.5, 2.25, {"vol-1": DiskUse("loop3", reads=7, read_seconds=0.5)})}
    gone = {"eni-1": Traffic(1, 2, 3, 4)}
    networks = type("Networks", (Recorder,), {"answer": lambda self, name, *given: gone})()
    functions = bound(Recorder(), Recorder(), networks, dict, dict, lambda: used)
    server = Server(tmp_path / "host.sock", os.geteuid(), functions)
    thread = Thread(target=server.run)
    thread.start()
    host = Host(tmp_path / "host.sock")
    try:
        assert HostMachines(host).usage() == used
        assert HostNetworks(host).traffic("vpc-1") == gone
    finally:
        host.close()
        server.close()
        thread.join()


def test_every_line_of_the_table_is_a_method_of_the_contract():
    from groundcloud.engines.machines.wanted import Machines, Volumes
    from groundcloud.engines.network.wanted import FlowLogs, Networks

    kinds = (("machines", Machines), ("volumes", Volumes), ("network", Networks), ("network", FlowLogs))
    methods = {f"{kind}.{name}" for kind, protocol in kinds for name in vars(protocol) if not name.startswith("_")}
    assert methods == FUNCTIONS.keys() - {"host.about", "host.listen", "host.usage"}


def test_an_interface_of_a_network_survives_the_wire(engines):
    recorder, host = engines
    wanted = Network(
        "vpc-1", ("10.0.0.0/16",), interfaces=(Interface("eni-1", "02:00:00:00:00:01", "subnet-1", (), ()),)
    )
    HostNetworks(host).reconcile(wanted)
    assert recorder.calls == [("reconcile", (wanted,), {})]
