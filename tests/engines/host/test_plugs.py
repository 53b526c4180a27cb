from groundcloud.engines.host.plugs import PluggedNetworks
from groundcloud.engines.machines.wanted import MachineFailed


class Wires:
    def __init__(self):
        self.calls = []

    def __getattr__(self, name):
        return lambda *given: self.calls.append((name, *given))


def test_a_machine_that_restarts_gets_its_interfaces_again_in_order(tmp_path):
    wires, process = Wires(), {"i-1": 10, "i-2": 20}
    networks = PluggedNetworks(wires, process.__getitem__, tmp_path / "plugs.json")
    networks.plug("vpc-1", "eni-b", "i-1", "eth1")
    networks.plug("vpc-1", "eni-a", "i-1", "eth0")
    networks.plug("vpc-1", "eni-c", "i-2", "eth0")
    process["i-1"] = 11
    wires.calls.clear()
    PluggedNetworks(wires, process.__getitem__, tmp_path / "plugs.json").plug_again("i-1")
    assert wires.calls == [
        ("unplug", "vpc-1", "eni-a"),
        ("plug", "vpc-1", "eni-a", "i-1", "eth0"),
        ("unplug", "vpc-1", "eni-b"),
        ("plug", "vpc-1", "eni-b", "i-1", "eth1"),
    ]


def test_what_was_unplugged_stays_so(tmp_path):
    wires = Wires()
    networks = PluggedNetworks(wires, lambda machine: 10, tmp_path / "plugs.json")
    networks.plug("vpc-1", "eni-a", "i-1", "eth0")
    networks.plug("vpc-2", "eni-b", "i-1", "eth1")
    networks.unplug("vpc-1", "eni-a")
    networks.remove("vpc-2")
    wires.calls.clear()
    networks.plug_again("i-1")
    assert wires.calls == []


def test_a_plug_that_is_repeated_is_not_pulled(tmp_path):
    wires = Wires()
    networks = PluggedNetworks(wires, lambda machine: 10, tmp_path / "plugs.json")
    networks.plug("vpc-1", "eni-a", "i-1", "eth0")
    networks.plug("vpc-1", "eni-a", "i-1", "eth0")
    assert [call[0] for call in wires.calls] == ["plug", "plug"]


def test_a_machine_that_does_not_run_is_unreachable(tmp_path):
    import pytest

    from groundcloud.engines.network.wanted import Unreachable

    def gone(machine):
        raise MachineFailed("i-1 does not run")

    with pytest.raises(Unreachable, match="i-1 does not run"):
        PluggedNetworks(Wires(), gone, tmp_path / "plugs.json").plug("vpc-1", "eni-a", "i-1", "eth0")
