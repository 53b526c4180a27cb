"""Tells the network engine of each VPC that changed, and notes what has become of NAT gateways.

Without an engine nothing of a VPC is real: its records stay, and a NAT gateway fails and says why.
"""

from collections.abc import Callable
from datetime import datetime, timedelta

from groundcloud.context import Context
from groundcloud.controllers import Outcome
from groundcloud.engines.network.wanted import Networks
from groundcloud.services.ec2.network.changes import NetworkChange
from groundcloud.services.ec2.network.interfaces import delete_interface
from groundcloud.services.ec2.network.linking import NatGateway, VpcPeeringConnection
from groundcloud.services.ec2.network.peering import end
from groundcloud.services.ec2.network.records import NetworkInterface, Vpc
from groundcloud.services.ec2.network.routes import set_state
from groundcloud.services.ec2.network.wanted import wanted_network
from groundcloud.store import Key, Store, Transaction

Within = Callable[[Transaction, str, str], Context]
"""A context of EC2 for an account and a Region."""

_SHOWN = timedelta(hours=1)
"""How long a NAT gateway is shown after its end (DeleteNatGateway, API reference)."""
_NO_ENGINE = ("InternalError", "This machine has no network engine, so that a NAT gateway could not be made.")


class VpcNetworks:
    """Keeps the engine's networks as the VPCs are."""

    name = "ec2.networks"
    kind = NetworkChange

    def __init__(self, store: Store, engine: Networks | None, now: Callable[[], datetime], within: Within) -> None:
        self._store = store
        self._engine = engine
        self._now = now
        self._within = within
        self._swept = False

    def reconcile(self, key: Key, wanted: NetworkChange | None) -> Outcome:
        owner, region, vpc_id = (str(part) for part in key)
        with self._store.snapshot() as tx:
            vpc = tx.get(Vpc, owner, region, vpc_id)
            network = wanted_network(tx, vpc) if vpc is not None else None
            gateways = list(tx.scan(NatGateway, owner, region, vpc_id, index="by_vpc")) if vpc is not None else []
            if self._engine is not None and not self._swept:
                self._sweep(tx, self._engine)
        if self._engine is not None:
            if network is None:
                self._engine.remove(vpc_id)
            else:
                self._engine.reconcile(network)
        changing = [nat for nat in gateways if nat.state in ("pending", "deleting")]
        if not changing:
            return Outcome()
        return Outcome(lambda tx: self._note(self._within(tx, owner, region), changing))

    def _sweep(self, tx: Transaction, engine: Networks) -> None:
        """Remove what was left of VPCs that are gone: a crash may have come between their end and its doing."""
        for network_id in engine.networks():
            if network_id.startswith("vpc-") and not tx.exists(Vpc, network_id, index="by_id"):
                engine.remove(network_id)
        self._swept = True

    def _note(self, ctx: Context, gateways: list[NatGateway]) -> None:
        """What the engine has made or taken away."""
        for seen in gateways:
            nat = ctx.get(NatGateway, seen.nat_gateway_id)
            if nat is None or nat.state != seen.state:
                continue
            if nat.state == "pending" and self._engine is not None:
                nat.state = "available"
            elif nat.state == "pending":
                nat.state = "failed"
                nat.failure_code, nat.failure_message = _NO_ENGINE
                self._clear(ctx, nat)
            else:
                nat.state = "deleted"
                self._clear(ctx, nat)
            ctx.put(nat)

    def _clear(self, ctx: Context, nat: NatGateway) -> None:
        """The interface goes, and the elastic address is its owner's to use again."""
        nat.delete_time = self._now().replace(microsecond=0)
        set_state(ctx, nat.vpc_id, "nat_gateway_id", nat.nat_gateway_id, "blackhole")
        for address in nat.nat_gateway_addresses:
            interface = ctx.get(NetworkInterface, address.network_interface_id)
            if interface is not None:
                delete_interface(ctx, interface)


class EndedNatGateways:
    """Forgets NAT gateways an hour after their end."""

    name = "ec2.nat_gateways"
    kind = NatGateway

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now

    def reconcile(self, key: Key, wanted: NatGateway | None) -> Outcome:
        if wanted is None or wanted.delete_time is None:
            return Outcome()
        left = (wanted.delete_time + _SHOWN - self._now()).total_seconds()
        return Outcome(again=left) if left > 0 else Outcome(lambda tx: _forget(tx, key))


class EndedPeerings:
    """Ends peering requests that nobody has answered in a week, and forgets connections a while after their end."""

    name = "ec2.peerings"
    kind = VpcPeeringConnection

    def __init__(self, now: Callable[[], datetime], within: Within) -> None:
        self._now = now
        self._within = within

    def reconcile(self, key: Key, wanted: VpcPeeringConnection | None) -> Outcome:
        if wanted is None:
            return Outcome()
        if wanted.ended is not None:
            left = (wanted.ended + _SHOWN - self._now()).total_seconds()
            return Outcome(again=left) if left > 0 else Outcome(lambda tx: _forget_peering(tx, key))
        if wanted.status.code == "pending-acceptance" and wanted.expiration_time is not None:
            left = (wanted.expiration_time - self._now()).total_seconds()
            return Outcome(again=left) if left > 0 else Outcome(lambda tx: self._expire(tx, key))
        return Outcome()

    def _expire(self, tx: Transaction, key: Key) -> None:
        peering = tx.get(VpcPeeringConnection, *key)
        if peering is not None and peering.status.code == "pending-acceptance":
            end(self._within(tx, peering.owner_id, peering.region), peering, "expired")


def _forget_peering(tx: Transaction, key: Key) -> None:
    peering = tx.get(VpcPeeringConnection, *key)
    if peering is not None and peering.ended is not None:
        tx.delete(peering)


def _forget(tx: Transaction, key: Key) -> None:
    nat = tx.get(NatGateway, *key)
    if nat is not None and nat.delete_time is not None:
        tx.delete(nat)
