"""Which controllers run, and in which loops: all that keeps records and the world in agreement.

They are imported when they are asked for, because the first answer need not wait for them. Those of machines are in
`ground.py`.
"""

import asyncio
from typing import Any

from groundcloud.context import Context, Facts
from groundcloud.controllers import Controller
from groundcloud.gateway.invoke import style_of_service
from groundcloud.identity import Principal
from groundcloud.main import Cloud
from groundcloud.services.iam.identities import root_principal
from groundcloud.store import Store, Transaction


class Loops:
    """The controllers of a cloud, by the loops that run them."""

    def __init__(self, cloud: Cloud) -> None:
        self._cloud = cloud

    def controllers(self) -> list[Controller[Any]]:
        """What keeps records and the world in agreement; `controllers.Loop` runs them. They are imported here, because
        the first answer need not wait for them."""
        from groundcloud.services.cloudtrail.controller import Deliveries, Forgetting
        from groundcloud.services.cloudwatch.controller import Evaluations
        from groundcloud.services.ec2.network.controller import EndedNatGateways, EndedPeerings, VpcNetworks
        from groundcloud.services.kms.controller import Deletions, Rotations
        from groundcloud.services.organizations.controller import Accounts, Closures, Invitations
        from groundcloud.services.rds.archives import named_by_a_log
        from groundcloud.services.s3.controller import CondemnedBytes, Scrubber
        from groundcloud.services.s3.lifecycle_controller import Lifecycle
        from groundcloud.services.s3.log_controller import AccessLogs
        from groundcloud.services.s3.verifier import DamagedBytes, Verifier
        from groundcloud.services.secretsmanager.controller import Recoveries
        from groundcloud.services.secretsmanager.rotation_controller import SecretRotations
        from groundcloud.services.ssm.controller import Expirations

        cloud, engines = self._cloud, self._cloud.world.engines
        clock, entropy, sealer = cloud.world.clock, cloud.world.entropy, cloud.world.sealer
        found: list[Controller[Any]] = [
            Accounts(cloud.call_as_root, clock, entropy),
            Closures(),
            Invitations(clock),
            Rotations(clock, entropy, sealer),
            Deletions(clock),
            Recoveries(clock),
            SecretRotations(cloud.store, clock, lambda: engines.get("rotators", ()), self._within_secretsmanager),
            Expirations(clock),
            Forgetting(cloud.store, clock),
            EndedNatGateways(clock),
            EndedPeerings(clock, cloud.within_ec2),
            AccessLogs(cloud.store, self._within_s3, clock),
            Evaluations(cloud.world.plane("cloudwatch"), cloud.within_cloudwatch, clock),
        ]
        if "network" not in engines:  # where it is, `ground.py` has them
            found.append(VpcNetworks(cloud.store, None, clock, cloud.within_ec2))
        if (objects := engines.get("objects")) is not None:
            found += [
                CondemnedBytes(cloud.store, objects),
                Scrubber(cloud.store, objects, clock, named_by_a_log),
                Verifier(cloud.store, objects, clock),
                DamagedBytes(cloud.store, objects),
                Lifecycle(cloud.store, objects, self._within_s3),
                Deliveries(cloud.store, clock, entropy, sealer, cloud.act),
            ]
        return found

    def plane_controllers(self) -> list[tuple[Store, list[Controller[Any]]]]:
        """The same for what lies in stores of its own, and for what moves many bytes: each has its own loop."""
        from groundcloud.erasures import Erasures
        from groundcloud.metrics.retention import Retention
        from groundcloud.services.cloudwatch.controller import Arrivals
        from groundcloud.services.dynamodb.backup_controller import Backups, Restores
        from groundcloud.services.dynamodb.controller import Histories, Streams, Tables
        from groundcloud.services.dynamodb.encryption import TableKeys
        from groundcloud.services.dynamodb.export_controller import Exports
        from groundcloud.services.dynamodb.import_controller import Imports
        from groundcloud.services.dynamodb.records import Erasure as OfTables
        from groundcloud.services.logs import controller as logs
        from groundcloud.services.logs.records import Erasure as OfLogs
        from groundcloud.services.s3.replication_controller import Replicator
        from groundcloud.services.sqs import controller as sqs
        from groundcloud.services.sqs.gauges import Gauges
        from groundcloud.services.sqs.records import Erasure as OfQueues

        cloud, world = self._cloud, self._cloud.world
        clock, act, keys = world.clock, cloud.act, TableKeys(cloud.act)
        metrics, items, events, queues = map(world.plane, ("cloudwatch", "dynamodb", "logs", "sqs"))
        return [
            (metrics, [Retention(metrics, clock), Arrivals(cloud.store, metrics, cloud.within_cloudwatch, clock)]),
            (items, [
                Erasures(items, OfTables), Tables(items, clock, keys), Streams(items, clock), Histories(items, clock),
                Backups(items, clock), Restores(items, clock, keys), Exports(items, clock, act),
                Imports(items, clock, act),
            ]),
            (events, [
                Erasures(events, OfLogs), logs.Retention(events, clock),
                logs.Exports(clock, act), logs.Queries(clock, act),
            ]),
            (queues, [
                sqs.Retention(queues, clock), Erasures(queues, OfQueues), sqs.Names(clock),
                sqs.Moves(queues, clock, world.entropy), Gauges(queues, metrics, clock),
            ]),
            (cloud.store, [Replicator(cloud.store, self._within_s3, cloud.wait_for, clock)]),
        ]  # fmt: skip

    def name_controllers(self) -> list[Controller[Any]]:
        """What keeps the DNS server's tables as the records are, in a loop of their own: an answer that changes waits
        for no other controller's work. They begin with all zones read."""
        from groundcloud.services.route53.controller import Changes, Collections, load
        from groundcloud.services.route53.dnssec_controller import Signatures, Signing
        from groundcloud.services.route53.health_controller import HealthChecks
        from groundcloud.services.route53.query_log_controller import LoggedZones
        from groundcloud.services.route53domains.controller import Domains, Operations
        from groundcloud.services.ses.controller import Verifications
        from groundcloud.services.ses.dkim_controller import DkimKeys, DkimNames

        domains = Domains(self._cloud.store, self._cloud.dns.table, self._cloud.world.clock)
        signing = Signing(self._cloud.store, self._cloud.world.sealer, self._sign_by_kms, self._cloud.world.clock)
        load(self._cloud.store, self._cloud.dns.table, signing)
        self._cloud.dns.add_provider(DkimNames(self._cloud.store))
        self._cloud.dns.live = True
        return [
            Changes(self._cloud.store, self._cloud.dns.table, signing, self._cloud.world.clock),
            Signatures(self._cloud.store, self._cloud.dns.table, signing),
            Collections(self._cloud.dns.table),
            LoggedZones(self._cloud.store, self._cloud.query_log),
            HealthChecks(self._cloud.store, self._cloud.rounds),
            DkimKeys(self._cloud.store, self._cloud.world.sealer, self._cloud.world.clock),
            Verifications(self._cloud.store, self._cloud.dns.public_records, self._cloud.world.clock),
            domains,
            Operations(domains, self._cloud.world.clock),
        ]

    def _sign_by_kms(self, account: str, key_arn: str, message: bytes) -> bytes:
        """A signature by a key of KMS, as the account's root user: how DNSSEC's keys are signed, in a controller."""
        sign = self._cloud.services["kms"].operation("Sign")
        principal, region = root_principal(account), key_arn.split(":")[3]
        given = {"key_id": key_arn, "message": message, "signing_algorithm": "ECDSA_SHA_256"}
        with self._cloud.store.snapshot() as tx:
            view = self._cloud.invoker.context(sign, principal, region, "dnssec", Facts(), tx)
            arguments = self._cloud.invoker.permit(view, sign, given, style_of_service(sign.service))
        ctx = self._cloud.invoker.context(sign, principal, region, "dnssec", Facts(), None)
        answer: dict[str, bytes] = asyncio.run(sign.function(ctx, **arguments))
        return answer["signature"]

    def _within_s3(self, tx: Transaction | None, account: str, principal: Principal | None = None) -> Context:
        """What S3's controllers work in: its operations' context, as the account's root user or as who is given."""
        cloud, principal = self._cloud, principal or root_principal(account)
        operation = cloud.services["s3"].operation("DeleteObject")
        return cloud.invoker.context(operation, principal, cloud.region, "s3", Facts(), tx)

    def _within_secretsmanager(self, tx: Transaction, account: str, region: str) -> Context:
        """The same for the controller that rotates secrets."""
        operation = self._cloud.services["secretsmanager"].operation("PutSecretValue")
        return self._cloud.invoker.context(operation, root_principal(account), region, "rotation", Facts(), tx)
